package tui

import (
	"fmt"
	"strings"

	"locktop/tui/chart"
	"locktop/tui/tour"
)

// The bounds of the tour's screen. Below tourBeside columns the text is above the scene.
const (
	tourBeside  = 100
	tourColumns = 40 // of the text
	mostColumns = 44
	leastScene  = leastHeight
	leastTour   = leastScene + 2 // with a line of text, and the footer
	mostAbove   = 11             // rows of text above a scene that is small
	leastBelow  = 2              // of them for what stands under the text
)

// spot is where something is on the screen.
type spot struct{ x, y, w, h int }

func (p spot) of(a chart.Area) chart.Area { return a.Sub(p.x, p.y, p.w, p.h) }

// sceneArea is where the scene and the text are; one that is not shown has no size. It is not ok if there is no room for the
// tour.
func (m *tourModel) sceneArea() (scene, text spot, ok bool) {
	w, h := m.grid.Area().W(), m.grid.Area().H()
	rows := h - 1 // without the footer
	if w < leastWidth || h < leastTour {
		return spot{}, spot{}, false
	}
	whole := spot{0, 0, w, rows}
	switch {
	case m.shows == textOnly:
		return spot{}, whole, true
	case m.shows == sceneOnly:
		return whole, spot{}, true
	case w >= tourBeside:
		columns := min(max(w-compactWidth, tourColumns), mostColumns)
		return spot{columns, 0, w - columns, rows}, spot{0, 0, columns, rows}, true
	}
	above := max(min(rows-leastScene, max(mostAbove, rows/3), m.longest(w)), 1)
	return spot{0, above, w, rows - above}, spot{0, 0, w, above}, true
}

// arrange tells the scene how much room it has.
func (m *tourModel) arrange() {
	m.stale = true
	if m.scene == nil {
		return
	}
	if at, _, ok := m.sceneArea(); ok {
		m.scene.resize(at.w, at.h)
	}
}

func (m *tourModel) draw() {
	screen := m.grid.Area()
	sceneAt, textAt, ok := m.sceneArea()
	if !ok || m.scene == nil {
		screen.Text(0, max(screen.H()-1, 0)/2, m.words.tooSmall(leastWidth, leastTour), inkNotice)
		return
	}
	scene := sceneAt.of(screen)
	if m.words.scenes != nil {
		m.grid.Translate(m.words.inPlace)
	}
	m.scene.draw(scene)
	m.grid.Translate(nil)
	if m.opts.ASCII {
		toASCII(scene, !m.english)
	}
	text := textAt.of(screen)
	m.drawText(text)
	m.drawFooter(screen.Sub(0, screen.H()-1, screen.W(), 1))
	if m.opts.ASCII && m.english {
		toASCII(screen, false)
	}
}

// drawText draws the lesson as far as it has come.
func (m *tourModel) drawText(a chart.Area) {
	if a.H() == 0 {
		return
	}
	narrow := a.H() <= mostAbove || a.W() > mostColumns
	if !narrow { // with room between text and scene
		a = a.Sub(0, 0, a.W()-2, a.H())
	}
	below := m.below(a.W(), a.H(), narrow)
	if len(below) < a.H() {
		m.drawTitle(a)
	}
	top := 1
	if !narrow {
		top = 2
	}
	room := max(a.H()-top-len(below), 0)
	lines := m.prose(a.W(), !narrow || a.H() > mostAbove, room)
	for i, line := range lines[:min(room, len(lines))] {
		drawLetters(a, 0, top+i, line)
	}
	if len(lines) > room && room > 0 {
		a.Text(0, top+room-1, m.words.scrolled, inkNotice)
		a.Text(chart.TextWidth(m.words.scrolled), top+room-1, strings.Repeat(" ", a.W()), inkPlain)
	}
	y := top + min(room, len(lines))
	if narrow && a.H() <= mostAbove {
		y = a.H() - len(below)
	}
	for i, pieces := range below {
		put(a, 0, y+i, pieces...)
	}
}

