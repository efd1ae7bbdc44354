package tui

import (
	"fmt"
	"strings"
	"time"

	"locktop/sim"
	"locktop/sim/report"
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
	if s == nil {
		return []piece{name, {undecidedText(&sim.Snapshot{}, level), inkUndecided}}
	}
	if s.Down {
		return []piece{name, {disconnectedText(s, level), inkHalted}}
	}
	line := []piece{name}
	switch s.Verdict {
	case sim.Hung, sim.Stalled:
		line = append(line, piece{"✗" + stallText(s, level), inkLost})
	case sim.Wrong:
		line = append(line, piece{"✗" + wrongText(s, level), inkLost})
		if s.Stall != "" && level < 4 {
			line = append(line, piece{", nothing goes on", inkLost})
		}
	case sim.Correct:
		mark := "✓"
		if f.ASCII {
			mark = "ok"
		}
		compared := comparisonText(f, s, level)
		if level < 5 || compared == nil {
			mark += correctText(s, level)
		}
		line = append(append(line, piece{mark, inkKept}), compared...)
	default:
		line = append(line, piece{undecidedText(s, level), inkUndecided})
	}
	return append(line, partText(f, s, level)...)
}

func undecidedText(s *sim.Snapshot, level int) string {
	switch {
	case s.Broke != "" && level < 4:
		return "? STOPPED by an error"
	case level == 0 && s.Part().Acked < 2:
		return "? UNDECIDED: no two updates acked yet"
	case level == 0:
		return "? UNDECIDED: no two updates at once yet"
	case level < 4:
		return "? UNDECIDED"
	}
	return "?"
}

