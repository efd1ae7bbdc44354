package chart

import (
	"math/rand"
	"testing"
)

// Gathering the points of a column must not change the picture.
func TestSolidEqualsJoiningEveryPoint(t *testing.T) {
	for seed := range int64(50) {
		rng := rand.New(rand.NewSource(seed))
		points := make([]Point, 1+rng.Intn(400))
		for i := range points {
			points[i] = Point{float64(i) / float64(len(points)), rng.Float64()}
			if seed%2 == 0 {
				points[i].X = rng.Float64() // in any order
			}
		}
		got, want := NewGrid(20, 6), NewGrid(20, 6)
		r := newRaster(got.Area(), Point{0, 0}, Point{1, 1}, false)
		r.solid(points, 0)
		r = newRaster(want.Area(), Point{0, 0}, Point{1, 1}, false)
		for i, p := range points {
			from := points[max(i-1, 0)]
			r.segment(r.dotX(from.X), r.dotY(from.Y), r.dotX(p.X), r.dotY(p.Y), 0)
		}
		if g, w := got.Paint(nil), want.Paint(nil); g != w {
			t.Fatalf("seed %d: got\n%s\nwant\n%s", seed, g, w)
		}
	}
}
