package sim

import "testing"

// TestFewUpdatesTellNoRates and no fairness, however many there could have been: clients of a
// lane that hangs have made two of 180 updates.
func TestFewUpdatesTellNoRates(t *testing.T) {
	c := deterministic("spin")
	c.Lease, c.Alerts = 0, 30
	fault, err := ParseFault("crash:at=acquired:nth=3")
	if err != nil {
		t.Fatal(err)
	}
	c.Faults = []Fault{fault}
	r, _ := logOf(t, c)
	s := r.Lanes[0].Snapshot
	if s.Verdict != Hung || s.Acked != 2 {
		t.Fatalf("%s with %d updates, want a lane that hangs after 2", s.Verdict, s.Acked)
	}
	for _, m := range []Measure{KeptRate, CommandRate, Fairness} {
		if f := s.Figure(m); f.Known() || f.Have != 2 {
			t.Errorf("measure %d is told: %+v", m, f)
		}
	}
	s.JainUpdates, s.JainMost = 160, 27
	if f := s.Figure(Fairness); !f.Known() {
		t.Errorf("enough do: %+v", f)
	}
}
