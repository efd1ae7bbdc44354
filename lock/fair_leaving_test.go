package lock_test

import (
	"context"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
)

func TestLeavingTheQueue(t *testing.T) {
	verify(t, []spec{
		{"a waiter who left while Redis was away hands on what it is granted", func(e *env) {
			held := e.take(e.fair())
			client := e.dial()
			var away atomic.Bool
			tried := make(chan struct{}, 1000)
			client.AddHook(&hook{process: func(ctx context.Context, cmd redis.Cmder, next redis.ProcessHook) error {
				if !away.Load() {
					return next(ctx, cmd)
				}
				tried <- struct{}{}
				cmd.SetErr(io.EOF)
				return io.EOF
			}})
			l := e.lockOn(client, "average", lock.WithFairness(), lock.WithLease(time.Minute))
			leaving, leave := context.WithCancel(e.ctx)
			leaver, stayer := e.queue(leaving, l), e.queue(e.ctx, l)
			away.Store(true)
			leave()
			e.wantErr((<-leaver).err, context.Canceled)
			<-tried
			away.Store(false)
			if n := e.client.ZCard(e.ctx, queueKey).Val(); n != 2 {
				e.missed("%d in the queue: the stayer met what was meant for the leaver", n)
			}
			released := time.Now()
			e.release(held)
			g := <-stayer
			if g.err != nil {
				e.missed("the stayer met what was meant for the leaver: %v", g.err)
			}
			if took := g.at.Sub(released); took > 30*time.Second {
				e.Fatalf("granted after %v, for the leaver had it", took)
			}
			e.release(g.lease)
			e.wantIdle()
		}},
	})
}
