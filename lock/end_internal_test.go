package lock

import (
	"context"
	"testing"
	"testing/synctest"
)

func TestContextsOfALeaseAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var e end
		kept := e.context(t.Context())
		for range 10 {
			ctx, cancel := context.WithCancel(t.Context())
			e.context(ctx)
			cancel()
		}
		synctest.Wait()
		if n := len(e.contexts); n != 1 {
			t.Errorf("%d contexts are remembered, of which one lasts", n)
		}
		e.come(ErrReleased)
		if cause := context.Cause(kept); cause != ErrReleased {
			t.Errorf("cause %v", cause)
		}
	})
}
