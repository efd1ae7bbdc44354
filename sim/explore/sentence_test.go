package explore_test

import (
	"strings"
	"testing"

	"locktop/sim"
	"locktop/sim/explore"
)

func parsed(t *testing.T, schedule string) explore.Schedule {
	t.Helper()
	s, err := explore.ParseSchedule(schedule)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestWhatHasComeOfItInWords is for schedules of every end there is.
func TestWhatHasComeOfItInWords(t *testing.T) {
	for _, c := range []struct {
		schedule, sentence, brief string
		wrong                     bool
	}{
		{"none@2: 1", "0 of 2 updates acked, 0 kept", "0 of 2 kept", false},
		{"none@2: 1 1 2 2", "2 of 2 updates acked, 2 kept: nothing is lost", "2 of 2 kept", false},
		{"none@2: 1 2 2 1", "2 of 2 updates acked, 1 kept: c1 wrote what it had computed from n=0, and erased c2's sample", "1 of 2 kept, c1 erased c2's", true},
		{"none@3: 1 2 2 3 3 1", "3 of 3 updates acked, 1 kept: c1 wrote what it had computed from n=0, and erased c2's and c3's sample", "1 of 3 kept, c1 erased c2's and c3's", true},
		{"none@2: 1 x1 2 2", "1 of 2 updates acked, 1 kept: nothing is lost", "1 of 2 kept", false},
		{"block@2: 1 2 2 x1", "0 of 2 updates acked, 0 kept: c2 waits for ever: the lock is that of c1, which has crashed, and has no lease", "0 of 2 kept, some wait for ever", true},
		{"block@3: 1 2 2 3 3 x1", "0 of 3 updates acked, 0 kept: c2 and c3 wait for ever: the lock is that of c1, which has crashed, and has no lease", "0 of 3 kept, some wait for ever", true},
		{"spin@2: 1 1 e 2", "0 of 2 updates acked, 0 kept: two were inside at once, which does not have to end well", "0 of 2 kept, two were inside at once", true},
	} {
		p, err := explore.Play(parsed(t, c.schedule))
		if err != nil {
			t.Fatal(err)
		}
		if p.Sentence() != c.sentence || p.Brief() != c.brief || p.Wrong() != c.wrong {
			t.Errorf("%s:\n%s\n%s\nwrong %v", c.schedule, p.Sentence(), p.Brief(), p.Wrong())
		}
	}
}

// TestAStateIsSeenWhole: what the clients are about to do, and what Redis holds.
func TestAStateIsSeenWhole(t *testing.T) {
	s := parsed(t, "spin:lease=100ms@2: 1 1 2")
	arena := s.Arena()
	arena.Expiries, arena.Crashes = 1, 1
	p, err := explore.PlayIn(arena, s.Moves)
	if err != nil {
		t.Fatal(err)
	}
	var moves []string
	for _, m := range p.Moves {
		moves = append(moves, m.String())
	}
	if got := strings.Join(moves, " "); got != "1 e x1 x2" || p.Over {
		t.Errorf("there can be %s, over %v", got, p.Over)
	}
	if len(p.Held) != 1 || p.Held[0].Name != "lock" || p.Held[0].Value != "c1" || p.Held[0].TTL <= 0 {
		t.Errorf("Redis holds %+v", p.Held)
	}
	want := []sim.Player{
		{Number: 1, Next: "SET average 48.9:1", Sends: true, Inside: true},
		{Number: 2, Next: "SET lock c2 NX PX 100"},
	}
	for i, player := range p.Players {
		if player != want[i] {
			t.Errorf("client %d is %+v, want %+v", i+1, player, want[i])
		}
	}
}

// TestALeaseIsSpelledOut so that what is left of a schedule is of the same race.
func TestALeaseIsSpelledOut(t *testing.T) {
	for from, to := range map[string]string{
		"spin@2: 1 e":              "spin:lease=100ms@2: 1 e",
		"spin:lease=50ms@2: 1 e":   "spin:lease=50ms@2: 1 e",
		"spin@2: 1":                "spin@2: 1",
		"redlock:nodes=3@2: 1/1 e": "redlock:nodes=3:lease=100ms@2: 1/1 e",
	} {
		if got := parsed(t, from).WithLease().String(); got != to {
			t.Errorf("%s becomes %s, want %s", from, got, to)
		}
	}
	a, err := explore.Play(parsed(t, "spin@2: 1 1 e 2 2 2 1 1 2"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := explore.Play(a.Schedule.WithLease())
	if err != nil {
		t.Fatal(err)
	}
	if x, y := strings.Join(a.Diagram(80, explore.ASCII), "\n"), strings.Join(b.Diagram(80, explore.ASCII), "\n"); x != y {
		t.Errorf("with its lease spelled out, it is\n%s\nand was\n%s", y, x)
	}
}
