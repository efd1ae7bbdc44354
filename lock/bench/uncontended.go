package main

import (
	"context"
	"fmt"
	"runtime"
	"time"
)

const (
	// Blocks are short, so that a machine that is disturbed for a while is so for
	// all entrants alike.
	cycles = 20  // of acquire and release in a block
	laps   = 300 // in a round: a block of each entrant
	sweeps = 60  // of the garbage collector in a round, between laps

	// blockLimit is for one block, after which a lock is taken for stuck.
	blockLimit = 10 * time.Second
)

// Uncontended is what acquire and release cost when nobody else wants the lock.
type Uncontended struct {
	Cycle time.Duration `json:"cycle_ns"`        // an acquire and a release, the median of blocks
	Ratio float64       `json:"ratio"`           // of the floor's time to this, in the blocks beside: 1 is as fast as the floor
	Rival float64       `json:"rival,omitempty"` // of redislock's time to this, in the same laps: above 1 is faster than that
}

// blockTimes are what the blocks of one entrant took, for each cycle, by laps, and the floor beside each of them.
type blockTimes struct {
	cycle   []time.Duration // 0: it failed
	ratio   []float64
	problem string
}

// summary is nil if there was no block. The medians of ratios are of pairs that were measured within milliseconds.
func (b blockTimes) summary(rival *blockTimes) *Uncontended {
	u := &Uncontended{Ratio: median(b.ratio)}
	var cycle []time.Duration
	var against []float64
	for lap, own := range b.cycle {
		if own == 0 {
			continue
		}
		cycle = append(cycle, own)
		if rival != nil && rival.cycle[lap] > 0 {
			against = append(against, float64(rival.cycle[lap])/float64(own))
		}
	}
	if len(cycle) == 0 {
		return nil
	}
	u.Cycle, u.Rival = median(cycle), median(against)
	return u
}

// uncontended runs a round of laps, each with a block of every entrant and one of the floor between any two, so that a
// machine that is slower for a while is so for both sides of a ratio. An entrant that fails is left out of the rest of
// the round.
func uncontended(ctx context.Context, s *server, all []entrant, times []blockTimes, floors *[]time.Duration) error {
	s, closed := s.sharing()
	defer closed()
	base, err := floor(ctx, s)
	if err != nil {
		return fmt.Errorf("floor: %w", err)
	}
	defer base.close()
	if _, err := block(ctx, base.lockers[0], cycles/2); err != nil {
		return fmt.Errorf("floor: %w", err)
	}
	lockers := make([]locker, len(all)) // nil for who failed
	failed := func(i int, err error) {
		lockers[i] = nil
		times[i].problem = err.Error()
	}
	for i, e := range all {
		t, err := e.open(ctx, s, 1)
		if err != nil {
			failed(i, err)
			continue
		}
		defer t.close()
		lockers[i] = t.lockers[0]
		if _, err := block(ctx, lockers[i], cycles/2); err != nil { // scripts are loaded, caches warm
			failed(i, err)
		}
	}
	for lap := range laps {
		if lap%(laps/sweeps) == 0 {
			runtime.GC()
		}
		before, err := block(ctx, base.lockers[0], cycles)
		if err != nil {
			return fmt.Errorf("floor: %w", err)
		}
		for _, i := range order(len(all), lap) {
			var own time.Duration
			if lockers[i] != nil {
				if own, err = block(ctx, lockers[i], cycles); err != nil {
					failed(i, err)
					own = 0
				}
			}
			times[i].cycle = append(times[i].cycle, own)
			if lockers[i] == nil {
				continue
			}
			after, err := block(ctx, base.lockers[0], cycles)
			if err != nil {
				return fmt.Errorf("floor: %w", err)
			}
			times[i].ratio = append(times[i].ratio, float64(before+after)/2/float64(own))
			*floors = append(*floors, after)
			before = after
		}
	}
	return nil
}

// block returns the mean time of n cycles, after one that is not counted: it finds the caches as the block before has
// left them.
func block(ctx context.Context, acquire locker, n int) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, blockLimit)
	defer cancel()
	var start time.Time
	for i := range n + 1 {
		if i == 1 {
			start = time.Now()
		}
		release, err := acquire(ctx)
		if err != nil {
			return 0, err
		}
		if err := release(); err != nil {
			return 0, err
		}
	}
	return time.Since(start) / time.Duration(n), ctx.Err()
}
