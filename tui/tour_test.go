package tui

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"locktop/sim"
	"locktop/tui/tour"
)

func lessonsIn(t *testing.T, language string) []tour.Lesson {
	t.Helper()
	lessons, err := tour.Load(tour.Embedded(), language)
	if err != nil {
		t.Fatal(err)
	}
	return lessons
}

// onTour is a tour at a lesson, whose commands are carried out at once.
func onTour(t *testing.T, language string, first, w, h int) *tourModel {
	t.Helper()
	m := newTourModel(t.Context(), Tour{Lessons: lessonsIn(t, language), Language: language, First: first}, Options{}, colourless())
	m.auto = &autoplay{over: true} // which has nothing unfold slowly, and presses nothing
	t.Cleanup(func() {
		if err := m.close(); err != nil {
			t.Error(err)
		}
	})
	m.update(tea.WindowSizeMsg{Width: w, Height: h})
	m.carryOut(t, m.open(first))
	return m
}

// carryOut carries a command out, and those that come of it. A race is not begun: what it shows is put in by hand.
func (m *tourModel) carryOut(t *testing.T, cmd tea.Cmd) {
	t.Helper()
	if _, races := m.scene.(*raceScene); races || cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case tea.BatchMsg:
		for _, c := range msg {
			m.carryOut(t, c)
		}
	case nil:
	default:
		m.carryOut(t, m.update(msg))
	}
	if m.failure() != nil {
		t.Fatal(m.failure())
	}
}

func (m *tourModel) presses(t *testing.T, keys ...string) {
	for _, k := range keys {
		m.carryOut(t, m.update(keyNamed(k)))
	}
}

// staged puts a race on the screen that was written by hand.
func (m *tourModel) staged() {
	s, ok := m.scene.(*raceScene)
	if !ok {
		return
	}
	cfg := s.frame.Config
	log := newLaneLog(cfg, 0)
	if log.info.Locks {
		log.takeTurns(cfg.Clients, 900*ms)
	} else {
		log.race(cfg.Clients, 900*ms)
	}
	f := frameOf(cfg, time.Second, log)
	f.taken, f.words = s.frame.taken, s.frame.words
	s.begun, s.frame = true, f
	m.check()
}

// TestGoldenTour is every act of every lesson, before and after its keys are pressed, on a large screen and on a projector.
func TestGoldenTour(t *testing.T) {
	for _, c := range []struct {
		language string
		lessons  []int
	}{{"en", []int{0, 1, 2, 3, 4, 5, 6, 7}}, {"zh", []int{0, 5}}} {
		for _, at := range c.lessons {
			name := fmt.Sprintf("tour-%s-%d", c.language, at+1)
			t.Run(name, func(t *testing.T) {
				var b strings.Builder
				m := onTour(t, c.language, at, 120, 40)
				show := func(what string) {
					for _, size := range [][2]int{{120, 40}, {80, 24}} {
						m.update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
						fmt.Fprintf(&b, "=== %d×%d %s\n%s\n", size[0], size[1], what, m.view())
					}
				}
				m.staged()
				for act, a := range m.lesson().Acts {
					show(fmt.Sprintf("act %d", act+1))
					if _, races := m.scene.(*raceScene); !races {
						m.presses(t, a.Keys...)
						if !m.reached {
							t.Fatalf("after its keys, act %d is not done:\n%s", act+1, m.view())
						}
						show(fmt.Sprintf("act %d, done", act+1))
					}
					m.carryOut(t, m.play(act+1))
					m.staged()
				}
				show("the end")
				golden(t, name, strings.TrimSuffix(b.String(), "\n"))
			})
		}
	}
}

