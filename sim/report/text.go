// Package report writes what a run came to, for people and for programs. It
// computes nothing: every number is taken from the result as folded.
package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"locktop/sim"
	"locktop/sim/clock"
)

// Text writes the report as a table with one column per lane.
func Text(w io.Writer, r sim.Result) error {
	var b strings.Builder
	r = inPlace(r)
	c := r.Config
	fmt.Fprintf(&b, "locktop: %s of %s, %s, seed %d, %s, %s\n",
		count(c.Clients, "client"), count(c.Servers, "server"), alerts(c.Alerts), c.Seed, workText(r), leaseText(r))
	fmt.Fprintf(&b, "on %s (%s), %s", r.Backend, r.Version, paceText(r))
	if !sleepless(r) {
		b.WriteString("; times below are experiment time")
	}
	b.WriteString("\n\n")

	t := tabwriter.NewWriter(&b, 0, 0, 3, ' ', tabwriter.AlignRight)
	row := func(name string, cell func(sim.LaneResult) string) {
		fmt.Fprint(t, name)
		for _, l := range r.Lanes {
			fmt.Fprint(t, "\t", cell(l))
		}
		fmt.Fprintln(t, "\t")
	}
	row("lane", markedName)
	row("verdict", func(l sim.LaneResult) string { return strings.ToUpper(string(l.Verdict)) })
	row("updates acked", func(l sim.LaneResult) string { return fmt.Sprint(l.Acked) })
	row("  kept", func(l sim.LaneResult) string { return fmt.Sprint(l.Kept) })
	row("  lost", func(l sim.LaneResult) string { return fmt.Sprint(l.Lost) })
	if slices.ContainsFunc(r.Lanes, func(l sim.LaneResult) bool { return l.EraserUnknown() > 0 }) {
		row("  eraser unknown", func(l sim.LaneResult) string { return fmt.Sprint(l.EraserUnknown()) })
	}
	row("  unknown", func(l sim.LaneResult) string { return fmt.Sprint(l.Unknown) })
	row("clobbers", func(l sim.LaneResult) string { return fmt.Sprint(l.Clobbers) })
	row("average in Redis", func(l sim.LaneResult) string { return averageText(l.Redis) })
	row("true average", func(l sim.LaneResult) string { return averageText(l.True) })
	measured := func(measures ...sim.Measure) {
		for _, m := range measures {
			row(shownMeasures[m].row, func(l sim.LaneResult) string { return cell(l, m) })
		}
	}
	measured(sim.MostInside, sim.InsideTwice)
	row("lock acquired", func(l sim.LaneResult) string { return lockCount(l, l.Acquired) })
	row("  failures", func(l sim.LaneResult) string { return triedCount(l, l.Failures) })
	row("  retries", func(l sim.LaneResult) string { return triedCount(l, l.Retries) })
	row("  leases run out", func(l sim.LaneResult) string { return lockCount(l, l.Expired) })
	seldom := func(name string, number func(sim.LaneResult) int64) {
		if slices.ContainsFunc(r.Lanes, func(l sim.LaneResult) bool { return number(l) > 0 }) {
			row(name, func(l sim.LaneResult) string { return lockCount(l, number(l)) })
		}
	}
	seldom("  locks forgotten by Redis", func(l sim.LaneResult) int64 { return l.LocksForgotten })
	seldom("  locks gone early", func(l sim.LaneResult) int64 { return l.LocksGone })
	measured(sim.WaitMedian, sim.WaitTail, sim.LongestWait)
	row("  still waiting", func(l sim.LaneResult) string { return lockCount(l, int64(l.OpenWaits)) })
	if !sleepless(r) {
		row("raced for", func(l sim.LaneResult) string { return durationText(l.Last) })
	}
	measured(sim.KeptRate, sim.CommandRate, sim.Fairness)
	outages := slices.ContainsFunc(r.Lanes, func(l sim.LaneResult) bool { return l.Outages > 0 })
	if outages {
		row("connection lost", func(l sim.LaneResult) string { return fmt.Sprint(l.Outages) })
		row("  Redis away for", func(l sim.LaneResult) string { return durationText(l.Away) })
	}
	if anyFaults(r) {
		row("faults injected", func(l sim.LaneResult) string { return fmt.Sprint(l.Faults) })
		row("  locks reset", func(l sim.LaneResult) string { return fmt.Sprint(l.Resets) })
		row("  releases refused after it", func(l sim.LaneResult) string { return fmt.Sprint(l.Disowned) })
		row("  clients crashed", func(l sim.LaneResult) string { return fmt.Sprint(l.Crashed) })
	}
	if outages || anyFaults(r) {
		row("  Redis went back", func(l sim.LaneResult) string { return fmt.Sprint(l.Rewound) })
	}
	t.Flush()

	b.WriteByte('\n')
	for _, l := range r.Lanes {
		fmt.Fprintf(&b, "%s: %s\n", l.Lane.Name(), Sentence(l))
		for _, check := range l.Failed {
			fmt.Fprintf(&b, "%s: CHECK FAILED: %s\n", l.Lane.Name(), check)
		}
		if l.ChangeCount > 0 {
			fmt.Fprintf(&b, "%s: %s\n", l.Lane.Name(), oneLine(changesText(l)))
		}
		for _, line := range partLines(l) {
			fmt.Fprintf(&b, "%s: %s\n", l.Lane.Name(), line)
		}
		if l.Order != "" {
			fmt.Fprintf(&b, "%s: %s\n", l.Lane.Name(), orderSentence(l.Order))
		}
		for _, f := range l.NeverStruck {
			fmt.Fprintf(&b, "%s: the fault %s never struck\n", l.Lane.Name(), oneLine(f.String()))
		}
	}
	for _, note := range mixedNotes(r) {
		b.WriteString(note + "\n")
	}
	if note := trueNote(r); note != "" {
		b.WriteString(note + "\n")
	}
	for _, note := range notes(r.Lanes, sim.Measures()...) {
		b.WriteString(note + "\n")
	}
	if note := speedsNote(r); note != "" {
		b.WriteString(note + "\n")
	}
	return output(w, b.String())
}

