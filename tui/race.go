package tui

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"locktop/sim"
	"locktop/tui/chart"
)

// Widths inside of a panel.
const (
	widestBar  = 40
	totalsFrom = 48 // a panel that is less wide has no totals beside its timelines
)

// drawLane draws the panel of one lane.
func drawLane(a chart.Area, f *Frame, p *plan, lane int) {
	in := lanePanel(a, f, lane)
	s := f.snapshot(lane)
	if s == nil {
		drawStarting(in)
		return
	}
	drawDone(a, s)
	drawInside(in, f, s)
	drawLease(in, s, f.ASCII)
	y, rows := 2, p.lane.chart
	if p.lane.caption {
		rows++
	}
	drawLaneChart(in.Sub(0, y, in.W(), rows), f, lane, p.lane.caption)
	y += rows
	rows = p.lane.clients
	if p.lane.more {
		rows++
	}
	if p.lane.ruler {
		rows++
	}
	drawClients(in.Sub(0, y, in.W(), rows), f, p, s)
	y += rows
	drawCounters(in.Sub(0, y, in.W(), p.lane.counters), s)
}

// firstRow is where the timelines of the clients begin on the screen.
func (p *plan) firstRow(f *Frame) int {
	y := p.panelTop + 1
	if f.View == TimelineView {
		if p.lane.caption {
			y += 2
		}
		return y
	}
	y += 2 + p.lane.chart
	if p.lane.caption {
		y++
	}
	return y
}

// drawInside tells who is in the critical section now and who waits for it.
func drawInside(a chart.Area, f *Frame, s *sim.Snapshot) {
	half := a.W()
	if s.Lane.Locks || s.WaitingCount > 0 {
		half = a.W() / 2
		waiting := a.Sub(half+1, 0, a.W()-half-1, 1)
		x := put(waiting, 0, 0, piece{"waiting: ", inkDim})
		if s.WaitingCount == 0 {
			waiting.Text(x, 0, "nobody", inkDim)
		} else {
			list := clientList(s.Waiting, s.WaitingCount, waiting.W()-x)
			if list == "" {
				list = fmt.Sprint(s.WaitingCount)
			}
			waiting.Text(x, 0, list, inkTitle)
		}
	}
	inside := a.Sub(0, 0, half, 1)
	if !s.Lane.Critical && s.InsideCount == 0 {
		inside.Text(0, 0, "no critical section", inkDim)
		return
	}
	ink, mark := inkKept, " ✓ "
	switch {
	case !s.Lane.Locks && s.InsideCount < 2:
		ink, mark = inkTitle, " "
	case s.InsideCount < 2 && (s.Stall != "" || s.Holder != 0 && s.HolderPhase == sim.Dead): // nobody can get in: no good sign
		ink, mark = inkLost, " "
	case s.InsideCount > 1:
		ink, mark = inkLost, " ✗ "
	case f.ASCII:
		mark = " ok "
	}
	x := put(inside, 0, 0, piece{"inside now: ", inkDim}, piece{fmt.Sprint(s.InsideCount) + mark, ink})
	most := fmt.Sprintf("  most %d", s.Part().MaxInside)
	if s.Part().MaxInside < 2 || inside.W()-x < len(most)+len("c1 c2") {
		most = ""
	}
	inside.Text(x, 0, clientList(s.Inside, s.InsideCount, inside.W()-x-len(most)), ink)
	inside.TextRight(0, most, inkDim)
}

// drawCaption says what the chart shows.
func drawCaption(a chart.Area, ascii bool) {
	solid, dashed := "━━", "┄┄"
	if ascii {
		solid, dashed = "**", "--"
	}
	what := "average latency since the start, ms  "
	if a.W() < 56 {
		what = "average latency in ms  "
	}
	if a.W() < 42 {
		what = "average, ms  "
	}
	put(a, 0, 0, piece{what, inkDim}, piece{solid, inkTitle}, piece{" in Redis  ", inkDim},
		piece{dashed, inkTruth}, piece{" true", inkDim})
}

