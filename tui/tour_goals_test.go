package tui

import (
	"fmt"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"locktop/tui/chart"
	"locktop/tui/tour"
)

// TestEveryConditionIsSeenWhole: what a step waits for is on the screen to its last letter, and the text with it, however it stands.
func TestEveryConditionIsSeenWhole(t *testing.T) {
	for _, language := range []string{"en", "zh"} {
		for i, l := range lessonsIn(t, language) {
			m := newTourModel(t.Context(), Tour{Lessons: lessonsIn(t, language), Language: language}, Options{}, colourless())
			m.open(i) // which is begun by nobody
			for _, size := range [][2]int{{120, 40}, {80, 24}} {
				m.update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
				for act, a := range l.Acts {
					for _, s := range standings(a) {
						for _, guess := range []string{"", "4"} {
							if guess != "" && a.Answer == "" {
								continue
							}
							m.act, m.asking, m.scene, m.guessed = act, false, s, guess
							m.reached, m.values = s.is == "reached", nil
							if m.reached {
								m.values, _ = m.expected()
							}
							m.grid.Clear()
							m.draw()
							frame := m.grid.Paint(nil)
							_, at, _ := m.sceneArea()
							text := unbroken(firstCells(frame, at.w))
							where := fmt.Sprintf("%s, %d×%d, %s, act %d, %s", language, size[0], size[1], l.Name, act+1, s.is)
							values, _ := m.expected()
							wanted := [][]piece{{{m.notice(), inkNotice}}}
							for i, e := range a.Expect {
								wanted = append(wanted, m.goal(e, values[i]))
							}
							for _, pieces := range wanted {
								whole := ""
								for _, p := range pieces {
									whole += p.text
								}
								if !strings.Contains(text, unbroken(whole)) {
									t.Errorf("%s: %q is not seen whole:\n%s", where, whole, frame)
								}
							}
							if strings.Contains(frame, m.words.scrolled) {
								t.Errorf("%s: the text does not fit:\n%s", where, frame)
							}
						}
					}
				}
			}
		}
	}
}

// standings are a scene of an act as what is expected stands: there is no value yet, it is not so, it is so for now, and it is reached.
func standings(a tour.Act) (all []standing) {
	for _, is := range []string{"unknown", "halted", "missed", "so far", "reached"} {
		all = append(all, standing{is: is, expect: a.Expect, answer: a.Answer})
	}
	return all
}

// standing is a scene in which it is said how things stand.
type standing struct {
	scene
	is     string
	expect []tour.Expectation
	answer string
}

func (s standing) value(quantity string) (tour.Value, bool) {
	if quantity == s.answer {
		return tour.Value{Number: 302}, true
	}
	for _, e := range s.expect {
		switch v := e.Value(); {
		case e.Quantity != quantity:
		case s.is == "unknown":
			return tour.Value{}, false
		case s.holds():
			return s.some(e, true), true
		case v.Word != "":
			return tour.Value{Word: "undecided"}, true
		default:
			return s.some(e, false), true
		}
	}
	return tour.Value{}, false
}

// some is a value with as many digits as there may be that is as expected, or not, or as near to that as can be.
func (s standing) some(e tour.Expectation, holds bool) tour.Value {
	numbers := []float64{1234, 123, 74, 12, 0}
	if e.Quantity == "commands" || e.Quantity == "lost%" {
		numbers = []float64{100, 93.8, 88.4, 9.8}
	}
	for _, n := range append(numbers, e.Value().Number, e.Value().Number+1) {
		if v := (tour.Value{Number: n}); e.Value().Word == "" && e.Holds(v) == holds {
			return v
		}
	}
	return e.Value()
}

func (s standing) holds() bool        { return s.is == "so far" || s.is == "reached" }
func (s standing) settled() bool      { return s.is == "reached" }
func (s standing) halted() bool       { return s.is == "halted" }
func (s standing) missed() bool       { return s.is == "missed" }
func (s standing) draw(chart.Area)    {}
func (s standing) resize(int, int)    {}
func (s standing) offered() []tourKey { return nil }

func (s standing) wants(string) bool { return false }
func (s standing) ready() bool       { return true }
func (s standing) still() bool       { return true }

// firstCells are the first cells of every line.
func firstCells(frame string, n int) string {
	var b strings.Builder
	for line := range strings.Lines(frame) {
		b.WriteString(ansi.Truncate(strings.TrimSuffix(line, "\n"), n, "") + "\n")
	}
	return b.String()
}

// unbroken is a text without white space, wherever its lines end.
func unbroken(text string) string { return strings.Join(strings.Fields(text), "") }

// TestNoFigureWithoutAnUpdate: what is counted for each update is not 0 before the first, which would be as some steps want it.
func TestNoFigureWithoutAnUpdate(t *testing.T) {
	for i, l := range lessonsIn(t, "en") {
		m := onTour(t, "en", i, 120, 40)
		for act, a := range l.Acts {
			m.carryOut(t, m.play(act))
			s, races := m.scene.(*raceScene)
			if !races {
				continue
			}
			m.staged()
			s.base = s.frame.snapshot(s.frame.Focus) // as if the act had begun just now
			m.asking, m.reached, m.values = false, false, nil
			for _, e := range a.Expect {
				if e.Quantity != "commands" && e.Quantity != "lost%" {
					continue
				}
				if v, known := s.value(e.Quantity); known {
					t.Errorf("%s, act %d: %s is %v before there was an update", l.Name, act+1, e.Quantity, v)
				}
				line := ""
				for _, p := range m.goal(e, tour.Value{}) {
					line += p.text
				}
				if want := "○ " + m.words.quantity(e.Quantity) + ": – (wanted: "; !strings.HasPrefix(line, want) {
					t.Errorf("%s, act %d: %q, want %q …", l.Name, act+1, line, want)
				}
			}
		}
	}
}
