package tui

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"locktop/sim"
)

// TestNoKeyChangesTheRaceInThePast presses every key of the screen, in every view, while the user looks back: the race goes on as it was, nothing
// lies over the screen that could change it, and a key that would change it says so.
func TestNoKeyChangesTheRaceInThePast(t *testing.T) {
	t.Chdir(t.TempDir()) // for what is exported
	m := running(t, sim.Defaults())
	untilSeen(t, m, "an update", func() bool { return m.frame.Snapshots[0].Acked > 0 })
	session, settings := m.session, m.session.exp.Settings()
	past := func(view View) {
		m.closeDrive()
		m.frame.View, m.frame.Over, m.frame.Notice = view, NoOverlay, ""
		m.lookAt(0)
	}
	refused := 0
	for view := range View(viewCount) {
		for _, k := range keyMap {
			if k.over != NoOverlay || k.command == cmdQuit || k.command == cmdSuspend || !k.views.has(view) || !m.frame.suits(k) {
				continue
			}
			for _, key := range k.Keys() {
				past(view)
				press(t, m, key)
				f := &m.frame
				switch {
				case m.session != session || m.starting:
					t.Fatalf("%s: %q starts another race", viewNames[view], key)
				case m.paused || session.exp.Paused():
					t.Fatalf("%s: %q halts the race", viewNames[view], key)
				case m.drive != nil || f.Over == FaultMenu || f.Over == PresetMenu:
					t.Fatalf("%s: %q opens what changes the race", viewNames[view], key)
				case !reflect.DeepEqual(session.exp.Settings(), settings):
					t.Fatalf("%s: %q changes settings: %+v, not %+v", viewNames[view], key, session.exp.Settings(), settings)
				}
				if k.changesRace() {
					refused++
					if !f.Back || !strings.Contains(f.Notice, key) && key != " " && key != "=" || !strings.Contains(f.Notice, "g returns") {
						t.Errorf("%s: %q does nothing and says %q; looking back: %v", viewNames[view], key, f.Notice, f.Back)
					}
				}
			}
		}
	}
	if refused < 15*viewCount {
		t.Errorf("only %d keys were refused", refused)
	}
	for _, s := range session.exp.Snapshots() {
		if s.Faults != 0 || s.ChangeCount != 0 {
			t.Errorf("%s: %d faults, %d changes", s.Lane.Name(), s.Faults, s.ChangeCount)
		}
	}
	past(RaceView) // and in the present the keys do what they do
	press(t, m, "g")
	press(t, m, "X")
	press(t, m, "tab")
	press(t, m, "X")
	untilSeen(t, m, "a reset", func() bool { return m.frame.Snapshots[1].Resets == 1 })
}

// TestNoKeyChangesARaceBehindAFrozenView: on a real Redis the race goes on behind it, and nobody would see what a key does.
func TestNoKeyChangesARaceBehindAFrozenView(t *testing.T) {
	m := running(t, sim.Defaults())
	m.frozen, m.frozenAt = true, m.session.exp.Now()
	for _, k := range keyMap {
		if k.over != NoOverlay || k.command == cmdPause || k.command == cmdStep || !k.changesRace() || !m.frame.suits(k) || !k.views.has(RaceView) {
			continue
		}
		press(t, m, k.Keys()[0])
		if !strings.Contains(m.frame.Notice, "frozen") || m.frame.Over != NoOverlay || m.starting || m.drive != nil {
			t.Errorf("%q says %q", k.Keys()[0], m.frame.Notice)
		}
	}
}

// untilSeen waits until the screen shows something of the race.
func untilSeen(t *testing.T, m *model, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); m.update(tickMsg{m.ticks}) {
		if time.Now().After(deadline) {
			t.Fatalf("there is no %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}
