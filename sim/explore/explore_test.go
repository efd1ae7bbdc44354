package explore_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"locktop/lock/redistest"
	"locktop/sim"
	"locktop/sim/explore"
)

// unbounded are options without a bound.
func unbounded(c sim.ArenaConfig, method explore.Method) explore.Options {
	return explore.Options{ArenaConfig: c, Method: method, Preemptions: -1, Timeout: time.Hour}
}

func run(t *testing.T, o explore.Options) *explore.Result {
	t.Helper()
	r, err := explore.Run(t.Context(), o)
	if err != nil {
		t.Fatalf("%+v: %v", o.ArenaConfig, err)
	}
	return r
}

// manySchedules is how many the race detector, which has little to find in what takes turns, is spared.
const manySchedules = 4_000

// TestReferenceCounts holds the numbers of schedules against those that are known from elsewhere: by formula, or from
// models of the algorithms without Redis. [TestExplorerAgreesWithPaper] has more.
func TestReferenceCounts(t *testing.T) {
	for _, e := range []struct {
		sim.ArenaConfig
		schedules, losing, overlapping, hanging uint64
	}{
		{sim.ArenaConfig{Lane: "none", Clients: 1}, 1, 0, 0, 0},
		{sim.ArenaConfig{Lane: "none", Clients: 2}, 6, 4, 4, 0},
		{sim.ArenaConfig{Lane: "none", Clients: 3}, 90, 84, 84, 0},
		{sim.ArenaConfig{Lane: "none", Clients: 4}, 2_520, 2_496, 2_496, 0},
		{sim.ArenaConfig{Lane: "none", Clients: 5}, 113_400, 113_280, 113_280, 0}, // 10!/2⁵, all but 5!
		{sim.ArenaConfig{Lane: "atomic", Clients: 4}, 24, 0, 0, 0},
		{sim.ArenaConfig{Lane: "spin", Clients: 2}, 8, 0, 0, 0},
		{sim.ArenaConfig{Lane: "spin", Clients: 3}, 456, 0, 0, 0},
		{sim.ArenaConfig{Lane: "poll", Clients: 3}, 456, 0, 0, 0},
		{sim.ArenaConfig{Lane: "backoff", Clients: 3}, 456, 0, 0, 0},
		{sim.ArenaConfig{Lane: "spin", Clients: 2, Expiries: 1}, 302, 108, 252, 0},
		{sim.ArenaConfig{Lane: "spin:fence=write", Clients: 2, Expiries: 1}, 302, 54, 252, 0},
		{sim.ArenaConfig{Lane: "spin:fence=acquire", Clients: 2, Expiries: 1}, 302, 0, 252, 0},
		{sim.ArenaConfig{Lane: "fenced-write", Clients: 2, Expiries: 1}, 842, 102, 564, 0},
		{sim.ArenaConfig{Lane: "fenced", Clients: 2, Expiries: 1}, 842, 0, 564, 0},
		{sim.ArenaConfig{Lane: "fair", Clients: 2}, 20, 0, 0, 0},
		{sim.ArenaConfig{Lane: "fair", Clients: 3}, 2_706, 0, 0, 0},
		{sim.ArenaConfig{Lane: "block", Clients: 2}, 20, 0, 0, 0},
		{sim.ArenaConfig{Lane: "block", Clients: 3}, 3_180, 0, 0, 0},
		{sim.ArenaConfig{Lane: "block:lease=100ms", Clients: 3}, 76_944, 0, 0, 0},
		{sim.ArenaConfig{Lane: "broken-wakeup", Clients: 3}, 24_846, 0, 0, 1_944},
		{sim.ArenaConfig{Lane: "watch", Clients: 2}, 20, 0, 0, 0},
		{sim.ArenaConfig{Lane: "watch", Clients: 3}, 52_980, 0, 0, 0},
		{sim.ArenaConfig{Lane: "broken-wait", Clients: 2, Crashes: 1}, 184, 0, 0, 38},
		{sim.ArenaConfig{Lane: "broken-wait", Clients: 3, Crashes: 1}, 35_862, 0, 0, 8_592},
		{sim.ArenaConfig{Lane: "block", Clients: 3, Crashes: 1}, 35_862, 0, 0, 7_818}, // where the holder dies
		{sim.ArenaConfig{Lane: "spin", Clients: 2, Crashes: 2}, 124, 0, 0, 18},
		{sim.ArenaConfig{Lane: "spin", Clients: 3, Crashes: 1}, 4_890, 0, 0, 1_140},
		{sim.ArenaConfig{Lane: "spin", Clients: 2, Expiries: 2}, 1_496, 624, 1_392, 0},
		{sim.ArenaConfig{Lane: "spin", Clients: 2, Expiries: 1, Crashes: 1}, 1_490, 324, 1_088, 0}, // a crashed holder's lease ends by itself too
		{sim.ArenaConfig{Lane: "spin", Clients: 2, Expiries: 2, Crashes: 1}, 6_532, 1_944, 5_854, 0},
		{sim.ArenaConfig{Lane: "block", Clients: 2, Expiries: 1}, 842, 204, 564, 0},
		{sim.ArenaConfig{Lane: "block", Clients: 2, Expiries: 1, Crashes: 1}, 4_492, 612, 2_426, 0},
		{sim.ArenaConfig{Lane: "spin:lease=2s", Clients: 2, Crashes: 1}, 78, 0, 0, 0},
		{sim.ArenaConfig{Lane: "spin:lease=10m", Clients: 2, Crashes: 1}, 78, 0, 0, 0}, // however long it is, it ends
	} {
		if redistest.Instrumented && e.schedules > manySchedules {
			continue
		}
		r := run(t, unbounded(e.ArenaConfig, explore.States))
		if r.Schedules != e.schedules || r.Losing != e.losing || r.Overlapping != e.overlapping || r.Hanging != e.hanging || !r.Complete {
			t.Errorf("%+v: %d schedules (complete: %t), %d lose, %d overlap, %d hang; want %d, %d, %d, %d", e.ArenaConfig,
				r.Schedules, r.Complete, r.Losing, r.Overlapping, r.Hanging, e.schedules, e.losing, e.overlapping, e.hanging)
		}
	}
	r := run(t, unbounded(sim.ArenaConfig{Lane: "none", Clients: 3}, explore.States))
	if want := map[int64]uint64{1: 36, 2: 48}; !maps.Equal(r.Lost, want) {
		t.Errorf("three clients lose %v, want %v", r.Lost, want)
	}
}

