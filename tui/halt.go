package tui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"
)

// Halting the race, and going on command by command.

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
	m.frozenAt = m.session.exp.Now()
	m.fold()
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
	switch {
	case m.play != nil:
		m.play.stop()
	case m.session != nil && !m.session.over() && m.session.exp.CanPause() && !m.paused && (m.drive == nil || !m.drive.paused):
		m.suspended = true
		m.session.exp.Pause()
	}
	return tea.Exec(&suspension{ctx: m.ctx}, func(err error) tea.Msg { return resumedMsg{err} })
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
