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

// startCluster starts a Redis Cluster of two masters, each with half of the slots.
func startCluster(t *testing.T) (lower, upper *redis.Client) {
	addrs := redistest.StartCluster(t, 2, false).Addrs()
	return connect(t, addrs[0]), connect(t, addrs[1])
}

func TestCluster(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	lower, upper := startCluster(t)
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{lower.Options().Addr}})
	t.Cleanup(func() { client.Close() })
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	slot := func(key string) int64 {
		t.Helper()
		n, err := client.ClusterKeySlot(ctx, key).Result()
		check(err)
		return n
	}
	// A lock on each node.
	const low, high = "{average}", "{maximum}"
	if slot(low) > 8191 || slot(high) < 8192 {
		t.Fatalf("slots %d and %d", slot(low), slot(high))
	}

	for _, name := range []string{low, high} {
		t.Run("everything works for "+name, func(t *testing.T) {
			resource := "resource:" + name
			guard, err := lock.NewGuard(client, resource)
			check(err)
			for _, opts := range [][]lock.Option{
				{lock.WithLease(time.Minute)},
				{lock.WithLease(time.Minute), lock.WithFencing()},
				{lock.WithLease(time.Minute), lock.WithGuard(guard)},
			} {
				l := newLock(t, client, name, opts...)
				lease, err := l.TryAcquire(ctx)
				check(err)
				check(lease.Extend(ctx, time.Hour))
				if ttl, err := lease.TTL(ctx); err != nil || ttl < 50*time.Minute {
					t.Errorf("TTL() = %v, %v", ttl, err)
				}
				if owner, err := l.OwnerID(ctx); owner != lease.ID() || err != nil {
					t.Errorf("OwnerID() = %q, %v", owner, err)
				}
				_, err = newLock(t, client, name, opts...).TryAcquire(ctx)
				if !errors.Is(err, lock.ErrHeld) {
					t.Errorf("got error %v, want ErrHeld", err)
				}
				waiting := make(chan grant, 1)
				waiter := newLock(t, client, name, opts...)
				go func() {
					lease, err := waiter.Acquire(ctx)
					waiting <- grant{lease: lease, err: err}
				}()
				time.Sleep(30 * time.Millisecond)
				check(lease.Release(ctx))
				next := <-waiting
				check(next.err)
				check(next.lease.Release(ctx))
			}
			l := newLock(t, client, name, lock.WithGuard(guard), lock.WithLease(time.Minute))
			stale, err := l.TryAcquire(ctx)
			check(err)
			check(guard.Set(ctx, stale, "first", 0))
			check(l.Reset(ctx))
			fresh, err := l.TryAcquire(ctx)
			check(err)
			if err := guard.Set(ctx, stale, "stale", 0); !errors.Is(err, lock.ErrStale) {
				t.Errorf("got error %v, want ErrStale", err)
			}
			check(guard.Set(ctx, fresh, "second", 0))
			if got := client.Get(ctx, resource).Val(); got != "second" {
				t.Errorf("the resource is %q", got)
			}
			if err := stale.Release(ctx); !errors.Is(err, lock.ErrNotHeld) {
				t.Errorf("got error %v, want ErrNotHeld", err)
			}
			check(fresh.Release(ctx))
		})
	}

	t.Run("all locks are reset, on every node", func(t *testing.T) {
		for _, name := range []string{low, high} {
			_, err := newLock(t, client, name).TryAcquire(ctx)
			check(err)
		}
		if n, err := lock.ResetAll(ctx, client, ""); n != 2 || err != nil {
			t.Errorf("%d reset, %v", n, err)
		}
	})

	t.Run("a name without a hash tag is ErrCluster at once, and from a node's own client where several keys are needed", func(t *testing.T) {
		const remedy = "give its name a hash tag, such as {untagged}"
		if _, err := lock.New(client, "untagged"); !errors.Is(err, lock.ErrCluster) || !contains(err, remedy) {
			t.Errorf("got error %v, want ErrCluster, %q", err, remedy)
		}
		if _, err := lock.NewQuorum([]redis.UniversalClient{client}, "untagged", lock.WithQuorumLease(time.Minute)); !errors.Is(err, lock.ErrCluster) {
			t.Errorf("got error %v, want ErrCluster", err)
		}
		node := lower
		if slot("lock:untagged") > 8191 {
			node = upper
		}
		l := newLock(t, node, "untagged")
		lease, err := l.TryAcquire(ctx)
		check(err)
		wantRefusal(t, lease.Release(ctx), lock.ErrCluster, "give its name a hash tag, such as {reports}")
		wantRefusal(t, l.Reset(ctx), lock.ErrCluster, "lock: reset lock:untagged: the lock's keys would be on different nodes of the cluster (CROSSSLOT ")
		check(client.Del(ctx, "lock:untagged").Err())
	})

	t.Run("a client of one node only is ErrCluster when it asks the wrong one", func(t *testing.T) {
		_, err := newLock(t, lower, high).TryAcquire(ctx)
		wantRefusal(t, err, lock.ErrCluster, "connect with redis.NewClusterClient")
		_, err = newLock(t, upper, low, lock.WithFencing()).Acquire(ctx)
		wantRefusal(t, err, lock.ErrCluster, "(MOVED ")
	})

	t.Run("a lock that has moved to another node is found there", func(t *testing.T) {
		l := newLock(t, client, high, lock.WithLease(time.Minute), lock.WithFencing())
		lease, err := l.TryAcquire(ctx)
		check(err)
		check(lease.Release(ctx))
		// The keys that are left are those of the tokens; they need not come along.
		check(upper.FlushAll(ctx).Err())
		id, err := lower.Do(ctx, "cluster", "myid").Text()
		check(err)
		for _, node := range []*redis.Client{lower, upper} {
			check(node.Do(ctx, "cluster", "setslot", slot(high), "node", id).Err())
		}
		for _, opts := range [][]lock.Option{nil, {lock.WithFencing()}} {
			lease, err := newLock(t, client, high, opts...).TryAcquire(ctx)
			check(err)
			if n := lower.Exists(ctx, "lock:"+high).Val(); n != 1 {
				t.Errorf("%d locks on the new node", n)
			}
			check(lease.Release(ctx))
		}
	})

	t.Run("a node that is not part of a whole cluster is ErrNotReady", func(t *testing.T) {
		check(lower.ClusterDelSlots(ctx, int(slot(low))).Err())
		_, err := newLock(t, lower, low).TryAcquire(ctx)
		wantRefusal(t, err, lock.ErrNotReady, "the cluster is incomplete, or the lock's hash slot is served by nobody (CLUSTERDOWN ")
	})
}

