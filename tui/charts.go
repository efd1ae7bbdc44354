package tui

import (
	"math"
	"strconv"
	"time"

	"locktop/sim"
	"locktop/tui/chart"
)

// Chart is what the charts of the race show over time.
type Chart uint8

const (
	// AutoChart: the average of a lane that loses updates, and else what the lane costs, once
	// enough has happened to tell.
	AutoChart Chart = iota
	// AverageChart: the average in Redis and the true one.
	AverageChart
	// WaitChart: how long clients waited for the lock.
	WaitChart
	// KeptChart: how many updates a second were kept.
	KeptChart
	// QueueChart: how many clients were waiting for the lock.
	QueueChart
	chartCount int = iota
)

// chartNotices say what the charts show from now on.
var chartNotices = [chartCount]string{
	AutoChart:    "chart: what tells most in each lane",
	AverageChart: "chart: the average",
	WaitChart:    "chart: waits for the lock",
	KeptChart:    "chart: kept updates a second",
	QueueChart:   "chart: clients waiting for the lock",
}

const (
	enoughUpdates = 50 // acked: so many are enough to show what they cost
	mostParts     = 32 // of a lane's course
	fewParts      = 4
	leastKept     = 12 // updates in a part on average, unless there would be fewer parts than few
	titledChart   = 5  // rows of a chart that has room for its title
)

// chartOf returns what the chart of a lane shows.
func (f *Frame) chartOf(s *sim.Snapshot) Chart {
	switch {
	case f.Chart != AutoChart:
		return f.Chart
	case s.Lane.Locks && (s.Verdict == sim.Hung || s.Verdict == sim.Stalled):
		return QueueChart // however little happened before: the averages stand still, too
	case s.Lost > 0 || s.Verdict == sim.Wrong || s.Verdict == sim.Undecided || s.Acked < enoughUpdates:
		return AverageChart
	case s.Lane.Locks && s.Course.Sleepless():
		return QueueChart // times tell nothing
	case s.Course.Sleepless():
		return AverageChart
	case s.Lane.Locks:
		return WaitChart
	}
	return KeptChart
}

// showChart has the charts show something else: the next there is, or the one before.
func (m *model) showChart(by int) {
	f := &m.frame
	f.Chart = Chart((int(f.Chart) + by + chartCount) % chartCount)
	m.notify(chartNotices[f.Chart])
}

// mixedCharts tells whether some chart shows something else than the average, so that each has to say what it shows.
func (f *Frame) mixedCharts() bool {
	for _, s := range f.Snapshots {
		if f.chartOf(s) != AverageChart {
			return true
		}
	}
	return false
}

// drawLaneChart draws the chart of a lane below its title, for which there is a row where titled says so.
func drawLaneChart(a chart.Area, f *Frame, lane int, titled bool) {
	s := f.snapshot(lane)
	p := &f.plots[lane]
	if titled || a.H() >= titledChart && f.mixedCharts() {
		if p.chart == AverageChart {
			drawCaption(a.Sub(0, 0, a.W(), 1), f.ASCII)
		} else {
			p.drawTitle(a.Sub(0, 0, a.W(), 1), f.ASCII)
		}
		a = a.Sub(0, 1, a.W(), a.H()-1)
	}
	switch {
	case a.H() < 2:
	case p.chart == AverageChart:
		drawChart(a, f, s)
	default:
		p.draw(a, f, s)
	}
}

// plot is the course of a lane, made ready to be drawn.
type plot struct {
	chart  Chart
	titles [3]string // ever shorter
	lines  []plotLine
	empty  string // why there is nothing to see
	unit   func(y float64) string
}

type plotLine struct {
	chart.Line
	name string
	text func(y float64) string // what is written beside its last value
}

// plotsOf returns those of all lanes.
func (f *Frame) plotsOf() []plot {
	plots := make([]plot, len(f.Snapshots))
	for i, s := range f.Snapshots {
		switch which := f.chartOf(s); which {
		case AverageChart:
			plots[i] = plot{chart: AverageChart}
		case WaitChart:
			plots[i] = waitPlot(s)
		case KeptChart:
			plots[i] = keptPlot(s)
		default:
			plots[i] = queuePlot(s)
		}
	}
	return plots
}

