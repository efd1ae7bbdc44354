package explore

import (
	"cmp"
	"context"

	"locktop/sim"
)

// A Counterexample is a schedule in which something goes wrong: an update is lost, or a
// client waits for ever. Where neither happens, it may be one that lets two clients in at
// once that should not be.
type Counterexample struct {
	Schedule Schedule
	Outcome  sim.Outcome
	// Faults and Preemptions are how many it takes.
	Faults, Preemptions int
}

func newCounterexample(c sim.ArenaConfig, moves []sim.Move, o sim.Outcome, preemptions int) *Counterexample {
	s := Schedule{Lane: c.Lane, Clients: c.Clients, Moves: moves}
	if s.Arena().Expiries == 0 { // of which a lease is not told
		s.Lane = WithLease(c).Lane
	}
	return &Counterexample{Schedule: s, Outcome: o, Faults: faults(moves), Preemptions: preemptions}
}

// faults counts the moves that nobody wishes for.
func faults(moves []sim.Move) (n int) {
	for _, m := range moves {
		if m.Kind != sim.Send {
			n++
		}
	}
	return n
}

// smaller says whether a counterexample goes before another one of as many clients: if
// it does harm, and that one only lets two in at once; or else if it has fewer faults, or
// as many and fewer preemptions, or as many of both and fewer moves; or loses where
// that one hangs. Any goes before nil.
func (c *Counterexample) smaller(than *Counterexample) bool {
	if than == nil {
		return true
	}
	mine, its := worst(c.Outcome), worst(than.Outcome)
	if mine != its && max(mine, its) == overlapping {
		return mine < its
	}
	return cmp.Or(
		cmp.Compare(c.Faults, than.Faults),
		cmp.Compare(c.Preemptions, than.Preemptions),
		cmp.Compare(len(c.Schedule.Moves), len(than.Schedule.Moves)),
		cmp.Compare(mine, its),
	) < 0
}

// worst is the worst of what goes wrong.
func worst(o sim.Outcome) int {
	switch {
	case o.Lost > 0:
		return losing
	case o.Hung:
		return hanging
	}
	return overlapping
}

// findCounterexample looks for the smallest one: of the fewest clients, and then the one
// that goes before the others. The one that is known is the smallest of all clients if
// every schedule was counted.
func (r *Result) findCounterexample(ctx context.Context) error {
	o := r.Options
	o.Each, o.Progress, o.Method, o.Preemptions = nil, nil, States, r.Preemptions
	o.Timeout /= 4
	r.Smallest = true // unless a smaller one may have been left out
	for o.Clients = 1; o.Clients <= r.Options.Clients; o.Clients++ {
		known := r.Counterexample
		if o.Clients < r.Options.Clients {
			known = nil
		} else if known != nil && r.Method != Sleep {
			r.Smallest = r.Smallest && r.Complete
			return nil
		}
		found, err := search(ctx, o, o)
		r.Smallest = r.Smallest && found.Complete
		if err != nil {
			return err
		}
		if c := found.Counterexample; c != nil && c.smaller(known) {
			r.Counterexample = c
			return nil
		}
	}
	return nil
}
