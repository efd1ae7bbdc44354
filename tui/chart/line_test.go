package chart_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"locktop/tui/chart"
)

// points pairs ys with x = 0, 1, 2, …
func points(ys ...float64) []chart.Point {
	p := make([]chart.Point, len(ys))
	for i, y := range ys {
		p[i] = chart.Point{X: float64(i), Y: y}
	}
	return p
}

func level(from, to, y float64) []chart.Point { return []chart.Point{{X: from, Y: y}, {X: to, Y: y}} }

// settle swings around a value, ever less.
func settle(n int, around, by float64) []chart.Point {
	p := make([]chart.Point, n)
	for i := range p {
		x := float64(i)
		p[i] = chart.Point{X: x, Y: around + by*math.Cos(x/6)*math.Exp(-x/25)}
	}
	return p
}

func TestLineChart(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	truth := chart.Line{Points: level(0, 100, 50), Dashed: true, Label: "true 50.0"}
	for _, test := range []struct {
		because string
		w, h    int
		chart   chart.LineChart
		want    string
	}{
		{"an average that settles in the wrong place, below the dashed truth", 54, 12, chart.LineChart{
			Min: chart.Point{X: 0, Y: 38}, Max: chart.Point{X: 100, Y: 58},
			Lines: []chart.Line{truth, {Points: settle(88, 42, 14), Label: "42.0"}},
		}, `
 58│
   │⢢
   │ ⢇
   │ ⠸⡀
 50│┄┄⢣┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄ true 50.0
   │  ⠘⡄
   │   ⢇
   │   ⠸⡀           ⢀⡠⠤⢄⡀
   │    ⢇          ⡔⠁   ⠈⠢⡀
   │    ⠸⡀       ⢀⠎       ⠈⠒⢄     ⢀⡠⠤⠒⠊⠉⠉⠉⠉⠑⠒⠒⠤⠄ 42.0
   │     ⢣      ⢀⠎           ⠑⠒⠒⠒⠉⠁
 38│     ⠈⡆    ⢀⠎
`},
		{"an average that settles on the truth: the labels make room", 54, 12, chart.LineChart{
			Min: chart.Point{X: 0, Y: 38}, Max: chart.Point{X: 100, Y: 58},
			Lines: []chart.Line{truth, {Points: settle(101, 49.6, 8), Label: "49.6"}},
		}, `
 58│⠢⡀
   │ ⠱⡀
   │  ⠱⡀
   │   ⢣              ⣀                      true 50.0
 50│┄┄┄┄⢇┄┄┄┄┄┄┄┄┄⢀⠔⠊⠉┄⠉⠑⠢⢄⡀┄┄┄┄┄┄┄┄┄⢀⣀⣀⣀⣀⣀⣀⣀┄┄┄┄┄┄┄┄┄
   │    ⠈⢆      ⢀⠔⠁        ⠈⠑⠒⠤⠤⠤⠒⠒⠉⠉⠁       ⠉⠉⠉⠉⠉⠉⠉⠉⠉
   │     ⠈⠢⡀  ⢀⠴⠁                                 49.6
   │       ⠈⠒⠒⠁
   │
   │
   │
 38│
`},
		{"the same in ASCII", 54, 12, chart.LineChart{
			Min: chart.Point{X: 0, Y: 38}, Max: chart.Point{X: 100, Y: 58}, ASCII: true,
			Lines: []chart.Line{truth, {Points: settle(88, 42, 14), Label: "42.0"}},
		}, `
 58|
   |.
   |*.
   | *
 50|--.------------------------------------- true 50.0
   |  *
   |   .
   |   *.           ****.
   |    *          *.   ***            ****
   |     .       **        ***   ******    ***** 42.0
   |     *      *.            ***
 38|      *    *.
`},
		{"in ASCII points stand out from what joins them", 24, 6, chart.LineChart{
			Max: chart.Point{X: 4, Y: 100}, ASCII: true,
			Lines: []chart.Line{{Points: points(0, 100, 100, 30, 60)}},
		}, `
100|     *....*
   |    .      ..
   |   .         .   ..*
   |  .           *..
   | .
  0|*
`},
		{"a dashed line may move, and has one dash a column", 24, 5, chart.LineChart{
			Max:   chart.Point{X: 4, Y: 8},
			Lines: []chart.Line{{Points: points(0, 0, 8, 8, 4), Dashed: true}},
		}, `
  8│         ┄┄┄┄┄┄┄┄
   │        ┄        ┄┄
  4│       ┄           ┄
   │      ┄
  0│┄┄┄┄┄┄
`},
		{"a steep line is cut at the range's ends, not bent", 24, 4, chart.LineChart{
			Max:   chart.Point{X: 4, Y: 8},
			Lines: []chart.Line{{Points: points(-8, 16, -1e300, 1e300, 4)}},
		}, `
  8│   ⡜ ⡇      ⡇      ⢸
   │  ⢠⠃ ⡇      ⡇      ⢸
   │  ⡜  ⡇      ⡇
  0│ ⢠⠃  ⡇      ⡇
`},
		{"what is not a number leaves a gap", 24, 4, chart.LineChart{
			Max:   chart.Point{X: 8, Y: 8},
			Lines: []chart.Line{{Points: points(1, 1, nan, 7, 7, inf, 4, 4, 4), Label: "4"}},
		}, `
  8│       ⠠⠤⠤⠄        4
   │              ⢀⣀⣀⣀⣀⣀
   │
  0│⠒⠒⠒
`},
		{"the first point is a dot with its label", 24, 4, chart.LineChart{
			Max:   chart.Point{X: 10, Y: 10},
			Lines: []chart.Line{{Points: level(0, 0, 5), Label: "5.0"}, {Points: level(0, 0, 5), Dashed: true}},
		}, `
 10│
  5│⡀ 5.0
   │
  0│
`},
		{"in an empty range everything is in the middle", 24, 5, chart.LineChart{
			Min: chart.Point{X: 3, Y: 5}, Max: chart.Point{X: 3, Y: 5},
			Lines: []chart.Line{{Points: points(5, 6, 7)}},
		}, `
  5│
   │
   │          ⠂
   │
  5│
`},
		{"points may come in any order", 24, 4, chart.LineChart{
			Max:   chart.Point{X: 10, Y: 10},
			Lines: []chart.Line{{Points: []chart.Point{{X: 10, Y: 10}, {X: 0, Y: 0}, {X: 10, Y: 0}, {X: 0, Y: 10}}}},
		}, `
 10│⠉⠒⠤⢄⣀          ⣀⡠⠤⠒⠉
   │     ⠉⠒⠢⢄⣀⣀⡠⠔⠒⠉
   │     ⣀⠤⠔⠊⠉⠉⠑⠢⠤⣀
  0│⣀⣤⣒⣊⣉⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣉⣑⣒⣤⣀
`},
		{"labels of the axis are the caller's", 24, 3, chart.LineChart{
			Max: chart.Point{X: 10, Y: 2e-3}, Lines: []chart.Line{{Points: level(0, 10, 1e-3), Dashed: true}},
			YLabel: func(y float64) string { return fmt.Sprintf("%.1fms", y*1e3) },
		}, `
2.0ms│
1.0ms│┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄
0.0ms│
`},
		{"without points it says so", 24, 3, chart.LineChart{
			Max: chart.Point{X: 10, Y: 10}, Lines: []chart.Line{{Points: points(nan)}}, Empty: "no update yet",
		}, `
 10│
   │   no update yet
  0│
`},
		{"without a range too", 24, 3, chart.LineChart{
			Max: chart.Point{X: 10, Y: nan}, Lines: []chart.Line{truth}, Empty: "no update yet",
		}, `
   │
   │   no update yet
   │
`},
		{"a narrow chart has no axis", 11, 3, chart.LineChart{
			Max: chart.Point{X: 10, Y: 10}, Lines: []chart.Line{{Points: points(0, 2, 4, 6, 8, 10)}, truth},
		}, `
   ⢀⠔⠊
  ⡰⠁
⡠⠊
`},
		{"a row is enough", 24, 1, chart.LineChart{
			Max: chart.Point{X: 100, Y: 100}, Lines: []chart.Line{truth, {Points: level(0, 50, 80), Label: "80"}},
		}, `
100│⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒ true 50.0
`},
	} {
		t.Run(test.because, func(t *testing.T) {
			expect(t, picture(test.w, test.h, test.chart.Draw), test.want)
		})
	}
}