// drawTitle draws the heading of the lesson, and which of them have been taken.
func (m *tourModel) drawTitle(a chart.Area) {
	x := put(a, 0, 0, piece{fmt.Sprintf("%d/%d ", m.at+1, len(m.lessons)), inkDim}, piece{m.lesson().Title, inkName})
	var marks []piece
	for i, l := range m.lessons {
		p := piece{"○", inkDim}
		if m.progress.Has(l.Name) {
			p = piece{"●", inkKept}
		}
		if i == m.at {
			p.ink = inkCursor
		}
		marks = append(marks, p)
	}
	if left := a.W() - width(marks); left > x+1 {
		put(a, left, 0, marks...)
	}
}

// prose is the section of the act, in lines of n cells. Paragraphs are parted by empty lines if they fit, or else by nothing.
func (m *tourModel) prose(n int, airy bool, room int) [][]tour.Letter {
	write := func(gap bool) (lines [][]tour.Letter) {
		for i, paragraph := range m.lesson().Text[m.act] {
			if gap && i > 0 {
				lines = append(lines, nil)
			}
			lines = append(lines, tour.Wrap(paragraph, n)...)
		}
		return lines
	}
	if lines := write(airy); len(lines) <= room {
		return lines
	}
	return write(false)
}

// longest is how many rows the longest section of the lesson takes, in lines of n cells, with its title and what stands under it.
func (m *tourModel) longest(n int) int {
	longest := 0
	for i, section := range m.lesson().Text {
		rows := 1 + leastBelow
		if acts := m.lesson().Acts; i < len(acts) {
			rows = 1 + max(m.mostBelow(&acts[i], n), leastBelow)
		}
		for _, paragraph := range section {
			rows += len(tour.Wrap(paragraph, n))
		}
		longest = max(longest, rows)
	}
	return longest
}

// mostBelow is how many rows stand under the text of an act, in lines of n cells, while nothing is as it is wanted and nothing goes on.
func (m *tourModel) mostBelow(a *tour.Act, n int) int {
	var lines [][]piece
	if a.Answer != "" {
		lines = beside(lines, n, []piece{{m.words.said("10", "10"), inkTitle}})
	}
	for _, e := range a.Expect {
		want := m.words.value(e.Quantity, e.Value())
		lines = beside(lines, n, []piece{{"○ " + m.words.quantity(e.Quantity) + m.words.colon, inkDim}, {want, inkTitle}, {m.words.wanted(e.Op, want), inkDim}})
	}
	return len(beside(lines, n, []piece{{m.words.missed, inkNotice}}))
}

func drawLetters(a chart.Area, x, y int, line []tour.Letter) {
	inks := [...]chart.Ink{tour.Plain: inkPlain, tour.Strong: inkTitle, tour.Code: inkKey}
	for _, l := range line {
		x = a.Text(x, y, string(l.Rune), inks[l.Style])
	}
}

// below is what stands under the text: the guess, what is expected and how it stands, and how it goes on, in at most so many rows of
// n cells. Where there is little room, they stand beside each other as far as they fit.
func (m *tourModel) below(n, rows int, narrow bool) (lines [][]piece) {
	if m.over() {
		text := m.words.nextStep
		if !m.reached {
			text = m.words.theEnd
		}
		return m.spaced(narrow, []piece{{"✓ ", inkKept}, {text, inkNotice}})
	}
	act := &m.lesson().Acts[m.act]
	if m.asking {
		return m.spaced(narrow, []piece{{"› ", inkCursor}, {m.typed, inkTitle}, {"_ ", inkCursor}, {" " + m.words.typeNumber, inkDim}})
	}
	join := under
	if narrow {
		join = beside
	}
	add := func(text ...piece) { lines = join(lines, n, text) }
	if m.guessed != "" {
		if is, ok := m.scene.value(act.Answer); ok {
			add(piece{m.words.said(m.guessed, is.String()), inkTitle})
		}
	}
	values := m.values
	if !m.reached {
		values, _ = m.expected()
	}
	for i, e := range act.Expect {
		add(m.goal(e, values[i])...)
	}
	if notice := m.notice(); notice != "" {
		add(piece{notice, inkNotice})
	}
	if lines = m.spaced(narrow, lines...); len(lines) > rows { // the first are those that matter, and how it goes on
		lines = append(lines[:max(rows-1, 0)], lines[len(lines)-1])
	}
	return lines
}

