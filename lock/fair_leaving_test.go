package lock_test

import (
	"context"
	"io"
	"slices"
	"sync"
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
				digest, _ := cmd.Args()[min(1, len(cmd.Args())-1)].(string)
				if !away.Load() || lock.ScriptName(digest) != "handover.lua" { // the leaver's; what the stayer asks is not meant
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
		{"a process that is gone is forgotten, though somebody always waits", func(e *env) {
			held := e.take(e.fair())
			first := e.queue(e.ctx, e.fair())
			long := e.client.Time(e.ctx).Val().Add(-time.Minute).UnixMicro()
			e.client.HSet(e.ctx, hubsKey, "gone", long)
			second := e.queue(e.ctx, e.fair())
			if hubs := e.client.HGetAll(e.ctx, hubsKey).Val(); len(hubs) != 2 || hubs["gone"] != "" {
				e.Errorf("known are %v", hubs)
			}
			e.release(held)
			for _, granted := range []<-chan grant{first, second} {
				g := <-granted
				e.release(e.must(g.lease, g.err))
			}
			e.wantIdle()
		}},
		{"a call whose context has ended sends nothing, though it would not even try a free lock", func(e *env) {
			e.take(e.fair())
			client := e.dial()
			l := e.lockOn(client, "average", lock.WithFairness())
			ctx, cancel := context.WithCancel(e.ctx)
			waiter := e.queue(ctx, l)
			cancel()
			e.wantErr((<-waiter).err, context.Canceled) // so the lock is known to be taken
			e.eventually("the waiter is out of the queue", func() bool { return e.client.Exists(e.ctx, queueKey).Val() == 0 })
			sent := commands(client)
			for range 20 { // for what a select finds ready, it takes at random
				_, err := l.Acquire(ctx)
				e.wantErr(err, context.Canceled)
			}
			l.Settle()
			if sent() != "" {
				e.Errorf("sent %q", sent())
			}
		}},
		{"a grant from before a reset is none to a waiter who has joined again", func(e *env) {
			client := e.dial()
			l := e.lockOn(client, "average", lock.WithFairness())
			held := e.take(l)
			waiter := e.queue(e.ctx, l)
			// Its next question is held up until it has been granted the lock, that was
			// reset, and somebody else has taken it.
			asks, goOn := make(chan struct{}), make(chan struct{})
			var once sync.Once
			client.AddHook(&hook{before: func(cmd redis.Cmder) {
				if cmd.Name() == "evalsha" && lock.ScriptName(cmd.Args()[1].(string)) == "line.lua" {
					once.Do(func() {
						close(asks)
						<-goOn
					})
				}
			}})
			<-asks
			e.release(held)
			if owner := e.client.Get(e.ctx, "lock:average").Val(); owner == "" || owner == held.ID() {
				e.Fatalf("the owner is %q", owner)
			}
			other := e.fair()
			e.wantErr(other.Reset(e.ctx), nil)
			next := e.take(other)
			close(goOn)
			e.eventually("the waiter has joined again", func() bool { return e.client.ZCard(e.ctx, queueKey).Val() == 1 })
			select {
			case g := <-waiter:
				e.Fatalf("acquired by %v, while %v holds the lock: %v", g.lease.ID(), next.ID(), g.err)
			case <-time.After(100 * time.Millisecond):
			}
			e.release(next)
			e.release(e.wantGrant(waiter, time.Now(), time.Minute))
			e.wantIdle()
		}},
		{"a waiter who finds the lock free and the queue gone has the others of its process join again", func(e *env) {
			held := e.take(e.fair())
			client := e.dial()
			var mu sync.Mutex
			var ids []string // in the order in which they came
			lost, third := false, make(chan struct{})
			var once sync.Once
			client.AddHook(&hook{before: func(cmd redis.Cmder) {
				if cmd.Name() != "evalsha" && cmd.Name() != "eval" || len(cmd.Args()) != 16 { // other than line.lua's
					return
				}
				id, came := cmd.Args()[9].(string), cmd.Args()[13].(string)
				mu.Lock()
				if came == "" && !slices.Contains(ids, id) {
					ids = append(ids, id)
				}
				place, lost := slices.Index(ids, id), lost
				mu.Unlock()
				switch {
				case lost && place == 1: // it is the oldest by now, and would ask by itself
					select {
					case <-third:
					case <-e.ctx.Done():
					}
				case lost && place == 2:
					once.Do(func() { close(third) })
				}
			}})
			l := e.lockOn(client, "average", lock.WithFairness(), lock.WithLease(time.Hour))
			waiters := []<-chan grant{e.queue(e.ctx, l), e.queue(e.ctx, l), e.queue(e.ctx, l)}
			mu.Lock()
			lost = true
			mu.Unlock()
			e.client.Del(e.ctx, queueKey, "lock:average")
			var lease *lock.Lease
			for i, waiter := range waiters {
				g := <-waiter
				lease = e.must(g.lease, g.err)
				if i == 0 {
					e.eventually("the third asks", func() bool {
						select {
						case <-third:
							return true
						default:
							return false
						}
					})
					e.eventually("both wait again", func() bool { return e.client.ZCard(e.ctx, queueKey).Val() == 2 })
				}
				e.release(lease)
			}
			e.wantErr(held.Release(e.ctx), lock.ErrNotHeld)
			e.wantIdle()
		}},
	})
}
