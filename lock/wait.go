package lock

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// maxPop bounds each wait for a signal. The expiry of a holder's lease sends
	// none, and neither does a waiter who took one and died: this is how long
	// that goes unnoticed.
	maxPop = time.Second

	// minPop is the shortest, for 0 would mean for ever.
	minPop = time.Millisecond

	// cleanUp bounds what is done for a call that has already returned.
	cleanUp = time.Second
)

// Acquire takes the lock, waiting for it if need be until ctx ends. The error
// then wraps ctx.Err(). The package comment says how soon that is where Redis does
// not answer.
//
// What was sent stays on its way and keeps its connection: a blocking pop for up
// to a second. A lock that is granted too late is released; a signal that is taken
// too late is passed on to the next waiter; a fair waiter leaves the queue, and
// hands on what it was granted meanwhile. [Lock.Settle] waits until that is over.
// Only under the id of [WithID] a late grant is left alone, for whoever uses that
// id may have adopted it by then.
//
// With [WithID] it returns ErrAlreadyAcquired if it meets that id as the holder.
func (l *Lock) Acquire(ctx context.Context) (*Lease, error) {
	var lease *Lease
	var err error
	switch {
	case l.line.fair:
		lease, err = l.acquireFair(ctx)
	case l.poll != (Backoff{}):
		lease, err = l.acquirePolling(ctx)
	default:
		lease, err = l.acquireSignalled(ctx)
	}
	if err != nil {
		return nil, failure(ctx, "acquire", l.key, err)
	}
	return lease, nil
}

// acquireSignalled is Acquire with blocking pops.
func (l *Lock) acquireSignalled(ctx context.Context) (*Lease, error) {
	id, since := l.newID(), time.Now()
	owed := false // a signal was taken and no attempt has answered it yet
	free := false // the lock was said to have become free
	seated := false
	defer func() {
		if seated {
			l.rise()
		}
	}()
	for {
		lease, err := l.attempt(ctx, id, since)
		if err == nil {
			return lease, nil
		}
		var timeout time.Duration
		if err == ErrHeld {
			owed = false
			timeout, err = l.patience(ctx, free)
			free = timeout == 0
		}
		if err == nil && timeout > 0 {
			l.observe(Event{Kind: EventWait, Owner: id, Waited: time.Since(since)})
			waited := false
			if !seated {
				seated, waited, err = l.sit(ctx, timeout)
			}
			if !waited { // or the lock may have become free meanwhile
				seated = false // await gives it to the next
				owed, err = l.await(ctx, timeout)
			}
		}
		if err != nil {
			if owed {
				l.background.run(func() { l.passOn(ctx) })
			}
			return nil, err
		}
	}
}

// Settle waits until nothing is left of calls whose context ended before the
// answer of Redis came, and until no lease is watched or renewed any more. Call it
// before closing the client, when no call runs and every lease has been released,
// or it waits for that. The lock can be used again afterwards.
//
// It takes no context, for it is bounded without: what was sent is given up at the
// client's ReadTimeout, a blocking pop ends within a second, and a clean-up has one
// more second and then ReadTimeout. While Redis answers, that is about a second at
// most. What a clean-up could not reach runs out with its lease, or takes a Reset. If the
// client is closed already, it does not wait for leases.
//
// A subscription for fair waiters that nobody uses is closed, as it would be by
// itself after a second, and so is what blocks on the signal for them: at once while
// Redis answers, otherwise after half a minute and ReadTimeout.
func (l *Lock) Settle() {
	l.settling.tell()
	l.settle()
	for _, g := range l.guards {
		g.Settle()
	}
	l.closeHub()
	l.background.wait() // for what the hub has left, which was told of a grant meanwhile
}

