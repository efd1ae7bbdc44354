package lock

import (
	"context"
	"fmt"
	"time"
)

// A Backoff says how long a waiter pauses between two attempts: see [WithPoll].
type Backoff struct {
	first, most time.Duration
	jitter      bool
}

// Constant is a pause of d each time, which must be positive.
func Constant(d time.Duration) Backoff {
	return Backoff{first: d, most: d}
}

// Exponential is a random pause, evenly distributed between nothing and a limit
// that is first after the first failure, doubles with each and is never above
// most. first must be positive and most no less than that. This is the "full
// jitter" of Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog,
// 2015.
func Exponential(first, most time.Duration) Backoff {
	return Backoff{first: first, most: most, jitter: true}
}

func (b Backoff) check() error {
	if b.first <= 0 || b.most < b.first {
		return fmt.Errorf("%w: the pauses from %v to %v are not positive and ascending", ErrInvalid, b.first, b.most)
	}
	return nil
}

// pause returns how long to wait after the given number of failures, from 1.
func (b Backoff) pause(failures int, r *random) time.Duration {
	limit := b.first
	for range failures - 1 {
		if limit > b.most/2 {
			limit = b.most
			break
		}
		limit *= 2
	}
	if b.jitter {
		return r.below(max(limit+1, limit)) // there is none above the longest duration
	}
	return limit
}

// WithPoll has waiters ask again and again, with the pauses of b, in place of
// blocking on the signal: no connection is occupied between two attempts, but
// nobody is woken, and whoever asks at the right moment is next. [New] returns
// ErrInvalid for pauses that are not as [Constant] and [Exponential] say, and
// together with [WithFairness].
func WithPoll(b Backoff) Option {
	return func(l *Lock) error {
		if err := b.check(); err != nil {
			return err
		}
		l.poll = b
		return nil
	}
}

// acquirePolling is Acquire with pauses. A context that ends in a pause ends it.
func (l *Lock) acquirePolling(ctx context.Context) (*Lease, error) {
	id, since := l.newID(), time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for failures := 1; ; failures++ {
		lease, err := l.attempt(ctx, id, since)
		if err != ErrHeld {
			return lease, err
		}
		l.observe(Event{Kind: EventWait, Owner: id, Waited: time.Since(since)})
		timer.Reset(l.poll.pause(failures, &l.random))
		select {
		case <-timer.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
