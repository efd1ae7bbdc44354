package tui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"locktop/sim"
	"locktop/sim/clock"
	"locktop/tui/chart"
)

// Draw draws a frame over the whole of a grid, which is as large as the window. It is pure: the same frame on a grid of
// the same size gives the same cells.
func Draw(g *chart.Grid, f Frame) { drawFrame(g.Area(), f) }

// drawFrame draws a frame into an area, as if that were the window.
func drawFrame(screen chart.Area, f Frame) {
	f.infos = f.infosOf()
	p := planFor(screen.W(), screen.H(), &f)
	switch {
	case p.tooSmall:
		drawTooSmall(screen, &f)
	default:
		drawHeader(screen, &f, &p)
		drawVerdicts(screen.Sub(0, 1, p.w, 1), &f)
		switch f.View {
		case TimelineView:
			drawTimelines(screen, &f, &p)
		case HistoryView:
			drawHistory(body(screen), &f)
		case ClientsView:
			drawTable(body(screen), &f)
		case RunsView:
			drawRuns(body(screen), &f)
		default:
			drawRace(screen, &f, &p)
		}
		drawFooter(screen.Sub(0, p.h-1, p.w, 1), &f)
		switch f.Over {
		case Help:
			drawHelp(screen, &f)
		case FaultMenu:
			drawFaults(screen, &f)
		case PresetMenu:
			drawPresets(screen, &f)
		case Explanation:
			drawExplanation(screen, &f)
		case Info:
			drawInfo(screen, &f)
		case ClientLog:
			drawClientLog(screen, &f)
		}
	}
	if f.ASCII {
		toASCII(screen, f.words != nil)
	}
}

// drawRace draws the lanes side by side, and why the last update was lost.
func drawRace(screen chart.Area, f *Frame, p *plan) {
	f.plots = f.plotsOf()
	f.Scales = f.scalesFor(f.plots)
	f.trueLevel = f.trueLevelIn(p.w/p.lanes - 2)
	for i := range p.lanes {
		drawLane(p.panel(screen, i), f, p, p.firstLane+i)
	}
	y := p.panelTop + p.panelHeight
	if p.legend {
		drawLegend(screen.Sub(0, y, p.w, 1), f)
		y++
	}
	drawWhy(screen.Sub(0, y, p.w, p.why), f, p)
}

// drawTooSmall says what is needed; q works here as well.
func drawTooSmall(a chart.Area, f *Frame) {
	notice := fmt.Sprintf("needs %d×%d, has %d×%d", leastWidth, leastHeight, a.W(), a.H())
	a.Text(max((a.W()-chart.TextWidth(notice))/2, 0), max((a.H()-1)/2, 0), notice, inkNotice)
	if s := f.disconnected(); s != nil && a.H() > 3 {
		notice := "✗ DISCONNECTED since " + clockText(s.Outage.At)
		a.Text(max((a.W()-chart.TextWidth(notice))/2, 0), (a.H()-1)/2-1, notice, inkHalted)
	}
	if a.H() > 2 {
		a.Text(max((a.W()-6)/2, 0), (a.H()-1)/2+1, "q quit", inkDim)
	}
}

// piece is a bit of text in one ink.
type piece struct {
	text string
	ink  chart.Ink
}

func width(pieces []piece) int {
	n := 0
	for _, p := range pieces {
		n += chart.TextWidth(p.text)
	}
	return n
}

// put draws pieces one after the other and returns the x after them.
func put(a chart.Area, x, y int, pieces ...piece) int {
	for _, p := range pieces {
		x = a.Text(x, y, p.text, p.ink)
	}
	return x
}

// drawHeader draws what runs on the left and how it runs on the right, which has precedence.
func drawHeader(screen chart.Area, f *Frame, p *plan) {
	a := screen.Sub(0, 0, p.w, 1)
	c := &f.Config
	right := []piece{{stateText(f, p.w), stateInk(f)}, {"  " + speedText(f.Speed), inkTitle}}
	left := []piece{{"locktop", inkName}}
	level := tabLevels - 1
	switch tabs := f.tabs(level); {
	case p.w < compactWidth: // the view's name tells more than the program's
		left, level = tabs, tabLevels
	default:
		settings := leastSettings + chart.TextWidth(f.Backend) + chart.TextWidth(f.presetText())
		for level > 0 && width(left)+width(f.tabs(level-1))+width(right)+settings <= p.w {
			level--
		}
		left = append(append(left, piece{"  ", inkDim}), f.tabs(level)...)
	}
	room := p.w - width(left) - width(right) - 3
	add := func(text string) bool {
		n := chart.TextWidth(text) + 2
		if n > room {
			return false
		}
		left = append(left, piece{"  " + text, inkDim})
		room -= n
		return true
	}
	if first, n := f.shownLanes(p); n < len(c.Lanes) && !add(laneRange(first, n, len(c.Lanes))) {
		add(fmt.Sprintf("lane %d/%d", f.Focus+1, len(c.Lanes)))
	}
	if name := f.presetText(); name != "" {
		add(name)
	}
	where := f.Backend
	if f.Replay != nil && chart.TextWidth(where)+3 > room {
		where = cutName(f.Replay.Name, room-3)
	}
	if n := chart.TextWidth(where) + 3; n <= room && where != "" {
		right = append([]piece{{where + "   ", inkDim}}, right...)
		room -= n
	}
	add(fmt.Sprintf("clients %d", c.Clients))
	if lease := f.leaseText(); lease != "" {
		add(lease)
	}
	add(f.workText())
	add(fmt.Sprintf("seed %d", c.Seed))
	if c.Alerts > 0 {
		add(fmt.Sprintf("alerts %d", c.Alerts))
	}
	put(a, 0, 0, left...)
	put(a, p.w-width(right), 0, right...)
}

