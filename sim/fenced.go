package sim

import (
	"context"
	"errors"
	"time"

	"locktop/lock"
)

var fenced = Strategy{
	Name:  "fenced",
	Title: "lock whose tokens fence off late writers",
	Explain: "Every grant comes with a token that is higher than all before, and the value's fence is raised to it before the holder reads. " +
		"A holder that was paused past its lease still believes in it, but its write carries an old token and is refused; it starts again. " +
		"Nothing is lost even when leases run out.",
	Locks: true, Critical: true, Safe: true, Fenced: true, Signalled: true, Nodes: 1,
	options: func(c *client) []lock.Option { return []lock.Option{lock.WithGuard(c.guard)} },
	update:  updateFenced,
}

var fencedWrite = Strategy{
	Name:  "fenced-write",
	Title: "the same, but the token is checked on writing only",
	Explain: "Here the fence is raised by the write itself, not when the lock is granted. " +
		"That looks enough and is not: a late holder can still write after the next holder has read and before it writes, and that write erases it. " +
		"It halves the losses; raising the fence at acquisition ends them.",
	Locks: true, Critical: true, Safe: true, Signalled: true, Nodes: 1,
	options: func(*client) []lock.Option { return []lock.Option{lock.WithFencing()} },
	update:  updateFenced,
}

// updateFenced updates the average with guarded writes, again if it was too late.
// It may be too late already when the lock is granted: a Redis that went back in
// time counts tokens again that were given out before.
func updateFenced(ctx context.Context, c *client, a Alert) error {
	return c.fencedTries(ctx, a, func() (*lock.Lease, error) { return c.lock.Acquire(c.waits) })
}

// fencedTries is updateFenced with any way to acquire the lock.
func (c *client) fencedTries(ctx context.Context, a Alert, acquire func() (*lock.Lease, error)) error {
	for {
		lease, err := acquire()
		if err == nil {
			err = c.holding(ctx, lease, a, func(value string) (string, error) {
				return c.guard.Swap(detached, lease, value, keyTTL)
			})
		} else if errors.Is(err, lock.ErrStale) {
			c.record(Event{Kind: Refused})
			c.record(Event{Kind: Released})
		}
		if !errors.Is(err, lock.ErrStale) || ctx.Err() != nil || c.oneTry {
			return err
		}
	}
}

// withFence is a strategy that tries for the lock, as spin does, but whose lock has
// tokens: its fence is raised at acquisition, or by writing only.
func withFence(s Strategy, atAcquisition bool) Strategy {
	s.Fenced = atAcquisition
	s.options = func(c *client) []lock.Option {
		if atAcquisition {
			return []lock.Option{lock.WithGuard(c.guard)}
		}
		return []lock.Option{lock.WithFencing()}
	}
	s.update = func(ctx context.Context, c *client, a Alert) error {
		pause := func(int) time.Duration { return c.lane.now().retry }
		return c.fencedTries(ctx, a, func() (*lock.Lease, error) { return c.tryUntilHeld(pause) })
	}
	return s
}
