package tui

import (
	"fmt"
	"strings"
	"time"

	"locktop/sim"
	"locktop/sim/clean"
	"locktop/tui/chart"
)

// How one update was lost, command by command.

// lossOf returns the last lost update of a client in the focused lane.
func (f *Frame) lossOf(client int) (loss, bool) {
	return f.findLoss(func(u *sim.Update) bool { return u.Client == client })
}

// findLoss returns the last loss of the focused lane whose victim is the wanted one.
func (f *Frame) findLoss(wanted func(*sim.Update) bool) (loss, bool) {
	s := f.snapshot(f.Focus)
	if s == nil {
		return loss{}, false
	}
	losses := s.Losses
	for i := len(losses) - 1; i >= 0; i-- {
		if wanted(&losses[i].Victim) {
			return lossAt(losses, i, s, f.Focus), true
		}
	}
	return loss{}, false
}

// lossAt is the i-th of the losses with all that went with it.
func lossAt(losses []sim.Loss, i int, s *sim.Snapshot, lane int) loss {
	l := loss{Loss: losses[i], lane: lane, locks: s.Lane.Locks}
	if under := partStrategy(s, l.Victim.Part); under != "" {
		strategy, _ := sim.StrategyNamed(under)
		l.under, l.locks = under, strategy.Locks
		if by := partStrategy(s, l.Killer.Part); l.Killer.Client != 0 && l.Killer.Part != l.Victim.Part {
			l.by = by
		}
	}
	if r := s.Reset; !r.Dead && min(l.Victim.ReadAt, l.Killer.ReadAt) <= r.At && r.At <= max(l.Victim.SentAt, l.Killer.SentAt) &&
		(r.Holder == l.Victim.Client || r.Holder == l.Killer.Client) {
		l.reset = r.Holder
	}
	switch {
	case l.Forgotten:
		l.erased, l.fault = forgottenTogether(losses[:i+1]), rewoundBy(s)
	case l.Killer.Client != 0:
		for _, other := range losses {
			if other.Killer == l.Killer {
				l.erased = append(l.erased, other.Victim)
			}
		}
	}
	return l
}

// partStrategy is the strategy of a part of a lane that has had several; else it is empty.
func partStrategy(s *sim.Snapshot, part int) string {
	if len(s.Parts) < 2 || part >= len(s.Parts) {
		return ""
	}
	return s.Parts[part].Strategy
}

// tellLoss opens the explanation of what is selected: the last loss of a client, or a lost version of the history.
func (m *model) tellLoss() {
	f := &m.frame
	if f.Over == Explanation {
		m.toggle(Explanation)
		return
	}
	var l loss
	var ok bool
	missing := fmt.Sprintf("none of the last losses of %s was %s's", f.laneName(f.Focus), clientName(f.Cursor))
	if f.View == HistoryView {
		missing = "no version is selected"
		if v := f.selectedVersion(); v != nil {
			l, ok = m.lossOfVersion(v)
			missing = "this version was lost too long ago to tell how"
			if v.Kept {
				missing = "this version is kept: only a lost one can be explained"
			}
		}
	} else {
		l, ok = f.lossOf(f.Cursor)
		if s := f.snapshot(f.Focus); s != nil && s.Lost == 0 {
			missing = f.laneName(f.Focus) + " has lost nothing: there is nothing to explain"
		}
	}
	if !ok {
		m.notify(missing)
		return
	}
	f.told = &l
	m.toggle(Explanation)
}

// lossOfVersion returns how a version of the focused lane was lost. Where that is longer ago than the snapshot lists, the
// tape tells: of the next losses after the write, one is that of the version.
func (m *model) lossOfVersion(v *sim.Version) (loss, bool) {
	const most = 100 // losses that are looked at, in tens of milliseconds
	f := &m.frame
	isIt := func(u *sim.Update) bool { return *u == v.Update }
	l, ok := f.findLoss(isIt)
	if ok || v.Kept || m.session == nil {
		return l, ok
	}
	at, tape := v.SentAt-1, m.session.tapes[f.Focus]
	for range most {
		if at, ok = tape.LossAfter(at); !ok || at > m.shown() {
			break
		}
		then := tape.At(at, sim.View{})
		for i := range then.Losses {
			if isIt(&then.Losses[i].Victim) {
				return lossAt(then.Losses, i, then, f.Focus), true
			}
		}
	}
	return loss{}, false
}

