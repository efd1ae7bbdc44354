package lock

import (
	"context"
	"sync"
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
	turn  int           // hand-overs of a fair lock since the last that went through the signal
	gone  atomic.Bool   // Redis has told us that the lock is no longer ours
	over  chan struct{} // closed when the lease is over

	mu       sync.Mutex
	err      error       // why it is over; nil while it is not
	expires  time.Time   // by our clock, not later than by that of Redis; zero: never
	watched  bool        // a goroutine looks out for the end
	expiry   *time.Timer // calls expire; set when watched, if there is an end
	trouble  error       // why Redis did not answer the last question
	contexts []context.CancelCauseFunc
}

// newLease returns a lease that runs out at the time expires by our clock, or
// never. Redis began to count after it was asked: count from before that.
func (l *Lock) newLease(id string, token uint64, expires time.Time) *Lease {
	s := &Lease{lock: l, id: id, token: token, over: make(chan struct{}), expires: expires}
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

// Release gives the lock back and wakes a waiter. It returns ErrNotHeld if the
// lease had expired or was reset, also when somebody else holds the lock now,
// whose lock it leaves alone.
//
// After any other error Release may be called again; ErrNotHeld can then mean
// that the first call had succeeded and only its reply was lost. To release
// after ctx has been cancelled, use [context.WithoutCancel].
func (s *Lease) Release(ctx context.Context) error {
	const op = "release"
	l := s.lock
	if s.gone.Load() {
		return &opError{op: op, key: l.key, err: ErrNotHeld}
	}
	reply, err := l.release(ctx, s.id, s.turn)
	if err != nil {
		return failure(ctx, op, l.key, err)
	}
	if reply == replyNotHeld {
		return s.notHeld(op)
	}
	s.gone.Store(true)
	s.end(ErrReleased)
	l.observe(Event{Kind: EventRelease, Owner: s.id})
	return nil
}

// Extend makes the lease end in d from now, be that later or sooner than it
// would have; 0 stands for the duration given to [WithLease]. d is rounded up
// to a millisecond.
//
// It returns ErrNotHeld if the lock is no longer ours, ErrNoLease if the lock
// was acquired without a lease or d is 0 and none was configured, and
// ErrInvalid if d is negative or below a millisecond.
func (s *Lease) Extend(ctx context.Context, d time.Duration) error {
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
		return &opError{op: op, key: l.key, err: ErrNotHeld}
	case d == 0:
		return &opError{op: op, key: l.key, err: ErrNoLease}
	}
	asked := time.Now()
	reply, err := extendScript.Run(ctx, l.client, []string{l.key}, s.id, millis(d)).Int()
	if err != nil {
		return failure(ctx, op, l.key, err)
	}
	switch reply {
	case replyNotHeld:
		return s.notHeld(op)
	case replyNoLease:
		return &opError{op: op, key: l.key, err: ErrNoLease}
	}
	s.extended(asked.Add(d))
	l.observe(Event{Kind: EventExtend, Owner: s.id})
	return nil
}

// TTL returns how much of the lease is left, or 0 if the lock has no time to
// live. It returns ErrNotHeld if the lock is no longer ours.
func (s *Lease) TTL(ctx context.Context) (time.Duration, error) {
	const op = "inspect"
	l := s.lock
	if s.gone.Load() {
		return 0, &opError{op: op, key: l.key, err: ErrNotHeld}
	}
	ms, err := ttlScript.Run(ctx, l.client, []string{l.key}, s.id).Int64()
	switch {
	case err != nil:
		return 0, failure(ctx, op, l.key, err)
	case ms == ttlNotHeld:
		return 0, s.notHeld(op)
	case ms == ttlNone:
		return 0, nil
	}
	// Less than a millisecond is something too, and 0 is taken.
	return max(time.Duration(ms)*time.Millisecond, time.Microsecond), nil
}

// notHeld takes in that Redis knows of no such owner.
func (s *Lease) notHeld(op string) error {
	s.gone.Store(true)
	s.end(ErrNotHeld)
	s.lock.observe(Event{Kind: EventLoss, Owner: s.id, Err: ErrNotHeld})
	return &opError{op: op, key: s.lock.key, err: ErrNotHeld}
}
