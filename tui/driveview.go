package tui

import (
	"fmt"
	"strings"

	"locktop/sim"
	"locktop/tui/chart"
)

// The rows above and below what is driven by hand.
const driveHeader, driveFooter = 1, 1

// driveBody is how many rows it has on a screen of h.
func driveBody(h int) int { return max(h-driveHeader-driveFooter, 0) }

// drawDrive draws the whole screen; of the frame, it takes the notice, the language, and whether to draw in ASCII.
func drawDrive(screen chart.Area, d *drive, f *Frame) {
	w, h := screen.W(), screen.H()
	if w < leastWidth || h < leastHeight {
		drawTooSmall(screen, f)
	} else {
		drawDriveHeader(screen.Sub(0, 0, w, driveHeader), d, f)
		in := screen.Sub(0, driveHeader, w, driveBody(h))
		if d.onGrid {
			drawOrders(in, d.grid, f)
		} else {
			drawStepper(in, d.step, f)
		}
		drawDriveFooter(screen.Sub(0, h-driveFooter, w, driveFooter), d, f)
		shown := &Frame{Page: d.page, ASCII: f.ASCII, words: f.words} // of what there is to read
		switch d.over {
		case Help:
			drawPage(screen, "KEYS", "?", driveHelp(d, size{w, h}, f), shown)
		case Explanation:
			drawPage(screen, "WHAT HAPPENED", f.explainKey(), d.step.explanation(f, boxText(w)), shown)
		}
	}
	if f.ASCII {
		toASCII(screen, f.words != nil)
	}
}

// drawDriveHeader says on the left which race it is, and on the right where it stands.
func drawDriveHeader(a chart.Area, d *drive, f *Frame) {
	name, c := "step", d.step.arena()
	right := []piece{{fmt.Sprintf("‖ MOVE %d", d.step.at), inkHalted}}
	switch {
	case d.onGrid:
		name, c = "grid", d.grid.arena
		right = []piece{{"■ EVERY ORDER", inkState}}
		switch {
		case d.grid.counts == nil && d.grid.failed == "":
			right = []piece{{fmt.Sprintf("▶ TRIED %d", len(d.grid.cells)), inkState}}
		case !d.grid.complete():
			right = []piece{{"■ SOME ORDERS", inkState}}
		}
	case d.step.playing.Over:
		right = []piece{{fmt.Sprintf("■ OVER, MOVE %d", d.step.at), inkState}}
	}
	info := c.Config().LaneInfo(0)
	right[0].text = f.say(right[0].text)
	left := []piece{{"locktop", inkName}, {"  ›" + f.say(name), inkCursor}}
	room := a.W() - width(left) - width(right) - 1
	add := func(text string, ink chart.Ink) {
		text = f.say(text)
		if n := chart.TextWidth(text) + 2; n <= room {
			left = append(left, piece{"  " + text, ink})
			room -= n
		}
	}
	strategy, _ := sim.StrategyNamed(info.Strategy)
	add(strings.ToUpper(info.Strategy), inkTitle)
	add(fmt.Sprintf("clients %d", c.Clients), inkDim)
	if info.Lease > 0 {
		add("lease "+shortDuration(info.Lease), inkDim)
	}
	if d.onGrid && c.Expiries > 0 {
		add("it ends "+times(c.Expiries)+" at most", inkFault)
	}
	if d.onGrid && c.Crashes > 0 {
		add(fmt.Sprintf("crashes %d", c.Crashes), inkFault)
	}
	add(strategy.Title, inkDim)
	put(a, 0, 0, left...)
	put(a, a.W()-width(right), 0, right...)
}

// drawDriveFooter draws the most useful keys, or a notice.
func drawDriveFooter(a chart.Area, d *drive, f *Frame) {
	if f.Notice != "" {
		a.Text(0, 0, f.say(f.Notice), inkNotice)
		return
	}
	drawKeys(a, d.keys(), func(k keyed) (string, string, bool) {
		words := k.brief
		switch {
		case k.command == cmdGrant && d.step.playing.Over, k.command == cmdTell && !d.explains():
			return "", "", false
		case k.command == cmdExpire && !d.onGrid && !d.step.leased():
			return "", "", false
		case k.command == cmdNextServer && len(d.step.sends(d.step.cursor)) < 2:
			return "", "", false
		case k.command == cmdRedo && d.step.at == len(d.step.moves):
			return "", "", false
		case k.command == cmdQuit && !d.alone:
			words = "leave"
		case k.command == cmdLeave && d.onGrid == d.home:
			return "", "", false
		}
		return f.keyText(f.driveFooterKey(k)), f.say(words), words != ""
	})
}

// driveFooterKey returns what the footer calls a key.
func (f *Frame) driveFooterKey(k keyed) string {
	switch k.command {
	case cmdUndo:
		return "u"
	case cmdNextStrategy:
		return "s"
	case cmdLeave:
		return "esc"
	}
	return f.footerKey(k)
}

// keys are those of the screen that is shown.
func (d *drive) keys() []keyed {
	if d.onGrid {
		return gridKeyMap
	}
	return stepKeyMap
}

// driveHelp is all that the help has to say.
func driveHelp(d *drive, s size, f *Frame) [][]piece {
	room := boxText(s.w)
	text := "You are the scheduler. Each client makes one update and stops before every command; you decide whose comes next. An embedded " +
		"Redis executes it, under the lock and with the client of the live race. Time stands still, but for e, or when nobody can go on."
	if d.onGrid {
		text = "Each cell is one order in which the commands can come, played on an embedded Redis: ✓ keeps every update, a number is how many " +
			"it loses, H hangs, ‖ lets two in at once. Orders that begin alike are neighbours."
	}
	lines := append(paragraph(f.say(text), room, inkPlain), nil)
	entries := f.helpEntries(d.keys(), func(k keyed) bool { return k.command != cmdSelect || k.client == 1 })
	for i, e := range entries {
		entries[i].words = f.say(e.words)
		if e.keys == "1" {
			entries[i].keys = fmt.Sprintf("1-%d", sim.MostPlayers)
		}
	}
	lines = append(lines, entryLines(entries, room, s.h-2-len(lines))...)
	strategy, _ := sim.StrategyNamed(d.step.info().Strategy)
	return append(append(lines, nil), paragraph(strings.ToUpper(strategy.Name)+": "+f.say(strategy.Explain), room, inkDim)...)
}
