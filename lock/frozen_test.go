//go:build unix

package lock_test

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
	"locktop/lock/redistest"
)

// freeze stops the server, which accepts commands from then on and answers none
// of them, until thaw is called.
func (e *env) freeze() (thaw func()) {
	e.Helper()
	var pid int
	for line := range strings.Lines(e.client.Info(e.ctx, "server").Val()) {
		if value, ok := strings.CutPrefix(line, "process_id:"); ok {
			pid, _ = strconv.Atoi(strings.TrimSpace(value))
		}
	}
	if pid == 0 {
		e.Fatal("the server has no process id")
	}
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		e.Fatal(err)
	}
	var status syscall.WaitStatus // it is a child of ours, and may run on for a moment
	for !status.Stopped() {
		if _, err := syscall.Wait4(pid, &status, syscall.WUNTRACED, nil); err != nil && err != syscall.EINTR {
			e.Fatal(err)
		}
	}
	thaw = sync.OnceFunc(func() { syscall.Kill(pid, syscall.SIGCONT) })
	e.T.Cleanup(thaw)
	return thaw
}

// leaves ends a context in each of the two ways, once call has been sent to a
// frozen Redis, and checks that it comes back promptly. after is called when
// Redis answers again.
func (e *env) leaves(client *redis.Client, sends string, before func(), call func(context.Context) error, after func()) {
	e.Helper()
	sent := make(chan struct{}, 100)
	client.AddHook(&hook{before: func(cmd redis.Cmder) {
		if strings.HasPrefix(cmd.Name(), sends) {
			select {
			case sent <- struct{}{}:
			default:
			}
		}
	}})
	for _, want := range []error{context.Canceled, context.DeadlineExceeded} {
		e.wantPrompt(func() time.Duration {
			before()
			time.Sleep(10 * time.Millisecond) // for a Redis that has just answered is trusted to do so again
			thaw := e.freeze()
			defer thaw()
			ctx, end := newEnding(e.ctx, want)
			defer end()
			for len(sent) > 0 {
				<-sent
			}
			go func() {
				<-sent
				time.Sleep(20 * time.Millisecond) // so that it is on its way
				end()
			}()
			ended := make(chan time.Time, 1)
			context.AfterFunc(ctx, func() { ended <- time.Now() })
			err := call(ctx)
			late := max(time.Since(<-ended), 0)
			e.wantErr(err, want)
			thaw()
			after()
			return late
		})
	}
}

// newEnding returns a context that ends with an error of this kind when told to.
func newEnding(parent context.Context, with error) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	if with == context.Canceled {
		return ctx, cancel
	}
	return deadlined{ctx}, cancel
}

// deadlined says that its deadline has passed where it has been cancelled, for a
// real one would pass too early on a busy machine.
type deadlined struct{ context.Context }

func (d deadlined) Err() error {
	if d.Context.Err() != nil {
		return context.DeadlineExceeded
	}
	return nil
}

