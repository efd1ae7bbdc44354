package lock_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
)

func TestRelease(t *testing.T) {
	verify(t, []spec{
		{"each release leaves exactly one signal, which expires", func(e *env) {
			l := e.lock("average")
			for range 3 {
				e.release(e.take(l))
				e.wantSignals("average", 1)
			}
			if ttl := e.client.PTTL(e.ctx, "lock-signal:average").Val(); ttl > time.Second || ttl == -1 {
				e.Errorf("the signal lives for %v, want a second", ttl)
			}
			e.client.PExpire(e.ctx, "lock-signal:average", 20*time.Millisecond)
			time.Sleep(40 * time.Millisecond)
			e.wantSignals("average", 0)
		}},
		{"a second release is ErrNotHeld and sends nothing", func(e *env) {
			l := e.lock("average", lock.WithID("me"))
			lease := e.take(l)
			e.release(lease)
			again := e.take(l) // the same id, so comparing it would not help
			sent := commands(e.client)
			e.wantErr(lease.Release(e.ctx), lock.ErrNotHeld)
			if sent() != "" {
				e.Errorf("sent %q", sent())
			}
			e.wantLocked(l, true)
			e.release(again)
		}},
		{"a release after expiry is ErrNotHeld", func(e *env) {
			l := e.lock("average", lock.WithLease(30*time.Millisecond))
			lease := e.take(l)
			time.Sleep(60 * time.Millisecond)
			err := lease.Release(e.ctx)
			e.wantErr(err, lock.ErrNotHeld)
			if want := "lock: release lock:average: not held: the lease ran out"; err.Error() != want {
				e.Errorf("message %q, want %q", err, want)
			}
			e.wantSignals("average", 0)
		}},
		{"a release after expiry leaves the next owner alone", func(e *env) {
			stale := e.take(e.lock("average", lock.WithLease(30*time.Millisecond)))
			time.Sleep(60 * time.Millisecond)
			next := e.take(e.lock("average"))
			e.wantErr(stale.Release(e.ctx), lock.ErrNotHeld)
			e.release(next)
		}},
		{"a lock with a lease is reusable after its release", func(e *env) {
			l := e.lock("average", lock.WithLease(time.Minute))
			for range 3 {
				e.release(e.take(l))
			}
		}},
		{"of several releases at once one releases, and it is told once", func(e *env) {
			var d diary
			client := e.dial()
			lease := e.take(e.lockOn(client, "average", lock.WithObserver(&d)))
			if err := lock.Load(e.ctx, client); err != nil {
				e.Fatal(err)
			}
			var asked atomic.Bool
			client.AddHook(&hook{process: func(ctx context.Context, cmd redis.Cmder, next redis.ProcessHook) error {
				err := next(ctx, cmd)
				// Its reply comes when that of the second, which is too late, is there.
				if asked.CompareAndSwap(false, true) {
					e.wantErr(lease.Release(e.ctx), lock.ErrNotHeld)
				}
				return err
			}})
			e.release(lease)
			e.wantErr(lease.Err(), lock.ErrReleased)
			if got, want := d.kinds(), "attempt grant release"; got != want {
				e.Errorf("events %q, want %q", got, want)
			}
		}},
		{"a release whose context ends while it waits for a connection goes on", func(e *env) {
			client := e.server.Client(e.T, func(o *redis.Options) { o.PoolSize, o.PoolTimeout = 1, patience })
			var only *redis.Conn // is taken before the release, which comes within a millisecond then
			l := e.lockOn(client, "average", lock.WithObserver(observe(func(ev lock.Event) {
				if ev.Kind == lock.EventGrant {
					only = client.Conn()
					only.Ping(e.ctx)
				}
			})))
			lease := e.take(l)
			begun := commands(client)
			ctx, cancel := context.WithTimeout(e.ctx, 5*time.Millisecond*e.slow)
			defer cancel()
			e.wantErr(lease.Release(ctx), context.DeadlineExceeded)
			only.Close()
			if begun() == "" {
				e.missed("its context had ended before it began")
			}
			<-lease.Lost()
			e.wantErr(lease.Err(), lock.ErrReleased)
			if n := e.client.Exists(e.ctx, "lock:average").Val(); n != 0 {
				e.Error("it is still held")
			}
		}},
		{"the same id elsewhere extends and releases", func(e *env) {
			e.take(e.lock("average", lock.WithID("me"), lock.WithLease(time.Minute)))
			lease, err := e.lockOn(e.dial(), "average", lock.WithID("me")).Adopt(e.ctx)
			if err != nil {
				e.Fatal(err)
			}
			if err := lease.Extend(e.ctx, time.Hour); err != nil {
				e.Fatal(err)
			}
			if ttl, err := lease.TTL(e.ctx); ttl <= time.Minute || err != nil {
				e.Errorf("TTL() = %v, %v, want an hour", ttl, err)
			}
			e.release(lease)
			e.wantLocked(e.lock("average"), false)
		}},
		{"another id is ErrNotHeld and a random one cannot be adopted", func(e *env) {
			mine := e.take(e.lock("average", lock.WithID("me")))
			_, err := e.lock("average", lock.WithID("you")).Adopt(e.ctx)
			e.wantErr(err, lock.ErrNotHeld)
			_, err = e.lock("average").Adopt(e.ctx)
			e.wantErr(err, lock.ErrInvalid)

			e.client.Set(e.ctx, "lock:average", "you", 0)
			_, err = mine.TTL(e.ctx)
			e.wantErr(err, lock.ErrNotHeld)
			e.wantErr(mine.Extend(e.ctx, time.Second), lock.ErrNotHeld)
			e.wantErr(mine.Release(e.ctx), lock.ErrNotHeld)
			e.wantLocked(e.lock("average"), true)
		}},
	})
}