// drawChart draws the course of the average in Redis and of the true one.
func drawChart(a chart.Area, f *Frame, s *sim.Snapshot) {
	scale := f.Scale
	if scale == (Scale{}) {
		scale = scale.next(f.Snapshots)
	}
	now := max(f.now().Seconds(), 1e-3)
	redis := make([]chart.Point, len(s.Curve))
	for i, p := range s.Curve {
		redis[i] = chart.Point{X: p.At.Seconds(), Y: p.Redis}
	}
	// The truth is drawn as it is now: where the average should be heading.
	var truth []chart.Point
	if len(redis) > 0 {
		truth = []chart.Point{{X: 0, Y: s.True.Mean()}, {X: now, Y: s.True.Mean()}}
	}
	decimals := 0
	if span := scale.Max - scale.Min; span < 2 {
		decimals = 2
	} else if span < 10 {
		decimals = 1
	}
	ink := inkKept
	switch {
	case s.Lost > 0, s.Verdict != sim.Correct && s.Verdict != sim.Undecided: // also what was lost before a change puts it off
		ink = inkLost
	case s.Verdict == sim.Undecided:
		ink = inkTitle
	}
	trueLabel, redisLabel := f.trueLabel(s, ""), fmt.Sprintf("Redis %.1f", s.Redis.Mean())
	if s.Redis == s.True {
		trueLabel, redisLabel = "", f.trueLabel(s, "Redis = ")
	}
	c := chart.LineChart{
		Lines: []chart.Line{
			{Points: truth, Ink: inkTruth, Dashed: true, Label: trueLabel, LabelInk: inkTruth},
			{Points: redis, Ink: ink, Label: redisLabel, LabelInk: ink},
		},
		Min: chart.Point{X: 0, Y: scale.Min}, Max: chart.Point{X: now, Y: scale.Max},
		YLabel: func(y float64) string {
			if y = math.Round(y*1e6) / 1e6; y == 0 {
				y = 0
			}
			return strconv.FormatFloat(y, 'f', decimals, 64)
		},
		AxisInk: inkDim, Rules: partRules(s), RuleInk: inkNotice, ASCII: f.ASCII, Empty: "no update yet",
	}
	c.Draw(a)
}

// partRules are the times at which the strategy of a lane changed, as charts mark them.
func partRules(s *sim.Snapshot) (rules []float64) {
	for _, p := range s.Parts[min(1, len(s.Parts)):] {
		rules = append(rules, p.Since.Seconds())
	}
	return rules
}

// trueLabel is the true average behind some words. Where lanes have acked different numbers of the same alerts so far, their true
// averages differ for that reason: it says of how many updates this one is, in as many words as every lane has room for.
func (f *Frame) trueLabel(s *sim.Snapshot, before string) string {
	return f.trueLabels(s, before)[f.trueLevel]
}

// trueLabels are its lengths, the longest first.
func (f *Frame) trueLabels(s *sim.Snapshot, before string) [4]string {
	average, of := fmt.Sprintf("true %.1f", s.True.Mean()), " of "+number(s.Acked)
	if !slices.ContainsFunc(f.Snapshots, func(other *sim.Snapshot) bool { return other.Acked != s.Acked }) {
		return [4]string{before + average, before + average, before + average, before + average}
	}
	return [4]string{before + average + of + " acked", before + average + of, strings.TrimPrefix(before, "Redis ") + average + of, before + average}
}

// trueLevelIn is the longest length of the true averages that fits into the charts of all lanes, of which the narrowest has w cells.
func (f *Frame) trueLevelIn(w int) int {
	level := 0
	for i, s := range f.Snapshots {
		if f.plots[i].chart != AverageChart {
			continue
		}
		before := ""
		if s.Redis == s.True {
			before = "Redis = "
		}
		labels := f.trueLabels(s, before)
		for level < len(labels)-1 && 2*chart.TextWidth(labels[level]) > w-widestAxis {
			level++
		}
	}
	return level
}

