package lock_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"locktop/lock"
	"locktop/lock/redistest"
)

// Clients inside of other types, as programs have them that count or log commands.
type (
	hidden struct{ redis.UniversalClient }

	wrappedCluster struct{ *redis.ClusterClient }
	wrappedRing    struct{ *redis.Ring }
	wrappedPlain   struct{ *redis.Client }
)

// nobody is an address at which there is no Redis: New asks none.
const nobody = "127.0.0.1:1"

func TestWrappedClientsOfSeveralNodesNeedATag(t *testing.T) {
	cluster := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{nobody}})
	ring := redis.NewRing(&redis.RingOptions{Addrs: map[string]string{"one": nobody}})
	down := redis.NewRing(&redis.RingOptions{})
	plain := redis.NewClient(&redis.Options{Addr: nobody})
	plain.AddHook(&hook{
		before: func(cmd redis.Cmder) { t.Errorf("sent %v", cmd) },
	})
	for _, client := range []redis.UniversalClient{cluster, ring, down, plain} {
		t.Cleanup(func() { client.Close() })
	}
	for _, c := range []struct {
		sentence string
		client   redis.UniversalClient
		several  bool
	}{
		{"a cluster client", cluster, true},
		{"a cluster client in a struct", wrappedCluster{cluster}, true},
		{"a cluster client behind a pointer to a struct", &wrappedCluster{cluster}, true},
		{"a cluster client in a struct in a struct", &hidden{wrappedCluster{cluster}}, true},
		{"a cluster client of which nothing is seen but the interface", hidden{cluster}, true},
		{"a ring", ring, true},
		{"a ring in a struct", wrappedRing{ring}, true},
		{"a ring of which nothing is seen but the interface", hidden{ring}, true},
		{"a ring without shards", hidden{down}, true},
		{"a plain client", plain, false},
		{"a plain client in a struct", wrappedPlain{plain}, false},
		{"a plain client of which nothing is seen but the interface", hidden{plain}, false},
		{"an empty struct", hidden{}, false},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			for name, several := range map[string]bool{"average": c.several, "{average}": false} {
				var want error
				if several {
					want = lock.ErrCluster
				}
				if _, err := lock.New(c.client, name); !errors.Is(err, want) {
					t.Errorf("New with the name %s: got error %v, want %v", name, err, want)
				}
				_, err := lock.NewQuorum([]redis.UniversalClient{c.client}, name, lock.WithQuorumLease(time.Minute))
				if !errors.Is(err, want) {
					t.Errorf("NewQuorum with the name %s: got error %v, want %v", name, err, want)
				}
			}
		})
	}
}

