package explore

import (
	"slices"

	"locktop/sim"
)

// state is what is known of a state: the outcomes of all schedules from there, and the
// shortest ways to something that goes wrong.
type state struct {
	outcomes map[sim.Outcome]uint64
	ways     [wrongs][sim.MostPlayers + 1]way // by who moved last; 0 is nobody
}

// What can go wrong, the worst first; an overlap has not done harm yet.
const (
	losing = iota
	hanging
	overlapping
	wrongs
)

// way is the shortest from a state to something that goes wrong.
type way struct {
	found                      bool
	faults, preemptions, steps int
	next                       sim.Move
}

// shorter orders ways by faults, then preemptions, then steps.
func (w way) shorter(v way) bool {
	switch {
	case w.found != v.found:
		return w.found
	case w.faults != v.faults:
		return w.faults < v.faults
	case w.preemptions != v.preemptions:
		return w.preemptions < v.preemptions
	}
	return w.steps < v.steps
}

// longer is the way with one more move before it, made after last's.
func (w way) longer(m sim.Move, last int, can []sim.Move) way {
	if !w.found {
		return w
	}
	w.steps++
	if m.Kind != sim.Send {
		w.faults++
	}
	if preempts(last, m, can) {
		w.preemptions++
	}
	w.next = m
	return w
}

// place identifies a state, and whose turn it was, where that matters.
type place struct {
	signature uint64
	turn      turn
}

func (p *player) place(t turn) place {
	at := place{signature: p.arena.Signature()}
	if p.options.Preemptions >= 0 {
		at.turn = t
	}
	return at
}

// states explores every state once.
func (p *player) states(r *Result) error {
	known := map[place]*state{}
	if err := p.start(); err != nil {
		return err
	}
	root, err := p.visit(known, turn{})
	r.Outcomes = root.outcomes
	if err != nil {
		return err
	}
	r.Counterexample, err = p.counterexample(root, known)
	return err
}

// visit explores the state that the arena is in. On an error, what it returns is the
// part that has been explored.
func (p *player) visit(known map[place]*state, t turn) (*state, error) {
	s := &state{outcomes: map[sim.Outcome]uint64{}}
	if err := p.overdue(); err != nil {
		return s, err
	}
	at := p.place(t)
	if s, ok := known[at]; ok {
		return s, nil
	}
	moves := slices.Clone(p.arena.Moves())
	if len(moves) == 0 {
		o := p.end(t.preemptions)
		s.outcomes[o] = 1
		for last := range s.ways[losing] {
			s.ways[losing][last].found = o.Lost > 0
			s.ways[hanging][last].found = o.Hung
			s.ways[overlapping][last].found = o.Overlap
		}
	}
	made := slices.Clone(p.arena.Made())
	first := true
	for _, m := range moves {
		next, ok := p.after(t, m, moves)
		if !ok {
			continue
		}
		if !first {
			if err := p.back(made); err != nil {
				return s, err
			}
		}
		first = false
		if err := p.arena.Make(m); err != nil {
			return s, err
		}
		child, err := p.visit(known, next)
		for o, n := range child.outcomes {
			s.outcomes[o] = add(s.outcomes[o], n)
		}
		if err != nil {
			return s, err
		}
		for wrong := range s.ways {
			for last := range s.ways[wrong] {
				mover := m.Client
				if m.Kind != sim.Send {
					mover = last
				}
				if w := child.ways[wrong][mover].longer(m, last, moves); w.shorter(s.ways[wrong][last]) {
					s.ways[wrong][last] = w
				}
			}
		}
	}
	known[at] = s
	return s, nil
}

// counterexample plays the shortest way to a loss or to a hang or, if nothing does that
// harm, to an overlap; nil if nothing goes wrong.
func (p *player) counterexample(root *state, known map[place]*state) (*Counterexample, error) {
	ways := func(wrong int) way { return root.ways[wrong][0] }
	switch {
	case ways(hanging).shorter(ways(losing)):
		return p.follow(hanging, known)
	case ways(losing).found:
		return p.follow(losing, known)
	case ways(overlapping).found && p.overlapHarms:
		return p.follow(overlapping, known)
	}
	return nil, nil
}

// follow goes the shortest way from the start to something that goes wrong.
func (p *player) follow(wrong int, known map[place]*state) (*Counterexample, error) {
	p.played++ // which no limit forbids
	if err := p.arena.Start(); err != nil {
		return nil, err
	}
	for t := (turn{}); ; {
		moves := p.arena.Moves()
		if len(moves) == 0 {
			return newCounterexample(p.options.ArenaConfig, slices.Clone(p.arena.Made()), p.arena.Outcome(), t.preemptions), nil
		}
		here, ok := known[p.place(t)]
		if !ok {
			return nil, nil // what differs from play to play is no part of a way
		}
		m := here.ways[wrong][t.client].next
		t, _ = p.after(t, m, moves)
		if err := p.arena.Make(m); err != nil {
			return nil, err
		}
	}
}
