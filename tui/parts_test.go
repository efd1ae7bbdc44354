package tui

import (
	"regexp"
	"strings"
	"testing"

	"locktop/sim"
	"locktop/tui/chart"
)

// cured is a lane that lost updates without a lock and has one since.
func cured(strategies ...string) Frame {
	cfg := sim.Defaults()
	cfg.Clients, cfg.Lanes = 3, []string{"none"}
	l := newLaneLog(cfg, 0)
	l.lease = 200 * ms
	l.race(3, 250*ms)
	at := 400 * ms
	for _, strategy := range strategies {
		l.change(at, "strategy="+strategy, strategy)
		for c := 1; c <= 3; c++ {
			l.adopt(at+ms, c, strategy)
			l.want(at+2*ms, c)
		}
		for i := range 12 {
			c := i%3 + 1
			at += 40 * ms
			l.grant(at, c)
			l.finish(at+20*ms, c)
			if i < 9 {
				l.want(at+21*ms, c)
			}
		}
		at += 100 * ms
	}
	cfg.Lanes = []string{strategies[len(strategies)-1]}
	return frameOf(cfg, at, l)
}

// TestAVerdictNamesThePartBefore at every width, and the present one is judged by its own updates.
func TestAVerdictNamesThePartBefore(t *testing.T) {
	for _, c := range []struct {
		strategies []string
		w          int
		want       string
	}{
		{[]string{"block"}, 120, `^VERDICT  block ✓ CORRECT: lost 0 since 0\.4s │ before: none ✗ lost [0-9]+ of [0-9]+$`},
		{[]string{"block"}, 60, `^block ✓ CORRECT since 0\.4s │ before: none ✗ lost [0-9]+/[0-9]+$`},
		{[]string{"block"}, 40, `^block ✓ CORRECT │ before: none ✗ [0-9]+/[0-9]+$`},
		{[]string{"spin", "block"}, 120, `^VERDICT  block ✓ CORRECT: lost 0 since 0\.9s │ before: spin ✓ lost 0, none ✗ lost [0-9]+ of [0-9]+$`},
		{[]string{"spin", "block"}, 80, `^block ✓ CORRECT: lost 0 since 0\.9s │ earlier: none ✗ lost [0-9]+ of [0-9]+$`},
		{[]string{"spin", "block"}, 40, `^block ✓ CORRECT │ earlier: none ✗ [0-9]+/[0-9]+$`},
	} {
		f := cured(c.strategies...)
		g := chart.NewGrid(c.w, 1)
		drawVerdicts(g.Area(), &f)
		if line := strings.TrimRight(g.Paint(nil), " "); !regexp.MustCompile(c.want).MatchString(line) {
			t.Errorf("%v in %d columns: %q, want %s", c.strategies, c.w, line, c.want)
		}
	}
	f := cured("block")
	contains(t, text(f, 120, 40), "lost in none", "┄│┄", "inside now: 0 ✓")
	f.Config.Lanes, f.Snapshots = []string{"block", "block"}, append(f.Snapshots, f.Snapshots[0])
	contains(t, text(f, 160, 40), "since 0.4s (before: none ✗ lost")
	for _, second := range []Frame{cured("block"), cured("spin", "block"), twoLanes(6)} { // in words, for either lane
		f.Snapshots[1] = second.Snapshots[len(second.Snapshots)-1]
		for w := 80; w <= 160; w++ {
			g := chart.NewGrid(w, 1)
			drawVerdicts(g.Area(), &f)
			if line := g.Paint(nil); strings.Count(line, "CORRECT") != 2 || !strings.Contains(line, "none ✗") {
				t.Errorf("%d columns: %q", w, line)
			}
		}
	}
	f = cured("spin", "block")
	contains(t, text(f, 120, 40), "since 0.9s", "⇄ 00:00.9") // one time in verdict and border
}

