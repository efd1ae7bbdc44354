package lock_test

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
	"locktop/lock/redistest"
)

// TestAWaiterWhoLeftWhileRedisRefusedHandsOn: Redis wants a password for a while, and
// leaves the subscription alone. The waiter is granted the lock after it has failed, and
// cannot hand it on until Redis takes commands again; nothing tells it when that is.
func TestAWaiterWhoLeftWhileRedisRefusedHandsOn(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	server := redistest.Start(t)
	admin := connect(t, server.Addr, func(o *redis.Options) { o.PoolSize = 1 }) // whose connection Redis goes on to trust
	held, err := newLock(t, admin, "average").Acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}

	client := connect(t, server.Addr)
	refused := make(chan struct{}, 1000)
	client.AddHook(&hook{process: func(ctx context.Context, cmd redis.Cmder, next redis.ProcessHook) error {
		err := next(ctx, cmd)
		if cmd.Name() == "evalsha" && lock.ScriptName(cmd.Args()[1].(string)) == "handover.lua" && err != nil {
			refused <- struct{}{}
		}
		return err
	}})
	fair := newLock(t, client, "average", lock.WithFairness(), lock.WithLease(time.Hour))
	failed := make(chan error, 1)
	go func() {
		_, err := fair.Acquire(ctx)
		failed <- err
	}()
	eventually(t, func() error {
		state, err := fair.Inspect(ctx)
		if err == nil && len(state.Queue) != 1 {
			err = lock.ErrNotReady
		}
		return err
	})

	if err := admin.ConfigSet(ctx, "requirepass", "secret").Err(); err != nil {
		t.Fatal(err)
	}
	if err := admin.ClientKillByFilter(ctx, "TYPE", "normal", "SKIPME", "yes").Err(); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; err == nil {
		t.Fatal("acquired from a Redis that refuses")
	}
	<-refused // to leave the queue
	if err := held.Release(ctx); err != nil {
		t.Fatal(err)
	}
	if owner := admin.Get(ctx, "lock:average").Val(); owner == "" || owner == held.ID() {
		t.Fatalf("the owner is %q, and not the waiter who has left", owner)
	}
	<-refused // to hand on
	if err := admin.ConfigSet(ctx, "requirepass", "").Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := newLock(t, admin, "average").Acquire(ctx); err != nil {
		t.Errorf("the lock is stuck: %v", err)
	}
}
