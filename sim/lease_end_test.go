package sim

import (
	"testing"
	"time"
)

// TestHowLocksEnd tells a lease that ran out from a lock that went before, in races
// that come out the same every time.
func TestHowLocksEnd(t *testing.T) {
	for _, c := range []struct {
		preset string
		want   [2]LockEnds // of both lanes
		stale  int64       // of the second
	}{
		{"stolen-release", [2]LockEnds{{Expired: 3, LocksGone: 3}, {Expired: 2}}, 0},
		{"failover", [2]LockEnds{{LocksForgotten: 1}, {}}, 0},
		{"dead-holder", [2]LockEnds{{}, {Expired: 1, Orphaned: 1}}, 0},
		{"gc-pause", [2]LockEnds{{Expired: 1}, {Expired: 1}}, 1},
		{"clock-jump", [2]LockEnds{{Expired: 1}, {Expired: 1}}, 1},
	} {
		t.Run(c.preset, func(t *testing.T) {
			t.Parallel()
			p, ok := PresetNamed(c.preset)
			if !ok {
				t.Fatal("there is no such preset")
			}
			r := runPreset(t, inVirtualTime(p))
			for i, want := range c.want {
				if l := r.Lanes[i]; l.LockEnds != want || l.Rewound != 0 {
					t.Errorf("%s: %+v, want %+v; Redis forgot updates %d times, want never", l.Lane.Name(), l.LockEnds, want, l.Rewound)
				}
			}
			if got := r.Lanes[1].Stale; got != c.stale {
				t.Errorf("the fence refused %d writes, want %d", got, c.stale)
			}
		})
	}
}

// TestWhyAReleaseIsRefused folds the reasons, each from the least that shows it.
func TestWhyAReleaseIsRefused(t *testing.T) {
	const ms = time.Millisecond
	fault := func(at time.Duration, text string, off time.Duration) Event {
		return Event{At: at, Kind: Faulted, Text: text, Lease: off}
	}
	outage := []Event{{At: 20 * ms, Kind: Disconnected}, {At: 25 * ms, Kind: Rewound}, {At: 30 * ms, Kind: Reconnected}}
	for _, c := range []struct {
		name   string
		lease  time.Duration
		events []Event
		want   Refusal
		ends   LockEnds
	}{
		{"after its end", 100 * ms, []Event{{At: 150 * ms, Client: 1, Kind: Released}}, RanOut, LockEnds{Expired: 1}},
		{"its end passed while the answer was on its way", 100 * ms, []Event{{At: 99 * ms, Client: 1, Kind: Released}}, RanOut, LockEnds{Expired: 1}},
		{"before its end", 300 * ms, []Event{{At: 150 * ms, Client: 1, Kind: Released}}, WasGone, LockEnds{LocksGone: 1}},
		{"without a lease", 0, []Event{{At: 150 * ms, Client: 1, Kind: Released}}, WasGone, LockEnds{LocksGone: 1}},
		{"after a failover that forgot it", 100 * ms, []Event{fault(50*ms, "failover", longestLease), {At: 150 * ms, Client: 1, Kind: Released}}, WasForgotten, LockEnds{LocksForgotten: 1}},
		{"after a failover that knew of it", 300 * ms, []Event{fault(50*ms, "failover", 0), {At: 60 * ms, Kind: Rewound}, {At: 150 * ms, Client: 1, Kind: Released}}, WasGone, LockEnds{LocksGone: 1}},
		{"after an outage", 300 * ms, append(outage, Event{At: 150 * ms, Client: 1, Kind: Released}), WasForgotten, LockEnds{LocksForgotten: 1}},
		{"after a reset", 300 * ms, []Event{fault(50*ms, "reset", longestLease), {At: 150 * ms, Client: 1, Kind: Released}}, WasReset, LockEnds{Disowned: 1}},
	} {
		b := NewBoard(Config{Lanes: []string{"spin"}, Clients: 2}.LaneInfo(0))
		b.Apply(Event{Client: 1, Kind: Received, Alert: 1})
		b.Apply(Event{Client: 1, Kind: Attempted})
		b.Apply(Event{Client: 1, Kind: Granted, Lease: c.lease})
		b.applyAll(c.events)
		b.Apply(Event{At: 200 * ms, Client: 1, Kind: Expired})
		if s := b.Snapshot(200*ms, View{}); s.LastRefusal != c.want || s.LockEnds != c.ends {
			t.Errorf("%s: %q, %+v, want %q, %+v", c.name, s.LastRefusal, s.LockEnds, c.want, c.ends)
		}
	}
}