// small are races whose schedules can all be played.
var small = []sim.ArenaConfig{
	{Lane: "none", Clients: 2}, {Lane: "none", Clients: 3}, {Lane: "none", Clients: 2, Crashes: 2},
	{Lane: "atomic", Clients: 3}, {Lane: "watch", Clients: 2}, {Lane: "watch", Clients: 2, Crashes: 1},
	{Lane: "spin", Clients: 2}, {Lane: "spin", Clients: 3}, {Lane: "spin", Clients: 2, Expiries: 1},
	{Lane: "spin:fence=write", Clients: 2, Expiries: 1}, {Lane: "spin:fence=acquire", Clients: 2, Expiries: 1},
	{Lane: "block", Clients: 2}, {Lane: "block", Clients: 2, Crashes: 1}, {Lane: "fair", Clients: 2},
	{Lane: "broken-wait", Clients: 2, Crashes: 1}, {Lane: "broken-wakeup", Clients: 2},
	{Lane: "spin", Clients: 2, Expiries: 1, Crashes: 1},
}

var allPlayed = map[sim.ArenaConfig]*explore.Result{}

// played is the result of playing every schedule of a race, once for all tests.
func played(t *testing.T, c sim.ArenaConfig) *explore.Result {
	t.Helper()
	if allPlayed[c] == nil {
		allPlayed[c] = run(t, unbounded(c, explore.All))
	}
	return allPlayed[c]
}

// TestStatesCountWhatAllPlay: to explore a state once and count is no other than to play every schedule.
func TestStatesCountWhatAllPlay(t *testing.T) {
	for _, c := range small {
		all, states := played(t, c), run(t, unbounded(c, explore.States))
		if !maps.Equal(all.Outcomes, states.Outcomes) {
			t.Errorf("%+v: %v, but by states %v", c, all.Outcomes, states.Outcomes)
		}
		if !all.Complete || !states.Complete || uint64(all.Played) < all.Schedules {
			t.Errorf("%+v: complete %t and %t, %d played of %d", c, all.Complete, states.Complete, all.Played, all.Schedules)
		}
	}
}

