package tui

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/muesli/termenv"

	"locktop/lock/redistest"
	"locktop/sim"
	"locktop/sim/backend"
)

// running returns a model whose session runs, at 120×40.
func running(t *testing.T, cfg sim.Config) *model {
	t.Helper()
	m := newModel(t.Context(), cfg, Options{}, colourless())
	t.Cleanup(func() {
		if _, err := m.stage.close(); err != nil {
			t.Error(err)
		}
	})
	m.update(tea.WindowSizeMsg{Width: 120, Height: 40})
	m.update(m.restart()())
	if m.err != nil {
		t.Fatal(m.err)
	}
	return m
}

// colourless is a terminal without colours.
func colourless() *termenv.Output {
	return termenv.NewOutput(io.Discard, termenv.WithProfile(termenv.Ascii))
}

// after waits until the race has got on.
func (m *model) after(d time.Duration) {
	for m.session.exp.Now() < d && !m.session.over() {
		time.Sleep(time.Millisecond)
	}
	m.update(tickMsg{m.ticks})
}

// TestADeterministicRace says so, and is begun again, paused and stepped like any other.
func TestADeterministicRace(t *testing.T) {
	cfg := sim.Defaults()
	cfg.Deterministic, cfg.Speed = true, 4
	m := running(t, cfg)
	for range 2 {
		m.after(300 * time.Millisecond)
		if header, _, _ := strings.Cut(m.view(), "\n"); !strings.Contains(header, "deterministic") {
			t.Errorf("the header is %q", header)
		}
		press(t, m, " ")
		for !m.session.exp.Paused() {
			time.Sleep(time.Millisecond)
		}
		events := m.session.exp.Snapshots()[0].Events
		for m.session.exp.Snapshots()[0].Events == events {
			press(t, m, ".")
			for !m.session.exp.Paused() {
				time.Sleep(time.Millisecond)
			}
		}
		m.update(m.restart()())
		if m.err != nil {
			t.Fatal(m.err)
		}
	}
}

var specialKeys = map[string]tea.KeyMsg{
	" ": {Type: tea.KeySpace, Runes: []rune{' '}}, "tab": {Type: tea.KeyTab}, "shift+tab": {Type: tea.KeyShiftTab}, "esc": {Type: tea.KeyEsc},
	"left": {Type: tea.KeyLeft}, "right": {Type: tea.KeyRight}, "up": {Type: tea.KeyUp}, "down": {Type: tea.KeyDown},
	"pgup": {Type: tea.KeyPgUp}, "pgdown": {Type: tea.KeyPgDown}, "enter": {Type: tea.KeyEnter}, "home": {Type: tea.KeyHome}, "end": {Type: tea.KeyEnd},
	"ctrl+z": {Type: tea.KeyCtrlZ}, "ctrl+c": {Type: tea.KeyCtrlC},
}

// keyMsg is what arrives when a key is pressed.
func keyMsg(t *testing.T, key string) tea.KeyMsg {
	t.Helper()
	msg, ok := specialKeys[key]
	if !ok {
		msg = tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(key)}
	}
	if msg.String() != key {
		t.Fatalf("key %q arrives as %q", key, msg.String())
	}
	return msg
}

func press(t *testing.T, m *model, key string) tea.Cmd {
	t.Helper()
	return m.update(keyMsg(t, key))
}

// condition is what a key can change, apart from what a command does.
type condition struct {
	focus, cursor, pick int
	line, zoom, sort    int
	run                 int
	marked              [2]int
	reversed            bool
	view                View
	over                Overlay
	back, paused, cold  bool
	notice              string
	at, stepped         time.Duration
	speed               float64
	lanes               string
	starting            bool
	mouse, drive        bool
}

func conditionOf(m *model) condition {
	f := &m.frame
	return condition{
		f.Focus, f.Cursor, f.Pick, f.Line, f.Zoom, f.SortBy, f.RunLine, f.Marked, f.Reversed, f.View, f.Over, f.Back, m.paused, m.frozen, f.Notice, f.At, time.Duration(m.steppedAt.UnixNano()), float64(f.Speed),
		strings.Join(f.Config.Lanes, " "), m.starting, m.mouse, m.drive != nil,
	}
}

