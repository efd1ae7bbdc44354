package sim

import (
	"slices"
	"testing"
	"time"

	"locktop/lock/redistest"
	"locktop/sim/clock"
)

// lockingLanes are all strategies that take a lock and are not wrong on purpose.
func lockingLanes() (lanes []string) {
	for _, s := range Strategies() {
		if s.Locks && !s.Broken {
			lanes = append(lanes, s.Name)
		}
	}
	return lanes
}

// resetting is an experiment of one lane without a lease, in virtual time.
func resetting(t *testing.T, lane string, faults ...string) Config {
	cfg := faulty(lane, lane, 4, 6, 20*time.Millisecond, 0, faults...)
	cfg.Lanes, cfg.Source, cfg.GiveUp = cfg.Lanes[:1], source(t, "embedded"), true
	cfg.Deterministic, cfg.Speed = true, clock.Max
	return cfg
}

// TestAResetFreesTheLockOfADeadHolder: the lane goes on under every strategy, whether its waiters poll, sleep or stand in line.
func TestAResetFreesTheLockOfADeadHolder(t *testing.T) {
	for _, lane := range lockingLanes() {
		t.Run(lane, func(t *testing.T) {
			t.Parallel()
			cfg := resetting(t, lane, "crash:at=read:nth=3", "reset:at=read:nth=3:after=1s")
			l := race(t, cfg).Lanes[0]
			r := l.Reset
			if l.Resets != 1 || !r.Freed || r.Holder == 0 || !r.Dead || r.Refused || l.Disowned != 0 {
				t.Errorf("%d resets, the last was %+v, and %d releases were refused after it", l.Resets, r, l.Disowned)
			}
			if l.Verdict != Correct || l.Crashed != 1 || l.Finished != l.Lane.Clients-1 || l.MaxInside > 1 || len(l.Failed) > 0 {
				t.Errorf("%s: %d crashed, %d finished, at most %d inside, %v", l.Verdict, l.Crashed, l.Finished, l.MaxInside, l.Failed)
			}
			cfg.Faults = cfg.Faults[:1]
			if l := race(t, cfg).Lanes[0]; l.Verdict != Hung {
				t.Errorf("without the reset it is %s, want hung", l.Verdict)
			}
		})
	}
}

// TestAResetTakesTheLockFromALivingHolder: the next one enters beside it, and its own release is refused. Only a fence keeps its write out.
func TestAResetTakesTheLockFromALivingHolder(t *testing.T) {
	for _, lane := range lockingLanes() {
		t.Run(lane, func(t *testing.T) {
			t.Parallel()
			cfg := resetting(t, lane, "reset:at=read:nth=3", "reset:at=read:nth=12")
			cfg.Work = 400 * time.Millisecond // longer than a waiter in line takes to ask
			l := race(t, cfg).Lanes[0]
			r := l.Reset
			if l.Resets != 2 || !r.Freed || r.Holder == 0 || r.Dead || !r.Refused || l.Disowned < 2 || l.Expired != 0 {
				t.Errorf("%d resets, the last was %+v; %d releases were refused after one, and %d for other reasons", l.Resets, r, l.Disowned, l.Expired)
			}
			if l.MaxInside < 2 || len(l.Failed) > 0 {
				t.Errorf("at most %d were inside, %v", l.MaxInside, l.Failed)
			}
			if strategy, _ := StrategyNamed(lane); strategy.Fenced != (l.Lost == 0) {
				t.Errorf("it lost %d", l.Lost)
			}
		})
	}
}

// TestAResetIsToldFromALeaseThatRanOut: of two clients that are told "not acquired", one had outlived its lease.
func TestAResetIsToldFromALeaseThatRanOut(t *testing.T) {
	cfg := resetting(t, "spin:lease=100ms", "pause:at=write:nth=2:for=300ms", "reset:at=read:nth=12")
	l := race(t, cfg).Lanes[0]
	if l.Expired != 1 || l.Disowned != 1 {
		t.Errorf("%d releases were refused after a lease had run out and %d after a reset, want one each", l.Expired, l.Disowned)
	}
}

