package sim

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// An Average is the shared value of the story: the Redis string "sum:count",
// from which the running average is read. The sum is kept in whole
// nanoseconds, so that adding is exact and two different histories practically
// never produce the same string; on the wire it is written in milliseconds
// with six decimals, as in "1234.567890:25".
type Average struct {
	Sum   time.Duration
	Count int64
}

// maxSumMillis keeps a parsed sum inside a time.Duration.
const maxSumMillis = math.MaxInt64 / int64(time.Millisecond)

// ParseAverage reads the wire form. The empty string, which is what a missing
// key reads as, is the average of nothing.
func ParseAverage(s string) (Average, error) {
	if s == "" {
		return Average{}, nil
	}
	sum, count, ok := strings.Cut(s, ":")
	if !ok {
		return Average{}, fmt.Errorf("%q is not of the form sum:count", clip(s))
	}
	n, err := strconv.ParseUint(count, 10, 63)
	if err != nil {
		return Average{}, fmt.Errorf("%q: the count is not a whole number", clip(s))
	}
	whole, fraction, _ := strings.Cut(sum, ".")
	ms, err := strconv.ParseUint(whole, 10, 63)
	if err != nil || int64(ms) >= maxSumMillis {
		return Average{}, fmt.Errorf("%q: the sum is not a number of milliseconds", clip(s))
	}
	var ns uint64
	if fraction != "" {
		if len(fraction) > 6 {
			return Average{}, fmt.Errorf("%q: the sum has more than six decimals", clip(s))
		}
		ns, err = strconv.ParseUint((fraction + "000000")[:6], 10, 63)
		if err != nil {
			return Average{}, fmt.Errorf("%q: the sum is not a number of milliseconds", clip(s))
		}
	}
	return Average{Sum: time.Duration(ms)*time.Millisecond + time.Duration(ns), Count: int64(n)}, nil
}

// clip shortens a foreign value for an error message.
func clip(s string) string {
	const most = 64
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}

// Add returns the average with one more sample.
func (a Average) Add(latency time.Duration) Average {
	return Average{Sum: a.Sum + latency, Count: a.Count + 1}
}

// Mean returns the average in milliseconds, 0 when there is no sample.
func (a Average) Mean() float64 {
	if a.Count == 0 {
		return 0
	}
	return float64(a.Sum) / float64(a.Count) / float64(time.Millisecond)
}

// text is the average as Redis has it, where there is no key before the first sample.
func (a Average) text() string {
	if a == (Average{}) {
		return ""
	}
	return a.String()
}

// String returns the wire form.
func (a Average) String() string {
	buf := make([]byte, 0, 32)
	buf = strconv.AppendInt(buf, int64(a.Sum/time.Millisecond), 10)
	buf = append(buf, '.')
	fraction := int64(a.Sum % time.Millisecond)
	for unit := int64(100_000); unit > 0; unit /= 10 {
		buf = append(buf, byte('0'+fraction/unit%10))
	}
	buf = append(buf, ':')
	return string(strconv.AppendInt(buf, a.Count, 10))
}