// TestEverySectionFits: nothing of a lesson has to be looked for on a projector.
func TestEverySectionFits(t *testing.T) {
	for _, language := range []string{"en", "zh"} {
		for i, l := range lessonsIn(t, language) {
			m := newTourModel(t.Context(), Tour{Lessons: lessonsIn(t, language), Language: language}, Options{}, colourless())
			m.open(i) // which is begun by nobody
			for _, size := range [][2]int{{120, 40}, {80, 24}} {
				m.update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
				for act := range l.Text {
					m.act, m.asking = act, false
					if act < len(l.Acts) {
						m.reached, m.guessed, m.values = true, "4", make([]tour.Value, len(l.Acts[act].Expect))
					}
					m.grid.Clear()
					m.draw()
					if frame := m.grid.Paint(nil); strings.Contains(frame, m.words.scrolled) {
						t.Errorf("%s, %d×%d: section %d of %s does not fit:\n%s", language, size[0], size[1], act+1, l.Name, frame)
					}
				}
			}
		}
	}
}

// TestTheTourDrawsAtEverySize: q is obeyed at all of them.
func TestTheTourDrawsAtEverySize(t *testing.T) {
	m := onTour(t, "zh", 0, 120, 40)
	m.presses(t, "4", "enter")
	for w := 1; w < 130; w += 3 {
		for h := 1; h < 45; h += 3 {
			for m.shows = 0; m.shows < layouts; m.shows++ {
				m.update(tea.WindowSizeMsg{Width: w, Height: h})
				if lines := strings.Count(m.view(), "\n") + 1; lines != h {
					t.Fatalf("%d×%d: %d lines", w, h, lines)
				}
			}
		}
	}
	if !leaves(m.update(keyNamed("q"))) {
		t.Error("q does not quit")
	}
}

func TestKeysOfTheTour(t *testing.T) {
	m := onTour(t, "en", 0, 120, 40)
	is := func(what string, have, want any) {
		t.Helper()
		if !reflect.DeepEqual(have, want) {
			t.Errorf("%s: %v, want %v", what, have, want)
		}
	}
	m.presses(t, "enter")
	is("an empty guess is none", m.asking, true)
	m.presses(t, "1", "2", "backspace", "0")
	is("digits are typed", m.typed, "10")
	m.presses(t, "enter")
	is("a wrong guess", m.guessed, "10")
	is("a wrong guess is an answer as well", m.reached, true)
	is("the lesson is taken", m.progress.Has("predict"), true)
	chosen := m.scene.(*exploreScene).at
	m.presses(t, "right")
	is("the scene has the arrows", m.scene.(*exploreScene).at, chosen+1)
	m.presses(t, "home")
	is("an unknown key does nothing", m.at, 0)
	m.presses(t, "enter")
	is("what it means comes after the acts", m.over(), true)
	m.presses(t, "enter")
	is("then the next lesson", m.at, 1)
	m.presses(t, "1")
	is("digits are clients in a step", m.at, 1)
	m.presses(t, "1", "1")
	if s := m.scene.(*stepScene); len(s.moves) != 2 || s.refused == "" {
		t.Errorf("a client that is done sends: %v, %q", s.moves, s.refused)
	}
	m.presses(t, "backspace", "2")
	is("a command taken back", sent(m), "1 2")
	m.presses(t, "p")
	is("back", m.at, 0)
	is("a lesson that is opened again is as it was", m.asking, true)
	m.update(tea.KeyMsg{Type: tea.KeyCtrlT})
	is("ctrl+t", m.shows, textOnly)
	m.update(tea.KeyMsg{Type: tea.KeyPgDown})
	m.update(tea.KeyMsg{Type: tea.KeyPgDown})
	is("pgdown", m.at, 2)
	m.update(keyNamed("8"))
	is("digits jump from a race", m.at, 7)
	m.update(keyNamed("n"))
	is("there is nothing after the last", m.at, 7)
}

// sent is what has been chosen in a step.
func sent(m *tourModel) string {
	var moves []string
	for _, move := range m.scene.(*stepScene).moves {
		moves = append(moves, move.String())
	}
	return strings.Join(moves, " ")
}

