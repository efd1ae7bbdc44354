package judge

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"locktop/sim"
	"locktop/sim/clock"
)

// A world is a Redis with one key and clients that update it, one micro-step at a
// time: a command takes effect at one step, and its reply is recorded at a later one.
type world struct {
	random  *rand.Rand
	value   string
	past    []string // every value it has had
	events  []sim.Event
	lost    bool // replies may be lost, clients may crash
	rewinds bool // Redis may go back to an earlier value
	updates int
}

func (w *world) record(e sim.Event) {
	e.At = time.Duration(len(w.events) + 1)
	w.events = append(w.events, e)
}

// set is SET … GET.
func (w *world) set(value string) (found string) {
	found, w.value = w.value, value
	w.past = append(w.past, value)
	return found
}

// client returns the steps of a client, of which each is one call; the last one
// returns false.
func (w *world) client(number, updates int, computes bool) func() bool {
	var (
		step        int
		found, base string
		wrote       string
		latency     time.Duration
	)
	say := func(e sim.Event) { e.Client = number; w.record(e) }
	silent := func() bool { return w.lost && w.random.IntN(6) == 0 }
	gone := func() bool { // whether the client ends with its unanswered command
		if w.random.IntN(2) == 0 {
			say(sim.Event{Kind: sim.Crashed})
			return true
		}
		say(sim.Event{Kind: sim.Unknown})
		return false
	}
	return func() bool {
		if updates == 0 {
			return false
		}
		step++
		switch step {
		case 1:
			w.updates++
			latency = time.Duration(1_000_000 + 1<<w.updates) // all sums are distinct
			say(sim.Event{Kind: sim.Received, Alert: w.updates, Latency: latency})
			if computes {
				say(sim.Event{Kind: sim.Requested})
				step = 10
			}
		case 2:
			base = w.value
		case 3:
			say(sim.Event{Kind: sim.Read, Value: base})
		case 4:
			was, _ := sim.ParseAverage(base)
			wrote = was.Add(latency).String()
			say(sim.Event{Kind: sim.Written, Base: base, Value: wrote})
			if silent() { // it never arrives
				if gone() {
					return false
				}
				step, updates = 0, updates-1
			}
		case 5, 11:
			if step == 11 {
				base = w.value
				was, _ := sim.ParseAverage(base)
				wrote = was.Add(latency).String()
			}
			found = w.set(wrote)
		case 6, 12:
			switch {
			case silent():
				if gone() {
					return false
				}
			case step == 12:
				say(sim.Event{Kind: sim.Computed, Base: base, Value: wrote})
			default:
				say(sim.Event{Kind: sim.Acked, Value: found})
			}
			step, updates = 0, updates-1
		}
		return updates > 0
	}
}

// race lets clients take turns at random, to the end.
func (w *world) race(clients int, computes bool) {
	var running []func() bool
	for i := range clients {
		running = append(running, w.client(i+1, 1+w.random.IntN(2), computes))
	}
	hurry := w.random.IntN(30) // how many steps a client mostly takes at once
	turn := 0
	for len(running) > 0 {
		if turn >= len(running) || w.random.IntN(hurry+1) == 0 {
			turn = w.random.IntN(len(running))
		}
		if !running[turn]() {
			running = append(running[:turn], running[turn+1:]...)
		}
		if w.rewinds && len(w.past) > 0 && w.random.IntN(12) == 0 {
			w.value = ""
			if i := w.random.IntN(len(w.past) + 1); i > 0 {
				w.value = w.past[i-1]
			}
			w.record(sim.Event{Kind: sim.Rewound, Value: w.value})
		}
	}
	w.record(sim.Event{Kind: sim.Read, Value: w.value})
	w.record(sim.Event{Kind: sim.Stopped})
}

// both has both judges look at the events of a lane.
func both(lane sim.LaneInfo, events []sim.Event) (*sim.Snapshot, sim.Order) {
	board, judge := sim.NewBoard(lane), New([]sim.LaneInfo{lane})
	for _, e := range events {
		board.Apply(e)
		judge.Record(0, e)
	}
	return board.Snapshot(0, sim.View{}), judge.Orders(time.Minute)[0]
}

