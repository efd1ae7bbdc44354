package tui

import (
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"locktop/lock/redistest"
	"locktop/sim"
	"locktop/tui/chart"
)

// windows are the sizes that every view is tried at.
var windows = [][2]int{{200, 60}, {120, 40}, {80, 24}, {60, 16}, {30, 8}, {40, 12}, {1, 1}}

// TestEveryKeyInEveryViewAtEverySize presses every key on frames from logs, with everything that may lie over them. A panic
// fails the test by itself; no line may be wider and no frame taller than the window.
func TestEveryKeyInEveryViewAtEverySize(t *testing.T) {
	t.Chdir(t.TempDir())
	frames := map[string]Frame{"two lanes": someRuns(), "crowd": twoLanes(200), "forgotten": forgotten("restart"), "hung": deadHolders(), "changed": changedLanes()}
	for name, frame := range frames {
		if redistest.Instrumented && name != "two lanes" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			frame.Config.Speed = 1
			m := running(t, sim.Defaults())
			session := m.session
			session.exp.Pause()
			session.tapes = tapesOf(frame)
			overlays := []Overlay{NoOverlay, Help, Info, ClientLog, FaultMenu, PresetMenu}
			if l, ok := frame.lossOf(1); ok {
				frame.told = &l
				overlays = append(overlays, Explanation)
			}
			for i, window := range windows {
				if redistest.Instrumented && i != 2 {
					continue // one size, with all overlays
				}
				m.update(tea.WindowSizeMsg{Width: window[0], Height: window[1]})
				for _, over := range overlays {
					if over != NoOverlay && i%3 != 2 {
						continue
					}
					for view := range View(viewCount) {
						pressAll(t, m, session, frame, view, over)
					}
				}
			}
		})
	}
}

// pressAll presses every key on a frame in a view, each anew.
func pressAll(t *testing.T, m *model, session *session, frame Frame, view View, over Overlay) {
	t.Helper()
	s := m.size()
	for _, k := range keyMap {
		if k.over != over && (k.over != NoOverlay || !over.reading()) {
			continue
		}
		for _, key := range k.Keys() {
			// The view is frozen at the end of the logs.
			m.session, m.starting, m.again, m.paused, m.frozen, m.frozenAt = session, false, false, false, true, frame.now()
			m.frame = frame
			m.frame.State, m.frame.View, m.frame.Over = Frozen, view, over
			press(t, m, key)
			picture := m.viewNow()
			m.closeDrive()
			lines := strings.Split(picture, "\n")
			if len(lines) != s.h {
				t.Fatalf("%s, %d, %d×%d: after %q there are %d lines", viewNames[view], over, s.w, s.h, key, len(lines))
			}
			for _, line := range lines {
				if chart.TextWidth(line) != s.w {
					t.Fatalf("%s, %d, %d×%d: after %q a line is %q", viewNames[view], over, s.w, s.h, key, line)
				}
			}
		}
	}
}

// TestFramesAreCheap bounds what drawing leaves to the garbage collector, in every view.
func TestFramesAreCheap(t *testing.T) {
	if redistest.Instrumented {
		t.Skip("the race detector leaves more")
	}
	for view := range View(viewCount) {
		f := someRuns()
		f.View = view
		for len(f.Runs) < mostRuns {
			f.Runs = append(f.Runs, f.Runs[0])
		}
		f.Snapshots, f.Config = twoLanes(24).Snapshots, twoLanes(24).Config
		g := chart.NewGrid(120, 40)
		if n := testing.AllocsPerRun(20, func() { Draw(g, f); g.Paint(nil) }); n > 250 { // 200, and what other goroutines add
			t.Errorf("%s: a frame takes %.0f allocations", viewNames[view], n)
		}
	}
}
