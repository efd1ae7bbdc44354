package lock

import (
	"context"
	"sync"
	"time"
)

// An end is the end of a lease: when it will come, by our clock, that it has come
// and why, and who is to be told.
type end struct {
	granted  time.Time // or adopted, by our clock
	mu       sync.Mutex
	over     chan struct{} // closed when the lease is over; nil while nobody has asked for it
	err      error         // why it is over; nil while it is not
	expires  time.Time     // zero: never
	expiry   *time.Timer   // has the lease expire; set when watched, if it does expire
	answers  int           // of Redis, on when the end will come
	leaving  int           // releases under way: that Redis knows nothing of it any more is no loss then
	contexts map[context.Context]context.CancelCauseFunc
}

// why returns nil while the lease is held, and why it is over then.
func (e *end) why() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.err == nil && e.past(time.Now()) {
		return ErrExpired
	}
	return e.err
}

// told returns why the lease is over, if that has been reported: unlike why it does
// not look at the clock, by which Redis may come later.
func (e *end) told() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.err
}

// past reports whether the lease has run out at a time. It needs the mutex.
func (e *end) past(now time.Time) bool { return !e.expires.IsZero() && !now.Before(e.expires) }

// left is the rest of the lease; ok is false if it does not run out.
func (e *end) left() (rest time.Duration, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return time.Until(e.expires), !e.expires.IsZero()
}

// held is the time since the grant.
func (e *end) held() time.Duration { return time.Since(e.granted) }

// come makes the lease be over; the first reason counts, and is reported back.
func (e *end) come(why error) (first bool) {
	contexts, first := e.conclude(why)
	for _, cancel := range contexts { // without the mutex, for it calls methods of the user's contexts
		cancel(why)
	}
	return first
}

// conclude is come, except for the contexts to cancel.
func (e *end) conclude(why error) (contexts map[context.Context]context.CancelCauseFunc, first bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.err != nil {
		return nil, false
	}
	e.err = why
	if e.over != nil {
		close(e.over)
	}
	if e.expiry != nil {
		e.expiry.Stop()
	}
	contexts, e.contexts = e.contexts, nil
	return contexts, true
}

// ended returns a channel that is closed when the lease is over.
func (e *end) ended() <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.over == nil {
		e.over = make(chan struct{})
		if e.err != nil {
			close(e.over)
		}
	}
	return e.over
}

// context returns a copy of ctx that is cancelled when the lease is over. It is
// remembered for as long as ctx lasts.
func (e *end) context(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancelCause(ctx)
	if over := e.remember(ctx, cancel); over != nil {
		cancel(over)
		return ctx
	}
	context.AfterFunc(ctx, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.contexts, ctx)
	})
	return ctx
}

// remember has ctx cancelled when the lease is over. It returns why it is.
func (e *end) remember(ctx context.Context, cancel context.CancelCauseFunc) (over error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.err != nil {
		return e.err
	}
	if e.contexts == nil {
		e.contexts = make(map[context.Context]context.CancelCauseFunc)
	}
	e.contexts[ctx] = cancel
	return nil
}

// move takes in that the lease now ends at the given time, or never for the zero time.
// It needs the mutex.
func (e *end) move(until time.Time) {
	e.answers++
	e.expires = until
	switch {
	case e.expiry == nil || e.err != nil:
	case until.IsZero():
		e.expiry.Stop()
	default:
		e.expiry.Reset(time.Until(until))
	}
}

// answered counts the answers so far.
func (e *end) answered() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.answers
}

// leave counts the releases under way.
func (e *end) leave(change int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.leaving += change
}