func told(events []sim.Event) string {
	var b strings.Builder
	for _, e := range events {
		fmt.Fprintf(&b, "%4d c%d %-9s value %-14q base %q\n", e.At, e.Client, e.Kind, e.Value, e.Base)
	}
	return b.String()
}

// judgedSeed is that of the schedules; others are for the search for what one does not find: go test ./sim/judge -run Agree -seed 7
var judgedSeed = flag.Uint64("seed", 1, "the seed of the schedules that both judges see")

// TestTheJudgesAgree folds thousands of random schedules of 2 to 4 clients, and has
// the ledger and Porcupine agree on each.
func TestTheJudgesAgree(t *testing.T) {
	seed := *judgedSeed
	for _, kind := range []struct {
		name                    string
		lost, rewinds, computes bool
		least                   int // of each verdict
	}{
		{name: "every reply comes", least: 150},
		{name: "replies are lost, and clients crash", lost: true, least: 150},
		{name: "Redis goes back", rewinds: true, least: 50},
		{name: "Redis goes back, and replies are lost", rewinds: true, lost: true, least: 50},
		{name: "Redis computes", computes: true},
		{name: "Redis computes, and replies are lost", computes: true, lost: true},
	} {
		t.Run(kind.name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0))
			verdicts := map[sim.Order]int{}
			for n := range 1500 {
				clients := 2 + random.IntN(3)
				w := &world{random: random, lost: kind.lost, rewinds: kind.rewinds}
				w.race(clients, kind.computes)
				s, order := both(sim.LaneInfo{Strategy: "none", Clients: clients}, w.events)
				verdicts[order]++
				if s.Foreign > 0 || s.Ambiguous > 0 || s.Redis.Count != s.Kept {
					t.Fatalf("seed %d, schedule %d: this test is to have no strangers, and no equal values: %+v\n%s", seed, n, s.Totals, told(w.events))
				}
				if (s.Lost == 0) != (order == sim.Linearizable) {
					t.Fatalf("seed %d, schedule %d: %d lost, and %s: %+v\n%s", seed, n, s.Lost, order, s.Totals, told(w.events))
				}
				if !kind.lost && !kind.rewinds && (s.Clobbers == 0) != (order == sim.Linearizable) {
					t.Fatalf("seed %d, schedule %d: %d clobbers, and %s\n%s", seed, n, s.Clobbers, order, told(w.events))
				}
			}
			t.Log(verdicts)
			if verdicts[sim.Linearizable] < kind.least || verdicts[sim.NotLinearizable] < kind.least {
				t.Errorf("seed %d: the verdicts are %v, want %d of each", seed, verdicts, kind.least)
			}
		})
	}
}

// TestTheJudgesAgreeOnRaces has them agree on hundreds of races on a Redis.
func TestTheJudgesAgreeOnRaces(t *testing.T) {
	races := 40
	if testing.Short() {
		races = 3
	}
	verdicts := map[sim.Order]int{}
	for i, names := range [][]string{{"none", "spin", "watch", "atomic"}, {"none", "block", "fair", "fenced"}} {
		for n := range races {
			cfg := sim.Defaults()
			cfg.Lanes, cfg.Clients, cfg.Alerts, cfg.Speed, cfg.Lease = names, 2+n%3, 1+n%4, clock.Max, 0
			cfg.Seed = uint64(1000*i + n)
			var judge *Judge
			result, err := sim.Race(t.Context(), cfg, func(e *sim.Experiment) error {
				judge = New(cfg.LaneInfos())
				e.OnEvent(judge.Record)
				return nil
			}, func(sim.Result) error { return nil })
			if err != nil {
				t.Fatal(err)
			}
			for lane, order := range judge.Orders(time.Minute) {
				l := result.Lanes[lane]
				verdicts[order]++
				if (l.Lost == 0) != (order == sim.Linearizable) {
					t.Errorf("seed %d, %s: lost %d of %d, and %s", cfg.Seed, l.Lane.Name(), l.Lost, l.Acked, order)
				}
			}
		}
	}
	t.Log(verdicts)
	if verdicts[sim.NotLinearizable] == 0 || verdicts[sim.Linearizable] == 0 {
		t.Errorf("the verdicts are %v, which shows nothing", verdicts)
	}
}