// widestAxis is what the axis of a chart takes at most, for averages of up to four digits.
const widestAxis = 5

// timelineCells is how long the timelines of the widest visible panel are.
func (p *plan) timelineCells(f *Frame) int {
	inner := (p.w+p.lanes-1)/p.lanes - 2
	return max(inner-labelWidth(f)-totalsWidth(inner), 1)
}

// labelWidth is that of the cursor and the names before the timelines.
func labelWidth(f *Frame) int { return 2 + len(clientName(f.Config.Clients)) }

// totalsWidth is that of the totals behind them.
func totalsWidth(inner int) int {
	if inner < totalsFrom {
		return 0
	}
	return len("  tries 12345")
}

// drawClients draws the timelines of the visible clients, newest at the right edge.
func drawClients(a chart.Area, f *Frame, p *plan, s *sim.Snapshot) {
	label, totals := labelWidth(f), totalsWidth(a.W())
	cells := a.Sub(label, 0, a.W()-label-totals, a.H())
	// The row begins on a multiple of a cell's time, so that signs move but don't change.
	perCell := f.perCell()
	from := (f.edge()/perCell - time.Duration(cells.W()) + 1) * perCell
	hidden := hiddenClients{waiting: s.WaitingCount, inside: s.InsideCount}
	signs := signsFor(f.ASCII)
	for row := range p.lane.clients {
		number := p.lane.firstClient + row
		i := number - s.First
		if i < 0 || i >= len(s.Clients) || s.Clients[i].Number != number {
			continue
		}
		c := &s.Clients[i]
		hidden.seen(c)
		ink := inkDim
		if number == f.Cursor {
			ink = inkCursor
			a.Text(0, row, "›", inkCursor)
		}
		a.Text(1, row, clientName(number), ink)
		for x := range cells.W() {
			r, ink := signs.of(c.Row.At(from + time.Duration(x)*perCell))
			cells.Set(x, row, r, ink)
		}
		if totals > 0 {
			drawTotals(a.Sub(a.W()-totals, row, totals, 1), c, s)
		}
	}
	drawRules(cells.Sub(0, 0, cells.W(), p.lane.clients), s, from, perCell, f.ASCII)
	row := p.lane.clients
	if p.lane.more {
		a.Text(1, row, hidden.text(f.Config.Clients-p.lane.clients, s), inkDim)
		row++
	}
	if p.lane.ruler {
		before := int(max(-from/perCell, 0)) // time begins at zero
		chart.Ruler(cells.Sub(before, 0, cells.W()-before, cells.H()), row, max(from, 0), perCell, inkDim)
	}
}

// drawRules draws a vertical line over the timelines at each change of the strategy.
func drawRules(cells chart.Area, s *sim.Snapshot, from, perCell time.Duration, ascii bool) {
	for _, p := range s.Parts[min(1, len(s.Parts)):] {
		if p.Since < from {
			continue
		}
		for y := range cells.H() {
			cells.Set(int((p.Since-from)/perCell), y, ruleSign(ascii), inkNotice)
		}
	}
}

func ruleSign(ascii bool) rune {
	if ascii {
		return '|'
	}
	return '│'
}

// drawTotals tells what became of a client: how many of its updates are lost, or where a lock prevents that, how often it
// tried to get it.
func drawTotals(a chart.Area, c *sim.ClientView, s *sim.Snapshot) {
	word, n, ink := "lost", c.Lost, inkDim
	switch c.Phase {
	case sim.Dead:
		a.TextRight(0, "crashed", inkLost)
		return
	case sim.Suspended:
		a.TextRight(0, "paused", inkLost)
		return
	case sim.Gone:
		a.TextRight(0, "left", inkDim)
		return
	}
	switch {
	case s.Lane.Locks && s.Lost == 0:
		word, n = "tries", c.Attempts
	case c.Lost > 0:
		ink = inkLost
	}
	text := number(n)
	a.Text(2, 0, word, ink)
	a.TextRight(0, text, ink)
}

