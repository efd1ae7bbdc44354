package lock

import (
	"math"
	"testing"
	"time"
)

func TestExponentialPauses(t *testing.T) {
	b := Exponential(time.Millisecond, 10*time.Millisecond)
	for failures, limit := range map[int]time.Duration{
		1: time.Millisecond, 2: 2 * time.Millisecond, 4: 8 * time.Millisecond,
		5: 10 * time.Millisecond, 1000: 10 * time.Millisecond,
	} {
		var least, most time.Duration = limit, 0
		for range 1000 {
			d := b.pause(failures, new(random))
			least, most = min(least, d), max(most, d)
		}
		if least > limit/10 || most < limit*9/10 || most > limit {
			t.Errorf("after %d failures pauses from %v to %v, want up to %v", failures, least, most, limit)
		}
	}
	if d := Exponential(math.MaxInt64, math.MaxInt64).pause(1, new(random)); d < 0 {
		t.Errorf("the longest limit gives %v", d)
	}
	if d := Exponential(1, 1<<62).pause(1<<20, new(random)); d < 0 {
		t.Errorf("the limit overflowed to %v", d)
	}
}
