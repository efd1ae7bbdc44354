package sim

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
	"locktop/sim/backend"
)

// An Alert is one alert as it reaches one client.
type Alert struct {
	// Number counts the alerts from 1.
	Number int
	// Sent is the experiment time of sending; the client's time of receipt is
	// Sent + Latency.
	Sent, Latency time.Duration

	hash int // the number of the hash that its times are in
}

// client is one subscriber of the alert cluster, with its own connection to
// Redis and its own goroutine.
type client struct {
	number int
	field  string // the client's field in an alert's hash
	lane   *Lane
	door   *door
	inbox  chan Alert
	ended  chan struct{} // closed when it takes no more from there: it has crashed, or handled the last alert
	random *rand.Rand    // for pauses; the same in every run of a seed
	ids    rand.Source   // for what the lock draws; nil is an unpredictable one
	wrote  bool          // a write of the present update was sent, and not refused
	oneTry bool          // an update that was too late is given up

	// seen, if set, is told of each request of an update that was answered, and of
	// the error that the answer was, on the goroutine that sent it.
	seen func(request, error)
	// announced are events of what is about to be sent, which waits at the gate of a
	// scheduled lane: they happen when it goes.
	announcing sync.Mutex
	announced  []Event

	from   atomic.Int64  // the first alert that it takes, since it joined
	away   atomic.Bool   // it has left
	late   bool          // it joined in the middle of the run, and has yet to say so
	nudged chan struct{} // it may have to leave, or to come back

	regime    *regime         // whose strategy it works by
	waits     context.Context // of its waits for the lock: ends with the run, or with the strategy
	abandoned bool            // it has left such a wait
	stopWaits func()

	lock   *lock.Lock
	quorum *lock.Quorum  // in place of lock, over redis and nodes
	guard  *lock.Guard   // of the average
	lease  time.Duration // of the lock, in the time of its Redis
	term   time.Duration // the same in experiment time

	mu     sync.Mutex // guards the connections against those who hang up
	redis  *redis.Client
	nodes  []*redis.Client // the lane's other servers, where a strategy takes several
	old    []*redis.Client // those on which abandoned waits are ending
	ending sync.WaitGroup  // of what handles of the lock that are no longer used have left behind
	left   sync.WaitGroup  // commands that were left behind when the run ended
	hungUp bool
}

// detached is the context of commands that are seen through to their reply
// once they are sent: an update is never cut in two by the end of a run.
var detached = context.Background()

// open readies the client's connections, without waiting for them.
func (c *client) open() (err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.redis, c.nodes = c.dial(c.lane.server, 1), nil
	for i, server := range c.lane.nodes {
		c.nodes = append(c.nodes, c.dial(server, i+2))
	}
	if c.hungUp {
		defer c.closeConns()
	}
	c.guard, err = lock.NewGuard(c.redis, c.lane.averageKey())
	return err
}

// dial readies a connection to the lane's server of a number, by way of the client's
// door.
func (c *client) dial(server *backend.Server, node int) *redis.Client {
	options := server.Options()
	if c.lane.clock.Virtual() {
		options.PoolSize = roomyPool
	}
	r := redis.NewClient(options)
	r.AddHook(hook{c.door, node})
	return r
}

// connect waits until the servers answer, and readies the client's lock.
func (c *client) connect(ctx context.Context) error {
	for _, r := range append([]*redis.Client{c.redis}, c.nodes...) {
		if err := r.Ping(ctx).Err(); err != nil {
			return fmt.Errorf("client %d: connect: %w", c.number, err)
		}
	}
	return c.readyLock()
}

// roomyPool is how many connections a client may have in virtual time. It uses one,
// as elsewhere, but where that is taken it must not wait for it: the timers with
// which go-redis does so are shared by the whole program.
const roomyPool = 64

// readyLock makes the client's handle of the lock, anew whenever its lease as
// Redis counts it has changed with the speed.
func (c *client) readyLock() error {
	if !c.regime.strategy.Locks {
		return nil
	}
	term, lease := c.lane.lease()
	c.term = term
	if (c.lock != nil || c.quorum != nil) && lease == c.lease {
		return nil
	}
	c.ending.Go(c.settle()) // what the handle before has left behind
	var err error
	if c.regime.strategy.Nodes > 1 {
		c.quorum, err = c.newQuorum(lease)
	} else {
		opts := []lock.Option{lock.WithObserver(c), lock.WithLease(lease), lock.WithLabel("")}
		if c.ids != nil {
			opts = append(opts, lock.WithRandom(c.ids))
		}
		if more := c.regime.strategy.options; more != nil {
			opts = append(opts, more(c)...)
		}
		c.lock, err = lock.New(c.redis, c.lane.lockName(), opts...)
	}
	c.lease = lease
	return err
}

// close disconnects the client. What an abandoned wait for the lock still has on
// its way to a real Redis is let through first, or it would leave a signal there
// after the lane's keys have been removed.
func (c *client) close() {
	defer c.left.Wait()
	defer c.hangUp()
	if c.lane.server.FollowsClock() || c.lane.hung {
		c.hangUp()
	}
	settled := make(chan struct{})
	go func() {
		defer close(settled)
		c.settle()()
		c.ending.Wait()
	}()
	select {
	case <-settled:
	case <-time.After(c.lane.grace()):
		c.hangUp()
		<-settled
	}
}

// settle returns what waits for the end of all that the client's lock has left behind.
func (c *client) settle() func() {
	switch {
	case c.quorum != nil:
		return c.quorum.Settle
	case c.lock != nil:
		return c.lock.Settle
	}
	return func() {}
}

// hangUp closes the client's connections.
func (c *client) hangUp() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hungUp = true
	c.closeConns()
}

