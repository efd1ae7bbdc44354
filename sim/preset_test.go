package sim

import (
	"context"
	"errors"
	"testing"

	"locktop/sim/backend"
)

// TestPresetsDoWhatTheyPromise, every time.
func TestPresetsDoWhatTheyPromise(t *testing.T) {
	for _, p := range Presets() {
		t.Run(p.Name, func(t *testing.T) {
			for range 10 {
				if err := p.Check(runPreset(t, p)); err != nil {
					t.Error(err)
				}
			}
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

func runPreset(t *testing.T, p Preset) Result {
	t.Helper()
	p.Config.Source = backend.Source{}
	e := open(t, p.Config)
	err := e.Run(context.WithoutCancel(t.Context()))
	r := e.Result()
	if err := errors.Join(err, e.Close()); err != nil {
		t.Fatal(err)
	}
	return r
}