// TestNoTickWhereNothingGoesOn: neither in the verdict nor beside the count of those inside.
func TestNoTickWhereNothingGoesOn(t *testing.T) {
	cfg, preset := presetConfig("dead-holder", 4)
	l := newLaneLog(cfg, 0)
	for c := 1; c <= 2; c++ { // so that it would be correct
		l.receive(ms, c)
	}
	l.grant(2*ms, 1)
	l.finish(4*ms, 1)
	l.grant(6*ms, 2)
	l.finish(8*ms, 2)
	l.receive(10*ms, 3)
	l.grant(15*ms, 3)
	l.want(16*ms, 1, 2, 4)
	cfg.Lanes = cfg.Lanes[:1]
	if s := l.snapshot(18*ms, sim.View{}); s.Verdict != sim.Correct {
		t.Fatalf("before the crash it is %s", s.Verdict)
	}
	l.fault(20*ms, 3, "crash:client=3:at=acquired", 0)
	l.event(20*ms, 3, sim.Crashed, 0)
	for _, c := range []struct {
		w, h int
		want []string
	}{
		{120, 40, []string{"✗ STALLED: c3 crashed with the lock, no lease", "WHY NOBODY GETS ON", "c3 crashed with the lock, which has no lease. Nobody will release it"}},
		{80, 24, []string{"✗ STALLED: c3 crashed", "WHY c3 crashed with the lock, which has no lease."}},
		{40, 12, []string{"✗ STALLED: c3 crashed"}},
	} {
		f := frameOf(cfg, 21*ms, l)
		f.Preset = preset
		picture := text(f, c.w, c.h)
		contains(t, picture, c.want...)
		if strings.Contains(picture, "✓") {
			t.Errorf("%d×%d: a tick in\n%s", c.w, c.h, picture)
		}
		f.View = ClientsView
		if picture = text(f, c.w, c.h); strings.Contains(picture, "✓") {
			t.Errorf("%d×%d: a tick in\n%s", c.w, c.h, picture)
		}
	}
	past := NewPastRun(1, "", sim.Result{Config: cfg, Lanes: []sim.LaneResult{{Snapshot: l.snapshot(21*ms, sim.View{})}}})
	f := frameOf(cfg, 21*ms, l)
	f.Runs, f.Marked, f.View = []PastRun{past, past}, [2]int{1, 1}, RunsView
	contains(t, text(f, 120, 40), "✗ stalled")
}

// TestWhyPrefersThePlainCase when it chooses by itself: both had read the same value. Looking back, it is the loss at hand.
func TestWhyPrefersThePlainCase(t *testing.T) {
	l := newLog(0, "none", 4, 0)
	for c := 1; c <= 4; c++ {
		l.receive(ms, c)
	}
	l.read(10*ms, 1)
	l.read(20*ms, 2)
	l.read(25*ms, 3)
	l.write(30*ms, 1)
	l.write(40*ms, 2) // both had read n=0
	l.receive(42*ms, 1)
	l.read(45*ms, 1)
	l.write(50*ms, 1)
	l.receive(52*ms, 4)
	l.read(55*ms, 4)
	l.write(60*ms, 4)
	l.write(80*ms, 3) // had read n=0 before c4 wrote n=3, and so on
	cfg := sim.Defaults()
	cfg.Lanes, cfg.Clients = []string{"none"}, 4
	f := frameOf(cfg, 100*ms, l)
	contains(t, text(f, 80, 24), "WHY c3 and c2 both read n=0; c3 wrote last: c2's update and 2 more vanished")

	l = newLog(0, "none", 3, 0)
	for c := 1; c <= 3; c++ {
		l.receive(ms, c)
	}
	l.read(10*ms, 1)
	l.read(20*ms, 2)
	l.write(30*ms, 1)
	l.write(40*ms, 2) // plain
	l.read(45*ms, 3)
	l.receive(46*ms, 1)
	l.read(47*ms, 1)
	l.write(50*ms, 1)
	l.receive(51*ms, 2)
	l.read(52*ms, 2)
	l.write(55*ms, 2)
	l.write(60*ms, 3) // had read n=1; erases n=2 by c1, which is plain, and n=3 by c2
	f = frameOf(cfg, 100*ms, l)
	contains(t, text(f, 80, 24), "WHY c3 and c1 both read n=1; c3 wrote last: c1's update and 1 more vanished")
}

// TestWhyIsInWords: no cipher at any width.
func TestWhyIsInWords(t *testing.T) {
	f := twoLanes(6)
	cipher := regexp.MustCompile(`c[0-9]+:[RW]`)
	for w := leastWidth; w < 120; w++ {
		if picture := text(f, w, 24); cipher.MatchString(picture) {
			t.Fatalf("%d columns:\n%s", w, picture)
		}
	}
}
