package tui

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"locktop/sim"
	"locktop/sim/report"
	"locktop/tui/chart"
)

// The clients are a table of the focused lane's, in the order of one of its columns.

// mostSorted is how many clients are put in order; of more, those around the selected one are.
const mostSorted = 2000

// quantity says how a column's values are written.
type quantity uint8

const (
	counted quantity = iota
	waited           // a time
	shared           // a part of all kept updates, in per cent
	named            // a client
	phased
)

// column is one of the table. Columns of clients are put in order by their values, the largest first, but for the names.
type column struct {
	title, long string
	width       int
	weight      int // the lighter go first where not all fit
	quantity
	value func(c *sim.ClientView) int64
	total func(s *sim.Snapshot) int64 // nil has none
}

var columns = [...]column{
	{"client", "number", 6, 20, named, func(c *sim.ClientView) int64 { return int64(c.Number) }, nil},
	{"phase", "phase", 7, 15, phased, func(c *sim.ClientView) int64 { return int64(c.Phase) }, nil},
	{"tries", "attempts", 5, 12, counted, func(c *sim.ClientView) int64 { return c.Attempts }, func(s *sim.Snapshot) int64 { return s.Attempts }},
	{"fails", "failures", 5, 8, counted, func(c *sim.ClientView) int64 { return c.Failures }, func(s *sim.Snapshot) int64 { return s.Failures }},
	{"retries", "retries", 7, 4, counted, func(c *sim.ClientView) int64 { return c.Retries }, func(s *sim.Snapshot) int64 { return s.Retries }},
	{"got it", "times the lock was acquired", 6, 6, counted, func(c *sim.ClientView) int64 { return c.Acquired }, func(s *sim.Snapshot) int64 { return s.Acquired }},
	{"p50 wait", "median wait", 8, 7, waited, func(c *sim.ClientView) int64 { return within(c.WaitP50, c) }, func(s *sim.Snapshot) int64 { return waitOf(s, sim.WaitMedian) }},
	{"p99", "99th percentile of the waits", 6, 13, waited, func(c *sim.ClientView) int64 { return within(c.WaitP99, c) }, func(s *sim.Snapshot) int64 { return waitOf(s, sim.WaitTail) }},
	{"max", "longest wait", 6, 9, waited, func(c *sim.ClientView) int64 { return int64(c.Waited) }, func(s *sim.Snapshot) int64 { return waitOf(s, sim.LongestWait) }},
	{"acked", "acked updates", 5, 14, counted, func(c *sim.ClientView) int64 { return c.Acked }, func(s *sim.Snapshot) int64 { return s.Acked }},
	{"kept", "kept updates", 5, 17, counted, func(c *sim.ClientView) int64 { return c.Kept }, func(s *sim.Snapshot) int64 { return s.Kept }},
	{"lost", "lost updates", 5, 18, counted, func(c *sim.ClientView) int64 { return c.Lost }, func(s *sim.Snapshot) int64 { return s.Lost }},
	{"erased", "lost updates that its writes erased", 6, 11, counted, func(c *sim.ClientView) int64 { return c.Erased }, func(s *sim.Snapshot) int64 { return s.Erased }},
	{"share", "share of the kept updates", 6, 16, shared, func(c *sim.ClientView) int64 { return c.Kept }, func(s *sim.Snapshot) int64 { return s.Kept }},
}

// waitOf is a lane's wait as a time; 0 if it is not known.
func waitOf(s *sim.Snapshot, m sim.Measure) int64 {
	return int64(s.Figure(m).Value * float64(time.Millisecond))
}

// within keeps a client's quantile, which is known to one digit, from being longer than its longest wait.
func within(quantile time.Duration, c *sim.ClientView) int64 { return int64(min(quantile, c.Waited)) }

// clientOrder is the clients of the focused lane in the order of the table.
func (f *Frame) clientOrder() []*sim.ClientView {
	s := f.snapshot(f.Focus)
	if s == nil {
		return nil
	}
	order := make([]*sim.ClientView, len(s.Clients))
	for i := range s.Clients {
		order[i] = &s.Clients[i]
	}
	by := &columns[f.SortBy]
	slices.SortFunc(order, func(a, b *sim.ClientView) int {
		n := cmp.Compare(by.value(b), by.value(a))
		if by.quantity == named != f.Reversed {
			n = -n
		}
		return cmp.Or(n, cmp.Compare(a.Number, b.Number))
	})
	return order
}

func (f *Frame) clientNeeds() []sim.View {
	views := make([]sim.View, len(f.Config.Lanes))
	count := min(f.Config.Clients, mostSorted)
	first := min(max(f.Cursor-count/2, 1), f.Config.Clients-count+1)
	views[f.Focus] = sim.View{First: first, Count: count}
	return views
}

// tableRows is how many clients fit on a screen of h rows, of which one is for the rest where not all do.
func tableRows(h, clients int) int {
	rows := max(h-8, 1)
	if clients > rows && rows > 1 {
		rows--
	}
	return rows
}

// tableTop is the first client in sight, from 0.
func (f *Frame) tableTop(order []*sim.ClientView, rows int) int {
	at := slices.IndexFunc(order, func(c *sim.ClientView) bool { return c.Number == f.Cursor })
	return min(max(at-rows/2, 0), max(len(order)-rows, 0))
}

