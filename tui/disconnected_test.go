package tui

import (
	"strings"
	"testing"
	"time"

	"locktop/sim"
)

// TestDisconnectedIsSaidAtEverySize, with since when, in place of a verdict; and no
// more once Redis is back.
func TestDisconnectedIsSaidAtEverySize(t *testing.T) {
	f := twoLanes(6)
	if len(f.Snapshots) == 0 {
		t.Fatal("no frame of a race")
	}
	boards := make([]*sim.Board, len(f.Snapshots))
	show := func() Frame {
		for i, b := range boards {
			f.Snapshots[i] = b.Snapshot(20*time.Second, sim.View{First: 1, Count: 6})
		}
		return f
	}
	f.Snapshots = append([]*sim.Snapshot(nil), f.Snapshots...)
	for i := range boards {
		boards[i] = sim.NewBoard(f.Config.LaneInfo(i))
		boards[i].Apply(sim.Event{At: 12 * time.Second, Kind: sim.Disconnected, Text: "EOF"})
	}
	for _, size := range [][2]int{{120, 40}, {80, 24}, {30, 8}} {
		frame := text(show(), size[0], size[1])
		if !strings.Contains(frame, "DISCONNECTED") || !strings.Contains(frame, "00:12.0") {
			t.Errorf("%v: not said:\n%s", size, frame)
		}
		if strings.Contains(frame, "CORRECT") || strings.Contains(frame, "HUNG") || strings.Contains(frame, "LIVE") {
			t.Errorf("%v: it claims to know:\n%s", size, frame)
		}
		if strings.Contains(frame, "✓") {
			t.Errorf("%v: ✓ while nobody can get in:\n%s", size, frame)
		}
	}
	for _, b := range boards {
		b.Apply(sim.Event{At: 15 * time.Second, Kind: sim.Reconnected})
	}
	if frame := text(show(), 120, 40); strings.Contains(frame, "DISCONNECTED") || !strings.Contains(frame, "LIVE") {
		t.Errorf("Redis is back:\n%s", frame)
	}
	if s := f.Snapshots[0]; s.Away != 3*time.Second || s.Outages != 1 {
		t.Errorf("away %v in %d outages", s.Away, s.Outages)
	}
}