// leaves tells whether a command ends or suspends the program. A restart is not carried out.
func leaves(cmd tea.Cmd) bool {
	if cmd == nil {
		return false
	}
	switch msg := cmd().(type) {
	case tea.QuitMsg:
		return true
	default: // what gives the terminal to something else, as a suspension does, has no name outside
		return fmt.Sprintf("%T", msg) == "tea.execMsg"
	case tea.BatchMsg:
		for _, c := range msg {
			if leaves(c) {
				return true
			}
		}
	}
	return false
}

// restarts tells whether a command starts another session.
func restarts(c command) bool { return c == cmdRestart }

// changes tells whether a command changes a setting of the race.
func changes(c command) bool {
	return c == cmdNextStrategy || c == cmdPrevStrategy || cmdMoreClients <= c && c <= cmdShorterRetry
}

// everyKeyDoesSomething presses every key that there is in a view, and all the others, which must do nothing.
func everyKeyDoesSomething(t *testing.T, m *model, view View) {
	t.Helper()
	for _, k := range keyMap {
		if restarts(k.command) || changes(k.command) || k.command == cmdExport || k.command == cmdCopy {
			continue // each of these starts a session or leaves something behind; see below
		}
		if k.over != NoOverlay {
			continue // for the menus, see their tests
		}
		for _, key := range k.Keys() {
			m.frame.View, m.frame.Over = view, NoOverlay
			m.frame.Cursor, m.frame.Line, m.frame.RunLine, m.frame.Marked = 20, 20, 1, [2]int{}
			m.setSpeed(4)
			m.live()
			m.look()
			m.frame.Notice = ""
			switch {
			case k.command == cmdForward || k.command == cmdLive:
				m.scrub(-1)
				m.frame.Notice = ""
			case k.command == cmdView && k.view == view:
				m.frame.View = view.next()
			}
			before := conditionOf(m)
			cmd := press(t, m, key)
			did := conditionOf(m) != before || leaves(cmd)
			m.closeDrive()
			if obeyed := m.frame.keyOf(keyMsg(t, key)).command != cmdNone; !k.views.has(view) && !obeyed && did {
				t.Errorf("%s: %q is not of this view, and does something", viewNames[view], key)
			}
			if k.views.has(view) && !did {
				t.Errorf("%s: %q, which the help calls %q, does nothing", viewNames[view], key, k.Help().Desc)
			}
		}
	}
}

func TestEveryKeyOfTheHelpDoesSomething(t *testing.T) {
	cfg := sim.Defaults()
	cfg.Clients, cfg.Speed = 40, 4
	m := running(t, cfg)
	for m.after(time.Second); m.session.exp.Snapshots()[0].Lost < 40; {
		time.Sleep(time.Millisecond) // so much there is to be gone through in every view
	}
	m.update(tickMsg{m.ticks})
	if m.frame.State != Live {
		t.Fatalf("state %d", m.frame.State)
	}
	press(t, m, " ")
	m.frame.Runs = someRuns().Runs
	for view := range View(viewCount) {
		everyKeyDoesSomething(t, m, view)
	}
	m.frame.Over = NoOverlay
	press(t, m, "tab")
	for _, key := range []string{"s", "S", "c", "C", "w", "W", "t", "T", "b", "B"} {
		before, session, count := conditionOf(m), m.session, changeCount(m.frame.Snapshots)
		press(t, m, key)
		if m.session != session || conditionOf(m) == before || changeCount(m.frame.Snapshots) <= count {
			t.Fatalf("%q changes nothing: %q", key, m.frame.Notice)
		}
	}
	if got := m.frame.Config.Lanes[1]; got != "spin:lease=200ms:retry=20ms" {
		t.Errorf("there and back again is %s", got)
	}
	for _, key := range []string{"r"} {
		before, session := conditionOf(m), m.session
		cmd := press(t, m, key)
		if m.session != nil || !m.starting || conditionOf(m) == before || m.frame.State != Starting {
			t.Fatalf("%q does not restart", key)
		}
		batch := cmd().(tea.BatchMsg)
		m.update(batch[0]())
		if m.session == nil || m.session == session || m.err != nil {
			t.Fatalf("%q: no new session: %v", key, m.err)
		}
	}
}

func TestKeysThatCanDoNothingAreNotOffered(t *testing.T) {
	f := twoLanes(1)
	f.Config.Lanes = f.Config.Lanes[:1]
	f.Over = Help
	for _, words := range []string{"next lane", "client above", "page of clients"} {
		if strings.Contains(text(f, 120, 40), words) {
			t.Errorf("one client in one lane, and the help offers %q", words)
		}
	}
	if c := f.keyOf(specialKeys["tab"]).command; c != cmdNone {
		t.Errorf("tab is obeyed: %d", c)
	}
}

