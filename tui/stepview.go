package tui

import (
	"fmt"
	"strings"
	"time"

	"locktop/sim"
	"locktop/sim/explore"
	"locktop/tui/chart"
)

// stepPlan is where everything goes in an area.
type stepPlan struct {
	left    int // the width of the clients and of Redis; 0 if they are above the diagram
	clients int // rows of each client
	gaps    bool
	redis   int // rows of Redis, without a border
	middle  int // rows between the lines above and below
}

// The rows above and below the middle, and the least width for two columns.
const (
	stepTop, stepBottom = 2, 1
	stepBeside          = 72
	leastDiagramRows    = 3
)

// planStep shares out an area of w × h cells.
func planStep(w, h int, s *stepper) stepPlan {
	p := stepPlan{middle: max(h-stepTop-stepBottom, 0), clients: 1, redis: 1}
	if w < stepBeside || p.middle < 8 {
		return p
	}
	p.left = min(max(w*3/8, 30), 46)
	p.redis = min(max(len(redisLines(s)), 2), max(p.middle-4-s.clients, 1))
	rows := p.middle - p.redis - 4 // two borders
	for p.clients < 3 && (p.clients+1)*s.clients <= rows {
		p.clients++
	}
	p.gaps = p.clients*s.clients+s.clients-1 <= rows
	return p
}

// drawStepper draws a race that is driven by hand in any area: who can do what, what Redis holds, and what has happened.
func drawStepper(a chart.Area, s *stepper, f *Frame) {
	p := planStep(a.W(), a.H(), s)
	drawChallenge(a, s, f)
	middle := a.Sub(0, stepTop, a.W(), p.middle)
	if p.left > 0 {
		redis := p.redis + 2
		drawPlayers(middle.Sub(0, 0, p.left, middle.H()-redis).Box("CLIENTS", inkFocus, inkFocus, f.ASCII), s, &p)
		in := middle.Sub(0, middle.H()-redis, p.left, redis).Box("IN REDIS NOW", inkFrame, inkTitle, f.ASCII)
		for y, line := range redisLines(s) {
			put(in, 0, y, line...)
		}
		right := middle.Sub(p.left, 0, middle.W()-p.left, middle.H())
		drawHappened(right.Box(s.happenedTitle(), inkFrame, inkTitle, f.ASCII), s, f)
	} else {
		rows := min(s.clients, max(middle.H()-leastDiagramRows-p.redis, 1))
		drawPlayers(middle.Sub(0, 0, middle.W(), rows), s, &p)
		put(middle, 0, rows, redisLine(s)...)
		drawHappened(middle.Sub(0, rows+1, middle.W(), middle.H()-rows-1), s, f)
	}
	drawSchedule(a.Sub(0, a.H()-stepBottom, a.W(), 1), explore.Schedule{Lane: s.lane, Clients: s.clients, Moves: s.moves}, s.at)
}

// drawChallenge says what there is to be done or, when something has come of it, what.
func drawChallenge(a chart.Area, s *stepper, f *Frame) {
	p := &s.playing
	sign, ink := outcomeSign(p)
	head, text := "BREAK IT YOURSELF  ", "you are the scheduler: can you lose an update?"
	switch {
	case p.Over && p.Outcome.Lost > 0:
		head = sign + "YOU LOST " + countWord(p.Outcome.Lost) + "  "
	case p.Over && p.Outcome.Hung:
		head = sign + "IT HANGS  "
	case p.Over:
		head = sign + "NOTHING LOST  "
	case p.Wrong():
		head = sign
	}
	if head, text = f.say(head), f.say(text); chart.TextWidth(head)+chart.TextWidth(text) > a.W() {
		text = f.say("can you lose an update?")
	}
	if s.at > 0 {
		text = sentence(p, a.W()-chart.TextWidth(head), f)
	}
	put(a, 0, 0, piece{head, ink}, piece{text, inkPlain})
	odds := s.oddsText()
	if odds != "" && p.Over && !p.Wrong() && s.goesWrong() {
		odds = "but " + odds + ": u takes moves back, w shows one"
	}
	if r := s.odds[s.used()]; r != nil && r.Complete && !r.Bad() && s.used().Crashes == 0 {
		hint := ": try x, a crash"
		if s.leased() {
			hint = ": try e, the end of a lease, or x, a crash"
		}
		odds += hint
	}
	a.Text(0, 1, cutText(f.say(odds), a.W()), inkDim)
}

