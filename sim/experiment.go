package sim

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"locktop/sim/clock"
)

// An Experiment is one run: a workload of alerts given to several lanes. Make
// it with [Open], let it race with [Experiment.Run], look at it from any
// goroutine with [Experiment.Snapshots], and end it with [Experiment.Close].
type Experiment struct {
	config  Config
	clock   *clock.Clock
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
	e.clock.Pause() // until Run
	runID, err := newRunID()
	if err != nil {
		return nil, err
	}
	for i := range cfg.Lanes {
		lane, err := openLane(ctx, cfg, i, e.clock, runID)
		if err != nil {
			return nil, errors.Join(err, e.Close())
		}
		e.lanes = append(e.lanes, lane)
	}
	return e, nil
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

// OnEvent has f told of every event as it is folded, with the index of its lane:
// the events of a lane in their order, those of several lanes on several
// goroutines. Several may be told. It must be called before Run.
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
	for _, l := range e.lanes {
		errs = append(errs, l.close())
	}
	e.clock.Close()
	return errors.Join(errs...)
}

// Config returns what the experiment was opened with; [Experiment.Settings] what has
// become of that.
func (e *Experiment) Config() Config { return e.config }

// Clock returns the experiment clock.
func (e *Experiment) Clock() *clock.Clock { return e.clock }

// Elapsed returns the real time that the run took, or has taken so far.
func (e *Experiment) Elapsed() time.Duration {
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
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stepping = false
	for _, l := range e.lanes {
		l.gate.open()
	}
	e.clock.Resume()
}

// Paused says whether the experiment stands still; during a step it does not.
func (e *Experiment) Paused() bool { return e.clock.Paused() }

// Step lets a paused lane send exactly one Redis command: one that is parked,
// of the preferred client if it can, or else the next that arrives when time
// goes on. In that time the other lanes run on; then everything stands again.
// It does not wait for the command.
func (e *Experiment) Step(lane, client int) {
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
	l.inject(f)
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
