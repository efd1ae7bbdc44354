package sim

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"locktop/sim/clock"
)

// An Experiment is one run: a workload of alerts given to several lanes. Make
// it with [Open], let it race with [Experiment.Run], look at it from any
// goroutine with [Experiment.Snapshots], and end it with [Experiment.Close].
type Experiment struct {
	config  Config
	clock   *clock.Clock // of a deterministic experiment, what virtual time is paced by
	virtual *virtual     // nil unless it is deterministic
	lanes   []*Lane
	started time.Time

	changes  sync.Mutex // held for one change of all lanes
	mu       sync.Mutex
	stepping bool
	elapsed  time.Duration // real time of the run, once it is over
	done     chan struct{} // closed when the run is over
}

// Open connects the lanes of an experiment, side by side. Nothing is left
// behind when it fails.
func Open(ctx context.Context, cfg Config) (*Experiment, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	e := &Experiment{config: cfg, clock: clock.New(cfg.Speed), done: make(chan struct{})}
	var err error
	if cfg.Deterministic {
		e.virtual = newVirtual(e.clock)
		ctx := context.WithoutCancel(ctx) // it ends outside
		e.inside(func() {
			e.virtual.clock = clock.NewVirtual(1)
			err = e.connect(ctx, e.virtual.clock, "virtual")
		})
	} else {
		e.clock.Pause() // until Run
		var runID string
		if runID, err = newRunID(); err == nil {
			err = e.connect(ctx, e.clock, runID)
		}
	}
	if err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

// connect opens the lanes.
func (e *Experiment) connect(ctx context.Context, clk *clock.Clock, runID string) error {
	for i := range e.config.Lanes {
		lane, err := openLane(ctx, e.config, i, clk, runID)
		if err != nil {
			return err
		}
		e.lanes = append(e.lanes, lane)
	}
	return nil
}

// inside calls f where the experiment lives, between two commands if it is
// deterministic, and returns when it has. f must not wait for a command. It is not for
// what is told of events.
func (e *Experiment) inside(f func()) {
	if e.virtual != nil {
		e.virtual.do(f)
		return
	}
	f()
}

// newRunID returns a name that no other run has.
func newRunID() (string, error) {
	var b [6]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", err
	}
	return hex.EncodeToString(b[:]), nil
}

// Run races all lanes and returns when they have handled their alerts, when
// ctx ends (which is no error), or with the first error of a lane, after the
// others have been stopped.
func (e *Experiment) Run(ctx context.Context) error {
	if e.virtual != nil {
		return e.runVirtual(ctx)
	}
	// A deadline must not reach the commands: they would be cut off before
	// their replies. Inside, a run is only ever cancelled.
	inner, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	defer context.AfterFunc(ctx, stop)()
	e.mu.Lock()
	e.started = time.Now()
	e.mu.Unlock()
	e.Resume()
	errs := make([]error, len(e.lanes))
	var wg sync.WaitGroup
	for i, l := range e.lanes {
		wg.Go(func() {
			if errs[i] = guard(func() error { return l.run(inner) }); errs[i] != nil {
				stop()
			}
		})
	}
	wg.Wait()
	e.mu.Lock()
	e.elapsed = time.Since(e.started)
	e.mu.Unlock()
	close(e.done)
	return errors.Join(errs...)
}

// runVirtual is Run in virtual time.
func (e *Experiment) runVirtual(ctx context.Context) (err error) {
	v := e.virtual
	defer close(e.done)
	over := make(chan error, 1)
	var stop func()
	v.do(func() { stop = v.race(e.lanes, func(err error) { over <- err }) })
	if stop != nil {
		defer context.AfterFunc(ctx, func() { v.post(stop) })()
	}
	select {
	case err = <-over:
	case <-v.ended:
		err = v.err
	}
	return err
}

// OnEvent calls f for every event after it was folded, with the index of its lane:
// for the events of a lane in their order; for those of several lanes on several
// goroutines, unless the experiment is deterministic: then in the order of time, on
// one. It may be called several times, before Run.
//
// f may look at the experiment, with [Experiment.Snapshots], [Experiment.Result],
// [Experiment.Now] and the like; what it sees may be ahead of its event. It may pause,
// resume and step, and end the context of Run. While f runs, the lane soon waits for
// it. So f must not wait for the race, nor call Run or Close; and of a deterministic
// experiment, which f holds up altogether, not Change or Inject either: another
// goroutine may.
func (e *Experiment) OnEvent(f func(lane int, event Event)) {
	for i, l := range e.lanes {
		before := l.recorder.log
		l.recorder.log = func(event Event) {
			if before != nil {
				before(event)
			}
			f(i, event)
		}
	}
}

// Tapes has the events of every lane kept from now on, as far as memory is meant for
// that, and returns the tapes to look back with: see [Tape]. It must be called before
// Run, and is not for measurements: it costs a lane some hundred nanoseconds an event.
func (e *Experiment) Tapes() []*Tape {
	tapes := make([]*Tape, len(e.lanes))
	for i, l := range e.lanes {
		if l.recorder.tape == nil {
			l.recorder.tape = newTape(l.recorder.board, liveLength(l.info))
		}
		tapes[i] = l.recorder.tape
	}
	return tapes
}