// sentence says what has come of what was played, in full or as much of it as there is room for.
func sentence(p *explore.Playing, room int, f *Frame) string {
	full := p.Sentence()
	_, story, _ := strings.Cut(full, ": ")
	for _, text := range []string{full, story, p.Brief()} {
		if text = f.say(text); text != "" && chart.TextWidth(text) <= room {
			return text
		}
	}
	return cutText(f.say(p.Brief()), room)
}

// goesWrong tells whether some order is known to go wrong.
func (s *stepper) goesWrong() bool {
	r := s.odds[s.used()]
	return r != nil && r.Bad()
}

func countWord(n int64) string {
	if n == 1 {
		return "ONE"
	}
	return fmt.Sprint(n)
}

// outcomeSign is a sign for what has come of what was played, and its ink.
func outcomeSign(p *explore.Playing) (string, chart.Ink) {
	switch {
	case p.Wrong():
		return "✗ ", inkLost
	case p.Over:
		return "✓ ", inkKept
	}
	return "", inkTitle
}

// drawPlayers draws the clients, the selected one in sight.
func drawPlayers(a chart.Area, s *stepper, p *stepPlan) {
	each := p.clients
	if p.gaps {
		each++
	}
	shown := max((a.H()+each-p.clients)/each, 1)
	first := min(max(s.cursor-shown/2, 1), max(s.clients-shown+1, 1))
	for y, n := 0, first; n <= s.clients && y < a.H(); y, n = y+each, n+1 {
		drawPlayer(a.Sub(0, y, a.W(), p.clients), s, s.playing.Players[n-1])
	}
}

// drawPlayer draws a client in one, two or three lines.
func drawPlayer(a chart.Area, s *stepper, c sim.Player) {
	mark, ink := " ", inkTitle
	if c.Number == s.cursor {
		mark, ink = "›", inkCursor
	}
	line := []piece{{mark, inkCursor}, {clientName(c.Number) + " ", ink}}
	status := piece{s.status(c), statusInk(c)}
	var badges []piece
	if text, wrong := s.badge(c); wrong {
		badges = []piece{{"  " + text, inkLost}}
	} else if text != "" {
		badges = []piece{{"  " + text, inkHolding}}
	}
	if a.H() == 1 {
		switch {
		case c.Next != "" && c.Sends:
			line = append(line, piece{cutText(nextText(c), a.W()-width(line)), inkPlain})
		case c.Next != "" && !c.Over:
			line = append(line, piece{nextText(c), inkWaiting}, piece{" (in vain)", inkWaiting})
		default:
			line = append(line, status)
		}
		if room := a.W() - width(line); width(badges) <= room {
			line = append(line, badges...)
		}
		put(a, 0, 0, line...)
		return
	}
	put(a, 0, 0, append(append(line, status), badges...)...)
	const indent, label = 4, "next "
	next := piece{"nothing more", inkDim}
	if c.Next != "" {
		next = piece{cutText(nextText(c), a.W()-indent-len(label)), inkPlain}
		if !c.Sends {
			next.ink = inkWaiting
		}
	} else if !c.Over {
		next.text = "nothing until it is woken"
	}
	put(a, indent, 1, piece{label, inkDim}, next)
	read, stale := s.readText(c)
	line = []piece{{"read ", inkDim}, {read, inkRead}}
	if stale {
		line = append(line, piece{"  ✗ stale", inkLost})
	}
	put(a, indent, 2, line...)
}