func (c *client) closeConns() {
	for _, r := range slices.Concat(c.old, c.nodes) {
		r.Close()
	}
	if c.redis != nil {
		c.redis.Close()
	}
}

// run handles alerts until the inbox is closed or the context ends.
func (c *client) run(ctx context.Context) error {
	defer close(c.ended)
	c.await(ctx)
	if c.late {
		if err := c.join(ctx); err != nil {
			return err
		}
	}
	for {
		if !c.isMember() && !c.stayAway(ctx) {
			return nil
		}
		a, ok := c.next(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case !c.isMember(): // an alert that has come meanwhile is left
			continue
		case !ok:
			c.record(Event{Kind: Finished})
			return nil
		case int64(a.Number) < c.from.Load(): // it was sent before the client joined, or there is none
			continue
		}
		if err := c.handle(ctx, a); err != nil {
			if c.door.dead.Load() {
				return nil // the event of that is recorded
			}
			if ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, lock.ErrStale) || c.excuses(err)) {
				return nil
			}
			return c.broke(fmt.Errorf("alert %d: %w", a.Number, err))
		}
	}
}

// broke records why the client cannot go on.
func (c *client) broke(err error) error {
	err = fmt.Errorf("lane %s, client %d, %w", c.lane.Name(), c.number, err)
	c.record(Event{Kind: Broke, Text: err.Error()})
	return err
}

// next waits for an alert; ok is false when there will be none, and the alert zero
// when there is another reason to look up. At full speed one is mostly there, and the
// plain receive is the cheaper one.
func (c *client) next(ctx context.Context) (a Alert, ok bool) {
	select {
	case a, ok = <-c.inbox:
		return a, ok
	default:
	}
	select {
	case a, ok = <-c.inbox:
	case <-c.nudged:
		ok = true
	case <-ctx.Done():
	}
	return a, ok
}

// handle notes the time of receipt and adds the latency to the average. After a
// fault it tries again, unless the write may have happened: to make it twice would
// count the sample twice.
func (c *client) handle(ctx context.Context, a Alert) error {
	c.record(Event{Kind: Received, Alert: a.Number, Latency: a.Latency})
	c.wrote = false
	noted := false
	for {
		err := c.once(ctx, a, &noted)
		if err != nil && c.leavesWait(ctx, err) {
			c.abandoned = true
			continue
		}
		if err == nil || !c.excuses(err) || ctx.Err() != nil {
			return err
		}
		if c.wrote {
			return nil
		}
		select {
		case <-time.After(againAfter):
		case <-ctx.Done():
		}
		c.lane.gate.halt(c.number)
	}
}

// once is one try of handling an alert.
func (c *client) once(ctx context.Context, a Alert, noted *bool) error {
	if !*noted {
		if err := c.noteReceipt(a); err != nil {
			return err
		}
		*noted = true
	}
	if err := c.adopt(ctx); err != nil {
		return err
	}
	if err := c.readyLock(); err != nil {
		return err
	}
	c.door.update.Store(true)
	defer c.door.update.Store(false)
	return c.regime.strategy.update(ctx, c, a)
}

// excuses tells whether an error may be the consequence of a fault, or of a pause.
func (c *client) excuses(err error) bool {
	switch {
	case c.door.dead.Load(), errors.Is(err, context.Canceled), errors.Is(err, errUnreadable):
		return false
	}
	return errors.Is(err, errInjected) || recent(c.door.faulted.Load()) || c.lane.excuses() || c.unheard(err) ||
		c.lane.offline(err, c.door.era.Load())
}

// unheard tells whether an error is that of nodes which had no time to answer: how
// long a quorum waits for them is real time, of which a busy machine may have none to
// spare, and which goes on when the race stands still. A node that is gone is not
// unheard: the system says so.
func (c *client) unheard(err error) bool {
	var gone syscall.Errno
	return errors.Is(err, lock.ErrNoQuorum) && !errors.As(err, &gone)
}

// noteReceipt adds the client's time of receipt to the alert's hash. On a real
// Redis somebody may have flushed it, so its time to live is set again.
func (c *client) noteReceipt(a Alert) error {
	key, receipt := c.lane.alertKey(a.hash), stamp(a.Number, a.Sent+a.Latency)
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

// record adds the commands sent since the last event and hands the event on. A
// client that has crashed does and sees nothing any more.
func (c *client) record(e Event) {
	if c.door.dead.Load() {
		return
	}
	e.Client = c.number
	if c.lane.gate.scheduled && e.Kind.announces() {
		c.announcing.Lock()
		c.announced = append(c.announced, e)
		c.announcing.Unlock()
		return
	}
	c.announce()
	e.Commands = c.door.taken()
	c.lane.recorder.Record(e)
}

// announce records what was announced of the request that goes now.
func (c *client) announce() {
	if !c.lane.gate.scheduled {
		return
	}
	c.announcing.Lock()
	defer c.announcing.Unlock()
	for _, e := range c.announced {
		e.Commands = c.door.taken()
		c.lane.recorder.Record(e)
	}
	c.announced = c.announced[:0]
}

// Observe implements [lock.Observer]: what the lock does becomes events.
func (c *client) Observe(e lock.Event) {
	switch e.Kind {
	case lock.EventAttempt:
		c.record(Event{Kind: Attempted})
		c.reach(AtTry)
	case lock.EventFailure:
		if errors.Is(e.Err, lock.ErrHeld) {
			c.record(Event{Kind: Failed})
			c.reach(AtFailed)
		}
	case lock.EventWait:
		c.record(Event{Kind: Waited})
	case lock.EventGrant:
		c.record(Event{Kind: Granted, Lease: c.term})
	}
}

// clientField is a client's field in an alert's hash.
func clientField(number int) string { return "c" + strconv.Itoa(number) }
