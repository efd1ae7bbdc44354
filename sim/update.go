package sim

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
	"locktop/sim/clock"
)

// This is what strategies make an update of.

// releaser is a lease of whichever lock.
type releaser interface {
	Release(ctx context.Context) error
}

// setter writes the shared value and returns the one it overwrote, with
// [redis.Nil] if there was none.
type setter func(value string) (found string, err error)

// tryUntilHeld tries for the lock without blocking until it has it. pause is how
// long to wait after the n-th failure, from 1.
func (c *client) tryUntilHeld(pause func(failures int) time.Duration) (*lock.Lease, error) {
	for failures := 1; ; failures++ {
		done, err := c.takeTurn()
		if err != nil {
			return nil, err
		}
		lease, err := c.lock.TryAcquire(c.waits)
		if errors.Is(err, lock.ErrHeld) {
			lease, err = nil, c.lane.clock.Sleep(c.waits, pause(failures))
		}
		done() // after the pause, in which the processor goes to others: to the holder first, where few have a turn
		if lease != nil || err != nil {
			return lease, err
		}
	}
}

// mostTrying is how many clients of a lane try at once at full speed on the embedded
// Redis. There nobody pauses after a failed try, so each command of a holder would
// come behind a try of everybody else: the tries would grow with the square of the
// number of clients.
const mostTrying = 16

// takeTurn waits, where nobody pauses between tries, until the client may try; done
// ends its turn.
func (c *client) takeTurn() (done func(), err error) {
	l := c.lane
	if l.trying == nil || l.clock.Speed() != clock.Max {
		return func() {}, nil
	}
	select {
	case l.trying <- struct{}{}:
		return func() { <-l.trying }, nil
	case <-c.waits.Done():
		return nil, c.waits.Err()
	}
}

// holding updates the average under a lease and releases it, also when the
// context has ended meanwhile.
func (c *client) holding(ctx context.Context, lease releaser, a Alert, set setter) error {
	c.reach(AtAcquired)
	err := c.readComputeWrite(ctx, a, set)
	c.record(Event{Kind: Released})
	c.reach(AtRelease)
	release := c.release(ctx, lease)
	if errors.Is(release, lock.ErrNotHeld) {
		c.record(Event{Kind: Expired})
		release = nil
	}
	return errors.Join(err, release)
}

// release gives the lock back, again and again while a fault is in the way.
func (c *client) release(ctx context.Context, lease releaser) error {
	err := lease.Release(detached)
	for try := 1; err != nil && !errors.Is(err, lock.ErrNotHeld) && c.excuses(err); try++ {
		if ctx.Err() != nil && try >= releaseTries {
			break
		}
		time.Sleep(againAfter)
		c.lane.gate.halt(c.number)
		if err = lease.Release(detached); errors.Is(err, lock.ErrNotHeld) {
			return nil // the first release got through, perhaps
		}
	}
	return err
}

// releaseTries is how often a client tries to release after the end of the run.
const releaseTries = 3

// readComputeWrite is the story's update, which only a lock makes safe.
func (c *client) readComputeWrite(ctx context.Context, a Alert, set setter) error {
	base, err := c.read(c.redis)
	if err != nil {
		return err
	}
	value, err := c.compute(ctx, base, a)
	if err != nil {
		return err
	}
	return c.write(base, value, set)
}

// compute thinks, and returns the value with the alert's latency added.
func (c *client) compute(ctx context.Context, base string, a Alert) (string, error) {
	average, err := ParseAverage(base)
	if err != nil {
		return "", fmt.Errorf("key %s: %w: %w", c.lane.averageKey(), errUnreadable, err)
	}
	if err := c.lane.clock.Sleep(ctx, c.lane.now().work); err != nil {
		return "", err
	}
	return average.Add(a.Latency).String(), nil
}

// read gets the shared value; a missing key reads as "".
func (c *client) read(from redis.Cmdable) (string, error) {
	value, err := from.Get(detached, c.lane.averageKey()).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return "", fmt.Errorf("read %s: %w", c.lane.averageKey(), err)
	}
	c.record(Event{Kind: Read, Value: value})
	c.reach(AtRead)
	return value, nil
}

// set is the plain way to write the shared value.
func (c *client) set(value string) (found string, err error) {
	return c.redis.SetArgs(detached, c.lane.averageKey(), value, setArgs).Result()
}

// errUnreadable is of a value that is no average: a stranger's.
var errUnreadable = errors.New("the value is no average")

// setArgs have SET reply what it overwrote.
var setArgs = redis.SetArgs{TTL: keyTTL, Get: true}

// write sets the shared value to one computed from base. The reply is the value
// it overwrote, from which the ledger knows the order of the writes.
func (c *client) write(base, value string, set setter) error {
	c.reach(AtWrite)
	c.record(Event{Kind: Written, Base: base, Value: value})
	c.wrote = true
	found, err := set(value)
	if err == nil || errors.Is(err, redis.Nil) {
		c.record(Event{Kind: Acked, Value: found})
		return nil
	}
	return c.failedWrite(err)
}

// failedWrite records why a write was not acknowledged.
func (c *client) failedWrite(err error) error {
	var answer redis.Error
	if errors.As(err, &answer) || errors.Is(err, lock.ErrStale) { // it was not written
		c.wrote = false
		c.record(Event{Kind: Refused})
	} else {
		c.record(Event{Kind: Unknown})
	}
	return fmt.Errorf("write %s: %w", c.lane.averageKey(), err)
}
