package tui

import (
	"testing"
	"time"

	"locktop/sim"
)

func TestAStepIsToldInWords(t *testing.T) {
	const ms = time.Millisecond
	type step struct {
		event sim.Event
		want  string // what is said once it is folded; empty: no reply
	}
	b := sim.NewBoard(sim.LaneInfo{Critical: true, Strategy: "none", Clients: 3})
	for i, s := range []step{
		{sim.Event{Client: 1, Kind: sim.Received, Alert: 1, Latency: 10 * ms}, ""},
		{sim.Event{Client: 2, Kind: sim.Received, Alert: 1, Latency: 20 * ms}, ""},
		{sim.Event{Client: 1, Kind: sim.Read}, "c1: GET, there is no value yet"},
		{sim.Event{Client: 2, Kind: sim.Read}, "c2: GET, there is no value yet"},
		{sim.Event{Client: 1, Kind: sim.Written, Value: "10.000000:1"}, ""},
		{sim.Event{Client: 1, Kind: sim.Acked}, "c1: SET, it was told OK"},
		{sim.Event{Client: 3, Kind: sim.Read, Value: "10.000000:1"}, "c3: GET, it read n=1"},
		{sim.Event{Client: 2, Kind: sim.Written, Value: "20.000000:1"}, ""},
		{sim.Event{Client: 2, Kind: sim.Acked, Value: "10.000000:1"}, "c2: SET n=1, and c1's update is lost"},
		{sim.Event{Client: 1, Kind: sim.Granted, Lease: ms}, "c1: SET NX, it has the lock"},
		{sim.Event{Client: 3, Kind: sim.Failed}, "c3: SET NX, but c1 has the lock"},
		{sim.Event{Client: 1, Kind: sim.Expired}, "c1: release, but its lease had run out"},
		{sim.Event{Client: 1, Kind: sim.Unknown}, "c1: SET, and no reply came"},
	} {
		s.event.At = time.Duration(i+1) * ms
		b.Apply(s.event)
		if s.want == "" {
			continue
		}
		if got := replyText(b.Snapshot(s.event.At, sim.View{})); got != s.want {
			t.Errorf("%v of client %d: %q, want %q", s.event.Kind, s.event.Client, got, s.want)
		}
	}
}
