// Package clock is the experiment clock: the one source of time for sleeps, think time, leases and the time axis.
//
// Experiment time starts at zero and runs at a Speed. It can be slowed, hurried and paused at any moment, also under the
// feet of those who are asleep. At speed Max nobody sleeps, yet deadlines and leases still take their real time.
//
// A stall of the process is no experiment time: after ctrl-z, a debugger or a closed laptop lid, the clock goes on from
// where it was instead of expiring every lease at once. It looks at the real time at least every 250 ms, and a gap of
// more than 500 ms between two looks counts as 500 ms.
//
// The package reads time only through package time, so it runs unchanged inside a testing/synctest bubble.
package clock

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// ErrClosed is returned to those who sleep on a closed clock.
var ErrClosed = errors.New("clock: closed")

const (
	lookEvery = 250 * time.Millisecond // the goroutine's longest nap while the clock runs
	stallGap  = 500 * time.Millisecond // the most real time that may pass between two looks
	freshFor  = 100 * time.Millisecond // how long a reading may be extrapolated without counting as a look
)

// Clock is a pausable clock of variable speed. All methods may be called from any goroutine.
type Clock struct {
	real  func() time.Duration // monotonic real time
	exact bool                 // real time is virtual and never stalls: it need not be looked at

	// latest is what Now extrapolates from. It is nil while it is being replaced: a reader that finds it unchanged after
	// reading the real time has read that time before its replacement did, so time never runs backwards, without a lock.
	latest atomic.Pointer[reading]

	mu      sync.Mutex
	reading reading // equals *latest
	speed   Speed
	paused  bool
	closed  bool
	waiters waiters
	arrived uint64 // waiters so far, to break ties of equal deadlines by arrival

	wake    chan struct{} // the earliest deadline or the rate has changed
	quit    chan struct{} // closed by Close
	stopped chan struct{} // closed when the goroutine has ended
}

// reading is one look at the real time: from there on, experiment time grows by rate.
type reading struct {
	real, experiment time.Duration
	rate             float64 // 0 while paused
	speed            Speed
	sleepless        bool // running at Max
}

// at extrapolates the experiment time to a later real time.
func (r *reading) at(real time.Duration) time.Duration {
	gap := real - r.real
	if r.rate == 1 {
		return r.experiment + gap
	}
	return r.experiment + time.Duration(float64(gap)*r.rate)
}

// New returns a running clock at time zero. Close it when done. It panics on a speed that ParseSpeed would refuse.
func New(speed Speed) *Clock {
	start := time.Now()
	return newClock(speed, func() time.Duration { return time.Since(start) })
}

// NewVirtual is New for a bubble of virtual time, which no stall can take from. The clock looks at that time only when
// somebody is due, so that in a bubble where nobody is, nothing happens.
func NewVirtual(speed Speed) *Clock {
	start := time.Now()
	c := newClock(speed, func() time.Duration { return time.Since(start) })
	c.mu.Lock()
	defer c.mu.Unlock()
	c.exact = true
	c.poke()
	return c
}

// Virtual tells whether the clock is one of [NewVirtual].
func (c *Clock) Virtual() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.exact
}

func newClock(speed Speed, real func() time.Duration) *Clock {
	mustBeValid(speed)
	c := &Clock{
		real:    real,
		speed:   speed,
		wake:    make(chan struct{}, 1),
		quit:    make(chan struct{}),
		stopped: make(chan struct{}),
	}
	c.reading = reading{real: real(), rate: speed.rate(), speed: speed, sleepless: speed == Max}
	c.publish()
	go c.run()
	return c
}

func mustBeValid(s Speed) {
	if !s.valid() {
		panic(fmt.Sprintf("clock: impossible speed %v", float64(s)))
	}
}

