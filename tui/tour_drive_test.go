package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"locktop/lock/redistest"
	"locktop/sim"
	"locktop/tui/chart"
)

// drives presses keys in a race of the tour, and waits for what they have searched.
func (m *tourModel) drives(keys ...string) {
	for _, key := range keys {
		m.settle(m.update(keyNamed(key)))
	}
}

// settle carries out commands, and what these lead to, until nothing is searched any more.
func (m *tourModel) settle(cmd tea.Cmd) {
	s := m.scene.(*raceScene)
	if s.drive == nil || s.drive.pending == 0 || cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case tea.BatchMsg:
		for _, c := range msg {
			m.settle(c)
		}
	case sceneMsg:
		if _, tick := msg.msg.(tickMsg); !tick {
			m.settle(m.update(msg))
		}
	}
}

func (m *tourModel) viewNow() string {
	m.stale = true
	return m.view()
}

// smallestTour is the least window that has room for the tour.
var smallestTour = [2]int{leastWidth, leastTour}

// TestDrivingInTheTour: d shows the screen on which one is the scheduler, which has the keys, and esc leads back.
func TestDrivingInTheTour(t *testing.T) {
	m := onTour(t, "en", 2, 120, 40)
	m.staged()
	m.drives("d")
	contains(t, m.viewNow(), "›step", "BREAK IT YOURSELF", "4 of the 6 orders lose an update", "q leave", "3/8")
	if frame := m.viewNow(); strings.Contains(frame, "q quit") || strings.Contains(frame, "1-8 jump") {
		t.Errorf("the tour offers keys that it does not have:\n%s", frame)
	}
	m.drives("1", "2", ".", "1")
	contains(t, m.viewNow(), "YOU LOST ONE", "schedule none@2: 1 2 2 1")
	m.drives("g", "n")
	contains(t, m.viewNow(), "›grid", "4 of 6 orders lose an update", "ORDER 2")
	if m.at != 2 {
		t.Errorf("n in the grid leads to lesson %d", m.at+1)
	}
	m.drives("esc")
	contains(t, m.viewNow(), "›step")
	m.drives("q")
	contains(t, m.viewNow(), "›1 race", "q quit")
	m.drives("d")
	if m.update(keyNamed("n")); m.at != 3 {
		t.Errorf("n, which stepping has not, leads to lesson %d", m.at+1)
	}
	m.update(keyNamed("p"))
	m.staged()
	m.drives("d")
	if !leaves(m.update(tea.KeyMsg{Type: tea.KeyCtrlC})) {
		t.Error("ctrl+c does not quit")
	}
}

// TestTheRaceOfTheTourGoesOnAfterDriving, as it went before.
func TestTheRaceOfTheTourGoesOnAfterDriving(t *testing.T) {
	m := onTour(t, "en", 2, 120, 40)
	s := m.scene.(*raceScene)
	s.model = running(t, sim.Defaults())
	s.begun, s.stops = true, nil
	m.drives("d")
	s.update(tickMsg{s.ticks})
	m.drives("q")
	if s.update(tickMsg{s.ticks}); s.paused || s.session.exp.Paused() || s.frame.State != Live {
		t.Errorf("the race is in state %d", s.frame.State)
	}
}

// zhDrives are keys after which a Chinese tour shows the screens on which one is the scheduler in some state.
var zhDrives = []struct {
	name string
	keys []string
}{
	{"begin", nil},
	{"lost", []string{"1", "2", ".", "1"}},
	{"undone", []string{"1", "2", ".", "u"}},
	{"told", []string{"1", "2", ".", "1", "enter"}},
	{"help", []string{"?"}},
	{"lease", []string{"s", ".", ".", "e", "2", "1"}},
	{"hung", []string{"S", "S", "w"}},
	{"grid", []string{"c", "g", "n"}},
	{"grid-help", []string{"g", "?"}},
}

