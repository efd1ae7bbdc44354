package eventlog_test

import (
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"locktop/sim"
	"locktop/sim/clock"
	"locktop/sim/eventlog"
)

// TestTheLogIsTheRun records a run, reads it and folds it into the same state.
func TestTheLogIsTheRun(t *testing.T) {
	cfg := sim.Defaults()
	cfg.Lanes, cfg.Alerts, cfg.Speed, cfg.Lease = sim.StrategyNames(), 10, clock.Max, 0
	cfg.Lanes = cfg.Lanes[:min(len(cfg.Lanes), sim.MostLanes)]
	cfg.Changes = []sim.Change{
		{Setting: sim.ChangeClients, Clients: 9, Alert: 3}, {Setting: sim.ChangeStrategy, Strategy: "atomic", Lane: 1, Alert: 5},
		{Setting: sim.ChangeClients, Clients: 4, Alert: 7}, {Setting: sim.ChangeLease, Time: time.Second, Lane: 2, Alert: 8},
	}
	e, err := sim.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "run.jsonl")
	label, version := e.Backend()
	w, err := eventlog.Create(path, eventlog.NewHeader(cfg, label, version), false)
	if err != nil {
		t.Fatal(err)
	}
	e.OnEvent(w.Write)
	if err := e.Run(t.Context()); err != nil {
		t.Error(err)
	}
	result := e.Result()
	if err := w.Close(eventlog.End{Elapsed: result.Elapsed, Speed: result.Config.Speed}); err != nil {
		t.Error(err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	h, entries, end, err := read([]byte(contents(t, path)))
	if err != nil || end.Elapsed != result.Elapsed || end.Speed != clock.Max {
		t.Fatalf("read %+v: %v", end, err)
	}
	var boards []*sim.Board
	for _, lane := range h.Lanes() {
		boards = append(boards, sim.NewBoard(lane))
	}
	for _, entry := range entries {
		boards[entry.lane].Apply(entry.event)
	}
	for i, l := range result.Lanes {
		if again := boards[i].Snapshot(l.At, sim.View{}); !reflect.DeepEqual(again, l.Snapshot) {
			t.Errorf("%s: read and folded again:\n%+v\nfolded live:\n%+v", l.Lane.Strategy, again, l.Snapshot)
		}
	}
}
