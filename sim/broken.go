package sim

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
)

// The strategies in this file are wrong on purpose. Their locks have the keys of
// the real one and faults of their own, which are common in the wild; nobody
// should take them for recipes.

const brokenReleaseName = "broken-release"

var brokenRelease = Strategy{
	Name:  brokenReleaseName,
	Title: "BROKEN: the release checks and deletes in two commands",
	Explain: "To release, the client reads the lock's key and, if its own id is there, deletes it. " +
		"Between the two commands the lease may end and somebody else may take the lock: then the DEL removes that one's lock, and the next client walks in beside it. " +
		"The cure is to compare and delete in one script.",
	Locks: true, Critical: true, Signalled: true, Nodes: 1, Broken: true,
	update: func(ctx context.Context, c *client, a Alert) error {
		lease, err := c.lock.Acquire(c.waits)
		if err != nil {
			return err
		}
		return c.holding(ctx, twoStepRelease{c, lease.ID()}, a, c.set)
	},
}

// twoStepRelease releases a lock as nobody should.
type twoStepRelease struct {
	c  *client
	id string
}

func (r twoStepRelease) Release(ctx context.Context) error {
	key, signal := r.c.lane.lockKeys[0], r.c.lane.lockKeys[1]
	owner, err := r.c.redis.Get(ctx, key).Result()
	if errors.Is(err, redis.Nil) || err == nil && owner != r.id {
		return lock.ErrNotHeld
	}
	if err != nil {
		return err
	}
	r.c.reach(AtCheck)
	if err := r.c.redis.Del(ctx, key).Err(); err != nil {
		return err
	}
	if err := r.c.redis.LPush(ctx, signal, 1).Err(); err != nil {
		return err
	}
	return r.c.redis.PExpire(ctx, signal, time.Second).Err()
}

var brokenWakeup = Strategy{
	Name:  "broken-wakeup",
	Title: "BROKEN: a waiter clears the signal before it blocks on it",
	Explain: "A client that does not get the lock first deletes the signal, lest it be an old one, and then blocks until a new one comes. " +
		"If the holder releases after the failed try and before that deletion, the signal that was meant for the waiter is gone: the lock is free, and the waiter sleeps. " +
		"The cure is to leave the signal until it is taken.",
	Locks: true, Critical: true, Signalled: true, Nodes: 1, Broken: true,
	update: func(ctx context.Context, c *client, a Alert) error {
		return c.sleepUntilHeld(ctx, a, func() error { return c.redis.Del(detached, c.lane.lockKeys[1]).Err() })
	},
}

var brokenWait = Strategy{
	Name:  "broken-wait",
	Title: "BROKEN: a waiter blocks on the signal without a time limit",
	Explain: "A client that does not get the lock blocks until a signal comes, however long that takes. " +
		"A release leaves one signal. If the waiter that takes it dies before it takes the lock, nobody passes the signal on: the lock is free, and all the others sleep for ever. " +
		"The cure is to block for a limited time and then to try again.",
	Locks: true, Critical: true, Signalled: true, Nodes: 1, Broken: true,
	update: func(ctx context.Context, c *client, a Alert) error {
		return c.sleepUntilHeld(ctx, a, func() error { return nil })
	},
}

// sleepUntilHeld updates the average under a lock whose waiters sleep until they
// are woken. before is done between a failed try and that.
func (c *client) sleepUntilHeld(ctx context.Context, a Alert, before func() error) error {
	for {
		lease, err := c.lock.TryAcquire(c.waits)
		if err == nil {
			return c.holding(ctx, lease, a, c.set)
		}
		if !errors.Is(err, lock.ErrHeld) {
			return err
		}
		if err := before(); err != nil {
			return err
		}
		c.record(Event{Kind: Waited})
		if err := c.sleepForEver(); err != nil {
			return err
		}
	}
}

// slice is how long one BLPOP lasts. A waiter that is not woken sends the next, and
// does not look at the lock: that it sends several only lets a run be ended.
const slice = 100 * time.Millisecond

// sleepForEver blocks until there is a signal, as BLPOP does without a time limit,
// or the run ends, or the lane has another strategy. Then the last command is left
// behind; closing the client ends it.
func (c *client) sleepForEver() error {
	seconds := strconv.FormatFloat(slice.Seconds(), 'f', 3, 64)
	if c.lane.gate.scheduled {
		seconds = "0" // what matters is the order of commands, and this one is ended by cutting the connection
	}
	for {
		woken, conn := make(chan error, 1), c.redis
		c.left.Go(func() {
			woken <- conn.Do(detached, "blpop", c.lane.lockKeys[1], seconds).Err()
		})
		select {
		case err := <-woken:
			if !errors.Is(err, redis.Nil) {
				return err
			}
		case <-c.waits.Done():
			return c.waits.Err()
		}
	}
}
