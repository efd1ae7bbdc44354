// Package bubble runs code in virtual time: time that stands still while anybody
// has something to do, and then jumps to the next moment at which somebody has.
//
// It is package testing/synctest, used outside of tests. What makes that package
// good for tests, that every timer, deadline and sleep of every library inside
// follows one clock, and that one can wait until all goroutines stand still, is
// what a scheduler of interleavings needs as well; and the lock and the Redis
// client that are explored are the real ones, which know nothing of it.
//
// What is said there about bubbles holds: channels, timers and wait groups made
// inside belong to the bubble, and only mutexes, atomics and channels made outside
// may be shared with the rest of the program. A goroutine that waits for one of
// those keeps time from passing.
package bubble

import (
	"fmt"
	"runtime/debug"
	"testing"
	"testing/synctest"
)

// Run calls f in a bubble, and returns when f and every goroutine that it started
// have ended. Time there begins on 1 January 2000. A panic of f, but not of its
// goroutines, becomes an error; so does a deadlock, when all wait for ever.
func Run(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("bubble: %v", r)
		}
	}()
	// Test takes of a T no more than that it is none of a fuzz test, and reports
	// nothing to one that is nobody's; TestRun keeps watch over that.
	var t testing.T
	synctest.Test(&t, func(*testing.T) {
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
			}
		}()
		err = f()
	})
	return err
}

// Wait returns when every other goroutine of the bubble stands still: it waits for
// another one or for time to pass. It must be called inside.
func Wait() { synctest.Wait() }