// workText is the think time, and that speed max has skipped it.
func (f *Frame) workText() string {
	text := "work " + shortDuration(f.Config.Work)
	if slices.ContainsFunc(f.Snapshots, func(s *sim.Snapshot) bool { return s != nil && s.Sleepless }) {
		text += " skipped"
	}
	return text
}

// leastSettings is what the names of the views leave at least, beside backend and preset, for some settings.
const leastSettings = 24

func laneRange(first, n, lanes int) string {
	if n == 1 {
		return fmt.Sprintf("lane %d of %d", first+1, lanes)
	}
	return fmt.Sprintf("lanes %d-%d of %d", first+1, first+n, lanes)
}

func stateText(f *Frame, w int) string {
	if f.Replay != nil {
		return f.replayText(w >= compactWidth)
	}
	now := clockText(f.now())
	if f.Back && f.State != Starting {
		return "◀ BACK " + clockText(f.At)
	}
	switch f.State {
	case Live:
		if s := f.disconnected(); s != nil {
			return "✗ DISCONNECTED " + clockText(s.Outage.At)
		}
		return "▶ LIVE " + now
	case Paused:
		return "‖ PAUSED " + now
	case Stepping:
		return "‖ STEP " + now
	case Frozen:
		return "‖ view frozen, Redis runs on " + now
	case Done:
		return "■ DONE " + now
	default:
		return "· STARTING"
	}
}

func stateInk(f *Frame) chart.Ink {
	if f.State == Live && !f.Back && f.disconnected() == nil || f.State == Done {
		return inkState
	}
	return inkHalted
}

// clockText writes experiment time as minutes, seconds and tenths.
func clockText(d time.Duration) string {
	tenths := int64(d / (100 * time.Millisecond))
	h, m, s := tenths/36000, tenths/600%60, tenths/10%60
	if h > 0 {
		return fmt.Sprintf("%d:%02d:%02d.%d", h, m, s, tenths%10)
	}
	return fmt.Sprintf("%02d:%02d.%d", m, s, tenths%10)
}

func speedText(s clock.Speed) string {
	if s == clock.Max {
		return "max"
	}
	return s.String() + "×"
}

// shortDuration leaves out the zero units that time.Duration writes, as in 1m0s.
func shortDuration(d time.Duration) string {
	s := d.String()
	if d >= time.Minute {
		s = strings.TrimSuffix(s, "0s")
		if strings.HasSuffix(s, "h0m") {
			s = strings.TrimSuffix(s, "0m")
		}
	}
	return s
}

// millis writes a time in at most six characters: in whole milliseconds, which is what the screen counts in, and a long one in
// seconds or in hours.
func millis(d time.Duration) string {
	var room [8]byte
	return string(appendMillis(room[:0], d))
}

func appendMillis(b []byte, d time.Duration) []byte {
	switch {
	case 0 < d && d < time.Millisecond:
		return append(b, "<1ms"...)
	case d < tenthsFrom:
		return append(strconv.AppendInt(b, int64(d/time.Millisecond), 10), "ms"...)
	case d < secondsFrom:
		return append(strconv.AppendFloat(b, d.Truncate(100*time.Millisecond).Seconds(), 'f', 1, 64), 's')
	case d < hoursFrom:
		return append(strconv.AppendInt(b, int64(d/time.Second), 10), 's')
	}
	return append(strconv.AppendInt(b, int64(d/time.Hour), 10), 'h')
}

// The times from which on one is written in tenths of a second, in seconds and in hours.
const (
	tenthsFrom  = 10 * time.Second
	secondsFrom = 1000 * time.Second
	hoursFrom   = 100_000 * time.Second
)

// number writes a count in at most five characters.
func number(n int64) string {
	var room [8]byte
	return string(appendNumber(room[:0], n))
}

