package tui

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/muesli/termenv"

	"locktop/sim"
)

// stepKeys are keys that change a setting of a race between none and spin, whose second lane has the focus.
var stepKeys = []struct {
	keys  string
	check func(c sim.Config) bool
	says  string // of the setting
	also  string // while the race runs
}{
	{"c", func(c sim.Config) bool { return c.Clients == 8 }, "8 clients", ", who join with the next alert of each lane"},
	{"CC", func(c sim.Config) bool { return c.Clients == 3 }, "3 clients", "; those who leave end the update at hand"},
	{"CCCCCCC", func(c sim.Config) bool { return c.Clients == 1 }, "this is as far as it goes", ""},
	{"w", func(c sim.Config) bool { return c.Work == 50*ms }, "think time 50ms", ""},
	{"W", func(c sim.Config) bool { return c.Work == 20*ms }, "think time 20ms", ""},
	{"t", func(c sim.Config) bool { return c.Lanes[1] == "spin:lease=500ms" && c.LaneInfo(1).Lease == 500*ms }, "lane 2: lease 500ms", ", from the next grant on"},
	{"TTTTTTTTT", func(c sim.Config) bool { return c.LaneInfo(1).Lease == 0 }, "this is as far as it goes", ""},
	{"b", func(c sim.Config) bool { return c.Lanes[1] == "spin:retry=50ms" }, "lane 2: a pause of 50ms between tries", ""},
	{"B", func(c sim.Config) bool { return c.Lanes[1] == "spin:retry=20ms" }, "lane 2: a pause of 20ms between tries", ""},
	{"+", func(c sim.Config) bool { return c.Speed == 0.5 }, "", ""},
	{"----", func(c sim.Config) bool { return c.Speed == 1.0/16 }, "this is as far as it goes", ""},
	{"s", func(c sim.Config) bool { return c.Lanes[1] == "poll" }, "lane 2: strategy poll", "; who is in the middle of an update ends it as it began"},
	{"S", func(c sim.Config) bool { return c.Lanes[1] == "none" }, "lane 2: strategy none", "; who is in the middle of an update ends it as it began"},
}

func TestSettingsAreChangedInSteps(t *testing.T) {
	for _, c := range stepKeys {
		m := newModel(t.Context(), sim.Defaults(), Options{}, colourless())
		m.frame.Cursor, m.frame.Focus = 6, 1
		for _, key := range c.keys {
			press(t, m, string(key))
		}
		f := &m.frame
		if !c.check(f.Config) || !strings.HasPrefix(f.Notice, c.says) || f.Cursor > f.Config.Clients || f.State != Starting {
			t.Errorf("%s: %q, %+v", c.keys, f.Notice, f.Config)
		}
	}
}

// TestSettingsAreChangedInTheRace that runs: nothing begins anew, and the race has what the screen says.
func TestSettingsAreChangedInTheRace(t *testing.T) {
	for _, c := range stepKeys {
		m := running(t, sim.Defaults())
		m.after(100 * ms)
		session := m.session
		m.frame.Cursor, m.frame.Focus = 6, 1
		for _, key := range c.keys {
			press(t, m, string(key))
		}
		f := &m.frame
		if m.session != session || m.starting || f.State != Live {
			t.Fatalf("%s: it starts again", c.keys)
		}
		if now := m.session.exp.Settings(); !c.check(f.Config) || !c.check(now) || f.Cursor > now.Clients || f.Notice != c.says+c.also {
			t.Errorf("%s: %q, screen %+v, race %+v", c.keys, f.Notice, f.Config, now)
		}
		m.look()
		s := f.Snapshots[1]
		if s.ChangeCount == 0 || s.Lane.Name() != f.Config.Lanes[1] || s.Lane.Clients != f.Config.Clients || s.Started.Name() != "spin" {
			t.Errorf("%s: the lane is %+v after %v", c.keys, s.Lane, s.Changes)
		}
		press(t, m, "2")
		contains(t, m.viewNow(), "⇄ "+map[bool]string{true: ordinal(s.ChangeCount) + " change "}[s.ChangeCount > 1]+"00:0", "⇄ ")
		if m.session.exp.Config().Lanes[1] != "spin" {
			t.Errorf("%s: what the race began with has changed", c.keys)
		}
	}
}

