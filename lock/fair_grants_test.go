package lock_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
	"locktop/lock/redistest"
)

// A place is where fair waiters and those whom they wait for meet, with a message that
// reaches waiters whom the scripts do not count as subscribers.
type place struct {
	name    string                       // of the lock
	waiter  func() redis.UniversalClient // a new client, of one who waits
	options func() []lock.Option         // more of its lock
	holder  redis.UniversalClient        // of the holder
	change  func()                       // what happens while the waiter waits; nil: nothing
	audit   func(key string) string      // the owner, as the master has it
}

// wantTrueGrants has waiters wait for the lock, and compares what they have been granted with Redis.
func (p place) wantTrueGrants(t *testing.T, ctx context.Context, rounds int) {
	t.Helper()
	for range rounds {
		holder := newLock(t, p.holder, p.name, lock.WithFairness(), lock.WithLease(time.Hour))
		held, err := holder.Acquire(ctx)
		if err != nil {
			t.Fatal(err)
		}
		options := []lock.Option{lock.WithFairness(), lock.WithLease(time.Hour)}
		if p.options != nil {
			options = append(options, p.options()...)
		}
		waiter, granted := newLock(t, p.waiter(), p.name, options...), make(chan grant, 1)
		go func() {
			lease, err := waiter.Acquire(ctx)
			granted <- grant{lease: lease, err: err}
		}()
		eventually(t, func() error {
			state, err := holder.Inspect(ctx)
			if err == nil && len(state.Queue) != 1 {
				err = fmt.Errorf("%d wait, want 1", len(state.Queue))
			}
			return err
		})
		if p.change != nil {
			p.change()
		}
		if err := held.Release(ctx); err != nil {
			t.Fatal(err)
		}
		g := <-granted
		if g.err != nil {
			t.Fatal(g.err)
		}
		if owner := p.audit("lock:" + p.name); owner != g.lease.ID() {
			t.Fatalf("the waiter has lease %q, and by Redis the owner is %q", g.lease.ID(), owner)
		}
		if third, err := newLock(t, p.holder, p.name).TryAcquire(ctx); !errors.Is(err, lock.ErrHeld) || g.lease.Err() != nil {
			t.Fatalf("there are two leases at once: %v (%v), %v", g.lease.ID(), g.lease.Err(), third)
		}
		if err := g.lease.Release(ctx); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFairGrantsAreTrueOnCluster(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cluster := redistest.StartCluster(t, 3, true)
	dial := func(change func(*redis.ClusterOptions)) *redis.ClusterClient {
		options := &redis.ClusterOptions{Addrs: cluster.Addrs()}
		if change != nil {
			change(options)
		}
		client := redis.NewClusterClient(options)
		t.Cleanup(func() { client.Close() })
		return client
	}
	readOnly := func(o *redis.ClusterOptions) { o.ReadOnly = true }
	for i, c := range []struct {
		sentence string
		rounds   int
		waiter   func() redis.UniversalClient
		change   func(t *testing.T, name string)
	}{
		{"a client that reads from replicas", 8, func() redis.UniversalClient { return dial(readOnly) }, nil},
		{"a client that sends reads to any node", 8, func() redis.UniversalClient {
			return dial(func(o *redis.ClusterOptions) { o.RouteRandomly = true })
		}, nil},
		{"a wrapped client that reads from replicas", 8, func() redis.UniversalClient { return wrappedCluster{dial(readOnly)} }, nil},
		{"a slot that moves", 4, func() redis.UniversalClient { return dial(nil) },
			func(t *testing.T, name string) { cluster.Move(t, name) }},
		{"a wrapped client, and a slot that moves", 4, func() redis.UniversalClient { return &wrappedCluster{dial(nil)} },
			func(t *testing.T, name string) { cluster.Move(t, name) }},
		{"a replica that becomes the master", 2, func() redis.UniversalClient { return dial(nil) },
			func(t *testing.T, name string) { cluster.FailOver(t, name) }},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			p := place{name: fmt.Sprintf("{average %d}", i), waiter: c.waiter, holder: dial(nil)}
			if c.change != nil {
				p.change = func() { c.change(t, p.name) }
			}
			p.audit = func(key string) string { return cluster.Master(t, key).Get(ctx, key).Val() }
			p.wantTrueGrants(t, ctx, c.rounds)
		})
	}
}

func TestFairGrantsAreTrueBesideReplicas(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	server := redistest.Start(t)
	host, port, _ := net.SplitHostPort(server.Addr)
	replica := redistest.Start(t, "--replicaof", host, port)
	eventually(t, func() error { return linked(connect(t, replica.Addr)) })
	master := connect(t, server.Addr)
	audit := func(key string) string { return master.Get(ctx, key).Val() }

	t.Run("a subscriber at a replica", func(t *testing.T) {
		place{
			name:    "average",
			waiter:  func() redis.UniversalClient { return connect(t, server.Addr) },
			options: func() []lock.Option { return []lock.Option{lock.WithSubscriber(connect(t, replica.Addr))} },
			holder:  master,
			audit:   audit,
		}.wantTrueGrants(t, ctx, 2)
	})

	t.Run("a client that sends reads to any server of a Sentinel", func(t *testing.T) {
		watch := redistest.StartSentinel(t, "locks", server)
		sentinel := redis.NewSentinelClient(&redis.Options{Addr: watch.Addr})
		t.Cleanup(func() { sentinel.Close() })
		eventually(t, func() error {
			replicas, err := sentinel.Replicas(ctx, "locks").Result()
			if err == nil && len(replicas) == 0 {
				err = errors.New("it has not met the replica")
			}
			return err
		})
		place{
			name: "{average}",
			waiter: func() redis.UniversalClient {
				client := redis.NewFailoverClusterClient(&redis.FailoverOptions{
					MasterName: "locks", SentinelAddrs: []string{watch.Addr}, RouteRandomly: true,
				})
				t.Cleanup(func() { client.Close() })
				return client
			},
			holder: master,
			audit:  audit,
		}.wantTrueGrants(t, ctx, 16)
	})
}