func TestHelpCloses(t *testing.T) {
	m := running(t, sim.Defaults())
	for _, key := range []string{"?", "esc"} {
		press(t, m, "?")
		if m.frame.Over != Help || !strings.Contains(m.view(), "KEYS") {
			t.Fatal("? does not open the help")
		}
		for key == "?" && m.frame.Page < pages(len(helpLines(&m.frame, m.size().w, m.size().h)), m.size().h)-1 {
			press(t, m, "?") // which turns the page
		}
		if cmd := press(t, m, key); m.frame.Over == Help || leaves(cmd) {
			t.Errorf("%q does not just close the help", key)
		}
	}
	press(t, m, "?")
	for _, key := range []string{"q", "ctrl+c"} {
		if !leaves(press(t, m, key)) {
			t.Errorf("%s does not quit while the help is open", key)
		}
	}
}

func TestKeysThatArriveTogetherAreKeysEach(t *testing.T) {
	m := newModel(t.Context(), sim.Defaults(), Options{}, colourless())
	m.update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("jj+j")})
	if m.frame.Cursor != 4 || m.frame.Speed != 0.5 {
		t.Errorf("cursor %d, speed %v", m.frame.Cursor, m.frame.Speed)
	}
	m.update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("jj"), Paste: true})
	if m.frame.Cursor != 4 {
		t.Error("what is pasted is obeyed")
	}
}

func TestRestartsDoNotPileUp(t *testing.T) {
	m := running(t, sim.Defaults())
	restart := press(t, m, "r")().(tea.BatchMsg)[0]
	for range 5 {
		if press(t, m, "s"); m.frame.State != Starting {
			t.Fatal("not starting any more")
		}
	}
	again := m.update(restart()) // comes back with a session that is out of date
	if m.session != nil || again == nil {
		t.Fatal("a session with an old configuration is taken over")
	}
	m.update(again())
	if m.session == nil || m.session.exp.Config().Lanes[0] != m.frame.Config.Lanes[0] {
		t.Fatalf("the session does not have the lanes of the screen, %v", m.frame.Config.Lanes)
	}
}

// In a bubble of virtual time, synctest.Wait tells for certain that the race has come to rest.

func TestPauseStandsStillAndCostsNothing(t *testing.T) {
	synctest.Test(t, testPauseStandsStill)
}

func testPauseStandsStill(t *testing.T) {
	m := running(t, sim.Defaults())
	m.after(200 * ms)
	press(t, m, " ")
	if m.frame.State != Paused || !m.idle() {
		t.Fatalf("state %d, idle %v", m.frame.State, m.idle())
	}
	synctest.Wait() // for replies that were on their way
	m.look()
	frame := m.view()
	m.tick = time.Second / 60
	ticks, draws := 0, 0
	for tick, started := m.nextTick(), time.Now(); time.Since(started) < time.Minute; ticks++ {
		tick = m.update(tick())
		if m.stale {
			draws++
		}
		if m.view() != frame {
			t.Fatal("a paused screen changes")
		}
	}
	if most := int(time.Minute/idleTick) + 1; ticks > most || draws > 0 {
		t.Errorf("in a minute at 60 frames a second, a paused screen looks %d times and draws %d, want %d at most and none", ticks, draws, most)
	}
	if m.update(tickMsg{m.ticks - 1}) != nil {
		t.Error("a tick of an older chain goes on")
	}
	events := m.frame.Snapshots[0].Events
	for step := 0; m.frame.Snapshots[0].Events == events; step++ {
		if step == 100 {
			t.Fatal("steps have no effect")
		}
		press(t, m, ".")
		for m.frame.State != Paused {
			time.Sleep(ms)
			m.update(tickMsg{m.ticks})
		}
		synctest.Wait() // for the reply
		m.update(tickMsg{m.ticks})
	}
	press(t, m, " ")
	now := m.frame.now()
	m.after(now + 20*ms)
	if m.frame.State != Live || m.frame.now() <= now {
		t.Errorf("after the pause: state %d at %v", m.frame.State, m.frame.now())
	}
}

func TestLookingBackIsAnchored(t *testing.T) {
	synctest.Test(t, testLookingBackIsAnchored)
}