func wrongText(s *sim.Snapshot, level int) string {
	p := s.Part()
	if p.Lost == 0 {
		switch {
		case level < 2:
			return fmt.Sprintf(" WRONG: %d writes by a stranger", p.Foreign)
		case level < 6:
			return " WRONG"
		}
		return ""
	}
	off := offText(s.Redis.Mean() - s.True.Mean())
	switch level {
	case 0:
		return fmt.Sprintf(" WRONG: lost %d of %d (%s %%), average off %s ms", p.Lost, p.Acked, report.Percent(p.Lost, p.Acked), off)
	case 1:
		return fmt.Sprintf(" WRONG: lost %d of %d, off %s ms", p.Lost, p.Acked, off)
	case 2:
		return fmt.Sprintf(" WRONG: lost %s/%s, off %s", number(p.Lost), number(p.Acked), off)
	case 3:
		return fmt.Sprintf(" WRONG: lost %s/%s", number(p.Lost), number(p.Acked))
	case 4:
		return fmt.Sprintf(" WRONG %s/%s", number(p.Lost), number(p.Acked))
	case 5:
		return fmt.Sprintf(" lost %s", number(p.Lost))
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

// stallText says of a lane that stands still why, and whether that is for good.
func stallText(s *sim.Snapshot, level int) string {
	if s.Verdict == sim.Stalled {
		switch {
		case level < 2:
			return " STALLED: " + stallBecause(s)
		case level < 4:
			return " STALLED: " + stallShort(s)
		case level < 6:
			return " STALLED"
		}
		return ""
	}
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

// lockFree tells whether nobody has the lock, as far as the events tell.
func lockFree(s *sim.Snapshot) bool {
	return s.Holder == 0 || s.LostTo != "" || s.Lease > 0 && s.LeaseLeft == 0
}

// hungBecause says why nobody gets the lock.
func hungBecause(s *sim.Snapshot) string {
	switch {
	case lockFree(s):
		return "though the lock is free"
	case s.HolderPhase == sim.Dead:
		return clientName(s.Holder) + " crashed with the lock"
	}
	return "nobody will release"
}

// stallBecause says why nothing goes on.
func stallBecause(s *sim.Snapshot) string {
	holder := clientName(s.Holder)
	switch s.Stall {
	case sim.StallDead:
		return holder + " crashed with the lock, no lease"
	case sim.StallPaused:
		return holder + " is paused with the lock, no lease"
	case sim.StallCut:
		return holder + " is cut off with the lock, no lease"
	case sim.StallIdle:
		if lockFree(s) {
			return "the lock is free, all who wait get nothing"
		}
		return "all who wait get nothing"
	}
	return string(s.Stall)
}

// stallShort says the same in two words.
func stallShort(s *sim.Snapshot) string {
	holder := clientName(s.Holder)
	switch s.Stall {
	case sim.StallDead:
		return holder + " crashed"
	case sim.StallPaused:
		return holder + " paused"
	case sim.StallCut:
		return holder + " cut off"
	case sim.StallDown:
		return "Redis down"
	case sim.StallQuorum:
		return "no majority"
	case sim.StallCrashed:
		return "all crashed"
	case sim.StallHalted:
		return "all paused"
	}
	return "nothing done"
}

func correctText(s *sim.Snapshot, level int) string {
	p := s.Part()
	overlaps, guarded := p.Overlaps > 0, p.Guarded == p.Overlaps
	switch {
	case overlaps && guarded && level < 2:
		return " CORRECT: lost 0, the fence keeps late writes out"
	case overlaps && guarded && level < 4:
		return " CORRECT behind a fence"
	case overlaps && level < 2:
		return fmt.Sprintf(" CORRECT by luck: lost 0, %d overlaps", p.Overlaps)
	case overlaps && level < 4:
		return " CORRECT by luck"
	case level < 3:
		return " CORRECT: lost 0"
	case level < 6:
		return " CORRECT"
	}
	return ""
}

// partText says since when the present strategy has been judged, and what became of the one before, where there was one.
func partText(f *Frame, s *sim.Snapshot, level int) []piece {
	before := s.Before()
	if len(before) == 0 || level == verdictLevels-1 {
		return nil
	}
	var line []piece
	if level < 4 {
		line = append(line, piece{fmt.Sprintf(" since %.1fs", s.Part().Since.Truncate(100*time.Millisecond).Seconds()), inkDim})
	}
	opens, closes := " │ ", ""
	if len(f.Config.Lanes) > 1 { // where that divides lanes
		opens, closes = " (", ")"
	}
	line = append(line, piece{opens, inkFrame})
	last, worst := &before[len(before)-1], worstPart(before)
	label := "before: "
	switch {
	case worst == last || level < 2:
	default:
		label, last = "earlier: ", worst
	}
	line = append(line, piece{label, inkDim})
	line = append(line, partWords(last, level)...)
	if worst != last {
		line = append(line, piece{", ", inkDim})
		line = append(line, partWords(worst, level)...)
	}
	if closes != "" {
		line = append(line, piece{closes, inkFrame})
	}
	return line
}

// worstPart is the last of the parts if no other has lost anything or hung, else the one of those that has lost most.
func worstPart(parts []sim.Part) *sim.Part {
	worst := &parts[len(parts)-1]
	for i := range parts {
		p := &parts[i]
		if p.Verdict != sim.Correct && p.Verdict != sim.Undecided && (p.Lost > worst.Lost || worst.Verdict == sim.Correct || worst.Verdict == sim.Undecided) {
			worst = p
		}
	}
	return worst
}

// partWords say what became of a part that is over.
func partWords(p *sim.Part, level int) []piece {
	sign, _, ink := partOutcome(*p, false)
	text := ""
	switch {
	case level > 4:
	case p.Verdict == sim.Wrong && p.Lost == 0: // a stranger wrote
		text = " wrong"
	case p.Verdict == sim.Wrong && level < 3:
		text = fmt.Sprintf(" lost %d of %d", p.Lost, p.Acked)
	case p.Verdict == sim.Wrong && level < 4:
		text = fmt.Sprintf(" lost %s/%s", number(p.Lost), number(p.Acked))
	case p.Verdict == sim.Wrong:
		text = fmt.Sprintf(" %s/%s", number(p.Lost), number(p.Acked))
	case p.Verdict == sim.Correct:
		text = " lost 0"
	default:
		text = " " + string(p.Verdict)
	}
	return []piece{{p.Strategy + " ", inkTitle}, {sign + text, ink}}
}

// keptPace is how many updates a second a lane has kept under its present strategy, while it ran; 0 if they are too few to tell, or
// if speed max skipped what takes time.
func keptPace(s *sim.Snapshot) float64 {
	ran, p := s.At, s.Part()
	if s.Stopped {
		ran = s.Last
	}
	if p.Acked < sim.EnoughForPace || s.Sleepless {
		return 0
	}
	return float64(p.Kept) / max(ran-p.Since, time.Millisecond).Seconds()
}

// comparisonText compares a correct lane with others: its speed with that of the fastest correct one, and what it keeps with what
// the wrong ones keep, most of whose speed may be for nothing.
func comparisonText(f *Frame, s *sim.Snapshot, level int) []piece {
	if level == verdictLevels-1 {
		return nil
	}
	own := keptPace(s)
	best := map[sim.Verdict]float64{}
	for _, other := range f.Snapshots {
		best[other.Verdict] = max(best[other.Verdict], keptPace(other))
	}
	const same = 1.05
	var line []piece
	wrong, right := best[sim.Wrong], best[sim.Correct]
	if own > 0 && wrong > 0 && max(own/wrong, wrong/own) >= same {
		switch {
		case level == 5:
			line = append(line, piece{fmt.Sprintf(" keeps %s", ratioText(own/wrong)), inkKept})
		case level == 4:
			line = append(line, piece{fmt.Sprintf(", keeps %s", ratioText(own/wrong)), inkKept})
		case own > wrong:
			line = append(line, piece{fmt.Sprintf(", keeps %s more", ratioText(own/wrong)), inkKept})
		default:
			line = append(line, piece{fmt.Sprintf(", keeps %s less", ratioText(wrong/own)), inkKept})
		}
	}
	if own > 0 && right >= own*same && (level < 4 && line == nil || level < 2) {
		line = append(line, piece{fmt.Sprintf(", %s slower", ratioText(right/own)), inkKept})
	}
	return line
}

func ratioText(ratio float64) string {
	if ratio < 100 {
		return fmt.Sprintf("%.1f×", ratio)
	}
	return fmt.Sprintf("%.0f×", ratio)
}