// TestGoldenChineseDrive is the screens at the sizes of the tour, the smallest among them.
func TestGoldenChineseDrive(t *testing.T) {
	for _, c := range zhDrives {
		t.Run(c.name, func(t *testing.T) {
			m := onTour(t, "zh", 2, 120, 40)
			m.staged()
			m.drives(append([]string{"d"}, c.keys...)...)
			var b strings.Builder
			for _, size := range [][2]int{{120, 40}, {80, 24}, smallestTour} {
				m.update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
				frame := m.viewNow()
				proofreader(t, size, func() string { return c.name })(frame)
				fmt.Fprintf(&b, "=== %d×%d\n%s\n", size[0], size[1], frame)
			}
			golden(t, "tour-zh-drive-"+c.name, strings.TrimSuffix(b.String(), "\n"))
		})
	}
}

// TestTheChineseDriveIsChinese presses the keys of these screens, with every strategy, and reads every frame.
func TestTheChineseDriveIsChinese(t *testing.T) {
	if testing.Short() || redistest.Instrumented {
		t.Skip("counts the orders of every strategy")
	}
	size := [2]int{80, 24}
	m := onTour(t, "zh", 2, size[0], size[1])
	m.staged()
	s := m.scene.(*raceScene)
	var pressed []string
	look := proofreader(t, size, func() string { return fmt.Sprint(s.drive.step.schedule(), " after ", pressed[max(len(pressed)-5, 0):]) })
	press := func(keys ...string) {
		for _, key := range keys {
			pressed = append(pressed, key)
			cmd := m.update(keyNamed(key))
			look(m.viewNow())
			m.settle(cmd)
			look(m.viewNow())
			if d := s.drive; d != nil && d.over != NoOverlay { // every page, and what is below again
				for range 9 {
					if d.over == NoOverlay {
						break
					}
					m.drives(map[Overlay]string{Help: "?", Explanation: "enter"}[d.over])
					look(m.viewNow())
				}
			}
		}
	}
	press("d")
	for _, name := range sim.StrategyNames() {
		pressed = []string{name}
		press("?", ".", ".", ".", "2", ".", ".", "tab", "e", "1", ".", "e", "e", "e", ".", ".", ".", "2", ".", ".", ".", "enter", "u", "right", "right", "x", "x", "1", "x", "x", "2", "x", "r", "r", "u")
		for range 12 {
			press("1", "2")
		}
		press("enter", "end")
		if slices.Contains([]string{"none", "spin", "block", "atomic"}, name) { // the others have more orders
			press("w", "enter", "g", "?", "n", "N", "o", "enter", "g", "e", "N", "esc", "r")
		}
		press("s")
	}
	pressed = nil
	press("C", "C", "w", "g", "C", "c", "x", "e", "c", "o", "enter", "c", "w")
	m.drives("q")
}

// TestTheDriveOfTheChineseTourAtEverySize is as large as the window, in ASCII too.
func TestTheDriveOfTheChineseTourAtEverySize(t *testing.T) {
	m := onTour(t, "zh", 2, 120, 40)
	m.staged()
	m.drives("d", ".", "2", ".", "1")
	for _, keys := range [][]string{nil, {"g"}} {
		m.drives(keys...)
		for w := 1; w < 130; w += 3 {
			for h := 1; h < 45; h += 3 {
				m.opts.ASCII = (w+h)%2 == 1
				m.scene.(*raceScene).frame.ASCII = m.opts.ASCII
				m.update(tea.WindowSizeMsg{Width: w, Height: h})
				lines := strings.Split(m.viewNow(), "\n")
				if len(lines) != h {
					t.Fatalf("%d×%d: %d lines", w, h, len(lines))
				}
				for _, line := range lines {
					if have := chart.TextWidth(line); have != w {
						t.Fatalf("%d×%d: a line is %d wide: %s", w, h, have, line)
					}
				}
			}
		}
	}
}
