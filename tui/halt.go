package tui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"locktop/sim"
)

// Halting the race, going on command by command, and looking back.

// ready tells whether there is a race that goes on, and the user if there is not.
func (m *model) ready() bool {
	switch {
	case m.session == nil:
		m.notify("still starting")
	case m.session.over():
		m.notify("the run is over: r starts it again")
	default:
		return true
	}
	return false
}

// pause halts the race or lets it go on; where it cannot be halted, the view stands still instead.
func (m *model) pause() {
	if !m.frozen && !m.ready() {
		return
	}
	m.live()
	if exp := m.session.exp; exp.CanPause() {
		m.paused = !m.paused
		if m.paused {
			exp.Pause()
		} else {
			exp.Resume()
		}
		return
	}
	m.frozen = !m.frozen
	m.hold()
}

// step lets one command of the focused lane through.
func (m *model) step() {
	if !m.ready() {
		return
	}
	exp := m.session.exp
	if !exp.CanPause() {
		m.notify("a real Redis cannot be stepped: use the embedded one")
		return
	}
	m.live()
	if !m.paused {
		m.paused = true
		exp.Pause()
		m.notify("paused: . lets one command through")
		return
	}
	m.steppedAt = time.Now()
	if s := m.frame.snapshot(m.frame.Focus); s != nil {
		m.stepping, m.before = true, s.Reply
	}
	exp.Step(m.frame.Focus, m.frame.Cursor)
}

// suspend gives the terminal back to the shell. The race waits, where it can, so that no lease runs out meanwhile.
func (m *model) suspend() tea.Cmd {
	if !canSuspend {
		m.notify("this system cannot suspend programs")
		return nil
	}
	if m.session != nil && !m.session.over() && m.session.exp.CanPause() && !m.paused {
		m.suspended = true
		m.session.exp.Pause()
	}
	return tea.Exec(suspension{m.ctx}, func(err error) tea.Msg { return resumedMsg{err} })
}

// resume takes the terminal, and the race, up again.
func (m *model) resume(err error) {
	m.stale = true
	if err != nil {
		m.notify("not suspended: " + err.Error())
	}
	if m.suspended && m.session != nil {
		m.suspended = false
		m.session.exp.Resume()
	}
}

// hold keeps the present picture while the view is frozen or looks back, and lets go of it otherwise.
func (m *model) hold() {
	switch {
	case !m.frozen && !m.frame.Back:
		m.held = nil
	case m.held == nil:
		views := make([]sim.View, len(m.frame.Config.Lanes))
		for i := range views {
			views[i] = everything(m.frame.Config.Clients)
		}
		m.held = m.session.exp.Snapshots(views...)
		m.frame.Snapshots = m.held
	}
}

// scrub moves the end of the timelines by a quarter of their length. Looking back begins with holding the picture, as the
// timelines are forgotten while the race runs on; reaching its end returns to the present.
func (m *model) scrub(direction int) {
	f := &m.frame
	if m.session == nil {
		m.notify("still starting")
		return
	}
	p := planFor(m.size().w, m.size().h, f)
	length := time.Duration(p.timelineCells(f)) * f.perCell()
	from := f.edge()
	to := max(from+time.Duration(direction)*max(length/4, f.perCell()), min(length, f.now()))
	switch {
	case direction > 0 && !f.Back:
		m.notify("this is the present: ← looks back")
	case direction < 0 && to >= from:
		m.notify("this is the beginning")
	case to >= f.now():
		m.live()
	default:
		m.lookAt(to)
	}
}

// lookAt holds the picture and has the timelines end at a time.
func (m *model) lookAt(at time.Duration) {
	f := &m.frame
	if !f.Back && f.State == Live {
		m.notify("the race runs on: g returns to it")
	}
	f.Back, f.At = true, at
	m.hold()
}

// live returns from looking back.
func (m *model) live() {
	m.frame.Back = false
	m.hold()
}
