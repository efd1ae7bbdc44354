package lock

import (
	"context"
	"errors"
)

// Do acquires the lock as [Lock.Acquire] does, runs fn, and releases the lock, also if
// fn panics or ctx has ended. It returns when fn has returned and the release is through,
// which may take a second longer than ctx.
//
// The context that fn is given ends with ctx or with the lease, with [Lease.Err] as its
// cause then: fn should stop, for somebody else may hold the lock. [Lock.LeaseOf] returns
// the lease, for its fencing token. To outlast a lease it takes [WithRenewal].
//
// An error of Acquire is returned as it is, and fn was not run. Otherwise the error of fn
// is joined with what went wrong beside it, each to be told by [errors.Is]: a lease that
// was over before fn returned is ErrNotHeld, and ErrExpired if it ran out, also if fn
// took no notice; a release that failed is what [Lease.Release] says, and may be under way
// in the background, see [Lock.Settle].
func (l *Lock) Do(ctx context.Context, fn func(context.Context) error) error {
	lease, err := l.Acquire(ctx)
	if err != nil {
		return err
	}
	return do(ctx, l.key, lease, fn)
}

// Do is [Lock.Do] for a Quorum. The context of fn ends with the validity of the lease.
func (q *Quorum) Do(ctx context.Context, fn func(context.Context) error) error {
	lease, err := q.Acquire(ctx)
	if err != nil {
		return err
	}
	return do(ctx, q.key, lease, fn)
}

// held is a lease of either kind.
type held interface {
	Context(context.Context) context.Context
	Err() error
	Release(context.Context) error
}

// do runs fn while the lease is held, and releases it.
func do(ctx context.Context, key string, lease held, fn func(context.Context) error) (err error) {
	defer func() {
		lost := lease.Err()
		detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUp)
		defer cancel()
		released := lease.Release(detached)
		if lost != nil {
			lost = &opError{op: "hold", key: key, err: lost}
			if errors.Is(released, ErrNotHeld) {
				released = nil // it says the same
			}
		}
		if lost != nil || released != nil {
			err = errors.Join(err, lost, released)
		}
	}()
	return fn(lease.Context(ctx))
}

// leaseOf is the key of a lock's lease in contexts.
type leaseOf struct{ lock *Lock }

// LeaseOf returns the lease of this lock that ctx has been made with by [Lock.Do] or
// [Lease.Context], or nil if there is none. It asks nobody. A function that may be called
// with the lock held or not finds out in this way: there is no other reentrancy.
func (l *Lock) LeaseOf(ctx context.Context) *Lease {
	lease, _ := ctx.Value(leaseOf{l}).(*Lease)
	return lease
}
