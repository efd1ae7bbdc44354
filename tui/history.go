package tui

import (
	"fmt"

	"locktop/sim"
	"locktop/tui/chart"
)

// The history is the graph of versions in the manner of git log: the newest on top, the trunk on the left, and beside it
// the branches that no longer lead to the value in Redis.

const (
	leastHistory = 56   // the width of a lane's history beside others
	mostHistory  = 1000 // how many versions are shown at most
	mostBranches = 6    // how many branches have a column of their own
	aheadHistory = 64   // how far below the last row parents are looked for
)

// historyLanes returns which lanes are side by side: all of them where there is room, or else the focused one.
func (f *Frame) historyLanes(w int) (first, n int) {
	if n = len(f.Config.Lanes); w/n >= leastHistory {
		return 0, n
	}
	return f.Focus, 1
}

// historyRows is how many versions fit on a screen of h rows.
func historyRows(h int) int { return max(h-7, 1) }

// historyTop is the first version in sight, from 0.
func (f *Frame) historyTop(rows, versions int) int {
	return min(max(f.Line-rows/2, 0), max(versions-rows, 0))
}

func (f *Frame) historyNeeds(s size) []sim.View {
	views := make([]sim.View, len(f.Config.Lanes))
	first, n := f.historyLanes(s.w)
	for i := first; i < first+n; i++ {
		views[i].History = historyRows(s.h) + aheadHistory
	}
	views[f.Focus].History = min(f.Line+views[f.Focus].History, mostHistory)
	return views
}

// selectedVersion is the one under the cursor; nil if there is none.
func (f *Frame) selectedVersion() *sim.Version {
	if s := f.snapshot(f.Focus); s != nil && f.Line < len(s.History) {
		return &s.History[f.Line]
	}
	return nil
}

// follow returns where the version that was selected is now that others have come on top; the newest stays the newest.
func (f *Frame) follow(old *sim.Version) int {
	s := f.snapshot(f.Focus)
	if s == nil || old == nil || f.Line == 0 {
		return 0
	}
	for i := f.Line; i < len(s.History); i++ {
		if s.History[i].Update == old.Update {
			return i
		}
	}
	return min(f.Line, max(len(s.History)-1, 0))
}

func drawHistory(a chart.Area, f *Frame) {
	first, n := f.historyLanes(a.W())
	for i := range n {
		left, right := a.W()*i/n, a.W()*(i+1)/n
		drawLaneHistory(a.Sub(left, 0, right-left, a.H()-1), f, first+i)
	}
	drawHistoryLegend(a.Sub(0, a.H()-1, a.W(), 1), f)
}

// drawLaneHistory draws the history of one lane. Only that of the focused lane scrolls.
func drawLaneHistory(a chart.Area, f *Frame, lane int) {
	in := lanePanel(a, f, lane)
	s := f.snapshot(lane)
	if s == nil {
		drawStarting(in)
		return
	}
	drawFault(a, s)
	in = in.Sub(1, 0, in.W()-2, in.H())
	lost, ink := fmt.Sprintf("lost %d", s.Lost), inkDim
	if s.Lost > 0 {
		ink = inkLost
	}
	x := put(in, 0, 0, piece{"kept ", inkDim}, piece{fmt.Sprint(s.Kept), inkKept}, piece{fmt.Sprintf(" of %d  ", s.Acked), inkDim}, piece{lost, ink})
	if s.Acked > 0 && s.Redis.Count == 0 {
		x = put(in, x, 0, piece{"  head: empty", inkState})
	}
	rows := in.Sub(0, 1, in.W(), in.H()-1)
	if len(s.History) == 0 {
		rows.Text(0, 0, "no write yet", inkDim)
		return
	}
	top, line := 0, -1
	if lane == f.Focus {
		top, line = f.historyTop(rows.H(), len(s.History)), f.Line
	}
	folded := drawGraph(rows, f, s, top, line)
	where := ""
	if top > 0 {
		where = fmt.Sprintf("%d newer", top)
	}
	if folded > 0 {
		where += fmt.Sprintf("  ⋮ %d without a column", folded)
	}
	if chart.TextWidth(where)+2 <= in.W()-x {
		in.TextRight(0, where, inkDim)
	}
}

// graph is which columns are taken by branches on their way down to the version they grew from.
type graph struct {
	awaits [1 + mostBranches]int // by column, of which the first is the trunk's; 0 is nobody, else one more than the version's place
	folded []int                 // those of branches that have no column, in the same way
	width  int                   // how many columns there are
}

// place takes in a version. It returns the version's column, g.width where that is among the folded, and the last column of
// those that end there; branches that end are still in awaits.
func (g *graph) place(i int, v *sim.Version) (column, last int) {
	column = -1
	if v.Kept {
		column = 0
	}
	for c := 0; c < g.width; c++ {
		if g.awaits[c] == i+1 {
			if column < 0 {
				column = c
			}
			last = c
		}
	}
	rest := g.folded[:0]
	for _, p := range g.folded {
		if p != i+1 {
			rest = append(rest, p)
		} else if column < 0 {
			column = g.width
		}
	}
	g.folded = rest
	for c := 1; c < g.width && column < 0; c++ {
		if g.awaits[c] == 0 {
			column = c
		}
	}
	if column < 0 {
		column = g.width
	}
	return column, max(last, column)
}

// leave ends the branches that a version was waited for by, and starts its own.
func (g *graph) leave(i, column int, v *sim.Version) {
	for c := range g.width {
		if g.awaits[c] == i+1 {
			g.awaits[c] = 0
		}
	}
	switch {
	case column < g.width:
		g.awaits[column] = v.Parent + 1
	case v.Parent >= 0:
		g.folded = append(g.folded, v.Parent+1)
	}
}