// TestAMenuHasAllKeys: p pauses a client there, and is not the lesson before.
func TestAMenuHasAllKeys(t *testing.T) {
	m := onTour(t, "en", 5, 120, 40)
	m.staged()
	m.update(keyNamed("f"))
	if m.scene.(*raceScene).frame.Over != FaultMenu {
		t.Fatal("f opens no menu")
	}
	m.update(keyNamed("p"))
	if m.at != 5 {
		t.Errorf("p in the menu leads to lesson %d", m.at+1)
	}
	m.update(tea.KeyMsg{Type: tea.KeyEsc})
	m.update(keyNamed("p"))
	if m.at != 4 {
		t.Errorf("p outside of it leads to lesson %d", m.at+1)
	}
}

// TestAllQuantitiesAreKnown: what a lesson may expect, its scene can tell, and the tour has words for.
func TestAllQuantitiesAreKnown(t *testing.T) {
	at := map[tour.Scene]int{tour.Grid: 0, tour.Step: 1, tour.Race: 2}
	for scene, lesson := range at {
		m := onTour(t, "en", lesson, 120, 40)
		m.staged()
		m.presses(t, m.lesson().Acts[0].Keys...)
		for _, q := range tour.Quantities(scene) {
			if _, known := m.scene.value(q); !known {
				t.Errorf("%s does not tell %s", scene, q)
			}
			for language, words := range languageWords {
				if words.quantity(q) == "" {
					t.Errorf("%s: no words for %s", language, q)
				}
			}
		}
	}
	for language, words := range languageWords {
		w := reflect.ValueOf(*words)
		for i := range w.NumField() {
			if name := w.Type().Field(i).Name; slices.Contains([]string{"states", "scenes", "pages", "numbers"}, name) {
				continue // English has its own
			}
			if w.Field(i).IsZero() {
				t.Errorf("%s: no %s", language, w.Type().Field(i).Name)
			}
		}
		for _, k := range append(append(gridKeys, stepSceneKeys...), tourKeys...) {
			if k.weight > 0 && words.keys[k.tourCommand] == "" {
				t.Errorf("%s: no words for the key %s", language, k.shown)
			}
		}
	}
}

// TestTheTourKeepsItsPromises takes the tour in every language, by the keys that its lessons name.
func TestTheTourKeepsItsPromises(t *testing.T) {
	for language := range languageWords {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			lessons := lessonsIn(t, language)
			acts, want := 0, 0
			for _, l := range lessons {
				want += len(l.Acts)
			}
			err := Tour{Lessons: lessons, Language: language}.Play(t.Context(), patience, func(p Played) {
				acts++
				if !p.Kept {
					t.Errorf("%s, act %d: want %v, have %v", p.Lesson.Name, p.Act+1, p.Lesson.Acts[p.Act].Expect, p.Values)
				}
			})
			if err != nil || acts != want {
				t.Errorf("%d of %d acts were played: %v", acts, want, err)
			}
		})
	}
}