// TestSleepMissesNoOutcome: what is left out differs from something that is not in the order of unrelated commands only.
func TestSleepMissesNoOutcome(t *testing.T) {
	fewer := false
	for _, c := range small {
		all, sleep := played(t, c), run(t, unbounded(c, explore.Sleep))
		if !slices.Equal(outcomes(all), outcomes(sleep)) {
			t.Errorf("%+v: %v, but with sleep sets %v", c, outcomes(all), outcomes(sleep))
		}
		if sleep.Schedules > all.Schedules {
			t.Errorf("%+v: sleep sets give %d schedules of %d", c, sleep.Schedules, all.Schedules)
		}
		fewer = fewer || sleep.Schedules < all.Schedules/2
	}
	if !fewer {
		t.Error("nothing is left out")
	}
}

// outcomes are those there are, as text, in order.
func outcomes(r *explore.Result) []string {
	var all []string
	for o := range r.Outcomes {
		text, _ := json.Marshal(o)
		all = append(all, string(text))
	}
	slices.Sort(all)
	return all
}

// TestPreemptionsAreBounded: a bound leaves out what it should, and by states as by playing all.
func TestPreemptionsAreBounded(t *testing.T) {
	for _, c := range []sim.ArenaConfig{{Lane: "none", Clients: 3}, {Lane: "spin", Clients: 2, Expiries: 1}, {Lane: "block", Clients: 2, Crashes: 1}} {
		whole := run(t, unbounded(c, explore.States)).Schedules
		last := uint64(0)
		for bound := range 6 {
			o := unbounded(c, explore.States)
			o.Preemptions = bound
			states := run(t, o)
			o.Method = explore.All
			if all := run(t, o); !maps.Equal(all.Outcomes, states.Outcomes) {
				t.Errorf("%+v with %d preemptions: %v, but by states %v", c, bound, all.Outcomes, states.Outcomes)
			}
			if states.Schedules < last || states.Schedules > whole {
				t.Errorf("%+v: %d schedules with %d preemptions, %d with one fewer, %d in all", c, states.Schedules, bound, last, whole)
			}
			last = states.Schedules
		}
		if bound := run(t, explore.Options{ArenaConfig: c, Preemptions: 0}); c.Lane == "none" && (bound.Schedules != 6 || bound.Losing != 0) {
			t.Errorf("without preemption %d schedules, of which %d lose", bound.Schedules, bound.Losing)
		}
		if last != whole {
			t.Logf("%+v: %d of %d schedules take more than 5 preemptions", c, whole-last, whole)
		}
	}
}

// noOrder are the presets that no order of commands brings about: what they are about is how long something takes, or what
// happens to Redis.
var noOrder = []string{"spin-storm", "thundering-herd", "starvation", "watch-storm", "failover", "redlock-restart"}