// TestARestartHasTheSettingsAsTheyAre, but those that are to change in its course.
func TestARestartHasTheSettingsAsTheyAre(t *testing.T) {
	cfg := sim.Defaults()
	m := running(t, cfg)
	m.after(100 * ms)
	for _, key := range []string{"c", "s"} {
		press(t, m, key)
	}
	m.update(press(t, m, "r")().(tea.BatchMsg)[0]())
	if c := m.session.exp.Config(); c.Clients != 8 || c.Lanes[0] != "spin" || m.frame.Config.Clients != 8 {
		t.Errorf("started again: %+v", c)
	}
	cfg.Speed = 4
	cfg.Changes = []sim.Change{{Setting: sim.ChangeStrategy, Strategy: "atomic", Lane: 1, After: 50 * ms}}
	m = running(t, cfg)
	for _, clients := range []int{6, 8} {
		if c := m.session.exp.Config(); c.Clients != clients || c.Lanes[0] != "none" || len(c.Changes) != 1 {
			t.Errorf("with a script: %+v", c)
		}
		for deadline := time.Now().Add(patience); m.frame.Config.Lanes[0] != "atomic"; m.look() {
			if time.Now().After(deadline) {
				t.Fatalf("the screen shows %v", m.frame.Config.Lanes)
			}
		}
		press(t, m, "c")
		m.update(press(t, m, "r")().(tea.BatchMsg)[0]())
	}
}

// TestAStrategyThatTakesMoreServersStartsAgain: the lane was opened with one.
func TestAStrategyThatTakesMoreServersStartsAgain(t *testing.T) {
	cfg := sim.Defaults()
	cfg.Lanes = []string{"none", "atomic"}
	m := running(t, cfg)
	m.frame.Focus = 1
	cmd := press(t, m, "s")
	if m.session != nil || !m.starting || m.frame.Config.Lanes[1] != "redlock" || m.frame.Notice != "lane 2: strategy redlock, which takes more servers: starts again" {
		t.Fatalf("%q, %v", m.frame.Notice, m.frame.Config.Lanes)
	}
	m.update(cmd().(tea.BatchMsg)[0]())
	session := m.session
	if press(t, m, "s"); m.session != session || m.frame.Config.Lanes[1] != "fenced" {
		t.Errorf("from there: %q, %v", m.frame.Notice, m.frame.Config.Lanes)
	}
	if press(t, m, "S"); m.session != session || m.frame.Config.Lanes[1] != "redlock" {
		t.Errorf("and back: %q, %v", m.frame.Notice, m.frame.Config.Lanes)
	}
}

func TestSettingsThatNobodyHasAreNotChanged(t *testing.T) {
	cfg := sim.Defaults()
	cfg.Lanes = []string{"none", "block:work=5ms"}
	m := newModel(t.Context(), cfg, Options{}, colourless())
	for _, key := range []string{"t", "b"} {
		if press(t, m, key); m.frame.Config.Lanes[0] != "none" || !strings.Contains(m.frame.Notice, "none takes no lock, so it has no ") {
			t.Errorf("%q, %v", m.frame.Notice, m.frame.Config.Lanes)
		}
	}
	cfg = sim.Defaults()
	cfg.Faults = []sim.Fault{{Kind: sim.Crash, Client: 6}}
	m = newModel(t.Context(), cfg, Options{}, colourless())
	if press(t, m, "C"); m.frame.Config.Clients != 6 || !strings.Contains(m.frame.Notice, "fault") {
		t.Errorf("%q, %d clients", m.frame.Notice, m.frame.Config.Clients)
	}
	cfg = sim.Defaults()
	cfg.Lanes = []string{"block:work=5ms"}
	m = running(t, cfg)
	if press(t, m, "w"); m.frame.Notice != "work: no lane takes it: they have their own, or no lock" {
		t.Errorf("%q", m.frame.Notice)
	}
}

// done carries out a command and takes in what it says.
func done(m *model, cmd tea.Cmd) {
	if batch, ok := cmd().(tea.BatchMsg); ok {
		m.update(batch[0]())
	}
}

func TestExportsDoNotOverwrite(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.WriteFile("locktop-1.ans", []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	m := running(t, sim.Defaults())
	m.pens = Pens(Dark, termenv.TrueColor)
	m.after(100 * ms)
	for _, name := range []string{"locktop-2", "locktop-3"} {
		done(m, press(t, m, "e"))
		contains(t, m.viewNow(), "written: "+name+".txt, .ans and .json")
		plain, _ := os.ReadFile(name + ".txt")
		coloured, _ := os.ReadFile(name + ".ans")
		run, _ := os.ReadFile(name + ".json")
		if lines := strings.Count(string(plain), "\n"); lines != 40 || bytes.ContainsRune(plain, '\x1b') || bytes.Contains(plain, []byte("written")) {
			t.Errorf("%d lines of text:\n%s", lines, plain)
		}
		if !bytes.ContainsRune(coloured, '\x1b') || !json.Valid(run) || !bytes.Contains(run, []byte(`"lanes"`)) {
			t.Errorf("frame %q…, run %s", coloured[:20], run)
		}
	}
	if mine, _ := os.ReadFile("locktop-1.ans"); string(mine) != "mine" {
		t.Error("a file is overwritten")
	}
	if files, _ := filepath.Glob("*"); len(files) != 7 {
		t.Errorf("files: %v", files)
	}
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o700)
	if os.WriteFile("probe", nil, 0o600) == nil {
		return // nothing is forbidden to this user
	}
	done(m, press(t, m, "e"))
	contains(t, m.viewNow(), "export: open", "permission denied")
}

