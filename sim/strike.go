package sim

import (
	"context"
	"fmt"
	"slices"
	"time"

	"locktop/sim/backend"
)

// excusedFor is for how long, in real time, errors count as the consequences of a
// fault: their clients try again.
const excusedFor = 10 * time.Second

// strike does a fault to a client, on its goroutine.
func (c *client) strike(ctx context.Context, f Fault) {
	f.Client = c.number
	f.strikes()
	c.door.touch()
	c.record(Event{Kind: Faulted, Text: f.String()})
	switch f.Kind {
	case Pause, Delay:
		c.lane.wait(ctx, f.For)
		c.record(Event{Kind: Resumed})
	case Crash:
		c.record(Event{Kind: Crashed})
		c.door.dead.Store(true)
		c.door.breakConns(0)
	case Swallow:
		c.door.swallow.Store(true)
	case Cut:
		var over <-chan struct{}
		if f.For > 0 {
			over, _ = c.lane.clock.After(f.For)
		}
		c.door.cut(f.Node, over)
	}
}

// strikeRedis does a fault to the lane's servers.
func (l *Lane) strikeRedis(f Fault) {
	f.strikes()
	switch f.Kind {
	case Expire:
		l.hit(f, l.expire)
	case Jump:
		l.hit(f, func(ctx context.Context, f Fault) error {
			l.tellFault(f, f.For)
			return l.server.Jump(ctx, f.For, l.lockKeys...)
		})
	case Restart:
		l.hit(f, l.restart)
	case Failover:
		l.hit(f, l.failover)
	case Reset:
		l.hit(f, l.resetLocks)
	}
}

// hit does something to Redis, one fault at a time. If it fails, the lane ends.
func (l *Lane) hit(f Fault, do func(context.Context, Fault) error) {
	l.faults.turn <- struct{}{}
	l.alone(strikeOrder)
	defer func() { <-l.faults.turn }()
	ctx, cancel := context.WithTimeout(context.Background(), excusedFor)
	defer cancel()
	if err := do(ctx, f); err != nil {
		l.failed(fmt.Errorf("lane %s: fault %s: %w", l.Name(), f, err))
		l.stop()
	}
}

// tellFault records a fault of the lane, which takes some time off running leases.
func (l *Lane) tellFault(f Fault, off time.Duration) {
	l.recorder.Record(Event{Kind: Faulted, Lease: off, Text: f.String()})
}

// expire has the lock's lease run out, if it has one.
func (l *Lane) expire(ctx context.Context, f Fault) error {
	lease, _ := l.lease()
	if lease == 0 || !l.now().strategy.Locks {
		return nil
	}
	l.tellFault(f, longestLease)
	for _, server := range l.servers() {
		if err := server.Admin().PExpire(ctx, l.lockKeys[0], 0).Err(); err != nil {
			return err
		}
	}
	return nil
}

// longestLease is more than any lease has left.
const longestLease = 1000 * time.Hour

// restart replaces one of the lane's servers by an empty one.
func (l *Lane) restart(ctx context.Context, f Fault) error {
	node := max(f.Node, 1)
	if node == 1 {
		return l.replace(ctx, f, func(context.Context) (backend.Copy, error) { return nil, nil })
	}
	if node > len(l.servers()) {
		return nil
	}
	server := l.servers()[node-1]
	l.faults.gone[node].Store(true)
	back := func() { l.faults.gone[node].Store(false) }
	l.struckNow()
	l.breakConns(node)
	l.tellFault(f, 0) // the other nodes still have it
	err := server.Restart(ctx)
	if err != nil || l.awayFor == 0 {
		back()
		return err
	}
	l.later(l.awayFor, func() { l.struckNow(); back() })
	return nil
}

// stayAway lets the time pass for which the first server stays away.
func (l *Lane) stayAway() {
	l.faults.mu.Lock()
	ctx := l.faults.ctx
	l.faults.mu.Unlock()
	if ctx != nil && l.awayFor > 0 {
		l.wait(ctx, l.awayFor)
	}
}

// failover replaces the first server by a copy that has not heard of the latest
// changes; or has, where the replica is told at once.
func (l *Lane) failover(ctx context.Context, f Fault) error {
	replica := l.copy
	if !l.synced {
		l.faults.service.halt() // the copy is of one moment
		l.faults.service.drain()
		behind, err := l.copy(ctx)
		l.faults.service.resume()
		if err != nil {
			return err
		}
		replica = func(context.Context) (backend.Copy, error) { return behind, nil }
	}
	l.later(f.For, func() {
		l.hit(f, func(ctx context.Context, f Fault) error { return l.replace(ctx, f, replica) })
	})
	return nil
}

// copy reads what a replica would have of the lane.
func (l *Lane) copy(ctx context.Context) (backend.Copy, error) {
	return l.server.Copy(ctx, append(slices.Clone(l.lockKeys), l.averageKey())...)
}

// replace kills the first server and starts another in its place, with the data of
// a replica. Commands that are on their way lose their replies; others wait.
func (l *Lane) replace(ctx context.Context, f Fault, replica func(context.Context) (backend.Copy, error)) error {
	l.struckNow()
	l.faults.service.halt()
	defer l.faults.service.resume()
	l.breakConns(1)
	l.faults.service.drain()
	data, err := replica(ctx)
	if err != nil {
		return err
	}
	if err := l.server.Restart(ctx); err != nil {
		return err
	}
	// The lock sends a script whole where it is not known; the strategy does not.
	if err := addScript.Load(ctx, l.server.Admin()).Err(); err != nil {
		return err
	}
	if err := l.server.Load(ctx, data); err != nil {
		return err
	}
	off := longestLease
	if !l.now().strategy.Locks || data.Has(l.lockKeys[0]) {
		off = 0 // there is nothing to forget, or the replica knows of it
	}
	l.tellFault(f, off)
	l.stayAway()
	l.alone(resumeOrder)
	l.recorder.Record(Event{Kind: Rewound, Value: data.Text(l.averageKey())})
	l.struckNow()
	return nil
}

// struckNow notes that errors are to be excused from now on.
func (l *Lane) struckNow() { l.faults.struck.Store(time.Now().UnixNano()) }

// breakConns closes all clients' connections to a server.
func (l *Lane) breakConns(node int) {
	for _, c := range l.roster() {
		c.door.breakConns(node)
	}
}

// away tells whether a server cannot be reached.
func (l *Lane) away(node int) bool { return l.faults.gone[node].Load() }

// excuses tells whether an error may be the consequence of a fault of Redis.
func (l *Lane) excuses() bool { return recent(l.faults.struck.Load()) }

func recent(at int64) bool { return at != 0 && time.Since(time.Unix(0, at)) < excusedFor }

// admin runs a command of the lane's own, again if a fault came between.
func (l *Lane) admin(ctx context.Context, do func() error) error {
	for {
		era := int64(0)
		err := func() error {
			l.faults.service.enter()
			defer l.faults.service.leave()
			era = l.link.era.Load()
			return do()
		}()
		if err == nil || ctx.Err() != nil || !l.excuses() && !l.offline(err, era) {
			return err
		}
		select {
		case <-time.After(againAfter):
		case <-ctx.Done():
		}
	}
}

// againAfter is the real time between two tries after a fault.
const againAfter = 5 * time.Millisecond
