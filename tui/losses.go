package tui

import "locktop/sim"

// Going from one lost update to the next.

// jumpToLoss looks back at the moment of another loss of the focused lane: the one before the time looked at, or after.
func (m *model) jumpToLoss(direction int) {
	f := &m.frame
	s := f.snapshot(f.Focus)
	if s == nil {
		m.notify("still starting")
		return
	}
	if f.View == HistoryView {
		m.jumpToLostVersion(direction)
		return
	}
	if direction > 0 && !f.Back {
		m.notify("this is the present: [ goes back to the last loss")
		return
	}
	if s.Lost == 0 {
		m.notify(f.laneName(f.Focus) + " has lost nothing")
		return
	}
	losses := s.Losses
	if direction < 0 {
		i := len(losses) - 1
		for i >= 0 && f.Back && lostAt(&losses[i]) >= f.At {
			i--
		}
		if i < 0 {
			m.notify("no earlier loss is remembered")
			return
		}
		m.lookAtLoss(&losses[i])
		return
	}
	for i := range losses {
		if lostAt(&losses[i]) > f.At {
			m.lookAtLoss(&losses[i])
			return
		}
	}
	m.live()
	m.notify("no later loss: this is the present")
}

// lookAtLoss looks back at the moment of a loss, and selects the client whose update is then explained.
func (m *model) lookAtLoss(l *sim.Loss) {
	f := &m.frame
	m.lookAt(lostAt(l))
	if told, ok := lastLoss(f); ok && told.lane == f.Focus {
		f.Cursor = told.Victim.Client
	}
}

// jumpToLostVersion selects the next older lost version of the history, or the next newer one.
func (m *model) jumpToLostVersion(direction int) {
	f := &m.frame
	m.fetchHistory(mostHistory)
	s := f.snapshot(f.Focus)
	for i := f.Line - direction; i >= 0 && i < len(s.History); i -= direction {
		if v := &s.History[i]; !v.Kept && v.Client != 0 {
			f.Line = i
			return
		}
	}
	m.notify("no other lost version that way")
}