// TestWhatGoesWrongIsFound has every failure that is a matter of order found from the strategy alone.
func TestWhatGoesWrongIsFound(t *testing.T) {
	found := slices.Clone(noOrder)
	for _, e := range []struct {
		preset string
		sim.ArenaConfig
		wrong func(sim.Outcome) bool
		want  string // the schedule; "" is any
	}{
		{"article", sim.ArenaConfig{Lane: "none", Clients: 3}, loses, "none@2: 1 2 2 1"},
		{"lost-update", sim.ArenaConfig{Lane: "none", Clients: 3}, loses, "none@2: 1 2 2 1"},
		{"gc-pause", sim.ArenaConfig{Lane: "block", Clients: 2, Expiries: 1}, loses, ""},
		{"clock-jump", sim.ArenaConfig{Lane: "spin", Clients: 2, Expiries: 1}, loses, "spin@2: 1 1 e 2 2 2 2 1 1"},
		{"fence on writing only", sim.ArenaConfig{Lane: "fenced-write", Clients: 2, Expiries: 1}, loses, ""},
		{"dead-holder", sim.ArenaConfig{Lane: "block", Clients: 2, Crashes: 1}, hangs, ""},
		{"stolen-release", sim.ArenaConfig{Lane: "broken-release", Clients: 2, Expiries: 1}, loses, ""},
		{"lost-wakeup", sim.ArenaConfig{Lane: "broken-wakeup", Clients: 2}, hangs, "broken-wakeup@2: 1 1 1 2 1 2 2"},
		{"swallowed-signal", sim.ArenaConfig{Lane: "broken-wait", Clients: 3, Crashes: 1}, hangs, ""},
	} {
		if redistest.Instrumented && e.preset == "swallowed-signal" {
			found = append(found, e.preset)
			continue // the largest by far, and found at full speed
		}
		c := run(t, unbounded(e.ArenaConfig, explore.Auto)).Counterexample
		if c == nil || !e.wrong(c.Outcome) {
			t.Errorf("%s: found %+v", e.preset, c)
			continue
		}
		found = append(found, e.preset)
		if p, ok := sim.PresetNamed(e.preset); ok && !strings.HasPrefix(p.Config.Lanes[0], e.Lane) {
			t.Errorf("%s is of %s, and what is explored is %s", e.preset, p.Config.Lanes[0], e.Lane)
		}
		if e.want != "" && c.Schedule.String() != e.want {
			t.Errorf("%s: the smallest is %s, want %s", e.preset, c.Schedule, e.want)
		}
		if p, err := explore.Play(c.Schedule); err != nil || p.Outcome != c.Outcome || !p.Over {
			t.Errorf("%s: %s plays as %+v, %v; want %+v", e.preset, c.Schedule, p.Outcome, err, c.Outcome)
		}
	}
	for _, name := range sim.PresetNames() {
		if !slices.Contains(found, name) {
			t.Errorf("%s is not found by exploring", name)
		}
	}
	for _, c := range []sim.ArenaConfig{
		{Lane: "watch", Clients: 3}, {Lane: "atomic", Clients: 3, Crashes: 1}, {Lane: "spin:fence=acquire", Clients: 2, Expiries: 1},
		{Lane: "fenced", Clients: 2, Expiries: 1}, {Lane: "block", Clients: 3}, {Lane: "fair", Clients: 3},
	} {
		if redistest.Instrumented && c.Lane == "watch" {
			continue // the largest by far
		}
		if r := run(t, unbounded(c, explore.States)); r.Bad() || r.Counterexample != nil || !r.Complete {
			t.Errorf("%+v goes wrong: %+v", c, r.Counterexample)
		}
	}
}

func loses(o sim.Outcome) bool { return o.Lost > 0 }
func hangs(o sim.Outcome) bool { return o.Hung }

// TestTheCounterexampleIsTheSmallest compares it with all schedules there are, whatever the method. What is played to tell
// preemptions are the starts of a schedule.
func TestTheCounterexampleIsTheSmallest(t *testing.T) {
	for _, c := range []sim.ArenaConfig{
		{Lane: "none", Clients: 2}, {Lane: "none", Clients: 2, Crashes: 1}, {Lane: "spin", Clients: 2, Expiries: 1},
		{Lane: "block", Clients: 2, Crashes: 1}, {Lane: "broken-wakeup", Clients: 2}, {Lane: "broken-wakeup", Clients: 2, Expiries: 1},
	} {
		var wrong [][]sim.Move // those with the fewest faults
		o := unbounded(c, explore.All)
		o.Each = func(moves []sim.Move, outcome sim.Outcome) {
			if outcome.Lost == 0 && !outcome.Hung || wrong != nil && faults(moves) > faults(wrong[0]) {
				return
			}
			if wrong != nil && faults(moves) < faults(wrong[0]) {
				wrong = nil
			}
			wrong = append(wrong, slices.Clone(moves))
		}
		results := []*explore.Result{run(t, o)}
		if len(wrong) == 0 {
			t.Fatalf("%+v: nothing goes wrong", c)
		}
		want := []int{faults(wrong[0]), 99, 99}
		for _, moves := range wrong {
			if took := []int{want[0], preemptions(t, c, moves), len(moves)}; slices.Compare(took, want) < 0 {
				want = took
			}
		}
		for _, method := range []explore.Method{explore.States, explore.Sleep} {
			results = append(results, run(t, unbounded(c, method)))
		}
		for _, r := range results {
			found := r.Counterexample
			if found == nil {
				t.Fatalf("%+v by %s: nothing found", c, r.Method)
			}
			if got := []int{found.Faults, found.Preemptions, len(found.Schedule.Moves)}; !slices.Equal(got, want) {
				t.Errorf("%+v by %s: %s has %v faults, preemptions and steps; there is one with %v", c, r.Method, found.Schedule, got, want)
			}
			explored, err := explore.PlayIn(c, found.Schedule.Moves)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := explore.Play(found.Schedule); err != nil || again.Outcome != explored.Outcome || !slices.Equal(commands(again), commands(explored)) {
				t.Errorf("%+v: %s plays as %v, %+v, %v; what was explored is %v, %+v", c, found.Schedule, commands(again), again.Outcome, err, commands(explored), explored.Outcome)
			}
		}
	}
}