func TestFrozenRedis(t *testing.T) {
	frozen := func(t *testing.T, test func(e *env, client *redis.Client)) {
		verifyReal(t, func(e *env) {
			client := e.dial()
			if err := lock.Load(e.ctx, client); err != nil {
				e.Fatal(err)
			}
			test(e, client)
		})
	}
	for _, mode := range []struct {
		name, sends string
		opts        []lock.Option
	}{
		{"signal", "set", nil},
		{"signal with a lease", "set", []lock.Option{lock.WithLease(time.Hour)}},
		{"signal with tokens", "evalsha", []lock.Option{lock.WithFencing()}},
		{"poll", "set", []lock.Option{lock.WithPoll(lock.Constant(time.Hour))}},
		{"fair", "set", []lock.Option{lock.WithFairness()}},
	} {
		for _, wait := range []bool{false, true} {
			sentence := "TryAcquire leaves, and what is granted later is released: " + mode.name
			sends := mode.sends
			if wait {
				sentence = "Acquire leaves, and what is granted later is released: " + mode.name
			} else if mode.name == "fair" {
				sends = "evalsha"
			}
			t.Run(sentence, func(t *testing.T) {
				frozen(t, func(e *env, client *redis.Client) {
					l := e.lockOn(client, "average", mode.opts...)
					acquire := l.TryAcquire
					if wait {
						acquire = l.Acquire
					}
					e.leaves(client, sends, func() {}, func(ctx context.Context) error {
						_, err := acquire(ctx)
						return err
					}, func() {
						l.Settle()
						e.wantLocked(l, false)
					})
				})
			})
		}
	}

	t.Run("a fair waiter leaves while its place in line is asked for, and leaves the line", func(t *testing.T) {
		frozen(t, func(e *env, client *redis.Client) {
			held := e.take(e.lock("average"))
			l := e.lockOn(client, "average", lock.WithFairness())
			// Somebody else waits, so that there is a subscription.
			ctx, cancel := context.WithCancel(e.ctx)
			other := e.lockOn(client, "average", lock.WithFairness())
			first := e.queue(ctx, other)
			e.leaves(client, "", func() {
				// A lock that was lately contended is asked for by the script.
				ctx, cancel := context.WithCancel(e.ctx)
				granted := e.queue(ctx, l)
				cancel()
				<-granted
				e.eventually("it has left", func() bool { return e.client.ZCard(e.ctx, queueKey).Val() == 1 })
			}, func(ctx context.Context) error {
				_, err := l.Acquire(ctx)
				return err
			}, func() {
				e.eventually("it has left", func() bool { return e.client.ZCard(e.ctx, queueKey).Val() == 1 })
			})
			cancel()
			e.wantErr((<-first).err, context.Canceled)
			l.Settle()
			other.Settle()
			if n := e.client.ZCard(e.ctx, queueKey).Val(); n != 0 {
				e.Errorf("%d still wait", n)
			}
			e.release(held)
			e.wantLocked(l, false)
		})
	})

	t.Run("under an id of its own a late grant is left to be adopted", func(t *testing.T) {
		frozen(t, func(e *env, client *redis.Client) {
			l := e.lockOn(client, "average", lock.WithID("me"))
			e.leaves(client, "set", func() {}, func(ctx context.Context) error {
				_, err := l.TryAcquire(ctx)
				return err
			}, func() {
				l.Settle()
				lease, err := l.Adopt(e.ctx)
				e.must(lease, err)
				e.release(lease)
			})
		})
	})

	t.Run("Release leaves, goes on, and is then told", func(t *testing.T) {
		frozen(t, func(e *env, client *redis.Client) {
			var d diary
			l := e.lockOn(client, "average", lock.WithObserver(&d), lock.WithLease(time.Hour))
			var lease *lock.Lease
			rounds := 0
			e.leaves(client, "evalsha", func() { lease = e.take(l) }, func(ctx context.Context) error {
				return lease.Release(ctx)
			}, func() {
				rounds++
				<-lease.Lost()
				e.wantErr(lease.Err(), lock.ErrReleased)
				e.wantLocked(l, false)
				if n := len(d.of(lock.EventRelease)); n != rounds {
					e.Errorf("%d releases observed, want %d", n, rounds)
				}
			})
		})
	})

	t.Run("Extend, TTL, Inspect, Locked and OwnerID leave", func(t *testing.T) {
		frozen(t, func(e *env, client *redis.Client) {
			l := e.lockOn(client, "average", lock.WithLease(time.Hour))
			lease := e.take(l)
			for _, call := range []func(context.Context) error{
				func(ctx context.Context) error { return lease.Extend(ctx, 2*time.Hour) },
				func(ctx context.Context) error { _, err := lease.TTL(ctx); return err },
				func(ctx context.Context) error { _, err := l.Inspect(ctx); return err },
				func(ctx context.Context) error { _, err := l.Locked(ctx); return err },
				func(ctx context.Context) error { _, err := l.OwnerID(ctx); return err },
			} {
				e.leaves(client, "", func() {}, call, func() {})
			}
			e.wantErr(lease.Err(), nil)
			e.release(lease)
		})
	})

	t.Run("a guard leaves, and Settle waits for what it has sent", func(t *testing.T) {
		frozen(t, func(e *env, client *redis.Client) {
			lease := e.take(e.lock("average", lock.WithFencing()))
			g, err := lock.NewGuard(client, "resource")
			e.wantErr(err, nil)
			for _, call := range []func(ctx context.Context) error{
				func(ctx context.Context) error { return g.Raise(ctx, lease.Token()) },
				func(ctx context.Context) error { return g.Set(ctx, lease, "value", 0) },
				func(ctx context.Context) error { _, err := g.Swap(ctx, lease, "value", 0); return err },
			} {
				e.leaves(client, "evalsha", func() {}, call, g.Settle)
			}
			if value := e.client.Get(e.ctx, "resource").Val(); value != "value" {
				e.Errorf("what was sent has come to %q", value)
			}
			e.release(lease)
		})
	})

	t.Run("an acquisition leaves while a fence is raised, and is released", func(t *testing.T) {
		frozen(t, func(e *env, client *redis.Client) {
			// The guard has a server of its own, so that only that one is frozen.
			other := newEnv(e.try, redistest.Real(e.T))
			guardClient := other.dial()
			g, err := lock.NewGuard(guardClient, "resource")
			e.wantErr(err, nil)
			l := e.lockOn(client, "average", lock.WithGuard(g))
			other.leaves(guardClient, "evalsha", func() {}, func(ctx context.Context) error {
				_, err := l.TryAcquire(ctx)
				return err
			}, func() {
				l.Settle()
				e.wantLocked(l, false)
			})
		})
	})
}

// verifyReal runs a test in tries on a real Redis of its own.
func verifyReal(t *testing.T, test func(e *env)) {
	t.Helper()
	t.Parallel()
	s := redistest.Real(t)
	inTries(t, func(try *try) { test(newEnv(try, s)) })
}