// heading says which loss it is.
func (l *loss) heading(f *Frame) string {
	return fmt.Sprintf("HOW %s LOST n=%d, the %s loss of %s", clientName(l.Victim.Client), l.Victim.Value.Count, ordinal(l.Number), l.strategy(f))
}

// event is one line of a story: who did what, and what that means.
type event struct {
	at, who, command, means string
	ink                     chart.Ink
}

// events are what led to the loss, in the order of it.
func (l *loss) events() []event {
	var events []event
	first := time.Duration(-1)
	for _, d := range l.deeds() {
		at := fmt.Sprintf("+%.1f ms", float64(d.at-first)/float64(time.Millisecond))
		if first < 0 {
			first, at = d.at, fmt.Sprintf("%.3f s", d.at.Seconds())
		}
		u := &l.Victim
		if d.row == 0 {
			u = &l.Killer
		}
		e := event{at: at, who: clientName(d.client)}
		switch {
		case !d.write:
			e.command, e.ink = "GET → "+valueText(u.Base), inkRead
			e.means = fmt.Sprintf("%d samples, average %.1f ms", u.Base.Count, u.Base.Mean())
			switch {
			case u.Base.Count == 0:
				e.means = "there is no value yet"
			case len(events) > 0 && events[0].command == e.command:
				e.means = "reads the same value"
			}
		case d.row == 1:
			e.command, e.ink, e.means = "SET "+valueText(u.Value)+" → OK", inkWrite, "with its sample, "+sample(u.Latency)
		default:
			e.command, e.ink = "SET "+valueText(u.Value)+" → OK ✗", inkLost
			e.means = fmt.Sprintf("computed from n=%d: %s gone", u.Base.Count, l.gone())
		}
		events = append(events, e)
	}
	switch {
	case l.Forgotten:
		events = append(events, event{"then", "", "↯ " + l.cause(), "back at " + l.backTo() + ": " + l.gone() + " gone", inkFault})
	case l.Killer.Client == 0:
		events = append(events, event{"then", "?", "SET …", "unknown eraser: " + unknownBecause, inkLost})
	}
	return events
}

// story tells the loss command by command, with values and times, and then what came of it, in lines of n cells.
func (l *loss) story(f *Frame, n int) [][]piece {
	const leastMeaning = 24
	var lines [][]piece
	events := l.events()
	command := 0
	for _, e := range events {
		command = max(command, chart.TextWidth(e.command))
	}
	for _, e := range events {
		line := []piece{{fmt.Sprintf("%9s  ", e.at), inkDim}, {fmt.Sprintf("%-4s ", e.who), inkTitle}, {e.command, e.ink}}
		indent := width(line[:2]) + command + 2
		if n-indent < leastMeaning { // below the command
			lines = append(lines, line)
			line, indent = nil, width(line[:2])
		}
		for _, text := range wrap(f.say(e.means), n-indent) {
			line = append(line, piece{strings.Repeat(" ", indent-width(line)) + text, inkPlain})
			lines, line = append(lines, line), nil
		}
	}
	lines = append(lines, nil)
	if l.Forgotten {
		lines = append(lines, paragraph(f.say(l.forgottenBecause()), n, inkPlain)...)
		return append(lines, paragraph(f.say("No client erased it, and no lock helps: only a server that acknowledges nothing it may forget."), n, inkDim)...)
	}
	what, more := l.sentences()
	lines = append(lines, paragraph(f.say(what), n, inkPlain)...)
	if more != "" {
		lines = append(lines, paragraph(f.say(more), n, inkDim)...)
	}
	return lines
}

// gone says whose samples went, with their verb.
func (l *loss) gone() string {
	who := clientName(l.Victim.Client) + "'s sample"
	switch n := len(l.erased) - 1; {
	case n == 1:
		return who + " and one more are"
	case n > 1:
		return fmt.Sprintf("%s and %d more are", who, n)
	}
	return who + " is"
}

// valueText is a value as it stands in Redis.
func valueText(a sim.Average) string {
	if a.Count == 0 {
		return "nothing"
	}
	return a.String()
}

// plainStory is the story as text, to be taken elsewhere.
func (l *loss) plainStory(f *Frame) string {
	var b strings.Builder
	b.WriteString(f.say(l.heading(f)) + "\n\n")
	for _, line := range l.story(f, boxWidth-boxBorder) {
		for _, p := range line {
			b.WriteString(clean.Line(p.text))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func drawExplanation(screen chart.Area, f *Frame) {
	if f.told == nil {
		return
	}
	drawPage(screen, f.told.heading(f), f.explainKey(), f.told.story(f, boxText(screen.W())), f)
}
