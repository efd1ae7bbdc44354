package tui

import (
	"fmt"
	"strings"
	"time"

	"locktop/sim"
	"locktop/tui/chart"
)

// drawLease shows what is left of the holder's lease, and what became of a holder that will not release it.
func drawLease(a chart.Area, s *sim.Snapshot, ascii bool) {
	a = a.Sub(0, 1, a.W(), 1)
	switch {
	case !s.Lane.Locks && s.Holder == 0:
		a.Text(0, 0, "no holder, no lease", inkDim)
	case s.Lease == 0 && s.Holder == 0:
		a.Text(0, 0, "free, no lease", inkDim)
	case s.Lease == 0 && s.LostTo == sim.Reset:
		who := clientName(s.Holder)
		if s.HolderPhase == sim.Dead {
			who += " (crashed)"
		}
		put(a, 0, 0, piece{"free since the reset, last held by ", inkDim}, piece{who, inkLost})
	case s.Lease == 0:
		if ill := holderIll(s); ill != "" {
			put(a, 0, 0, piece{"held by ", inkDim}, piece{clientName(s.Holder) + " (" + ill + ")", inkLost}, piece{", no lease", inkDim})
		} else {
			put(a, 0, 0, piece{"held by ", inkDim}, piece{clientName(s.Holder), inkHolding}, piece{", no lease", inkDim})
		}
	default:
		drawLeaseBar(a, s, ascii)
	}
}

func drawLeaseBar(a chart.Area, s *sim.Snapshot, ascii bool) {
	left, total := leaseTexts(s)
	text := " " + left + "/" + total
	ink, who := inkHolding, ""
	if s.Holder == 0 {
		free := fmt.Sprintf(" %*s", len(left), "free")
		text, ink = free+strings.Repeat(" ", max(len(text)-len(free), 0)), inkDim // as wide as it is when held
	} else {
		who = "  " + clientName(s.Holder)
		if ill := holderIll(s); ill != "" {
			who, ink = who+" "+ill, inkLost
		}
	}
	const label = "lease "
	bar := min(a.W()-len(label)-len(text)-max(len("  "+clientName(s.Lane.Clients)+" ran out"), len(who)), widestBar)
	if bar < 4 {
		bar = max(a.W()-len(label)-len(text)-len(who), 0)
	}
	x := a.Text(0, 0, label, inkDim)
	fraction := float64(s.LeaseLeft) / float64(s.Lease)
	if s.Holder == 0 {
		fraction = 0
	}
	chart.Bar(a, 0, x, bar, fraction, ink, inkFrame, ascii)
	put(a, x+bar, 0, piece{text, ink}, piece{who, ink})
}

// leaseTexts are what is left of a lease and the whole of it, in the unit of the latter. What is left takes the same room at
// any time.
func leaseTexts(s *sim.Snapshot) (left, total string) {
	total = millis(s.Lease)
	switch {
	case s.Lease < tenthsFrom:
		left = strings.TrimSuffix(millis(s.LeaseLeft), "ms")
	case s.Lease < secondsFrom:
		left = fmt.Sprintf("%.1f", s.LeaseLeft.Truncate(100*time.Millisecond).Seconds())
	case s.Lease < hoursFrom:
		left = fmt.Sprint(int64(s.LeaseLeft / time.Second))
	default:
		left = fmt.Sprint(int64(s.LeaseLeft / time.Hour))
	}
	room := max(len(strings.TrimRight(total, "mhs")), len("<1"))
	return fmt.Sprintf("%*s", room, left), total
}

// holderIll says what is wrong with the holder or its lock; empty if nothing is.
func holderIll(s *sim.Snapshot) string {
	var states []string
	switch s.HolderPhase {
	case sim.Dead:
		states = append(states, "crashed")
	case sim.Suspended:
		states = append(states, "paused")
	}
	switch {
	case s.LostTo == sim.Reset:
		states = append(states, "reset")
	case s.LostTo == sim.Restart || s.LostTo == sim.Failover:
		states = append(states, "forgotten")
	case s.Lease > 0 && s.LeaseLeft == 0:
		states = append(states, "ran out")
	}
	return strings.Join(states, ", ")
}

// drawDone writes what was last done to a lane on purpose into the border below its panel: a fault, or a change of a setting.
func drawDone(a chart.Area, s *sim.Snapshot) {
	if n := len(s.Changes); n > 0 && (s.Faults == 0 || s.Changes[n-1].At >= s.Fault.At) {
		last, count := s.Changes[n-1], ""
		if s.ChangeCount > 1 && len(s.Before()) == 0 {
			count = ordinal(s.ChangeCount) + " change "
		}
		x := drawBelow(a, "⇄", inkNotice, count, clockText(last.At)+" ", changeWords(last.Change), "")
		if len(s.Before()) > 0 && x+chart.TextWidth(mixedFigures)+1 < a.W() {
			put(a, x, a.H()-1, piece{mixedFigures, inkNotice})
		}
		return
	}
	if s.Faults == 0 {
		return
	}
	what, where := struck(&s.Fault, s.Lane)
	if what == "" {
		return
	}
	if f, err := sim.ParseFault(s.Fault.Text); err == nil && f.Kind == sim.Reset {
		long, short := resetFrom(s.Reset)
		if where = long; chart.TextWidth(" ↯ "+what+where+" ") > a.W()-4 {
			what, where = "reset", short
		}
	}
	count := ""
	if s.Faults > 1 {
		count = ordinal(s.Faults) + " fault "
	}
	drawBelow(a, "↯", inkFault, count, clockText(s.Fault.At)+" ", what, where)
}

// mixedFigures is said of a lane that has had several strategies.
const mixedFigures = "· figures: whole run "

// drawBelow writes as much of that as there is room for, and returns where it ends.
func drawBelow(a chart.Area, sign string, ink chart.Ink, count, at, what, where string) int {
	for _, texts := range [][3]string{{count, at, what + where}, {count, "", what + where}, {"", at, what + where}, {"", "", what + where}, {"", at, what}, {"", "", what}} {
		line := []piece{{" " + sign + " ", ink}, {texts[0], ink}, {texts[1], ink}, {texts[2] + " ", ink}}
		if width(line) <= a.W()-4 {
			return put(a, 2, a.H()-1, line...)
		}
	}
	return a.W()
}
