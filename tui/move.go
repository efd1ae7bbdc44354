package tui

import (
	"slices"

	"locktop/sim"
)

// Moving the cursor, which selects a client or, in the history, a version.

// farthest is a way that leads to the end of any list.
const farthest = 1 << 30

// move moves the cursor of the present view by some rows.
func (m *model) move(by int) {
	f := &m.frame
	switch {
	case f.Over != NoOverlay && !f.Over.reading():
	case f.View == HistoryView:
		m.moveLine(by)
		return
	case f.View == ClientsView:
		m.moveInTable(by)
		return
	case f.View == RunsView:
		f.RunLine = min(max(f.RunLine+by, 0), max(len(f.Runs)-1, 0))
		return
	}
	f.Cursor = min(max(f.Cursor+by, 1), f.Config.Clients)
}

// moveLine selects another version of the history.
func (m *model) moveLine(by int) {
	f := &m.frame
	m.fetchHistory(f.Line + by)
	versions := 0
	if s := f.snapshot(f.Focus); s != nil {
		versions = len(s.History)
	}
	f.Line = min(max(f.Line+by, 0), max(versions-1, 0))
}

// fetchHistory has the history of the focused lane fetched as far as a line. What is selected stays so.
func (m *model) fetchHistory(line int) {
	f := &m.frame
	if m.session == nil {
		return
	}
	selected, at := f.selectedVersion(), f.Line
	f.Line = min(max(line, at), mostHistory)
	views := f.needs(m.size())
	f.Line = at
	f.Snapshots = m.snapshots(views)
	f.Line = f.follow(selected)
}

// moveInTable selects another client in the order of the table.
func (m *model) moveInTable(by int) {
	f := &m.frame
	order := f.clientOrder()
	if len(order) == 0 {
		return
	}
	at := slices.IndexFunc(order, func(c *sim.ClientView) bool { return c.Number == f.Cursor })
	f.Cursor = order[min(max(at+by, 0), len(order)-1)].Number
}

// sort puts the clients in another order, and selects the first of them: who that is is what one sorts for.
func (m *model) sort(column int, reversed bool) {
	f := &m.frame
	f.SortBy, f.Reversed = (column+len(columns))%len(columns), reversed
	if order := f.clientOrder(); len(order) > 0 {
		f.Cursor = order[0].Number
	}
}

// zoom lets a cell of the timelines stand for more time or for less, as far as that goes.
func (m *model) zoom(by int) {
	f := &m.frame
	before := f.perCell()
	f.Zoom += by
	if f.perCell() == before {
		f.Zoom -= by
		m.notify("this is as far as it zooms")
	}
}

// toggle lays something to read over the screen, turns its pages, and takes it away after the last.
func (m *model) toggle(o Overlay) {
	f, s := &m.frame, m.size()
	if f.Over != o {
		f.Over, f.Page = o, 0
		return
	}
	lines := 0
	switch o {
	case Help:
		lines = len(helpLines(f, s.w, s.h))
	case Info:
		lines = len(f.infoLines(boxText(s.w)))
	case Explanation:
		lines = len(f.told.story(f, boxText(s.w)))
	}
	if f.Page++; f.Page >= pages(lines, s.h) {
		f.Over, f.Page = NoOverlay, 0
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
	if f.View == ClientsView {
		return tableRows(s.h, f.Config.Clients)
	}
	p := planFor(s.w, s.h, f)
	return max(p.lane.clients, 1)
}
