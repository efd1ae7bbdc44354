package tui

import (
	"fmt"
	"strings"

	"locktop/sim"
	"locktop/tui/chart"
)

// drawBox lays a box with lines of text over the middle of the screen. The footer stays in sight.
func drawBox(screen chart.Area, title string, lines [][]piece, ascii bool) {
	const margin = 2
	wide := min(boxWidth, screen.W())
	high := min(len(lines)+2, screen.H()-1)
	box := screen.Sub((screen.W()-wide)/2, (screen.H()-high)/2, wide, high)
	box.Fill(' ', inkPlain)
	in := box.Box(title, inkFocus, inkTitle, ascii)
	in = in.Sub(margin/2, 0, in.W()-margin, in.H())
	for y, line := range lines {
		put(in, 0, y, line...)
	}
}

// boxWidth is that of an overlay, and boxText that of the text in it.
const (
	boxWidth  = 92
	boxBorder = 4
)

func boxText(w int) int { return min(w, boxWidth) - boxBorder }

// pages is how many boxes it takes to show some lines on a screen of h rows. The footer stays in sight.
func pages(lines, h int) int {
	rows := max(h-3, 1)
	return max((lines+rows-1)/rows, 1)
}

// drawPage lays the present page of what there is to read over the screen. A key turns the pages, and closes the last.
func drawPage(screen chart.Area, title, key string, lines [][]piece, f *Frame) {
	rows := max(screen.H()-3, 1)
	n := pages(len(lines), screen.H())
	page := min(f.Page, n-1)
	title = f.say(title)
	if n > 1 {
		title += fmt.Sprintf(" %d/%d", page+1, n)
	}
	words := "   " + f.say(key+" or esc closes this")
	if page+1 < n {
		words = "   " + f.say(key+" turns the page")
	}
	if chart.TextWidth(title)+chart.TextWidth(words) <= boxText(screen.W()) {
		title += words
	}
	drawBox(screen, title, lines[page*rows:min((page+1)*rows, len(lines))], f.ASCII)
}

// paragraph breaks a text into lines of one ink.
func paragraph(text string, n int, ink chart.Ink) [][]piece {
	var lines [][]piece
	for _, line := range wrap(text, n) {
		lines = append(lines, []piece{{line, ink}})
	}
	return lines
}

// drawFaults lays the fault menu over the screen: what its keys do, and to whom.
func drawFaults(screen chart.Area, f *Frame) {
	room := boxText(screen.W())
	client := [][]piece{{{"to ", inkDim}, {clientName(f.Cursor), inkCursor}, {f.doing() + ", in " + f.laneName(f.Focus), inkDim}}}
	server := [][]piece{nil, {{"to the Redis of that lane", inkDim}}}
	if f.laneInfo(f.Focus).Nodes > 1 {
		server[1][0].text = "to the servers of that lane"
	}
	var entries []helpEntry // where there is no room for a line each
	for _, k := range keyMap {
		if k.command != cmdInject || !f.offers(k) {
			continue
		}
		fault := f.faultOf(k)
		line := []piece{{" " + k.Help().Key + "  ", inkKey}, {f.say(f.faultWords(fault)), inkPlain}}
		if reason := f.refusal(fault); reason != "" {
			line[0].ink, line[1].ink = inkDim, inkDim
			line = append(line, piece{f.say(": " + reason), inkDim})
			if width(line) > room {
				line[1].text = f.say(string(fault.Kind))
			}
		} else {
			word := string(fault.Kind)
			if k.node {
				word = "node"
			}
			entries = append(entries, helpEntry{k.Help().Key, f.say(word)})
		}
		if fault.Kind.OfClient() {
			client = append(client, line)
		} else {
			server = append(server, line)
		}
	}
	when := "each at its usual point"
	if f.FaultAt != "" {
		when = nextTime[f.FaultAt]
	}
	when = cutText(f.say("when: "+when), room-chart.TextWidth(f.keyText(" ←→ ")))
	point := []piece{{f.keyText("←→") + " ", inkKey}, {when, inkDim}}
	lines := append(append(client, append([]piece{{" ", inkKey}}, point...)), server...)
	if len(lines) > screen.H()-3 || screen.W() < 60 {
		lines = append([][]piece{{client[0][0], client[0][1], {" in " + f.laneTag(f.Focus) + ", or its Redis:", inkDim}}, nil},
			flow(entries, room)...)
		if len(lines) < screen.H()-3 {
			lines = append(lines, point)
		}
	}
	drawBox(screen, f.say("FAULTS   a key does it, esc closes this"), lines, f.ASCII)
}

// doing says what the selected client is doing now, which makes a difference for what a fault does to it.
func (f *Frame) doing() string {
	switch f.phaseOf(f.Cursor) {
	case sim.Waiting:
		return ", which waits for the lock"
	case sim.Holding:
		return ", which has the lock"
	case sim.Working:
		return ", which is between its read and its write"
	case sim.Suspended:
		return ", which is paused"
	case sim.Dead:
		return ", which has crashed"
	case sim.Gone:
		return ", which has left"
	case sim.Done:
		return ", which is done"
	}
	return ", which is idle"
}

// inject does the fault of a key, or says why it cannot.
func (m *model) inject(k keyed) {
	f := &m.frame
	f.Over = NoOverlay
	if !m.ready() {
		return
	}
	fault := f.faultOf(k)
	reason := f.refusal(fault)
	if reason == "" {
		if err := m.session.exp.Inject(f.Focus, fault); err != nil {
			reason = strings.TrimPrefix(err.Error(), string(fault.Kind)+": ")
		}
	}
	if reason != "" {
		m.notify(f.say(string(fault.Kind)) + f.say(": "+reason))
		return
	}
	if k.node { // and then the one after it
		f.node = fault.Node + 1
	}
	text := f.say(f.promise(fault))
	if len(f.Config.Lanes) > 1 {
		text = f.laneName(f.Focus) + ": " + text
	}
	if m.paused && (fault.Kind.OfClient() || fault.Kind == sim.Failover || fault.Kind == sim.Reset) {
		text += f.say(", once the race goes on")
	}
	m.notify(text)
}
