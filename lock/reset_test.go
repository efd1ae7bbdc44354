package lock_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
	"locktop/lock/redistest"
)

func TestReset(t *testing.T) {
	verify(t, []spec{
		{"reset frees the lock of somebody else, who finds out on release", func(e *env) {
			lease := e.take(e.lock("average"))
			l := e.lock("average")
			if err := l.Reset(e.ctx); err != nil {
				e.Fatal(err)
			}
			e.wantLocked(l, false)
			e.wantErr(lease.Release(e.ctx), lock.ErrNotHeld)
		}},
		{"reset of a free lock is no error", func(e *env) {
			l := e.lock("average")
			if err := l.Reset(e.ctx); err != nil {
				e.Fatal(err)
			}
			e.wantLocked(l, false)
			e.release(e.take(l))
		}},
		{"reset wakes a waiter", func(e *env) {
			l := e.lock("average")
			e.take(l)
			granted := e.acquireBySignal("average")
			reset := time.Now()
			if err := l.Reset(e.ctx); err != nil {
				e.Fatal(err)
			}
			e.wantWoken(granted, reset)
		}},
	})
}

func TestResetAll(t *testing.T) {
	resetAll := func(e *env, prefix string, want int) {
		e.Helper()
		if n, err := lock.ResetAll(e.ctx, e.client, prefix); n != want || err != nil {
			e.Fatalf("ResetAll(%q) = %d, %v, want %d", prefix, n, err, want)
		}
	}
	verify(t, []spec{
		{"reset all frees every lock and wakes the waiters", func(e *env) {
			e.take(e.lock("average"))
			e.take(e.lock("sum"))
			first, second := e.acquireBySignal("average"), e.acquireBySignal("sum")
			reset := time.Now()
			resetAll(e, "", 2)
			e.wantWoken(first, reset)
			e.wantWoken(second, reset)
		}},
		{"reset all takes a client", func(e *env) {
			_, err := lock.ResetAll(e.ctx, (*redis.Client)(nil), "")
			e.wantErr(err, lock.ErrInvalid)
		}},
		{"reset all frees more locks than one portion of the scan", func(e *env) {
			n := 2500
			if !e.server.IsReal() {
				n = 150 // it scans everything at once and is slow with many keys
			}
			pipe := e.client.Pipeline()
			for i := range n {
				pipe.Set(e.ctx, fmt.Sprintf("lock:alerts:%d", i), "crashed", 0)
			}
			if _, err := pipe.Exec(e.ctx); err != nil {
				e.Fatal(err)
			}
			resetAll(e, "alerts:", n)
			resetAll(e, "", 0)
		}},
		{"reset all leaves locks of other prefixes and other keys alone", func(e *env) {
			e.take(e.lock("alerts:1"))
			e.take(e.lock("alert"))
			e.client.Set(e.ctx, "alerts:1", "a value", 0)
			e.client.HSet(e.ctx, "lock:alerts:hash", "field", "value")
			resetAll(e, "alerts:", 1)
			got := e.client.Keys(e.ctx, "*").Val()
			slices.Sort(got)
			want := []string{"alerts:1", "lock-signal:alerts:1", "lock:alert", "lock:alerts:hash"}
			if !slices.Equal(got, want) {
				e.Errorf("keys %q, want %q", got, want)
			}
		}},
		{"characters special in patterns stand for themselves", func(e *env) {
			names := []string{`a*b`, `a?b`, `a[x]b`, `a\b`, `a]b`, `a^b`}
			for _, name := range append(names, "axb", "ab") {
				e.take(e.lock(name))
			}
			for _, name := range names {
				resetAll(e, name, 1)
			}
			resetAll(e, "", 2)
		}},
	})
}

func TestSeveralNodes(t *testing.T) {
	a, b := redistest.Embedded(t), redistest.Embedded(t)
	addr := func(s *redistest.Server) string { return s.Client(t).Options().Addr }
	cluster := redis.NewClusterClient(&redis.ClusterOptions{
		Addrs: []string{addr(a), addr(b)},
		ClusterSlots: slots(
			redis.ClusterSlot{Start: 0, End: 8191, Nodes: []redis.ClusterNode{{Addr: addr(a)}}},
			redis.ClusterSlot{Start: 8192, End: 16383, Nodes: []redis.ClusterNode{{Addr: addr(b)}}},
		),
	})
	defer cluster.Close()
	ring := redis.NewRing(&redis.RingOptions{Addrs: map[string]string{"a": addr(a), "b": addr(b)}})
	defer ring.Close()

	for kind, client := range map[string]redis.UniversalClient{"cluster": cluster, "ring": ring} {
		t.Run("acquires, releases and resets all on a "+kind, func(t *testing.T) {
			const n = 20
			for i := range n {
				l, err := lock.New(client, fmt.Sprintf("{%s-%d}", kind, i), lock.WithLease(time.Minute))
				if err != nil {
					t.Fatal(err)
				}
				lease, err := l.Acquire(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if err := lease.Release(t.Context()); err != nil {
					t.Fatal(err)
				}
				if _, err := l.TryAcquire(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			for _, s := range []*redistest.Server{a, b} {
				if held := len(s.Client(t).Keys(t.Context(), "lock:*").Val()); held == 0 || held == n {
					t.Errorf("%d of %d locks on one node", held, n)
				}
			}
			if got, err := lock.ResetAll(t.Context(), client, "{"+kind); got != n || err != nil {
				t.Errorf("ResetAll() = %d, %v, want %d", got, err, n)
			}
		})
	}
}

// slots is a cluster that is known beforehand.
func slots(s ...redis.ClusterSlot) func(context.Context) ([]redis.ClusterSlot, error) {
	return func(context.Context) ([]redis.ClusterSlot, error) { return s, nil }
}
