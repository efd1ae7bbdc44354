package sim

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A regime is how the clients of a lane work, until a setting changes. It is never
// changed itself: another takes its place.
type regime struct {
	laneSpec
	config Config        // the experiment's as this lane has it
	floor  time.Duration // of a lease, in real time
	// over ends when another strategy takes the place of this one; regimes with the
	// same strategy, one after the other, share it.
	over context.Context
	end  context.CancelFunc
}

// newRegime is a lane's first.
func newRegime(cfg Config, index int) (*regime, error) {
	spec, err := cfg.lane(index)
	if err != nil {
		return nil, err
	}
	r := &regime{laneSpec: spec, config: cfg, floor: cfg.LeaseFloor}
	if spec.fixed || cfg.Deterministic { // there no machine has any jitter
		r.floor = 0
	}
	r.over, r.end = context.WithCancel(context.Background())
	return r, nil
}

// after is the regime after a change, and whether that makes a difference to a lane
// that was opened with so many servers.
func (r *regime) after(change Change, index, servers int) (next *regime, differs bool, err error) {
	cfg, err := r.config.With(change)
	if err != nil {
		return nil, false, err
	}
	if err := cfg.checkServers(index, servers); err != nil {
		return nil, false, err
	}
	if next, err = newRegime(cfg, index); err != nil {
		return nil, false, err
	}
	if next.strategy.Name == r.strategy.Name {
		next.end()
		next.over, next.end = r.over, r.end
	}
	return next, r.config.differs(cfg, index), nil
}

// now is the lane's present regime.
func (l *Lane) now() *regime { return l.regime.Load() }

// changing is what changes of a lane share. Its lock is held for one change.
type changing struct {
	planned []Change                          // those that wait for an alert
	start   func(func(context.Context) error) // runs clients that are added; nil before the run
	sealed  bool                              // all alerts have been pushed, so that nobody can join or leave
	over    bool
}

// runChanges has start run the clients that changes add from now on, and returns those
// there are. The changes of the configuration are the first.
func (l *Lane) runChanges(start func(func(context.Context) error)) []*client {
	l.mu.Lock()
	clients := l.clients
	l.changing.start = start
	l.mu.Unlock()
	for _, change := range l.now().config.Changes {
		if change.Lane != 0 && change.Lane != l.info.Index+1 {
			continue
		}
		if err := l.plan(change); err != nil {
			l.failed(fmt.Errorf("lane %s: %s: %w", l.Name(), change, err))
			l.stop()
		}
	}
	return clients
}

// endChanges refuses changes from now on.
func (l *Lane) endChanges() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changing.over = true
}

// plan does a change when it is due: at once, after a time or at an alert.
func (l *Lane) plan(change Change) error {
	switch {
	case change.Alert > 0:
		l.mu.Lock()
		defer l.mu.Unlock()
		if sent := int(l.cluster.sent.Load()); change.Alert <= sent {
			return fmt.Errorf("change: %s: alert %d has been sent", change.Setting, change.Alert)
		}
		l.changing.planned = append(l.changing.planned, change)
	case change.After > 0:
		l.later(change.After, func() { l.changeOrStop(change) })
	default:
		return l.change(change)
	}
	return nil
}

// changeOrStop does a change. If it cannot be done, the lane ends.
func (l *Lane) changeOrStop(change Change) {
	if err := l.change(change); err != nil && !errors.Is(err, errOver) {
		l.failed(fmt.Errorf("lane %s: %s: %w", l.Name(), change, err))
		l.stop()
	}
}

// changeBefore does the changes that wait for an alert which is about to be sent.
func (l *Lane) changeBefore(alert int) {
	l.mu.Lock()
	var due, later []Change
	for _, change := range l.changing.planned {
		if change.Alert <= alert {
			due = append(due, change)
		} else {
			later = append(later, change)
		}
	}
	l.changing.planned = later
	l.mu.Unlock()
	for _, change := range due {
		l.changeOrStop(change)
	}
}

