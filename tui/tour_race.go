package tui

import (
	"math"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"locktop/sim"
	"locktop/tui/chart"
	"locktop/tui/tour"
)

// raceScene is the live race, in a part of the screen.
type raceScene struct {
	*model
	begun bool
	// base is the focused lane when the act began, the strategy was last changed or a client crashed; nil is the start of the race.
	base     *sim.Snapshot
	strategy string
	crashed  int
}

func newRaceScene(m *tourModel, a tour.Act) *raceScene {
	opts := m.opts
	if p, ok := sim.PresetNamed(a.Preset); ok {
		opts.Preset = &p
	}
	s := &raceScene{model: newModel(m.ctx, a.Config(), opts, m.output)}
	s.frame.taken = m.keysTaken()
	return s
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
	if now := s.frame.snapshot(s.frame.Focus); now != nil {
		if s.strategy != "" && (now.Lane.Strategy != s.strategy || now.Crashed > s.crashed) {
			s.base = now
		}
		s.strategy, s.crashed = now.Lane.Strategy, now.Crashed
		if s.base != nil && now.Acked < s.base.Acked { // it was started again
			s.base = nil
		}
	}
	return cmd
}

func (s *raceScene) draw(a chart.Area) { drawFrame(a, s.frame) }

func (s *raceScene) changed() bool {
	stale := s.stale
	s.stale = false
	return stale
}

func (s *raceScene) begin() { s.base = s.frame.snapshot(s.frame.Focus) }

func (s *raceScene) still() bool { return s.frame.State == Done }

func (s *raceScene) ready() bool {
	return s.frame.State == Live && s.frame.snapshot(0) != nil && s.frame.snapshot(0).Acked > 0
}

// wants: a menu has all keys.
func (s *raceScene) wants(key string) bool {
	return key != "ctrl+c" && s.frame.Over != NoOverlay && !s.frame.Over.reading()
}

func (s *raceScene) close() error {
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
	each := func(n int64) tour.Value { // acked update
		if acked <= 0 {
			return tour.Value{}
		}
		return tour.Value{Number: math.Round(10*float64(n)/float64(acked)) / 10}
	}
	switch quantity {
	case "acked":
		return tour.Count(acked), true
	case "kept":
		return tour.Count(now.Kept - base.Kept), true
	case "lost":
		return tour.Count(now.Lost - base.Lost), true
	case "lost%":
		return each(100 * (now.Lost - base.Lost)), true
	case "failures":
		return tour.Count(now.Failures - base.Failures), true
	case "commands":
		return each(now.Commands - base.Commands), true
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
