package tui

import (
	"fmt"
	"math"
	"strings"
	"time"

	"locktop/sim"
	"locktop/tui/chart"
)

// Two runs are compared lane by lane, number by number.

// measure is one number of a lane, the most telling first.
type measure struct {
	name  string
	value func(l sim.LaneResult) sim.Figure
	text  func(float64) string
}

// countOf is the value of a count.
func countOf(count func(l sim.LaneResult) int64) func(l sim.LaneResult) sim.Figure {
	return func(l sim.LaneResult) sim.Figure { return sim.Figure{Value: float64(count(l))} }
}

func measured(m sim.Measure) func(l sim.LaneResult) sim.Figure {
	return func(l sim.LaneResult) sim.Figure { return l.Figure(m) }
}

var measures = [...]measure{
	{"acked", countOf(func(l sim.LaneResult) int64 { return l.Acked }), wholeText},
	{"kept", countOf(func(l sim.LaneResult) int64 { return l.Kept }), wholeText},
	{"lost", countOf(func(l sim.LaneResult) int64 { return l.Lost }), wholeText},
	{"average off", averageOff, func(v float64) string { return offText(v) + "ms" }},
	{"kept/s", measured(sim.KeptRate), tenthText},
	{"cmds/update", measured(sim.CommandRate), tenthText},
	{"p99 wait", measured(sim.WaitTail), waitText},
	{"p50 wait", measured(sim.WaitMedian), waitText},
	{"max wait", measured(sim.LongestWait), waitText},
	{"attempts", countOf(func(l sim.LaneResult) int64 { return l.Attempts }), wholeText},
	{"failures", countOf(func(l sim.LaneResult) int64 { return l.Failures }), wholeText},
	{"most inside", measured(sim.MostInside), wholeText},
	{"fair", measured(sim.Fairness), hundredthText},
	{"faults", countOf(func(l sim.LaneResult) int64 { return l.Faults }), wholeText},
}

func wholeText(v float64) string     { return number(int64(v)) }
func tenthText(v float64) string     { return fmt.Sprintf("%.1f", v) }
func hundredthText(v float64) string { return fmt.Sprintf("%.2f", v) }

// waitText is a wait in milliseconds.
func waitText(v float64) string {
	return string(appendWait(nil, time.Duration(v*float64(time.Millisecond))))
}

// averageOff is how far the average in Redis is off, if there is one.
func averageOff(l sim.LaneResult) sim.Figure {
	if l.Redis.Count == 0 || l.True.Count == 0 {
		return sim.Figure{Why: "nothing has been added up"}
	}
	return sim.Figure{Value: l.Redis.Mean() - l.True.Mean()}
}

const (
	measureWidth   = 12
	valueWidth     = 9
	changeWidth    = 8
	laneWidth      = 2*valueWidth + changeWidth
	comparisonRows = len(measures) + 6 // with the border, the settings of both and the names of the lanes
)

func drawComparison(a chart.Area, f *Frame, one, two *PastRun) {
	const sides = 4 // the border, and a cell beside it
	lanes := max(len(one.Lanes), len(two.Lanes))
	shown := min(max((a.W()-sides-measureWidth)/laneWidth, 1), lanes)
	first := min(f.Focus, lanes-shown)
	title := fmt.Sprintf("A, left, is run %d; B, right, is run %d", one.Number, two.Number)
	if shown < lanes {
		title += "   " + laneRange(first, shown, lanes)
	}
	in := a.Box(title, inkFrame, inkTitle, f.ASCII)
	in = in.Sub(1, 0, in.W()-2, in.H())
	drawSettings(in, one, two)
	for i := range shown {
		drawLaneComparison(in.Sub(measureWidth+i*laneWidth, 2, laneWidth-1, in.H()-2), f, one.lane(first+i), two.lane(first+i))
	}
	for i, m := range measures {
		in.Text(0, 4+i, m.name, inkDim)
	}
}

// lane returns one of a run's; nil if it has fewer.
func (r *PastRun) lane(i int) *sim.LaneResult {
	if i >= len(r.Lanes) {
		return nil
	}
	return &r.Lanes[i]
}

