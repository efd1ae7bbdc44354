package tui

import (
	"slices"

	"locktop/sim"
	"locktop/tui/chart"
)

// signs are the characters of the timelines.
type signs struct {
	idle, waiting, compute, holding      rune
	read, write, erased, failed, expired rune
	fault, change, paused, crashed       rune
}

var (
	unicodeSigns = signs{'·', '░', '=', '█', 'R', 'W', '✗', '▴', '!', '↯', '⇄', 'z', '_'}
	asciiSigns   = signs{' ', '.', '=', '#', 'R', 'W', 'X', '^', '!', '*', '%', 'z', '_'}
)

func signsFor(ascii bool) *signs {
	if ascii {
		return &asciiSigns
	}
	return &unicodeSigns
}

// of returns the sign of a cell.
func (g *signs) of(c sim.Cell) (rune, chart.Ink) {
	switch c.Mark() {
	case sim.MarkErased:
		return g.erased, inkLost
	case sim.MarkFault:
		return g.fault, inkFault
	case sim.MarkChange:
		return g.change, inkNotice
	case sim.MarkExpired:
		return g.expired, inkLost
	case sim.MarkWrite:
		return g.write, inkWrite
	case sim.MarkRead:
		return g.read, inkRead
	case sim.MarkFailed:
		return g.failed, inkFailed
	}
	switch c.Phase() {
	case sim.Idle:
		return g.idle, inkFrame
	case sim.Waiting:
		return g.waiting, inkWaiting
	case sim.Working:
		return g.compute, inkCompute
	case sim.Holding:
		return g.holding, inkHolding
	case sim.Suspended:
		return g.paused, inkLost
	case sim.Dead:
		return g.crashed, inkLost
	}
	return 0, inkPlain
}

// entry is a sign in the legend, with its meaning in ever fewer words.
type entry struct {
	sign  rune
	ink   chart.Ink
	words [3]string
	group int
	// of those that don't all fit, the lighter go first; below zero, one is only explained where there is room for long words
	weight int
}

// legend lists the signs. What faults leave behind is explained once there has been one.
func (f *Frame) legend() []entry {
	g := signsFor(f.ASCII)
	var expired, disowned, struck, changed, strategy, paused, crashed bool
	for _, s := range f.Snapshots {
		expired = expired || s.Expired > 0
		disowned = disowned || s.Refused() > 0
		struck = struck || s.Faults > 0
		strategy = strategy || len(s.Parts) > 1
		changed = changed || int(s.ChangeCount) >= max(len(s.Parts), 1)
		crashed = crashed || s.Crashed > 0
		for i := range s.Clients {
			for _, c := range s.Clients[i].Row.Cells {
				paused = paused || c.Phase() == sim.Suspended
			}
		}
	}
	entries := []entry{
		{g.read, inkRead, [3]string{"read", "read", "read"}, 0, 1},
		{g.compute, inkCompute, [3]string{"compute"}, 0, -1},
		{g.write, inkWrite, [3]string{"write", "write", "write"}, 0, 2},
		{g.erased, inkLost, [3]string{"erased another's", "erased another's", "erased"}, 0, 8},
		{g.waiting, inkWaiting, [3]string{"waiting", "wait", "wait"}, 1, 4},
		{g.failed, inkFailed, [3]string{"attempt failed", "failed", "failed"}, 1, 3},
		{g.holding, inkHolding, [3]string{"holding", "hold", "hold"}, 1, 6},
	}
	ranOut := entry{g.expired, inkLost, [3]string{"lease ran out", "lease ran out", "ran out"}, 1, 5}
	switch {
	case disowned && expired:
		ranOut.words = [3]string{"lock was gone", "lock was gone", "gone"}
	case disowned:
		ranOut.words = [3]string{"release refused", "refused", "refused"}
	case !expired:
		ranOut.weight = -1
	}
	entries = append(entries, ranOut)
	if struck {
		entries = append(entries, entry{g.fault, inkFault, [3]string{"fault", "fault", "fault"}, 2, 7})
	}
	if changed {
		entries = append(entries, entry{g.change, inkNotice, [3]string{"setting changed", "changed", "changed"}, 2, 6})
	}
	if strategy {
		entries = append(entries, entry{ruleSign(f.ASCII), inkNotice, [3]string{"strategy changed", "strategy", "strategy"}, 2, 7})
	}
	if paused {
		entries = append(entries, entry{g.paused, inkLost, [3]string{"paused", "paused", "paused"}, 2, 9})
	}
	if crashed {
		entries = append(entries, entry{g.crashed, inkLost, [3]string{"crashed", "crashed", "crashed"}, 2, 10})
	}
	return entries
}

// drawLegend explains the signs of the timelines, in the longest words that there is room for.
func drawLegend(a chart.Area, f *Frame) {
	entries := f.legend()
	perCell := "one cell " + shortDuration(f.perCell())
	for level := range 3 {
		if level > 0 {
			entries = slices.DeleteFunc(entries, func(e entry) bool { return e.weight < 0 })
		}
		if line := legendLine(entries, level); width(line) <= a.W() {
			put(a, 0, 0, line...)
			if width(line)+2+len(perCell) <= a.W() {
				a.TextRight(0, perCell, inkDim)
			}
			return
		}
	}
	for len(entries) > 0 {
		line := legendLine(entries, 2)
		if width(line) <= a.W() {
			put(a, 0, 0, line...)
			return
		}
		lightest := slices.MinFunc(entries, func(a, b entry) int { return a.weight - b.weight })
		entries = slices.DeleteFunc(entries, func(e entry) bool { return e.weight == lightest.weight })
	}
}

func legendLine(entries []entry, level int) []piece {
	line := make([]piece, 0, 3*len(entries))
	for i, e := range entries {
		switch {
		case i > 0 && entries[i-1].group != e.group:
			line = append(line, piece{" │ ", inkFrame})
		case i > 0:
			line = append(line, piece{"  ", inkDim})
		}
		line = append(line, piece{string(e.sign), e.ink}, piece{" " + e.words[level], inkDim})
	}
	return line
}
