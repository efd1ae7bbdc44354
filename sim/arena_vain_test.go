package sim

import (
	"slices"
	"testing"
)

// play makes moves from the start and fails if the schedule hangs before the last.
func (a *Arena) play(t *testing.T, moves string) {
	t.Helper()
	if err := makeAll(a, moves); err != nil {
		t.Fatal(err)
	}
	if a.hung {
		t.Errorf("%s: %s hangs", a.config.Lane, moves)
	}
}

// TestVainCommandsAreSentAgain after their keys have changed, whatever these hold by then.
func TestVainCommandsAreSentAgain(t *testing.T) {
	for _, e := range []struct {
		cfg         ArenaConfig
		what, moves string
		client      int
		want        bool
	}{
		{ArenaConfig{Lane: "block:lease=100ms", Clients: 3}, "a lock that was free, taken and released again", "1 1 1 2 1 2 3 2 3 3 3", 2, true},
		{ArenaConfig{Lane: "spin", Clients: 2}, "a lock that is held as before", "1 2", 2, false},
		{ArenaConfig{Lane: "spin", Clients: 3}, "a lock that has another holder", "1 2 1 1 1 3", 2, true},
		{ArenaConfig{Lane: "broken-wakeup", Clients: 3}, "a signal that the waiter was given", "1 2 2 2 1 1 1 3 2", 2, true},
		{ArenaConfig{Lane: "broken-release", Clients: 3}, "a lock that is held as before, by one who was given a signal", "1 1 1 1 1 3 2 2 1", 2, true},
	} {
		inArena(t, e.cfg, func(a *Arena) error {
			a.play(t, e.moves)
			if got := slices.Contains(a.Moves(), Move{Kind: Send, Client: e.client}); got != e.want {
				t.Errorf("%s: %s: that client %d can send is %t: %v", e.cfg.Lane, e.what, e.client, got, a.Moves())
			}
			return nil
		})
	}
}

// TestPollingLocksHangOnlyWithoutALease plays what a crashed holder leaves to one that asks again and again.
func TestPollingLocksHangOnlyWithoutALease(t *testing.T) {
	for _, e := range []struct {
		lane, moves string // of one who acquires, reads, writes and crashes
		want        Outcome
	}{
		{"fair", "1 1 1 x1", Outcome{Acked: 1, Kept: 1, Hung: true}},
		{"fair:lease=10m", "1 1 1 x1", Outcome{Acked: 2, Kept: 2}},
		{"redlock", "1/1 1/2 1/3 1/4 1/5 1/1 1/1 x1", Outcome{Acked: 2, Kept: 2}},
	} {
		inArena(t, ArenaConfig{Lane: e.lane, Clients: 2, Crashes: 1}, func(a *Arena) error {
			if err := makeAll(a, e.moves); err != nil {
				return err
			}
			for len(a.Moves()) > 0 {
				if err := a.Make(a.Moves()[0]); err != nil {
					return err
				}
			}
			if o := a.Outcome(); o != e.want {
				t.Errorf("%s: %+v, want %+v", e.lane, o, e.want)
			}
			return nil
		})
	}
}