// outagesText tells how often the connection to Redis was lost, and what came of that.
func outagesText(l sim.LaneResult) string {
	text := fmt.Sprintf("the connection to Redis was lost %s, for %s in all", times(int64(l.Outages)), durationText(l.Away))
	switch {
	case l.Down:
		text += ", and did not come back"
	case l.Rewound > 0:
		text += fmt.Sprintf("; %s Redis went back to an earlier value", times(int64(l.Rewound)))
	}
	return text
}

// changesText tells which settings were changed in the course of the run, and when.
func changesText(l sim.LaneResult) string {
	var b strings.Builder
	fmt.Fprintf(&b, "began as %s with %s", l.Started.Name(), count(l.Started.Clients, "client"))
	if left := l.ChangeCount - int64(len(l.Changes)); left > 0 {
		fmt.Fprintf(&b, "; %s not listed", count(left, "change"))
	}
	for _, c := range l.Changes {
		fmt.Fprintf(&b, "; at %.3f s %s", c.At.Seconds(), c.Change)
	}
	return b.String()
}

// paceText says how fast the run was.
func paceText(r sim.Result) string {
	if r.Config.Deterministic {
		return fmt.Sprintf("deterministic, %.2f s of virtual time", r.Elapsed.Seconds())
	}
	speed := "speed " + r.Config.Speed.String()
	if sleepless(r) && r.Config.Speed != clock.Max {
		speed += ", for a while max"
	}
	return fmt.Sprintf("%s, %.2f s of real time", speed, r.Elapsed.Seconds())
}

// speedOf is the speed that the times of a run are of. Virtual time passes as it will: the
// same run may be watched, hurried or replayed, and is the same.
func speedOf(c sim.Config) clock.Speed {
	if c.Deterministic {
		return 1
	}
	return c.Speed
}