// commands are what was sent, step by step, and the replies.
func commands(p explore.Playing) []string {
	var all []string
	for _, s := range p.Steps {
		all = append(all, s.Command+" → "+s.Reply)
	}
	return all
}

func faults(moves []sim.Move) (n int) {
	for _, m := range moves {
		if m.Kind != sim.Send {
			n++
		}
	}
	return n
}

// preemptions counts how often a client was interrupted that could have gone on.
func preemptions(t *testing.T, c sim.ArenaConfig, moves []sim.Move) (n int) {
	t.Helper()
	last := 0
	for i, m := range moves {
		if m.Kind != sim.Send {
			continue
		}
		p, err := explore.PlayIn(c, moves[:i])
		if err != nil {
			t.Fatal(err)
		}
		if last != 0 && last != m.Client && p.Players[last-1].Sends {
			n++
		}
		last = m.Client
	}
	return n
}

func TestRandomFindsIt(t *testing.T) {
	o := unbounded(sim.ArenaConfig{Lane: "none", Clients: 6}, explore.Random)
	o.Limit, o.Seed = 200, 7
	r := run(t, o)
	if r.Complete || r.Played != 200 || r.Schedules > 200 || r.Losing == 0 || r.Counterexample == nil {
		t.Errorf("got %+v", r)
	}
	if again := run(t, o); !maps.Equal(r.Outcomes, again.Outcomes) {
		t.Error("the same seed gives other schedules")
	}
}

// TestRandomCountsOnce: a schedule that is drawn again is not another one, and none has more preemptions than it may.
func TestRandomCountsOnce(t *testing.T) {
	for _, c := range []sim.ArenaConfig{{Lane: "none", Clients: 2}, {Lane: "none", Clients: 2, Crashes: 1}, {Lane: "spin", Clients: 2, Expiries: 1}} {
		for bound := -1; bound < 3; bound++ {
			o := unbounded(c, explore.All)
			o.Preemptions = bound
			all := run(t, o)
			o.Method, o.Limit = explore.Random, 300
			drawn := run(t, o)
			for outcome, n := range drawn.Outcomes {
				if n > all.Outcomes[outcome] {
					t.Errorf("%+v with %d preemptions: %d schedules are drawn that end in %+v, of %d", c, bound, n, outcome, all.Outcomes[outcome])
				}
			}
			if c.Lane == "none" && c.Crashes == 0 && !maps.Equal(drawn.Outcomes, all.Outcomes) {
				t.Errorf("%+v with %d preemptions: of %v only %v are drawn", c, bound, all.Outcomes, drawn.Outcomes)
			}
		}
	}
}

// TestAQuorumThatComesTooLate: where time passes while the nodes of a lock are asked, too few may have answered. That
// ends a client's try, and not the search.
func TestAQuorumThatComesTooLate(t *testing.T) {
	c := sim.ArenaConfig{Lane: "redlock:nodes=3", Clients: 1, Expiries: 1}
	r := run(t, unbounded(c, explore.States))
	gaveUp := false
	for o := range r.Outcomes {
		gaveUp = gaveUp || o.Acked == 0 && !o.Hung
	}
	if !r.Complete || r.Schedules != 730 || !gaveUp || r.Bad() {
		t.Errorf("%d schedules (complete: %t): %v", r.Schedules, r.Complete, r.Outcomes)
	}
	if all := run(t, unbounded(c, explore.All)); !maps.Equal(all.Outcomes, r.Outcomes) { // what the try leaves behind has its turns too
		t.Errorf("%v, but by states %v", all.Outcomes, r.Outcomes)
	}
}

