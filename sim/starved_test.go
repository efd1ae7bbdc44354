package sim

import (
	"strings"
	"testing"
	"time"
)

// TestPercentilesHideNoStarvedClients: while half of the clients have waited longer than nearly all waits that ended, those are
// not the waits of the lane, however many they are.
func TestPercentilesHideNoStarvedClients(t *testing.T) {
	const grants = 400
	for _, c := range []struct {
		name            string
		waiting, gone   int // of the six: c2 and so on
		starved, median bool
	}{
		{"five of six wait", 5, 0, true, false},
		{"half of them wait", 3, 0, true, false},
		{"one of two that are left waits", 1, 4, true, false},
		{"one of six waits", 1, 0, false, true},
		{"nobody waits", 0, 0, false, true},
	} {
		b := NewBoard(LaneInfo{Strategy: "spin", Locks: true, Critical: true, Clients: 6, Nodes: 1})
		for i := range c.gone {
			b.Apply(Event{Client: 6 - i, Kind: Finished})
		}
		for i := range c.waiting {
			b.Apply(Event{Client: 2 + i, Kind: Attempted})
		}
		at := time.Duration(0)
		for range grants {
			b.Apply(Event{At: at, Client: 1, Kind: Attempted})
			b.Apply(Event{At: at + 100*time.Microsecond, Client: 1, Kind: Granted})
			b.Apply(Event{At: at + ms, Client: 1, Kind: Released})
			at += 5 * ms
		}
		s := b.Snapshot(at, View{First: 1, Count: 6})
		if s.Starved() != c.starved {
			t.Errorf("%s: starved is %v", c.name, s.Starved())
		}
		for _, m := range []Measure{WaitMedian, WaitTail} {
			if f := s.Figure(m); f.Known() != c.median || !c.median && !strings.Contains(f.Why, "waited longer") {
				t.Errorf("%s: percentile %d is %+v", c.name, m, f)
			}
		}
		for i, v := range s.Clients {
			want := 100 * time.Microsecond // of a wait that has ended
			switch {
			case 1 <= i && i <= c.waiting:
				want = at
			case i > 0:
				want = 0
			}
			if v.Waited != want {
				t.Errorf("%s: c%d has waited up to %v, want %v", c.name, v.Number, v.Waited, want)
			}
		}
	}
}
