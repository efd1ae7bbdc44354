package tui

import (
	tea "github.com/charmbracelet/bubbletea"
)

// The mouse is off until the user asks for it, because it takes selecting text away from the terminal.

func (m *model) toggleMouse() tea.Cmd {
	m.mouse = !m.mouse
	if !m.mouse {
		m.notify("mouse off")
		return tea.DisableMouse
	}
	m.notify("mouse on: a click selects, the wheel scrolls, m turns it off again")
	return tea.EnableMouseCellMotion
}

// wheelRows is how far a notch of the wheel scrolls.
const wheelRows = 3

// pointed obeys the mouse.
func (m *model) pointed(msg tea.MouseMsg) tea.Cmd {
	if !m.mouse || msg.Action != tea.MouseActionPress || m.frame.Over != NoOverlay {
		return nil
	}
	switch msg.Button {
	case tea.MouseButtonWheelUp:
		m.move(-wheelRows)
	case tea.MouseButtonWheelDown:
		m.move(+wheelRows)
	case tea.MouseButtonLeft:
		m.click(msg.X, msg.Y)
	default:
		return nil
	}
	m.stale = true
	m.look()
	return m.nextTick()
}

// click selects what is at a place: a lane, and a client, a version or a run in it.
func (m *model) click(x, y int) {
	f, s := &m.frame, m.size()
	p := planFor(s.w, s.h, f)
	if p.tooSmall {
		return
	}
	first, n := f.shownLanes(&p)
	if lane := first + x*n/s.w; f.View != RunsView && lane != f.Focus && y >= p.panelTop && y < s.h-1 {
		m.focus(lane)
	}
	switch f.View {
	case RaceView, TimelineView:
		if row := y - p.firstRow(f); row >= 0 && row < p.lane.clients {
			f.Cursor = p.lane.firstClient + row
		}
	case HistoryView:
		if lane := f.snapshot(f.Focus); lane != nil {
			rows := historyRows(s.h)
			if row := y - p.panelTop - 2; row >= 0 && row < rows {
				m.moveLine(f.historyTop(rows, len(lane.History)) + row - f.Line)
			}
		}
	case ClientsView:
		order := f.clientOrder()
		rows := tableRows(s.h, len(order))
		if i := y - p.panelTop - 2; i >= 0 && i < rows {
			if i += f.tableTop(order, rows); i < len(order) {
				f.Cursor = order[i].Number
			}
		}
	case RunsView:
		rows := f.runRows(s.h - p.panelTop - 1)
		if i := y - p.panelTop - 1; i >= 0 && i < rows && f.runTop(rows)+i < len(f.Runs) {
			f.RunLine = f.runTop(rows) + i
		}
	}
}
