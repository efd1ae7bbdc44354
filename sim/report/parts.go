package report

import (
	"fmt"
	"strings"

	"locktop/sim"
)

// Percent writes a part of a whole in per cent, with one decimal. It is 0 only if there
// is nothing of it, and 100 only if it is all.
func Percent[N int64 | uint64](part, whole N) string {
	switch {
	case part <= 0 || whole <= 0:
		return "0"
	case part >= whole:
		return "100"
	}
	switch share := 1000 * float64(part) / float64(whole); {
	case share < 1:
		return "<0.1"
	case share > 999:
		return ">99.9"
	default:
		return fmt.Sprintf("%.1f", share/10)
	}
}

// lossText says how many of the updates of a part were lost.
func lossText(p sim.Part) string {
	text := fmt.Sprintf("lost %d of %s", p.Lost, count(p.Acked, "update"))
	if p.Lost > 0 {
		text += fmt.Sprintf(" (%s %%)", Percent(p.Lost, p.Acked))
	}
	return text
}

// presentPart is a lane as if its last part were all of it.
func presentPart(l sim.LaneResult) sim.LaneResult {
	s, p := *l.Snapshot, l.Part()
	s.Acked, s.Kept, s.Lost, s.Unknown = p.Acked, p.Kept, p.Lost, p.Unknown
	s.Clobbers, s.Ambiguous, s.Foreign = p.Clobbers, p.Ambiguous, p.Foreign
	s.Overlaps, s.Guarded, s.Stale, s.LockEnds, s.Rewound = p.Overlaps, p.Guarded, p.Stale, p.LockEnds, p.Rewound
	l.Snapshot = &s
	return l
}

// strayedText says of losses of the present part which of them the strategy before it has
// caused.
func strayedText(p sim.Part) string {
	switch {
	case p.Strayed == 0:
		return ""
	case p.Strayed == p.Lost:
		return "; writes that had begun before the change erased them"
	}
	return fmt.Sprintf("; writes that had begun before the change erased %d of them", p.Strayed)
}

// beforeText says what became of the updates of the parts before the present one.
func beforeText(l sim.LaneResult) string {
	var texts []string
	for _, p := range l.Before() {
		text := lossText(p)
		if p.Verdict == sim.Stalled || p.Verdict == sim.Hung {
			text += " and " + string(p.Verdict)
		}
		texts = append(texts, fmt.Sprintf("as %s: %s", p.Strategy, text))
	}
	return strings.Join(texts, "; ")
}

// partLines are a line on each part of a lane, if there are several.
func partLines(l sim.LaneResult) []string {
	if len(l.Parts) < 2 {
		return nil
	}
	var lines []string
	for _, p := range l.Parts {
		text := fmt.Sprintf("as %s since %.3f s: %s: %d acked, %d kept, %d lost", p.Strategy, p.Since.Seconds(),
			strings.ToUpper(string(p.Verdict)), p.Acked, p.Kept, p.Lost)
		if p.Unknown > 0 {
			text += fmt.Sprintf(", %d unknown", p.Unknown)
		}
		if p.Strayed > 0 {
			text += fmt.Sprintf(", %d of the lost to writes under another strategy", p.Strayed)
		}
		lines = append(lines, text)
	}
	return lines
}

// Stall says in words why nothing goes on in a lane; empty while something does.
func Stall(s *sim.Snapshot) string {
	holder := fmt.Sprintf("c%d", s.Holder)
	free := s.Holder == 0 || s.LostTo != "" || s.Lease > 0 && s.LeaseLeft == 0
	switch s.Stall {
	case "":
		return ""
	case sim.StallDead:
		return holder + " crashed with the lock, which has no lease"
	case sim.StallPaused:
		return holder + " is paused with the lock, which has no lease"
	case sim.StallCut:
		return holder + " is cut off with the lock, which has no lease"
	case sim.StallIdle:
		switch {
		case free:
			return "the lock is free, but " + waits(s.WaitingCount)
		case s.HolderPhase == sim.Dead:
			return holder + " crashed with the lock, and " + waits(s.WaitingCount)
		}
		return waits(s.WaitingCount) + ", and nothing is done"
	}
	return string(s.Stall)
}

// mixed are the strategies that the figures of a lane are of, in their order, if there were
// several.
func mixed(l sim.LaneResult) []string {
	var strategies []string
	for _, p := range l.Before() {
		strategies = append(strategies, p.Strategy)
	}
	if strategies == nil {
		return nil
	}
	return append(strategies, l.Part().Strategy)
}

// markedName is the name of a lane in a table, with a mark if its figures are of several
// strategies.
func markedName(l sim.LaneResult) string {
	if mixed(l) != nil {
		return l.Lane.Name() + "*"
	}
	return l.Lane.Name()
}

// mixedNotes say what the mark means.
func mixedNotes(r sim.Result) []string {
	var lines []string
	for _, l := range r.Lanes {
		if all := mixed(l); all != nil {
			lines = append(lines, fmt.Sprintf("* figures of %s are of the whole run, as %s; the verdict is on %s alone",
				l.Lane.Name(), strings.Join(all, ", then "), all[len(all)-1]))
		}
	}
	return lines
}
