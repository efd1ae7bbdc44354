package explore

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"locktop/sim"
)

// A Line is one line of a sequence diagram.
type Line struct {
	// Step is the number of the step that the line is of, from 1; 0 if it only goes on
	// with that of the line before.
	Step int
	// Client is whose column the text stands in; 0 is across all of them.
	Client int
	Text   string
}

// Lines are those of the diagram of what was played, with texts of at most width
// cells.
func (p Playing) Lines(width int, marks Marks) []Line {
	var lines []Line
	story := newStory()
	again := 0
	for i, step := range p.Steps {
		if i > 1 && repeats(step, p.Steps[i-1]) && repeats(step, p.Steps[i-2]) {
			if again++; i+1 == len(p.Steps) || !repeats(p.Steps[i+1], step) {
				lines = append(lines, Line{i + 1, step.Client, marks.say(fmt.Sprintf("the same %d times more", again))})
				again = 0
			}
			continue
		}
		if step.Kind == sim.Expiry {
			lines = append(lines, Line{Step: i + 1, Text: marks.say("the lease ends")})
			continue
		}
		number := i + 1
		for _, text := range wrapStep(step, story.tell(step, marks), width, marks) {
			lines = append(lines, Line{number, step.Client, text})
			number = 0
		}
	}
	return lines
}

// Gutter is how many cells a diagram has left of its columns, for the numbers of the
// steps, and LeastColumn how many a column needs.
const (
	Gutter      = 4
	LeastColumn = 22
)

// Diagram draws what was played as a sequence diagram, a column for each client, in
// lines of at most width cells where that is possible. Marks says what to use for
// arrows and crosses, so that it can be drawn in ASCII.
func (p Playing) Diagram(width int, marks Marks) []string {
	clients := p.Schedule.Clients
	column := max((width-Gutter)/clients, LeastColumn)
	var lines []string
	var head strings.Builder
	head.WriteString(strings.Repeat(" ", Gutter))
	for c := 1; c <= clients; c++ {
		head.WriteString(pad(fmt.Sprintf("c%d", c), column))
	}
	lines = append(lines, strings.TrimRight(head.String(), " "))
	for _, line := range p.Lines(column-1, marks) {
		number := strings.Repeat(" ", Gutter)
		if line.Step > 0 {
			number = fmt.Sprintf("%*d ", Gutter-1, line.Step)
		}
		if line.Client == 0 {
			text := " " + line.Text + " "
			rule := strings.Repeat(marks.Rule, max((column*clients-len(text))/2, 2))
			lines = append(lines, number+rule+text+rule)
			continue
		}
		lines = append(lines, number+strings.Repeat(" ", column*(line.Client-1))+line.Text)
	}
	return lines
}

// repeats says whether a step is the one before once more.
func repeats(step, before sim.Step) bool {
	return step.Kind == sim.Send && step.Move == before.Move && step.Command == before.Command && !step.Waits
}

// Marks are the signs of a diagram, and the language of its words.
type Marks struct {
	Arrow, Wrong, Rule string
	// Say is what a text is in the language of the reader; nil leaves it. Commands are not asked about.
	Say func(text string) string
}

func (m Marks) say(text string) string {
	if m.Say == nil {
		return text
	}
	return m.Say(text)
}

// The signs for terminals that know Unicode, and for those that do not.
var (
	Unicode = Marks{Arrow: "→", Wrong: "✗", Rule: "─"}
	ASCII   = Marks{Arrow: "->", Wrong: "X", Rule: "-"}
)

// wrapStep writes a step in lines of at most width cells.
func wrapStep(step sim.Step, note string, width int, marks Marks) []string {
	reply := ""
	switch {
	case step.Kind == sim.Kill:
		return []string{marks.say(marks.Wrong + " crashes")}
	case step.Reply != "":
		reply = marks.say(marks.Arrow + " " + step.Reply)
	}
	if step.Waits {
		reply = strings.TrimSpace(marks.say("waits") + " " + reply)
	}
	var lines []string
	text := step.Command
	if step.Node > 0 {
		text = marks.say(fmt.Sprintf("at %d:", step.Node)) + " " + text
	}
	for _, more := range []string{reply, note} {
		if more == "" {
			continue
		}
		if ansi.StringWidth(text)+2+ansi.StringWidth(more) <= width {
			text += "  " + more
			continue
		}
		lines = append(lines, ansi.Truncate(text, width, "~"))
		text = "  " + more
	}
	return append(lines, ansi.Truncate(text, width, "~"))
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(width-ansi.StringWidth(s), 0))
}

// story is what a reader of a diagram has to keep in mind.
type story struct {
	inside map[int]bool
	base   map[int]string // by client: what its write is computed from
	writer map[string]int // of a value
}

func newStory() *story {
	return &story{inside: map[int]bool{}, base: map[int]string{}, writer: map[string]int{}}
}

// tell takes in a step and says what is remarkable about it.
func (s *story) tell(step sim.Step, marks Marks) string {
	var notes []string
	for _, e := range step.Events {
		switch e.Kind {
		case sim.Granted:
			s.inside[e.Client] = true
			if len(s.inside) > 1 {
				notes = append(notes, marks.say(marks.Wrong+" two inside"))
			}
		case sim.Released, sim.Crashed:
			delete(s.inside, e.Client)
		case sim.Written:
			s.base[e.Client], s.writer[e.Value] = e.Base, e.Client
		case sim.Acked:
			if e.Value != s.base[e.Client] {
				notes = append(notes, s.erases(e, marks))
			}
		case sim.Refused:
			notes = append(notes, marks.say("not written"))
		}
	}
	for _, client := range step.Woken {
		notes = append(notes, marks.say(fmt.Sprintf("wakes c%d", client)))
	}
	return strings.Join(notes, ", ")
}

func (s *story) erases(e sim.Event, marks Marks) string {
	if writer := s.writer[e.Value]; writer != 0 {
		return marks.say(fmt.Sprintf("%s erases c%d's", marks.Wrong, writer))
	}
	return marks.say(marks.Wrong + " erases what it has not read")
}
