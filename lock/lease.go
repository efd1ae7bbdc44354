package lock

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// A Lease is one acquisition of a Lock. It may be used by several goroutines.
//
// Holding a Lease is no proof of holding the lock: if the lock has a time to
// live, it may have run out. [Lease.Lost] and [Lease.Context] tell when.
type Lease struct {
	lock  *Lock
	id    string
	token uint64
	turn  int         // hand-overs of a fair lock since the last that went through the signal
	gone  atomic.Bool // Redis has told us that the lock is no longer ours

	end                   // by our clock not later than by that of Redis
	watched bool          // a goroutine looks out for the end; guarded by end
	moved   chan struct{} // tells it that the end has moved; made when watched
	trouble error         // why Redis did not answer the last question; guarded by end
}

// newLease returns a lease that runs out at the time expires by our clock, or
// never. Redis began to count after it was asked: count from before that.
func (l *Lock) newLease(id string, token uint64, expires time.Time) *Lease {
	s := &Lease{lock: l, id: id, token: token, end: end{granted: time.Now(), expires: expires}}
	if l.renew && !expires.IsZero() {
		s.watch()
	}
	return s
}

// ID returns the owner id of this acquisition, the value of the key in Redis.
func (s *Lease) ID() string { return s.id }

// Token returns the fencing token of this acquisition, greater than that of every
// earlier one of the same name. It is 0 without [WithFencing] or [WithGuard], and
// for a lease that was adopted.
func (s *Lease) Token() uint64 { return s.token }

// Release gives the lock back and wakes a waiter. It returns ErrNotHeld if the lock
// was reset or released before, and ErrExpired, which is one, if the lease had run out, also
// when somebody else holds the lock now, whose lock it leaves alone.
//
// If ctx has ended before, it releases all the same and takes a second at most, after
// which it returns context.DeadlineExceeded. When ctx ends meanwhile Release returns
// ctx.Err() at once. Either way it goes on in the background as [Lock.Settle] says.
//
// Where go-redis sends it again because a reply was lost (see MaxRetries of the
// client's options), a lock that is gone by then counts as released, unless the
// lease has run out. After any error but ErrNotHeld it may be called again;
// ErrNotHeld can then mean that the first call had succeeded and only its reply
// was lost.
func (s *Lease) Release(ctx context.Context) error {
	const op = "release"
	l := s.lock
	if s.gone.Load() {
		return &opError{op: op, key: l.key, err: s.overErr()}
	}
	if ended(ctx) != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), cleanUp)
		defer cancel()
	}
	s.leave(1)
	var reply int
	var err error
	if l.direct(ctx) {
		reply, err = l.release(ctx, s.id, s.turn)
		l.hear(err)
	} else {
		var left bool
		reply, left, err = s.releaseInterruptibly(ctx)
		if left {
			return failure(ctx, op, l.key, err)
		}
	}
	if err != nil && !isReply(err) && ended(ctx) != nil { // on the way, or for want of a connection
		l.background.run(func() { s.releaseLate(ctx, reply, err) })
		return failure(ctx, op, l.key, err)
	}
	switch released := s.released(reply, err); {
	case err != nil:
		return failure(ctx, op, l.key, err)
	case !released:
		return &opError{op: op, key: l.key, err: s.overErr()}
	}
	return nil
}

// overErr is the ErrNotHeld that says why the lease is over, as far as that is known.
func (s *Lease) overErr() error {
	if err := s.why(); err != nil {
		return err
	}
	return ErrNotHeld
}

// releaseInterruptibly is release, which the caller leaves when ctx ends.
func (s *Lease) releaseInterruptibly(ctx context.Context) (reply int, left bool, err error) {
	l := s.lock
	return command(ctx, &l.wire,
		func() (int, error) { return l.release(ctx, s.id, s.turn) },
		func(reply int, err error) { s.releaseLate(ctx, reply, err) })
}

// releaseLate goes on with a release whose caller has left.
func (s *Lease) releaseLate(ctx context.Context, reply int, err error) {
	if err != nil && !isReply(err) {
		reply, err = s.lock.undo(ctx, s.id, s.turn)
		reply = doubt(reply, true)
	}
	s.released(reply, err)
}

// discard releases a lease that nobody was given. If it cannot be released, it is
// renewed no more, so that it runs out.
func (s *Lease) discard(ctx context.Context) error {
	err := s.Release(ctx)
	s.come(ErrReleased)
	return err
}

// released takes in what came of a release, and reports whether it was one.
func (s *Lease) released(reply int, err error) bool {
	if reply == replyGone {
		reply = replyDone
		if rest, runsOut := s.left(); runsOut && rest <= 0 {
			reply = replyNotHeld
		}
	}
	switch {
	case err != nil:
		s.leave(-1)
		return false
	case reply == replyNotHeld:
		s.leave(-1)
		s.lost()
		return false
	}
	s.gone.Store(true)
	if s.come(ErrReleased) {
		s.lock.observe(Event{Kind: EventRelease, Owner: s.id, Token: s.token, Held: s.held()})
	}
	return true
}