func TestLineChartInk(t *testing.T) {
	g := chart.NewGrid(16, 3)
	chart.LineChart{
		Max: chart.Point{X: 10, Y: 10}, AxisInk: green,
		Lines: []chart.Line{{Points: level(0, 5, 5), Ink: red}, {Points: level(5, 10, 5), Ink: green, Dashed: true}},
	}.Draw(g.Area())
	expect(t, trim(g.Paint(pens)), `
 {10│}
  {5│}<⠒⠒⠒⠒⠒⠒⠂>{┄┄┄┄┄}
  {0│}
`)
}

func TestLineChartSizes(t *testing.T) {
	lines := []chart.Line{
		{Points: level(0, 60, 50), Dashed: true, Label: "true 50.0"},
		{Points: settle(60, 42, 14), Label: "41.1"}, {Points: settle(60, 55, 14), Label: "55.0"},
	}
	for _, ascii := range []bool{false, true} {
		for w := range 40 {
			for h := range 12 {
				g := chart.NewGrid(w+2, h+2)
				g.Area().Fill('.', plain)
				chart.LineChart{
					Lines: lines, Min: chart.Point{X: 0, Y: 40}, Max: chart.Point{X: 60, Y: 60}, ASCII: ascii,
				}.Draw(g.Area().Sub(1, 1, w, h))
				g.Area().Sub(1, 1, w, h).Fill('.', plain)
				if got := g.Paint(nil); strings.Trim(got, ".\n") != "" {
					t.Fatalf("%d × %d: drawn outside of the area:\n%s", w, h, got)
				}
			}
		}
	}
}

