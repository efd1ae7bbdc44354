package sim

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"locktop/sim/bubble"
)

// inArena runs f with an arena, in a bubble.
func inArena(t testing.TB, cfg ArenaConfig, f func(a *Arena) error) {
	t.Helper()
	err := bubble.Run(func() error {
		a, err := OpenArena(cfg)
		if err != nil {
			return err
		}
		defer func() {
			if err := a.Close(); err != nil {
				t.Error(err)
			}
		}()
		return f(a)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// makeAll makes moves from the start, as written.
func makeAll(a *Arena, moves string) error {
	if err := a.Start(); err != nil {
		return err
	}
	for _, text := range strings.Fields(moves) {
		m, err := ParseMove(text)
		if err != nil {
			return err
		}
		if err := a.Make(m); err != nil {
			return err
		}
	}
	return nil
}

// storyOf writes what was done as a script of a play.
func storyOf(steps []Step) string {
	var b strings.Builder
	for _, s := range steps {
		fmt.Fprintf(&b, "%s %s → %s", s.Move, s.Command, s.Reply)
		if s.Waits || len(s.Woken) > 0 {
			fmt.Fprintf(&b, " waits %t wakes %v", s.Waits, s.Woken)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestArenaTellsWhatIsDone(t *testing.T) {
	for _, e := range []struct {
		cfg         ArenaConfig
		moves, want string
		outcome     Outcome
	}{
		{ArenaConfig{Lane: "none", Clients: 2}, "1 2 1 2", `
1 GET average → nil
2 GET average → nil
1 SET average 48.9:1 → OK, was empty
2 SET average 37.2:1 → OK, was 48.9:1
`, Outcome{Acked: 2, Kept: 1, Lost: 1, Overlap: true}},
		{ArenaConfig{Lane: "block", Clients: 2}, "1 2 1 2 1 1 2 2 2 2", `
1 SET lock c1 NX → OK
2 SET lock c2 NX → nil
1 GET average → nil
2 BLPOP signal 1s → [signal 1] waits true wakes []
1 SET average 48.9:1 → OK, was empty
1 release.lua lock c1 → released waits false wakes [2]
2 SET lock c2 NX → OK
2 GET average → 48.9:1
2 SET average 86.2:2 → OK, was 48.9:1
2 release.lua lock c2 → released
`, Outcome{Acked: 2, Kept: 2}},
		{ArenaConfig{Lane: "watch", Clients: 2}, "1 2 1 2 1 2 2 2 2", `
1 WATCH average → OK
2 WATCH average → OK
1 GET average → nil
2 GET average → nil
1 EXEC SET average 48.9:1 → OK, was empty
2 EXEC SET average 37.2:1 → nil: the key has changed
2 WATCH average → OK
2 GET average → 48.9:1
2 EXEC SET average 86.2:2 → OK, was 48.9:1
`, Outcome{Acked: 2, Kept: 2, Refused: 1}},
		{ArenaConfig{Lane: "spin:fence=acquire", Clients: 2, Expiries: 1}, "1 1 e 2 1 2 1 2 2", `
1 acquire.lua lock c1 → 1
1 GET average → nil
e  → 
2 acquire.lua lock c2 → 2
1 guarded_set.lua average 48.9:1 → refused: the token is stale
2 GET average → nil
1 release.lua lock c1 → not the owner any more
2 guarded_set.lua average 37.2:1 → OK, was empty
2 release.lua lock c2 → released
`, Outcome{Acked: 1, Kept: 1, Refused: 1, Overlap: true}},
		{ArenaConfig{Lane: "broken-wait", Clients: 2, Crashes: 1}, "1 2 2 x1", `
1 SET lock c1 NX → OK
2 SET lock c2 NX → nil
2 BLPOP signal →  waits true wakes []
x1  → 
`, Outcome{Hung: true}},
		{ArenaConfig{Lane: "fair", Clients: 2}, "1 2 1 2 1 1 1 2 2 2", `
1 SET lock c1 NX → OK
2 SET lock c2 NX → nil
1 GET average → nil
2 line.lua lock c2 → [0 0 -1 0 1 c1 c2 0 1]
1 SET average 48.9:1 → OK, was empty
1 release.lua lock c1 → not released: somebody stands in line
1 handover.lua lock c1 → handed over
`, Outcome{}},
	} {
		t.Run(e.cfg.Lane, func(t *testing.T) {
			inArena(t, e.cfg, func(a *Arena) error {
				a.Trace(true)
				moves := strings.Fields(e.moves)
				if e.cfg.Lane == "fair" { // how it goes on is the lock's own affair
					moves = moves[:7]
				}
				if err := makeAll(a, strings.Join(moves, " ")); err != nil {
					return err
				}
				if got := "\n" + storyOf(a.Steps()); got != e.want {
					t.Errorf("got %s\nwant %s", got, e.want)
				}
				if len(moves) == len(strings.Fields(e.moves)) {
					if got := a.Outcome(); got != e.outcome {
						t.Errorf("the outcome is %+v, want %+v", got, e.outcome)
					}
				}
				return nil
			})
		})
	}
}

// TestArenaIsRepeatable plays a schedule, others, and the first one again.
func TestArenaIsRepeatable(t *testing.T) {
	for _, cfg := range []ArenaConfig{
		{Lane: "spin", Clients: 3, Expiries: 1, Crashes: 1}, {Lane: "block", Clients: 3, Crashes: 1}, {Lane: "watch", Clients: 3},
		{Lane: "fenced", Clients: 2, Expiries: 1}, {Lane: "fair", Clients: 3}, {Lane: "redlock", Clients: 2},
		{Lane: "redlock:nodes=3", Clients: 2, Expiries: 1, Crashes: 1},
	} {
		t.Run(cfg.Lane, func(t *testing.T) {
			inArena(t, cfg, func(a *Arena) error {
				a.Trace(true)
				var first []string
				for round := range 3 {
					for way := range 6 {
						if err := a.Start(); err != nil {
							return err
						}
						signatures := []uint64{a.Signature()}
						for i := 0; len(a.Moves()) > 0; i++ {
							moves := a.Moves()
							if err := a.Make(moves[(i*way+i/3)%len(moves)]); err != nil {
								return err
							}
							signatures = append(signatures, a.Signature())
						}
						story := fmt.Sprint(storyOf(a.Steps()), a.Outcome(), signatures)
						if round == 0 {
							first = append(first, story)
						} else if story != first[way] {
							t.Errorf("round %d, way %d:\n%s\nwas\n%s", round, way, story, first[way])
						}
					}
				}
				return nil
			})
		})
	}
}

func TestArenaRefusesMoves(t *testing.T) {
	inArena(t, ArenaConfig{Lane: "none", Clients: 2}, func(a *Arena) error {
		for _, moves := range []string{"3", "e", "x1", "1 1 1", "1/2"} {
			err := makeAll(a, moves)
			if err == nil || !strings.Contains(err.Error(), "cannot be made") {
				t.Errorf("%s: got %v", moves, err)
			}
		}
		return makeAll(a, "1 2 2 1")
	})
	for _, cfg := range []ArenaConfig{
		{Lane: "none", Clients: 0}, {Lane: "none", Clients: 10}, {Lane: "no such", Clients: 2}, {Lane: "none", Clients: 2, Expiries: 1},
		{Lane: "spin:lease=0", Clients: 2, Expiries: 1}, {Lane: "spin", Clients: 2, Crashes: -1},
	} {
		if cfg.Validate() == nil {
			t.Errorf("%+v is accepted", cfg)
		}
	}
}

func TestArenaPlayers(t *testing.T) {
	inArena(t, ArenaConfig{Lane: "block", Clients: 3, Crashes: 1}, func(a *Arena) error {
		a.Trace(true)
		if err := makeAll(a, "1 1 2 2 3 x1"); err != nil {
			return err
		}
		want := []Player{
			{Number: 1, Over: true, Crashed: true},
			{Number: 2, Waits: true},
			{Number: 3, Next: "BLPOP signal 1s", Sends: true},
		}
		if got := a.Players(); !slices.Equal(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
		return nil
	})
}

func TestMoves(t *testing.T) {
	for _, text := range []string{"1", "9", "2/3", "e", "x4"} {
		m, err := ParseMove(text)
		if err != nil || m.String() != text {
			t.Errorf("%s became %s, %v", text, m, err)
		}
	}
	for _, text := range []string{"", "0", "-1", "x", "x0", "2/", "2/0", "/3", "x2/3", "E", "1 2"} {
		if m, err := ParseMove(text); err == nil {
			t.Errorf("%q is read as %+v", text, m)
		}
	}
}

// BenchmarkSchedules plays schedules of two clients without a lock.
func BenchmarkSchedules(b *testing.B) {
	inArena(b, ArenaConfig{Lane: "none", Clients: 2}, func(a *Arena) error {
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
}
