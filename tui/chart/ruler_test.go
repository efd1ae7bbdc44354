package chart_test

import (
	"math"
	"testing"
	"time"

	"locktop/tui/chart"
)

const ms = time.Millisecond

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

func FuzzRuler(f *testing.F) {
	f.Add(30, int64(0), int64(10*ms))
	f.Add(30, int64(math.MaxInt64), int64(math.MaxInt64))
	f.Add(30, int64(math.MinInt64), int64(1))
	f.Fuzz(func(_ *testing.T, w int, from, perCell int64) {
		chart.Ruler(chart.NewGrid(w&63, 1).Area(), 0, time.Duration(from), time.Duration(perCell), plain)
	})
}