func drawTable(a chart.Area, f *Frame) {
	in := lanePanel(a.Sub(0, 0, a.W(), a.H()-1), f, f.Focus)
	s := f.snapshot(f.Focus)
	if s == nil {
		drawStarting(in)
		return
	}
	drawDone(a.Sub(0, 0, a.W(), a.H()-1), s)
	in = in.Sub(0, 0, in.W()-1, in.H())
	order := f.clientOrder()
	t := table{f: f, s: s, rows: tableRows(a.H()+3, len(order))}
	t.choose(in.W() - 1)
	t.header(in)
	for _, c := range order {
		t.most = max(t.most, c.Kept)
	}
	top := f.tableTop(order, t.rows)
	last := min(top+t.rows, len(order))
	for i, c := range order[top:last] {
		t.client(in, 1+i, c)
	}
	y := 1 + last - top
	if more := f.Config.Clients - (last - top); more > 0 {
		text := fmt.Sprintf("… %d more: %d above, %d below", more, top, len(order)-last)
		if rest := f.Config.Clients - len(order); rest > 0 {
			text += fmt.Sprintf("; %d are not sorted in", rest)
		}
		in.Text(1, y, text, inkDim)
	}
	t.totals(in, in.H()-1)
	way := "largest first"
	if f.Reversed != (columns[f.SortBy].quantity == named) {
		way = "smallest first"
	}
	a.Text(0, a.H()-1, f.say(fmt.Sprintf("ordered by %s, %s", columns[f.SortBy].long, way)), inkDim)
}

// table is a table being drawn.
type table struct {
	f     *Frame
	s     *sim.Snapshot
	rows  int
	most  int64 // kept by one client
	shown [len(columns)]bool
	bar   int // the width of the bars
}

// choose decides which columns are shown. That by which the clients are put in order always is.
func (t *table) choose(room int) {
	const gap, mostBar = 2, 24
	t.shown[t.f.SortBy], t.shown[0] = true, true
	room -= columns[0].width
	if t.f.SortBy != 0 {
		room -= columns[t.f.SortBy].width + gap
	}
	for weight := 20; weight > 0; weight-- {
		for i := range columns {
			if c := &columns[i]; c.weight == weight && !t.shown[i] && c.width+gap <= room {
				t.shown[i] = true
				room -= c.width + gap
			}
		}
	}
	if t.shown[len(columns)-1] && room > 5 {
		t.bar = min(room-1, mostBar)
	}
}

// each calls draw with the place of every column that is shown.
func (t *table) each(a chart.Area, y int, draw func(a chart.Area, i int, c *column)) {
	x := 1 // after the cursor
	for i := range columns {
		if c := &columns[i]; t.shown[i] {
			draw(a.Sub(x, y, c.width, 1), i, c)
			x += c.width + 2
		}
	}
}

func (t *table) header(a chart.Area) {
	x := 1
	for i := range columns {
		c := &columns[i]
		if !t.shown[i] {
			continue
		}
		left := x + c.width - len(c.title)
		if c.quantity == named || c.quantity == phased {
			left = x
		}
		ink := inkTitle
		if i == t.f.SortBy {
			ink = inkCursor
			mark := "▾"
			if t.f.Reversed != (c.quantity == named) {
				mark = "▴"
			}
			a.Text(left+len(c.title), 0, mark, ink)
		}
		a.Text(left, 0, c.title, ink)
		x += c.width + 2
	}
}

func (t *table) client(a chart.Area, y int, c *sim.ClientView) {
	selected := c.Number == t.f.Cursor
	if selected {
		a.Text(0, y, "›", inkCursor)
	}
	end := 1
	t.each(a, y, func(cell chart.Area, i int, col *column) {
		ink := inkPlain
		end += col.width + 2
		value := col.value(c)
		switch col.quantity {
		case named:
			if selected {
				ink = inkCursor
			}
			cell.Text(0, 0, clientName(c.Number), ink)
			return
		case phased:
			cell.Text(0, 0, phaseNames[c.Phase], phaseInk(c.Phase))
			return
		}
		switch {
		case value == 0:
			ink = inkDim
		case col.title == "lost" || col.title == "erased":
			ink = inkLost
		}
		t.value(cell, col, value, ink)
	})
	if t.bar > 0 {
		chart.Bar(a, y, end-1, t.bar, float64(c.Kept)/float64(max(t.most, 1)), inkKept, inkFrame, t.f.ASCII)
	}
}

func (t *table) totals(a chart.Area, y int) {
	t.each(a, y, func(cell chart.Area, i int, col *column) {
		switch {
		case i == 0:
			cell.Text(0, 0, "all", inkTitle)
		case col.total != nil:
			t.value(cell, col, col.total(t.s), inkTitle)
		}
	})
}

// value writes one at the right of its cell, without a string of its own.
func (t *table) value(cell chart.Area, col *column, value int64, ink chart.Ink) {
	var room [24]byte
	b := room[:0]
	switch col.quantity {
	case counted:
		b = appendNumber(b, value)
	case waited:
		if t.s.Sleepless {
			value = 0
		}
		b = appendWait(b, time.Duration(value))
	case shared:
		if t.s.Kept == 0 {
			b = append(b, '-')
			break
		}
		b = append(append(b, report.Percent(value, t.s.Kept)...), '%')
	}
	cell.Text(cell.W()-len(b), 0, string(b), ink)
}

// appendWait writes a wait; none is a dash.
func appendWait(b []byte, d time.Duration) []byte {
	if d == 0 {
		return append(b, '-')
	}
	return appendMillis(b, d)
}

// phaseNames are what the phases are called in a table.
var phaseNames = [...]string{
	sim.Idle: "idle", sim.Waiting: "waiting", sim.Working: "working", sim.Holding: "holding", sim.Done: "done",
	sim.Suspended: "paused", sim.Dead: "crashed", sim.Gone: "left",
}

func phaseInk(p sim.Phase) chart.Ink {
	switch p {
	case sim.Waiting:
		return inkFailed
	case sim.Holding, sim.Working:
		return inkHolding
	case sim.Suspended, sim.Dead:
		return inkLost
	}
	return inkDim
}