// TestTooLargeIsSaid: what cannot be explored whole is explored in part, and said to be.
func TestTooLargeIsSaid(t *testing.T) {
	o := unbounded(sim.ArenaConfig{Lane: "watch", Clients: 5}, explore.Auto)
	o.Limit = 400
	r := run(t, o)
	if r.Complete || r.Schedules == 0 || r.Played > o.Limit {
		t.Errorf("%d schedules, %d played, complete %t", r.Schedules, r.Played, r.Complete)
	}
	if r.Method != explore.Random || r.Preemptions >= 0 {
		t.Errorf("drawn by %s with %d preemptions, want no bound", r.Method, r.Preemptions)
	}
	o.Method, o.Limit = explore.States, 300
	if r := run(t, o); r.Complete || r.Schedules < 300 || r.Played != 300 {
		t.Errorf("by states: %d schedules, %d played, complete %t", r.Schedules, r.Played, r.Complete)
	}
	o = unbounded(sim.ArenaConfig{Lane: "none", Clients: 3}, explore.States)
	for _, limit := range []int{1, 7, 30} { // what has been seen until then is counted
		o.Limit = limit
		r := run(t, o)
		if r.Complete || r.Played != limit || r.Schedules < uint64(limit) || r.Bad() != (r.Counterexample != nil) || limit > 1 && !r.Bad() {
			t.Errorf("with a limit of %d: %d schedules, %d lose, %d played, complete %t, %+v", limit, r.Schedules, r.Losing, r.Played, r.Complete, r.Counterexample)
		}
	}
	o.Limit = math.MaxInt
	if r := run(t, o); !r.Complete || r.Schedules != 90 {
		t.Errorf("with the highest limit: %d schedules, complete %t", r.Schedules, r.Complete)
	}
	for limit := range 8 { // however low it is, something is played
		o := unbounded(sim.ArenaConfig{Lane: "none", Clients: 2}, explore.Auto)
		o.Limit = limit + 1
		if r := run(t, o); r.Played == 0 || r.Played > o.Limit || r.Schedules == 0 {
			t.Errorf("with a limit of %d: %d schedules, %d played", o.Limit, r.Schedules, r.Played)
		}
	}
	o = unbounded(sim.ArenaConfig{Lane: "watch", Clients: 5}, explore.Auto)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := explore.Run(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled search returns %v", err)
	}
	o = unbounded(sim.ArenaConfig{Lane: "redlock", Clients: 2}, explore.Auto)
	o.Timeout = time.Second
	if r := run(t, o); r.Complete || r.Schedules == 0 {
		t.Errorf("in a second: %d schedules, complete %t", r.Schedules, r.Complete)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, o := range []explore.Options{
		{ArenaConfig: sim.ArenaConfig{Lane: "none", Clients: 2}, Method: "magic"},
		{ArenaConfig: sim.ArenaConfig{Lane: "none", Clients: 2}, Method: explore.Sleep, Preemptions: 2},
		{ArenaConfig: sim.ArenaConfig{Lane: "none", Clients: 2}, Limit: -1},
		{ArenaConfig: sim.ArenaConfig{Lane: "none", Clients: 2}, Timeout: -1},
		{ArenaConfig: sim.ArenaConfig{Lane: "nothing", Clients: 2}},
		{ArenaConfig: sim.ArenaConfig{Lane: "spin:lease=1h", Clients: 2}},
	} {
		if _, err := explore.Run(t.Context(), o); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
}

func TestReports(t *testing.T) {
	r := run(t, unbounded(sim.ArenaConfig{Lane: "none", Clients: 3}, explore.Auto))
	var b strings.Builder
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	const want = `none: 3 clients with one update each
90 schedules, all there are (45 plays reached every state)

            84  lose updates: 36 lose 1, 48 lose 2
            84  let two clients in at once, which this strategy allows
             0  hang: some client waits for ever
             0  refuse a stale write

The smallest counterexample has 2 clients, 0 faults, 1 preemption and 4 steps; it loses 1 update:

      c1                                            c2
    1 GET average  → nil
    2                                               GET average  → nil
    3                                               SET average 37.2:1  → OK, was empty
    4 SET average 48.9:1  → OK, was 37.2:1
        ✗ erases c2's

locktop replay --schedule 'none@2: 1 2 2 1'
`
	if got := b.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	b.Reset()
	if err := r.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Schedules, Losing, Overlapping, Hanging uint64
		Complete                                bool
		Lost                                    map[string]uint64
		Counterexample                          *struct {
			Schedule string
			Steps    []struct{ Move, Command, Reply string }
		}
	}
	if err := json.Unmarshal([]byte(b.String()), &got); err != nil {
		t.Fatal(err)
	}
	if got.Schedules != 90 || got.Losing != 84 || !got.Complete || got.Lost["1"] != 36 || got.Lost["2"] != 48 || len(got.Lost) != 2 ||
		got.Counterexample == nil || got.Counterexample.Schedule != "none@2: 1 2 2 1" || len(got.Counterexample.Steps) != 4 ||
		got.Counterexample.Steps[3].Reply != "OK, was 37.2:1" {
		t.Errorf("the JSON is %s", b.String())
	}
}

func TestDiagrams(t *testing.T) {
	for _, e := range []struct {
		schedule string
		width    int
		marks    explore.Marks
		want     string
	}{
		{"spin:lease=100ms@2: 1 1 e 2 2 2 2 1 1", 80, explore.ASCII, `
    c1                                    c2
  1 SET lock c1 NX PX 100  -> OK
  2 GET average  -> nil
  3 ------------------------------ the lease ends ------------------------------
  4                                       SET lock c2 NX PX 100  -> OK
                                            X two inside
  5                                       GET average  -> nil
  6                                       SET average 37.2:1  -> OK, was empty
  7                                       release.lua lock c2  -> released
  8 SET average 48.9:1  -> OK, was 37.2:1
      X erases c2's
  9 release.lua lock c1
      -> not the owner any more`},
		{"broken-wait@3: 1 2 2 x1 3 3", 96, explore.Unicode, `
    c1                            c2                            c3
  1 SET lock c1 NX  → OK
  2                               SET lock c2 NX  → nil
  3                               BLPOP signal  waits
  4 ✗ crashes
  5                                                             SET lock c3 NX  → nil
  6                                                             BLPOP signal  waits`},
	} {
		s, err := explore.ParseSchedule(e.schedule)
		if err != nil {
			t.Fatal(err)
		}
		p, err := explore.Play(s)
		if err != nil {
			t.Fatal(err)
		}
		if got := "\n" + strings.Join(p.Diagram(e.width, e.marks), "\n"); got != e.want {
			t.Errorf("got %s\nwant %s", got, e.want)
		}
	}
}

func TestSchedules(t *testing.T) {
	for _, text := range []string{"none@2: 1 2 2 1", "spin:lease=100ms@2: 1 1 e 2", "redlock:nodes=3@2: 1/1 2/3", "block@9:", "block@3: 1 x1"} {
		s, err := explore.ParseSchedule(text)
		if err != nil || s.String() != text {
			t.Errorf("%q became %q, %v", text, s, err)
		}
	}
	for _, text := range []string{"", "none", "none@2", "none@x: 1", "none@0: 1", "none@2: 1 y", "no such@2: 1", "none@2: e", "@2: 1"} {
		if s, err := explore.ParseSchedule(text); err == nil {
			t.Errorf("%q is read as %q", text, s)
		}
	}
	for _, text := range []string{"none@2: 1 1 1", "none@2: 3", "block@2: 1 2 2 2"} {
		s, err := explore.ParseSchedule(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := explore.Play(s); err == nil || !strings.Contains(err.Error(), "cannot be made") {
			t.Errorf("%q plays: %v", text, err)
		}
	}
}

func FuzzParseSchedule(f *testing.F) {
	f.Add("none@2: 1 2 2 1")
	f.Add("spin:lease=100ms@2: 1,1,e 2")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := explore.ParseSchedule(text)
		if err != nil {
			return
		}
		again, err := explore.ParseSchedule(s.String())
		if err != nil || again.String() != s.String() {
			t.Errorf("%q is written as %q, which is read as %q, %v", text, s, again, err)
		}
	})
}

// BenchmarkExplore explores what a learner would.
func BenchmarkExplore(b *testing.B) {
	for _, c := range []sim.ArenaConfig{{Lane: "none", Clients: 3}, {Lane: "block", Clients: 3}, {Lane: "spin", Clients: 2, Expiries: 1}} {
		b.Run(c.Lane, func(b *testing.B) {
			for b.Loop() {
				if _, err := explore.Run(b.Context(), unbounded(c, explore.States)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
