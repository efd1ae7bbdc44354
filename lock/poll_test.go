package lock_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
)

func TestPoll(t *testing.T) {
	verify(t, []spec{
		{"a polling waiter obtains the lock after its release, without blocking in Redis", func(e *env) {
			held := e.take(e.lock("average"))
			client := e.dial()
			sent := commands(client)
			released := make(chan time.Time, 1)
			var releasing sync.WaitGroup
			releasing.Go(func() {
				time.Sleep(50 * time.Millisecond)
				released <- time.Now()
				if err := held.Release(e.ctx); err != nil {
					e.Error(err)
				}
			})
			l := e.lockOn(client, "average", lock.WithPoll(lock.Constant(5*time.Millisecond)))
			lease := e.must(l.Acquire(e.ctx))
			took := time.Since(<-released)
			releasing.Wait()
			if took > soon {
				e.missed("acquired after %v", took)
			}
			if strings.Contains(sent(), "blpop") {
				e.Errorf("sent %s", sent())
			}
			e.release(lease)
			e.wantSignals("average", 1)
		}},
		{"a polling waiter obtains a lock whose lease runs out", func(e *env) {
			e.take(e.lock("average", lock.WithLease(50*time.Millisecond)))
			began := time.Now()
			l := e.lock("average", lock.WithPoll(lock.Exponential(time.Millisecond, 20*time.Millisecond)))
			lease := e.must(l.Acquire(e.ctx))
			if took := time.Since(began); took > soon {
				e.missed("acquired after %v", took)
			}
			e.release(lease)
		}},
		{"a pause ends with the deadline or the cancellation", func(e *env) {
			e.take(e.lock("average"))
			l := e.lock("average", lock.WithPoll(lock.Constant(time.Hour)))
			e.wantPrompt(func() time.Duration {
				ctx, cancel := context.WithTimeout(e.ctx, 50*time.Millisecond)
				defer cancel()
				_, err := l.Acquire(ctx)
				e.wantErr(err, context.DeadlineExceeded)
				deadline, _ := ctx.Deadline()
				return time.Since(deadline)
			})
			e.wantPrompt(func() time.Duration {
				ctx, cancel := context.WithCancel(e.ctx)
				cancelled := make(chan time.Time, 1)
				time.AfterFunc(50*time.Millisecond, func() {
					cancelled <- time.Now()
					cancel()
				})
				_, err := l.Acquire(ctx)
				e.wantErr(err, context.Canceled)
				return time.Since(<-cancelled)
			})
		}},
		{"pauses are told, and are those asked for", func(e *env) {
			pause := 20 * time.Millisecond * e.slow
			e.take(e.lock("average"))
			d := &diary{}
			ctx, cancel := context.WithTimeout(e.ctx, 200*time.Millisecond*e.slow)
			defer cancel()
			_, err := e.lock("average", lock.WithPoll(lock.Constant(pause)), lock.WithObserver(d)).Acquire(ctx)
			e.wantErr(err, context.DeadlineExceeded)
			waits := d.of(lock.EventWait)
			if len(waits) < 2 {
				e.missed("%d waits", len(waits))
			}
			if len(waits) > 11 || len(d.of(lock.EventFailure)) < len(waits) {
				e.Fatalf("%d waits, %d failures in the time of 10 pauses", len(waits), len(d.of(lock.EventFailure)))
			}
			for i, at := range waits[1:] {
				if took := at.Sub(waits[i]); took < pause {
					e.Errorf("pause of %v, want %v", took, pause)
				}
			}
		}},
		{"16 polling contenders never overlap and all finish", func(e *env) {
			var wg sync.WaitGroup
			inside := make(chan struct{}, 1)
			l := e.lock("average", lock.WithPoll(lock.Exponential(time.Millisecond, 8*time.Millisecond)))
			for range 16 {
				wg.Go(func() {
					for range 5 {
						lease, err := l.Acquire(e.ctx)
						if err != nil {
							e.Error(err)
							return
						}
						select {
						case inside <- struct{}{}:
						default:
							e.Error("overlap")
						}
						<-inside
						if err := lease.Release(e.ctx); err != nil {
							e.Error(err)
						}
					}
				})
			}
			wg.Wait()
		}},
	})
	client := redis.NewClient(&redis.Options{})
	defer client.Close()
	for _, b := range []lock.Backoff{{}, lock.Constant(0), lock.Constant(-1), lock.Exponential(2, 1), lock.Exponential(0, 1)} {
		if _, err := lock.New(client, "average", lock.WithPoll(b)); !errors.Is(err, lock.ErrInvalid) {
			t.Errorf("%+v: got error %v, want ErrInvalid", b, err)
		}
	}
}
