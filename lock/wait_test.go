package lock_test

import (
	"context"
	"errors"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
)

func TestAcquire(t *testing.T) {
	verify(t, []spec{
		{"a waiter obtains the lock on its release", func(e *env) {
			held := e.take(e.lock("average"))
			granted := e.acquire(e.ctx, "average")
			released := time.Now()
			e.release(held)
			e.release(e.wantGrant(granted, released, soon))
		}},
		{"waiters obtain it one after the other", func(e *env) {
			held := e.take(e.lock("average"))
			first, second := e.acquire(e.ctx, "average"), e.acquire(e.ctx, "average")
			released := time.Now()
			e.release(held)
			select {
			case g := <-first:
				e.release(g.lease)
				e.wantGrant(second, released, soon)
			case g := <-second:
				e.release(g.lease)
				e.wantGrant(first, released, soon)
			}
		}},
		{"a waiter gives up at its deadline", func(e *env) {
			e.take(e.lock("average"))
			e.wantPrompt(func() time.Duration {
				ctx, cancel := context.WithTimeout(e.ctx, 100*time.Millisecond)
				defer cancel()
				g := <-e.acquire(ctx, "average")
				e.wantErr(g.err, context.DeadlineExceeded)
				if want := "lock: acquire lock:average: context deadline exceeded"; g.err.Error() != want {
					e.Errorf("message %q, want %q", g.err, want)
				}
				deadline, _ := ctx.Deadline()
				return g.at.Sub(deadline)
			})
		}},
		{"a waiter gives up when it is cancelled", func(e *env) {
			e.take(e.lock("average"))
			e.wantPrompt(func() time.Duration {
				ctx, cancel := context.WithCancel(e.ctx)
				granted := e.acquire(ctx, "average")
				cancelled := time.Now()
				cancel()
				g := <-granted
				e.wantErr(g.err, context.Canceled)
				return g.at.Sub(cancelled)
			})
		}},
		{"a waiter that gives up does not cut off the reply of its pop", func(e *env) {
			e.take(e.lock("average"))
			client := e.server.Client(e.T, func(o *redis.Options) { o.ContextTimeoutEnabled = true })
			l := e.lockOn(client, "average")
			ctx, cancel := context.WithTimeout(e.ctx, 100*time.Millisecond)
			defer cancel()
			_, err := l.Acquire(ctx)
			e.wantErr(err, context.DeadlineExceeded)
			l.Settle()
			client.Ping(e.ctx)
			if dials := client.PoolStats().Misses; dials != 1 {
				e.Errorf("dialled %d times, so a reply was lost", dials)
			}
		}},
		{"a waiter that is cancelled while it queues for a connection leaves the queue", func(e *env) {
			e.take(e.lock("average"))
			client := e.server.Client(e.T, func(o *redis.Options) { o.PoolSize = 1 })
			ctx, cancel := context.WithCancel(e.ctx)
			var busy sync.WaitGroup
			l := e.lockOn(client, "average", lock.WithObserver(observe(func(ev lock.Event) {
				if ev.Kind == lock.EventWait {
					busy.Go(func() { client.Do(e.ctx, "blpop", "nothing", "1") })
					for client.PoolStats().IdleConns > 0 {
						time.Sleep(time.Millisecond)
					}
					time.AfterFunc(20*time.Millisecond, cancel)
				}
			})))
			began := time.Now()
			_, err := l.Acquire(ctx)
			e.wantErr(err, context.Canceled)
			l.Settle()
			if took := time.Since(began); took > soon {
				e.Errorf("left the queue after %v", took)
			}
			busy.Wait()
		}},
		{"a pop whose reply is late counts as one without a signal", func(e *env) {
			held := e.take(e.lock("average"))
			client := e.dial()
			late := true
			client.AddHook(&hook{process: func(ctx context.Context, cmd redis.Cmder, next redis.ProcessHook) error {
				if cmd.Name() == "blpop" && late {
					late = false
					e.release(held)
					cmd.SetErr(os.ErrDeadlineExceeded)
					return os.ErrDeadlineExceeded
				}
				return next(ctx, cmd)
			}})
			lease, err := e.lockOn(client, "average").Acquire(e.ctx)
			if err != nil {
				e.Fatal(err)
			}
			e.release(lease)
		}},
		{"a waiter with a deadline obtains a lock that expires before it", func(e *env) {
			e.take(e.lock("average", lock.WithLease(200*time.Millisecond)))
			began := time.Now()
			ctx, cancel := context.WithTimeout(e.ctx, 5*time.Second)
			defer cancel()
			e.wantGrant(e.acquire(ctx, "average", lock.WithLease(time.Minute)), began, time.Second+soon)
		}},
		{"a waiter without a deadline obtains a lock that expires", func(e *env) {
			e.take(e.lock("average", lock.WithLease(200*time.Millisecond)))
			began := time.Now()
			e.wantGrant(e.acquire(e.ctx, "average", lock.WithLease(time.Minute)), began, time.Second+soon)
		}},
		{"a waiter without a lease of its own obtains a lock that expires", func(e *env) {
			e.take(e.lock("average", lock.WithLease(200*time.Millisecond)))
			began := time.Now()
			e.wantGrant(e.acquire(e.ctx, "average"), began, time.Second+soon)
		}},
		{"a waiter with a lease of its own pops no longer than the holder's lasts", func(e *env) {
			e.take(e.lock("average", lock.WithLease(200*time.Millisecond)))
			var seconds float64
			e.client.AddHook(&hook{before: func(cmd redis.Cmder) {
				if cmd.Name() == "blpop" {
					seconds, _ = strconv.ParseFloat(cmd.Args()[2].(string), 64)
				}
			}})
			lease, err := e.lock("average", lock.WithLease(time.Minute)).Acquire(e.ctx)
			if err != nil {
				e.Fatal(err)
			}
			if seconds <= 0 || seconds > 0.201 {
				e.Errorf("popped for %v s, want 0.201 s at most", seconds)
			}
			e.release(lease)
		}},
		{"an extended lease keeps a waiter out", func(e *env) {
			lease := e.take(e.lock("average", lock.WithLease(500*time.Millisecond)))
			granted := e.acquire(e.ctx, "average", lock.WithLease(time.Minute))
			if err := lease.Extend(e.ctx, time.Minute); err != nil {
				e.Fatal(err)
			}
			select {
			case g := <-granted:
				e.Fatalf("acquired, error %v", g.err)
			case <-time.After(700 * time.Millisecond):
			}
			released := time.Now()
			e.release(lease)
			e.wantGrant(granted, released, soon)
		}},
		{"a waiter that has left does not swallow the signal", func(e *env) {
			// The embedded Redis wakes waiters in random order, so try several.
			for range 4 {
				held := e.take(e.lock("average"))
				ctx, cancel := context.WithCancel(e.ctx)
				leaver := e.acquire(ctx, "average")
				stayer := e.acquire(e.ctx, "average")
				cancel()
				e.wantErr((<-leaver).err, context.Canceled)
				released := time.Now()
				e.release(held)
				e.release(e.wantGrant(stayer, released, soon))
			}
		}},
		{"a waiter that leaves at the moment of the release does not swallow the signal", func(e *env) {
			for range 10 {
				held := e.take(e.lock("average"))
				ctx, cancel := context.WithCancel(e.ctx)
				leaver := e.acquire(ctx, "average")
				stayer := e.acquire(e.ctx, "average")
				released := time.Now()
				go cancel()
				e.release(held)
				if g := <-leaver; g.err == nil {
					e.release(g.lease) // it was faster than its cancellation
				}
				e.release(e.wantGrant(stayer, released, soon))
			}
		}},
		{"a waiter that took the signal and could not try again passes it on", func(e *env) {
			held := e.take(e.lock("average"))
			client := e.dial()
			cut := errors.New("the connection was cut")
			popped := make(chan struct{})
			client.AddHook(&hook{process: func(ctx context.Context, cmd redis.Cmder, next redis.ProcessHook) error {
				select {
				case <-popped:
					if cmd.Name() == "set" {
						return cut
					}
					return next(ctx, cmd)
				default:
				}
				if cmd.Name() == "blpop" {
					defer close(popped)
				}
				return next(ctx, cmd)
			}})
			unlucky := make(chan error)
			go func() {
				_, err := e.lockOn(client, "average", lock.WithObserver(observe(func(ev lock.Event) {
					if ev.Kind == lock.EventWait {
						e.release(held)
					}
				}))).Acquire(e.ctx)
				unlucky <- err
			}()
			e.wantErr(<-unlucky, cut)
			next := time.Now()
			if _, err := e.client.BLPop(e.ctx, time.Second, "lock-signal:average").Result(); err != nil {
				e.Errorf("no signal: %v", err)
			}
			if took := time.Since(next); took > soon {
				e.Errorf("signal after %v", took)
			}
		}},
		{"a signal passed on while the lock is held is dropped", func(e *env) {
			held := e.take(e.lock("average"))
			ctx, cancel := context.WithCancel(e.ctx)
			leaver := e.acquire(ctx, "average")
			cancel()
			<-leaver
			e.client.LPush(e.ctx, "lock-signal:average", 1)
			for e.client.LLen(e.ctx, "lock-signal:average").Val() > 0 {
				time.Sleep(time.Millisecond)
			}
			time.Sleep(50 * time.Millisecond)
			e.wantSignals("average", 0)
			e.release(held)
		}},
		{"a read timeout below a second shortens each pop, not the wait", func(e *env) {
			held := e.take(e.lock("average"))
			client := e.server.Client(e.T, func(o *redis.Options) { o.ReadTimeout = 400 * time.Millisecond })
			timeouts := make(chan any, 100)
			client.AddHook(&hook{before: func(cmd redis.Cmder) {
				if cmd.Name() == "blpop" {
					timeouts <- cmd.Args()[2]
				}
			}})
			granted := make(chan grant, 1)
			go func() {
				lease, err := e.lockOn(client, "average").Acquire(e.ctx)
				granted <- grant{lease, err, time.Now()}
			}()
			for range 2 {
				if got := <-timeouts; got != "0.200" {
					e.Errorf("BLPOP with timeout %v, want 0.200", got)
				}
			}
			released := time.Now()
			e.release(held)
			e.wantGrant(granted, released, soon)
		}},
		{"a reply that says no is an error", func(e *env) {
			e.take(e.lock("average"))
			e.client.Set(e.ctx, "lock-signal:average", "not a list", 0)
			_, err := e.lock("average").Acquire(e.ctx)
			if err == nil || !redis.HasErrorPrefix(err, "WRONGTYPE") {
				e.Errorf("got error %v, want WRONGTYPE", err)
			}
		}},
	})
}