// patience returns for how long to block on the signal; 0 means that the lock
// has become free. again says that it was 0 the last time and the lock was not free: then
// there is a pause, whatever Redis says.
func (l *Lock) patience(ctx context.Context, again bool) (time.Duration, error) {
	timeout := l.slice
	if l.lease > 0 {
		ms, err := read(ctx, &l.wire, func() (int64, error) { return l.query(ctx, "pttl").Int64() })
		switch {
		case err != nil:
			return 0, err
		case ms == -2 && !again: // no such key
			return 0, nil
		case ms == -2:
			timeout = min(timeout, leastPoke)
		case ms >= 0: // and -1 is no time to live
			timeout = min(timeout, min(fromMillis(ms), maxPop)+time.Millisecond)
		}
	}
	if deadline, ok := ctx.Deadline(); ok {
		timeout = min(timeout, time.Until(deadline))
	}
	return max(timeout, minPop), nil
}

// await blocks until a signal comes, the timeout passes or ctx ends. A signal
// that comes when the caller has left is passed on. The caller's seat is given up when
// the pop has ended.
func (l *Lock) await(ctx context.Context, timeout time.Duration) (owed bool, err error) {
	owed, _, err = interruptible(ctx, &l.wire,
		func() (bool, error) {
			defer l.rise()
			_, owed, err := l.pop(ctx, l.client, timeout)
			return owed, err
		},
		func(owed bool, _ error) {
			if owed {
				l.passOn(ctx)
			}
		})
	return owed, err
}

// pop returns the signal it took, and reports whether it did or may have: without
// a reply there is no telling.
func (l *Lock) pop(ctx context.Context, client processor, timeout time.Duration) (signal string, owed bool, err error) {
	// Cancellation is passed on, to leave the queue for a connection, but not
	// the deadline: it would cut off the reply of a pop that is still running.
	popCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, cancel)()

	cmd := l.popFor(popCtx, timeout)
	client.Process(popCtx, cmd) // cmd has the error
	return popped(cmd)
}

func (l *Lock) popFor(ctx context.Context, timeout time.Duration) *redis.Cmd {
	seconds := strconv.FormatFloat(float64(millis(timeout))/1000, 'f', 3, 64)
	return redis.NewCmd(ctx, "blpop", l.signal, seconds)
}

// popped reads the reply of a pop.
func popped(cmd *redis.Cmd) (signal string, owed bool, err error) {
	reply, err := cmd.StringSlice()
	switch {
	case err == nil:
		if len(reply) == 2 {
			signal = reply[1]
		}
		return signal, true, nil
	case errors.Is(err, redis.Nil):
		return "", false, nil
	case redis.HasErrorPrefix(err, "UNBLOCKED"):
		return "", false, nil // by CLIENT UNBLOCK, or a fail-over: the next attempt finds out which
	case errors.Is(err, context.Canceled), isReply(err):
		return "", false, err
	case isTimeout(err):
		// The server was late with saying that there is no signal. The next
		// attempt finds out whether it is still there at all.
		return "", true, nil
	}
	return "", true, err
}

// passOn signals again if the lock is free. It reports nothing: its caller has
// left, and if it fails, the other waiters notice within maxPop.
func (l *Lock) passOn(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUp)
	defer cancel()
	signalScript.Run(ctx, l.client, []string{l.key, l.signal}, millis(signalTTL))
}

// undo releases what a call that has ended acquired or may have acquired. If it
// fails, there is a lease or there was nothing to undo, or it takes a Reset.
func (l *Lock) undo(ctx context.Context, id string, turn int) (reply int, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUp)
	defer cancel()
	return l.release(ctx, id, turn)
}

// longestPop returns the longest time to block for, such that the reply comes
// well before the client stops reading. go-redis knows the time-out of its own
// BLPop, but that counts in whole seconds.
func longestPop(client redis.UniversalClient) time.Duration {
	if timeout := readTimeout(client); timeout > 0 {
		return max(min(maxPop, timeout/2), minPop)
	}
	return maxPop
}

// readTimeout is how long the client waits for a reply; 0 or less: it does not say.
func readTimeout(client redis.UniversalClient) time.Duration {
	switch c := client.(type) {
	case interface{ Options() *redis.Options }:
		return c.Options().ReadTimeout
	case interface{ Options() *redis.ClusterOptions }:
		return c.Options().ReadTimeout
	case interface{ Options() *redis.RingOptions }:
		return c.Options().ReadTimeout
	}
	return 0
}