// TestAPromiseThatIsNotKept is told.
func TestAPromiseThatIsNotKept(t *testing.T) {
	lesson, err := tour.Read("en/01-a.md", []byte("+++\ntitle = \"A\"\n[[act]]\nscene = \"grid\"\nlanes = [\"none\"]\nclients = 2\nexpect = [\"schedules == 6\", \"losing == 5\"]\n+++\none\n---\ntwo\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	var played []Played
	err = Tour{Lessons: []tour.Lesson{lesson}}.Play(t.Context(), patience, func(p Played) { played = append(played, p) })
	if err != nil || len(played) != 1 || played[0].Kept || played[0].Values[1] != tour.Count(4) {
		t.Errorf("played %+v, %v", played, err)
	}
}

// TestCountsOfARaceBeginAnew with an act, another strategy, or a crash.
func TestCountsOfARaceBeginAnew(t *testing.T) {
	m := onTour(t, "en", 2, 120, 40)
	m.staged()
	s := m.scene.(*raceScene)
	acked := func() float64 {
		v, _ := s.value("acked")
		return v.Number
	}
	if acked() == 0 {
		t.Fatal("nothing was acknowledged")
	}
	s.begin(tour.Act{Expect: m.lesson().Acts[0].Expect})
	if n := acked(); n != 0 {
		t.Errorf("with an act, %v are left", n)
	}
	s.base = nil
	s.update(nil)
	for what, change := range map[string]func(*sim.Snapshot){
		"another strategy": func(s *sim.Snapshot) { s.Lane.Strategy = "spin" },
		"a crash":          func(s *sim.Snapshot) { s.Crashed++ },
	} {
		now := *s.frame.Snapshots[0]
		change(&now)
		s.frame.Snapshots = []*sim.Snapshot{&now}
		s.base = nil
		s.update(nil)
		if n := acked(); n != 0 {
			t.Errorf("with %s, %v are left", what, n)
		}
	}
}

// TestALearnerOnAnotherWayIsTold so, and r leads back to the beginning of the step.
func TestALearnerOnAnotherWayIsTold(t *testing.T) {
	m := onTour(t, "en", 2, 120, 40)
	m.staged()
	s := m.scene.(*raceScene)
	s.frame.State = Paused
	if s.due = true; !m.missed() || m.reached {
		t.Fatalf("a race that stands at its last stop: missed %v, reached %v", m.missed(), m.reached)
	}
	m.stale = true
	if frame := m.view(); !strings.Contains(frame, m.words.missed) {
		t.Errorf("it does not say so:\n%s", frame)
	}
	m.update(keyNamed("enter"))
	if m.scene != s {
		t.Error("enter, which goes on, begins again")
	}
	m.update(keyNamed("r"))
	if m.at != 2 || m.act != 0 || m.scene == s || m.missed() {
		t.Errorf("r leads to step %d, act %d; a new scene: %v", m.at+1, m.act+1, m.scene != s)
	}
}

// TestTheKeysOfLessonsAreKnown: those that they may name can be pressed.
func TestTheKeysOfLessonsAreKnown(t *testing.T) {
	for _, name := range tour.KeyNames {
		if key := keyNamed(name); key.Type == tea.KeyRunes {
			t.Errorf("%s is typed as %q", name, string(key.Runes))
		}
	}
	if len(tour.KeyNames) != len(keyTypes)+1 {
		t.Errorf("%d keys are known, and %d named", len(keyTypes)+1, len(tour.KeyNames))
	}
}

// TestTheSmallestTourSaysHowItGoesOn, in the one line that it has, with nothing behind it.
func TestTheSmallestTourSaysHowItGoesOn(t *testing.T) {
	m := onTour(t, "en", 2, smallestTour[0], smallestTour[1])
	m.staged()
	s := m.scene.(*raceScene)
	s.frame.State, s.due = Paused, false
	line, _, _ := strings.Cut(m.viewNow(), "\n")
	if strings.TrimSpace(line) != m.words.halted {
		t.Errorf("the text is %q, want %q", line, m.words.halted)
	}
}

// TestAnUnmetLineNeverReadsAsMet: of what all lessons expect, in every language. A line without a tick says what is wanted, or that it is not
// over yet, and a line with one has what is wanted.
func TestAnUnmetLineNeverReadsAsMet(t *testing.T) {
	for _, language := range []string{"en", "zh"} {
		for lesson, l := range lessonsIn(t, language) {
			for act, a := range l.Acts {
				for _, e := range a.Expect {
					for _, number := range []float64{0, 1, 2, 50, 99, 1e6} {
						v := tour.Value{Number: number}
						if e.Value().Word != "" {
							v = tour.Value{Word: map[bool]string{true: e.Want, false: "undecided"}[number > 0]}
						}
						for _, settled := range []bool{false, true} {
							m := &tourModel{words: wordsOf(language), lessons: []tour.Lesson{l}, scene: known{v: v, isSettled: settled}}
							pieces := m.goal(e, v)
							met := e.Holds(v) && settled
							text := plain(pieces)
							if strings.HasPrefix(text, "✓") != met {
								t.Errorf("%s, step %d, act %d, settled %v: %q", language, lesson+1, act+1, settled, text)
							}
							if !met && pieces[3].text == "" {
								t.Errorf("%s, step %d, act %d: %q could be read as if it were so: %s", language, lesson+1, act+1, text, e)
							}
							if met && pieces[3].text != "" {
								t.Errorf("%s, step %d, act %d: %q is met", language, lesson+1, act+1, text)
							}
						}
					}
				}
			}
		}
	}
	m := onTour(t, "en", 1, 120, 40)
	m.presses(t, "1", "1", "2", "2")
	frame := m.view()
	for _, want := range []string{"○ lost: 0 (wanted: 1)", "✓ both are done: yes"} {
		if !strings.Contains(frame, want) {
			t.Errorf("there is no %q in\n%s", want, frame)
		}
	}
}

// known is a scene in which a quantity is known.
type known struct {
	scene
	v         tour.Value
	isSettled bool
}

func (s known) value(string) (tour.Value, bool) { return s.v, true }
func (s known) settled() bool                   { return s.isSettled }

// plain is the text of pieces.
func plain(pieces []piece) (text string) {
	for _, p := range pieces {
		text += p.text
	}
	return text
}

// TestTheTourAndStepHaveOneVocabulary: every key of the tour's own stepping does in `step` what it does there.
func TestTheTourAndStepHaveOneVocabulary(t *testing.T) {
	for _, keys := range [][]string{
		{"1", "2", "2", "1"}, {".", "down", ".", ".", "up", "."}, {"1", "2", "backspace", "2"}, {"1", "2", "u", "u", "right", "right"},
		{"1", "1", "2", "left", "left", "l", "h", "2"}, {"1", "2", "r", "2", "2"}, {"1", "2", "home", "end", "1"}, {".", "j", ".", "k", ".", "G"}, {"2", "2", "1", "r", "G"},
	} {
		m := onTour(t, "en", 1, 120, 40)
		m.presses(t, keys...)
		s := m.scene.(*stepScene)
		d := driving(t, DriveOptions{Arena: s.arena})
		for _, key := range keys {
			d.update(keyNamed(key))
		}
		if tour, step := s.played.Schedule.String(), d.drive.step.schedule().String(); tour != step || s.cursor != d.drive.step.cursor && !s.played.Over {
			t.Errorf("%q leads to %s in the tour, c%d, and to %s in step, c%d", keys, tour, s.cursor, step, d.drive.step.cursor)
		}
	}
	for _, k := range stepSceneKeys {
		for _, key := range k.Keys() {
			if matching(stepKeyMap, keyNamed(key)).command == cmdNone {
				t.Errorf("step does not know the tour's %q", key)
			}
		}
	}
}

// TestEnterGoesOnInTheTour, and does nothing else there: not in a race, its explanations or its runs, and not where one drives.
func TestEnterGoesOnInTheTour(t *testing.T) {
	m := onTour(t, "en", 2, 120, 40)
	m.staged()
	s := m.scene.(*raceScene)
	for _, k := range keyMap {
		if slices.Contains(k.Keys(), "enter") && k.over == NoOverlay {
			if s.frame.nameOf(k) == "enter" {
				t.Errorf("enter is said to be of %q", k.Help().Desc)
			}
		}
	}
	before := s.frame.Over
	m.update(keyNamed("enter"))
	if s.frame.Over != before || m.scene != s {
		t.Error("enter does something in a race")
	}
	if step := stepKeyMap; !slices.ContainsFunc(step, func(k keyed) bool { return k.command == cmdTell && slices.Contains(k.Keys(), "E") }) {
		t.Error("where one drives in the tour, nothing explains")
	}
	s.drive = new(drive)
	if s.wants("enter") || !s.wants("E") || !s.wants("r") {
		t.Error("where one drives in the tour, enter is that screen's")
	}
	s.drive = nil
}