func TestNiceRange(t *testing.T) {
	for _, test := range []struct{ lo, hi, min, max float64 }{
		{41.1, 50.3, 40, 52},
		{41.3, 50.9, 40, 52},
		{50.3, 41.1, 40, 52},
		{0, 10, 0, 12},
		{-10, 0, -12, 0},
		{-3, 4, -4, 6},
		{0.0012, 0.0019, 0.001, 0.002},
		{50, 50, 44, 56},
		{0, 0, 0, 1.2},
		{math.NaN(), 3, 0, 1},
		{0, math.Inf(1), 0, 1},
	} {
		lo, hi := chart.NiceRange(test.lo, test.hi)
		if math.Abs(lo-test.min) > 1e-9 || math.Abs(hi-test.max) > 1e-9 {
			t.Errorf("NiceRange(%v, %v) is %v, %v; want %v, %v", test.lo, test.hi, lo, hi, test.min, test.max)
		}
	}
}

func TestNiceRangeIsCalm(t *testing.T) {
	changes := 0
	was := 0.0
	for i := range 1000 { // a range that grows by a hundredth of itself
		_, is := chart.NiceRange(41, 50+float64(i)/10_000)
		if is != was {
			changes++
		}
		was = is
	}
	if changes != 1 {
		t.Errorf("the axis changed %d times, want once, when first seen", changes)
	}
}

func FuzzNiceRange(f *testing.F) {
	f.Add(1.0, 2.0)
	f.Add(-math.MaxFloat64, math.MaxFloat64)
	f.Add(0.0, math.SmallestNonzeroFloat64)
	f.Add(-1.43e308, 2.2e307)
	f.Add(1e17, 1e17+16)
	f.Fuzz(func(t *testing.T, lo, hi float64) {
		min, max := chart.NiceRange(lo, hi)
		if math.IsNaN(lo+hi) || math.IsInf(lo, 0) || math.IsInf(hi, 0) {
			lo, hi = 0, 1
		}
		if !(min <= math.Min(lo, hi) && max >= math.Max(lo, hi)) || math.IsInf(min, 0) || math.IsInf(max, 0) {
			t.Errorf("NiceRange(%v, %v) is %v, %v", lo, hi, min, max)
		}
	})
}

func FuzzLineChart(f *testing.F) {
	f.Add(30, 8, 0.0, 10.0, 0.0, 10.0, 1.0, 2.0, 3.0, 4.0)
	f.Add(9, 3, -math.MaxFloat64, math.MaxFloat64, math.MaxFloat64, -math.MaxFloat64, math.MaxFloat64, 0.0, -math.MaxFloat64, 1.0)
	f.Add(9, 3, 0.0, math.SmallestNonzeroFloat64, 0.0, math.SmallestNonzeroFloat64, 1e300, -1e300, math.Inf(1), math.NaN())
	f.Fuzz(func(t *testing.T, w, h int, x0, x1, y0, y1, a, b, c, d float64) {
		p := []chart.Point{{X: a, Y: b}, {X: c, Y: d}, {X: b, Y: c}, {X: a, Y: d}, {X: c, Y: c}}
		for _, ascii := range []bool{false, true} {
			chart.LineChart{
				Lines: []chart.Line{{Points: p, Label: "solid"}, {Points: p, Dashed: true, Label: "dashed"}},
				Min:   chart.Point{X: x0, Y: y0}, Max: chart.Point{X: x1, Y: y1}, ASCII: ascii,
			}.Draw(chart.NewGrid(w&63, h&31).Area())
		}
	})
}
