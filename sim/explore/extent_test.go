package explore_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"locktop/sim"
	"locktop/sim/explore"
)

// reported is a result as text on one line, and as JSON.
func reported(t *testing.T, r *explore.Result) (text string, object struct {
	Complete           bool
	Extent             explore.Extent
	Draws              int
	Schedules, Hanging *uint64
	Counterexample     *struct{ Smallest bool }
}) {
	t.Helper()
	var b strings.Builder
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	text = strings.Join(strings.Fields(b.String()), " ")
	b.Reset()
	if err := r.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(b.String()), &object); err != nil {
		t.Fatal(err)
	}
	return text, object
}

// TestPartOfAllIsNoProof: a result says how much of all there is was tried.
func TestPartOfAllIsNoProof(t *testing.T) {
	options := func(lane string, change func(*explore.Options)) explore.Options {
		o := unbounded(sim.ArenaConfig{Lane: lane, Clients: 2}, explore.States)
		change(&o)
		return o
	}
	const doubt = "That does not show that none does."
	for _, e := range []struct {
		what     string
		o        explore.Options
		extent   explore.Extent
		complete bool
		smallest bool // of a counterexample
		texts    []string
	}{
		{"all states", options("none", func(o *explore.Options) {}), explore.Whole, true, true,
			[]string{"6 schedules, all there are (6 plays reached every state)", "The smallest counterexample has"}},
		{"all schedules", options("spin", func(o *explore.Options) { o.Method = explore.All }), explore.Whole, true, false,
			[]string{"8 schedules, all there are (8 plays)"}},
		{"sleep sets", options("none", func(o *explore.Options) { o.Method = explore.Sleep }), explore.Representatives, true, true,
			[]string{"Each stands for all that differ from it", "was not counted", "The smallest counterexample has"}},
		{"a bound that leaves some out", options("spin", func(o *explore.Options) { o.Preemptions = 0 }), explore.Bounded, false, false,
			[]string{"2 schedules, all with at most 0 preemptions", "Those with more were not tried", doubt}},
		{"a bound that leaves none out", options("spin", func(o *explore.Options) { o.Preemptions = 20 }), explore.Whole, true, false,
			[]string{"8 schedules, all there are"}},
		{"a bound, and a counterexample", options("none", func(o *explore.Options) { o.Preemptions = 1 }), explore.Bounded, false, false,
			[]string{"The smallest counterexample found has"}},
		{"draws", options("spin", func(o *explore.Options) { o.Method, o.Limit = explore.Random, 40 }), explore.Sampled, false, false,
			[]string{"40 random draws gave", "different schedules. There may be others, which were not tried", doubt}},
		{"a limit", options("block", func(o *explore.Options) { o.Limit = 3 }), explore.Limited, false, false,
			[]string{"tried before the limit was reached (3 plays). There may be others, which were not tried", doubt}},
		{"what is too large", options("watch", func(o *explore.Options) { o.Method, o.Clients, o.Limit = explore.Auto, 5, 40 }), explore.Sampled, false, false,
			[]string{"random draws gave", "for there are too many to try them all", doubt}},
		{"what is too large but for a bound", options("watch", func(o *explore.Options) { o.Method, o.Clients, o.Limit = explore.Auto, 3, 900 }), explore.Bounded, false, false,
			[]string{"all with at most 2 preemptions, for there are too many to try them all", doubt}},
	} {
		r := run(t, e.o)
		text, object := reported(t, r)
		if r.Extent() != e.extent || r.Complete != e.complete || r.Smallest != e.smallest {
			t.Errorf("%s: %s, complete %t, the smallest %t; want %s, %t, %t", e.what, r.Extent(), r.Complete, r.Smallest, e.extent, e.complete, e.smallest)
		}
		if object.Extent != e.extent || object.Complete != e.complete || object.Draws != r.Draws || object.Counterexample != nil && object.Counterexample.Smallest != e.smallest {
			t.Errorf("%s: the JSON has %+v", e.what, object)
		}
		for _, want := range e.texts {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q in %s", e.what, want, text)
			}
		}
		if strings.Contains(text, doubt) != (!r.Complete && !r.Bad()) {
			t.Errorf("%s: doubt where there is none, or none where there should be: %s", e.what, text)
		}
	}
}

// TestInterruptedSearchTellsWhatItHas until then, and that there is more.
func TestInterruptedSearchTellsWhatItHas(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	o := unbounded(sim.ArenaConfig{Lane: "none", Clients: 3}, explore.All)
	seen := 0
	o.Each = func([]sim.Move, sim.Outcome) {
		if seen++; seen == 20 {
			cancel()
		}
	}
	r, err := explore.Run(ctx, o)
	if !errors.Is(err, context.Canceled) || r.Complete || r.Extent() != explore.Interrupted || r.Schedules != 20 || !r.Bad() || r.Smallest {
		t.Fatalf("%v: %+v", err, r)
	}
	text, object := reported(t, r)
	if !strings.Contains(text, "20 schedules tried before the interruption (20 plays). There may be others, which were not tried") || !strings.Contains(text, "The smallest counterexample found has") {
		t.Errorf("the text is %s", text)
	}
	if object.Complete || object.Extent != explore.Interrupted || *object.Schedules != 20 {
		t.Errorf("the JSON has %+v", object)
	}
}

// TestWhatWasFoundIsKept: if the search that was tried first has found something and what is drawn in the end has not, it is
// still bad.
func TestWhatWasFoundIsKept(t *testing.T) {
	kept := 0
	for seed := range uint64(30) {
		o := unbounded(sim.ArenaConfig{Lane: "none", Clients: 4}, explore.Auto)
		o.Limit, o.Seed = 9, seed
		r := run(t, o)
		if r.Extent() == explore.Sampled && r.Losing == 0 && r.Counterexample != nil {
			kept++
			if !r.Bad() {
				t.Errorf("seed %d: there is a counterexample, and nothing is bad", seed)
			}
		}
	}
	if kept == 0 {
		t.Error("no seed draws only what is good: the test tests nothing")
	}
}

// TestCountsThatDoNotFit are no numbers.
func TestCountsThatDoNotFit(t *testing.T) {
	r := run(t, unbounded(sim.ArenaConfig{Lane: "spin", Clients: 2}, explore.States))
	r.Schedules, r.Hanging = math.MaxUint64, 7
	text, object := reported(t, r)
	if object.Schedules != nil || *object.Hanging != 7 || !strings.Contains(text, "more than 9e18 schedules") {
		t.Errorf("%+v in %s", object, text)
	}
}
