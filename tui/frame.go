package tui

import (
	"time"

	"locktop/sim"
	"locktop/sim/clock"
	"locktop/tui/chart"
)

// State is what the experiment on the screen is doing.
type State uint8

// The states there are.
const (
	Starting State = iota // being opened: there is nothing to see yet
	Live                  // running
	Paused                // standing still
	Stepping              // paused, with one command on its way
	Frozen                // running on a real Redis, which cannot be paused; the view stands still
	Done                  // over
)

// Overlay is what lies over the screen, and has the keys.
type Overlay uint8

// The overlays there are.
const (
	NoOverlay Overlay = iota
	Help
	FaultMenu
	PresetMenu
	Explanation // of one loss
	Info        // on the view and the focused strategy
	ClientLog   // of the selected client
)

// reading tells whether an overlay is only read: the keys do what they do without it, and esc closes it.
func (o Overlay) reading() bool { return o == Help || o == Explanation || o == Info || o == ClientLog }

// A Frame is everything that is drawn, as plain data.
type Frame struct {
	// Config is the experiment's; Speed is how fast it runs now.
	Config sim.Config
	Speed  clock.Speed
	// Backend says where its Redis is.
	Backend string
	// Snapshots are those of the lanes; none while starting.
	Snapshots []*sim.Snapshot
	State     State
	// Back says that the user looks back: the snapshots are of the time At then.
	Back bool
	At   time.Duration
	// View is the way in which the race is shown.
	View View
	// Zoom is how often the timeline view is zoomed out, below zero in.
	Zoom int
	// SortBy is the column by which the table of clients is put in order, from 0; Reversed turns that round.
	SortBy   int
	Reversed bool
	// Line is the selected version in the history of the focused lane, from 0, the newest.
	Line int
	// Runs are those that have ended, oldest first; RunLine is the selected one, from 0, the newest, and Marked are the
	// numbers of the two that are compared, 0 for none.
	Runs    []PastRun
	RunLine int
	Marked  [2]int
	// Focus is the lane that keys act on, from 0; Cursor is the selected client, from 1.
	Focus, Cursor int
	// Chart is what the charts show.
	Chart Chart
	// Scale is the range of the averages, and Scales those of the other charts; a zero Scale is fitted to the snapshots.
	Scale  Scale
	Scales [chartCount]Scale
	// FaultAt is the point at which the fault menu strikes a client; empty is the
	// usual one of each fault.
	FaultAt sim.Point
	// Notice is a message to the user, shown instead of the keys.
	Notice string
	// Over is what lies over the screen, if anything.
	Over Overlay
	// Page is which part of what lies over the screen is shown, from 0, where not all of it fits.
	Page int
	// LogEnd is where the part of the selected client's log ends that is shown, in lines since the start; 0 is its end.
	LogEnd int64
	// Pick is the selected entry of the presets, from 0.
	Pick int
	// Replay is the recording that is shown; nil is none, but a race.
	Replay *Replay
	// Preset is the failure that is being watched; nil is none. The configuration may have been changed since.
	Preset *sim.Preset
	// ASCII uses no character outside of ASCII.
	ASCII bool

	taken     []string            // keys that somebody else obeys
	logged    [2]int              // the lane and the client whose log was shown last
	words     func(string) string // what a text is in the language of who reads it; nil leaves it
	node      int                 // the one that the fault menu would restart beside the first, from 2; 0 is the second
	infos     []sim.LaneInfo      // what the lanes are, while the frame is drawn
	plots     []plot              // their charts, likewise
	trueLevel int                 // how short their true averages are written, likewise
	told      *loss               // the one that the explanation lies over the screen of
	atLoss    time.Duration       // of the loss that is looked back at; else 0
	why       *loss               // explained although it is no longer the last; nil explains the last
}

// now returns the experiment time that the frame shows.
func (f *Frame) now() time.Duration {
	var now time.Duration
	for _, s := range f.Snapshots {
		now = max(now, s.At)
	}
	return now
}

// edge returns the time at the right edge of the timelines.
func (f *Frame) edge() time.Duration {
	if f.Back {
		return f.At
	}
	return f.now()
}

// snapshot returns that of a lane, nil while there is none.
func (f *Frame) snapshot(lane int) *sim.Snapshot {
	if lane < len(f.Snapshots) {
		return f.Snapshots[lane]
	}
	return nil
}

