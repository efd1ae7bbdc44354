package tui

import (
	"fmt"
	"slices"
	"strings"

	"locktop/sim"
	"locktop/tui/chart"
)

// The runs are all that have ended since the program started.

// A PastRun is a race that has ended.
type PastRun struct {
	// Number counts the runs from 1.
	Number int
	// Preset is the failure that was watched, as the header said it; empty is none.
	Preset string
	sim.Result

	settings []string      // in the same order for every run; one that it does not have is empty
	outcomes [2][2][]piece // of its lanes, in words and by signs alone, and the same in ASCII
}

// NewPastRun returns a run with all that is told of it.
func NewPastRun(number int, preset string, result sim.Result) PastRun {
	r := PastRun{Number: number, Preset: preset, Result: result}
	r.settings = r.settingTexts()
	for i, l := range r.Lanes {
		for j := range r.outcomes {
			words, signs := outcome(l, j == 1)
			for k, pieces := range [][]piece{words, signs} {
				if i > 0 {
					pieces = append([]piece{{" │ ", inkFrame}}, pieces...)
				}
				r.outcomes[j][k] = append(r.outcomes[j][k], pieces...)
			}
		}
	}
	return r
}

// mostRuns is how many runs are remembered.
const mostRuns = 50

// remember keeps the result of a session that is over, unless nothing came of it.
func (m *model) remember(s *session) {
	f := &m.frame
	updates := int64(0)
	for _, l := range s.result.Lanes {
		updates += l.Acked
	}
	if s.err != nil || updates == 0 {
		return
	}
	m.ran++
	f.Runs = append(f.Runs, NewPastRun(m.ran, s.preset, s.result))
	if n := len(f.Runs) - mostRuns; n > 0 {
		f.Runs = append(f.Runs[:0:0], f.Runs[n:]...)
	}
	if f.RunLine > 0 { // the cursor stays with its run
		f.RunLine = min(f.RunLine+1, len(f.Runs)-1)
	}
	m.stale = true
}

// run returns the i-th newest run; nil if there is none.
func (f *Frame) run(i int) *PastRun {
	if i < 0 || i >= len(f.Runs) {
		return nil
	}
	return &f.Runs[len(f.Runs)-1-i]
}

// runNumbered returns a run by its number; nil if it is not remembered.
func (f *Frame) runNumbered(n int) *PastRun {
	for i := range f.Runs {
		if f.Runs[i].Number == n {
			return &f.Runs[i]
		}
	}
	return nil
}

// markRun marks the selected run as one to be compared, or takes the mark off. Of more than two, the latest two count.
func (m *model) markRun() {
	f := &m.frame
	r := f.run(f.RunLine)
	switch {
	case r == nil:
		m.notify("no run has ended yet: r starts another")
	case r.Number == f.Marked[1]:
		f.Marked[1] = 0
	case r.Number == f.Marked[0]:
		f.Marked = [2]int{f.Marked[1], 0}
	case f.runNumbered(f.Marked[0]) == nil:
		f.Marked = [2]int{r.Number, 0}
	case f.runNumbered(f.Marked[1]) == nil:
		f.Marked[1] = r.Number
	default:
		f.Marked = [2]int{f.Marked[1], r.Number}
	}
}

// compared are the two runs that are marked; nil for one that is not.
func (f *Frame) compared() (a, b *PastRun) {
	return f.runNumbered(f.Marked[0]), f.runNumbered(f.Marked[1])
}

// runRows is how many of the runs fit in a body of h rows: few where two of them are compared below.
func (f *Frame) runRows(h int) int {
	rows := max(h-2, 1)
	if a, b := f.compared(); a != nil && b != nil {
		rows = max(min(rows-comparisonRows-2, rows/2), 2)
	}
	return rows
}

// runTop is the first run in sight, from 0.
func (f *Frame) runTop(rows int) int {
	return min(max(f.RunLine-rows/2, 0), max(len(f.Runs)-rows, 0))
}

func drawRuns(a chart.Area, f *Frame) {
	rows := f.runRows(a.H())
	one, two := f.compared()
	list := a
	if one != nil && two != nil {
		list = a.Sub(0, 0, a.W(), rows+2)
		drawComparison(a.Sub(0, rows+2, a.W(), a.H()-rows-2), f, one, two)
	}
	title := "RUNS since the program started, newest first"
	if len(f.Runs) == mostRuns {
		title = fmt.Sprintf("RUNS, the last %d, newest first", mostRuns)
	}
	if chart.TextWidth(title) > a.W()-6 {
		title = "RUNS, newest first"
	}
	in := list.Box(title, inkFrame, inkTitle, f.ASCII)
	in = in.Sub(0, 0, in.W()-1, in.H())
	if len(f.Runs) == 0 {
		for y, line := range paragraph(f.say("No run has ended yet. r ends this one and starts it again with the settings as they are, p starts a preset; "+
			"two that are marked then are compared number by number."), in.W()-1, inkDim) {
			put(in, 1, y, line...)
		}
		return
	}
	top := f.runTop(rows)
	for y := range min(rows, len(f.Runs)-top) {
		drawRun(in, y, f, f.run(top+y), top+y == f.RunLine)
	}
}

