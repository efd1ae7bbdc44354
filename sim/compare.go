package sim

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// CompareDefaults returns the configuration of a comparison: 16 clients that have
// their next alert at hand at all times, and think for a millisecond. Retries are
// at once, so that spin spins; strategies with pauses have shortest ones of their
// own. The lease is long enough never to run out.
func CompareDefaults() Config {
	c := Defaults()
	c.Clients, c.Alerts, c.Interval, c.Backlog = 16, 100, 0, true
	c.Work, c.Retry, c.Lease, c.LeaseFloor = time.Millisecond, 0, 30*time.Second, 0
	c.GiveUp, c.Speed = true, 1
	return c
}

// Compare races each strategy alone, one after the other, and all of them again as often as
// repeat says, so that what else the machine does meets all alike. It returns the
// strategies in the lanes of one result: counts are added up, and measures are in the lanes' repetitions, each
// of the time in which all clients compete ([Contest]). Its configuration is that of
// every race, with the strategies as its lanes; each repetition has a seed of its own.
//
// While a strategy runs, progress is told ten times a second how it stands, and
// once more when it is done. When ctx ends or a race fails, the result holds what
// was finished, and the error says how much that is.
func Compare(ctx context.Context, cfg Config, strategies []string, repeat int, progress func(round, index int, s *Snapshot)) (Result, error) {
	cfg.Contest = true
	all := Result{Config: cfg}
	all.Config.Lanes = strategies
	runs := make([][]LaneResult, len(strategies))
	started := time.Now()
	var fail error
	for round := range repeat {
		for i, name := range strategies {
			alike := cfg
			alike.Lanes, alike.Seed = []string{name}, cfg.Seed+uint64(round)
			r, err := alone(ctx, alike, func(s *Snapshot) { progress(round, i, s) })
			if err = errors.Join(err, ctx.Err()); err != nil {
				fail = fmt.Errorf("compare: %s, repetition %d: %w", name, round+1, err)
				break
			}
			if cfg.Deterministic {
				all.Elapsed += r.Elapsed // in virtual time
			} else {
				all.Elapsed = time.Since(started)
			}
			runs[i] = append(runs[i], r.Lanes[0])
			all.Backend, all.Version, all.Embedded = r.Backend, r.Version, r.Embedded
		}
		if fail != nil {
			break
		}
	}
	done := 0
	for i, of := range runs {
		done += len(of)
		if len(of) > 0 {
			lane := repeated(of)
			lane.Lane.Index = i
			all.Lanes = append(all.Lanes, lane)
		}
	}
	if fail != nil {
		fail = errors.Join(fail, fmt.Errorf("compare: %d of %d races were finished: %d repetitions of %d strategies were wanted", done, repeat*len(strategies), repeat, len(strategies)))
	}
	return all, fail
}

// repeated is the result of a lane that was run several times: with the counts of all runs and
// the worst of their verdicts.
func repeated(runs []LaneResult) LaneResult {
	sum := *runs[len(runs)-1].Snapshot
	all := LaneResult{Snapshot: &sum}
	for i, r := range runs {
		all.Failed = append(all.Failed, r.Failed...)
		all.Repetitions = append(all.Repetitions, r.Snapshot)
		sum.Verdict = worse(sum.Verdict, r.Verdict)
		if sum.Broke == "" {
			sum.Broke = r.Broke
		}
		if i == len(runs)-1 {
			break // which the sum began as
		}
		sum.Totals = sum.Totals.plus(r.Totals)
		sum.Redis, sum.True = sum.Redis.plus(r.Redis), sum.True.plus(r.True)
		sum.MaxInside, sum.Overlaps, sum.Guarded = max(sum.MaxInside, r.MaxInside), sum.Overlaps+r.Overlaps, sum.Guarded+r.Guarded
		sum.Attempts, sum.Failures, sum.Retries = sum.Attempts+r.Attempts, sum.Failures+r.Failures, sum.Retries+r.Retries
		sum.Acquired, sum.Commands, sum.Stale = sum.Acquired+r.Acquired, sum.Commands+r.Commands, sum.Stale+r.Stale
		sum.LockEnds = sum.LockEnds.plus(r.LockEnds)
		sum.Waits, sum.OpenWaits, sum.LongestOpen = sum.Waits+r.Waits, sum.OpenWaits+r.OpenWaits, max(sum.LongestOpen, r.LongestOpen)
		sum.Last += r.Last
	}
	sum.Parts = nil // as nothing changes, there is one, and it is the whole
	sum.Parts = []Part{sum.Part()}
	return all
}

// worse is the verdict on two runs of a lane. One run is enough to show that it is not
// correct; that nothing could go wrong in another takes nothing from it.
func worse(a, b Verdict) Verdict {
	for _, v := range []Verdict{a, b} {
		if v == Wrong {
			return v
		}
	}
	for _, v := range []Verdict{a, b} {
		if v != Correct && v != Undecided {
			return v
		}
	}
	if a == Correct {
		return a
	}
	return b
}

// plus adds the counts of another run.
func (t Totals) plus(o Totals) Totals {
	t.Acked, t.AckedSum, t.Kept, t.KeptSum, t.Lost = t.Acked+o.Acked, t.AckedSum+o.AckedSum, t.Kept+o.Kept, t.KeptSum+o.KeptSum, t.Lost+o.Lost
	t.Erased, t.Unknown, t.Clobbers = t.Erased+o.Erased, t.Unknown+o.Unknown, t.Clobbers+o.Clobbers
	t.Ambiguous, t.Foreign = t.Ambiguous+o.Ambiguous, t.Foreign+o.Foreign
	return t
}

func (a Average) plus(o Average) Average { return Average{a.Sum + o.Sum, a.Count + o.Count} }

// alone runs one experiment from its beginning to its end.
func alone(ctx context.Context, cfg Config, progress func(*Snapshot)) (Result, error) {
	e, err := Open(ctx, cfg)
	if err != nil {
		return Result{}, err
	}
	ran := make(chan error, 1)
	go func() { ran <- e.Run(ctx) }()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			progress(e.Snapshots()[0])
		case err := <-ran:
			r := e.Result()
			progress(r.Lanes[0].Snapshot)
			return r, errors.Join(err, e.Close())
		}
	}
}

// Comparable is what a list of strategies stands for, on the configuration's Redis:
// all, alone, are those that it has the servers for. The error names those that
// cannot be raced.
func (c Config) Comparable(names []string) ([]string, error) {
	if len(names) == 1 && strings.TrimSpace(names[0]) == "all" {
		names = nil
		for _, s := range Strategies() {
			if !s.Broken && (s.Nodes == 1 || !c.Source.Shared()) {
				names = append(names, s.Name)
			}
		}
		return names, nil
	}
	if len(names) == 0 {
		return nil, errors.New("strategies: want all or a list of names, have nothing")
	}
	var errs []error
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
		c.Lanes = names[i : i+1]
		if _, err := c.lane(0); err != nil {
			errs = append(errs, fmt.Errorf("strategies: %w", err))
			continue
		}
		errs = append(errs, c.Validate())
	}
	return names, errors.Join(errs...)
}
