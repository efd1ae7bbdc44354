package sim

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"locktop/lock/redistest"
)

// TestTheScorecardHasItsShape: what the strategies cost beside each other is the
// same on any machine. Of each claim, one quiet run out of some has to show it.
func TestTheScorecardHasItsShape(t *testing.T) {
	if redistest.Instrumented {
		t.Skip("times mean something only at full speed")
	}
	cfg := CompareDefaults()
	redistest.Real(t) // says what is missing where it is
	cfg.Source = source(t, "spawn")
	cfg.Work, cfg.Alerts = 2*time.Millisecond, 40
	var names []string
	for _, s := range Strategies() {
		if !s.Broken {
			names = append(names, s.Name)
		}
	}
	const tries = 20 // none is taken but to make up for a machine that has other things to do
	var unshown map[string]string
	for try := 1; ; try++ {
		r, err := Compare(t.Context(), cfg, names, 1, func(int, int, *Snapshot) {})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range r.Lanes { // luck plays no part in these
			s, _ := StrategyNamed(l.Lane.Strategy)
			if want := int64(cfg.Clients * cfg.Alerts); l.Acked != want || len(l.Failed) > 0 {
				t.Errorf("%s: %d of %d acked, failed checks %v", s.Name, l.Acked, want, l.Failed)
			}
			if s.Safe && (l.Lost > 0 || l.Verdict != Correct) {
				t.Errorf("%s lost %d and is %s", s.Name, l.Lost, l.Verdict)
			}
			if s.Name == "none" && 2*l.Lost <= l.Acked {
				t.Errorf("none lost %d of %d", l.Lost, l.Acked)
			}
		}
		broken := misshapen(r)
		for claim := range unshown {
			if _, still := broken[claim]; !still {
				delete(unshown, claim)
			}
		}
		if try == 1 {
			unshown = broken
		}
		if len(unshown) == 0 || t.Failed() {
			return
		}
		if try == tries {
			t.Fatalf("in none of %d tries: %s", tries, slices.Sorted(maps.Values(unshown)))
		}
	}
}

// misshapen says what is not as it should be in a scorecard, by what is claimed of it.
func misshapen(r Result) (broken map[string]string) {
	broken = map[string]string{}
	lanes := map[string]LaneResult{}
	var fastest float64 // of the locks
	for _, l := range r.Lanes {
		lanes[l.Lane.Strategy] = l
		if l.Lane.Locks {
			fastest = max(fastest, l.KeptPerSecond())
		}
	}
	if atomic := lanes["atomic"].KeptPerSecond(); atomic < 5*fastest {
		broken["atomic is faster"] = fmt.Sprintf("atomic keeps %.0f/s, the fastest lock %.0f/s", atomic, fastest)
	}
	if none := lanes["none"].KeptPerSecond(); none >= fastest {
		broken["none is slower"] = fmt.Sprintf("none keeps %.0f/s, the fastest lock %.0f/s", none, fastest)
	}
	fair := lanes["fair"]
	if fair.Jain < 0.99 {
		broken["fair is fair"] = fmt.Sprintf("fair has a Jain index of %.3f", fair.Jain)
	}
	for _, l := range r.Lanes {
		if l.Lane.Locks && l.WaitP99 < fair.WaitP99 {
			broken["fair waits less than "+l.Lane.Strategy] = fmt.Sprintf("p99 of %s is %v, of fair %v", l.Lane.Strategy, l.WaitP99, fair.WaitP99)
		}
	}
	return broken
}

// TestCompareTellsOfItsProgress and returns what it has when it is interrupted.
func TestCompareTellsOfItsProgress(t *testing.T) {
	cfg := CompareDefaults()
	cfg.Clients, cfg.Alerts, cfg.Work = 4, 5, 0
	var told []int
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := Compare(ctx, cfg, []string{"atomic", "block", "none"}, 2, func(_, i int, s *Snapshot) {
		if s.Stopped {
			told = append(told, i)
		}
		if i == 1 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || fmt.Sprint(told) != "[0 1]" {
		t.Errorf("%v, told of %v", err, told)
	}
	if len(r.Lanes) != 1 || r.Lanes[0].Lane.Strategy != "atomic" || r.Lanes[0].Kept != 20 || r.Backend == "" {
		t.Errorf("%+v", r)
	}
}
