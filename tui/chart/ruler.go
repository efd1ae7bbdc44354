package chart

import (
	"math"
	"strconv"
	"time"
)

// since returns t-from, held at the limits of a Duration.
func since(t, from time.Duration) time.Duration {
	d := t - from
	switch {
	case t >= 0 && from < 0 && d < 0:
		return math.MaxInt64
	case t < 0 && from >= 0 && d >= 0:
		return math.MinInt64
	}
	return d
}

// rulerGap is the least number of cells from one tick to the next; the steps of 1, 2 and 5 make it at most 2.5 times that.
const rulerGap = 10

// Ruler draws a time axis for timelines into row y: ticks on round times with the time in seconds, as in |12.0s.
func Ruler(a Area, y int, from, perCell time.Duration, ink Ink) {
	if a.w == 0 || perCell <= 0 {
		return
	}
	step, decimals := rulerStep(perCell, rulerGap)
	// Fine steps late in a long run have labels too long for the gap.
	var buf [40]byte
	late := since(from, -perCell*time.Duration(min(int64(a.w), int64(math.MaxInt64/perCell))))
	if n := len(appendSeconds(buf[:0], late, decimals)); n+2 > rulerGap {
		step, decimals = rulerStep(perCell, n+2)
	}
	if step == 0 {
		return
	}
	first := (step - from%step) % step // from the row's beginning to the first tick
	if from < 0 {
		first = -(from % step)
	}
	for at := first; at >= 0 && at/perCell < time.Duration(a.w) && since(math.MaxInt64, from) >= at; at += step {
		x := int(at / perCell)
		label := appendSeconds(buf[:0], from+at, decimals)
		if x+1+len(label) > a.w {
			return
		}
		a.set(x, y, '|', ink)
		a.Text(x+1, y, string(label), ink)
	}
}

// rulerStep returns the shortest time of 1, 2 or 5 times a power of ten nanoseconds that spans at least gap cells, and how
// many decimals its multiples need in seconds; at least one, so that labels keep their look. 0 means there is none.
func rulerStep(perCell time.Duration, gap int) (step time.Duration, decimals int) {
	for power, decimals := time.Duration(1), 9; ; power, decimals = power*10, decimals-1 {
		for _, m := range [...]time.Duration{1, 2, 5} {
			if power > math.MaxInt64/10 {
				return 0, 1
			}
			if m*power/perCell >= time.Duration(gap) {
				return m * power, max(decimals, 1)
			}
		}
	}
}

func appendSeconds(b []byte, d time.Duration, decimals int) []byte {
	return append(strconv.AppendFloat(b, d.Seconds(), 'f', decimals, 64), 's')
}
