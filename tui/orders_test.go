package tui

import (
	"strings"
	"testing"

	"locktop/sim"
	"locktop/sim/explore"
)

// TestOrdersThatWereTriedAreNotAll: as long as there are, or may be, others, the grid says so and shows no ✓ for all.
func TestOrdersThatWereTriedAreNotAll(t *testing.T) {
	serial := []order{{moves: []sim.Move{{Kind: sim.Send, Client: 1}}, outcome: sim.Outcome{Acked: 2, Kept: 2}}}
	result := func(n uint64, complete bool) *explore.Result {
		return &explore.Result{Schedules: n, Complete: complete, Outcomes: map[sim.Outcome]uint64{{Acked: 2, Kept: 2}: n}}
	}
	for _, e := range []struct {
		what        string
		counts      *explore.Result
		header      string
		title, says string
		next        string
		tick        bool
	}{
		{"while they are tried", nil, "▶ TRIED 1", "THE FIRST 1 ORDERS", "none of 1 order tried so far loses an update", "none of those shown after this one goes wrong", false},
		{"when a limit was reached", result(1, false), "■ SOME ORDERS", "THE FIRST 1 ORDERS", "none of 1 order that were tried (there are more) loses an update", "none of those shown after this one goes wrong", false},
		{"when all were counted", result(7, true), "■ EVERY ORDER", "THE FIRST 1 ORDERS", "✓ none of 7 orders loses an update", "none of those shown after this one goes wrong", true},
		{"when all are shown", result(1, true), "■ EVERY ORDER", "EVERY ORDER", "✓ none of 1 order loses an update", "none after this one goes wrong", true},
	} {
		o := &orders{arena: sim.ArenaConfig{Lane: "spin", Clients: 2}, cells: serial, counts: e.counts}
		s, err := newStepper(o.arena)
		if err != nil {
			t.Fatal(err)
		}
		frame := paintedDrive(&drive{step: s, grid: o, onGrid: true, home: true, alone: true}, 80, 24, false, nil)
		contains(t, frame, e.header, e.title, e.says)
		lines := strings.Split(frame, "\n")
		if strings.Contains(lines[1]+lines[2], "✓ none") != e.tick {
			t.Errorf("%s: %s", e.what, lines[2])
		}
		if got := o.nextWrong(+1); got != e.next {
			t.Errorf("%s: %q, want %q", e.what, got, e.next)
		}
	}
}

// TestSmallestIsWhatNothingSmallerCanBeLeftOutOf: the step screen calls a counterexample the smallest only then.
func TestSmallestIsWhatNothingSmallerCanBeLeftOutOf(t *testing.T) {
	found, err := explore.Run(t.Context(), explore.Options{ArenaConfig: sim.ArenaConfig{Lane: "none", Clients: 2}, Preemptions: -1})
	if err != nil {
		t.Fatal(err)
	}
	part := *found
	part.Smallest = false
	before := explore.Result{}
	for _, e := range []struct {
		found []*explore.Result
		want  string
	}{
		{[]*explore.Result{found}, "the smallest that goes wrong"},
		{[]*explore.Result{&part}, "perhaps not the smallest"},
		{[]*explore.Result{&before, found}, "perhaps not the smallest"},
	} {
		s, err := newStepper(sim.ArenaConfig{Lane: "none", Clients: 2})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.showWrong(e.found); !strings.Contains(got, e.want) {
			t.Errorf("%q, want %q", got, e.want)
		}
	}
}

func TestSharesAreNotRoundedToAllOrNone(t *testing.T) {
	for _, e := range []struct {
		n, of uint64
		want  string
	}{
		{0, 90, "    0 %"}, {84, 90, " 93.3 %"}, {113_380, 113_400, ">99.9 %"}, {1, 10_000, " <0.1 %"}, {6, 6, "  100 %"}, {0, 0, "    0 %"}, {1, 100, "  1.0 %"},
	} {
		if got := shareText(e.n, e.of); got != e.want {
			t.Errorf("%d of %d: %q, want %q", e.n, e.of, got, e.want)
		}
	}
}