// hiddenClients counts what the clients do that don't fit.
type hiddenClients struct{ waiting, inside int }

func (h *hiddenClients) seen(c *sim.ClientView) {
	switch c.Phase {
	case sim.Waiting:
		h.waiting--
	case sim.Holding, sim.Working:
		h.inside--
	}
}

func (h *hiddenClients) text(more int, s *sim.Snapshot) string {
	if s.Lane.Locks {
		return fmt.Sprintf("… %d more, %d waiting", more, max(h.waiting, 0))
	}
	return fmt.Sprintf("… %d more, %d inside", more, max(h.inside, 0))
}

// figureText writes a figure, or a dash for one that is not known.
func figureText(f sim.Figure, text func(float64) string) string {
	if !f.Known() {
		return "-"
	}
	return text(f.Value)
}

// rateText is a rate in whole numbers, of which a small one is not nothing.
func rateText(v float64) string {
	if v < 10 {
		return tenthText(v)
	}
	return number(int64(math.Round(v)))
}

// drawCounters draws the totals of a lane, in as many rows as there are and in fixed places.
func drawCounters(a chart.Area, s *sim.Snapshot) {
	lost := inkDim
	if s.Lost > 0 {
		lost = inkLost
	}
	waitName, wait := "p99", s.Figure(sim.WaitTail)
	if longest := s.Figure(sim.LongestWait); !wait.Known() && longest.Known() { // of a few, the p99 would be that
		waitName, wait = "max", longest
	}
	if s.Expired+s.Refused() == 0 { // or there is one more to show
		waitName += " wait"
	}
	type counter struct {
		name, value string
		room        int // for the value, so that nothing moves while it grows
		after       bool
		ink         chart.Ink
	}
	rows := [][]counter{
		{
			{name: "acked", value: number(s.Acked), room: 5, ink: inkTitle},
			{name: "lost", value: number(s.Lost), room: 5, ink: lost},
			{name: "failures", value: number(s.Failures), room: 5, ink: inkTitle},
			{name: "retries", value: number(s.Retries), room: 5, ink: inkTitle},
		}, {
			{name: waitName, value: figureText(wait, waitText), room: 6, ink: inkTitle},
			{name: " cmds/update", value: figureText(s.Figure(sim.CommandRate), tenthText), room: 5, after: true, ink: inkTitle},
			{name: " kept/s", value: figureText(s.Figure(sim.KeptRate), rateText), room: 4, after: true, ink: inkTitle},
		},
	}
	if s.Unknown > 0 {
		rows[0] = slices.Insert(rows[0], 2, counter{name: "unknown", value: number(s.Unknown), room: 5, ink: inkLost})
	}
	if s.Expired > 0 {
		rows[1] = append(rows[1], counter{name: "ran out", value: number(s.Expired), room: 3, ink: inkLost})
	}
	if s.Refused() > 0 {
		rows[1] = append(rows[1], counter{name: "refused", value: number(s.Refused()), room: 3, ink: inkLost})
	}
	rows[1] = append(rows[1], counter{name: "fair", value: figureText(s.Figure(sim.Fairness), hundredthText), room: 4, ink: inkTitle})
	x, y := 0, 0
	draw := func(c counter) bool {
		need := len(c.name) + c.room
		if !c.after {
			need++
		}
		if x > 0 {
			x += 2
		}
		if x+need > a.W() { // in the next row, if there is one
			if y+1 >= a.H() {
				return false
			}
			x, y = 0, y+1
		}
		value := piece{strings.Repeat(" ", max(c.room-len(c.value), 0)) + c.value, c.ink}
		if c.after {
			x = put(a, x, y, value, piece{c.name, inkDim})
		} else {
			x = put(a, x, y, piece{c.name + " ", inkDim}, value)
		}
		return true
	}
	for i, row := range rows {
		if i > 0 {
			if y+1 >= a.H() {
				return
			}
			x, y = 0, y+1
		}
		for _, c := range row {
			if !draw(c) {
				return
			}
		}
	}
}
