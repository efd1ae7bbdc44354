package chart

import "math"

// Point is a place in a chart, in the data's own units.
type Point struct{ X, Y float64 }

func (p Point) finite() bool { return finite(p.X) && finite(p.Y) }

func finite(v float64) bool { return v-v == 0 }

// NiceRange returns a range around lo to hi for a chart's axis. It has some room at both ends and ends on multiples of a
// step of 1, 2 or 5 times a power of ten, so that it stays the same while the data moves a little. It does not cross zero
// when the data does not. Bounds that are not finite give 0 to 1.
func NiceRange(lo, hi float64) (min, max float64) {
	if !finite(lo) || !finite(hi) {
		return 0, 1
	}
	if lo > hi {
		lo, hi = hi, lo
	}
	from, to := lo, hi
	if size := math.Max(math.Abs(lo), math.Abs(hi)); to-from <= size*1e-9 {
		// All but one value: there is no spread to go by, so take a tenth of the value.
		from, to = from-size/10, to+size/10
		if size == 0 {
			to = 1
		}
	}
	span := to - from
	step := niceStep(span / 5)
	min = math.Floor((from-span/20)/step) * step
	max = math.Ceil((to+span/20)/step) * step
	if !finite(min) || !finite(max) {
		return lo, hi // at the very ends of float64 there is nothing to round to
	}
	if lo >= 0 && min < 0 {
		min = 0
	}
	if hi <= 0 && lo < 0 && max > 0 {
		max = 0
	}
	return min, max
}

// niceStep returns the smallest 1, 2 or 5 times a power of ten that is at least v.
func niceStep(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range [...]float64{1, 2, 5} {
		if v <= m*power {
			return m * power
		}
	}
	return 10 * power
}

// fraction returns where v lies from lo (0) to hi (1); in an empty range everything lies in the middle.
// Halves are taken so that the span of two finite numbers is finite.
func fraction(v, lo, hi float64) float64 {
	span := hi/2 - lo/2
	if span == 0 {
		return 0.5
	}
	return (v/2 - lo/2) / span
}
