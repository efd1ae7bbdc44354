package tui

import (
	"fmt"

	"locktop/sim"
	"locktop/tui/chart"
)

// The log of the selected client, in a box over the lower half of the screen, so that the race stays in sight.

// leastLog is how many rows the box of the log has at least.
const leastLog = 10

// logRows is how many lines of the log a screen of h rows shows.
func logRows(h int) int { return max(min(max(h/2, leastLog), h-1)-2, 0) }

// followLog has the log of another client shown from its end.
func (f *Frame) followLog() {
	if is := [2]int{f.Focus, f.Cursor}; f.logged != is {
		f.logged, f.LogEnd = is, 0
	}
}

// shownLog returns the lines of the log that are shown on a screen of h rows, and how many there are before and after them.
func (f *Frame) shownLog(h int) (lines []sim.LogLine, before, after int64) {
	s := f.snapshot(f.Focus)
	if s == nil {
		return nil, 0, 0
	}
	rows, n := logRows(h), len(s.Log)
	end := n
	if f.LogEnd > 0 {
		end = min(max(int(f.LogEnd-s.LogBefore), min(rows, n)), n)
	}
	from := max(end-rows, 0)
	return s.Log[from:end], s.LogBefore + int64(from), int64(n - end)
}

// scrollLog shows another part of the log.
func (m *model) scrollLog(c command) {
	f := &m.frame
	s := f.snapshot(f.Focus)
	if s == nil {
		return
	}
	lines, before, after := f.shownLog(m.size().h)
	end, last := before+int64(len(lines)), s.LogBefore+int64(len(s.Log))
	by := int64(max(logRows(m.size().h)-1, 1))
	switch c {
	case cmdPageUp:
		f.LogEnd = end - by
	case cmdPageDown:
		f.LogEnd = end + by
	case cmdFirst:
		f.LogEnd = 1
	case cmdLast:
		f.LogEnd = last
	}
	switch {
	case f.LogEnd >= last:
		f.LogEnd = 0
		if after == 0 {
			m.notify("this is the end of the log, which goes on")
		}
	case f.LogEnd <= s.LogBefore+int64(len(lines)):
		f.LogEnd = s.LogBefore + int64(len(lines)) // from its first line on
		if s.LogBefore > 0 {
			m.notify(fmt.Sprintf("the log begins here: %d lines before are not kept", s.LogBefore))
		}
	}
}

// drawClientLog draws the log of the selected client.
func drawClientLog(screen chart.Area, f *Frame) {
	w, h := screen.W(), screen.H()
	high := logRows(h) + 2
	box := screen.Sub(0, h-1-high, w, high)
	box.Fill(' ', inkPlain)
	s := f.snapshot(f.Focus)
	lines, before, after := f.shownLog(h)
	title := fmt.Sprintf("%s %s, %s", f.say("LOG OF"), clientName(f.Cursor), f.laneName(f.Focus))
	for _, more := range []string{f.say("   pgup pgdn scroll"), f.say("   L or esc closes this")} {
		if chart.TextWidth(title)+chart.TextWidth(more) <= w-8 {
			title += more
		}
	}
	in := box.Box(title, inkFocus, inkTitle, f.ASCII)
	in = in.Sub(1, 0, in.W()-2, in.H())
	for y, line := range lines {
		x := put(in, 0, y, piece{logTime(line), inkDim})
		text := f.say(logText(line, s.Lane))
		if chart.TextWidth(text) > in.W()-x {
			text = cutText(text, in.W()-x)
		}
		in.Text(x, y, text, logInk(line))
	}
	switch {
	case len(lines) == 0 && f.Config.Clients > sim.MostLogs:
		in.Text(0, 0, f.say("with so many clients no logs are kept"), inkDim)
	case len(lines) == 0:
		in.Text(0, 0, f.say("nothing yet"), inkDim)
	}
	if before > 0 {
		box.Sub(0, 0, w-1, 1).TextRight(0, fmt.Sprintf(" ↑ %d ", before), inkDim)
	}
	if after > 0 {
		box.Sub(0, high-1, w-1, 1).TextRight(0, fmt.Sprintf(" ↓ %d ", after), inkDim)
	}
}

// logText is a line in the words of the screen.
func logText(l sim.LogLine, lane sim.LaneInfo) string {
	switch change, err := sim.ParseChange(l.Text); {
	case l.Kind == sim.Faulted && !l.IsReset():
		if what, where := struck(&sim.Event{Client: l.Client, Text: l.Text}, lane); what != "" {
			return what + where
		}
	case l.Kind == sim.Changed && l.Client == 0 && err == nil:
		return changeWords(change)
	}
	return l.String()
}

// logTime is when a line was printed, to the millisecond.
func logTime(l sim.LogLine) string {
	ms := l.At.Milliseconds()
	return fmt.Sprintf("%02d:%02d.%03d  ", ms/60_000, ms/1000%60, ms%1000)
}

func logInk(l sim.LogLine) chart.Ink {
	switch l.Kind {
	case sim.Granted:
		return inkHolding
	case sim.Failed:
		return inkFailed
	case sim.Acked, sim.Computed:
		return inkPlain
	case sim.Expired, sim.Crashed, sim.Refused, sim.Unknown, sim.Broke:
		return inkLost
	case sim.Faulted, sim.Rewound:
		return inkFault
	case sim.Changed:
		return inkNotice
	}
	return inkDim
}
