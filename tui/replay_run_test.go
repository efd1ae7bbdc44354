//go:build unix

package tui

import (
	"context"
	"reflect"
	"testing"

	"locktop/sim"
	"locktop/sim/eventlog"
)

// TestPlayRecording plays a damaged recording on a terminal, whose result is that of the part that can be read.
func TestPlayRecording(t *testing.T) {
	log := aRecording(t)
	log = log[:len(log)*3/4]
	want, wrong := eventlog.Fold(readerOf(t, log))
	if wrong == nil {
		t.Fatal("the recording is whole")
	}
	told := 0
	rec := Recording{Name: "cut.jsonl", Log: readerOf(t, log), Speed: 1, Each: []func(int, sim.Event){func(int, sim.Event) { told++ }}}
	c := openWith(t, t.Context(), 120, 40, sim.Config{}, Options{}, func(ctx context.Context, _ sim.Config, opts Options) (sim.Result, error) {
		return PlayRecording(ctx, rec, opts)
	})
	c.shows("DAMAGED " + wrong.Error()[:20])
	c.press("g")
	c.shows("■ REPLAY")
	c.press("s")
	c.shows("a recording is over")
	c.press("r")
	c.press("q")
	c.ends()
	if !reflect.DeepEqual(c.result, want) {
		t.Errorf("the result is %+v, want %+v", c.result, want)
	}
	if c.err == nil || c.err.Error() != wrong.Error() {
		t.Errorf("it ends with %v, want %v", c.err, wrong)
	}
	if events := len(eventsOf(t, log, 0)) + len(eventsOf(t, log, 1)); told != events {
		t.Errorf("told of %d events, want %d", told, events)
	}
}
