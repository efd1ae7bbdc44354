package tui

import (
	"math"
	"slices"

	"locktop/sim"
	"locktop/tui/chart"
)

// Scale is the range of the charts that show the same. All lanes share it.
type Scale struct{ Min, Max float64 }

// scaleSamples is how many points of a curve are enough to find its range.
const scaleSamples = 128

// next returns the scale for new snapshots. It grows as soon as the data needs it and shrinks only when three fifths
// of it would do, so that the picture stands still while the data moves.
func (s Scale) next(snapshots []*sim.Snapshot) Scale {
	if lo, hi, ok := spread(snapshots); ok {
		return s.fit(lo, hi)
	}
	return s
}

// fit returns the scale for values in a range.
func (s Scale) fit(lo, hi float64) Scale {
	low, high := chart.NiceRange(lo, hi)
	want := Scale{low, high}
	fits := s.Min <= lo && hi <= s.Max
	if fits && want.Max-want.Min > (s.Max-s.Min)*0.6 {
		return s
	}
	return want
}

// spread returns the range of the averages. The first few samples of a run make the average jump to where it never returns;
// so the first points don't count once there are others, nor does the outermost twentieth of the rest. Where the curves
// are now always counts.
func spread(snapshots []*sim.Snapshot) (lo, hi float64, ok bool) {
	lo, hi = math.Inf(1), math.Inf(-1)
	include := func(v float64) { lo, hi, ok = min(lo, v), max(hi, v), true }
	var room [2 * scaleSamples]float64
	for _, s := range snapshots {
		n := len(s.Curve)
		if n == 0 {
			continue
		}
		values := room[:0]
		first := min(n/4, 3*s.Lane.Clients)
		stride := max((n-first+scaleSamples-1)/scaleSamples, 1)
		for i := first; i < n; i += stride {
			values = append(values, s.Curve[i].Redis, s.Curve[i].True)
		}
		slices.Sort(values)
		cut := len(values) / 20
		include(values[cut])
		include(values[len(values)-1-cut])
		include(s.Curve[n-1].Redis)
		include(s.Curve[n-1].True)
	}
	return lo, hi, ok
}