// zoom returns the zoom level of the timelines, whose cells cover a round number near a quarter of the think time, or what the
// timeline view is zoomed to.
func (f *Frame) zoom() int {
	zoom := 0
	for zoom < sim.Zooms-1 && sim.CellTime(zoom) < max(f.Config.Work/4, time.Millisecond) {
		zoom++
	}
	if f.View == TimelineView {
		zoom += f.Zoom
	}
	return min(max(zoom, 0), sim.Zooms-1)
}

// perCell returns the time that one cell of a timeline covers.
func (f *Frame) perCell() time.Duration { return sim.CellTime(f.zoom()) }

// plan is where everything goes on a screen of w × h cells.
type plan struct {
	w, h        int
	tooSmall    bool
	full        bool // with a box for WHY
	firstLane   int
	lanes       int // how many are side by side
	panelTop    int
	panelHeight int
	legend      bool
	why         int // rows
	lane        lanePlan
}

// lanePlan is how the rows of a lane's panel are shared out. All panels have the same.
type lanePlan struct {
	caption     bool
	chart       int
	firstClient int
	clients     int
	more        bool // a row for the clients that don't fit
	ruler       bool
	counters    int
}

// The bounds of the layouts.
const (
	leastWidth, leastHeight     = 40, 12
	compactWidth, compactHeight = 80, 24
	fullWidth, fullHeight       = 120, 30
	presetHeight                = 36
	leastPanel                  = 38
	leastChart                  = 3
)

// planFor shares out the screen.
func planFor(w, h int, f *Frame) plan {
	p := plan{w: w, h: h, lanes: 1, panelTop: 2}
	if w < leastWidth || h < leastHeight {
		p.tooSmall = true
		return p
	}
	if w >= compactWidth && h >= compactHeight {
		p.lanes = max(min(w/leastPanel, len(f.Config.Lanes)), 1)
	}
	if f.View == TimelineView {
		p.planTimeline(f)
		return p
	}
	p.firstLane = min(max(f.Focus-p.lanes/2, 0), max(len(f.Config.Lanes)-p.lanes, 0))
	p.full = w >= fullWidth && h >= fullHeight
	p.legend = h >= 18
	switch {
	case p.full && f.Preset != nil && h >= presetHeight:
		p.why = 8 // with its remedy below the loss
	case p.full:
		p.why = 6
	case h >= 14:
		p.why = 1
	}
	p.panelHeight = h - p.panelTop - 1 - p.why
	if p.legend {
		p.panelHeight--
	}
	p.lane = p.planLane(p.panelHeight-2, f)
	return p
}

// planLane shares out the rows inside of a panel: what is left by the lines of text goes to the clients, of which all
// should be seen, and to the chart, which needs some height to tell anything.
func (p *plan) planLane(rows int, f *Frame) lanePlan {
	l := lanePlan{counters: 1}
	rows -= 2 + l.counters
	if rows >= 12 {
		l.counters++
		rows--
	}
	if rows >= 14 {
		l.ruler = true
		rows--
	}
	if rows >= 16 {
		l.caption = true
		rows--
	}
	chart := min(max(rows*2/5, leastChart), rows)
	if rows-chart < min(3, f.Config.Clients) {
		chart = 0
	}
	clients := min(f.Config.Clients, rows-chart)
	l.chart = rows - clients
	if l.chart < leastChart {
		clients, l.chart = min(f.Config.Clients, rows), 0
	}
	if clients < f.Config.Clients && clients > 1 {
		l.more = true
		clients--
	}
	l.clients = clients
	l.firstClient = min(max(f.Cursor-clients/2, 1), max(f.Config.Clients-clients+1, 1))
	return l
}

// panel returns the area of the i-th visible lane.
func (p *plan) panel(screen chart.Area, i int) chart.Area {
	left, right := p.w*i/p.lanes, p.w*(i+1)/p.lanes
	return screen.Sub(left, p.panelTop, right-left, p.panelHeight)
}

// views returns what a frame of this plan needs to have of every lane.
func (p *plan) views(f *Frame) []sim.View {
	views := make([]sim.View, len(f.Config.Lanes))
	if p.tooSmall {
		return views
	}
	view := sim.View{
		First: p.lane.firstClient, Count: p.lane.clients,
		Cells: p.w/p.lanes + 1, Zoom: f.zoom(),
	}
	for i := p.firstLane; i < min(p.firstLane+p.lanes, len(views)); i++ {
		views[i] = view
	}
	return views
}
