package sim

import (
	"slices"
	"testing"
	"time"
)

// TestALaneStallsWhenNothingGoesOn, as soon as that is known, and no longer.
func TestALaneStallsWhenNothingGoesOn(t *testing.T) {
	const s = time.Second
	at := func(at time.Duration, events ...Event) []Event {
		for i := range events {
			events[i].At = at
		}
		return events
	}
	held := func(lease time.Duration) []Event {
		return at(s, Event{Client: 2, Kind: Attempted}, Event{Client: 2, Kind: Granted, Lease: lease})
	}
	waits := at(s, Event{Client: 1, Kind: Received}, Event{Client: 1, Kind: Attempted}, Event{Client: 1, Kind: Failed}, Event{Client: 1, Kind: Waited})
	fault := func(client int, text string) Event { return Event{Client: client, Kind: Faulted, Text: text} }
	crashed := slices.Concat(held(0), at(2*s, Event{Client: 2, Kind: Crashed}))
	lane := LaneInfo{Strategy: "block", Locks: true, Critical: true, Clients: 3, Nodes: 1, Patience: 5 * s, Away: 3 * s}
	quorum := lane
	quorum.Nodes = 5
	for _, c := range []struct {
		name   string
		lane   LaneInfo
		events []Event
		now    time.Duration
		stall  Stall
	}{
		{"the holder works", lane, held(0), 2 * s, ""},
		{"the holder has crashed, without a lease", lane, crashed, 2 * s, StallDead},
		{"the same, and nobody waits yet", lane, slices.Concat(crashed[:0], held(0), at(2*s, Event{Client: 2, Kind: Crashed})), 2 * s, StallDead},
		{"the same, at the end", lane, slices.Concat(crashed, at(3*s, Event{Kind: Stopped})), time.Minute, StallDead},
		{"another has got the lock since", lane, slices.Concat(crashed, at(3*s, Event{Client: 1, Kind: Granted})), 3 * s, ""},
		{"Redis has forgotten its lock", lane, slices.Concat(crashed, at(3*s, Event{Kind: Faulted, Text: "failover", Lease: longestLease})), 7 * s, ""},
		{"the others need no lock any more", lane, slices.Concat(crashed, at(3*s, Event{Kind: Changed, Text: "strategy=none", Value: "none"})), 3 * s, ""},
		{"the holder has crashed, with a lease", lane, slices.Concat(held(4*s), at(2*s, Event{Client: 2, Kind: Crashed})), 2 * s, ""},
		{"the others have finished", lane, slices.Concat(crashed, at(3*s, Event{Client: 1, Kind: Finished}, Event{Client: 3, Kind: Finished})), 3 * s, ""},
		{"the holder is paused, without a lease", lane, slices.Concat(waits, held(0), at(2*s, fault(2, "pause:for=3s"))), 2 * s, StallPaused},
		{"the holder goes on", lane, slices.Concat(waits, held(0), at(2*s, fault(2, "pause:for=3s")), at(5*s, Event{Client: 2, Kind: Resumed})), 5 * s, ""},
		{"the holder is paused, with a lease", lane, slices.Concat(waits, held(2*s), at(2*s, fault(2, "pause:for=3s"))), 2 * s, ""},
		{"the holder is cut off, without a lease", lane, slices.Concat(waits, held(0), at(2*s, fault(2, "cut:for=3s"))), 4 * s, StallCut},
		{"the holder is back", lane, slices.Concat(waits, held(0), at(2*s, fault(2, "cut:for=3s"))), 6 * s, ""},
		{"all have crashed", lane, at(2*s, Event{Client: 1, Kind: Crashed}, Event{Client: 2, Kind: Crashed}, Event{Client: 3, Kind: Crashed}), 2 * s, StallCrashed},
		{"all have crashed but one that has finished", lane, at(2*s, Event{Client: 1, Kind: Crashed}, Event{Client: 2, Kind: Crashed}, Event{Client: 3, Kind: Finished}), 2 * s, ""},
		{"all are paused", lane, at(2*s, fault(1, "pause:for=3s"), fault(2, "pause:for=3s"), fault(3, "pause:for=3s")), 2 * s, StallHalted},
		{"Redis is away", lane, at(2*s, fault(0, "restart")), 4 * s, StallDown},
		{"Redis is back", lane, at(2*s, fault(0, "restart")), 6 * s, ""},
		{"two of five servers are away", quorum, at(2*s, fault(0, "restart:node=2"), fault(0, "restart:node=3")), 4 * s, ""},
		{"three of five servers are away", quorum, at(2*s, fault(0, "restart:node=2"), fault(0, "restart:node=3"), fault(0, "restart:node=4")), 4 * s, StallQuorum},
		{"three of five servers are back", quorum, at(2*s, fault(0, "restart:node=2"), fault(0, "restart:node=3"), fault(0, "restart:node=4")), 6 * s, ""},
		{"the lock is free for a moment", lane, waits, s + 400*ms, ""},
		{"the lock is free, and all sleep", lane, waits, s + 600*ms, StallIdle},
		{"it hangs", lane, waits, 7 * s, StallIdle},
		{"one who waits will try again", lane, at(s, Event{Client: 1, Kind: Received}, Event{Client: 1, Kind: Attempted}, Event{Client: 1, Kind: Failed}), 2 * s, ""},
		{"its next try fails as well", lane, slices.Concat(at(s, Event{Client: 1, Kind: Received}), at(2*s, Event{Client: 1, Kind: Attempted}, Event{Client: 1, Kind: Failed})), 2 * s, StallIdle},
	} {
		b := NewBoard(c.lane)
		for _, e := range c.events {
			b.Apply(e)
		}
		got := b.Snapshot(c.now, View{})
		verdict := Undecided
		if c.stall != "" {
			verdict = Stalled
		}
		if got.Verdict == Hung && c.now == 7*s {
			verdict = Hung
		}
		if got.Stall != c.stall || got.Verdict != verdict {
			t.Errorf("%s: it is %s, because %q; want %q", c.name, got.Verdict, got.Stall, c.stall)
		}
	}
}

// TestADeadHolderStallsAtOnce, in every lane where it has no lease, and hangs later on.
func TestADeadHolderStallsAtOnce(t *testing.T) {
	p, _ := PresetNamed("dead-holder")
	cfg := p.Config
	cfg.Deterministic = true
	var stalled, hung time.Duration
	e := open(t, cfg)
	boards := []*Board{NewBoard(cfg.LaneInfo(0)), NewBoard(cfg.LaneInfo(1))}
	crashedAt := time.Duration(0)
	e.OnEvent(func(lane int, event Event) {
		boards[lane].Apply(event)
		s := boards[0].Snapshot(event.At, View{})
		if event.Kind == Crashed && lane == 0 {
			crashedAt = event.At
		}
		switch {
		case s.Verdict == Stalled && stalled == 0:
			stalled = event.At
		case s.Verdict == Hung && hung == 0:
			hung = event.At
		case crashedAt > 0 && s.Verdict == Correct:
			t.Errorf("at %v it is correct, %v after the crash", event.At, event.At-crashedAt)
		}
	})
	if err := e.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := e.Result()
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if crashedAt == 0 || stalled != crashedAt || hung < crashedAt+cfg.Patience || r.Lanes[0].Verdict != Hung || r.Lanes[1].Verdict != Correct {
		t.Errorf("the holder crashed at %v, the lane stalled at %v and hung at %v; in the end %s and %s",
			crashedAt, stalled, hung, r.Lanes[0].Verdict, r.Lanes[1].Verdict)
	}
}
