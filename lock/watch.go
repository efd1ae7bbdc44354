package lock

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// lookEvery is how often a lock without a lease is looked at, while
	// somebody wants to know of its loss.
	lookEvery = time.Second

	// leastLook is the shortest time between two looks or renewals.
	leastLook = time.Millisecond
)

// errSilent is what a renewal gets from a Redis, or a connection, that does not answer.
var errSilent = errors.New("no answer")

// Lost returns a channel that is closed when the lease is over: it has run
// out by the clock of this machine, Redis no longer knows it (it was reset,
// say), or it was released. [Lease.Err] tells which.
//
// While a lease is watched, Redis is asked about it, on a goroutine of its own:
// with [WithRenewal] by each renewal, otherwise three times in a lease, or once
// a second if there is none. A loss that this machine's clock cannot tell is
// therefore noticed with that delay. The channel is never closed early, but
// does not reach a program that is itself paused: before anything that must not
// be done twice, let the resource check a fencing token.
func (s *Lease) Lost() <-chan struct{} {
	s.watch()
	return s.ended()
}

// Context returns a copy of ctx that is cancelled when the lease is over, with
// [Lease.Err] as its cause. Like [Lease.Lost] it has the lease watched, on a
// goroutine, and does not block.
func (s *Lease) Context(ctx context.Context) context.Context {
	ctx = s.end.context(ctx)
	s.watch()
	return ctx
}

// Err returns nil while the lease is held, as far as this machine can tell:
// ErrReleased after Release, ErrExpired when it has run out, or ErrNotHeld when
// Redis said so. All of them are ErrNotHeld to [errors.Is]. It asks nobody.
func (s *Lease) Err() error { return s.why() }

// extended takes in that the lease now ends at the given time. It returns why it is
// over, if that has been reported meanwhile.
func (s *Lease) extended(until time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	s.move(until)
	if s.watched {
		select {
		case s.moved <- struct{}{}:
		default:
		}
	}
	return nil
}

// watch has the lease watched, once: by a timer for its end, and by a goroutine
// that asks Redis. A question that is not answered does not hold up the timer.
func (s *Lease) watch() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watched || s.err != nil {
		return
	}
	s.watched = true
	s.moved = make(chan struct{}, 1)
	if !s.expires.IsZero() {
		s.expiry = time.AfterFunc(time.Until(s.expires), s.expire)
	}
	s.lock.background.run(s.lookOut)
}

// expire ends a lease that has run out, and tells why it was not renewed.
func (s *Lease) expire() {
	if rest, _ := s.left(); rest > 0 {
		return // it was extended meanwhile, and the timer set again
	}
	why := ErrExpired
	s.mu.Lock()
	if s.trouble != nil {
		why = fmt.Errorf("%w: %w", ErrExpired, s.trouble)
	}
	s.mu.Unlock()
	s.lose(why)
}

// lookOut renews the lease, if the lock does that, and asks Redis about it
// otherwise, until it is over.
func (s *Lease) lookOut() {
	timer := time.NewTimer(s.nextLook(nil))
	defer timer.Stop()
	over := s.ended()
	for {
		select {
		case <-over:
			return
		case <-s.moved: // perhaps to an end that comes before the next look
			timer.Reset(s.nextLook(nil))
			continue
		case <-timer.C:
		}
		err := s.ask()
		s.mu.Lock()
		s.trouble = err
		s.mu.Unlock()
		timer.Reset(s.nextLook(err))
	}
}

// ask renews the lease or looks whether it is still ours. Whatever else the
// answer has to say, it ends the lease if it is that it is over.
func (s *Lease) ask() error {
	if s.lock.renew {
		return s.renew()
	}
	_, err := s.TTL(context.Background())
	return err
}

// renew extends the lease. It waits for the answer, which counts whenever it comes,
// for a tenth of the lease: if it was only the connection that went silent, there is
// time left for another.
func (s *Lease) renew() error {
	d := max(s.lock.lease/10, leastLook)
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	err := s.extend(ctx, 0, interruptible[int])
	if errors.Is(err, context.DeadlineExceeded) {
		return &opError{op: "extend", key: s.lock.key, err: fmt.Errorf("%w within %v", errSilent, d)}
	}
	return err
}

// nextLook is the time to the next question. Renewals come when two thirds of
// the lease have passed; after a question without an answer there is time for
// a few more, and for the next at once where the answer has been waited for.
func (s *Lease) nextLook(trouble error) time.Duration {
	rest, ok := s.left()
	switch {
	case !ok, s.lock.lease == 0: // and if it does run out, it was adopted from a lock with a lease
		return lookEvery
	case errors.Is(trouble, errSilent):
		return leastLook
	case trouble != nil:
		return max(s.lock.lease/10, leastLook)
	case s.lock.renew:
		return max(rest-s.lock.lease/3, leastLook)
	default:
		return max(s.lock.lease/3, leastLook)
	}
}