// Extend makes the lease end in d from now, be that later or sooner than it
// would have; 0 stands for the duration given to [WithLease]. d is rounded up
// to a millisecond.
//
// It returns ErrNotHeld, or the ErrExpired or ErrReleased that wraps it, if the lock is
// no longer ours or the lease has been reported as lost, ErrNoLease if the lock was acquired without a lease or d is 0
// and none was configured, and ErrInvalid if d is negative or below a millisecond.
// When ctx ends it returns
// ctx.Err() at once, and the lease may have been extended or not.
func (s *Lease) Extend(ctx context.Context, d time.Duration) error {
	return s.extend(ctx, d, false, command[int])
}

// errLonger is what a renewal gets if the lease ends later already.
var errLonger = errors.New("the lease ends later already")

// extend is Extend, with a way to send the script. A renewal does not shorten the lease:
// it returns errLonger instead.
func (s *Lease) extend(ctx context.Context, d time.Duration, renewal bool,
	send func(context.Context, *wire, func() (int, error), func(int, error)) (int, bool, error)) error {
	const op = "extend"
	l := s.lock
	if err := checkLease(d); err != nil {
		return &opError{op: op, key: l.key, err: err}
	}
	if d == 0 {
		d = l.lease
	}
	switch {
	case s.gone.Load():
		return &opError{op: op, key: l.key, err: s.overErr()}
	case d == 0:
		return &opError{op: op, key: l.key, err: ErrNoLease}
	}
	if err := s.told(); err != nil {
		return &opError{op: op, key: l.key, err: err}
	}
	answers, asked := s.answered(), time.Now()
	take := func(reply int, err error) error {
		switch {
		case err != nil:
			return failure(ctx, op, l.key, err)
		case reply == replyNotHeld:
			s.lost()
			return &opError{op: op, key: l.key, err: s.overErr()}
		case reply == replyNoLease:
			s.seen(time.Time{}, answers)
			return &opError{op: op, key: l.key, err: ErrNoLease}
		case reply == replyLonger:
			return errLonger
		}
		if err := s.extended(asked.Add(d)); err != nil {
			return &opError{op: op, key: l.key, err: err}
		}
		l.observe(Event{Kind: EventExtend, Owner: s.id, Token: s.token, Held: s.held(), Left: time.Until(asked.Add(d)), Renewal: renewal})
		return nil
	}
	reply, left, err := send(ctx, &l.wire,
		func() (int, error) {
			return extendScript.Run(ctx, l.client, []string{l.key}, s.id, millis(d), renewal).Int()
		},
		func(reply int, err error) { take(reply, err) })
	if left {
		return failure(ctx, op, l.key, err)
	}
	return take(reply, err)
}

// TTL asks Redis how much of the lease is left, in milliseconds, or 0 if the lock
// has no time to live. From then on the lease ends when Redis says, also if somebody else
// who uses the same id has moved the end. It returns ErrNotHeld if the lock is no longer
// ours, with why as its cause. It takes one round trip; when ctx ends it returns
// ctx.Err() at once.
func (s *Lease) TTL(ctx context.Context) (time.Duration, error) {
	const op = "inspect"
	l := s.lock
	if s.gone.Load() {
		return 0, &opError{op: op, key: l.key, err: s.overErr()}
	}
	answers, asked := s.answered(), time.Now()
	ms, err := read(ctx, &l.wire, func() (int64, error) {
		return ttlScript.Run(ctx, l.client, []string{l.key}, s.id).Int64()
	})
	switch {
	case err != nil:
		return 0, failure(ctx, op, l.key, err)
	case ms == ttlNotHeld:
		s.lost()
		return 0, &opError{op: op, key: l.key, err: s.overErr()}
	case ms == ttlNone:
		s.seen(time.Time{}, answers)
		return 0, nil
	}
	ttl := fromMillis(ms)
	s.seen(asked.Add(ttl), answers)
	// Less than a millisecond is something too, and 0 is taken.
	return max(ttl, time.Microsecond), nil
}

// lost takes in that Redis knows of no such owner. While a release is under way
// that is its doing: its own reply tells.
func (s *Lease) lost() {
	s.mu.Lock()
	leaving := s.leaving > 0
	s.mu.Unlock()
	if leaving {
		return
	}
	s.gone.Store(true)
	why := ErrNotHeld
	if rest, runsOut := s.left(); runsOut && rest <= 0 {
		why = ErrExpired // only the timer is late
	}
	s.lose(why)
}

// lose ends the lease as lost, which is told once.
func (s *Lease) lose(why error) {
	if s.come(why) {
		s.lock.observe(Event{Kind: EventLoss, Owner: s.id, Token: s.token, Err: why, Held: s.held()})
	}
}
