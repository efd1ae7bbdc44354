package explore

import (
	"sync"
	"sync/atomic"
	"time"
)

// beats is how many parts the time of a search is measured in.
const beats = 100

// after tells when a search has had its time. What the program spends suspended, or
// without a processor, counts as one part of it at most: a ticker drops the beats
// that nobody is there for. stop ends it, and waits for that.
func after(d time.Duration) (late *atomic.Bool, stop func()) {
	late = new(atomic.Bool)
	ended := make(chan struct{})
	var counting sync.WaitGroup
	counting.Go(func() {
		ticker := time.NewTicker(max(d/beats, 1))
		defer ticker.Stop()
		for range beats {
			select {
			case <-ticker.C:
			case <-ended:
				return
			}
		}
		late.Store(true)
	})
	return late, func() {
		close(ended)
		counting.Wait()
	}
}
