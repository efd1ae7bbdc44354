package tui

import (
	"strings"
	"testing"
	"time"

	"locktop/sim"
)

func TestWhyRedisForgot(t *testing.T) {
	for _, c := range []struct {
		fault string
		words []string // in the picture
		line  string   // at 80 columns
	}{
		{"failover:for=200ms", []string{
			"2nd lost in spin", "2 acknowledged updates vanished (c3 c2)", "a replica took over", "↯ n=4",
			"c2 was told OK for n=5, and it was in Redis; then a replica took over that had not heard of it yet.", "no client erased it",
		}, "WHY c2 was told OK for n=5, then a replica took over, back at n=4"},
		{"restart", []string{
			"6th lost in spin", "6 acknowledged updates vanished (c3 c2 c1)", "Redis restarted", "↯ empty",
			"then the server restarted without its data.", "no client erased it",
		}, "WHY c1 was told OK for n=1, then Redis restarted, empty: it and 5 more vanished"},
	} {
		f := forgotten(c.fault)
		contains(t, text(f, 120, 40), append(c.words, "c1 forgotten")...)
		contains(t, text(f, 80, 24), c.line)
	}
}

// TestTimesThatAreForgottenAreToldApart: two restarts are not one large loss.
func TestTimesThatAreForgottenAreToldApart(t *testing.T) {
	l := newLog(0, "none", 2, 0)
	at := 5 * ms
	for range 2 {
		for c := 1; c <= 2; c++ {
			l.receive(at, c)
			l.read(at+ms, c)
			l.write(at+3*ms, c)
			at += 5 * ms
		}
		l.rewind(at, "restart", "")
		at += 5 * ms
	}
	contains(t, why(l, 2), "4th lost in none", "2 acknowledged updates vanished (c2 c1)")
}

func TestVerdictsOnLanesWithFaults(t *testing.T) {
	hung := func(change func(*sim.Snapshot)) Frame {
		f := deadHolders()
		s := *f.Snapshots[0]
		change(&s)
		f.Snapshots[0] = &s
		return f
	}
	for _, c := range []struct {
		name  string
		frame Frame
		w     int
		words []string
	}{
		{"the holder has crashed", deadHolders(), 120, []string{
			"block lease=0s ✗ HUNG: 3 wait for ever, c3 crashed with the lock", "block lease=500ms ✓ CORRECT", "held by c3 (crashed), no lease",
			"WHY NOBODY GETS ON   in block lease=0s", "c3 crashed with the lock, which has no lease. Three clients wait for ever.", "REMEDY A lease",
		}},
		{"the same in 80 columns", deadHolders(), 80, []string{"✗ HUNG: 3 wait for ever │", "WHY c3 crashed with the lock, which has no lease. Three clients wait for ever."}},
		{"the same in 45 columns", deadHolders(), 45, []string{"block#1 ✗ HUNG", "block#2 ✓"}},
		{"the lock is free", hung(func(s *sim.Snapshot) { s.Holder, s.Waiting, s.WaitingCount = 0, []int{4}, 1 }), 120, []string{
			"✗ HUNG: 1 waits for ever, though the lock is free", "The lock is free, but no signal will come. c4 waits for ever.",
		}},
		{"the holder lives", hung(func(s *sim.Snapshot) { s.HolderPhase = sim.Holding }), 120, []string{
			"nobody will release", "c3 has the lock and does not release it.",
		}},
		{"late writers are fenced off", pausedHolders(), 120, []string{"block ✓ CORRECT by luck: lost 0, 3 overlaps", "fenced ✓ CORRECT: lost 0, the fence keeps late writes out"}},
		{"the same in 80 columns", pausedHolders(), 80, []string{"fenced ✓ CORRECT behind a fence"}},
	} {
		t.Run(c.name, func(t *testing.T) { contains(t, text(c.frame, c.w, c.w/3), c.words...) })
	}
}

