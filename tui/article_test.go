package tui

import (
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"locktop/sim"
	"locktop/sim/clock"
)

// virtualTapes runs an experiment in virtual time, and returns its tapes.
func virtualTapes(t *testing.T, cfg sim.Config) []*sim.Tape {
	t.Helper()
	cfg.Deterministic, cfg.Speed, cfg.GiveUp = true, clock.Max, true
	e, err := sim.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	tapes := e.Tapes()
	if err := e.Run(t.Context()); err != nil {
		t.Error(err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	return tapes
}

// frameAt is what the screen shows of an experiment at a time, with the second lane in focus.
func frameAt(cfg sim.Config, tapes []*sim.Tape, at time.Duration, cursor int) Frame {
	f := Frame{Config: cfg, Speed: 0.25, Backend: "deterministic", State: Paused, Focus: len(tapes) - 1, Cursor: cursor}
	for _, tape := range tapes {
		f.Snapshots = append(f.Snapshots, tape.At(at, sim.View{First: 1, Count: cfg.Clients, History: 50, Log: cursor}))
	}
	return f
}

// TestGoldenArticle: the story stands still after the crash, goes on after the reset, and is told by a client.
func TestGoldenArticle(t *testing.T) {
	p, _ := sim.PresetNamed("article")
	cfg := p.Config
	tapes := virtualTapes(t, cfg)
	for name, c := range map[string]struct {
		at   time.Duration
		over Overlay
	}{"article-stands": {2 * time.Second, NoOverlay}, "article-goes-on": {2500 * time.Millisecond, NoOverlay}, "article-log": {2500 * time.Millisecond, ClientLog}} {
		f := frameAt(cfg, tapes, c.at, 2)
		f.Preset, f.Over = &p, c.over
		goldenSizes(t, name, f, [][2]int{{120, 40}, {80, 24}}, plainDresses)
	}
}

// TestGoldenReset: what a reset does to a holder that is alive, before and after that one's release is refused.
func TestGoldenReset(t *testing.T) {
	cfg := sim.Defaults()
	cfg.Lanes, cfg.Clients, cfg.Alerts, cfg.Backlog, cfg.Work, cfg.Retry, cfg.Lease = []string{"none", "block"}, 6, 10, true, 20*time.Millisecond, 0, 0
	f, err := sim.ParseFault("reset:lane=2:at=read:nth=9")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Faults = []sim.Fault{f}
	tapes := virtualTapes(t, cfg)
	reset := tapes[1].At(time.Hour, sim.View{}).Reset
	for name, after := range map[string]time.Duration{"reset-inside": 10 * time.Millisecond, "reset-refused": 60 * time.Millisecond} {
		goldenSizes(t, name, frameAt(cfg, tapes, reset.At+after, reset.Holder), [][2]int{{120, 40}, {80, 24}}, plainDresses)
	}
}

// TestTheLogOfAClient follows the selected client, live and in the past, and scrolls.
func TestTheLogOfAClient(t *testing.T) {
	cfg := sim.Defaults()
	cfg.Lanes, cfg.Backlog, cfg.Speed, cfg.Retry, cfg.Lease = []string{"none", "spin"}, true, 4, 0, 0
	cfg.Deterministic = true
	m := running(t, cfg)
	press(t, m, "tab")
	press(t, m, "L")
	untilSeen(t, m, "lines enough to scroll", func() bool { return len(m.frame.Snapshots[1].Log) > 60 })
	if !strings.Contains(m.viewNow(), "LOG OF c1, spin") || !strings.Contains(m.viewNow(), "Someone else has the lock. (") || !strings.Contains(m.viewNow(), "Got the lock.") ||
		!strings.Contains(m.viewNow(), "user_id = 1, ") {
		t.Errorf("the log is not there:\n%s", m.viewNow())
	}
	press(t, m, "down")
	if !strings.Contains(m.viewNow(), "LOG OF c2, spin") || m.frame.Cursor != 2 || strings.Contains(m.viewNow(), "user_id = 1, ") {
		t.Errorf("↓ does not lead to the log of the next client:\n%s", m.viewNow())
	}
	press(t, m, "pgup")
	scrolled, _, after := m.frame.shownLog(40)
	if after == 0 {
		t.Error("pgup does not scroll")
	}
	lines := len(m.frame.Snapshots[1].Log)
	untilSeen(t, m, "further lines", func() bool { return len(m.frame.Snapshots[1].Log) > lines })
	if now, _, _ := m.frame.shownLog(40); !slices.Equal(now, scrolled) {
		t.Error("the lines move while the race goes on")
	}
	press(t, m, "home")
	if now, before, _ := m.frame.shownLog(40); before != m.frame.Snapshots[1].LogBefore || len(now) != logRows(40) {
		t.Errorf("home shows %d lines after %d", len(now), before)
	}
	press(t, m, "end")
	if _, _, after := m.frame.shownLog(40); after != 0 {
		t.Error("end does not lead to the end")
	}
	at := m.session.exp.Now()
	press(t, m, "[") // of a lane that loses nothing it does nothing
	m.lookAt(at / 2)
	press(t, m, "down")
	for _, l := range m.frame.Snapshots[1].Log {
		if l.At > at/2 {
			t.Fatalf("at %v in the past the log has a line of %v", at/2, l.At)
		}
	}
	press(t, m, "esc")
	if m.frame.Over != NoOverlay || !m.frame.Back {
		t.Error("esc does not close the log first")
	}
}

// TestTheLogScrollsInTheTour, where the keys for pages lead to other steps else.
func TestTheLogScrollsInTheTour(t *testing.T) {
	m := onTour(t, "en", 3, 120, 40)
	m.staged()
	s := m.scene.(*raceScene)
	m.update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("L")})
	if s.frame.Over != ClientLog {
		t.Fatal("L does not open the log")
	}
	m.update(tea.KeyMsg{Type: tea.KeyPgUp})
	if m.at != 3 || s.frame.Over != ClientLog {
		t.Errorf("pgup leads to step %d", m.at+1)
	}
	m.update(tea.KeyMsg{Type: tea.KeyEsc})
	m.update(tea.KeyMsg{Type: tea.KeyPgUp})
	if m.at != 2 {
		t.Error("without the log, pgup does not lead to the step before")
	}
}
