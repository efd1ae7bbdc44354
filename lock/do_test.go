package lock_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
)

var errWork = errors.New("work failed")

func TestDo(t *testing.T) {
	verify(t, []spec{
		{"the lock is held while the function runs, and free afterwards", func(e *env) {
			for _, opts := range [][]lock.Option{nil, {lock.WithFairness(), lock.WithLease(time.Hour)}} {
				l := e.lock("average", opts...)
				ran := false
				e.wantErr(l.Do(e.ctx, func(ctx context.Context) error {
					ran = true
					e.wantErr(ctx.Err(), nil)
					e.wantLocked(l, true)
					return nil
				}), nil)
				if !ran {
					e.Error("the function did not run")
				}
				e.wantLocked(l, false)
			}
		}},
		{"the error of the function is returned as it is", func(e *env) {
			if err := e.lock("average").Do(e.ctx, func(context.Context) error { return errWork }); err != errWork {
				e.Errorf("got %v", err)
			}
		}},
		{"if the lock cannot be had, the function does not run", func(e *env) {
			e.take(e.lock("average"))
			ctx, cancel := context.WithTimeout(e.ctx, 10*time.Millisecond)
			defer cancel()
			err := e.lock("average").Do(ctx, func(context.Context) error { e.Error("it runs"); return nil })
			e.wantErr(err, context.DeadlineExceeded)
			if want := "lock: acquire lock:average: "; !contains(err, want) {
				e.Errorf("message %q, want %q", err, want)
			}
		}},
		{"it is released after the context has ended", func(e *env) {
			l := e.lock("average")
			ctx, cancel := context.WithCancel(e.ctx)
			defer cancel()
			e.wantErr(l.Do(ctx, func(ctx context.Context) error {
				cancel()
				<-ctx.Done()
				return errWork
			}), errWork)
			e.wantLocked(l, false)
		}},
		{"it is released when the function panics", func(e *env) {
			l := e.lock("average")
			if r := caught(func() { l.Do(e.ctx, func(context.Context) error { panic(errWork) }) }); r != errWork {
				e.Errorf("panics with %v", r)
			}
			e.wantLocked(l, false)
		}},
		{"the context ends with the lease, and both the loss and the function's error are told", func(e *env) {
			l := e.lock("average", lock.WithLease(50*time.Millisecond))
			err := l.Do(e.ctx, func(ctx context.Context) error {
				<-ctx.Done()
				e.wantErr(context.Cause(ctx), lock.ErrExpired)
				return errWork
			})
			e.wantErr(err, errWork)
			e.wantErr(err, lock.ErrExpired)
			if want := "work failed\nlock: hold lock:average: not held: the lease ran out"; err.Error() != want {
				e.Errorf("message %q, want %q", err, want)
			}
		}},
		{"a loss is told although the function took no notice, and Redis still has the lock", func(e *env) {
			client := e.dial()
			client.AddHook(&hook{process: func(ctx context.Context, cmd redis.Cmder, next redis.ProcessHook) error {
				if args := cmd.Args(); cmd.Name() == "evalsha" && lock.ScriptName(args[1].(string)) == "ttl.lua" {
					return io.EOF // so that it does not learn of its new end
				}
				return next(ctx, cmd)
			}})
			l := e.lockOn(client, "average", lock.WithLease(50*time.Millisecond))
			err := l.Do(e.ctx, func(ctx context.Context) error {
				if !e.client.PExpire(e.ctx, "lock:average", time.Hour).Val() {
					e.missed("it has run out")
				}
				<-ctx.Done()
				return nil
			})
			e.wantErr(err, lock.ErrExpired)
			e.wantLocked(l, false)
		}},
		{"a loss that Redis tells is ErrNotHeld", func(e *env) {
			l := e.lock("average", lock.WithLease(time.Hour))
			err := l.Do(e.ctx, func(context.Context) error { return l.Reset(e.ctx) })
			e.wantErr(err, lock.ErrNotHeld)
			if errors.Is(err, lock.ErrExpired) || errors.Is(err, lock.ErrReleased) {
				e.Errorf("got error %v", err)
			}
		}},
		{"a release that fails is told beside the function's error", func(e *env) {
			client := e.dial()
			l := e.lockOn(client, "average", lock.WithLease(time.Hour))
			err := l.Do(e.ctx, func(context.Context) error {
				client.Close()
				return errWork
			})
			e.wantErr(err, errWork)
			e.wantErr(err, redis.ErrClosed)
			if want := "lock: release lock:average: "; !contains(err, want) {
				e.Errorf("message %q, want %q", err, want)
			}
		}},
		{"a release that Redis does not answer is given up after a second", func(e *env) {
			client, silence := e.dialSilenced()
			l := e.lockOn(client, "average", lock.WithLease(time.Hour))
			var began time.Time
			err := l.Do(e.ctx, func(context.Context) error {
				time.Sleep(5 * time.Millisecond) // or it would wait as long as the client does
				silence()
				began = time.Now()
				return errWork
			})
			e.wantErr(err, errWork)
			e.wantErr(err, context.DeadlineExceeded)
			if took := time.Since(began); took > time.Second+soon {
				e.missed("returned after %v", took)
			}
		}},
		{"the lease is in the context, for its token, and only that of this lock", func(e *env) {
			l, other := e.lock("average", lock.WithFencing()), e.lock("sum")
			e.wantErr(l.Do(e.ctx, func(ctx context.Context) error {
				return other.Do(ctx, func(ctx context.Context) error {
					if lease := l.LeaseOf(ctx); lease == nil || lease.Token() == 0 {
						e.Errorf("the lease is %v", lease)
					}
					if lease := other.LeaseOf(ctx); lease == nil || lease.ID() != e.client.Get(e.ctx, "lock:sum").Val() {
						e.Errorf("the lease is %v", lease)
					}
					return nil
				})
			}), nil)
			if lease := l.LeaseOf(e.ctx); lease != nil {
				e.Errorf("the lease of a context without one is %v", lease)
			}
		}},
	})
}

