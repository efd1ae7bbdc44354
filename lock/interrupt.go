package lock

import (
	"context"
	"sync/atomic"
	"time"
)

// answersFor is for how long a Redis that has answered is taken to go on doing so.
// If it freezes in that time, a call may return only at the client's ReadTimeout.
const answersFor = time.Millisecond

// epoch is some time ago, so that nothing was heard just now at the start.
var epoch = time.Now().Add(-time.Hour)

// A wire is what a lock or a guard has on its way to Redis and back.
type wire struct {
	heard      atomic.Int64         // when Redis last answered, since epoch
	background tasks                // blocked pops and what abandoned calls have to clean up
	idle       atomic.Pointer[hand] // at most one
	hands      tasks                // all, idle or not
}

// settle waits until nothing is on its way, and ends the idle hand.
func (w *wire) settle() {
	w.background.wait()
	if h := w.idle.Swap(nil); h != nil {
		close(h.jobs)
	}
	w.hands.wait()
}

// A hand is a goroutine that sends commands. It stays for a while after each, for
// the next may come soon: to start another, and to grow its stack, takes longer
// than many a Redis to answer.
type hand struct{ jobs chan func() }

// handLinger is how long a hand stays idle before it ends.
const handLinger = time.Second

// run runs job in the background.
func (w *wire) run(job func()) {
	w.background.begin()
	if h := w.idle.Swap(nil); h != nil {
		h.jobs <- job // there is room: whoever takes an idle hand gives it one job
		return
	}
	h := &hand{jobs: make(chan func(), 1)}
	w.hands.run(func() { h.work(w, job) })
}

// work does job, and what else it is given.
func (h *hand) work(w *wire, job func()) {
	linger := time.NewTimer(handLinger)
	defer linger.Stop()
	for job != nil {
		roomy(0)
		job()
		stays := w.idle.CompareAndSwap(nil, h)
		w.background.end() // and not before, or settle would miss it
		if !stays {
			return
		}
		linger.Reset(handLinger)
		select {
		case job = <-h.jobs:
		case <-linger.C:
			if w.idle.CompareAndSwap(h, nil) {
				return
			}
			job = <-h.jobs // somebody has just taken this hand
		}
	}
}

// interruptible runs do, which sends a command, and returns what it returns. If
// ctx ends first it returns ctx.Err() at once: go-redis does not interrupt a
// command that was sent, so do is left behind, and late is called with its
// outcome when there is one.
//
// The channel has no buffer: an outcome goes either to the caller or to late,
// never to both, never to neither. Both run on a hand of the wire. A context that
// cannot end takes none.
func interruptible[T any](ctx context.Context, w *wire, do func() (T, error), late func(T, error)) (result T, left bool, err error) {
	if ctx.Done() == nil {
		result, err = do()
		return result, false, err
	}
	type outcome struct {
		result T
		err    error
	}
	outcomes := make(chan outcome)
	w.run(func() {
		result, err := do()
		select {
		case outcomes <- outcome{result, err}:
		case <-ctx.Done():
			late(result, err)
		}
	})
	select {
	case o := <-outcomes:
		return o.result, false, o.err
	case <-ctx.Done():
		return result, true, ctx.Err()
	}
}

// command is interruptible for a command that Redis answers at once, unless it
// has answered over this wire just now: then the answer is waited for as it is.
//
// For to wake a goroutine and be woken by it, which wakes threads as well, costs
// from a tenth to half of a round trip to a Redis nearby. A grant counts as an
// answer: it was one, to whoever released the lock.
func command[T any](ctx context.Context, w *wire, do func() (T, error), late func(T, error)) (result T, left bool, err error) {
	if w.direct(ctx) {
		result, err = do()
	} else {
		result, left, err = interruptible(ctx, w, do, late)
	}
	w.hear(err)
	return result, left, err
}

// direct tells whether command waits for the answer as it is. Where every
// microsecond counts it is asked before, to make no functions that nobody calls.
func (w *wire) direct(ctx context.Context) bool {
	return ctx.Done() == nil || time.Since(epoch)-time.Duration(w.heard.Load()) < answersFor
}

// hear takes in that a command came back, with an error or without.
func (w *wire) hear(err error) {
	if err == nil || err == ErrHeld || isReply(err) {
		w.heard.Store(int64(time.Since(epoch)))
	}
}

// read is command for a question, or anything else whose late answer is of no use.
func read[T any](ctx context.Context, w *wire, do func() (T, error)) (T, error) {
	result, _, err := command(ctx, w, do, func(T, error) {})
	return result, err
}

// roomy grows the stack at once to what a command takes. Else it grows in steps,
// each of which copies a stack that is deeper.
//
//go:noinline
func roomy(i byte) byte {
	var room [12 << 10]byte
	return room[i]
}