func TestFailover(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	master := redistest.Start(t)
	host, port, _ := net.SplitHostPort(master.Addr)
	replica := redistest.Start(t, "--replicaof", host, port)
	promoted := connect(t, replica.Addr) // which it will be
	eventually(t, func() error { return linked(promoted) })
	watch := redistest.StartSentinel(t, "locks", master)
	client := redis.NewFailoverClient(&redis.FailoverOptions{MasterName: "locks", SentinelAddrs: []string{watch.Addr}})
	t.Cleanup(func() { client.Close() })

	// What the old master granted last may never be released: the lease ends it.
	l := newLock(t, client, "x", lock.WithLease(15*time.Second), lock.WithFencing())
	lease, err := l.TryAcquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := lease.Release(ctx); err != nil {
		t.Fatal(err)
	}

	sentinel := redis.NewSentinelClient(&redis.Options{Addr: watch.Addr})
	t.Cleanup(func() { sentinel.Close() })
	eventually(t, func() error { return sentinel.Failover(ctx, "locks").Err() }) // it must have met the replica
	eventually(t, func() error {
		if role := promoted.Do(ctx, "role").String(); !strings.Contains(role, "master") {
			return fmt.Errorf("the replica has not been promoted: %s", role)
		}
		// Until then the client may ask a server that is read-only, or gone.
		lease, err := l.TryAcquire(ctx)
		if err != nil {
			return err
		}
		owner := promoted.Get(ctx, "lock:x").Val()
		if err := lease.Release(ctx); err != nil {
			return err
		}
		if owner != lease.ID() {
			return fmt.Errorf("the old master still grants locks")
		}
		return nil
	})
	var again *lock.Lease
	eventually(t, func() (err error) { // a connection to the old master may be left
		again, err = l.Acquire(ctx)
		return err
	})
	if again.Token() <= lease.Token() {
		t.Errorf("token %d after %d", again.Token(), lease.Token())
	}
	if err := again.Release(ctx); err != nil {
		t.Error(err)
	}
}
