package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"locktop/sim"
)

// missing stands where there is no figure; a note below says why.
const missing = "–"

// shown is how a measure is written in each form of the report.
type shown struct {
	measure sim.Measure
	row     string // its name in text
	key     string // its name in JSON
	text    func(float64) string
}

// shownMeasures are in the order of [sim.Measures].
var shownMeasures = []shown{
	{sim.KeptRate, "kept per second", "rate.kept_per_s", oneDecimal},
	{sim.CommandRate, "commands per update", "rate.commands_per_update", oneDecimal},
	{sim.WaitMedian, "wait p50", "wait_ms.p50", waitText},
	{sim.WaitTail, "wait p99", "wait_ms.p99", waitText},
	{sim.LongestWait, "wait max", "wait_ms.max", waitText},
	{sim.Fairness, "fairness (Jain)", "jain", func(x float64) string { return fixed(x, 3) }},
	{sim.MostInside, "most inside at once", "lock.max_inside", func(x float64) string { return fixed(x, 0) }},
	{sim.InsideTwice, "overlaps", "lock.overlaps", func(x float64) string { return fixed(x, 0) }},
}

// cell is a measure of a lane as text.
func cell(l sim.LaneResult, m sim.Measure) string {
	s := l.Spread(m)
	if !s.Known() {
		return missing
	}
	return shownMeasures[m].text(s.Value)
}

// oneDecimal keeps what is small from being rounded to nothing.
func oneDecimal(x float64) string {
	if x > 0 && x < 0.05 {
		return "<0.1"
	}
	return fixed(x, 1)
}

func waitText(ms float64) string {
	return durationText(time.Duration(ms * float64(time.Millisecond)))
}

// notes say why measures are missing: a line for each reason, with the measures and the
// lanes that it is of. Where there is too little, lanes are told together, each with
// what it has.
func notes(lanes []sim.LaneResult, measures ...sim.Measure) []string {
	type note struct{ lanes, why string }
	var order []note
	rows := map[note][]string{}
	for _, m := range measures {
		var reasons []string
		lacking := map[string][]sim.Figure{} // by reason
		names := map[string][]string{}
		for _, l := range lanes {
			f := l.Spread(m).Figure
			if f.Known() {
				continue
			}
			reason := f.Why
			if f.Thing != "" {
				reason = fmt.Sprintf("too few %s to tell, and it takes %d", f.Thing, f.Enough)
			}
			if lacking[reason] == nil {
				reasons = append(reasons, reason)
			}
			lacking[reason] = append(lacking[reason], f)
			names[reason] = append(names[reason], l.Lane.Name())
		}
		for _, reason := range reasons {
			figures, of := lacking[reason], names[reason]
			n := note{why: figures[0].Why}
			if slices.ContainsFunc(figures, func(f sim.Figure) bool { return f.Have != figures[0].Have }) {
				n.why = reason
				for i, f := range figures {
					of[i] += fmt.Sprintf(" %d", f.Have)
				}
			}
			n.lanes = strings.Join(of, ", ")
			if rows[n] == nil {
				order = append(order, n)
			}
			rows[n] = append(rows[n], shownMeasures[m].row)
		}
	}
	var lines []string
	for _, n := range order {
		lines = append(lines, fmt.Sprintf("%s %s (%s): %s", missing, strings.Join(rows[n], ", "), n.lanes, n.why))
	}
	return lines
}

// notMeasured says why figures are null, by their keys.
func notMeasured(l sim.LaneResult) map[string]string {
	why := map[string]string{}
	for _, s := range shownMeasures {
		if f := l.Spread(s.measure).Figure; !f.Known() {
			why[s.key] = f.Why
		}
	}
	for key, a := range map[string]sim.Average{"average.redis_ms": l.Redis, "average.true_ms": l.True} {
		if a.Count == 0 {
			why[key] = "nothing has been added up"
		}
	}
	return why
}

// figure is a measure in JSON: null if it is not known.
func figure(l sim.LaneResult, m sim.Measure) *float64 {
	f := l.Spread(m).Figure
	if !f.Known() {
		return nil
	}
	x := round(f.Value)
	return &x
}

// sleepless tells whether times of the run are not those of its settings.
func sleepless(r sim.Result) bool {
	return slices.ContainsFunc(r.Lanes, func(l sim.LaneResult) bool { return l.Sleepless })
}

// workText is the think time, and that it was skipped.
func workText(r sim.Result) string {
	text := fmt.Sprintf("work %v", r.Config.Work)
	if sleepless(r) {
		text += " (skipped)"
	}
	return text
}

// averageText is an average in milliseconds, or none.
func averageText(a sim.Average) string {
	if a.Count == 0 {
		return missing
	}
	return fixed(a.Mean(), 3) + " ms"
}

// lockCount is a number of what only clients with a lock, or that try again, can do.
func lockCount(l sim.LaneResult, n int64) string {
	if n == 0 && !l.Lane.Locks && !l.Started.Locks {
		return missing
	}
	return fmt.Sprint(n)
}

// triedCount is a number of tries of whatever kind.
func triedCount(l sim.LaneResult, n int64) string {
	if l.Attempts > 0 {
		return fmt.Sprint(n)
	}
	return lockCount(l, n)
}

// stillWaiting says who has not got the lock at the end.
func stillWaiting(l sim.LaneResult) string {
	switch {
	case l.OpenWaits == 0:
		return "0"
	case l.Sleepless:
		return fmt.Sprint(l.OpenWaits)
	}
	return fmt.Sprintf("%d, up to %s", l.OpenWaits, durationText(l.LongestOpen))
}