func testLookingBackIsAnchored(t *testing.T) {
	cfg := sim.Defaults()
	cfg.Speed = 4
	m := running(t, cfg)
	m.after(time.Second)
	press(t, m, "left")
	at, frame := m.frame.At, m.view()
	if !m.frame.Back || !strings.Contains(frame, "BACK "+clockText(at)) {
		t.Fatalf("not back:\n%s", frame)
	}
	time.Sleep(100 * ms)
	m.update(tickMsg{m.ticks})
	if m.view() != frame {
		t.Error("the picture moves while looking back")
	}
	for range 100 {
		press(t, m, "left")
	}
	if m.frame.At != 0 || !strings.Contains(m.view(), "this is the beginning") {
		t.Errorf("as far back as can be is %v", m.frame.At)
	}
	for range 100 {
		press(t, m, "right")
		if !m.frame.Back {
			break
		}
	}
	if m.frame.Back || m.frame.State != Live {
		t.Error("going forward does not end in the present")
	}
	press(t, m, "h")
	press(t, m, "esc")
	if m.frame.Back {
		t.Error("esc does not return to the present")
	}
}

func TestTheEndOfARun(t *testing.T) {
	cfg := sim.Defaults()
	cfg.Alerts, cfg.Speed, cfg.Interval = 2, 16, 10*ms
	m := running(t, cfg)
	<-m.session.ended
	m.update(endedMsg{m.session})
	if m.frame.State != Done || !m.idle() || !strings.Contains(m.view(), "DONE") {
		t.Fatalf("state %d:\n%s", m.frame.State, m.view())
	}
	m.look()
	now := m.frame.now()
	time.Sleep(20 * ms)
	if m.look(); m.frame.now() != now {
		t.Error("time goes on after the end")
	}
	for _, key := range []string{" ", "."} {
		m.frame.Notice = ""
		press(t, m, key)
		if !strings.Contains(m.view(), "r starts it again") {
			t.Errorf("%q is not answered:\n%s", key, m.view())
		}
	}
	m.noticeUntil = time.Now().Add(-time.Second)
	if m.look(); m.frame.Notice != "" {
		t.Error("the notice stays for ever")
	}
}

func TestARealRedisIsFrozenInsteadOfPaused(t *testing.T) {
	cfg := sim.Defaults()
	source, err := backend.Parse(redistest.Real(t).URL())
	if err != nil {
		t.Fatal(err)
	}
	cfg.Source = source
	m := running(t, cfg)
	m.after(100 * ms)
	press(t, m, " ")
	frame := m.view()
	if m.frame.State != Frozen || !strings.Contains(frame, "view frozen, Redis runs on") {
		t.Fatalf("not frozen:\n%s", frame)
	}
	time.Sleep(50 * ms)
	m.update(tickMsg{m.ticks})
	if m.view() != frame {
		t.Error("a frozen view changes")
	}
	press(t, m, ".")
	if !strings.Contains(m.view(), "a real Redis cannot be stepped") {
		t.Error("a step is not answered")
	}
	press(t, m, " ")
	if m.frame.State != Live {
		t.Errorf("state %d after the freeze", m.frame.State)
	}
}

func TestAnExperimentThatFailsEndsTheProgram(t *testing.T) {
	cfg := sim.Defaults()
	cfg.Lanes = []string{"nonsense"}
	m := newModel(t.Context(), cfg, Options{}, colourless())
	g := guarded{m, newDisplay(io.Discard, nil, nil)}
	_, cmd := g.Update(m.restart()())
	if !leaves(cmd) || m.err == nil || !strings.Contains(m.err.Error(), "nonsense") {
		t.Errorf("error %v", m.err)
	}
}

func TestAPanicEndsTheProgramWithItsStack(t *testing.T) {
	m := newModel(t.Context(), sim.Defaults(), Options{}, colourless())
	g := guarded{m, newDisplay(io.Discard, nil, nil)}
	m.grid = nil
	g.View()
	_, cmd := g.Update(tickMsg{})
	if !leaves(cmd) || m.err == nil || !strings.Contains(m.err.Error(), "panic") || !strings.Contains(m.err.Error(), "view") {
		t.Errorf("error %v", m.err)
	}
}

func TestAStageThatIsClosedStartsNothing(t *testing.T) {
	s := &stage{ctx: t.Context()}
	if r, err := s.close(); err != nil || len(r.Lanes) > 0 {
		t.Errorf("closing an empty stage: %v, %v", r, err)
	}
	if _, err := s.restart(sim.Defaults()); !errors.Is(err, errStageClosed) {
		t.Errorf("a closed stage starts a session: %v", err)
	}
}