// ran is how long a run has run, in experiment time.
func (r *PastRun) ran() time.Duration {
	var ran time.Duration
	for _, l := range r.Lanes {
		ran = max(ran, l.Last)
	}
	return ran
}

// drawSettings puts the settings of both runs below each other. Where they differ they are marked.
func drawSettings(a chart.Area, one, two *PastRun) {
	first, second := one.settings, two.settings
	x := a.Text(0, 0, "A", inkNotice)
	a.Text(0, 1, "B", inkNotice)
	differ := func(i int) bool { return i > 0 && first[i] != second[i] } // no two run for the same time
	for _, wanted := range []bool{true, false} {
		for i := range first {
			wide := max(chart.TextWidth(first[i]), chart.TextWidth(second[i]))
			if differ(i) != wanted || x+3+wide > a.W() {
				continue
			}
			if wide == 0 {
				continue
			}
			ink, mark := inkDim, "  "
			if wanted {
				ink, mark = inkNotice, " ≠"
			}
			put(a, x, 0, piece{mark, ink}, piece{first[i], ink})
			put(a, x, 1, piece{mark, ink}, piece{second[i], ink})
			x += 2 + wide
		}
	}
}

// drawLaneComparison compares a lane of both runs.
func drawLaneComparison(a chart.Area, f *Frame, one, two *sim.LaneResult) {
	for i, l := range []*sim.LaneResult{one, two} {
		cell := a.Sub(i*valueWidth, 0, valueWidth, a.H())
		if l == nil {
			cell.TextRight(0, "-", inkDim)
			continue
		}
		ink := inkTitle
		if i == 1 && one != nil && laneCourse(*one) != laneCourse(*l) {
			ink = inkNotice
		}
		name := laneCourse(*l)
		if chart.TextWidth(name) >= valueWidth {
			name = l.Lane.Strategy
		}
		cell.TextRight(0, name, ink)
		word, ink := verdictWord(l.Verdict, f.ASCII)
		if before := l.Before(); len(before) > 0 { // the numbers are of all parts
			word, _, _ = partOutcome(l.Part(), false)
			earlier, _, _ := partOutcome(before[len(before)-1], false)
			word = earlier + "→" + word
		}
		cell.TextRight(1, word, ink)
	}
	for i, m := range measures {
		var texts [2]string
		for j, l := range []*sim.LaneResult{one, two} {
			if texts[j] = "-"; l != nil {
				texts[j] = figureText(m.value(*l), m.text)
			}
		}
		ink := inkPlain
		if texts[0] != texts[1] {
			ink = inkNotice
			change := "≠"
			if one != nil && two != nil {
				if a, b := m.value(*one), m.value(*two); a.Known() && b.Known() {
					change += changeText(a.Value, b.Value)
				}
			}
			a.Text(2*valueWidth+1, 2+i, change, ink)
		}
		a.Sub(0, 0, valueWidth, a.H()).TextRight(2+i, texts[0], inkPlain)
		a.Sub(valueWidth, 0, valueWidth, a.H()).TextRight(2+i, texts[1], ink)
	}
}

func verdictWord(v sim.Verdict, ascii bool) (string, chart.Ink) {
	switch v {
	case sim.Wrong:
		return "✗wrong", inkLost
	case sim.Hung:
		return "✗hung", inkLost
	case sim.Stalled:
		return "✗stalled", inkLost
	case sim.Correct:
		if ascii {
			return "correct", inkKept
		}
		return "✓correct", inkKept
	}
	return "?undec.", inkUndecided
}

// changeText says how a number has changed: in per cent, or as a factor where that is large. What was nothing, or has another
// sign, is only marked.
func changeText(from, to float64) string {
	if from == 0 || to == 0 || from < 0 != (to < 0) {
		return ""
	}
	switch ratio := to / from; {
	case ratio >= 10_000:
		return ""
	case ratio >= 100:
		return fmt.Sprintf(" %.0f×", ratio)
	case ratio >= 2:
		return fmt.Sprintf(" %.1f×", ratio)
	case math.Abs(ratio-1) < 0.005:
		return ""
	default:
		return strings.Replace(fmt.Sprintf(" %+.0f%%", max(100*(ratio-1), -99)), "-", "−", 1) // no more than there is room for
	}
}
