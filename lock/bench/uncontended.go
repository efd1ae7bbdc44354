package main

import (
	"context"
	"fmt"
	"runtime"
	"time"
)

const (
	cycles = 250 // of acquire and release in a block
	blocks = 6   // of each entrant in a round

	// blockLimit is for one block, after which a lock is taken for stuck.
	blockLimit = 10 * time.Second
)

// Uncontended is what acquire and release cost when nobody else wants the lock.
type Uncontended struct {
	Cycle time.Duration `json:"cycle_ns"` // an acquire and a release, the median of blocks
	Ratio float64       `json:"ratio"`    // of the floor's time to this, in the same minute: 1 is as fast as the floor
}

// blockTimes are what the blocks of one entrant took, for each cycle, and the floor before and after each of them.
type blockTimes struct {
	cycle   []time.Duration
	ratio   []float64
	problem string
}

// summary is nil if there was no block.
func (b blockTimes) summary() *Uncontended {
	if len(b.cycle) == 0 {
		return nil
	}
	return &Uncontended{Cycle: median(b.cycle), Ratio: median(b.ratio)}
}

// uncontended runs a round of blocks, always with a block of the floor between two of the entrants', so that a machine
// that is slower for a while is so for both sides of a ratio. An entrant that fails is left out of the rest of the round.
func uncontended(ctx context.Context, s *server, all []entrant, times []blockTimes, floors *[]time.Duration) error {
	base, err := floor(ctx, s)
	if err != nil {
		return fmt.Errorf("floor: %w", err)
	}
	defer base.close()
	if _, err := block(ctx, base.lockers[0], cycles/10); err != nil {
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
		if _, err := block(ctx, lockers[i], cycles/10); err != nil { // scripts are loaded, caches warm
			failed(i, err)
		}
	}
	for range blocks {
		runtime.GC()
		before, err := block(ctx, base.lockers[0], cycles)
		if err != nil {
			return fmt.Errorf("floor: %w", err)
		}
		for i, acquire := range lockers {
			if acquire == nil {
				continue
			}
			own, failure := block(ctx, acquire, cycles)
			if failure != nil {
				failed(i, failure)
			}
			after, err := block(ctx, base.lockers[0], cycles)
			if err != nil {
				return fmt.Errorf("floor: %w", err)
			}
			if failure == nil {
				times[i].cycle = append(times[i].cycle, own)
				times[i].ratio = append(times[i].ratio, float64(before+after)/2/float64(own))
				*floors = append(*floors, after)
			}
			before = after
		}
	}
	return nil
}

// block returns the mean time of n cycles.
func block(ctx context.Context, acquire locker, n int) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, blockLimit)
	defer cancel()
	start := time.Now()
	for range n {
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
