package tui

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"locktop/lock/redistest"
	"locktop/sim"
	"locktop/tui/chart"
)

// untranslated is what stays as it is in every language: names, commands and keys, units.
var untranslated = regexp.MustCompile(`\b(?:` + strings.Join(sim.StrategyNames(), "|") + `|` + strings.ToUpper(strings.Join(sim.StrategyNames(), "|")) +
	`|WRITE|[a-z_]+\.lua|nN|pgup|pgdn|Got the lock|Someone else has the lock|user_id|recv_time|recv_time_sum|count_clients|NotAcquired|reset_all|hubs|replay --schedule|locktop|Redis|GET|SET|NX|PX|DEL|EVALSHA|BLPOP|WAIT|OK|TTL|nil|lock|average|ms|enter|space|backspace|esc|ctrl|tab|` +
	`home|end|JSON|MULTI|EXEC|[RW]+|cC|lease|retry|step|explore|compare|presets|strategy|write|acquire|fence|signal|queue|PTTL|LPUSH|LLEN|PEXPIRE|DECR|INCR|true|false|fencing|token|zZ|z+)\b|[0-9]+ms\b|[a-z_]+[~…]`)

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
		if w.over() { // what comes of a key does no harm any more
			w.pressAll(s)
		}
	}
	return w, cmd
}

// pressAll presses every key of a race that is left to it, in every view, and reads all pages of what they open.
func (w proofread) pressAll(s *raceScene) {
	press := func(key string) {
		s.stale = true
		if cmd := s.key(keyNamed(key)); cmd != nil && key == "e" {
			s.update(cmd())
		}
		w.look(w.view())
	}
	read := func(key string) {
		for press(key); s.frame.Over != NoOverlay; press(key) { // turns the page, and closes the last
		}
	}
	for view := range View(viewCount) {
		s.frame.View = view
		for client := range s.frame.Config.Clients {
			s.frame.Cursor = client + 1
			read("enter")
		}
		read("?")
		read("i")
		for _, k := range keyMap {
			switch k.command {
			case cmdDrive, cmdInject, cmdRestart, cmdQuit, cmdSuspend, cmdHelp, cmdInfo, cmdTell, cmdFaults, cmdView, cmdNextView, cmdPause, cmdNextStrategy, cmdPrevStrategy:
				continue
			}
			for _, key := range k.Keys() {
				if k.over == NoOverlay && s.frame.obeyed(k) && key != "up" && key != "down" {
					press(key)
				}
			}
		}
	}
	s.frame.View = RaceView
	for range sim.StrategyNames() {
		press("s")
		if s.frame.State == Starting { // it takes more servers
			break
		}
		read("?")
		read("i")
		press("f")
		for range sim.Points() {
			press("right")
		}
		press("esc")
		for _, k := range keyMap {
			if k.command == cmdInject {
				press("f")
				press(k.Keys()[0])
			}
		}
	}
}

// proofreader reads frames: every line is as wide as the window, and no word is English.
func proofreader(t *testing.T, size [2]int, where func() string) (look func(frame string)) {
	found := map[string]bool{}
	return func(frame string) {
		t.Helper()
		for line := range strings.Lines(frame) {
			if have := chart.TextWidth(strings.TrimSuffix(line, "\n")); have != size[0] {
				t.Fatalf("%d×%d: a line is %d wide: %s", size[0], size[1], have, line)
			}
			for _, word := range english.FindAllString(untranslated.ReplaceAllString(line, " "), -1) {
				if !found[word] {
					found[word] = true
					t.Errorf("%d×%d, %s: %q in %s", size[0], size[1], where(), word, strings.TrimSpace(line))
				}
			}
		}
	}
}

// TestTheChineseTourIsChinese takes it as the lessons say, and reads every frame.
func TestTheChineseTourIsChinese(t *testing.T) {
	if testing.Short() || redistest.Instrumented {
		t.Skip("takes the whole tour, and presses every key")
	}
	t.Chdir(t.TempDir()) // for what is exported
	for _, size := range [][2]int{{80, 24}, {120, 40}, {180, 50}} {
		m := newTourModel(t.Context(), Tour{Lessons: lessonsIn(t, "zh"), Language: "zh"}, Options{}, colourless())
		m.update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
		look := proofreader(t, size, func() string { return fmt.Sprintf("%s, act %d", m.lesson().Name, m.act+1) })
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

// TestTranslationsFit where their texts are, unless they are laid out by their own length, and name no variables that these do not have.
func TestTranslationsFit(t *testing.T) {
	for language, words := range languageWords {
		for text, translated := range words.scenes {
			if have, most := chart.TextWidth(translated), chart.TextWidth(text); have > most {
				t.Errorf("%s: %q is %d cells wide, want at most %d, as %q", language, translated, have, most, text)
			}
		}
		for _, catalog := range []map[string]string{words.scenes, words.pages} {
			for text, translated := range catalog {
				named, next := 0, 0
				for _, slot := range slot.FindAllString(translated, -1) {
					if n, err := strconv.Atoi(slot[1:]); err == nil {
						named = max(named, n)
					} else {
						next++
					}
				}
				if most := strings.Count(text, "#"); max(named, next) > most {
					t.Errorf("%s: %q names more variables than the %d of %q", language, translated, most, text)
				}
				if named > 0 && next > 0 {
					t.Errorf("%s: %q counts some of its variables and not others", language, translated)
				}
			}
		}
	}
}

func TestTranslate(t *testing.T) {
	m := newTourModel(t.Context(), Tour{Lessons: lessonsIn(t, "zh"), Language: "zh"}, Options{}, colourless())
	for text, want := range map[string]string{
		"":                           "",
		"  waiting:  ":               "  等待：  ",
		"most 16":                    "最多 16",
		"c3's line":                  "c3's line",
		"lease 12ms":                 "租约 12ms",
		"c1 crashed after its read ": "c1 在读之后崩溃 ",
		"2nd change ":                "第 2 变 ",
		"c4 had read n=68 before c2 wrote n=69, so what it wrote does not hold c2's sample.": "c4 读到 n=68 时，c2 还没有写下 n=69，所以 c4 写下的值里没有 c2 的样本。",
	} {
		if have := m.words.inPlace(text); have != want {
			t.Errorf("%q becomes %q, want %q", text, have, want)
		}
	}
}

// TestTheChineseTourInASCII: signs and frames are, what is written in Chinese stays.
func TestTheChineseTourInASCII(t *testing.T) {
	m := onTour(t, "zh", 2, 80, 24)
	m.opts.ASCII = true
	m.staged()
	s := m.scene.(*raceScene)
	s.frame.ASCII, m.stale = true, true
	frame := m.view()
	for _, want := range []string{"+- NONE  无锁：GET，计算，SET --", "确认", "丢失"} {
		if !strings.Contains(frame, want) {
			t.Errorf("there is no %q in\n%s", want, frame)
		}
	}
	for line := range strings.Lines(frame) {
		if have := chart.TextWidth(strings.TrimSuffix(line, "\n")); have != 80 {
			t.Errorf("a line is %d wide: %s", have, line)
		}
	}
}
