package tui

import (
	"regexp"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"locktop/sim"
	"locktop/tui/chart"
)

// untranslated is what stays as it is in every language: names, commands and keys, units.
var untranslated = regexp.MustCompile(`\b(?:` + strings.Join(sim.StrategyNames(), "|") + `|` + strings.ToUpper(strings.Join(sim.StrategyNames(), "|")) +
	`|locktop|Redis|GET|SET|NX|PX|DEL|EVALSHA|BLPOP|WAIT|OK|TTL|nil|lock|average|ms|enter|space|backspace|esc|ctrl|tab|` +
	`step|explore|compare|presets|strategy|write|acquire|fence|fencing|token|zZ|z+)\b|[0-9]+ms\b`)

// english is a word that should not be there.
var english = regexp.MustCompile(`[A-Za-z]{2,}`)

// proofread is a tour of which every frame is looked at, in all views and with the menu of faults.
type proofread struct {
	*tourModel
	look func(frame string)
}

func (w proofread) View() string { return "" }

func (w proofread) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	cmd := w.update(msg)
	w.look(w.view())
	if s, ok := w.scene.(*raceScene); ok && s.frame.Snapshots != nil && s.frame.Over == NoOverlay {
		was := s.frame
		for _, v := range []View{RaceView, TimelineView, HistoryView, ClientsView} {
			s.frame.View, w.stale = v, true
			w.look(w.view())
		}
		s.frame = was
		s.frame.Over, w.stale = FaultMenu, true
		w.look(w.view())
		s.frame, w.stale = was, true
	}
	return w, cmd
}

// TestTheChineseTourIsChinese takes it as the lessons say, and reads every frame.
func TestTheChineseTourIsChinese(t *testing.T) {
	if testing.Short() {
		t.Skip("takes the whole tour")
	}
	for _, size := range [][2]int{{80, 24}, {120, 40}} {
		m := newTourModel(t.Context(), Tour{Lessons: lessonsIn(t, "zh"), Language: "zh"}, Options{}, colourless())
		m.update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
		found := map[string]bool{}
		look := func(frame string) {
			for line := range strings.Lines(frame) {
				for _, word := range english.FindAllString(untranslated.ReplaceAllString(line, " "), -1) {
					if !found[word] {
						found[word] = true
						t.Errorf("%d×%d, %s, act %d: %q in %s", size[0], size[1], m.lesson().Name, m.act+1, word, line)
					}
				}
			}
		}
		m.auto = &autoplay{patience: patience, each: func(Played) { // what an act comes to is passed over at once
			m.stale = true
			look(m.view())
		}}
		program := tea.NewProgram(proofread{m, look}, tea.WithInput(nil), tea.WithoutRenderer(), tea.WithoutSignalHandler())
		if _, err := program.Run(); err != nil {
			t.Error(err)
		}
		if err := m.close(); err != nil {
			t.Error(err)
		}
	}
}

// TestTranslationsFit where their texts are, and have no more variables than these.
func TestTranslationsFit(t *testing.T) {
	for language, words := range languageWords {
		for text, translated := range words.scenes {
			if have, most := chart.TextWidth(translated), chart.TextWidth(text); have > most {
				t.Errorf("%s: %q is %d cells wide, want at most %d, as %q", language, translated, have, most, text)
			}
			if strings.Count(translated, "#") > strings.Count(text, "#") {
				t.Errorf("%s: %q has more variables than %q", language, translated, text)
			}
		}
	}
}

func TestTranslate(t *testing.T) {
	m := newTourModel(t.Context(), Tour{Lessons: lessonsIn(t, "zh"), Language: "zh"}, Options{}, colourless())
	for text, want := range map[string]string{
		"":                                   "",
		"  waiting:  ":                       "  等待：  ",
		"most 16":                            "最多 16",
		"c3's line":                          "c3's line",
		"→ c12 lost":                         "→ c12 丢失",
		"↯ 12.5s c1 crashed after its read":  "↯ 12.5s c1 读后崩溃",
		"⇄ 2nd change 00:01.5 strategy poll": "⇄ 第 2 变 00:01.5 策略 poll",
	} {
		if have := m.translate(text); have != want {
			t.Errorf("%q becomes %q, want %q", text, have, want)
		}
	}
}