func statusInk(c sim.Player) chart.Ink {
	switch {
	case c.Crashed:
		return inkFault
	case c.Over:
		return inkDim
	case c.Sends:
		return inkKept
	}
	return inkWaiting
}

// redisLines say what Redis holds, in plain words.
func redisLines(s *stepper) [][]piece {
	held := grouped(s.playing.Held)
	var lines [][]piece
	has := func(name string) bool {
		for _, h := range held {
			if h.Name == name {
				return true
			}
		}
		return false
	}
	if !has("average") {
		lines = append(lines, []piece{{"average  ", inkDim}, {"nothing yet", inkPlain}})
	}
	if s.info().Locks && !has("lock") {
		lines = append(lines, []piece{{"lock     ", inkDim}, {"free", inkPlain}})
	}
	for _, h := range held {
		lines = append(lines, []piece{{fmt.Sprintf("%-9s", h.Name), inkDim}, {h.words(), inkPlain}})
	}
	return lines
}

// redisLine is the same in one line.
func redisLine(s *stepper) []piece {
	line := []piece{{"Redis: ", inkTitle}}
	for i, l := range redisLines(s) {
		if i > 0 {
			line = append(line, piece{"  ", inkDim})
		}
		line = append(line, piece{strings.TrimRight(l[0].text, " ") + " ", inkDim}, l[1])
	}
	return line
}

// heldBy is what one or several servers hold.
type heldBy struct {
	sim.Held
	nodes []string
}

// grouped puts together what several servers hold alike.
func grouped(held []sim.Held) []heldBy {
	var groups []heldBy
next:
	for _, h := range held {
		node := fmt.Sprint(h.Node)
		for i := range groups {
			if g := &groups[i]; g.Name == h.Name && g.Value == h.Value && g.TTL == h.TTL {
				g.nodes = append(g.nodes, node)
				continue next
			}
		}
		groups = append(groups, heldBy{h, []string{node}})
	}
	return groups
}

// words say what a key holds.
func (h *heldBy) words() string {
	text := strings.ReplaceAll(h.Value, "\n", " ")
	switch h.Name {
	case "average":
		if average, err := sim.ParseAverage(h.Value); err == nil {
			text += "  n=" + fmt.Sprint(average.Count)
		}
		return text
	case "lock":
		text += leaseWords(h.TTL)
	case "signal":
		if n := strings.Count(h.Value, "\n") + 1; n > 1 {
			text = fmt.Sprintf("%d tokens", n)
		} else {
			text = "one token"
		}
	}
	if h.Node > 0 {
		text += ", on " + strings.Join(h.nodes, " ")
	}
	return text
}

func leaseWords(ttl time.Duration) string {
	if ttl == 0 {
		return ", with no lease"
	}
	return ", " + millis(ttl) + " left"
}

// happenedTitle is the title of the diagram.
func (s *stepper) happenedTitle() string {
	if s.at < len(s.moves) {
		return fmt.Sprintf("MOVE %d OF %d", s.at, len(s.moves))
	}
	return fmt.Sprintf("MOVE %d", s.at)
}

// drawHappened draws what has been played or, before anything has, what this is.
func drawHappened(a chart.Area, s *stepper, f *Frame) {
	if s.at > 0 {
		drawDiagram(a, &s.playing, f.marks())
		return
	}
	y := 0
	say := func(text string, ink chart.Ink) {
		for _, line := range wrap(f.keyText(text), a.W()-1) {
			a.Text(0, y, line, ink)
			y++
		}
	}
	say(f.say("Each client is about to add its sample to the average. It stops before every command to Redis, until you let it through."), inkPlain)
	if y++; a.H() > 12 {
		for _, line := range [][2]string{{"↑↓", "choose a client"}, {".", "let its next command through"}, {"u", "take the last move back"}, {"w", "be shown an order that goes wrong"}} {
			a.Text(1, y, f.keyText(line[0]), inkKey)
			a.Text(10, y, f.say(line[1]), inkPlain)
			y++
		}
		y++
	}
	strategy, _ := sim.StrategyNamed(s.info().Strategy)
	say(strings.ToUpper(strategy.Name)+": "+f.say(strategy.Explain), inkDim)
}

