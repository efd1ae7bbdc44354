package explore

import (
	"math/rand/v2"
	"slices"

	"locktop/sim"
)

// changes is how often priorities change in one random schedule: enough for bugs that
// take as many ordering constraints plus one.
const changes = 3

// random plays schedules drawn by priorities until the limit: the client with the
// highest one moves as long as it can, but at a few random moments its priority
// becomes the lowest. Faults come at random moments.
func (p *player) random(outcomes map[sim.Outcome]uint64) error {
	rng := rand.New(rand.NewPCG(p.options.Seed, 0))
	length := 8 * p.options.Clients // of a schedule; learnt as they are played
	for {
		if err := p.start(); err != nil {
			return err
		}
		if err := p.draw(rng, length); err != nil {
			return err
		}
		length = max(length, len(p.arena.Made()))
		outcomes[p.end()]++
	}
}

// draw plays one random schedule.
func (p *player) draw(rng *rand.Rand, length int) error {
	priority := make([]int, p.options.Clients+1)
	for i, n := range rng.Perm(p.options.Clients) {
		priority[i+1] = n + changes
	}
	var moments [changes]int
	for i := range moments {
		moments[i] = rng.IntN(length)
	}
	for step := 0; ; step++ {
		moves := p.arena.Moves()
		if len(moves) == 0 {
			return nil
		}
		m := pick(rng, moves, priority, length)
		if i := slices.Index(moments[:], step); i >= 0 && m.Kind == sim.Send {
			priority[m.Client] = changes - 1 - i
			m = pick(rng, moves, priority, length)
		}
		if err := p.arena.Make(m); err != nil {
			return err
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