// TestAResetDuringARelease is the reason why that is refused, too.
func TestAResetDuringARelease(t *testing.T) {
	l := race(t, resetting(t, "spin", "reset:at=release:nth=3")).Lanes[0]
	if !l.Reset.Freed || l.Disowned != 1 || l.Expired != 0 || l.Lost != 0 || l.MaxInside > 1 {
		t.Errorf("%+v; %d were refused after it, %d for other reasons; lost %d, most inside %d", l.Reset, l.Disowned, l.Expired, l.Lost, l.MaxInside)
	}
}

// TestAResetOfNothing: of a free lock it takes nothing from anybody, and where there is no lock it does not happen.
func TestAResetOfNothing(t *testing.T) {
	cfg := resetting(t, "block", "reset:after=5s")
	cfg.Backlog, cfg.Alerts, cfg.Interval = false, 2, 10*time.Second
	l := race(t, cfg).Lanes[0]
	if l.Resets != 1 || l.Reset.Freed || l.Reset.Holder != 0 || l.Verdict != Correct || l.Disowned != 0 {
		t.Errorf("of a free lock: %d resets, %+v, %s, %d refused", l.Resets, l.Reset, l.Verdict, l.Disowned)
	}
	cfg = resetting(t, "spin", "reset:after=10ms")
	cfg.Lanes = []string{"none", "watch", "atomic", "spin"}
	for i, l := range race(t, cfg).Lanes {
		if want := int64(i / 3); l.Resets != want || l.Faults != want {
			t.Errorf("%s: %d resets, %d faults, want %d", l.Lane.Name(), l.Resets, l.Faults, want)
		}
	}
}

// TestAResetAfterAChangeOfStrategy frees what a client of the strategy before still holds.
func TestAResetAfterAChangeOfStrategy(t *testing.T) {
	cfg := resetting(t, "spin", "crash:at=read:nth=3", "reset:after=2s")
	change, err := ParseChange("strategy=block:after=1s")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Changes, cfg.Patience = []Change{change}, 5*time.Second
	if l := race(t, cfg).Lanes[0]; l.Resets != 1 || !l.Reset.Freed || !l.Reset.Dead || l.Verdict != Correct || l.Finished != 3 {
		t.Errorf("%d resets, %+v, %s, %d finished", l.Resets, l.Reset, l.Verdict, l.Finished)
	}
}

// TestAResetOnARealRedis, of our own and at a URL: both kinds of holders, one after the other. A machine that is busy can stretch the
// moments that matter, so each try goes at half the speed of the one before.
func TestAResetOnARealRedis(t *testing.T) {
	server := redistest.Real(t)
	for _, from := range []string{"spawn", unhurried(server)} {
		lanes := slices.DeleteFunc(lockingLanes(), func(lane string) bool { return lane == "redlock" && from != "spawn" })
		for chunk := range slices.Chunk(lanes, MostLanes) {
			cfg := resetting(t, "spin", "reset:at=read:nth=3", "crash:at=read:nth=8", "reset:at=read:nth=8:after=500ms")
			cfg.Lanes, cfg.Source, cfg.Deterministic, cfg.Speed = chunk, source(t, from), false, 1
			for try := 1; ; try++ {
				wrong := ""
				for _, l := range race(t, cfg).Lanes {
					if l.Resets != 2 || l.Crashed != 1 || !l.Reset.Dead || l.Verdict == Hung || l.MaxInside < 2 || l.Disowned == 0 || l.Finished != 3 || len(l.Failed) > 0 {
						wrong = l.Lane.Name()
						t.Logf("%s on %s, try %d: %s, %d resets, the last %+v, at most %d inside, %d refused, %d finished, %v",
							wrong, from, try, l.Verdict, l.Resets, l.Reset, l.MaxInside, l.Disowned, l.Finished, l.Failed)
					}
				}
				if wrong == "" {
					break
				}
				if try == 5 {
					t.Fatalf("%s on %s does not go on as it should", wrong, from)
				}
				cfg.Speed /= 2
			}
		}
	}
}
