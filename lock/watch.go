package lock

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
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
// with [WithRenewal] by each renewal, otherwise three times in a lease, of which the
// last is a tenth of the lease before its end, or once a second if there is none. A
// loss that this machine's clock cannot tell, or an end that somebody else with this id
// has moved, is therefore noticed with that delay. The channel is not closed before
// the end that Redis told last, but does not reach a program that is itself paused: before
// anything that must not be done twice, let the resource check a fencing token.
//
// Once the client is closed nobody can ask any more: the lease then is over at its
// end or, if it has none, at the next question.
func (s *Lease) Lost() <-chan struct{} {
	s.watch()
	return s.ended()
}

// Context returns a copy of ctx that is cancelled when the lease is over, with
// [Lease.Err] as its cause. Like [Lease.Lost] it has the lease watched, on a
// goroutine, and does not block.
func (s *Lease) Context(ctx context.Context) context.Context {
	ctx = s.end.context(context.WithValue(ctx, leaseOf{s.lock}, s))
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
	s.shift(until)
	return nil
}

// seen takes in when the lease ends by an answer of Redis, never for the zero time:
// others who use the same id may have moved it. What was answered since counts instead;
// answers is how many there were before Redis was asked.
func (s *Lease) seen(until time.Time, answers int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil && s.answers == answers {
		s.shift(until)
	}
}

// shift moves the end of the lease, and tells who watches it. It needs the mutex.
func (s *Lease) shift(until time.Time) {
	s.move(until)
	if !s.watched {
		return
	}
	s.setExpiry()
	select {
	case s.moved <- struct{}{}:
	default:
	}
}

// setExpiry has the lease expire at its end, if it has one. It needs the mutex.
func (s *Lease) setExpiry() {
	if s.expiry == nil && !s.expires.IsZero() {
		s.expiry = time.AfterFunc(time.Until(s.expires), s.expire)
	}
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
	s.setExpiry()
	settling := s.lock.settling.next() // before this returns, or a Settle could be missed
	s.lock.background.run(func() { s.lookOut(settling) })
}

// expire ends a lease that has run out, and tells why it was not renewed.
func (s *Lease) expire() {
	if rest, runsOut := s.left(); !runsOut || rest > 0 {
		return // it was extended meanwhile, and the timer set again
	}
	why := ErrExpired
	s.mu.Lock()
	switch {
	case s.trouble != nil:
		why = fmt.Errorf("%w: %w", ErrExpired, s.trouble)
	case s.lock.renew && !s.renews():
		why = fmt.Errorf("%w: it was held for %v, which is the bound of its renewal", ErrExpired, s.lock.renewFor)
	}
	s.mu.Unlock()
	s.lose(why)
}

// lookOut renews the lease, if the lock does that, and asks Redis about it
// otherwise, until it is over or the client is closed, for which it also looks when
// settling is closed.
func (s *Lease) lookOut(settling <-chan struct{}) {
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
		case <-settling:
			settling = s.lock.settling.next()
		case <-timer.C:
		}
		err := s.ask()
		select {
		case <-s.moved: // nextLook knows
		default:
		}
		s.mu.Lock()
		if s.trouble = err; err == errLonger {
			s.trouble = nil
		}
		s.mu.Unlock()
		if errors.Is(err, redis.ErrClosed) { // the timer of the end remains
			if _, runsOut := s.left(); !runsOut {
				s.lose(fmt.Errorf("%w any more as far as anybody can tell: %w", ErrNotHeld, err))
			}
			return
		}
		timer.Reset(s.nextLook(err))
	}
}

// ask renews the lease or looks whether it is still ours. Whatever else the
// answer has to say, it ends the lease if it is that it is over.
func (s *Lease) ask() error {
	s.mu.Lock()
	renews := s.renews()
	s.mu.Unlock()
	if !renews {
		_, err := s.TTL(context.Background())
		return err
	}
	err := s.renew()
	if err == nil || err == errLonger || errors.Is(err, ErrNotHeld) || s.why() != nil {
		return err
	}
	left, _ := s.left()
	s.lock.observe(Event{Kind: EventRenewalFailure, Owner: s.id, Token: s.token, Err: err, Held: s.held(), Left: max(left, 0)})
	return err
}

// renews reports whether the lease is renewed, as far as the bound on that allows. It
// needs the mutex.
func (s *Lease) renews() bool {
	l := s.lock
	return l.renew && (l.renewFor == 0 || s.expires.Before(s.granted.Add(l.renewFor)))
}

// renew extends the lease. It waits for the answer, which counts whenever it comes,
// for a tenth of the lease: if it was only the connection that went silent, there is
// time left for another.
func (s *Lease) renew() error {
	d := max(s.lock.lease/10, leastLook)
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	length := s.lock.lease
	if bound := s.lock.renewFor; bound > 0 {
		length = max(min(length, bound-s.held()), leastLook)
	}
	err := s.extend(ctx, length, true, interruptible[int])
	if err == errLonger { // others with this id have moved it
		if _, failed := s.TTL(ctx); failed != nil {
			err = failed
		}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &opError{op: "extend", key: s.lock.key, err: fmt.Errorf("%w within %v", errSilent, d)}
	}
	return err
}

// nextLook is the time to the next question. Renewals come when two thirds of
// the lease have passed; after a question without an answer there is time for
// a few more, and for the next at once where the answer has been waited for.
func (s *Lease) nextLook(trouble error) time.Duration {
	s.mu.Lock()
	rest, ok, renews := time.Until(s.expires), !s.expires.IsZero(), s.renews()
	s.mu.Unlock()
	every := s.lock.lease / 3
	if every == 0 { // if it does run out, it was adopted, or others with this id gave it a lease
		every = lookEvery
	}
	switch {
	case !ok:
		return lookEvery
	case renews && errors.Is(trouble, errSilent):
		return leastLook
	case s.lock.lease > 0 && trouble != nil:
		return max(s.lock.lease/10, leastLook)
	case renews:
		return max(rest-every, leastLook)
	}
	if last := rest - every*3/10; last > 0 { // others may have moved the end since the last look
		every = min(every, last)
	}
	return max(every, leastLook)
}
