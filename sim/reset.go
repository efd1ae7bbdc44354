package sim

import (
	"context"
	"time"

	"locktop/lock"
)

// A LockReset is what resetting all locks has done to a lane.
type LockReset struct {
	At time.Duration
	// Freed says that the lock was held.
	Freed bool
	// Holder is the client that had it; 0 if it was about to release it, or the lock
	// was free.
	Holder int
	// Dead says that the holder had crashed. Otherwise it goes on as if it still had
	// the lock.
	Dead bool
	// Refused says that the holder has tried to release the lock since, and was told
	// that it is not its own.
	Refused bool
}

// resetLocks frees the lane's lock on all of its servers, whoever holds it, as an
// application does when it starts. No other command is under way meanwhile, so that
// what is recorded before happened before.
func (l *Lane) resetLocks(ctx context.Context, f Fault) error {
	l.faults.service.halt()
	defer l.faults.service.resume()
	l.faults.service.drain()
	var held int64
	for _, server := range l.servers() {
		n, err := server.Admin().Exists(ctx, l.lockKeys[0]).Result()
		if err != nil {
			return err
		}
		held += n
	}
	if held == 0 && !l.now().strategy.Locks {
		return nil
	}
	for _, server := range l.servers() {
		handle, err := lock.New(server.Admin(), l.lockName())
		if err != nil {
			return err
		}
		if err := handle.Reset(ctx); err != nil {
			return err
		}
	}
	off := longestLease
	if held == 0 {
		off = 0
	}
	l.alone(resumeOrder)
	l.tellFault(f, off)
	return nil
}

// resetLocks takes in that all locks were reset: a client that is inside has none any
// more, and does not know. The event takes something off the lease if a lock was held.
func (b *Board) resetLocks(e *Event) {
	b.resets++
	b.reset = LockReset{At: e.At, Freed: e.Lease > 0}
	if !b.reset.Freed {
		return
	}
	if b.holder != 0 {
		b.reset.Holder, b.reset.Dead = b.holder, b.clients[b.holder].phase == Dead
	}
	for i := range b.clients {
		if c := &b.clients[i]; c.locks && (c.inside || c.releasing) && (c.until == 0 || c.until > e.At) {
			c.reset = true
		}
	}
}
