package lock

import (
	"sync"
	"sync/atomic"
	"testing"
)

// TestTasksMayBeginWhileWaitedFor is about what the race detector says, and about who
// waits: nobody misses the end of what had begun before.
func TestTasksMayBeginWhileWaitedFor(t *testing.T) {
	var background tasks
	background.wait() // for nothing
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for range 1000 {
				var over atomic.Bool
				background.run(func() { over.Store(true) })
				background.wait()
				if !over.Load() {
					t.Error("a task that had begun was not waited for")
				}
			}
		})
	}
	callers.Wait()
}
