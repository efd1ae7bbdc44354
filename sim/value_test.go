package sim

import (
	"strings"
	"testing"
	"time"
)

func TestAverageOnTheWire(t *testing.T) {
	for text, want := range map[string]Average{
		"":                  {},
		"0.000000:0":        {},
		"1234.567890:25":    {Sum: 1234567890 * time.Nanosecond, Count: 25},
		"7:1":               {Sum: 7 * time.Millisecond, Count: 1},
		"7.5:2":             {Sum: 7500 * time.Microsecond, Count: 2},
		"0.000001:1":        {Sum: time.Nanosecond, Count: 1},
		"9223372036853.0:1": {Sum: 9223372036853 * time.Millisecond, Count: 1},
	} {
		got, err := ParseAverage(text)
		if err != nil || got != want {
			t.Errorf("ParseAverage(%q) = %+v, %v; want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{
		"abc", ":", "1:", ":1", "1.5", "-1.0:1", "1.0:-1", "1.0:1.5", "1.0000001:1", "1.x:1", "+1:1", "1.+5:1",
		"99999999999999:1", "9223372036854:1", "1:99999999999999999999", "NaN:1", "1:1:1", " 1:1", "1.0:1 ",
	} {
		if got, err := ParseAverage(text); err == nil {
			t.Errorf("ParseAverage(%q) = %+v, want an error", text, got)
		} else if !strings.Contains(err.Error(), text) {
			t.Errorf("the error of %q does not name it: %v", text, err)
		}
	}
	if _, err := ParseAverage(strings.Repeat("x", 1<<20)); err == nil || len(err.Error()) > 200 {
		t.Errorf("a huge value makes a huge error")
	}
}

func FuzzAverage(f *testing.F) {
	f.Add("1234.567890:25")
	f.Add("0.5:1")
	f.Add("abc")
	f.Fuzz(func(t *testing.T, text string) {
		a, err := ParseAverage(text)
		if err != nil {
			return
		}
		again, err := ParseAverage(a.String())
		if err != nil || again != a {
			t.Fatalf("%q reads as %+v, which is written %q and read as %+v, %v", text, a, a, again, err)
		}
	})
}

func TestLatenciesAreTheSeedsAndSkewed(t *testing.T) {
	const n = 20_000
	var sum time.Duration
	below := 0
	for i := range n {
		l := latencyOf(7, i/100+1, i%100+1)
		if l != latencyOf(7, i/100+1, i%100+1) {
			t.Fatal("the same seed, alert and client gave two latencies")
		}
		if l < leastLatency || l > mostLatency {
			t.Fatalf("latency %v out of bounds", l)
		}
		if sum += l; l < medianLatency {
			below++
		}
	}
	if mean := sum / n; mean < medianLatency+2*time.Millisecond {
		t.Errorf("mean %v is not above the median %v: not right-skewed", mean, medianLatency)
	}
	if below < n*45/100 || below > n*55/100 {
		t.Errorf("%d of %d latencies below the median", below, n)
	}
	if latencyOf(7, 1, 1) == latencyOf(8, 1, 1) {
		t.Error("two seeds gave the same latency")
	}
}