func TestExtend(t *testing.T) {
	const slack = 50 * time.Second
	wantTTL := func(e *env, lease *lock.Lease, want time.Duration) {
		e.Helper()
		if got, err := lease.TTL(e.ctx); got > want || got < want-slack || err != nil {
			e.Errorf("TTL() = %v, %v, want %v", got, err, want)
		}
	}
	verify(t, []spec{
		{"extend with a duration sets it, longer or shorter", func(e *env) {
			lease := e.take(e.lock("average", lock.WithLease(time.Minute)))
			wantTTL(e, lease, time.Minute)
			for _, d := range []time.Duration{time.Hour, 2 * time.Minute} {
				if err := lease.Extend(e.ctx, d); err != nil {
					e.Fatal(err)
				}
				wantTTL(e, lease, d)
			}
		}},
		{"extend with 0 sets the configured lease", func(e *env) {
			lease := e.take(e.lock("average", lock.WithLease(time.Hour)))
			e.client.PExpire(e.ctx, "lock:average", time.Minute)
			if err := lease.Extend(e.ctx, 0); err != nil {
				e.Fatal(err)
			}
			wantTTL(e, lease, time.Hour)
		}},
		{"extend with 0 and no configured lease is ErrNoLease", func(e *env) {
			lease := e.take(e.lock("average"))
			e.client.PExpire(e.ctx, "lock:average", time.Minute)
			e.wantErr(lease.Extend(e.ctx, 0), lock.ErrNoLease)
		}},
		{"a time to live beyond the longest Duration is the longest", func(e *env) {
			if !e.server.IsReal() {
				return // it stops at that as well, and is mistaken
			}
			e.client.Do(e.ctx, "set", "lock:average", "me", "px", "10000000000000000")
			l := e.lock("average", lock.WithID("me"))
			lease := e.must(l.Adopt(e.ctx))
			ttl, err := lease.TTL(e.ctx)
			state, _ := l.Inspect(e.ctx)
			for _, d := range []time.Duration{ttl, state.TTL} {
				if d < 290*365*24*time.Hour {
					e.Errorf("the lease has %v to live, %v", d, err)
				}
			}
			e.wantErr(lease.Err(), nil)
			e.release(lease)
		}},
		{"extend of a lock without a time to live is ErrNoLease", func(e *env) {
			e.wantErr(e.take(e.lock("average")).Extend(e.ctx, time.Second), lock.ErrNoLease)
			lease := e.take(e.lock("sum", lock.WithLease(time.Minute)))
			e.client.Persist(e.ctx, "lock:sum")
			e.wantErr(lease.Extend(e.ctx, 0), lock.ErrNoLease)
		}},
		{"extend with a negative or too small duration is ErrInvalid", func(e *env) {
			lease := e.take(e.lock("average", lock.WithLease(time.Minute)))
			e.wantErr(lease.Extend(e.ctx, -time.Second), lock.ErrInvalid)
			e.wantErr(lease.Extend(e.ctx, time.Microsecond), lock.ErrInvalid)
			wantTTL(e, lease, time.Minute)
		}},
		{"extend after expiry is ErrExpired, and the lease is over for good", func(e *env) {
			lease := e.take(e.lock("average", lock.WithLease(30*time.Millisecond)))
			time.Sleep(60 * time.Millisecond)
			e.wantErr(lease.Extend(e.ctx, time.Minute), lock.ErrExpired)
			e.wantErr(lease.Extend(e.ctx, time.Minute), lock.ErrExpired)
			_, err := lease.TTL(e.ctx)
			e.wantErr(err, lock.ErrExpired)
			e.wantErr(lease.Release(e.ctx), lock.ErrExpired)
		}},
	})
}
