package tui

import "locktop/sim"

// Moving the cursor, which selects a client or, in the history, a version.

// farthest is a way that leads to the end of any list.
const farthest = 1 << 30

// move moves the cursor of the present view by some rows.
func (m *model) move(by int) {
	f := &m.frame
	if f.View == HistoryView && f.Over == NoOverlay {
		m.moveLine(by)
		return
	}
	f.Cursor = min(max(f.Cursor+by, 1), f.Config.Clients)
}

// moveLine selects another version of the history, which has to be fetched as far as that.
func (m *model) moveLine(by int) {
	f := &m.frame
	f.Line = min(max(f.Line+by, 0), mostHistory-1)
	if m.session != nil && m.held == nil {
		f.Snapshots = m.session.exp.Snapshots(f.needs(m.size(), f.now())...)
	}
	if s := f.snapshot(f.Focus); s != nil {
		f.Line = min(f.Line, max(len(s.History)-1, 0))
	}
}

// focus makes a lane the one that keys act on. Its history begins at its newest version.
func (m *model) focus(lane int) {
	m.frame.Focus, m.frame.Line = lane, 0
}

// page is how many rows of the present view are seen at once.
func (m *model) page() int {
	f, s := &m.frame, m.size()
	if f.View == HistoryView {
		return historyRows(s.h)
	}
	p := planFor(s.w, s.h, f)
	return max(p.lane.clients, 1)
}

// everything is the view of a lane that any view of the screen can be drawn from.
func everything(clients int) sim.View {
	return sim.View{First: 1, Count: clients, History: mostHistory}
}