// drawRun tells a run in one line: what came of its lanes, and then its settings as far as there is room.
func drawRun(a chart.Area, y int, f *Frame, r *PastRun, selected bool) {
	ink := inkDim
	if selected {
		ink = inkCursor
		a.Text(0, y, "›", inkCursor)
	}
	mark := " "
	switch r.Number {
	case f.Marked[0]:
		mark = "A"
	case f.Marked[1]:
		mark = "B"
	}
	outcomes := &r.outcomes[0]
	if f.ASCII {
		outcomes = &r.outcomes[1]
	}
	x := put(a, 1, y, piece{mark, inkNotice}, piece{fmt.Sprintf(" %3d  ", r.Number), ink})
	told := outcomes[0]
	if x+width(told) > a.W() {
		told = outcomes[1]
	}
	x = put(a, x, y, told...)
	for _, s := range r.settings {
		if n := 2 + chart.TextWidth(s); s != "" && x+n <= a.W() {
			a.Text(x+2, y, s, inkDim)
			x += n
		}
	}
}

// outcome is what came of a lane under each of its strategies, in words and by signs alone.
func outcome(l sim.LaneResult, ascii bool) (words, signs []piece) {
	for _, p := range l.Before() {
		sign, text, ink := partOutcome(p, ascii)
		words = append(words, piece{p.Strategy + " ", inkTitle}, piece{sign + " " + text, ink}, piece{" → ", inkFrame})
		signs = append(signs, piece{p.Strategy + " ", inkTitle}, piece{sign, ink}, piece{" → ", inkFrame})
	}
	sign, text, ink := partOutcome(l.Part(), ascii)
	name := piece{l.Lane.Name() + " ", inkTitle}
	return append(words, name, piece{sign + " " + text, ink}), append(signs, name, piece{sign, ink})
}

// partOutcome is what came of a part.
func partOutcome(p sim.Part, ascii bool) (sign, text string, ink chart.Ink) {
	switch p.Verdict {
	case sim.Wrong:
		if p.Lost == 0 {
			return "✗", fmt.Sprintf("%d by a stranger", p.Foreign), inkLost
		}
		return "✗", fmt.Sprintf("lost %s/%s", number(p.Lost), number(p.Acked)), inkLost
	case sim.Hung, sim.Stalled:
		return "✗", string(p.Verdict), inkLost
	case sim.Correct:
		if sign = "✓"; ascii {
			sign = "ok"
		}
		return sign, "kept " + number(p.Kept), inkKept
	}
	return "?", "undecided, kept " + number(p.Kept), inkUndecided
}

// laneCourse is the name of a lane, with the strategy that it began with if that is another.
func laneCourse(l sim.LaneResult) string {
	if l.ChangeCount > 0 && l.Started.Strategy != l.Lane.Strategy {
		return l.Started.Strategy + "→" + l.Lane.Name()
	}
	return l.Lane.Name()
}

// changesText lists the settings that were changed in the course of a run, by lane where they differ.
func changesText(lanes []sim.LaneResult) string {
	var texts []string
	for _, l := range lanes {
		for _, c := range l.Changes {
			text := changeWords(c.Change)
			if !c.Setting.Shared() && len(lanes) > 1 {
				text = fmt.Sprintf("lane %d: %s", l.Lane.Index+1, text)
			}
			if !slices.Contains(texts, text) { // of the workload, which every lane has
				texts = append(texts, text)
			}
		}
	}
	if len(texts) == 0 {
		return ""
	}
	return "changed to " + strings.Join(texts, ", ")
}

func (r *PastRun) settingTexts() []string {
	c := &r.Config
	f := Frame{Config: *c}
	for _, l := range r.Lanes {
		f.Snapshots = append(f.Snapshots, l.Snapshot)
	}
	alerts := ""
	if c.Alerts > 0 {
		alerts = fmt.Sprintf("alerts %d", c.Alerts)
	}
	ended := ""
	if len(r.Lanes) > 0 {
		ended = "ran " + clockText(r.ran())
	}
	return []string{
		ended, fmt.Sprintf("clients %d", c.Clients), f.leaseText(), f.workText(), "retry " + shortDuration(c.Retry),
		"speed " + speedText(c.Speed), fmt.Sprintf("seed %d", c.Seed), alerts, r.Preset, backendText(r.Config, r.Backend),
		changesText(r.Lanes),
	}
}