func waitPlot(s *sim.Snapshot) plot {
	waits := func(p *sim.Stretch) int64 { return p.Waits }
	parts, tail := partsOf(s, waits, sim.EnoughForTail), true
	if len(parts) <= fewParts {
		parts, tail = partsOf(s, waits, sim.EnoughForMedian), false
	}
	wait := func(which string) func(y float64) string {
		return func(y float64) string { return which + millis(time.Duration(y*float64(time.Millisecond))) }
	}
	last, starvedFrom := wait, time.Duration(math.MaxInt64)
	if s.Starved() { // the waits that ended since are not those of most clients
		last, starvedFrom = func(string) func(float64) string { return func(float64) string { return "" } }, s.At-s.LongestOpen
	}
	p50, p99, longest := lineOf("p50", last("last p50 "), inkKept), lineOf("p99", last("last p99 "), inkFailed), lineOf("longest", last("last max "), inkFailed)
	for _, p := range parts {
		known := !p.Sleepless && p.To <= starvedFrom
		p50.add(p, milliseconds(p.WaitP50), p.Waits >= sim.EnoughForMedian && known)
		if tail {
			p99.add(p, milliseconds(p.WaitP99), p.Waits >= sim.EnoughForTail && known)
		} else {
			longest.add(p, milliseconds(p.WaitMax), p.Waits > 0 && known)
		}
	}
	open := lineOf("open", wait("open wait "), inkLost)
	if s.LongestOpen > s.WaitMax && len(parts) > 0 && !s.Course.Sleepless() { // what has not ended may be worse than all that has
		open.Points = []chart.Point{{X: (s.At - s.LongestOpen).Seconds()}, {X: s.At.Seconds(), Y: milliseconds(s.LongestOpen)}}
	}
	w := newPlot(WaitChart, parts, millisText, "waits that ended since the start, per ", "waits that ended, per ", "ended waits, per ")
	w.end(s, "no wait has ended yet", p99, longest, p50, open)
	return w
}

func keptPlot(s *sim.Snapshot) plot {
	parts := partsOf(s, func(p *sim.Stretch) int64 { return p.Kept }, leastKept)
	kept := lineOf("kept", func(y float64) string { return "kept " + perSecond(y) }, inkKept)
	for _, p := range parts {
		kept.add(p, p.KeptPerSecond(), !p.Sleepless)
	}
	w := newPlot(KeptChart, parts, perSecond, "updates kept a second since the start, per ", "updates kept a second, per ", "kept/s, per ")
	w.end(s, "no update has been kept yet", kept)
	return w
}

func queuePlot(s *sim.Snapshot) plot {
	parts := s.Course.Stretches(mostParts)
	mean := lineOf("mean", func(y float64) string { return "mean " + roundText(y) + " waiting" }, inkKept)
	most := lineOf("most", func(y float64) string { return "most " + roundText(y) + " waiting" }, inkFailed)
	waiting := s.WaitingCount > 0
	for _, p := range parts {
		waiting = waiting || p.MostWaiting > 0
		mean.add(p, p.Waiting, waiting)
		most.add(p, float64(p.MostWaiting), waiting)
	}
	w := newPlot(QueueChart, parts, roundText, "clients waiting for the lock since the start, per ", "clients waiting for the lock, per ", "waiting, per ")
	w.end(s, "nobody has waited yet", most, mean)
	return w
}

// partsOf returns the course of a lane in parts that are so long that each has enough, or nearly, of what is counted.
func partsOf(s *sim.Snapshot, count func(p *sim.Stretch) int64, enough int) []sim.Stretch {
	for most := mostParts; ; most /= 2 {
		parts, total := s.Course.Stretches(most), int64(0)
		for i := range parts {
			total += max(count(&parts[i]), 0)
		}
		if most <= fewParts || 4*total >= 5*int64(enough*len(parts)) { // some have less than others
			return parts
		}
	}
}

// newPlot returns a chart without lines, whose titles end on how long the parts are.
func newPlot(which Chart, parts []sim.Stretch, unit func(y float64) string, titles ...string) plot {
	p := plot{chart: which, unit: unit}
	for i, title := range titles {
		if len(parts) > 0 {
			p.titles[i] = title + shortDuration(parts[0].To-parts[0].From)
		}
	}
	return p
}

