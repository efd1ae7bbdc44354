package lock

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestMomentsCostLittle(t *testing.T) {
	if line := fmt.Sprintf("local MOMENT = %d ", moment.Microseconds()); !strings.Contains(grantSource, line) {
		t.Errorf("grant.lua has no %q", line)
	}
	if share := float64(moment) / float64(moment+seldom); share > 0.018 {
		t.Errorf("where nobody comes the lock is left free for %.1f %% of the time", 100*share)
	}
}

// A process knows when there was no moment for long, as long as somebody contends.
func TestWhenToLeaveFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(hubKey{}, "hub")
		defer h.cancel()
		want := func(turn int, every time.Duration, known int) {
			t.Helper()
			if d, k := h.leaveFree("a", turn, ""); d != every || k != known {
				t.Errorf("turn %d: %v, %d, want %v, %d", turn, d, k, every, known)
			}
		}
		want(2, seldom, 0) // it knows of nothing
		want(2, 0, 0)
		want(1, seldom, 2) // it may have come in a moment
		for range 10 {
			time.Sleep(seldom / 10)
			h.leaveFree("a", 2, "")
		}
		want(2, seldom, 1)
		if d, k := h.leaveFree("a", 2, "somebody who gives up"); d != 0 || k != 0 {
			t.Errorf("who gives up: %v, %d", d, k)
		}
		h.early("a", 20*time.Millisecond) // says Redis
		want(2, 0, 0)
		time.Sleep(20 * time.Millisecond)
		want(2, seldom, 1)
		h.left("a")
		h.visited("a")
		time.Sleep(often)
		want(2, often, 1)
		for range hopes {
			h.left("a") // but nobody came
			time.Sleep(often)
			want(2, often, 1)
		}
		h.left("a")
		time.Sleep(often)
		want(2, 0, 0)
		time.Sleep(2 * hubLinger)
		want(2, seldom, 0) // nobody has contended meanwhile
		if d, k := (*hub)(nil).leaveFree("a", 2, ""); d != seldom || k != 0 {
			t.Errorf("without waiters: %v, %d", d, k)
		}
	})
}

func TestMomentsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(hubKey{}, "hub")
		defer h.cancel()
		for i := range 100 {
			h.leaveFree(strconv.Itoa(i), 1, "")
		}
		time.Sleep(2 * hubLinger)
		for i := range 200 {
			h.leaveFree("later "+strconv.Itoa(i), 1, "")
		}
		if n := len(h.moments); n != 200 {
			t.Errorf("%d are kept, want 200", n)
		}
	})
}
