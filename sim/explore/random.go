package explore

import (
	"hash/maphash"
	"math/rand/v2"
	"slices"

	"locktop/sim"
)

// Changes is how often priorities change, at most, in one random schedule: enough for bugs
// that take as many ordering constraints plus one. A schedule that takes more is never drawn.
const Changes = 3

// random plays schedules drawn by priorities until the limit: the client with the
// highest one moves as long as it can, but at a few random moments its priority
// becomes the lowest. Faults come at random moments. A schedule that is drawn again
// counts once.
func (p *player) random(outcomes map[sim.Outcome]uint64) error {
	rng := rand.New(rand.NewPCG(p.options.Seed, 0))
	length := 8 * p.options.Clients // of a schedule; learnt as they are played
	drawn, seed := map[uint64]bool{}, maphash.MakeSeed()
	for {
		if err := p.start(); err != nil {
			return err
		}
		preemptions, err := p.draw(rng, length)
		if err != nil {
			return err
		}
		p.drawn++
		made := p.arena.Made()
		length = max(length, len(made))
		id := fingerprint(seed, made)
		if o := p.end(preemptions); !drawn[id] {
			drawn[id] = true
			outcomes[o]++
		}
	}
}

// fingerprint tells schedules apart.
func fingerprint(seed maphash.Seed, moves []sim.Move) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	for _, m := range moves {
		maphash.WriteComparable(&h, m)
	}
	return h.Sum64()
}

// draw plays one random schedule, with no more preemptions than are allowed, and says
// how many it has.
func (p *player) draw(rng *rand.Rand, length int) (preemptions int, err error) {
	priority := make([]int, p.options.Clients+1)
	for i, n := range rng.Perm(p.options.Clients) {
		priority[i+1] = n + Changes
	}
	var moments [Changes]int
	for i := range moments {
		moments[i] = rng.IntN(length)
	}
	t := turn{}
	for step := 0; ; step++ {
		can := p.arena.Moves()
		if len(can) == 0 {
			return t.preemptions, nil
		}
		var moves []sim.Move
		for _, m := range can {
			if _, ok := p.after(t, m, can); ok {
				moves = append(moves, m)
			}
		}
		m := pick(rng, moves, priority, length)
		if i := slices.Index(moments[:], step); i >= 0 && m.Kind == sim.Send {
			priority[m.Client] = Changes - 1 - i
			m = pick(rng, moves, priority, length)
		}
		t, _ = p.after(t, m, can)
		if err := p.arena.Make(m); err != nil {
			return 0, err
		}
	}
}

// pick chooses the next move.
func pick(rng *rand.Rand, moves []sim.Move, priority []int, length int) sim.Move {
	var sends, faults []sim.Move
	for _, m := range moves {
		if m.Kind == sim.Send {
			sends = append(sends, m)
		} else {
			faults = append(faults, m)
		}
	}
	if len(faults) > 0 && (len(sends) == 0 || rng.IntN(length) == 0) {
		return faults[rng.IntN(len(faults))]
	}
	return slices.MaxFunc(sends, func(a, b sim.Move) int { return priority[a.Client] - priority[b.Client] })
}
