package sim

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"locktop/sim/backend"
)

// TestPresetsDoWhatTheyPromise, ten times out of ten. Those with faults mostly
// wait, so that they can do so side by side.
func TestPresetsDoWhatTheyPromise(t *testing.T) {
	for _, p := range Presets() {
		t.Run(p.Name, func(t *testing.T) {
			var sideBySide sync.WaitGroup
			for i := range 10 {
				round := func() {
					if len(p.Config.Faults) > 0 { // the moments that matter one after the other
						time.Sleep(time.Duration(i) * 50 * time.Millisecond)
					}
					if err := p.Check(runPreset(t, p)); err != nil {
						t.Error(err)
					}
				}
				if len(p.Config.Faults) > 0 {
					sideBySide.Go(round)
				} else {
					round()
				}
			}
			sideBySide.Wait()
		})
	}
}

// TestPresetsCanFail: with the remedy in both lanes, no preset holds.
func TestPresetsCanFail(t *testing.T) {
	for _, p := range Presets() {
		t.Run(p.Name, func(t *testing.T) {
			p.Config = p.Config.WithStrategy(0, p.Config.Lanes[1])
			if err := p.Check(runPreset(t, p)); err == nil {
				t.Error("it holds without what goes wrong")
			}
		})
	}
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