// anyFaults tells whether something was done on purpose in any lane.
func anyFaults(r sim.Result) bool {
	for _, l := range r.Lanes {
		if l.Faults > 0 {
			return true
		}
	}
	return false
}

// Sentence says in words what became of a lane: under the strategy that it has, and then
// under those that it had before.
func Sentence(l sim.LaneResult) string {
	if len(l.Before()) == 0 {
		return sentence(presentPart(l))
	}
	p := l.Part()
	return fmt.Sprintf("as %s since %.3f s: %s%s; before, %s", p.Strategy, p.Since.Seconds(), sentence(presentPart(l)), strayedText(p), beforeText(l))
}

func sentence(l sim.LaneResult) string {
	switch {
	case l.Broke != "":
		return "stopped: " + l.Broke
	case l.Lost > 0 && l.Foreign > 0:
		return fmt.Sprintf("lost %d of %s: %s somebody else wrote to the key, or Redis forgot what was in it",
			l.Lost, count(l.Acked, "update"), times(l.Foreign))
	case l.Lost > 0 && lossCauses(l) != "":
		return fmt.Sprintf("lost %d of %s: %s", l.Lost, count(l.Acked, "update"), lossCauses(l))
	case l.Lost > 0:
		return fmt.Sprintf("lost %d of %s; %s", l.Lost, count(l.Acked, "acknowledged update"), offText(l))
	case l.Foreign > 0:
		return "the value in Redis was changed by somebody else"
	case l.Stopped && !l.Final:
		return fmt.Sprintf("undecided: the final value could not be read, so nobody knows whether every one of %s is in the average",
			count(l.Acked, "acknowledged update"))
	case len(l.Failed) > 0:
		return "the accounts do not add up: somebody else may have written to the keys in Redis"
	case l.Verdict == sim.Stalled:
		return "stalled: " + Stall(l.Snapshot)
	case l.Verdict == sim.Hung:
		why := ""
		if l.Stall == sim.StallDead {
			why = Stall(l.Snapshot) + "; "
		}
		return fmt.Sprintf("hangs: %s%s for ever, and for more than %v nothing has been done", why, waits(l.WaitingCount), l.Lane.Patience)
	case l.Verdict == sim.Undecided:
		return "undecided: no two updates were under way at the same time"
	case l.Overlaps > 0 && l.Guarded == l.Overlaps:
		return fmt.Sprintf("every one of %d updates is in the average: %s two clients were inside at once, and the fence refused %s",
			l.Acked, times(l.Overlaps), lateWrites(l.Stale))
	case l.Overlaps > 0:
		return fmt.Sprintf("every one of %d updates is in the average, by luck: %s two clients were inside at once", l.Acked, times(l.Overlaps))
	case l.Unknown > 0:
		return fmt.Sprintf("every one of %s is in the average; of %d more nobody knows whether Redis has made them", count(l.Acked, "acknowledged update"), l.Unknown)
	default:
		return fmt.Sprintf("every one of %d updates is in the average", l.Acked)
	}
}

// lossCauses says what happened that lets updates get lost; empty if the log shows nothing
// of the kind. A lease whose holder has crashed lets nobody write late.
func lossCauses(l sim.LaneResult) string {
	var causes []string
	add := func(n int64, text string) {
		if n > 0 {
			causes = append(causes, text)
		}
	}
	add(int64(l.Rewound), times(int64(l.Rewound))+" Redis forgot what it had acknowledged")
	add(l.LocksForgotten, times(l.LocksForgotten)+" Redis forgot a lock whose holder was alive")
	add(l.Disowned, times(l.Disowned)+" a reset took the lock from a client that was alive")
	switch n := l.Expired - l.Orphaned; n {
	case 1:
		add(n, "a lease ran out before its holder released it")
	default:
		add(n, fmt.Sprintf("%d leases ran out before their holders released them", n))
	}
	add(l.LocksGone, times(l.LocksGone)+" a lock was gone though no lease had ended")
	if n := len(causes); n > 1 {
		return strings.Join(causes[:n-1], ", ") + ", and " + causes[n-1]
	}
	return strings.Join(causes, "")
}

