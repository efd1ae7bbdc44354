package tui

import (
	"slices"
	"time"

	"locktop/sim"
)

// Going from one lost update to the next.

// jumpToLoss looks back at the moment of another loss of the focused lane: the one before the time shown, or after.
func (m *model) jumpToLoss(direction int) {
	f := &m.frame
	if m.session == nil || f.snapshot(f.Focus) == nil {
		m.notify("still starting")
		return
	}
	tape, name := m.session.tapes[f.Focus], f.laneName(f.Focus)
	if direction > 0 {
		switch at, ok := tape.LossAfter(m.shown()); {
		case !f.Back:
			m.notify("this is the present: [ goes back to the last loss")
		case ok && at <= m.present():
			m.lookAtLoss(at)
		default:
			m.live()
			m.notify("no later loss: this is the present")
		}
		return
	}
	m.fold()
	before := m.shown()
	if !f.Back {
		before++ // the present is looked at as well
	}
	oldest := m.oldest()
	switch at, ok := tape.LossBefore(before); {
	case ok && at >= oldest:
		m.lookAtLoss(at)
	case oldest > 0:
		m.notify("no earlier loss is kept: the record of " + name + " begins at " + clockText(oldest))
	case f.Back:
		m.notify(name + " had lost nothing before")
	default:
		m.notify(name + " has lost nothing")
	}
}

// lookAtLoss looks back at the moment of a loss, and selects the client whose update is then explained, and its version in
// the history.
func (m *model) lookAtLoss(at time.Duration) {
	f := &m.frame
	f.atLoss = at
	m.lookAt(at)
	told, ok := lastLoss(f)
	if !ok || told.lane != f.Focus {
		return
	}
	f.Cursor = told.Victim.Client
	if f.View == HistoryView {
		m.fetchHistory(mostHistory)
		lost := func(v sim.Version) bool { return v.Update == told.Victim }
		f.Line = max(slices.IndexFunc(f.snapshot(f.Focus).History, lost), 0)
	}
}
