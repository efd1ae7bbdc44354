package tui

import (
	"fmt"
	"strings"
	"time"

	"locktop/sim"
	"locktop/tui/chart"
)

// verdictLevels is how many lengths a verdict can be told in.
const verdictLevels = 7

// drawVerdicts tells what is to be said of every lane, in the longest words that fit.
func drawVerdicts(a chart.Area, f *Frame) {
	for level := range verdictLevels {
		var line []piece
		if level < 2 {
			line = append(line, piece{"VERDICT  ", inkTitle})
		}
		for i := range f.Config.Lanes {
			if i > 0 {
				line = append(line, piece{" │ ", inkFrame})
			}
			line = append(line, verdict(f, i, level)...)
		}
		if width(line) <= a.W() || level == verdictLevels-1 {
			put(a, 0, 0, line...)
			return
		}
	}
}

// verdict tells what is to be said of one lane; the higher the level, the shorter.
func verdict(f *Frame, lane, level int) []piece {
	name := piece{f.laneName(lane) + " ", inkTitle}
	if level > 4 {
		name.text = f.laneTag(lane) + " "
	}
	s := f.snapshot(lane)
	switch {
	case s == nil || s.Verdict == sim.Undecided:
		word := "?"
		switch {
		case level == 0 && s != nil:
			word = "? UNDECIDED: no two updates at once yet"
		case level < 4:
			word = "? UNDECIDED"
		}
		return []piece{name, {word, inkUndecided}}
	case s.Verdict == sim.Hung:
		return []piece{name, {"✗" + hungText(s, level), inkLost}}
	case s.Verdict == sim.Wrong:
		return []piece{name, {"✗" + wrongText(s, level), inkLost}}
	default:
		mark := "✓"
		if f.ASCII {
			mark = "ok"
		}
		return []piece{name, {mark + correctText(f, s, level), inkKept}}
	}
}

func wrongText(s *sim.Snapshot, level int) string {
	if s.Lost == 0 {
		switch {
		case level < 2:
			return fmt.Sprintf(" WRONG: %d writes by a stranger", s.Foreign)
		case level < 6:
			return " WRONG"
		}
		return ""
	}
	off := offText(s.Redis.Mean() - s.True.Mean())
	switch level {
	case 0:
		return fmt.Sprintf(" WRONG: lost %d of %d (%d %%), average off %s ms", s.Lost, s.Acked, 100*s.Lost/s.Acked, off)
	case 1:
		return fmt.Sprintf(" WRONG: lost %d of %d, off %s ms", s.Lost, s.Acked, off)
	case 2:
		return fmt.Sprintf(" WRONG: lost %s/%s, off %s", number(s.Lost), number(s.Acked), off)
	case 3:
		return fmt.Sprintf(" lost %s/%s, off %s", number(s.Lost), number(s.Acked), off)
	case 4:
		return fmt.Sprintf(" lost %s/%s", number(s.Lost), number(s.Acked))
	case 5:
		return fmt.Sprintf(" lost %s", number(s.Lost))
	}
	return ""
}

// offText writes by how many milliseconds an average is off, in tenths or, where that would be none of them, as exactly as it
// takes to tell that from nothing.
func offText(ms float64) string {
	for decimals := 1; decimals <= 3; decimals++ {
		if text := fmt.Sprintf("%+.*f", decimals, ms); strings.Trim(text, "+-0.") != "" {
			return strings.Replace(text, "-", "−", 1)
		}
	}
	return "0.0"
}

// hungText says of a lane that stands still for good who waits, and for what.
func hungText(s *sim.Snapshot, level int) string {
	wait := fmt.Sprintf("%s wait", number(int64(s.WaitingCount)))
	if s.WaitingCount == 1 {
		wait += "s"
	}
	switch {
	case level == 0:
		return fmt.Sprintf(" HUNG: %s for ever, %s", wait, hungBecause(s))
	case level < 3:
		return fmt.Sprintf(" HUNG: %s for ever", wait)
	case level < 4:
		return fmt.Sprintf(" HUNG: %s", wait)
	}
	return " HUNG"
}

// hungBecause says why nobody gets the lock.
func hungBecause(s *sim.Snapshot) string {
	switch {
	case s.Holder == 0 || s.LostTo != "" || s.Lease > 0 && s.LeaseLeft == 0:
		return "though the lock is free"
	case s.HolderPhase == sim.Dead:
		return clientName(s.Holder) + " crashed with the lock"
	}
	return "nobody will release"
}

func correctText(f *Frame, s *sim.Snapshot, level int) string {
	slower := slowerText(f, s)
	yet := ""
	if slower != "" {
		yet = moreKeptText(f, s)
	}
	overlaps, guarded := s.Overlaps > 0, s.Guarded == s.Overlaps
	switch {
	case overlaps && guarded && level < 2:
		return " CORRECT: lost 0, the fence keeps late writes out"
	case overlaps && guarded && level < 4:
		return " CORRECT, thanks to the fence"
	case overlaps && level < 2:
		return fmt.Sprintf(" CORRECT by luck: lost 0, %d overlaps", s.Overlaps)
	case overlaps && level < 4:
		return " CORRECT by luck"
	case level == 0:
		return " CORRECT: lost 0" + slower + yet
	case level < 3:
		return " CORRECT: lost 0" + slower
	case level == 3:
		return " lost 0" + slower
	case level < 6:
		return " lost 0"
	}
	return ""
}

// slowerText compares a lane with the fastest one by acked updates a second.
func slowerText(f *Frame, s *sim.Snapshot) string {
	own, best := ackedPerSecond(s), 0.0
	for _, other := range f.Snapshots {
		best = max(best, ackedPerSecond(other))
	}
	if own == 0 || best < own*1.05 {
		return ""
	}
	if r := best / own; r < 100 {
		return fmt.Sprintf(", %.1f× slower", r)
	}
	return fmt.Sprintf(", %.0f× slower", best/own)
}

// moreKeptText says how a lane that acks less keeps more than the fastest one, most of whose updates are lost.
func moreKeptText(f *Frame, s *sim.Snapshot) string {
	fastest := s
	for _, other := range f.Snapshots {
		if ackedPerSecond(other) > ackedPerSecond(fastest) {
			fastest = other
		}
	}
	own, theirs := s.KeptPerSecond(), fastest.KeptPerSecond()
	if fastest == s || theirs == 0 || own < theirs*1.05 {
		return ""
	}
	return fmt.Sprintf(", yet %.1f× more kept", own/theirs)
}

// ackedPerSecond is a lane's speed while it ran; 0 where speed max skipped what takes time.
func ackedPerSecond(s *sim.Snapshot) float64 {
	if s.Sleepless {
		return 0
	}
	ran := s.At
	if s.Stopped {
		ran = s.Last
	}
	return float64(s.Acked) / max(ran, time.Millisecond).Seconds()
}
