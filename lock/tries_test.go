package lock_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"locktop/lock"
)

const (
	// tries is how often a spec may be too late before it has failed.
	tries = 12

	// slowest bounds what times are multiplied by.
	slowest = 32

	// patience ends a try that hangs.
	patience = 10 * time.Minute
)

// A try is one run of a spec. Where a spec speaks of times, it may be the
// machine that had none to spare: a short lease ran out before the next line was
// reached, or a waiter was woken and did not come to run. The spec then says
// missed, and is tried again with times twice as long, up to a bound. A lock that is at fault
// misses every try.
type try struct {
	*testing.T
	ctx  context.Context
	slow time.Duration // what times are multiplied by

	cleanups []func()
}

// tooLate is what missed panics with.
type tooLate string

// inTries runs f until a try is not missed.
func inTries(t *testing.T, f func(*try)) {
	t.Helper()
	for n := range tries {
		why := (&try{T: t, slow: time.Duration(min(1<<n, slowest))}).run(f)
		if why == "" {
			return
		}
		if n == tries-1 {
			t.Fatal(why)
		}
		t.Logf("try %d of %d: %s", n+1, tries, why)
	}
}

func (t *try) run(f func(*try)) (why string) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.ctx = ctx
	defer func() {
		switch r := recover().(type) {
		case nil:
		case tooLate:
			why = string(r)
		default:
			panic(r)
		}
		cancel()
		for _, f := range slices.Backward(t.cleanups) {
			f()
		}
	}()
	f(t)
	return ""
}

// Cleanup has f called at the end of the try, when its context has ended.
func (t *try) Cleanup(f func()) { t.cleanups = append(t.cleanups, f) }

// missed ends the try, on the goroutine of the spec.
func (t *try) missed(format string, args ...any) { panic(tooLate(fmt.Sprintf(format, args...))) }

// inTime is for what a lease so short, or nodes so slow, can make fail.
func (t *try) inTime(err error) {
	t.Helper()
	if errors.Is(err, lock.ErrNotHeld) || errors.Is(err, lock.ErrNoQuorum) {
		t.missed("too late: %v", err)
	}
	t.wantErr(err, nil)
}

func (t *try) wantErr(err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got error %v, want %v", err, want)
	}
}

// eventually waits until Redis or the lock is in a state.
func (t *try) eventually(what string, true func() bool) {
	t.Helper()
	for began := time.Now(); !true(); time.Sleep(time.Millisecond) {
		if time.Since(began) > patience {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// wantPrompt checks that leave, which returns how late a call came back after
// its context had ended, can do so within 50 ms: that it once does, for the
// machine may be busy.
func (t *try) wantPrompt(leave func() time.Duration) {
	t.Helper()
	best := time.Duration(1<<63 - 1)
	for range 30 {
		late := leave()
		if late < 0 {
			t.Fatalf("returned %v before its context had ended", -late)
		}
		if best = min(best, late); best <= 50*time.Millisecond {
			return
		}
	}
	t.missed("returned %v after its context had ended, at best", best)
}
