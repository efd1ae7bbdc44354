package lock_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
)

func (e *env) guard(key string) *lock.Guard {
	e.Helper()
	g, err := lock.NewGuard(e.client, key)
	if err != nil {
		e.Fatal(err)
	}
	return g
}

func TestFencing(t *testing.T) {
	const short = 30 * time.Millisecond
	verify(t, []spec{
		{"tokens grow with every grant, of any Lock of the name", func(e *env) {
			var last uint64
			for i := range 5 {
				l := e.lock("average", lock.WithFencing(), lock.WithLease(time.Minute))
				lease := e.take(l)
				if i%2 == 1 {
					e.release(lease)
					lease = e.must(l.Acquire(e.ctx))
				}
				if lease.Token() <= last {
					e.Fatalf("token %d after %d", lease.Token(), last)
				}
				last = lease.Token()
				e.release(lease)
			}
		}},
		{"a counter that has expired does not start again from below", func(e *env) {
			l := e.lock("average", lock.WithFencing())
			lease := e.take(l)
			e.release(lease)
			if ttl := e.client.PTTL(e.ctx, tokenKey).Val(); ttl <= time.Hour {
				e.Errorf("the counter lives for %v", ttl)
			}
			if n := e.client.Del(e.ctx, tokenKey).Val(); n != 1 {
				e.Fatalf("no counter at %s", tokenKey)
			}
			time.Sleep(2 * time.Millisecond)
			again := e.take(l)
			if again.Token() <= lease.Token() {
				e.Errorf("token %d after %d", again.Token(), lease.Token())
			}
			e.release(again)
		}},
		{"a lock with tokens has the same keys as one without, and they exclude each other", func(e *env) {
			held := e.take(e.lock("average", lock.WithFencing(), lock.WithLease(time.Minute)))
			if got := e.client.Get(e.ctx, "lock:average").Val(); got != held.ID() {
				e.Errorf("lock:average is %q, want %q", got, held.ID())
			}
			if ttl := e.client.PTTL(e.ctx, "lock:average").Val(); ttl <= 0 || ttl > time.Minute {
				e.Errorf("lock:average has %v to live", ttl)
			}
			_, err := e.lock("average").TryAcquire(e.ctx)
			e.wantErr(err, lock.ErrHeld)
			_, err = e.lock("average", lock.WithFencing()).TryAcquire(e.ctx)
			e.wantErr(err, lock.ErrHeld)
			e.release(held)
		}},
		{"a server that does not know the scripts is sent them", func(e *env) {
			e.client.ScriptFlush(e.ctx)
			lease := e.take(e.lock("average", lock.WithFencing()))
			if lease.Token() == 0 {
				e.Error("no token")
			}
			e.release(lease)
		}},
		{"a held lock costs no token", func(e *env) {
			held := e.take(e.lock("average", lock.WithFencing()))
			for range 10 {
				_, err := e.lock("average", lock.WithFencing()).TryAcquire(e.ctx)
				e.wantErr(err, lock.ErrHeld)
			}
			if got := e.client.Get(e.ctx, tokenKey).Val(); got != strconv.FormatUint(held.Token(), 10) {
				e.Errorf("the counter is at %s, the holder has %d", got, held.Token())
			}
			e.release(held)
		}},
		{"without fencing there is no token", func(e *env) {
			lease := e.take(e.lock("average"))
			if lease.Token() != 0 {
				e.Errorf("token %d", lease.Token())
			}
			e.wantErr(e.guard("resource").Set(e.ctx, lease, "x", 0), lock.ErrInvalid)
			e.wantErr(e.guard("resource").Set(e.ctx, nil, "x", 0), lock.ErrInvalid)
			e.release(lease)
		}},
		{"a guard takes a client and a key", func(e *env) {
			_, err := lock.NewGuard(nil, "resource")
			e.wantErr(err, lock.ErrInvalid)
			_, err = lock.NewGuard((*redis.Client)(nil), "resource")
			e.wantErr(err, lock.ErrInvalid)
			_, err = lock.NewGuard(e.client, "")
			e.wantErr(err, lock.ErrInvalid)
		}},
		{"a negative time is invalid, and nothing is written", func(e *env) {
			g := e.guard("resource")
			lease := e.take(e.lock("average", lock.WithFencing()))
			e.wantErr(g.Set(e.ctx, lease, "x", -time.Second), lock.ErrInvalid)
			if n := e.client.Exists(e.ctx, g.Keys()...).Val(); n != 0 {
				e.Errorf("%d keys", n)
			}
			e.release(lease)
		}},
		{"a stale holder cannot write once the lock has a new owner, who has not written yet", func(e *env) {
			g := e.guard("resource")
			l := e.lock("average", lock.WithGuard(g), lock.WithLease(short))
			stale := e.take(l)
			if err := g.Set(e.ctx, stale, "first", 0); err != nil {
				e.Fatal(err)
			}
			time.Sleep(2 * short) // a pause longer than the lease
			fresh := e.take(e.lock("average", lock.WithGuard(g), lock.WithLease(time.Minute)))
			read := e.client.Get(e.ctx, "resource").Val()
			e.wantErr(g.Set(e.ctx, stale, "stale", 0), lock.ErrStale)
			if err := g.Set(e.ctx, fresh, read+", second", time.Minute); err != nil {
				e.Fatal(err)
			}
			if got := e.client.Get(e.ctx, "resource").Val(); got != "first, second" {
				e.Errorf("the resource is %q", got)
			}
			if ttl := e.client.PTTL(e.ctx, "resource").Val(); ttl <= 0 || ttl > time.Minute {
				e.Errorf("the resource has %v to live", ttl)
			}
			e.release(fresh)
		}},
		{"checking on writes only lets a stale holder in between read and write", func(e *env) {
			g := e.guard("resource")
			stale := e.take(e.lock("average", lock.WithFencing(), lock.WithLease(short)))
			time.Sleep(2 * short)
			fresh := e.take(e.lock("average", lock.WithFencing()))
			if err := g.Set(e.ctx, stale, "stale", 0); err != nil {
				e.Fatalf("nothing has raised the fence, yet: %v", err)
			}
			if err := g.Raise(e.ctx, fresh.Token()); err != nil {
				e.Fatal(err)
			}
			e.wantErr(g.Set(e.ctx, stale, "stale again", 0), lock.ErrStale)
			e.wantErr(g.Raise(e.ctx, stale.Token()), lock.ErrStale)
			e.release(fresh)
		}},
		{"an acquisition whose fence cannot be raised fails and holds nothing", func(e *env) {
			g := e.guard("resource")
			if err := g.Raise(e.ctx, 1<<62); err != nil {
				e.Fatal(err)
			}
			l := e.lock("average", lock.WithGuard(g))
			_, err := l.TryAcquire(e.ctx)
			e.wantErr(err, lock.ErrStale)
			e.wantLocked(l, false)
		}},
		{"tokens are compared as numbers", func(e *env) {
			g := e.guard("resource")
			for _, token := range []uint64{1, 9, 10, 99, 100, 1<<53 + 1, 1<<53 + 2, 1<<64 - 1} {
				if err := g.Raise(e.ctx, token); err != nil {
					e.Errorf("raise to %d: %v", token, err)
				}
				e.wantErr(g.Raise(e.ctx, token-1), lock.ErrStale)
				if err := g.Raise(e.ctx, token); err != nil {
					e.Errorf("raise to %d again: %v", token, err)
				}
			}
		}},
	})
}
