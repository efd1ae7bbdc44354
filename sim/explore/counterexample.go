package explore

import (
	"context"
	"sync/atomic"

	"locktop/sim"
)

// A Counterexample is a schedule in which something goes wrong.
type Counterexample struct {
	Schedule Schedule
	Outcome  sim.Outcome
	// Faults and Preemptions are how many it takes.
	Faults, Preemptions int
}

func newCounterexample(c sim.ArenaConfig, moves []sim.Move, o sim.Outcome, w way) *Counterexample {
	return &Counterexample{
		Schedule: Schedule{Lane: c.Lane, Clients: c.Clients, Moves: moves},
		Outcome:  o, Faults: w.faults, Preemptions: w.preemptions,
	}
}

// measured plays a schedule that goes wrong, to tell what it takes.
func (p *player) measured(moves []sim.Move) (*Counterexample, error) {
	p.limit, p.late = p.played+1, new(atomic.Bool)
	if err := p.start(); err != nil {
		return nil, err
	}
	w, last := way{faults: faults(moves)}, 0
	for _, m := range moves {
		if preempts(last, m, p.arena.Moves()) {
			w.preemptions++
		}
		if m.Kind == sim.Send {
			last = m.Client
		}
		if err := p.arena.Make(m); err != nil {
			return nil, err
		}
	}
	return newCounterexample(p.options.ArenaConfig, moves, p.arena.Outcome(), w), nil
}

// findCounterexample looks for the smallest one: of the fewest clients, and then with
// the fewest faults, preemptions and moves.
func (r *Result) findCounterexample(ctx context.Context) error {
	o := r.Options
	o.Each, o.Progress, o.Method, o.Preemptions = nil, nil, States, r.Preemptions
	o.Timeout /= 4
	for o.Clients = 1; o.Clients <= r.Options.Clients; o.Clients++ {
		if o.Clients == r.Options.Clients && r.Counterexample != nil {
			return nil
		}
		found, err := search(ctx, o, o)
		if err != nil {
			return err
		}
		if found.Counterexample != nil {
			r.Counterexample = found.Counterexample
			return nil
		}
	}
	return nil
}