// Done is closed when the run is over.
func (e *Experiment) Done() <-chan struct{} { return e.done }

// Close disconnects everything and removes what the run left in Redis. Call it
// after Run has returned.
func (e *Experiment) Close() error {
	var errs []error
	closeLanes := func() {
		for _, l := range e.lanes {
			errs = append(errs, l.close())
		}
	}
	if v := e.virtual; v != nil {
		v.do(func() {
			closeLanes()
			v.clock.Close()
			v.closing = true
		})
		<-v.ended
		errs = append(errs, v.err)
	} else {
		closeLanes()
	}
	e.clock.Close()
	return errors.Join(errs...)
}

// Config returns what the experiment was opened with; [Experiment.Settings] what has
// become of that.
func (e *Experiment) Config() Config { return e.config }

// Clock returns the experiment clock; of a deterministic experiment, the one that its
// virtual time is paced by: see [Experiment.Now].
func (e *Experiment) Clock() *clock.Clock { return e.clock }

// Now returns the experiment time.
func (e *Experiment) Now() time.Duration {
	if e.virtual != nil {
		return time.Duration(e.virtual.now.Load())
	}
	return e.clock.Now()
}

// Elapsed returns the real time that the run took, or has taken so far; the virtual
// time if it is deterministic.
func (e *Experiment) Elapsed() time.Duration {
	if e.virtual != nil {
		return e.Now()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.elapsed > 0 {
		return e.elapsed
	}
	if e.started.IsZero() {
		return 0
	}
	return time.Since(e.started)
}

// Backend describes where the lanes' Redis is, without secrets, and its version.
func (e *Experiment) Backend() (label, version string) {
	server := e.lanes[0].server
	return server.Label(), server.Version()
}

// Snapshots returns the state of every lane. A view that is missing asks for
// no clients.
func (e *Experiment) Snapshots(views ...View) []*Snapshot {
	snapshots := make([]*Snapshot, len(e.lanes))
	for i, l := range e.lanes {
		var view View
		if i < len(views) {
			view = views[i]
		}
		snapshots[i] = l.recorder.Snapshot(view)
	}
	return snapshots
}

// CanPause says whether a pause stops the race itself. On a real Redis it
// cannot, because leases go on running there.
func (e *Experiment) CanPause() bool { return e.lanes[0].server.FollowsClock() }

// Pause stops the clock and parks every client before its next command.
func (e *Experiment) Pause() {
	if v := e.virtual; v != nil {
		v.set(func() { v.paused, v.stepping = true, 0 })
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stepping = false
	e.pauseLocked()
}

func (e *Experiment) pauseLocked() {
	e.clock.Pause()
	for _, l := range e.lanes {
		l.gate.close()
	}
}

// Resume lets the clock and the clients go on.
func (e *Experiment) Resume() {
	if v := e.virtual; v != nil {
		v.set(func() { v.paused, v.stepping = false, 0 })
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stepping = false
	for _, l := range e.lanes {
		l.gate.open()
	}
	e.clock.Resume()
}

// Paused says whether the experiment stands still; during a step it does not.
func (e *Experiment) Paused() bool {
	if e.virtual != nil {
		return e.virtual.halted()
	}
	return e.clock.Paused()
}

// HaltAt has a deterministic experiment pause by itself, as [Experiment.Pause] does, when
// its time comes to each of these, in ascending order, and before any command of that
// moment: what is seen then, and what comes of a change or a fault that is made then,
// is the same in every run. A pause at one of them is ended by [Experiment.Resume].
// It replaces what was ordered before; a time that has passed halts at once. Other
// experiments have no such moments, and never halt.
func (e *Experiment) HaltAt(times ...time.Duration) {
	if v := e.virtual; v != nil {
		v.set(func() { v.halts = slices.Clone(times) })
	}
}

// Step lets a paused lane send exactly one Redis command: one that is parked,
// of the preferred client if it can, or else the next that arrives when time
// goes on. In that time the other lanes run on; then everything stands again.
// It does not wait for the command. A deterministic lane sends the command whose turn
// it is, whoever is preferred.
func (e *Experiment) Step(lane, client int) {
	if v := e.virtual; v != nil {
		v.set(func() {
			if v.paused {
				v.stepping = lane + 1
			}
		})
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stepping || !e.clock.Paused() || e.lanes[lane].gate.grant(client) {
		return
	}
	e.stepping = true
	for i, l := range e.lanes {
		if i == lane {
			l.gate.await(e.stepped)
		} else {
			l.gate.open()
		}
	}
	e.clock.Resume()
}

// stepped ends a step: the awaited command has come to the gate.
func (e *Experiment) stepped() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stepping {
		e.stepping = false
		e.pauseLocked()
	}
}

// Inject does a fault to a lane, by index: as the fault says, or at once. It returns
// an error if that makes no sense there. What the fault does becomes events.
func (e *Experiment) Inject(lane int, f Fault) error {
	f.Lane = lane + 1
	l := e.lanes[lane]
	if err := l.now().config.CheckFault(f); err != nil {
		return err
	}
	e.inside(func() { l.inject(f) })
	return nil
}

// guard turns a panic of a goroutine into an error, so that the terminal can
// be restored before anything is printed.
func guard(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return f()
}
