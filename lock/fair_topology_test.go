package lock_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
	"locktop/lock/redistest"
)

// handsOver checks that waiters, each on a client of its own, are served in the
// order in which they came, each by the release before.
func handsOver(t *testing.T, ctx context.Context, dial func() redis.UniversalClient, name string) {
	t.Helper()
	fair := func() *lock.Lock {
		return newLock(t, dial(), name, lock.WithFairness(), lock.WithLease(time.Hour), lock.WithFencing())
	}
	first := fair()
	held, err := first.Acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var waiting []chan grant
	for i := range 4 {
		l, granted := fair(), make(chan grant, 1)
		waiting = append(waiting, granted)
		go func() {
			lease, err := l.Acquire(ctx)
			granted <- grant{lease: lease, err: err}
		}()
		eventually(t, func() error {
			state, err := first.Inspect(ctx)
			if err == nil && len(state.Queue) != i+1 {
				err = fmt.Errorf("%d wait, want %d", len(state.Queue), i+1)
			}
			return err
		})
	}
	for i, granted := range waiting {
		if err := held.Release(ctx); err != nil {
			t.Fatal(err)
		}
		// The release itself has made the next one the owner: the lock is not free in
		// between, which it would be if nobody could be told.
		owner, err := first.OwnerID(ctx)
		if err != nil {
			t.Fatal(err)
		}
		g := <-granted
		if g.err != nil {
			t.Fatal(g.err)
		}
		if g.lease.ID() != owner {
			t.Errorf("hand-over %d went to %q, and the release gave it to %q", i, g.lease.ID(), owner)
		}
		if g.lease.Token() <= held.Token() {
			t.Errorf("token %d after %d", g.lease.Token(), held.Token())
		}
		held = g.lease
	}
	if err := held.Release(ctx); err != nil {
		t.Error(err)
	}
}

func TestFairnessOnCluster(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	lower, upper := startCluster(t)
	seeds := []string{lower.Options().Addr, upper.Options().Addr}
	for _, name := range []string{"{average}", "{maximum}"} { // one on each node
		t.Run(name, func(t *testing.T) {
			dialled := 0
			handsOver(t, ctx, func() redis.UniversalClient {
				// Half of them know the other node first.
				client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: seeds[dialled%2 : dialled%2+1]})
				dialled++
				t.Cleanup(func() { client.Close() })
				return client
			}, name)
		})
	}
}

func TestFairnessThroughSentinel(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	master := redistest.Start(t)
	host, port, _ := net.SplitHostPort(master.Addr)
	replica := redistest.Start(t, "--replicaof", host, port)
	eventually(t, func() error {
		info, err := connect(t, replica.Addr).Info(ctx, "replication").Result()
		if err == nil && !strings.Contains(info, "master_link_status:up") {
			err = errors.New(info)
		}
		return err
	})
	watch := redistest.StartSentinel(t, "locks", master)
	dial := func() redis.UniversalClient {
		client := redis.NewFailoverClient(&redis.FailoverOptions{MasterName: "locks", SentinelAddrs: []string{watch.Addr}})
		t.Cleanup(func() { client.Close() })
		return client
	}
	handsOver(t, ctx, dial, "x")
}
