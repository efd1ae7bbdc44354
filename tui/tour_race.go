package tui

import (
	"math"
	"slices"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"locktop/sim"
	"locktop/sim/clock"
	"locktop/tui/chart"
	"locktop/tui/tour"
)

// raceScene is the live race, in a part of the screen.
type raceScene struct {
	*model
	begun bool
	// stops are those of the act, and due tells that the race is shown as it is at the last of them, or later.
	stops []time.Duration
	due   bool
	// base is the focused lane when the counts began; nil is the start of the race.
	base     *sim.Snapshot
	strategy string
	crashed  int
}

func newRaceScene(m *tourModel, a tour.Act) *raceScene {
	opts := m.opts
	if p, ok := sim.PresetNamed(a.Preset); ok {
		opts.Preset = &p
	}
	stops := m.stops()
	opened := opts.Opened
	opts.Opened = func(e *sim.Experiment) error {
		e.HaltAt(stops...)
		if opened == nil {
			return nil
		}
		return opened(e)
	}
	cfg := a.Config()
	if m.auto != nil && !m.auto.over { // there is nobody to see it
		cfg.Speed = clock.Max
	}
	s := &raceScene{model: newModel(m.ctx, cfg, opts, m.output), stops: a.Halts()}
	s.frame.taken = m.keysTaken()
	s.frame.words = m.say()
	return s
}

// stops are all of the race that begins with the present act.
func (m *tourModel) stops() (all []time.Duration) {
	for i, a := range m.lesson().Acts[m.act:] {
		if i > 0 && a.Scene != tour.Same {
			break
		}
		all = append(all, a.Halts()...)
	}
	return all
}

func (s *raceScene) start() tea.Cmd {
	s.begun = true
	return tea.Batch(s.restart(), s.nextTick())
}

// offered is nothing: a race has a footer of its own.
func (s *raceScene) offered() []tourKey { return nil }

func (s *raceScene) key(msg tea.KeyMsg) tea.Cmd {
	if !s.begun {
		return nil
	}
	return s.keys(msg)
}

func (s *raceScene) resize(w, h int) { s.model.update(tea.WindowSizeMsg{Width: w, Height: h}) }

func (s *raceScene) update(msg tea.Msg) tea.Cmd {
	cmd := s.model.update(msg)
	s.arrive()
	if s.frame.State == Starting {
		s.base, s.due = nil, false
	}
	if now := s.frame.snapshot(s.frame.Focus); now != nil {
		if len(s.stops) == 0 && s.strategy != "" && (now.Lane.Strategy != s.strategy || now.Crashed > s.crashed) {
			s.base = now
		}
		s.strategy, s.crashed = now.Lane.Strategy, now.Crashed
		if s.base != nil && now.Acked < s.base.Acked { // it was started again
			s.base = nil
		}
	}
	return cmd
}

// arrive notes that the race stands at a stop. It looks once more, so that what is seen is how things are there.
func (s *raceScene) arrive() {
	if s.session == nil || s.suspended || s.drive != nil || !s.session.exp.Paused() {
		return
	}
	if !s.paused {
		s.paused = true
		s.look()
	}
	if n := len(s.stops); n > 0 && s.session.exp.Now() >= s.stops[n-1] {
		s.due = true
	}
}

// halted tells whether the race waits for the learner to let it go on.
func (s *raceScene) halted() bool { return len(s.stops) > 0 && !s.due && s.frame.State == Paused }

// missed: at the last stop, a race has gone as it will for the lesson.
func (s *raceScene) missed() bool { return s.due && s.frame.State == Paused }

func (s *raceScene) draw(a chart.Area) {
	if s.drive != nil {
		drawDrive(a, s.drive, &s.frame)
		return
	}
	drawFrame(a, s.frame)
}

func (s *raceScene) changed() bool {
	stale := s.stale
	s.stale = false
	return stale
}

func (s *raceScene) begin(a tour.Act) {
	s.stops, s.due = a.Halts(), false
	s.base = s.frame.snapshot(s.frame.Focus)
}

// settled: with stops, what is expected is looked at where every learner sees the same.
func (s *raceScene) settled() bool { return s.due || len(s.stops) == 0 }

func (s *raceScene) still() bool { return s.frame.State == Done || s.due && s.frame.State == Paused }

func (s *raceScene) ready() bool {
	if s.frame.State == Paused {
		return true
	}
	return len(s.stops) == 0 && s.frame.State == Live && s.frame.snapshot(0) != nil && s.frame.snapshot(0).Acked > 0
}

// wants: a menu has all keys, and who drives has those of that screen, q among them.
func (s *raceScene) wants(name string) bool {
	switch {
	case name == "ctrl+c":
		return false
	case s.drive != nil:
		return name != "enter" && slices.ContainsFunc(s.drive.keys(), func(k keyed) bool { return slices.Contains(k.Keys(), name) })
	}
	if s.frame.Over == ClientLog {
		return slices.ContainsFunc(keyMap[:], func(k keyed) bool { return k.over == ClientLog && slices.Contains(k.Keys(), name) })
	}
	return name != "q" && s.frame.Over != NoOverlay && !s.frame.Over.reading()
}

func (s *raceScene) close() error {
	if d := s.drive; d != nil {
		d.end()
	}
	_, err := s.stage.close()
	return err
}

func (s *raceScene) value(quantity string) (tour.Value, bool) {
	now := s.frame.snapshot(s.frame.Focus)
	if now == nil {
		return tour.Value{}, false
	}
	base := s.base
	if base == nil {
		base = new(sim.Snapshot)
	}
	acked := now.Acked - base.Acked
	each := func(n int64) (tour.Value, bool) { // acked update, once there is one
		if acked <= 0 {
			return tour.Value{}, false
		}
		return tour.Value{Number: math.Round(10*float64(n)/float64(acked)) / 10}, true
	}
	switch quantity {
	case "acked":
		return tour.Count(acked), true
	case "kept":
		return tour.Count(now.Kept - base.Kept), true
	case "lost":
		return tour.Count(now.Lost - base.Lost), true
	case "lost%":
		return each(100 * (now.Lost - base.Lost))
	case "failures":
		return tour.Count(now.Failures - base.Failures), true
	case "commands":
		return each(now.Commands - base.Commands)
	case "inside":
		return tour.Count(now.MaxInside), true
	case "overlaps":
		return tour.Count(now.Overlaps - base.Overlaps), true
	case "expired":
		return tour.Count(now.Expired - base.Expired), true
	case "crashed":
		return tour.Count(now.Crashed), true
	case "faults":
		return tour.Count(now.Faults - base.Faults), true
	case "resets":
		return tour.Count(now.Resets - base.Resets), true
	case "disowned":
		return tour.Count(now.Disowned - base.Disowned), true
	case "clients":
		return tour.Count(now.Lane.Clients), true
	case "lease":
		return tour.Count(now.Lane.Lease / time.Millisecond), true
	case "verdict":
		return tour.Value{Word: string(now.Verdict)}, true
	case "strategy":
		return tour.Value{Word: now.Lane.Strategy}, true
	case "view":
		return tour.Value{Word: viewNames[s.frame.View]}, true
	}
	return tour.Value{}, false
}