// laggard returns a cluster client that sends reads to a replica that has heard of
// nothing yet, and never will: another cluster plays its part.
func laggard(t *testing.T) (client *redis.ClusterClient, sent *atomic.Int64) {
	master, replica := redistest.StartCluster(t, 1, false), redistest.StartCluster(t, 1, false)
	sent = new(atomic.Int64)
	client = redis.NewClusterClient(&redis.ClusterOptions{
		ReadOnly: true,
		ClusterSlots: func(context.Context) ([]redis.ClusterSlot, error) {
			return []redis.ClusterSlot{{Start: 0, End: 16383, Nodes: []redis.ClusterNode{
				{Addr: master.Addrs()[0]}, {Addr: replica.Addrs()[0]},
			}}}, nil
		},
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
	client.AddHook(&hook{before: func(redis.Cmder) { sent.Add(1) }})
	t.Cleanup(func() { client.Close() })
	if err := client.Set(t.Context(), "behind", "yes", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if err := client.Get(t.Context(), "behind").Err(); err != redis.Nil {
		t.Fatalf("a read is not sent to the replica: %v", err)
	}
	return client, sent
}

func TestReadsAreOfTheMaster(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cluster, sent := laggard(t)
	for _, c := range []struct {
		name   string
		client redis.UniversalClient
	}{{"{plain}", cluster}, {"{wrapped}", &wrappedCluster{cluster}}, {"{hidden}", hidden{cluster}}} {
		t.Run(c.name, func(t *testing.T) {
			l := newLock(t, c.client, c.name, lock.WithID("me"), lock.WithLease(time.Hour))
			lease, err := l.TryAcquire(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if locked, err := l.Locked(ctx); !locked || err != nil {
				t.Errorf("Locked() = %v, %v while it is held", locked, err)
			}
			if owner, err := l.OwnerID(ctx); owner != "me" || err != nil {
				t.Errorf("OwnerID() = %q, %v", owner, err)
			}
			if _, err := l.TryAcquire(ctx); !errors.Is(err, lock.ErrAlreadyAcquired) {
				t.Errorf("a repeated try: got error %v, want ErrAlreadyAcquired", err)
			}
			if ttl, err := lease.TTL(ctx); ttl < 50*time.Minute || err != nil {
				t.Errorf("TTL() = %v, %v", ttl, err)
			}
			if state, err := l.Inspect(ctx); state.Owner != "me" || err != nil {
				t.Errorf("Inspect() = %+v, %v", state, err)
			}

			// One who waits blocks on the signal, and does not ask again at once.
			before, began := sent.Load(), time.Now()
			waiting, stop := context.WithTimeout(ctx, 300*time.Millisecond)
			defer stop()
			if _, err := newLock(t, c.client, c.name, lock.WithLease(time.Hour)).Acquire(waiting); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("a waiter: got error %v", err)
			}
			if n, most := sent.Load()-before, 20+20*int64(time.Since(began)/time.Second); n > most {
				t.Errorf("one waiter sent %d commands, want %d at most", n, most)
			}
			if err := lease.Release(ctx); err != nil {
				t.Error(err)
			}
			if locked, err := l.Locked(ctx); locked || err != nil {
				t.Errorf("Locked() = %v, %v after the release", locked, err)
			}
			if owner, err := l.OwnerID(ctx); owner != "" || err != nil {
				t.Errorf("OwnerID() = %q, %v after the release", owner, err)
			}
		})
	}
}

// TestAWaiterPausesWhateverRedisSays: what answers says that the lock is free, and does
// not grant it.
func TestAWaiterPausesWhateverRedisSays(t *testing.T) {
	verify(t, []spec{{"a waiter who is told that a held lock is free", func(e *env) {
		held := e.take(e.lock("average"))
		client := e.dial()
		var questions atomic.Int64
		client.AddHook(&hook{process: func(ctx context.Context, cmd redis.Cmder, next redis.ProcessHook) error {
			if cmd.Name() != "pttl" {
				return next(ctx, cmd)
			}
			questions.Add(1)
			cmd.(*redis.Cmd).SetVal(int64(-2))
			return nil
		}})
		l, began := e.lockOn(client, "average", lock.WithLease(time.Hour)), time.Now()
		waiting, stop := context.WithTimeout(e.ctx, 300*time.Millisecond)
		defer stop()
		_, err := l.Acquire(waiting)
		e.wantErr(err, context.DeadlineExceeded)
		if n, most := questions.Load(), 5+int64(time.Since(began)/(20*time.Millisecond)); n > most {
			e.Errorf("asked %d times, want %d at most", n, most)
		}
		e.release(held)
		e.release(e.must(l.Acquire(e.ctx)))
	}}})
}

// TestResetAllNeedsToSeeTheNodes: it would pass over the locks of all nodes but one.
func TestResetAllNeedsToSeeTheNodes(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t, 2, false)
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: cluster.Addrs()})
	t.Cleanup(func() { client.Close() })
	for _, name := range []string{"{average}", "{maximum}"} {
		if _, err := newLock(t, client, name).TryAcquire(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := lock.ResetAll(t.Context(), hidden{client}, ""); n != 0 || !errors.Is(err, lock.ErrCluster) {
		t.Errorf("%d reset, %v, want ErrCluster", n, err)
	}
	if n, err := lock.ResetAll(t.Context(), &wrappedCluster{client}, ""); n != 2 || err != nil {
		t.Errorf("%d reset, %v, want 2", n, err)
	}
}