// marks are the signs of diagrams, and their words.
func (f *Frame) marks() explore.Marks {
	marks := explore.Unicode
	if f.ASCII {
		marks = explore.ASCII
	}
	marks.Say = f.words
	return marks
}

// drawDiagram draws a sequence diagram, its end in sight: a column for each client where that fits, else one line for each step,
// which moves to the right.
func drawDiagram(a chart.Area, p *explore.Playing, marks explore.Marks) {
	clients := p.Schedule.Clients
	column, rows := (a.W()-explore.Gutter)/clients, a.H()
	beside := column >= explore.LeastColumn
	lines := p.Lines(column-1, marks)
	const name, leastText = 3, 10 // cells
	if steps := p.Lines(max(a.W()-explore.Gutter-2*(clients-1)-name, leastText), marks); !beside || len(lines) >= rows && len(steps) < len(lines) {
		beside, column, lines = false, 2, steps
	}
	if beside {
		for c := range clients {
			a.Text(explore.Gutter+c*column, 0, clientName(c+1), inkTitle)
		}
		a, rows = a.Sub(0, 1, a.W(), a.H()-1), rows-1
	}
	for y, line := range lines[max(len(lines)-rows, 0):] {
		if line.Step > 0 {
			a.Text(0, y, fmt.Sprintf("%*d", explore.Gutter-1, line.Step), inkDim)
		}
		if line.Client == 0 {
			rule := strings.Repeat(marks.Rule, max((a.W()-explore.Gutter-len(line.Text)-2)/2, 2))
			put(a, explore.Gutter, y, piece{rule + " ", inkFault}, piece{line.Text, inkFault}, piece{" " + rule, inkFault})
			continue
		}
		x := explore.Gutter + column*(line.Client-1)
		if !beside && line.Step > 0 {
			x = a.Text(x, y, clientName(line.Client)+" ", inkTitle)
		} else if !beside {
			x += name
		}
		put(a, x, y, diagramPieces(line.Text, marks)...)
	}
}

// diagramPieces colours a text of a diagram: the command, the reply, and what is remarkable.
func diagramPieces(text string, marks explore.Marks) []piece {
	if strings.HasPrefix(text, marks.Wrong+" ") { // what is remarkable stands behind something, or is indented: this is a crash
		return []piece{{text, inkFault}}
	}
	var pieces []piece
	ink := inkPlain
	for _, part := range strings.SplitAfter(text, "  ") {
		i := strings.Index(part, marks.Arrow)
		switch {
		case strings.HasPrefix(part, marks.Wrong+" "):
			ink = inkLost
		case i >= 0 && ink == inkPlain:
			pieces = append(pieces, piece{part[:i], ink})
			part, ink = part[i:], inkDim
		}
		pieces = append(pieces, piece{part, ink})
	}
	return pieces
}

// drawSchedule writes a schedule as a string, with a mark after the moves that have been made. What does not fit is cut at
// the beginning of the moves.
func drawSchedule(a chart.Area, s explore.Schedule, made int) {
	head := fmt.Sprintf("%s@%d:", s.Lane, s.Clients)
	var done, left strings.Builder
	for i, m := range s.Moves {
		if i < made {
			done.WriteString(" " + m.String())
		} else {
			left.WriteString(" " + m.String())
		}
	}
	text := done.String()
	rest := left.String()
	if rest != "" {
		rest = " │" + rest
	}
	const label = "schedule "
	if room := a.W() - len(label) - len(head) - min(chart.TextWidth(rest), 12); len(text) > room && room > 2 {
		text = "…" + text[len(text)-room+1:]
	}
	put(a, 0, 0, piece{label, inkDim}, piece{head, inkTitle}, piece{text, inkPlain}, piece{rest, inkDim})
}
