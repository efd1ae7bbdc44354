package sim

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Race runs one experiment from its beginning to its end. Before it races, opened is
// told of it; every second, progress is told how it stands. When ctx ends, which is no
// error, or nobody listens any more, which is one, the result is what there was.
func Race(ctx context.Context, cfg Config, opened func(*Experiment) error, progress func(Result) error) (Result, error) {
	exp, err := Open(ctx, cfg)
	if err != nil {
		return Result{}, err
	}
	if err := opened(exp); err != nil {
		return Result{}, errors.Join(err, exp.Close())
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ran := make(chan error, 1)
	go func() { ran <- exp.Run(ctx) }()
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	var unheard error
	for {
		select {
		case <-ticker.C:
			if err := progress(exp.Result()); err != nil && unheard == nil {
				unheard = fmt.Errorf("nobody reads the progress any more: %w", err)
				stop()
			}
		case err := <-ran:
			result := exp.Result()
			return result, errors.Join(err, unheard, exp.Close())
		}
	}
}
