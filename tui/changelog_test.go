package tui

import (
	"strings"
	"testing"
	"time"

	"locktop/sim"
)

// change writes that a setting of the lane is changed, which makes it the lane that is told.
func (l *laneLog) change(at time.Duration, text, lane string) {
	l.add(sim.Event{At: at, Kind: sim.Changed, Text: text, Value: lane, Lease: l.lease})
}

// adopt writes that a client works by another strategy from now on.
func (l *laneLog) adopt(at time.Duration, client int, lane string) {
	l.add(sim.Event{At: at, Client: client, Kind: sim.Changed, Value: lane})
}

// changedLanes have had a client more, and one of them another strategy in the middle of its updates.
func changedLanes() Frame {
	cfg := sim.Defaults()
	cfg.Clients = 3
	flipped, same := newLaneLog(cfg, 0), newLaneLog(cfg, 1)
	flipped.lease = 200 * ms
	for _, l := range []*laneLog{flipped, same} {
		l.change(100*ms, "clients=4", cfg.Lanes[l.info.Index])
		l.add(sim.Event{At: 101 * ms, Client: 4, Kind: sim.Joined, Value: l.info.Name()})
	}
	flipped.race(3, 250*ms)
	flipped.receive(260*ms, 1)
	flipped.read(262*ms, 1)
	flipped.change(270*ms, "strategy=block", "block")
	for c := 2; c <= 4; c++ {
		flipped.receive(275*ms, c)
		flipped.adopt(275*ms, c, "block")
	}
	flipped.grant(280*ms, 2)
	flipped.event(281*ms, 3, sim.Attempted, 0)
	flipped.event(282*ms, 3, sim.Failed, 1)
	flipped.write(300*ms, 1) // which was without a lock
	flipped.finish(320*ms, 2)
	flipped.grant(325*ms, 3)
	same.takeTurns(3, 330*ms)
	cfg.Lanes, cfg.Clients = []string{"block", "spin"}, 4
	return frameOf(cfg, 340*ms, flipped, same)
}

func TestChangesAreShown(t *testing.T) {
	f := changedLanes()
	wide := text(f, 160, 40)
	contains(t, wide, "clients 4", "BLOCK", "⇄ 00:00.2 strategy block · figures: whole run", "⇄ 00:00.1 4 clients", "⇄ setting changed", "c4")
	s := f.Snapshots[0]
	if s.Started.Name() != "none" || s.Lane.Name() != "block" || s.Started.Clients != 3 || s.Lane.Clients != 4 || s.Overlaps == 0 {
		t.Errorf("%+v began as %+v, %d overlaps", s.Lane, s.Started, s.Overlaps)
	}
	contains(t, wide, "6th lost in none, to a write of block", "c2 worked under block, c1 under none.", "│ strategy changed")
	f.View = TimelineView
	if row := []rune(rowOf(text(f, 160, 40), "c4")); strings.Count(string(row), "⇄") != 1 || strings.Count(string(row), "│") != 3 {
		t.Errorf("not a change and a line at the other, between the borders: %s", string(row))
	}
	past := NewPastRun(1, "", sim.Result{Config: sim.Defaults(), Lanes: []sim.LaneResult{{Snapshot: s}, {Snapshot: f.Snapshots[1]}}})
	f.Runs, f.View = []PastRun{past}, RunsView
	contains(t, text(f, 200, 40), "none ✗ lost 6/10 → block ? undecided, kept 1 │ spin ✓ kept", "clients 6", "changed to 4 clients, lane 1: strategy block")
}

func rowOf(picture, name string) string {
	for line := range strings.Lines(picture) {
		if strings.Contains(line, name+" ") {
			return line
		}
	}
	return ""
}