// drawGraph draws the versions from the top-th on, with the cursor at one of them, and returns how many of those in sight
// have no column.
func drawGraph(a chart.Area, f *Frame, s *sim.Snapshot, top, line int) (folded int) {
	g := graph{width: 1 + min(max((a.W()-34)/4, 1), mostBranches)}
	const left = 1
	words := historyWords{x: left + 2*g.width + 2, client: len(clientName(f.Config.Clients)), number: 1}
	for i := top; i < min(top+a.H(), len(s.History)); i++ {
		words.number = max(words.number, len(fmt.Sprint(s.History[i].Value.Count)))
	}
	for i := range min(top+a.H(), len(s.History)) {
		v := &s.History[i]
		column, last := g.place(i, v)
		if y := i - top; y >= 0 {
			if column == g.width {
				folded++
			}
			g.draw(a.Sub(left, y, 2*g.width+1, 1), i, column, last, v)
			words.draw(a, y, v, s)
			if i == line {
				a.Text(0, y, "›", inkCursor)
				a.SetInk(words.x, y, words.client+words.number+4, 1, inkCursor)
			}
		}
		g.leave(i, column, v)
	}
	return folded
}

// draw draws the row of a version.
func (g *graph) draw(a chart.Area, i, column, last int, v *sim.Version) {
	for c := range g.width {
		x := 2 * c
		ends := g.awaits[c] == i+1 && c != column
		switch {
		case ends && c < last:
			a.Set(x, 0, '┴', inkFrame)
		case ends:
			a.Set(x, 0, '┘', inkFrame)
		case g.awaits[c] != 0 && column < c && c < last:
			a.Set(x, 0, '┼', inkFrame)
		case c == 0 && g.awaits[c] != 0:
			a.Set(x, 0, '│', inkKept)
		case g.awaits[c] != 0:
			a.Set(x, 0, '│', inkFrame)
		case column < c && c < last:
			a.Set(x, 0, '─', inkFrame)
		}
		if column <= c && c < last && last < g.width {
			a.Set(x+1, 0, '─', inkFrame)
		}
	}
	if len(g.folded) > 0 {
		a.Set(2*g.width, 0, '⋮', inkDim)
	}
	sign, ink := versionSign(v)
	a.Set(2*column, 0, sign, ink)
}

func versionSign(v *sim.Version) (rune, chart.Ink) {
	switch {
	case v.Kept:
		return '●', inkKept
	case v.Forgotten:
		return '↯', inkFault
	}
	return '✗', inkLost
}

// historyWords is where the words of a version go.
type historyWords struct{ x, number, client int }

func (w historyWords) draw(a chart.Area, y int, v *sim.Version, s *sim.Snapshot) {
	ink := inkTitle
	if !v.Kept {
		ink = inkPlain
	}
	x := put(a, w.x, y, piece{fmt.Sprintf("n=%-*d ", w.number, v.Value.Count), ink})
	if v.Client == 0 {
		text := "a value that nobody here wrote"
		if v.Value.Count == 0 {
			text = "empty"
		}
		a.Text(x+1, y, text, inkDim)
		return
	}
	x = put(a, x, y, piece{fmt.Sprintf(" %-*s", w.client, clientName(v.Client)), ink})
	// The sample and the time give way to what became of the version.
	fate, long, fateInk := versionFate(v, s)
	if sampled := fmt.Sprintf("  %9s", sample(v.Latency)); x+len(sampled)+2+chart.TextWidth(fate) <= a.W() {
		x = a.Text(x, y, sampled, inkDim)
	}
	if at := "  " + clockText(v.SentAt); x+len(at)+2+chart.TextWidth(long) <= a.W() {
		x = a.Text(x, y, at, inkDim)
	}
	if x+2+chart.TextWidth(long) <= a.W() {
		fate = long
	}
	a.Text(x+2, y, fate, fateInk)
}

// versionFate says in short and at length what became of a version.
func versionFate(v *sim.Version, s *sim.Snapshot) (short, long string, ink chart.Ink) {
	from := fmt.Sprintf(", had read n=%d", v.Base.Count)
	switch {
	case v.Head:
		return "head", "head: the value in Redis", inkState
	case v.Kept && !v.Acked:
		return "no reply yet", "kept, its reply is on its way", inkDim
	case v.Kept:
		return "", "", inkDim
	case v.Forgotten:
		return "forgotten", "forgotten by Redis", inkFault
	case !v.Acked:
		return "not acked", "dead, and nobody was told OK", inkDim
	case v.Killer == 0:
		return "erased", "erased by an unknown write", inkLost
	case v.Killer == v.Client:
		return "erased by itself", "erased by its own later write" + from, inkLost
	}
	short = "erased by " + clientName(v.Killer)
	return short, short + from, inkLost
}

// drawHistoryLegend explains the signs.
func drawHistoryLegend(a chart.Area, f *Frame) {
	forgotten := false
	for _, s := range f.Snapshots {
		forgotten = forgotten || s.Rewound > 0
	}
	line := []piece{{"●", inkKept}, {" kept  ", inkDim}, {"✗", inkLost}, {" lost  ", inkDim}}
	if forgotten {
		line = append(line, piece{"↯", inkFault}, piece{" forgotten by Redis  ", inkDim})
	}
	for _, more := range [][]piece{
		{{"─┘", inkFrame}, {" a branch begins here  ", inkDim}},
		{{"⋮", inkDim}, {" more branches than columns  ", inkDim}},
		{{"newest on top", inkDim}},
	} {
		if width(line)+width(more) <= a.W() {
			line = append(line, more...)
		}
	}
	put(a, 0, 0, line...)
}