// beside adds a text to the last of some lines of n cells, or under them if it does not fit.
func beside(lines [][]piece, n int, text []piece) [][]piece {
	if last := len(lines) - 1; last >= 0 && width(lines[last])+2+width(text) <= n {
		lines[last] = append(append(lines[last], piece{"  ", inkDim}), text...)
		return lines
	}
	return under(lines, n, text)
}

// under adds a text under lines of n cells. Where it is longer, its last piece has a line of its own.
func under(lines [][]piece, n int, text []piece) [][]piece {
	if more := len(text) - 1; more > 0 && width(text) > n {
		return append(lines, text[:more], []piece{{"  " + strings.TrimSpace(text[more].text), text[more].ink}})
	}
	return append(lines, text)
}

// notice says how it goes on, where that takes a key.
func (m *tourModel) notice() string {
	switch {
	case m.reached:
		return m.words.goOn
	case m.missed():
		return m.words.missed
	case m.scene.halted():
		return m.words.halted
	}
	return ""
}

// goal is one thing that is expected, and how it stands. What is not so, or not known yet, never reads as if it were: it says what is
// wanted or, where that is looked at later, that it is so as yet.
func (m *tourModel) goal(e tour.Expectation, v tour.Value) []piece {
	sign, text, more := piece{"○ ", inkDim}, m.words.value(e.Quantity, v), ""
	_, known := m.scene.value(e.Quantity)
	switch {
	case m.reached:
		sign = piece{"✓ ", inkKept}
	case !known:
		text, more = "–", m.words.wanted(e.Op, m.words.value(e.Quantity, e.Value()))
	case !e.Holds(v):
		more = m.words.wanted(e.Op, m.words.value(e.Quantity, e.Value()))
	case m.scene.settled():
		sign = piece{"✓ ", inkKept}
	default:
		more = m.words.soFar
	}
	return []piece{sign, {m.words.quantity(e.Quantity) + m.words.colon, inkDim}, {text, inkTitle}, {more, inkDim}}
}

// spaced puts an empty line before lines that have room.
func (m *tourModel) spaced(narrow bool, lines ...[]piece) [][]piece {
	if narrow {
		return lines
	}
	return append([][]piece{nil}, lines...)
}

// drawFooter draws the keys of the tour and of its scene. Where there is no room for all, the heavier stay.
func (m *tourModel) drawFooter(a chart.Area) {
	keys := append(m.scene.offered(), tourKeys...)
	shown := make([]string, len(keys))
	room := a.W() + 2
	for weight := mostWeight; weight > 0; weight-- {
		for i, k := range keys {
			if k.weight != weight || !m.names(k) {
				continue
			}
			name := k.shown
			if k.tourCommand == tourJump {
				name += fmt.Sprint(min(len(m.lessons), 9))
			}
			name = m.keyText(name)
			if n := chart.TextWidth(name) + chart.TextWidth(m.words.keys[k.tourCommand]) + 3; n <= room {
				room -= n
				shown[i] = name
			}
		}
	}
	x := 0
	for i, k := range keys {
		if shown[i] != "" {
			x = put(a, x, 0, piece{shown[i], inkKey}, piece{" " + m.words.keys[k.tourCommand] + "  ", inkDim})
		}
	}
}

// keyText is a text that names keys, as the screen can show it.
func (m *tourModel) keyText(text string) string {
	if m.opts.ASCII {
		return arrowWords.Replace(text)
	}
	return text
}
