package sim

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
)

// An Alert is one alert as it reaches one client.
type Alert struct {
	// Number counts the alerts from 1.
	Number int
	// Sent is the experiment time of sending; the client's time of receipt is
	// Sent + Latency.
	Sent, Latency time.Duration
}

// client is one subscriber of the alert cluster, with its own connection to
// Redis and its own goroutine.
type client struct {
	number int
	field  string // the client's field in an alert's hash
	lane   *Lane
	redis  *redis.Client
	door   *door
	lock   *lock.Lock
	lease  time.Duration // of that lock, in the time of its Redis
	inbox  chan Alert
}

// detached is the context of commands that are seen through to their reply
// once they are sent: an update is never cut in two by the end of a run.
var detached = context.Background()

// connect opens the client's connection and readies its lock.
func (c *client) connect(ctx context.Context) error {
	opts := c.lane.server.Options()
	c.door = &door{client: c.number, gate: &c.lane.gate}
	c.redis = redis.NewClient(opts)
	c.redis.AddHook(c.door)
	if err := c.redis.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("client %d: connect: %w", c.number, err)
	}
	return c.readyLock()
}

// readyLock makes the client's handle of the lock, anew whenever its lease as
// Redis counts it has changed with the speed.
func (c *client) readyLock() error {
	if !c.lane.strategy.Locks {
		return nil
	}
	_, lease := c.lane.lease()
	if c.lock != nil && lease == c.lease {
		return nil
	}
	l, err := lock.New(c.redis, c.lane.lockName(), lock.WithObserver(c), lock.WithLease(lease))
	if err != nil {
		return err
	}
	c.lock, c.lease = l, lease
	return nil
}

// close disconnects the client. What an abandoned wait for the lock still has on
// its way to a real Redis is let through first, or it would leave a signal there
// after the lane's keys have been removed.
func (c *client) close() {
	if c.redis == nil {
		return
	}
	defer c.redis.Close()
	if c.lock == nil {
		return
	}
	if c.lane.server.FollowsClock() || c.lane.hung {
		c.redis.Close()
	}
	settled := make(chan struct{})
	go func() { c.lock.Settle(); close(settled) }()
	select {
	case <-settled:
	case <-time.After(grace):
		c.redis.Close()
		<-settled
	}
}

// run handles alerts until the inbox is closed or the context ends.
func (c *client) run(ctx context.Context) error {
	for {
		a, ok := c.next(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case !ok:
			c.record(Event{Kind: Finished})
			return nil
		}
		if err := c.handle(ctx, a); err != nil {
			if ctx.Err() != nil && errors.Is(err, context.Canceled) {
				return nil
			}
			err = fmt.Errorf("lane %s, client %d, alert %d: %w", c.lane.Name(), c.number, a.Number, err)
			c.record(Event{Kind: Broke, Text: err.Error()})
			return err
		}
	}
}

// next waits for an alert; ok is false when there will be none. At full speed
// one is mostly there, and the plain receive is the cheaper one.
func (c *client) next(ctx context.Context) (a Alert, ok bool) {
	select {
	case a, ok = <-c.inbox:
		return a, ok
	default:
	}
	select {
	case a, ok = <-c.inbox:
	case <-ctx.Done():
	}
	return a, ok
}

// handle notes the time of receipt and adds the latency to the average.
func (c *client) handle(ctx context.Context, a Alert) error {
	c.record(Event{Kind: Received, Alert: a.Number, Latency: a.Latency})
	if err := c.noteReceipt(a); err != nil {
		return err
	}
	if err := c.readyLock(); err != nil {
		return err
	}
	c.door.update.Store(true)
	defer c.door.update.Store(false)
	return c.lane.strategy.update(ctx, c, a)
}

// noteReceipt adds the client's time of receipt to the alert's hash. On a real
// Redis somebody may have flushed it, so its time to live is set again.
func (c *client) noteReceipt(a Alert) error {
	key, receipt := c.lane.alertKey(a.Number), strconv.FormatInt(int64(a.Sent+a.Latency), 10)
	var err error
	if c.lane.server.FollowsClock() {
		err = c.redis.HSet(detached, key, c.field, receipt).Err()
	} else {
		_, err = c.redis.Pipelined(detached, func(p redis.Pipeliner) error {
			p.HSet(detached, key, c.field, receipt)
			p.PExpire(detached, key, keyTTL)
			return nil
		})
	}
	if err != nil {
		return fmt.Errorf("note receipt in %s: %w", key, err)
	}
	return nil
}

// record adds the commands sent since the last event and hands the event on.
func (c *client) record(e Event) {
	e.Client, e.Commands = c.number, c.door.taken()
	c.lane.recorder.Record(e)
}

// Observe implements [lock.Observer]: what the lock does becomes events.
func (c *client) Observe(e lock.Event) {
	switch e.Kind {
	case lock.EventAttempt:
		c.record(Event{Kind: Attempted})
	case lock.EventFailure:
		if errors.Is(e.Err, lock.ErrHeld) {
			c.record(Event{Kind: Failed})
		}
	case lock.EventWait:
		c.record(Event{Kind: Waited})
	case lock.EventGrant:
		lease, _ := c.lane.lease()
		c.record(Event{Kind: Granted, Lease: lease})
	}
}

// holding updates the average under a lease and releases it, also when the
// context has ended meanwhile.
func (c *client) holding(ctx context.Context, lease *lock.Lease, a Alert) error {
	err := c.readComputeWrite(ctx, a)
	c.record(Event{Kind: Released})
	release := lease.Release(detached)
	if errors.Is(release, lock.ErrNotHeld) {
		c.record(Event{Kind: Expired})
		release = nil
	}
	return errors.Join(err, release)
}

// readComputeWrite is the story's update, which only a lock makes safe.
func (c *client) readComputeWrite(ctx context.Context, a Alert) error {
	base, err := c.read()
	if err != nil {
		return err
	}
	average, err := ParseAverage(base)
	if err != nil {
		return fmt.Errorf("key %s: %w", c.lane.averageKey(), err)
	}
	if err := c.lane.clock.Sleep(ctx, c.lane.work); err != nil {
		return err
	}
	return c.write(base, average.Add(a.Latency).String())
}

// read gets the shared value; a missing key reads as "".
func (c *client) read() (string, error) {
	value, err := c.redis.Get(detached, c.lane.averageKey()).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return "", fmt.Errorf("read %s: %w", c.lane.averageKey(), err)
	}
	c.record(Event{Kind: Read, Value: value})
	return value, nil
}

// write sets the shared value to one computed from base. The reply is the value
// it overwrote, from which the ledger knows the order of the writes.
func (c *client) write(base, value string) error {
	c.record(Event{Kind: Written, Base: base, Value: value})
	found, err := c.redis.SetArgs(detached, c.lane.averageKey(), value,
		redis.SetArgs{TTL: keyTTL, Get: true}).Result()
	var refusal redis.Error
	switch {
	case err == nil, errors.Is(err, redis.Nil):
	case errors.As(err, &refusal): // an answer: it was not written
		c.record(Event{Kind: Refused})
		return fmt.Errorf("write %s: %w", c.lane.averageKey(), err)
	default:
		c.record(Event{Kind: Unknown})
		return fmt.Errorf("write %s: %w", c.lane.averageKey(), err)
	}
	c.record(Event{Kind: Acked, Value: found})
	return nil
}

// pause waits before the next try for the lock.
func (c *client) pause(ctx context.Context) error {
	return c.lane.clock.Sleep(ctx, c.lane.retry)
}

// clientField is a client's field in an alert's hash.
func clientField(number int) string { return "c" + strconv.Itoa(number) }
