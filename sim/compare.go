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
	c.Clients, c.Alerts, c.Interval, c.Backlog = 16, 125, 0, true
	c.Work, c.Retry, c.Lease, c.LeaseFloor = time.Millisecond, 0, 30*time.Second, 0
	c.GiveUp, c.Speed = true, 1
	return c
}

// Compare races each strategy alone, one after the other, and returns the result
// of all in the lanes of one. Its configuration is that of every race, with the
// strategies as its lanes.
//
// While a strategy runs, progress is told ten times a second how it stands, and
// once more when it is done. When ctx ends or a race fails, the result holds what
// was finished.
func Compare(ctx context.Context, cfg Config, strategies []string, progress func(index int, s *Snapshot)) (Result, error) {
	all := Result{Config: cfg}
	all.Config.Lanes = strategies
	started := time.Now()
	for i, name := range strategies {
		cfg.Lanes = []string{name}
		r, err := alone(ctx, cfg, func(s *Snapshot) { progress(i, s) })
		if cfg.Deterministic {
			all.Elapsed += r.Elapsed // in virtual time
		} else {
			all.Elapsed = time.Since(started)
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return all, fmt.Errorf("compare %s: %w", name, err)
		}
		lane := r.Lanes[0]
		lane.Lane.Index = i
		all.Lanes = append(all.Lanes, lane)
		all.Backend, all.Version, all.Embedded = r.Backend, r.Version, r.Embedded
	}
	return all, nil
}

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
		errs = append(errs, c.Validate())
	}
	return names, errors.Join(errs...)
}
