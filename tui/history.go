package tui

import (
	"fmt"
	"math"
	"strconv"
	"time"

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
	focused := &views[f.Focus]
	focused.History = min(f.Line+focused.History, mostHistory)
	return views
}

// selectedVersion is the one under the cursor; nil if there is none.
func (f *Frame) selectedVersion() *sim.Version {
	if s := f.snapshot(f.Focus); s != nil && f.Line < len(s.History) {
		return &s.History[f.Line]
	}
	return nil
}

// follow returns where the version that was selected is now that others have come on top, or have not been there yet; the
// newest stays the newest.
func (f *Frame) follow(old *sim.Version) int {
	s := f.snapshot(f.Focus)
	if s == nil || old == nil || f.Line == 0 {
		return 0
	}
	for i := range s.History {
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
	drawDone(a, s)
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
		where += fmt.Sprintf("%d newer", top)
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
	awaits [1 + mostBranches]int // by column, of which the first is the trunk's; 0 is nobody, else one more than the version's place, or older
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

// older is the place of a version that is older than all that are looked at: its branches go on to the bottom.
const older = math.MaxInt

// leave ends the branches that a version was waited for by, and starts its own.
func (g *graph) leave(i, column int, v *sim.Version) {
	for c := range g.width {
		if g.awaits[c] == i+1 {
			g.awaits[c] = 0
		}
	}
	parent := v.Parent + 1
	if parent == 0 && v.Base.Count > 0 {
		parent = older
	}
	switch {
	case column < g.width:
		g.awaits[column] = parent
	case parent > 0:
		g.folded = append(g.folded, parent)
	}
}

// drawGraph draws the versions from the top-th on, with the cursor at one of them, and returns how many of those in sight
// have no column.
func drawGraph(a chart.Area, f *Frame, s *sim.Snapshot, top, line int) (folded int) {
	g := graph{width: 1 + min(max((a.W()-34)/4, 1), mostBranches)}
	const left = 1
	words := historyWords{x: left + 2*g.width + 2, client: len(clientName(f.Config.Clients)), number: 1}
	for i := top; i < min(top+a.H(), len(s.History)); i++ {
		words.number = max(words.number, len(number(s.History[i].Value.Count)))
	}
	for i := range min(top+a.H(), len(s.History)) {
		v := &s.History[i]
		column, last := g.place(i, v)
		if y := i - top; y >= 0 {
			if column == g.width {
				folded++
			}
			g.draw(a.Sub(left, y, 2*g.width+1, 1), i, column, last, v)
			words.draw(a, y, v)
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
			a.Set(x, 0, '┴', inkDim)
		case ends:
			a.Set(x, 0, '┘', inkDim)
		case g.awaits[c] != 0 && column < c && c < last:
			a.Set(x, 0, '┼', inkDim)
		case c == 0 && g.awaits[c] != 0:
			a.Set(x, 0, '│', inkKept)
		case g.awaits[c] != 0:
			a.Set(x, 0, '│', inkDim)
		case column < c && c < last:
			a.Set(x, 0, '─', inkDim)
		}
		if column <= c && c < last && last < g.width {
			a.Set(x+1, 0, '─', inkDim)
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

func (w historyWords) draw(a chart.Area, y int, v *sim.Version) {
	ink := inkTitle
	if !v.Kept {
		ink = inkPlain
	}
	var room [24]byte
	a.Text(w.x, y, string(strconv.AppendInt(append(room[:0], "n="...), v.Value.Count, 10)), ink)
	x := w.x + len("n=") + w.number + 2
	if v.Client == 0 {
		text := "a value that nobody here wrote"
		if v.Value.Count == 0 {
			text = "empty"
		}
		a.Text(x, y, text, inkDim)
		return
	}
	a.Text(x, y, clientName(v.Client), ink)
	x += w.client + 2
	// The sample and the time give way to what became of the version.
	fate := fateOf(v)
	if x+sampleWidth+2+fate.width(false) <= a.W() {
		b := append(strconv.AppendFloat(room[:0], float64(v.Latency)/float64(time.Millisecond), 'f', 1, 64), " ms"...)
		a.Text(x+max(sampleWidth-len(b), 0), y, string(b), inkDim)
		x += sampleWidth + 2
	}
	if x+timeWidth+2+fate.width(true) <= a.W() {
		b := strconv.AppendFloat(room[:0], v.SentAt.Seconds(), 'f', 2, 64)
		a.Text(x+max(timeWidth-1-len(b), 0), y, string(append(b, 's')), inkDim)
		x += timeWidth + 2
	}
	fate.draw(a, x, y, x+fate.width(true) <= a.W())
}

const (
	sampleWidth = 9
	timeWidth   = 8
)

// fate is what became of a version, in words: short ones, and a client's name behind them, or long ones, and what had been
// read.
type fate struct {
	short, long string
	client      string
	base        int64 // how many samples had been read; -1 is not told
	ink         chart.Ink
}

func fateOf(v *sim.Version) fate {
	const had = ", had read n="
	switch {
	case v.Head:
		return fate{"head", "head: the value in Redis", "", -1, inkState}
	case v.Kept && !v.Acked:
		return fate{"no reply yet", "kept, its reply is on its way", "", -1, inkDim}
	case v.Kept:
		return fate{base: -1}
	case v.Forgotten:
		return fate{"forgotten", "forgotten by Redis", "", -1, inkFault}
	case !v.Acked:
		return fate{"not acked", "dead, and nobody was told OK", "", -1, inkDim}
	case v.Killer == 0:
		return fate{"unknown eraser", "lost to an unknown eraser", "", -1, inkLost}
	case v.Killer == v.Client:
		return fate{"erased by itself", "erased by its own later write" + had, "", v.Base.Count, inkLost}
	}
	return fate{"erased by ", had, clientName(v.Killer), v.Base.Count, inkLost}
}

func (f *fate) width(long bool) int {
	n := chart.TextWidth(f.short) + len(f.client)
	if long {
		n = chart.TextWidth(f.long)
		if f.client != "" {
			n += len(f.short) + len(f.client)
		}
		if f.base >= 0 {
			n += len(number(f.base))
		}
	}
	return n
}

func (f *fate) draw(a chart.Area, x, y int, long bool) {
	if f.client != "" || !long {
		x = a.Text(a.Text(x, y, f.short, f.ink), y, f.client, f.ink)
	}
	if long {
		x = a.Text(x, y, f.long, f.ink)
		if f.base >= 0 {
			a.Text(x, y, number(f.base), f.ink)
		}
	}
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
		{{"─┘", inkDim}, {" a branch begins here  ", inkDim}},
		{{"n=", inkTitle}, {" samples in the value  ", inkDim}},
		{{"⋮", inkDim}, {" more branches than columns  ", inkDim}},
		{{"newest on top", inkDim}},
	} {
		if width(line)+width(more) <= a.W() {
			line = append(line, more...)
		}
	}
	put(a, 0, 0, line...)
}
