package lock_test

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
	"locktop/lock/redistest"
)

// counts waits until a node counts the subscription of the one process that waits for a
// lock.
func counts(t *testing.T, node *redis.Client, name string) {
	t.Helper()
	eventually(t, func() error {
		hubs, err := node.HKeys(t.Context(), "lock-hubs:"+name).Result()
		if err != nil {
			return err
		}
		for _, hub := range hubs {
			if n := node.PubSubNumSub(t.Context(), "lock-grant:"+hub).Val()["lock-grant:"+hub]; n > 0 {
				return nil
			}
		}
		return fmt.Errorf("the node of %s does not count the subscriptions of %q", name, hubs)
	})
}

// TestWaitersListenWhereTheLockLives: a release then hands the lock over by itself, also
// after the lock has moved to another node.
func TestWaitersListenWhereTheLockLives(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cluster := redistest.StartCluster(t, 3, true)
	dial := func(change func(*redis.ClusterOptions)) *redis.ClusterClient {
		options := &redis.ClusterOptions{Addrs: cluster.Addrs()}
		change(options)
		client := redis.NewClusterClient(options)
		t.Cleanup(func() { client.Close() })
		return client
	}
	plain, readOnly := func(*redis.ClusterOptions) {}, func(o *redis.ClusterOptions) { o.ReadOnly = true }
	random := func(o *redis.ClusterOptions) { o.RouteRandomly = true }
	stay := func(testing.TB, string) {}
	for i, c := range []struct {
		sentence string
		waiter   func() redis.UniversalClient
		change   func(testing.TB, string)
	}{
		{"a client that reads from replicas", func() redis.UniversalClient { return dial(readOnly) }, stay},
		{"a client that sends reads to any node", func() redis.UniversalClient { return dial(random) }, stay},
		{"a wrapped client that reads from replicas", func() redis.UniversalClient { return &wrappedCluster{dial(readOnly)} }, stay},
		{"a slot that moves", func() redis.UniversalClient { return dial(plain) }, cluster.Move},
		{"a slot that moves, and a client of which nothing is seen but the interface",
			func() redis.UniversalClient { return hidden{dial(plain)} }, cluster.Move},
		{"a slot that moves, and a client that reads from replicas", func() redis.UniversalClient { return dial(readOnly) }, cluster.Move},
		{"a replica that becomes the master", func() redis.UniversalClient { return dial(plain) }, cluster.FailOver},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			name := fmt.Sprintf("{average %d}", i)
			holder := newLock(t, dial(plain), name, lock.WithFairness(), lock.WithLease(time.Hour))
			held, err := holder.Acquire(ctx)
			if err != nil {
				t.Fatal(err)
			}
			waiter, granted := newLock(t, c.waiter(), name, lock.WithFairness(), lock.WithLease(time.Hour)), make(chan grant, 1)
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
			c.change(t, name)
			master := cluster.Master(t, name)
			counts(t, master, "lock:"+name)
			if err := held.Release(ctx); err != nil {
				t.Fatal(err)
			}
			owner := master.Get(ctx, "lock:"+name).Val()
			g := <-granted
			if g.err != nil {
				t.Fatal(g.err)
			}
			if g.lease.ID() != owner {
				t.Errorf("after the release the owner is %q, want the waiter, %q", owner, g.lease.ID())
			}
			if err := g.lease.Release(ctx); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestAWaiterWhoListensElsewhereIsToldToAsk, instead of finding out when it asks by itself.
func TestAWaiterWhoListensElsewhereIsToldToAsk(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	server := redistest.Start(t)
	host, port, _ := net.SplitHostPort(server.Addr)
	master, replica := connect(t, server.Addr), connect(t, redistest.Start(t, "--replicaof", host, port).Addr)
	eventually(t, func() error { return linked(replica) })
	messages := replica.PSubscribe(ctx, "lock-grant:*")
	defer messages.Close()
	if _, err := messages.Receive(ctx); err != nil {
		t.Fatal(err)
	}
	holder := newLock(t, master, "average", lock.WithFairness(), lock.WithLease(time.Hour))
	held, err := holder.Acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	waiter, granted := newLock(t, connect(t, server.Addr), "average", lock.WithFairness(), lock.WithSubscriber(replica)), make(chan grant, 1)
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
	if err := held.Release(ctx); err != nil {
		t.Fatal(err)
	}
	g := <-granted
	if g.err != nil {
		t.Fatal(g.err)
	}
	message, err := messages.ReceiveMessage(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(message.Payload, " ") {
		t.Errorf("the message is %q, want a number, which promises nothing", message.Payload)
	}
	if err := g.lease.Release(ctx); err != nil {
		t.Error(err)
	}
}

// TestAGrantDatedByAnotherClockIsChecked: a waiter asks at one server and hears from
// another, whose clock is an hour ahead. By the first one's a message that is half an hour
// old would come from the future, and count as new.
func TestAGrantDatedByAnotherClockIsChecked(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	server := redistest.Start(t)
	admin, client := connect(t, server.Addr), connect(t, server.Addr)
	var behind atomic.Bool
	behind.Store(true)
	var asked, askedBehind atomic.Int64
	client.AddHook(&hook{process: func(ctx context.Context, cmd redis.Cmder, next redis.ProcessHook) error {
		err := next(ctx, cmd)
		reply, ok := cmd.(interface{ Val() any })
		if !ok || cmd.Name() != "evalsha" || lock.ScriptName(cmd.Args()[1].(string)) != "line.lua" {
			return err
		}
		if values, _ := reply.Val().([]any); len(values) > 3 && behind.Load() {
			there, _ := strconv.ParseInt(values[3].(string), 10, 64)
			values[3] = fmt.Sprint(there - time.Hour.Microseconds())
			askedBehind.Add(1)
		}
		asked.Add(1)
		return err
	}})
	granted := make(chan grant, 1)
	asks := func(count *atomic.Int64) {
		t.Helper()
		before := count.Load()
		eventually(t, func() error {
			if n := count.Load() - before; n < 3 && len(granted) == 0 {
				return fmt.Errorf("asked %d times", n)
			}
			return nil
		})
	}

	held, err := newLock(t, admin, "average").Acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	waiter := newLock(t, client, "average", lock.WithFairness(), lock.WithLease(time.Minute))
	go func() {
		lease, err := waiter.Acquire(ctx)
		granted <- grant{lease: lease, err: err}
	}()
	asks(&askedBehind)
	behind.Store(false)
	if err := admin.ClientKillByFilter(ctx, "TYPE", "pubsub").Err(); err != nil {
		t.Fatal(err)
	}
	counts(t, admin, "{lock:average}")
	asks(&asked)

	hub := admin.HKeys(ctx, "lock-hubs:{lock:average}").Val()[0]
	old := admin.Time(ctx).Val().Add(-30 * time.Minute)
	if n, err := admin.Publish(ctx, "lock-grant:"+hub, fmt.Sprintf("1 0 0 %d", old.UnixMicro())).Result(); n != 1 || err != nil {
		t.Fatalf("%d heard it, %v", n, err)
	}
	asks(&asked)
	if len(granted) > 0 {
		t.Fatalf("a grant from half an hour ago has been taken for one from now: %+v", <-granted)
	}
	if err := held.Release(ctx); err != nil {
		t.Fatal(err)
	}
	g := <-granted
	if g.err != nil {
		t.Fatal(g.err)
	}
	if err := g.lease.Release(ctx); err != nil {
		t.Error(err)
	}
}