// Now returns the experiment time since New. It never goes back. On a closed clock it stays at the time of closing.
func (c *Clock) Now() time.Duration {
	if r := c.latest.Load(); r != nil {
		real := c.real()
		if (real-r.real < freshFor || r.rate == 0) && c.latest.Load() == r {
			return r.at(real)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

// now is Now with the lock held.
func (c *Clock) now() time.Duration {
	if real := c.real(); real-c.reading.real < freshFor || c.reading.rate == 0 {
		return c.reading.at(real)
	}
	return c.look()
}

// look takes a new reading. The time since the last one counts at the rate of the last one, less any stall; the time to
// come counts at the rate that holds now.
func (c *Clock) look() time.Duration {
	c.latest.Store(nil)
	real := c.real()
	counted := real
	if !c.exact {
		counted = min(real, c.reading.real+stallGap)
	}
	c.reading.experiment = c.reading.at(counted)
	c.reading.real = real
	c.reading.rate = c.speed.rate()
	if c.paused || c.closed {
		c.reading.rate = 0
	}
	c.reading.speed = c.speed
	c.reading.sleepless = c.speed == Max && c.reading.rate > 0
	c.publish()
	return c.reading.experiment
}

func (c *Clock) publish() {
	r := c.reading
	c.latest.Store(&r)
}

// Speed returns the speed, which a pause does not change.
func (c *Clock) Speed() Speed {
	if r := c.latest.Load(); r != nil {
		return r.speed
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.speed
}

// SetSpeed changes the speed from now on, also for those who are asleep. It panics on a speed that ParseSpeed would
// refuse.
func (c *Clock) SetSpeed(s Speed) {
	mustBeValid(s)
	c.change(func() { c.speed = s })
}

// Pause stops experiment time: nobody wakes up and no deadline passes until Resume. Pausing twice is pausing once.
func (c *Clock) Pause() { c.change(func() { c.paused = true }) }

// Resume lets a paused clock go on from the time it shows.
func (c *Clock) Resume() { c.change(func() { c.paused = false }) }

// Paused tells whether the clock is paused.
func (c *Clock) Paused() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.paused
}

// change makes a change take effect from this moment on.
func (c *Clock) change(set func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	set()
	c.look()
	c.poke()
}

// Sleep waits for d of experiment time. It returns nil when it has slept, the context's error if that ended first, and
// ErrClosed if the clock was closed. A pause or a change of speed in mid-sleep takes effect at once.
//
// At Max it only yields the processor, so that whoever was asleep elsewhere can go first; unless the clock is paused:
// then it waits for Resume.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error {
	return c.sleep(ctx, func(time.Duration) time.Duration { return d })
}

// SleepUntil is Sleep until the experiment time t. If that has passed, it returns the context's error at once.
func (c *Clock) SleepUntil(ctx context.Context, t time.Duration) error {
	return c.sleep(ctx, func(now time.Duration) time.Duration { return t - now })
}

func (c *Clock) sleep(ctx context.Context, howLong func(now time.Duration) time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if r := c.latest.Load(); r != nil && r.sleepless {
		runtime.Gosched()
		return ctx.Err()
	}
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return ErrClosed
	}
	now := c.now()
	d := howLong(now)
	if d <= 0 {
		c.mu.Unlock()
		return nil
	}
	if c.speed == Max && !c.paused {
		c.mu.Unlock()
		runtime.Gosched()
		return ctx.Err()
	}
	w := c.add(now, d, true)
	c.mu.Unlock()

	select {
	case <-w.due:
		return nil
	case <-ctx.Done():
		c.remove(w)
		return ctx.Err()
	case <-c.quit:
		c.remove(w)
		return ErrClosed
	}
}

// After returns a channel that is closed when d of experiment time has passed, and a function that gives the timer up.
// It is meant for deadlines and leases, and so is not skipped at Max: there it takes d of real time. The channel of a
// timer that was stopped, or whose clock was closed, stays open for ever.
func (c *Clock) After(d time.Duration) (due <-chan struct{}, stop func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d <= 0 {
		past := make(chan struct{})
		close(past)
		return past, func() {}
	}
	w := c.add(c.now(), d, false)
	return w.due, func() { c.remove(w) }
}

// Close stops the clock and waits for its goroutine to end. Those who sleep get ErrClosed.
func (c *Clock) Close() {
	c.mu.Lock()
	if !c.closed {
		c.closed = true
		c.look()
		close(c.quit)
	}
	c.mu.Unlock()
	<-c.stopped
}

// run wakes those whose time has come.
func (c *Clock) run() {
	defer close(c.stopped)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-c.wake:
		case <-c.quit:
			return
		}
		if nap, ok := c.tend(); ok {
			timer.Reset(nap)
		} else {
			timer.Stop()
		}
	}
}

// tend wakes all who are due, and returns the real time until somebody else may be. A paused clock needs no attention.
func (c *Clock) tend() (nap time.Duration, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.paused || c.closed {
		return 0, false
	}
	now := c.look()
	if c.speed == Max {
		c.waiters.wakeSleepers()
	}
	c.waiters.wakeDue(now)
	if len(c.waiters) == 0 {
		return lookEvery, !c.exact
	}
	next := math.Ceil(float64(c.waiters[0].deadline-now) / c.reading.rate)
	if !c.exact {
		next = min(next, float64(lookEvery))
	}
	return time.Duration(min(next, math.MaxInt64/2)), true
}

// add puts a waiter into the heap; the lock is held.
func (c *Clock) add(now, d time.Duration, sleeper bool) *waiter {
	deadline := now + d
	if deadline < now {
		deadline = math.MaxInt64
	}
	w := &waiter{deadline: deadline, order: c.arrived, sleeper: sleeper, due: make(chan struct{})}
	c.arrived++
	c.waiters.add(w)
	if w.index == 0 {
		c.poke()
	}
	return w
}

func (c *Clock) remove(w *waiter) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiters.remove(w)
}

// poke makes the goroutine look again.
func (c *Clock) poke() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}
