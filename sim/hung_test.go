package sim

import (
	"cmp"
	"slices"
	"testing"
	"time"
)

// TestALaneHangsWhenNobodyWillComeBack, and not while somebody or something will.
func TestALaneHangsWhenNobodyWillComeBack(t *testing.T) {
	const s = time.Second
	wants := []Event{{At: s, Client: 1, Kind: Received}, {At: s, Client: 1, Kind: Attempted}, {At: s, Client: 1, Kind: Failed}}
	refused := func(at time.Duration) []Event {
		return []Event{
			{At: at, Client: 2, Kind: Attempted}, {At: at, Client: 2, Kind: Granted, Lease: s}, {At: at, Client: 2, Kind: Read},
			{At: at, Client: 2, Kind: Written, Value: "1.000000:1"}, {At: at, Client: 2, Kind: Refused},
		}
	}
	for _, c := range []struct {
		name   string
		events []Event
		now    time.Duration
		hung   bool
	}{
		{"it has not waited long", nil, 5 * s, false},
		{"it has waited for longer than the lane's patience", nil, 7 * s, true},
		{"it keeps trying", []Event{{At: 6 * s, Client: 1, Kind: Attempted}, {At: 6 * s, Client: 1, Kind: Failed}}, 7 * s, true},
		{"somebody is inside", []Event{{At: s, Client: 2, Kind: Granted}}, 60 * s, false},
		{"somebody who was inside has crashed", []Event{{At: s, Client: 2, Kind: Granted}, {At: 2 * s, Client: 2, Kind: Crashed}}, 8 * s, true},
		{"and its lease is still to run out", []Event{{At: s, Client: 2, Kind: Granted, Lease: 20 * s}, {At: 2 * s, Client: 2, Kind: Crashed}}, 25 * s, false},
		{"and its lease has run out", []Event{{At: s, Client: 2, Kind: Granted, Lease: 20 * s}, {At: 2 * s, Client: 2, Kind: Crashed}}, 27 * s, true},
		{"somebody is paused", []Event{{At: s, Client: 2, Kind: Faulted, Text: "pause:for=30s"}}, 25 * s, false},
		{"a connection is cut for a time", []Event{{At: s, Client: 2, Kind: Faulted, Text: "cut:for=30s"}}, 33 * s, false},
		{"that time is over", []Event{{At: s, Client: 2, Kind: Faulted, Text: "cut:for=30s"}}, 37 * s, true},
		{"a node stays away", []Event{{At: s, Kind: Faulted, Text: "restart:node=2"}}, 12 * s, false},
		{"the node is back", []Event{{At: s, Kind: Faulted, Text: "restart:node=2"}}, 17 * s, true},
		{"somebody made an update", []Event{{At: 6 * s, Client: 2, Kind: Written, Value: "1.000000:1"}, {At: 6 * s, Client: 2, Kind: Acked}}, 8 * s, false},
		{"every write is refused", slices.Concat(refused(2*s), refused(4*s), refused(6*s)), 7 * s, true},
		{"the lane was ended long ago, before its patience was", []Event{{At: 3 * s, Kind: Stopped}}, 60 * s, false},
		{"the lane was ended when its patience was", []Event{{At: 7 * s, Kind: Read}, {At: 7 * s, Kind: Stopped}}, 60 * s, true},
	} {
		b := NewBoard(LaneInfo{Locks: true, Critical: true, Clients: 2, Patience: 5 * s, Away: 10 * s})
		events := slices.Concat(wants, c.events)
		slices.SortStableFunc(events, func(a, b Event) int { return cmp.Compare(a.At, b.At) })
		for _, e := range events {
			b.Apply(e)
		}
		if got := b.Snapshot(c.now, View{}).Verdict == Hung; got != c.hung {
			t.Errorf("a client waits, and %s: hung %v, want %v", c.name, got, c.hung)
		}
	}
}
