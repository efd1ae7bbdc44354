package sim

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
)

// What clients make of changes in the middle of a run.

// isMember tells whether the client takes part in the race.
func (c *client) isMember() bool { return int64(c.number) <= c.lane.members.Load() }

// nudge has the client look up from waiting for an alert.
func (c *client) nudge() {
	select {
	case c.nudged <- struct{}{}:
	default:
	}
}

// join connects a client that was added in the middle of the run, and says that it is
// there.
func (c *client) join(ctx context.Context) error {
	for {
		err := c.connect(ctx)
		switch {
		case err == nil:
			c.tell(Joined)
			return nil
		case ctx.Err() != nil:
			return nil
		case !c.excuses(err):
			return c.broke(err)
		}
		select {
		case <-time.After(againAfter):
		case <-ctx.Done():
			return nil
		}
	}
}

// tell records something of the client with the strategy that it works by.
func (c *client) tell(kind Kind) {
	c.record(Event{Kind: kind, Value: c.regime.config.Lanes[c.lane.info.Index]})
}

// stayAway has the client leave, until it is a member again. It is false when there is
// nothing to come back for.
func (c *client) stayAway(ctx context.Context) bool {
	c.record(Event{Kind: Left})
	c.away.Store(true)
	for {
		select {
		case _, ok := <-c.inbox: // alerts from before
			if !ok {
				return false
			}
		case <-c.nudged:
			if c.isMember() {
				c.away.Store(false)
				c.tell(Joined)
				return true
			}
		case <-ctx.Done():
			return false
		}
	}
}

// handles tells whether the client is to handle an alert that it was sent, or has: it
// has not left since, and not crashed.
func (c *client) handles(alert int) bool {
	select {
	case <-c.ended:
		if c.door.dead.Load() {
			return false
		}
	default:
	}
	return !c.away.Load() && int64(alert) >= c.from.Load()
}

// await begins the context of the client's waits for the lock.
func (c *client) await(ctx context.Context) {
	waits, cancel := context.WithCancel(ctx)
	unhook := context.AfterFunc(c.regime.over, cancel)
	c.waits = waits
	c.stopWaits = func() { unhook(); cancel() }
}

// leavesWait tells whether an error is that of a wait for the lock which has ended
// because the lane has another strategy.
func (c *client) leavesWait(ctx context.Context, err error) bool {
	return ctx.Err() == nil && c.waits.Err() != nil && errors.Is(err, context.Canceled) && !c.wrote && !c.door.dead.Load()
}

// adopt has the client work by the lane's strategy of now, if that is not its own.
func (c *client) adopt(ctx context.Context) error {
	now := c.lane.now()
	if now.over == c.regime.over {
		return nil
	}
	c.stopWaits()
	if err := c.layDown(); err != nil {
		return err
	}
	c.regime = now
	c.await(ctx)
	c.tell(Changed)
	return nil
}

// layDown lets go of the client's lock. What an abandoned wait has on its way keeps
// its connection for a while, so the client gets others.
func (c *client) layDown() error {
	settle := c.settle()
	c.lock, c.quorum = nil, nil
	if !c.abandoned {
		c.ending.Go(settle)
		return nil
	}
	c.abandoned = false
	c.mu.Lock()
	conns := append([]*redis.Client{c.redis}, c.nodes...)
	c.old = append(c.old, conns...)
	c.mu.Unlock()
	c.ending.Go(func() {
		settle()
		c.mu.Lock()
		defer c.mu.Unlock()
		c.old = slices.DeleteFunc(c.old, func(r *redis.Client) bool { return slices.Contains(conns, r) })
		for _, r := range conns {
			r.Close()
		}
	})
	return c.open()
}
