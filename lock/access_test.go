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
	"locktop/lock/redistest"
)

// accessRules returns the rights that the error for a missing one says a user needs.
func accessRules(t *testing.T) string {
	t.Helper()
	server := startNaysayer(t)
	says := "NOPERM this user has no permissions to run the 'set' command"
	server.says.Store(&says)
	_, err := newLock(t, connect(t, server.addr), "x").TryAcquire(t.Context())
	_, rules, ok := strings.Cut(err.Error(), "ACL SETUSER <user> ")
	if !ok {
		t.Fatalf("%v names no rights", err)
	}
	return rules
}

// TestAccessRules has a user who has been given the rights that the error names, and no
// others, do everything.
func TestAccessRules(t *testing.T) {
	server := redistest.Start(t)
	admin := connect(t, server.Addr)
	args := []any{"acl", "setuser", "worker", "on", ">secret"}
	for _, rule := range strings.Fields(accessRules(t)) {
		args = append(args, rule)
	}
	if err := admin.Do(t.Context(), args...).Err(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	dial := func() *redis.Client {
		options := *admin.Options()
		options.Username, options.Password, options.MaxRetries = "worker", "secret", -1
		client := redis.NewClient(&options)
		t.Cleanup(func() { client.Close() })
		return client
	}
	client := dial()
	if err := lock.Load(ctx, client); err != nil {
		t.Error(err)
	}
	guard, err := lock.NewGuard(client, "lock:guarded")
	if err != nil {
		t.Fatal(err)
	}
	for mode, opts := range map[string][]lock.Option{
		"signal":  nil,
		"poll":    {lock.WithPoll(lock.Constant(time.Millisecond))},
		"fair":    {lock.WithFairness()},
		"guarded": {lock.WithGuard(guard)},
		"lease":   {lock.WithLease(time.Minute), lock.WithFairness(), lock.WithFencing()},
	} {
		t.Run(mode, func(t *testing.T) {
			holder := newLock(t, client, mode, append(opts, lock.WithID("me"))...)
			held, err := holder.Acquire(ctx)
			if err != nil {
				t.Fatal(err)
			}
			_, adopted := holder.Adopt(ctx)
			_, ttl := held.TTL(ctx)
			_, inspected := holder.Inspect(ctx)
			_, locked := holder.Locked(ctx)
			extended := held.Extend(ctx, time.Hour)
			if errors.Is(extended, lock.ErrNoLease) {
				extended = nil
			}
			if err := errors.Join(adopted, ttl, inspected, locked, extended); err != nil {
				t.Error(err)
			}
			var waiters sync.WaitGroup
			for range 12 { // so that some hand-overs go through the signal
				waiters.Go(func() {
					lease, err := newLock(t, dial(), mode, opts...).Acquire(ctx)
					if err == nil {
						err = lease.Release(ctx)
					}
					if err != nil {
						t.Error(err)
					}
				})
			}
			waiters.Go(func() { // a program that knows of no queue
				for admin.BLPop(ctx, time.Second, "lock-signal:"+mode).Err() != nil {
					if ctx.Err() != nil || admin.Exists(ctx, "lock:"+mode).Val() == 0 {
						return
					}
				}
				admin.LPush(ctx, "lock-signal:"+mode, 1)
			})
			short, leave := context.WithTimeout(ctx, 20*time.Millisecond)
			defer leave()
			if _, err := newLock(t, client, mode, opts...).Acquire(short); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Acquire: %v", err)
			}
			if err := held.Release(ctx); err != nil {
				t.Error(err)
			}
			waiters.Wait()
			if err := holder.Reset(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	if _, err := lock.ResetAll(ctx, client, ""); err != nil {
		t.Error(err)
	}
	log, err := admin.Do(ctx, "acl", "log").Slice()
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range log {
		denied := entry.(map[any]any)
		if object, _ := denied["object"].(string); !strings.HasPrefix(object, "client|") && object != "info" && object != "command" {
			t.Errorf("denied: %v", denied)
		}
	}
}

// TestConnectionAtFault is of a Redis that goes away while a call waits, or is not there.
func TestConnectionAtFault(t *testing.T) {
	want := func(t *testing.T, err error, says string) {
		t.Helper()
		if !errors.Is(err, lock.ErrNotReady) || !contains(err, says) {
			t.Errorf("got error %v, want ErrNotReady, %q", err, says)
		}
	}
	for mode, opts := range map[string][]lock.Option{
		"signal": nil,
		"poll":   {lock.WithPoll(lock.Constant(time.Millisecond))},
		"fair":   {lock.WithFairness()},
	} {
		t.Run("a waiter by "+mode+" whose Redis goes away", func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t)
			client := connect(t, server.Addr)
			held, err := newLock(t, client, "x").TryAcquire(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			waits := make(chan struct{})
			var once sync.Once
			l := newLock(t, client, "x", append(opts, lock.WithObserver(observe(func(e lock.Event) {
				if e.Kind == lock.EventWait {
					once.Do(func() { close(waits) })
				}
			})))...)
			failed := make(chan error, 1)
			go func() {
				_, err := l.Acquire(t.Context())
				failed <- err
			}()
			<-waits
			server.Stop()
			want(t, <-failed, "Redis")
			want(t, held.Release(t.Context()), "Redis cannot be reached (")
		})
	}
	t.Run("a pool that has no connection left", func(t *testing.T) {
		t.Parallel()
		client := redistest.Real(t).Client(t, func(o *redis.Options) { o.PoolSize, o.PoolTimeout = 1, time.Millisecond })
		conn := client.Conn()
		defer conn.Close()
		if err := conn.Ping(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		_, err := newLock(t, client, "x").TryAcquire(t.Context())
		want(t, err, "raise PoolSize")
	})
	t.Run("a Redis that does not answer in time", func(t *testing.T) {
		t.Parallel()
		server := redistest.Start(t)
		client := connect(t, server.Addr, func(o *redis.Options) { o.ReadTimeout = 50 * time.Millisecond })
		l := newLock(t, client, "x")
		connect(t, server.Addr).Do(t.Context(), "client", "pause", 500, "all")
		_, err := l.TryAcquire(t.Context())
		want(t, err, "has not answered within the client's ReadTimeout")
	})
	t.Run("a closed client is none that may be tried again", func(t *testing.T) {
		t.Parallel()
		client := redistest.Real(t).Client(t)
		client.Close()
		_, err := newLock(t, client, "x").TryAcquire(t.Context())
		if !errors.Is(err, redis.ErrClosed) || errors.Is(err, lock.ErrNotReady) {
			t.Errorf("got error %v, want ErrClosed and not ErrNotReady", err)
		}
	})
}
