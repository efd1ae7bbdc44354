package explore

import (
	"testing"
	"testing/synctest"
	"time"

	"locktop/sim"
)

// TestASearchHasItsTime: all of it, and no more.
func TestASearchHasItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const d = 5 * time.Second
		late, stop := after(d)
		defer stop()
		time.Sleep(d - 1)
		if synctest.Wait(); late.Load() {
			t.Error("it is late too soon")
		}
		time.Sleep(time.Nanosecond)
		if synctest.Wait(); !late.Load() {
			t.Error("it is never late")
		}
		_, stop = after(time.Hour)
		began := time.Now()
		if stop(); time.Since(began) > 0 {
			t.Error("its end is waited for")
		}
	})
}

// TestSomethingIsPlayed by a search that is late before it begins.
func TestSomethingIsPlayed(t *testing.T) {
	for _, method := range []Method{Auto, Random} {
		r, err := Run(t.Context(), Options{ArenaConfig: sim.ArenaConfig{Lane: "redlock", Clients: 2}, Method: method, Preemptions: -1, Timeout: 1})
		if err != nil || r.Complete || r.Played == 0 || r.Schedules == 0 {
			t.Errorf("%s: %v, %+v", method, err, r)
		}
	}
}
