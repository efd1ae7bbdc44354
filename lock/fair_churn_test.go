package lock_test

import (
	"context"
	"errors"
	"flag"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
	"locktop/lock/redistest"
)

var churnHandOvers = flag.Int64("churn", 1000, "how many hand-overs TestNobodyHoldsTheLockTwiceWhileTheClusterChanges makes at least")

// TestNobodyHoldsTheLockTwiceWhileTheClusterChanges has clients of all kinds fight for one
// lock while its slot moves and replicas take over, and compares each lease with its master.
func TestNobodyHoldsTheLockTwiceWhileTheClusterChanges(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	const name = "{average}"
	cluster := redistest.StartCluster(t, 3, true)
	dial := func(change func(*redis.ClusterOptions)) *redis.ClusterClient {
		options := &redis.ClusterOptions{Addrs: cluster.Addrs()}
		change(options)
		client := redis.NewClusterClient(options)
		t.Cleanup(func() { client.Close() })
		return client
	}
	plain, readOnly := func(*redis.ClusterOptions) {}, func(o *redis.ClusterOptions) { o.ReadOnly = true }
	auditor := dial(plain)
	var holders, handOvers atomic.Int64
	turn := func(l *lock.Lock) error {
		lease, err := l.Acquire(ctx)
		if err != nil {
			return nil // a node that is gone, or a slot on its way: the next try finds out
		}
		if n := holders.Add(1); n != 1 && lease.Err() == nil {
			return errors.New("two hold the lock at once")
		}
		for {
			owner, err := auditor.Get(ctx, "lock:"+name).Result() // a node that does not serve the slot redirects
			if err != nil && err != redis.Nil && ctx.Err() == nil {
				continue
			}
			if owner != lease.ID() && lease.Err() == nil && ctx.Err() == nil {
				return errors.New("the lease is " + lease.ID() + ", and by Redis the owner is " + owner)
			}
			break
		}
		handOvers.Add(1)
		holders.Add(-1)
		for ctx.Err() == nil {
			if err := lease.Release(ctx); err == nil || errors.Is(err, lock.ErrNotHeld) {
				break // also after an error on the way, whose command has come through
			}
			time.Sleep(10 * time.Millisecond)
		}
		return nil
	}

	var workers sync.WaitGroup
	done := make(chan struct{})
	for _, client := range []redis.UniversalClient{
		dial(plain), dial(plain), dial(readOnly), dial(func(o *redis.ClusterOptions) { o.RouteRandomly = true }),
		&wrappedCluster{dial(readOnly)}, hidden{dial(readOnly)},
	} {
		l := newLock(t, client, name, lock.WithFairness(), lock.WithLease(30*time.Second))
		workers.Go(func() {
			for {
				select {
				case <-done:
					return
				case <-ctx.Done():
					return
				default:
				}
				if err := turn(l); err != nil {
					t.Error(err)
					cancel()
				}
			}
		})
	}
	for _, change := range []func(testing.TB, string){
		cluster.Move, cluster.FailOver, cluster.Move, cluster.Move, cluster.FailOver, cluster.Move,
	} {
		before := handOvers.Load()
		change(t, name)
		eventually(t, func() error {
			if handOvers.Load() < before+*churnHandOvers/6 && ctx.Err() == nil {
				return errors.New("nobody gets on")
			}
			return nil
		})
	}
	close(done)
	workers.Wait()
	t.Logf("%d hand-overs", handOvers.Load())
}
