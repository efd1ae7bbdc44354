package sim

import (
	"testing"
	"time"

	"locktop/sim/bubble"
)

// enumerate plays every schedule, by depth-first search, and counts outcomes.
func enumerate(t *testing.T, cfg ArenaConfig) (schedules int, lost map[int64]int, overlaps, hung int) {
	t.Helper()
	lost = map[int64]int{}
	start := time.Now()
	err := bubble.Run(func() error {
		a, err := OpenArena(cfg)
		if err != nil {
			return err
		}
		defer a.Close()
		var path []int
		for {
			if err := a.Start(); err != nil {
				return err
			}
			var widths []int
			for i := 0; ; i++ {
				moves := a.Moves()
				if len(moves) == 0 {
					break
				}
				widths = append(widths, len(moves))
				if i == len(path) {
					path = append(path, 0)
				}
				if err := a.Make(moves[path[i]]); err != nil {
					return err
				}
			}
			o := a.Outcome()
			schedules++
			lost[o.Lost]++
			if o.Overlap {
				overlaps++
			}
			if o.Hung {
				hung++
			}
			i := len(path) - 1
			for ; i >= 0 && path[i]+1 == widths[i]; i-- {
			}
			if i < 0 {
				return nil
			}
			path = path[:i+1]
			path[i]++
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v: %d schedules, lost %v, %d overlap, %d hang, in %v (%.0f/s)", cfg, schedules, lost, overlaps, hung, time.Since(start), float64(schedules)/time.Since(start).Seconds())
	return schedules, lost, overlaps, hung
}

func TestArenaCounts(t *testing.T) {
	for _, test := range []ArenaConfig{

		{Lane: "none", Clients: 3},
		{Lane: "watch", Clients: 2},
		{Lane: "broken-wait", Clients: 2},
		{Lane: "broken-wait", Clients: 2, Crashes: 1},
		{Lane: "block", Clients: 2, Crashes: 1},
		{Lane: "fenced", Clients: 2},
	} {
		enumerate(t, test)
	}
}

func BenchmarkSchedules(b *testing.B) {
	err := bubble.Run(func() error {
		a, err := OpenArena(ArenaConfig{Lane: "none", Clients: 2})
		if err != nil {
			return err
		}
		defer a.Close()
		for range b.N { // not b.Loop, for which no time would pass
			if err := a.Start(); err != nil {
				return err
			}
			for len(a.Moves()) > 0 {
				if err := a.Make(a.Moves()[len(a.Made())%len(a.Moves())]); err != nil {
					return err
				}
			}
			a.Outcome()
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

func TestArenaTrace(t *testing.T) {
	err := bubble.Run(func() error {
		for _, cfg := range []ArenaConfig{{Lane: "none", Clients: 2}, {Lane: "block", Clients: 2}, {Lane: "watch", Clients: 2}, {Lane: "fenced", Clients: 2, Expiries: 1}, {Lane: "atomic", Clients: 2}, {Lane: "fair", Clients: 2}} {
			a, err := OpenArena(cfg)
			if err != nil {
				return err
			}
			a.Trace(true)
			if err := a.Start(); err != nil {
				return err
			}
			for i := 0; len(a.Moves()) > 0 && i < 40; i++ {
				m := a.Moves()[i%len(a.Moves())]
				if err := a.Make(m); err != nil {
					return err
				}
			}
			for _, s := range a.Steps() {
				t.Logf("%v %-40s %s %v %v", s.Move, s.Command, s.Reply, s.Waits, s.Woken)
			}
			t.Log(a.Outcome(), a.Players())
			a.Close()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