func appendNumber(b []byte, n int64) []byte {
	switch {
	case n < 100_000:
		return strconv.AppendInt(b, n, 10)
	case n < 10_000_000:
		return append(strconv.AppendInt(b, n/1000, 10), 'k')
	case n < 10_000_000_000:
		return append(strconv.AppendInt(b, n/1_000_000, 10), 'M')
	}
	return append(strconv.AppendInt(b, n/1_000_000_000, 10), 'G')
}

// drawFooter draws the most useful keys, or a notice.
func drawFooter(a chart.Area, f *Frame) {
	if f.Notice != "" {
		a.Text(0, 0, f.say(f.Notice), inkNotice)
		return
	}
	a = drawDamage(a, f)
	drawKeys(a, keyMap[:], func(k keyed) (string, string, bool) {
		return f.keyText(f.footerKey(k)), f.say(footerWords(k, f)), k.brief != "" && f.obeyed(k)
	})
}

// drawKeys draws as many keys as there is room for, the heaviest. The footer's names for a key, and its words, are the
// caller's; ok is false for one that does not belong there.
func drawKeys(a chart.Area, keys []keyed, name func(k keyed) (key, words string, ok bool)) {
	shown := make([]bool, len(keys))
	room := a.W() + 2
	for weight := 11; weight > 0; weight-- {
		for i, k := range keys {
			if k.weight != weight {
				continue
			}
			key, words, ok := name(k)
			if n := chart.TextWidth(key) + chart.TextWidth(words) + 3; ok && n <= room {
				room -= n
				shown[i] = true
			}
		}
	}
	x := 0
	for i, k := range keys {
		if shown[i] {
			key, words, _ := name(k)
			x = put(a, x, 0, piece{key, inkKey}, piece{" " + words + "  ", inkDim})
		}
	}
}

// footerWords returns what the footer says a key does, in the present state.
func footerWords(k keyed, f *Frame) string {
	if k.command == cmdPause && f.Replay != nil && f.State != Live {
		return "play"
	}
	if k.command == cmdPause && (f.State == Paused || f.State == Stepping || f.State == Frozen) {
		return "resume"
	}
	return k.brief
}

// asciiOf replaces what the screen is made of; anything else becomes '?'.
var asciiOf = map[rune]rune{
	'✗': 'X', '✓': '+', '×': 'x', '−': '-', '–': '-', '│': '|', '─': '-', '┄': '-', '…': '~', '·': '.', '▶': '>', '◀': '<', '‖': '|',
	'■': '#', '●': 'o', '┘': '/', '┴': '/', '┼': '+', '⋮': ':', '≠': '!', '▾': 'v', '▴': '^', '○': 'o', '→': '>', '←': '<', '↑': '^', '↓': 'v', '›': '>', '█': '#', '░': '.', 'µ': 'u', 'Σ': 'S', '↯': '*', '⇄': '%',
}

// toASCII replaces every character outside of ASCII, also in text from outside. With wide, those of scripts whose characters take two
// cells stay, as nothing can stand for them.
func toASCII(a chart.Area, wide bool) {
	for y := range a.H() {
		for x := range a.W() {
			c := a.At(x, y)
			if c.Rune >= 0 && c.Rune < 0x7f || wide && (c.Rune < 0 || chart.TextWidth(string(c.Rune)) > 1) {
				continue
			}
			r, ok := asciiOf[c.Rune]
			if !ok {
				r = '?'
			}
			a.Set(x, y, r, c.Ink)
		}
	}
}

// clientName is what a client is called on the screen.
func clientName(n int) string {
	if 0 <= n && n < len(clientNames) {
		return clientNames[n]
	}
	return "c" + strconv.Itoa(n)
}

// clientNames are the names of the first clients, which are drawn in every frame.
var clientNames = func() (names [256]string) {
	for n := range names {
		names[n] = "c" + strconv.Itoa(n)
	}
	return names
}()

// clientList names clients in at most room cells; more is how many there are beyond the list. What does not fit is counted,
// as in "c1 c3 +12".
func clientList(clients []int, count, room int) string {
	var b strings.Builder
	b.Grow(max(room, 0))
	for i, n := range clients {
		name := clientName(n)
		if b.Len() > 0 {
			name = " " + name
		}
		left := count - i - 1
		need := len(name)
		if left > 0 {
			need += len(fmt.Sprintf(" +%d", left))
		}
		if b.Len()+need > room {
			if rest := fmt.Sprintf("+%d", count-i); i > 0 && b.Len()+1+len(rest) <= room {
				b.WriteString(" " + rest)
			}
			return b.String()
		}
		b.WriteString(name)
	}
	if left := count - len(clients); left > 0 {
		fmt.Fprintf(&b, " +%d", left)
	}
	return b.String()
}