// lateWrites says how many writes a fence refused.
func lateWrites(n int64) string {
	if n == 0 {
		return "none of their writes: none came late"
	}
	return count(n, "late write")
}

// offText says how far the average in Redis is off, which is luck: it may be right.
func offText(l sim.LaneResult) string {
	off := l.Redis.Mean() - l.True.Mean()
	switch {
	case l.Redis.Count == 0:
		return "there is no average in Redis any more"
	case -0.0005 < off && off < 0.0005:
		return "the average in Redis happens to be off by less than 0.001 ms"
	}
	return fmt.Sprintf("the average in Redis is off by %+.3f ms", off)
}

// orderSentence says in words what Porcupine has found.
func orderSentence(o sim.Order) string {
	switch o {
	case sim.Linearizable:
		return "linearizable, says Porcupine: one order of the updates explains all replies"
	case sim.NotLinearizable:
		return "not linearizable, says Porcupine: no order of the updates explains all replies"
	}
	return "Porcupine has come to no end in the time there was"
}

func alerts(n int) string {
	if n == 0 {
		return "endless alerts"
	}
	return count(n, "alert")
}

// count is a number of things.
func count[N int | int64](n N, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func waits(clients int) string {
	if clients == 1 {
		return "1 client waits"
	}
	return fmt.Sprintf("%d clients wait", clients)
}

func times(n int64) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// leaseText is the lease that lanes had when they began, one by one where they differ.
func leaseText(r sim.Result) string {
	texts := make([]string, len(r.Lanes))
	var all []string // of those that take a lock
	for i, l := range r.Lanes {
		info := l.Lane
		if l.ChangeCount > 0 {
			info = l.Started
		}
		switch {
		case !info.Locks:
			texts[i] = missing
			continue
		case info.Lease == 0:
			texts[i] = "none"
		default:
			texts[i] = info.Lease.String()
		}
		all = append(all, texts[i])
	}
	if len(all) == 0 { // then it is what there would be
		all = append(all, r.Config.Lease.String())
	}
	switch {
	case len(slices.Compact(slices.Clone(all))) > 1:
		return "lease " + strings.Join(texts, "/")
	case all[0] != "none" && all[0] != "0s":
		return "lease " + all[0]
	case leaseSkipped(r):
		return "no lease (skipped at speed max: --lease keeps it)"
	}
	return "no lease"
}

// leaseSkipped tells whether there was no lease only because of the speed.
func leaseSkipped(r sim.Result) bool {
	return r.Config.Speed == clock.Max && r.Config.LeaseFloor > 0 && r.Config.Lease == 0
}

// trueNote says why true averages differ, if they do: lanes get the same samples.
func trueNote(r sim.Result) string {
	var acked []string
	differ := false
	for _, l := range r.Lanes {
		acked = append(acked, fmt.Sprintf("%s %d", l.Lane.Name(), l.True.Count))
		differ = differ || averageText(l.True) != averageText(r.Lanes[0].True)
	}
	if !differ {
		return ""
	}
	return fmt.Sprintf("true averages differ: each is of the updates that were acknowledged in its lane (%s)", strings.Join(acked, ", "))
}

// durationText rounds to what can be told apart.
func durationText(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case 0 < d && d < 50*time.Microsecond:
		return "<0.1 ms"
	default:
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	}
}

func ofClients(c sim.ChangedSetting) bool { return c.Setting == sim.ChangeClients }

// Progress is one line on how far a run is.
func Progress(r sim.Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%6.1fs", r.Elapsed.Seconds())
	for _, l := range r.Lanes {
		fmt.Fprintf(&b, "  %s: %d acked", l.Lane.Name(), l.Acked)
		if total := l.Lane.Alerts * l.Lane.Clients; total > 0 && !slices.ContainsFunc(l.Changes, ofClients) {
			fmt.Fprintf(&b, " of %d", total)
		}
		fmt.Fprintf(&b, ", %d lost", l.Lost)
	}
	return b.String()
}
