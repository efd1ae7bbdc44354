package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"time"
)

// leaveWithin is how long contenders have to return after their time is up.
const leaveWithin = 3 * time.Second

// Contended is a race of several contenders for one lock, whose critical section is empty. Of several rounds it holds
// the medians.
type Contended struct {
	Contenders int           `json:"contenders"`
	Rate       float64       `json:"acquisitions_per_second"`
	Jain       float64       `json:"jain"`              // of the acquisitions at the moment the first contender had all of its own
	P50        time.Duration `json:"p50_ns"`            // of the waits: what Acquire took
	P99        time.Duration `json:"p99_ns"`            //
	Max        time.Duration `json:"max_ns"`            // of all rounds
	Overlaps   int64         `json:"overlaps"`          // acquisitions while somebody else was inside, of all rounds
	Problem    string        `json:"problem,omitempty"` // what went wrong in some round
}

// finished reports whether there is anything but a problem.
func (c Contended) finished() bool { return c.Rate > 0 }

// enough failures of an entrant to finish a race, and it is not asked to run it again.
const enough = 2

// failures counts the rounds without a result.
func failures(rounds []Contended) (n int) {
	for _, r := range rounds {
		if !r.finished() {
			n++
		}
	}
	return n
}

// summary returns the medians of the rounds that were finished, if these are more than half of all.
func summary(rounds []Contended, planned int) Contended {
	sum := Contended{Contenders: rounds[0].Contenders}
	var finished []Contended
	for _, r := range rounds {
		sum.Overlaps += r.Overlaps
		if sum.Problem == "" {
			sum.Problem = r.Problem
		}
		if r.finished() {
			finished = append(finished, r)
		}
	}
	if 2*len(finished) <= planned {
		return sum
	}
	if sum.Problem != "" {
		sum.Problem = fmt.Sprintf("in %d of %d rounds: %s", len(rounds)-len(finished), len(rounds), sum.Problem)
	}
	for _, r := range finished {
		sum.Max = max(sum.Max, r.Max)
	}
	sum.Rate = medianOf(finished, func(r Contended) float64 { return r.Rate })
	sum.Jain = medianOf(finished, func(r Contended) float64 { return r.Jain })
	sum.P50 = medianOf(finished, func(r Contended) time.Duration { return r.P50 })
	sum.P99 = medianOf(finished, func(r Contended) time.Duration { return r.P99 })
	return sum
}

func medianOf[T float64 | time.Duration](rounds []Contended, value func(Contended) T) T {
	values := make([]T, len(rounds))
	for i, r := range rounds {
		values[i] = value(r)
	}
	return median(values)
}

// A contest is what the contenders of one race share.
type contest struct {
	each     int64
	counts   []atomic.Int64
	inside   atomic.Int32
	overlaps atomic.Int64
	atFirst  atomic.Pointer[[]int64]
}

// contended has every contender acquire and release the lock so often, and lets them try no longer than the limit. That
// they were too slow, or failed, is a Problem and no error; the error is that of ctx.
func contended(ctx context.Context, s *server, e entrant, contenders, each int, limit time.Duration) (Contended, error) {
	result := Contended{Contenders: contenders}
	failed := func(err error) (Contended, error) {
		result.Problem = err.Error()
		return result, ctx.Err()
	}
	t, err := e.open(ctx, s, contenders)
	if err != nil {
		return failed(err)
	}
	defer t.close()
	if _, err := block(ctx, t.lockers[0], 1); err != nil { // scripts are loaded
		return failed(err)
	}
	runtime.GC()

	c := &contest{each: int64(each), counts: make([]atomic.Int64, contenders)}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	type finish struct {
		waits []time.Duration
		err   error
	}
	finishes := make(chan finish, contenders) // nobody may be there any more
	start := make(chan struct{})
	for i, acquire := range t.lockers {
		go func() {
			<-start
			waits, err := c.run(limited, i, acquire)
			finishes <- finish{waits, err}
		}()
	}
	began := time.Now()
	close(start)
	waits := make([]time.Duration, 0, contenders*each)
	var late <-chan time.Time
	done := limited.Done()
	for returned := 0; returned < contenders; {
		select {
		case f := <-finishes:
			returned++
			waits = append(waits, f.waits...)
			if f.err != nil && err == nil {
				err = f.err
				cancel() // the others need not go on
			}
			continue
		case <-done:
			done = nil
			late = time.After(leaveWithin)
			continue
		case <-late: // somebody is stuck, and left behind
			if err == nil {
				err = limited.Err()
			}
		}
		break
	}
	took := time.Since(began)
	result.Overlaps = c.overlaps.Load()
	switch {
	case ctx.Err() != nil:
		return result, ctx.Err()
	case errors.Is(err, context.DeadlineExceeded) || err != nil && took >= limit:
		var got int64
		for i := range c.counts {
			got += c.counts[i].Load()
		}
		return failed(fmt.Errorf("did not finish in %v: %d of %d", limit, got, contenders*each))
	case err != nil:
		return failed(err)
	}
	slices.Sort(waits)
	result.Rate = float64(len(waits)) / took.Seconds()
	result.Jain = jain(*c.atFirst.Load())
	result.P50 = quantile(waits, 0.5)
	result.P99 = quantile(waits, 0.99)
	result.Max = waits[len(waits)-1]
	return result, nil
}

// run is one contender. It returns how long it waited for each of its acquisitions.
func (c *contest) run(ctx context.Context, i int, acquire locker) ([]time.Duration, error) {
	waits := make([]time.Duration, 0, c.each)
	for range c.each {
		asked := time.Now()
		release, err := acquire(ctx)
		if err != nil {
			return waits, err
		}
		waits = append(waits, time.Since(asked))
		if c.inside.Add(1) != 1 {
			c.overlaps.Add(1)
		}
		if c.counts[i].Add(1) == c.each && c.atFirst.Load() == nil {
			counts := make([]int64, len(c.counts))
			for j := range c.counts {
				counts[j] = c.counts[j].Load()
			}
			c.atFirst.CompareAndSwap(nil, &counts)
		}
		c.inside.Add(-1)
		if err := release(); err != nil {
			return waits, err
		}
	}
	return waits, nil
}