// change does a change now. It does not wait for clients: who is in the middle of an
// update ends that under the strategy it began it with.
func (l *Lane) change(change Change) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := l.now()
	next, differs, err := before.after(change, l.info.Index, len(l.servers()))
	members := change.Setting == ChangeClients && differs
	switch {
	case err != nil:
		return err
	case l.changing.over, members && l.changing.sealed:
		return errOver
	case !differs:
		l.regime.Store(next)
		return nil
	}
	change.Lane, change.After, change.Alert = 0, 0, 0
	l.recorder.Record(Event{
		Kind: Changed, Text: change.String(), Value: next.config.Lanes[l.info.Index], Lease: next.config.LaneInfo(l.info.Index).Lease,
	})
	l.regime.Store(next)
	if next.over != before.over {
		before.end()
	}
	if members {
		return l.admit(change.Clients)
	}
	return nil
}

// admit makes the first clients of the lane its members, as many as are told: others
// leave, and new ones are made. It is called with the lane locked.
func (l *Lane) admit(members int) error {
	before, next := int(l.members.Load()), l.cluster.sent.Load()+1
	for len(l.clients) < members {
		c, err := l.newClient(len(l.clients) + 1)
		if err != nil {
			return err
		}
		c.from.Store(next)
		c.late = true
		l.clients = append(l.clients, c)
		if l.changing.start != nil {
			l.changing.start(c.run)
		}
	}
	for i := before; i < members; i++ {
		l.clients[i].from.Store(next)
	}
	l.members.Store(int64(members))
	for i := min(before, members); i < max(before, members); i++ {
		l.clients[i].nudge()
	}
	return nil
}

// roster are the clients there are, those that have left among them.
func (l *Lane) roster() []*client {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.clients
}

// seal keeps the clients as they are from now on.
func (l *Lane) seal() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changing.sealed = true
}

// Change changes a setting of the run, in the lanes that the change names: at once, or
// when it says. It does not wait for it to take effect. It returns an error if it
// cannot be, which wraps [ErrServers] if a run that begins so could have it, or if it
// makes no difference anywhere, though the speed may be what it is. What comes of it becomes events, of the kinds Changed,
// Joined and Left.
func (e *Experiment) Change(change Change) (err error) {
	e.changes.Lock()
	defer e.changes.Unlock()
	err = errOver
	e.inside(func() { err = e.change(change) })
	return err
}

func (e *Experiment) change(change Change) error {
	var lanes []*Lane
	for i, l := range e.lanes {
		if change.Lane != 0 && change.Lane != i+1 {
			continue
		}
		next, differs, err := l.now().after(change, i, len(l.servers()))
		if err == nil && change.Setting == ChangeClients {
			err = next.config.checkRoom(i, l.server)
		}
		if err != nil {
			return err
		}
		if differs {
			lanes = append(lanes, l)
		}
	}
	switch {
	case change.Lane > len(e.lanes):
		return fmt.Errorf("change: %s: lane: there are only %d", change.Setting, len(e.lanes))
	case change.Setting == ChangeSpeed:
		e.clock.SetSpeed(change.Speed)
	case len(lanes) == 0 && change.After == 0 && change.Alert == 0:
		return fmt.Errorf("change: %s: %w", change.Setting, errOwn)
	}
	err := errOver // unless a lane goes on
	for i, l := range e.lanes {
		if change.Lane != 0 && change.Lane != i+1 {
			continue
		}
		switch now := l.plan(change); {
		case now == nil:
			err = nil
		case !errors.Is(now, errOver) || change.Setting == ChangeClients: // they are to stay as many in all lanes
			return now
		}
	}
	return err
}

// Settings returns the configuration as it has been changed up to now. Where lanes have
// come to a change at different times, it is the one with more clients.
func (e *Experiment) Settings() Config {
	settings := e.lanes[0].now().config
	lanes := make([]string, len(e.lanes))
	for i, l := range e.lanes {
		cfg := l.now().config
		lanes[i] = cfg.Lanes[i]
		settings.Clients = max(settings.Clients, cfg.Clients)
	}
	settings.Lanes, settings.Speed = lanes, e.clock.Speed()
	return settings
}