// end adds the lines, or says why there are none.
func (p *plot) end(s *sim.Snapshot, none string, lines ...plotLine) {
	for i := range lines {
		l := &lines[i]
		for j := len(l.Points) - 1; j >= 0; j-- {
			if y := l.Points[j].Y; !math.IsNaN(y) {
				l.Label = l.text(y)
				p.lines = append(p.lines, *l)
				break
			}
		}
	}
	switch {
	case len(p.lines) > 0:
	case p.chart != QueueChart && s.Course.Sleepless():
		p.empty = "at speed max times tell nothing"
	case p.chart != KeptChart && !s.Lane.Locks:
		p.empty = "this lane waits for no lock"
	default:
		p.empty = none
	}
}

func lineOf(name string, text func(y float64) string, ink chart.Ink) plotLine {
	return plotLine{chart.Line{Ink: ink, LabelInk: ink}, name, text}
}

// add adds a point in the middle of a part, or a gap where nothing is known.
func (l *plotLine) add(p sim.Stretch, y float64, known bool) {
	if !known {
		y = math.NaN()
	}
	l.Points = append(l.Points, chart.Point{X: (p.From + (p.To-p.From)/2).Seconds(), Y: y})
}

// spread is the range of a chart's values, with zero in it.
func (p *plot) spread() (lo, hi float64) {
	for _, l := range p.lines {
		for _, point := range l.Points {
			if !math.IsNaN(point.Y) {
				lo, hi = min(lo, point.Y), max(hi, point.Y)
			}
		}
	}
	return lo, hi
}

// scalesFor returns the scale of each chart, which all lanes share that show it.
func (f *Frame) scalesFor(plots []plot) [chartCount]Scale {
	scales := f.Scales
	for which := range scales {
		lo, hi, some := 0.0, 0.0, false
		for i := range plots {
			if p := &plots[i]; int(p.chart) == which && len(p.lines) > 0 {
				low, high := p.spread()
				lo, hi, some = min(lo, low), max(hi, high), true
			}
		}
		if some {
			if hi == lo {
				hi = 1
			}
			scales[which] = scales[which].fit(lo, hi)
		}
	}
	return scales
}

// drawTitle says what a chart shows and what its lines are, in as many words as there is room for. Where there is too little for the
// lines, their labels name them.
func (p *plot) drawTitle(a chart.Area, ascii bool) {
	sign := "━━"
	if ascii {
		sign = "**"
	}
	var names []piece
	if len(p.lines) > 1 || p.chart == WaitChart {
		for _, l := range p.lines {
			names = append(names, piece{"  " + sign, l.Ink}, piece{" " + l.name, inkDim})
		}
	}
	for _, names := range [][]piece{names, nil} {
		for i, title := range p.titles {
			line := append([]piece{{title, inkDim}}, names...)
			if width(line) <= a.W() || names == nil && i == len(p.titles)-1 {
				put(a, 0, 0, line...)
				return
			}
		}
	}
}

func (p *plot) draw(a chart.Area, f *Frame, s *sim.Snapshot) {
	scale := f.Scales[p.chart]
	if scale == (Scale{}) {
		scale.Max = math.NaN() // no lane shows anything, so the axis has no values
	}
	c := chart.LineChart{
		Min: chart.Point{X: 0, Y: scale.Min}, Max: chart.Point{X: max(f.now().Seconds(), 1e-3), Y: scale.Max},
		YLabel: p.unit, AxisInk: inkDim, Rules: partRules(s), RuleInk: inkNotice, ASCII: f.ASCII, Empty: p.empty,
	}
	for _, l := range p.lines {
		c.Lines = append(c.Lines, l.Line)
	}
	c.Draw(a)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// millisText writes milliseconds beside an axis; long ones in seconds.
func millisText(y float64) string {
	if y >= 1000 {
		return roundText(y/1000) + "s"
	}
	return roundText(y) + "ms"
}

func perSecond(y float64) string { return roundText(y) + "/s" }

// roundText writes a number with one decimal, which a large one has no need of.
func roundText(y float64) string {
	if math.Abs(y) >= 10 || y == math.Trunc(y) {
		return strconv.FormatFloat(math.Round(y)+0, 'f', 0, 64) // adding 0 takes the sign off a negative one
	}
	return strconv.FormatFloat(y, 'f', 1, 64)
}
