package chart_test

import (
	"math"
	"testing"
	"time"

	"locktop/tui/chart"
)

const ms = time.Millisecond

func TestTimeline(t *testing.T) {
	hold := func(from, to time.Duration) chart.Span { return chart.Span{From: from, To: to, Rune: '█'} }
	wait := func(from, to time.Duration) chart.Span { return chart.Span{From: from, To: to, Rune: '░'} }
	for _, test := range []struct {
		because string
		spans   []chart.Span
		marks   []chart.Mark
		want    string // ten cells of 10 ms from 100 ms on, filled with '·'
	}{
		{"phases follow each other", []chart.Span{wait(110*ms, 130*ms), hold(130*ms, 170*ms)}, nil, "·░░████···"},
		{"what is outside is cut", []chart.Span{wait(0, 120*ms), hold(180*ms, 300*ms), wait(300*ms, 400*ms)}, nil, "░░······██"},
		{"the phase of most of a cell shows", []chart.Span{wait(100*ms, 114*ms), hold(114*ms, 130*ms)}, nil, "░██·······"},
		{"whatever their order", []chart.Span{hold(114*ms, 130*ms), wait(100*ms, 114*ms)}, nil, "░██·······"},
		{"the later of two halves shows", []chart.Span{wait(100*ms, 115*ms), hold(115*ms, 120*ms)}, nil, "░█········"},
		{"a short phase shows where there is no other", []chart.Span{hold(145*ms, 146*ms)}, nil, "····█·····"},
		{"an open phase goes on", []chart.Span{hold(170*ms, -1)}, nil, "·······███"},
		{"phases that take no time or end before they begin don't show",
			[]chart.Span{hold(130*ms, 130*ms), hold(150*ms, 110*ms)}, nil, "··········"},
		{"a mark beats a span", []chart.Span{hold(100*ms, 200*ms)}, []chart.Mark{{At: 139 * ms, Rune: '▴'}}, "███▴██████"},
		{"the highest mark beats others", nil, []chart.Mark{
			{At: 130 * ms, Rune: 'R', Rank: 1}, {At: 131 * ms, Rune: '✗', Rank: 3}, {At: 132 * ms, Rune: 'W', Rank: 2},
		}, "···✗······"},
		{"of equal marks the last shows", nil, []chart.Mark{
			{At: 130 * ms, Rune: 'R', Rank: -1}, {At: 131 * ms, Rune: 'W', Rank: -1},
		}, "···W······"},
		{"marks outside are not there", nil, []chart.Mark{
			{At: 99 * ms, Rune: 'R'}, {At: 200 * ms, Rune: 'W'}, {At: math.MinInt64, Rune: 'x'}, {At: math.MaxInt64, Rune: 'x'},
		}, "··········"},
		{"time without end", []chart.Span{{From: math.MinInt64, To: math.MaxInt64, Rune: '='}}, nil, "=========="},
	} {
		t.Run(test.because, func(t *testing.T) {
			expect(t, picture(10, 1, func(a chart.Area) {
				a.Fill('·', plain)
				chart.Timeline(a, 0, 100*ms, 10*ms, test.spans, test.marks)
			}), test.want)
		})
	}
}

func TestRuler(t *testing.T) {
	expect(t, picture(60, 7, func(a chart.Area) {
		chart.Ruler(a, 0, 12*time.Second, 10*ms, plain)
		chart.Ruler(a, 1, 12*time.Second+3*ms, ms, plain)
		chart.Ruler(a, 2, 12*time.Second+3*ms, 7*time.Microsecond, plain)
		chart.Ruler(a, 3, 0, time.Second, plain)
		chart.Ruler(a, 4, 12*time.Second, 33*ms, plain)
		chart.Ruler(a, 5, 30*time.Hour, time.Microsecond, plain)
		chart.Ruler(a, 6, -250*ms, 10*ms, plain)
	}), `
|12.0s    |12.1s    |12.2s    |12.3s    |12.4s    |12.5s
       |12.01s   |12.02s   |12.03s   |12.04s   |12.05s
|12.0030s     |12.0031s     |12.0032s     |12.0033s
|0.0s     |10.0s    |20.0s    |30.0s    |40.0s    |50.0s
|12.0s         |12.5s         |13.0s         |13.5s
|108000.00000s      |108000.00002s      |108000.00004s
     |-0.2s    |-0.1s    |0.0s     |0.1s     |0.2s     |0.3s
`)
}

func FuzzTimeline(f *testing.F) {
	f.Add(30, int64(0), int64(10*ms), int64(5*ms), int64(25*ms))
	f.Add(30, int64(math.MaxInt64), int64(math.MaxInt64), int64(math.MinInt64), int64(-1))
	f.Add(30, int64(math.MinInt64), int64(1), int64(math.MaxInt64), int64(math.MaxInt64))
	f.Fuzz(func(t *testing.T, w int, from, perCell, begin, end int64) {
		g := chart.NewGrid(w&63, 2)
		start, cell := time.Duration(from), time.Duration(perCell)
		chart.Timeline(g.Area(), 0, start, cell,
			[]chart.Span{{From: time.Duration(begin), To: time.Duration(end), Rune: '░'}},
			[]chart.Mark{{At: time.Duration(begin), Rune: '世'}, {At: time.Duration(end), Rune: '✗', Rank: 1}})
		chart.Ruler(g.Area(), 1, start, cell, plain)
	})
}
