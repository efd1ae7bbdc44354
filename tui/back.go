package tui

import (
	"time"

	"locktop/sim"
)

// Looking back: all views show the lanes as they were at a time, which the tapes of the session tell.

// present is the latest time that there is something to see of: that at which the view was frozen, or now. Of a recording
// it is the time that is played.
func (m *model) present() time.Duration {
	switch {
	case m.play != nil:
		return m.play.now()
	case m.frozen:
		return m.frozenAt
	}
	return m.session.exp.Now()
}

// shown is the time that the screen shows.
func (m *model) shown() time.Duration {
	if m.frame.Back {
		return m.frame.At
	}
	return m.present()
}

// snapshots returns the lanes as they are at the time shown.
func (m *model) snapshots(views []sim.View) []*sim.Snapshot {
	switch {
	case m.play != nil:
		return m.play.snapshots(views)
	case !m.frozen && !m.frame.Back:
		return m.session.exp.Snapshots(views...)
	}
	snapshots := make([]*sim.Snapshot, len(m.session.tapes))
	for i, tape := range m.session.tapes {
		snapshots[i] = tape.At(m.shown(), views[i])
	}
	return snapshots
}

// fold has everything on the tapes that has happened so far, so that a time that is over does not change any more.
func (m *model) fold() { m.session.exp.Snapshots() }

// oldest is the earliest time that all lanes can be looked back at; 0 is the beginning.
func (m *model) oldest() time.Duration {
	var oldest time.Duration
	for _, tape := range m.session.tapes {
		from, _ := tape.Span()
		oldest = max(oldest, from)
	}
	return oldest
}

// keepUp moves the time looked back at when what is older is dropped from the tapes.
func (m *model) keepUp() {
	if f := &m.frame; f.Back && f.At < m.oldest() {
		f.At = m.oldest()
		m.tellOldest()
	}
}

// tellOldest says that there is nothing before the time looked at.
func (m *model) tellOldest() {
	if at := m.frame.At; at > 0 {
		m.notify("the record begins here, at " + clockText(at) + ": what is older is not kept")
		return
	}
	m.notify("this is the beginning")
}

// scrub moves the time shown by a quarter of what the timelines span; reaching the end returns to the present.
func (m *model) scrub(direction int) {
	f := &m.frame
	if m.session == nil {
		m.notify("still starting")
		return
	}
	p := planFor(m.size().w, m.size().h, f)
	cells := max(p.timelineCells(f)/4, 1)
	oldest := m.oldest()
	to := max(m.shown()+time.Duration(direction*cells)*f.perCell(), oldest)
	switch {
	case direction > 0 && !f.Back:
		m.notify(f.keyText("this is the present: ← looks back"))
	case to >= m.present() && direction > 0:
		m.live()
	default:
		m.lookAt(to)
		if to == oldest {
			m.tellOldest()
		}
	}
}

// lookAt shows all lanes as they were at a time.
func (m *model) lookAt(at time.Duration) {
	f := &m.frame
	if m.play != nil {
		m.play.seek(at)
		m.look()
		return
	}
	if !f.Back && f.State == Live {
		m.notify("the race runs on: g returns to it")
	}
	m.fold()
	f.Back, f.At = true, at
	m.look()
}

// live returns from looking back, of which then nothing is to be said any more.
func (m *model) live() {
	if m.frame.Back {
		m.frame.Back, m.frame.Notice = false, ""
	}
}
