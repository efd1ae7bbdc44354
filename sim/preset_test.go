package sim

import (
	"context"
	"errors"
	"testing"

	"locktop/lock/redistest"
	"locktop/sim/backend"
	"locktop/sim/clock"
)

// TestPresetsDoWhatTheyPromise with their own seed, and with others: in virtual time, where no load of the machine comes
// between. Whether the node that restarts had the vote that decides is up to the seed.
func TestPresetsDoWhatTheyPromise(t *testing.T) {
	seeds := uint64(5)
	if redistest.Instrumented {
		seeds = 1
	}
	for _, p := range Presets() {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			p = inVirtualTime(p)
			if err := p.Check(runPreset(t, p)); err != nil {
				t.Error(err)
			}
			failed := 0
			for p.Config.Seed = range seeds {
				if err := p.Check(runPreset(t, p)); err != nil {
					t.Logf("seed %d: %v", p.Config.Seed, err)
					failed++
				}
			}
			if failed > 0 && (p.Name != "redlock-restart" || failed > 2) {
				t.Errorf("%d of %d seeds fail", failed, seeds)
			}
		})
	}
}

// TestPresetsInRealTime has one of a few tries do what it promises: a busy machine can stretch the moments that matter, so
// each try goes at half the speed of the one before.
func TestPresetsInRealTime(t *testing.T) {
	const tries = 6
	for _, p := range Presets() {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			for try := 1; ; try++ {
				err := p.Check(runPreset(t, p))
				if err == nil {
					return
				}
				if try == tries {
					t.Fatal(err)
				}
				t.Logf("try %d: %v", try, err)
				p.Config.Speed /= 2
			}
		})
	}
}

// TestPresetsCanFail: with the remedy in both lanes, no preset holds; in virtual time, where no load of the machine breaks a lock.
func TestPresetsCanFail(t *testing.T) {
	for _, p := range Presets() {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			p = inVirtualTime(p)
			p.Config = p.Config.WithStrategy(0, p.Config.Lanes[1])
			if err := p.Check(runPreset(t, p)); err == nil {
				t.Error("it holds without what goes wrong")
			}
		})
	}
}

// inVirtualTime is a preset in virtual time.
func inVirtualTime(p Preset) Preset {
	p.Config.Deterministic, p.Config.Speed, p.Config.GiveUp = true, clock.Max, true
	return p
}

// runPreset runs a preset once. A run that fails has a result without lanes.
func runPreset(t *testing.T, p Preset) Result {
	p.Config.Source = backend.Source{}
	e, err := Open(context.WithoutCancel(t.Context()), p.Config)
	if err != nil {
		t.Error(err)
		return Result{}
	}
	err = e.Run(context.WithoutCancel(t.Context()))
	r := e.Result()
	if err := errors.Join(err, e.Close()); err != nil {
		t.Error(err)
		return Result{}
	}
	return r
}