func TestAnExportThatFailsSaysSo(t *testing.T) {
	dir := t.TempDir()
	if _, err := writeNew(dir, [][2]string{{".txt", "x"}, {"/no/such/place", "y"}}); err == nil {
		t.Error("a file was written into a place that is not there")
	} else if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("an export that failed leaves %v", left)
	}
	if name, err := writeNew(filepath.Join(t.TempDir(), "missing"), [][2]string{{".txt", "x"}}); err == nil {
		t.Errorf("%s is written where no directory is", name)
	}
}

func TestTheExplanationIsCopied(t *testing.T) {
	var out bytes.Buffer
	f := told(twoLanes(6), 3)
	m := newModel(t.Context(), f.Config, Options{}, termenv.NewOutput(&out, termenv.WithProfile(termenv.Ascii)))
	m.frame = f
	done(m, press(t, m, "y"))
	_, sequence, ok := strings.Cut(out.String(), "\x1b]52;c;")
	text, err := base64.StdEncoding.DecodeString(strings.TrimRight(sequence, "\a\x1b\\"))
	if !ok || err != nil {
		t.Fatalf("%q: %v", out.String(), err)
	}
	contains(t, string(text), "HOW c3 LOST n=21", "c4   GET → 981.592000:20", "c4 and c3 both read n=20")
	contains(t, m.frame.Notice, "copied, if this terminal allows it: how c3's update was lost")
	m.frame.Over, m.frame.Snapshots = NoOverlay, m.frame.Snapshots[1:]
	if press(t, m, "y"); !strings.Contains(m.frame.Notice, "no loss to copy") {
		t.Errorf("without a loss: %q", m.frame.Notice)
	}
}

func TestTheMouse(t *testing.T) {
	cfg := sim.Defaults()
	cfg.Clients, cfg.Speed, cfg.Deterministic = 12, 4, true
	m := running(t, cfg)
	for m.after(time.Second); m.session.exp.Snapshots()[1].Acked < 12; {
		time.Sleep(time.Millisecond) // so many lines has the history that is clicked on
	}
	m.update(tickMsg{m.ticks})
	press(t, m, " ")
	click := func(x, y int) {
		m.update(tea.MouseMsg{X: x, Y: y, Button: tea.MouseButtonLeft, Action: tea.MouseActionPress})
	}
	wheel := func(b tea.MouseButton) { m.update(tea.MouseMsg{Button: b, Action: tea.MouseActionPress}) }
	row := func(text string) int {
		for y, line := range strings.Split(m.viewNow(), "\n") {
			if strings.Contains(line, text) {
				return y
			}
		}
		t.Fatalf("no %q in\n%s", text, m.viewNow())
		return 0
	}
	f := &m.frame
	if click(3, row("│ c5 ")); f.Cursor != 1 {
		t.Error("the mouse is on from the beginning")
	}
	press(t, m, "m")
	if click(3, row("│ c5 ")); f.Cursor != 5 || f.Focus != 0 {
		t.Errorf("a click selects c%d in lane %d", f.Cursor, f.Focus)
	}
	if click(90, row("│ c7 ")); f.Cursor != 7 || f.Focus != 1 {
		t.Errorf("a click in the other lane selects c%d in lane %d", f.Cursor, f.Focus)
	}
	if wheel(tea.MouseButtonWheelUp); f.Cursor != 4 {
		t.Errorf("the wheel leads to c%d", f.Cursor)
	}
	press(t, m, "2")
	if click(3, row("│ c9 ")); f.Cursor != 9 {
		t.Errorf("timeline: c%d", f.Cursor)
	}
	press(t, m, "4")
	if click(3, row("│ c3 ")); f.Cursor != 3 {
		t.Errorf("clients: c%d", f.Cursor)
	}
	press(t, m, "3")
	wheel(tea.MouseButtonWheelDown)
	if f.Line != 3 {
		t.Errorf("history: line %d", f.Line)
	}
	if click(80, 10); f.Line != 6 {
		t.Errorf("history: a click selects line %d", f.Line)
	}
	f.Runs = someRuns().Runs
	press(t, m, "5")
	if click(10, row("  1  none")); f.RunLine != 2 {
		t.Errorf("runs: line %d", f.RunLine)
	}
	press(t, m, "m")
	if click(10, row("  3  none")); f.RunLine != 2 {
		t.Error("the mouse stays on")
	}
}
