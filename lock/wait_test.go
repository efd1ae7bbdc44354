package lock_test

import (
	"context"
	"errors"
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
)

func TestAcquire(t *testing.T) {
	verify(t, []spec{
		{"a waiter obtains the lock on its release", func(e *env) {
			held := e.take(e.lock("average"))
			granted := e.acquireBySignal("average")
			released := time.Now()
			e.release(held)
			e.release(e.wantWoken(granted, released))
		}},
		{"waiters obtain it one after the other", func(e *env) {
			held := e.take(e.lock("average"))
			first, second := e.acquireBySignal("average"), e.acquireBySignal("average")
			released := time.Now()
			e.release(held)
			for len(first) == 0 && len(second) == 0 && time.Since(released) < woken {
				time.Sleep(time.Millisecond)
			}
			if len(first) == 0 {
				first, second = second, first
			}
			e.release(e.wantWoken(first, released))
			e.wantWoken(second, time.Now())
		}},
		{"a waiter gives up at its deadline", func(e *env) {
			e.take(e.lock("average"))
			e.wantPrompt(func() time.Duration {
				ctx, cancel := context.WithTimeout(e.ctx, 100*time.Millisecond*e.slow)
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
			ctx, cancel := context.WithTimeout(e.ctx, 100*time.Millisecond*e.slow)
			defer cancel()
			_, err := l.Acquire(ctx)
			e.wantErr(err, context.DeadlineExceeded)
			l.Settle()
			client.Ping(e.ctx)
			if dials := client.PoolStats().Misses; dials != 1 {
				e.missed("dialled %d times, so a reply was lost", dials)
			}
		}},
		{"a waiter that is cancelled while it queues for a connection leaves the queue", func(e *env) {
			e.take(e.lock("average"))
			client := e.server.Client(e.T, func(o *redis.Options) { o.PoolSize, o.ReadTimeout = 1, patience })
			ctx, cancel := context.WithCancel(e.ctx)
			free := make(chan struct{}) // closed when the connection is
			l := e.lockOn(client, "average", lock.WithObserver(observe(func(ev lock.Event) {
				if ev.Kind == lock.EventWait {
					go func() {
						defer close(free)
						client.Do(e.ctx, "blpop", "something", "40")
					}()
					e.eventually("the connection is taken", func() bool { return client.PoolStats().IdleConns == 0 })
					time.AfterFunc(20*time.Millisecond, cancel)
				}
			})))
			_, err := l.Acquire(ctx)
			e.wantErr(err, context.Canceled)
			l.Settle()
			select {
			case <-free:
				e.Error("it left when there was a connection for it")
			default:
			}
			e.client.LPush(e.ctx, "something", 1)
			<-free
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
			ctx, cancel := context.WithTimeout(e.ctx, patience)
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
			most := 200 * time.Millisecond * e.slow
			e.take(e.lock("average", lock.WithLease(most)))
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
			e.release(lease)
			if seconds == 0 {
				e.missed("the lease had run out before the first pop")
			}
			if most += time.Millisecond; seconds < 0 || seconds > most.Seconds() {
				e.Errorf("popped for %v s, want %v at most", seconds, most)
			}
		}},
		{"an extended lease keeps a waiter out", func(e *env) {
			lease := e.take(e.lock("average", lock.WithLease(500*time.Millisecond*e.slow)))
			granted := e.acquire(e.ctx, "average", lock.WithLease(time.Minute))
			e.inTime(lease.Extend(e.ctx, time.Minute))
			select {
			case g := <-granted:
				e.Fatalf("acquired, error %v", g.err)
			case <-time.After(700 * time.Millisecond * e.slow):
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
				stayer := e.acquireBySignal("average")
				cancel()
				e.wantErr((<-leaver).err, context.Canceled)
				released := time.Now()
				e.release(held)
				e.release(e.wantWoken(stayer, released))
			}
		}},
		{"a waiter that leaves at the moment of the release does not swallow the signal", func(e *env) {
			for range 10 {
				held := e.take(e.lock("average"))
				ctx, cancel := context.WithCancel(e.ctx)
				leaver := e.acquire(ctx, "average")
				stayer := e.acquireBySignal("average")
				released := time.Now()
				go cancel()
				e.release(held)
				if g := <-leaver; g.err == nil {
					e.release(g.lease) // it was faster than its cancellation
				}
				e.release(e.wantWoken(stayer, released))
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
			if _, err := e.client.BLPop(e.ctx, time.Second*e.slow, "lock-signal:average").Result(); err != nil {
				e.missed("no signal: %v", err)
			}
		}},
		{"a signal passed on while the lock is held is dropped", func(e *env) {
			held := e.take(e.lock("average"))
			ctx, cancel := context.WithCancel(e.ctx)
			leaver := e.acquire(ctx, "average")
			cancel()
			left := <-leaver
			e.wantErr(left.err, context.Canceled)
			e.client.LPush(e.ctx, "lock-signal:average", 1)
			left.lock.Settle()
			if n := e.client.LLen(e.ctx, "lock-signal:average").Val(); n > 0 {
				e.missed("%d signals: its pop had ended, or it signalled again", n)
			}
			e.release(held)
		}},
		{"a waiter whose pop somebody ends tries again", func(e *env) {
			if !e.server.IsReal() {
				return // it has no CLIENT UNBLOCK
			}
			held := e.take(e.lock("average"))
			granted := e.acquireBySignal("average")
			blocked := regexp.MustCompile(`(?m)^id=(\d+) .* cmd=blpop `)
			unblocked := 0
			e.eventually("its pop has been ended twice", func() bool {
				for _, client := range blocked.FindAllStringSubmatch(e.client.ClientList(e.ctx).Val(), -1) {
					id, _ := strconv.ParseInt(client[1], 10, 64)
					unblocked += int(e.client.ClientUnblockWithError(e.ctx, id).Val())
				}
				return unblocked >= 2 || len(granted) > 0
			})
			released := time.Now()
			e.release(held)
			e.release(e.wantWoken(granted, released))
		}},
		{"a read timeout below a second shortens each pop, not the wait", func(e *env) {
			held := e.take(e.lock("average"))
			client := e.server.Client(e.T, func(o *redis.Options) { o.ReadTimeout = 400 * time.Millisecond * min(e.slow, 4) })
			want := strconv.FormatFloat(0.2*float64(min(e.slow, 4)), 'f', 3, 64)
			timeouts := make(chan any, 1000)
			client.AddHook(&hook{before: func(cmd redis.Cmder) {
				if cmd.Name() == "blpop" {
					timeouts <- cmd.Args()[2]
				}
			}})
			granted := make(chan grant, 1)
			l := e.lockOn(client, "average")
			e.waiters.Go(func() {
				lease, err := l.Acquire(e.ctx)
				granted <- grant{l, lease, err, time.Now()}
			})
			for range 2 {
				select {
				case got := <-timeouts:
					if got != want {
						e.Errorf("BLPOP with timeout %v, want %v", got, want)
					}
				case g := <-granted:
					e.missed("Redis was slow to answer: %v", g.err)
				}
			}
			e.release(held)
			if g := <-granted; g.err != nil {
				e.missed("Redis was slow to answer: %v", g.err)
			}
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
