package chart_test

import (
	"math/rand"
	"testing"

	"locktop/tui/chart"
)

// wave returns n points of a wandering average between x 0 and 100.
func wave(n int, seed int64) []chart.Point {
	rng := rand.New(rand.NewSource(seed))
	points := make([]chart.Point, n)
	y := 50.0
	for i := range points {
		y += rng.NormFloat64()
		y += (50 - y) / 50
		points[i] = chart.Point{X: 100 * float64(i) / float64(n), Y: y}
	}
	return points
}

func BenchmarkLineChart(b *testing.B) {
	for _, bench := range []struct {
		name   string
		points int
	}{
		{"120x20_2x500", 500},
		{"120x20_2x10000", 10_000},
	} {
		b.Run(bench.name, func(b *testing.B) {
			area := chart.NewGrid(120, 20).Area()
			c := chart.LineChart{
				Min: chart.Point{X: 0, Y: 30}, Max: chart.Point{X: 100, Y: 70},
				Lines: []chart.Line{
					{Points: []chart.Point{{X: 0, Y: 50}, {X: 100, Y: 50}}, Dashed: true, Label: "true 50.0"},
					{Points: wave(bench.points, 1), Ink: 1, Label: "41.1"},
					{Points: wave(bench.points, 2), Ink: 2, Label: "50.2"},
				},
			}
			b.ReportAllocs()
			for b.Loop() {
				c.Draw(area)
			}
		})
	}
}

func BenchmarkPaint(b *testing.B) {
	pens := []chart.Pen{{}, {"\x1b[38;5;203m", "\x1b[0m"}, {"\x1b[38;5;114m", "\x1b[0m"}, {"\x1b[1m", "\x1b[0m"}}
	grid := chart.NewGrid(120, 40)
	area := grid.Area()
	area.Fill('⣿', 0)
	for i := range 1000 { // 1,000 runs of ink, 25 to a row
		area.SetInk(i%25*4, i/25, 4, 1, chart.Ink(i%len(pens)))
	}
	b.Run("120x40_1000_runs", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			area.Set(119, 39, rune('0'+i%10), 0) // no frame is like the one before
			grid.Paint(pens)
		}
	})
	b.Run("unchanged", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			grid.Paint(pens)
		}
	})
}
