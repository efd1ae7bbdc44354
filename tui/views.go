package tui

import (
	"fmt"
	"strings"

	"locktop/sim"
	"locktop/tui/chart"
)

// View is one of the ways to look at the race. Header, verdicts and footer are the same in all of them.
type View uint8

// The views there are, in the order of their number keys.
const (
	RaceView View = iota
	TimelineView
	HistoryView
	ClientsView
	RunsView
	viewCount int = iota
)

// viewNames are what the views are called in the header.
var viewNames = [viewCount]string{
	RaceView: "race", TimelineView: "timeline", HistoryView: "history", ClientsView: "clients", RunsView: "runs",
}

// viewSet is a set of views.
type viewSet uint8

// allViews is what a key is for that makes sense anywhere.
const allViews = viewSet(1<<viewCount - 1)

func only(views ...View) viewSet {
	var s viewSet
	for _, v := range views {
		s |= 1 << v
	}
	return s
}

func (s viewSet) has(v View) bool { return s&(1<<v) != 0 }

// next is the view after one, and the first after the last.
func (v View) next() View { return (v + 1) % View(viewCount) }

// tabs are the views for the header: all with their names, or only the present one with its own, or no other at all.
func (f *Frame) tabs(level int) []piece {
	line := make([]piece, 0, viewCount+2) // with room for what the header puts before
	for v := range View(viewCount) {
		text, ink := "", inkDim
		switch {
		case v == f.View:
			text, ink = tabTexts[v].present, inkCursor
		case level == 0:
			text = tabTexts[v].named
		case level == 1:
			text = tabTexts[v].numbered
		}
		if len(line) == 0 {
			text = strings.TrimLeft(text, " ")
		}
		if text != "" {
			line = append(line, piece{text, ink})
		}
	}
	return line
}

// tabTexts are the forms of a view in the header.
var tabTexts = func() (texts [viewCount]struct{ present, named, numbered string }) {
	for v, name := range viewNames {
		texts[v].present = fmt.Sprintf(" ›%d %s", v+1, name)
		texts[v].named = fmt.Sprintf("  %d %s", v+1, name)
		texts[v].numbered = fmt.Sprintf(" %d", v+1)
	}
	return texts
}()

// tabLevels is how many forms the tabs have.
const tabLevels = 3

// body is the part of the screen that is the view's own: what the verdicts and the footer leave.
func body(screen chart.Area) chart.Area {
	const top, bottom = 2, 1
	return screen.Sub(0, top, screen.W(), screen.H()-top-bottom)
}

// needs returns what a frame has to have of every lane to be drawn on a screen of w × h cells.
func (f *Frame) needs(s size) []sim.View {
	views := f.viewNeeds(s)
	if f.Over == ClientLog {
		views[f.Focus].Log = f.Cursor
	}
	return views
}

// viewNeeds is needs without what lies over the screen.
func (f *Frame) viewNeeds(s size) []sim.View {
	p := planFor(s.w, s.h, f)
	switch {
	case p.tooSmall:
	case f.View == HistoryView:
		return f.historyNeeds(s)
	case f.View == ClientsView:
		return f.clientNeeds()
	case f.View == RunsView:
		return make([]sim.View, len(f.Config.Lanes))
	}
	return p.views(f)
}

// shownLanes are the lanes in sight, the first of them from 0.
func (f *Frame) shownLanes(p *plan) (first, n int) {
	switch f.View {
	case HistoryView:
		return f.historyLanes(p.w)
	case ClientsView:
		return f.Focus, 1
	case RunsView:
		return 0, len(f.Config.Lanes)
	}
	return p.firstLane, p.lanes
}

// lanePanel draws the box of a lane, and returns its inside.
func lanePanel(a chart.Area, f *Frame, lane int) chart.Area {
	ink, title := inkFrame, inkTitle
	mark := ""
	if lane == f.Focus {
		title = inkFocus
		if len(f.Config.Lanes) > 1 {
			ink, mark = inkFocus, "› "
		}
	}
	if f.strategy(lane).Broken {
		title = inkLost
	}
	return a.Box(mark+f.laneHeading(lane, a.W()-6-chart.TextWidth(mark)), ink, title, f.ASCII)
}

// drawStarting stands in for a lane that there is nothing of yet.
func drawStarting(a chart.Area) {
	const text = "starting"
	a.Text(max((a.W()-len(text))/2, 0), a.H()/2, text, inkDim)
}