func TestQuorumDo(t *testing.T) {
	verify(t, []spec{{"the nodes are held while the function runs, and its error and a loss are told", func(e *env) {
		q, err := lock.NewQuorum([]redis.UniversalClient{e.client}, "average", lock.WithQuorumLease(time.Hour), lock.WithNodeTimeout(unhurried))
		e.wantErr(err, nil)
		defer q.Settle()
		l := e.lock("average")
		e.wantErr(q.Do(e.ctx, func(context.Context) error { e.wantLocked(l, true); return errWork }), errWork)
		e.wantLocked(l, false)
		err = q.Do(e.ctx, func(context.Context) error { e.client.Del(e.ctx, "lock:average"); return errWork })
		e.wantErr(err, errWork)
		e.wantErr(err, lock.ErrNotHeld)
	}}})
}

func TestReleaseWithAnEndedContext(t *testing.T) {
	verify(t, []spec{
		{"it releases all the same", func(e *env) {
			for _, opts := range [][]lock.Option{nil, {lock.WithFairness()}} {
				l := e.lock("average", opts...)
				cancelled, cancel := context.WithCancel(e.ctx)
				cancel()
				late, cancel := context.WithDeadline(e.ctx, time.Now().Add(-time.Second))
				defer cancel()
				for _, ctx := range []context.Context{cancelled, late} {
					e.wantErr(e.take(l).Release(ctx), nil)
					e.wantLocked(l, false)
				}
			}
		}},
		{"it does so within a second", func(e *env) {
			client, silence := e.dialSilenced()
			lease := e.take(e.lockOn(client, "average", lock.WithLease(time.Hour)))
			time.Sleep(5 * time.Millisecond) // or it would wait as long as the client does
			silence()
			ctx, cancel := context.WithCancel(e.ctx)
			cancel()
			began := time.Now()
			e.wantErr(lease.Release(ctx), context.DeadlineExceeded)
			if took := time.Since(began); took > time.Second+soon {
				e.missed("returned after %v", took)
			}
		}},
		{"so does that of a Quorum", func(e *env) {
			q, err := lock.NewQuorum([]redis.UniversalClient{e.client}, "average", lock.WithQuorumLease(time.Hour), lock.WithNodeTimeout(unhurried))
			e.wantErr(err, nil)
			defer q.Settle()
			lease, err := q.TryAcquire(e.ctx)
			e.wantErr(err, nil)
			ctx, cancel := context.WithCancel(e.ctx)
			cancel()
			e.wantErr(lease.Release(ctx), nil)
			e.wantLocked(e.lock("average"), false)
		}},
	})
}
