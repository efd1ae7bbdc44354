package explore_test

import (
	"testing"
	"time"

	"locktop/sim"
	"locktop/sim/explore"
)

func TestTry(t *testing.T) {
	for _, c := range []sim.ArenaConfig{
		{Lane: "none", Clients: 2}, {Lane: "none", Clients: 3}, {Lane: "none", Clients: 4},
		{Lane: "spin", Clients: 2}, {Lane: "spin", Clients: 3},
		{Lane: "spin", Clients: 2, Expiries: 1},
		{Lane: "block", Clients: 3}, {Lane: "watch", Clients: 3},
		{Lane: "broken-wakeup", Clients: 2},
		{Lane: "atomic", Clients: 3},
		{Lane: "fair", Clients: 2},
	} {
		start := time.Now()
		r, err := explore.Run(t.Context(), explore.Options{ArenaConfig: c, Preemptions: -1, Timeout: 4 * time.Second})
		if err != nil {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		t.Logf("%+v: %v schedules, played %d, complete %v, lost %v losing %v overlapping %d hanging %d refusing %d in %v", c, r.Schedules, r.Played, r.Complete, r.Lost, r.Losing, r.Overlapping, r.Hanging, r.Refusing, time.Since(start))
		if r.Counterexample != nil {
			t.Logf("   %v %+v", r.Counterexample.Schedule, r.Counterexample)
		}
	}
}
