package sim

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"locktop/lock/redistest"
)

// logOf races and returns every lane's result and event log.
func logOf(t *testing.T, cfg Config) (Result, [][]Event) {
	t.Helper()
	e := open(t, cfg)
	logs := make([][]Event, len(e.lanes))
	for i, l := range e.lanes {
		l.recorder.log = func(ev Event) { logs[i] = append(logs[i], ev) }
	}
	err := e.Run(t.Context())
	r := e.Result()
	if err := errors.Join(err, e.Close()); err != nil {
		t.Fatal(err)
	}
	return r, logs
}

// record is one update as a client saw it: it asked to record a latency, and
// was answered which value its own was based on and which it wrote.
type record struct{ base, wrote string }

// averageModel is the average as it should be: one update after the other.
var averageModel = porcupine.Model{
	Init: func() any { return "" },
	Step: func(state, input, output any) (bool, any) {
		out := output.(record)
		average, err := ParseAverage(state.(string))
		wanted := average.Add(input.(time.Duration)).String()
		return err == nil && out.base == state && out.wrote == wanted, out.wrote
	},
}

// operations are the acked updates of a log, from receipt to reply.
func operations(log []Event) []porcupine.Operation {
	var ops []porcupine.Operation
	open := map[int]porcupine.Operation{}
	for _, e := range log {
		op := open[e.Client]
		switch e.Kind {
		case Received:
			op = porcupine.Operation{ClientId: e.Client, Input: e.Latency, Call: int64(e.At)}
		case Written:
			op.Output = record{base: e.Base, wrote: e.Value}
		case Acked:
			op.Return = int64(e.At)
			ops = append(ops, op)
		case Computed:
			op.Output, op.Return = record{base: e.Base, wrote: e.Value}, int64(e.At)
			ops = append(ops, op)
		}
		open[e.Client] = op
	}
	return ops
}

// eachStrategy runs a test with all strategies, as many at a time as there are
// lanes, on every backend that has what they take.
func eachStrategy(t *testing.T, test func(t *testing.T, cfg Config)) {
	eachBackend(t, func(t *testing.T, cfg Config) {
		var names []string
		for _, s := range Strategies() {
			if !s.Broken && (s.Nodes == 1 || !cfg.Source.Shared()) { // a broken one may never end
				names = append(names, s.Name)
			}
		}
		for lanes := range slices.Chunk(names, MostLanes) {
			t.Run(strings.Join(lanes, ","), func(t *testing.T) {
				cfg := cfg
				cfg.Lanes = lanes
				test(t, cfg)
			})
		}
	})
}

// TestPorcupineAgreesWithTheLedger has a second judge: a lane is linearizable
// exactly if its ledger says that nothing was lost.
func TestPorcupineAgreesWithTheLedger(t *testing.T) {
	eachStrategy(t, func(t *testing.T, cfg Config) {
		cfg.Clients, cfg.Alerts = 8, 25
		seeds := uint64(3)
		if redistest.Instrumented {
			seeds = 1
		}
		for seed := range seeds {
			cfg.Seed = seed
			result, logs := logOf(t, cfg)
			for i, l := range result.Lanes {
				ops := operations(logs[i])
				if int64(len(ops)) != l.Acked {
					t.Fatalf("seed %d, %s: %d operations, %d acked", seed, l.Lane.Strategy, len(ops), l.Acked)
				}
				verdict := porcupine.CheckOperationsTimeout(averageModel, ops, patience)
				want := porcupine.Ok
				if l.Lost > 0 {
					want = porcupine.Illegal
				}
				if verdict != want {
					t.Errorf("seed %d, %s: Porcupine says %s, the ledger lost %d of %d", seed, l.Lane.Strategy, verdict, l.Lost, l.Acked)
				}
			}
		}
	})
}

// TestTheLogIsTheRun folds the events again and must come to the same state.
func TestTheLogIsTheRun(t *testing.T) {
	eachStrategy(t, func(t *testing.T, cfg Config) {
		cfg.Alerts = 10
		result, logs := logOf(t, cfg)
		for i, l := range result.Lanes {
			b := NewBoard(l.Lane)
			var last time.Duration
			for _, e := range logs[i] {
				if e.At < last {
					t.Fatalf("%s: %v at %v comes after %v", l.Lane.Strategy, e.Kind, e.At, last)
				}
				last = e.At
				b.Apply(e)
			}
			again := b.Snapshot(l.At, View{})
			if !reflect.DeepEqual(again, l.Snapshot) {
				t.Errorf("%s: folded again:\n%+v\nfolded live:\n%+v", l.Lane.Strategy, again, l.Snapshot)
			}
		}
	})
}
