package tui

import (
	"fmt"

	"locktop/sim"
	"locktop/tui/chart"
)

// An update may be lost to nobody's write: Redis itself went back in time.

// forgottenTogether are the updates that vanished with the last of some losses, newest first. Redis forgets them from the
// latest back, so their counts tell where one time ends and the next begins.
func forgottenTogether(losses []sim.Loss) []sim.Update {
	last := len(losses) - 1
	first := last
	for first > 0 && losses[first-1].Forgotten && losses[first-1].Killer == losses[last].Killer &&
		losses[first-1].Victim.Value.Count > losses[first].Victim.Value.Count {
		first--
	}
	var updates []sim.Update
	for _, l := range losses[first:] {
		updates = append(updates, l.Victim)
	}
	return updates
}

// rewoundBy is the fault that last made Redis go back, if it was the last fault.
func rewoundBy(s *sim.Snapshot) sim.FaultKind {
	if fault, err := sim.ParseFault(s.Fault.Text); err == nil && (fault.Kind == sim.Restart || fault.Kind == sim.Failover) {
		return fault.Kind
	}
	return ""
}

// backTo says what Redis knew after it went back.
func (l *loss) backTo() string {
	if l.Killer.Value.Count == 0 {
		return "empty"
	}
	return fmt.Sprintf("n=%d", l.Killer.Value.Count)
}

// cause says in a few words why Redis went back.
func (l *loss) cause() string {
	switch l.fault {
	case sim.Restart:
		return "Redis restarted"
	case sim.Failover:
		return "a replica took over"
	}
	return "Redis went back in time"
}

// drawForgottenLine tells it in one line.
func drawForgottenLine(a chart.Area, l *loss, f *Frame) {
	told := fmt.Sprintf("%s was told OK for n=%d", clientName(l.Victim.Client), l.Victim.Value.Count)
	back := fmt.Sprintf("%s, back at %s", l.cause(), l.backTo())
	if l.Killer.Value.Count == 0 {
		back = l.cause() + ", empty"
	}
	vanished := ": it vanished with the server"
	if n := len(l.erased); n > 1 {
		vanished = fmt.Sprintf(": it and %d more vanished", n-1)
	}
	for _, line := range []string{
		told + ", then " + back + vanished,
		told + ", then " + back,
		told + ", " + l.cause(),
		clientName(l.Victim.Client) + "'s vanished: " + l.cause(),
	} {
		if pieces := []piece{{f.say("WHY") + " ", inkTitle}, {f.say(line), inkLost}}; width(pieces) <= a.W() {
			put(a, 0, 0, pieces...)
			return
		}
	}
}

// drawForgotten draws what the client did and, below it, what Redis knew.
func drawForgotten(a chart.Area, l *loss) {
	victim := &l.Victim
	who := clientName(victim.Client)
	names := max(len(who), len("Redis")) + 1
	deeds := l.deeds()
	axis := a.Sub(names, 0, min(max(a.W()*11/20, 44), a.W()-names), 2)
	gone := axis.W() - len("n=12345") - 2 // where Redis goes back
	words := names + axis.W() + 1
	place(deeds, max(gone-6, 24))

	a.Text(0, 0, who, inkTitle)
	a.Text(0, 1, "Redis", inkTitle)
	x := 0
	for _, d := range deeds {
		for ; x < d.x; x++ {
			axis.Set(x, 0, '─', inkFrame)
		}
		ink := inkRead
		if d.write {
			ink = inkWrite
		}
		x = axis.Text(x, 0, d.text, ink)
	}
	x = axis.Text(x, 0, " OK ", inkKept)
	for ; x < gone; x++ {
		axis.Set(x, 0, '┄', inkKept)
	}
	axis.Set(gone, 0, '✗', inkLost)
	x = 0
	for _, d := range deeds {
		for ; x < d.x; x++ {
			axis.Set(x, 1, '─', inkFrame)
		}
		x = axis.Text(x, 1, fmt.Sprintf("n=%d", d.count), inkTitle)
	}
	for ; x < gone; x++ {
		axis.Set(x, 1, '─', inkFrame)
	}
	x = axis.Text(gone, 1, "↯ ", inkFault)
	axis.Text(x, 1, l.backTo(), inkLost)

	if n := len(l.erased); n > 1 {
		put(a, words, 0, piece{fmt.Sprintf("%d acknowledged updates vanished", n), inkLost}, piece{" (" + l.victims() + ")", inkLost})
	} else {
		a.Text(words, 0, fmt.Sprintf("%s's sample (%s) vanished", who, sample(victim.Latency)), inkLost)
	}
	a.Text(words, 1, l.cause(), inkFault)
	a.Text(0, 2, l.forgottenBecause(), inkPlain)
	a.Text(0, 3, "It vanished with the server, no client erased it. No lock helps: only a server that acknowledges nothing it may forget.", inkDim)
}

// forgottenBecause says in plain words what happened.
func (l *loss) forgottenBecause() string {
	told := fmt.Sprintf("%s was told OK for n=%d, and it was in Redis", clientName(l.Victim.Client), l.Victim.Value.Count)
	switch l.fault {
	case sim.Restart:
		return told + "; then the server restarted without its data."
	case sim.Failover:
		return told + "; then a replica took over that had not heard of it yet."
	}
	return told + "; then the server went back to an earlier state."
}