func TestTheHolderIsDescribed(t *testing.T) {
	for _, c := range []struct {
		s    sim.Snapshot
		want string
	}{
		{sim.Snapshot{HolderPhase: sim.Holding, Lease: time.Second, LeaseLeft: ms}, ""},
		{sim.Snapshot{HolderPhase: sim.Holding, Lease: time.Second}, "ran out"},
		{sim.Snapshot{HolderPhase: sim.Dead, Lease: time.Second, LeaseLeft: ms}, "crashed"},
		{sim.Snapshot{HolderPhase: sim.Dead, Lease: time.Second}, "crashed, ran out"},
		{sim.Snapshot{HolderPhase: sim.Suspended, Lease: time.Second, LeaseLeft: ms}, "paused"},
		{sim.Snapshot{HolderPhase: sim.Holding, Lease: time.Second, LostTo: sim.Failover}, "forgotten"},
		{sim.Snapshot{HolderPhase: sim.Dead, LostTo: sim.Restart}, "crashed, forgotten"},
		{sim.Snapshot{HolderPhase: sim.Holding, Lease: time.Second, LostTo: sim.Jump}, "ran out"},
	} {
		if got := holderIll(&c.s); got != c.want {
			t.Errorf("phase %d, lease %v, lost to %q: %q, want %q", c.s.HolderPhase, c.s.LeaseLeft, c.s.LostTo, got, c.want)
		}
	}
}

// TestEveryFaultThatStruckIsToldInWords, also those of presets.
func TestEveryFaultThatStruckIsToldInWords(t *testing.T) {
	single, several := sim.LaneInfo{Nodes: 1}, sim.LaneInfo{Nodes: 3, Own: "nodes=3"}
	for _, c := range []struct {
		fault string
		lane  sim.LaneInfo
		want  string
	}{
		{"pause:client=2:at=write:for=900ms", single, "c2 paused for 900ms before its write"},
		{"crash:client=2:at=command", single, "c2 crashed"},
		{"crash:client=2:at=woken", single, "c2 crashed when it was woken"},
		{"swallow:client=2:at=write", single, "a reply to c2 lost"},
		{"delay:client=2:for=1m", single, "a command of c2 held up for 1m"},
		{"cut:client=2:for=0s", single, "c2 cut off from Redis"},
		{"cut:client=2:node=3:for=1s", several, "c2 cut off from node 3 for 1s"},
		{"expire", single, "the lease was ended"},
		{"jump:for=400ms", single, "the clock of Redis jumped 400ms ahead"},
		{"restart", single, "Redis restarted, empty"},
		{"restart:node=2", several, "node 2 restarted, empty"},
		{"failover:for=200ms", single, "a replica took over, 200ms behind"},
		{"failover:for=200ms", sim.LaneInfo{Nodes: 1, Own: "replica=synced"}, "a replica took over"},
		{"nonsense", single, ""},
	} {
		what, where := struck(&sim.Event{Client: 2, Text: c.fault}, c.lane)
		if what+where != c.want {
			t.Errorf("%s: %q, want %q", c.fault, what+where, c.want)
		}
	}
	for _, p := range sim.Points() {
		if atPoint[p] == "" && p != sim.AtCommand {
			t.Errorf("the point %s has no words", p)
		}
	}
}

func TestTheLegendHasWhatHasHappened(t *testing.T) {
	for _, c := range []struct {
		f         Frame
		has, lack []string
	}{
		{twoLanes(6), nil, []string{"fault", "paused", "crashed"}},
		{pausedHolders(), []string{"↯ fault", "z paused"}, []string{"crashed"}},
		{deadHolders(), []string{"↯ fault", "_ crashed"}, []string{"paused"}},
		{forgotten("restart"), []string{"↯ fault"}, []string{"paused", "crashed"}},
	} {
		for _, w := range []int{120, 80, 60} {
			line := strings.Split(text(c.f, w, 24), "\n")[21]
			contains(t, line, c.has...)
			contains(t, line, "✗ erased", "█ hold")
			for _, word := range c.lack {
				if strings.Contains(line, word) {
					t.Errorf("%d columns: %q explains %s", w, line, word)
				}
			}
		}
	}
}
