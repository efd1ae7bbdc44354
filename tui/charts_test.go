package tui

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"locktop/sim"
	"locktop/tui/chart"
)

// courses is a race of three lanes in virtual time, of which the first loses updates.
func courses(t *testing.T) raced {
	t.Helper()
	cfg := sim.Defaults()
	cfg.Lanes = []string{"none", "spin", "fair"}
	return raceUntil(t, cfg, 8*time.Second)
}

func TestGoldenCharts(t *testing.T) {
	race := courses(t)
	var b strings.Builder
	for which := range Chart(chartCount) {
		for _, s := range []size{{200, 60}, {120, 40}, {80, 24}, {60, 16}} {
			f := race.frame(8*time.Second, RaceView, 1, s)
			f.Chart, f.ASCII = which, which == WaitChart && s.w == 120
			fmt.Fprintf(&b, "=== %s, %d×%d\n%s\n", chartNotices[which], s.w, s.h, text(f, s.w, s.h))
		}
	}
	golden(t, "charts", strings.TrimSuffix(b.String(), "\n"))
}

// TestWhatAChartShowsByItself: the average where updates are lost or little has happened, and else what a lane costs.
func TestWhatAChartShowsByItself(t *testing.T) {
	race := courses(t)
	at := func(d time.Duration) Frame { return race.frame(d, RaceView, 0, size{200, 60}) }
	for _, c := range []struct {
		because string
		f       Frame
		want    []Chart
	}{
		{"there are too few updates", at(500 * ms), []Chart{AverageChart, AverageChart, AverageChart}},
		{"the first lane loses updates", at(8 * time.Second), []Chart{AverageChart, WaitChart, WaitChart}},
		{"nobody waits for a lock", raceUntil(t, lanes("atomic"), 4*time.Second).frame(4*time.Second, RaceView, 0, size{120, 40}), []Chart{KeptChart}},
		{"the lane hangs", hungLongAfter(t), []Chart{QueueChart}},
	} {
		for i, s := range c.f.Snapshots {
			if got := c.f.chartOf(s); got != c.want[i] {
				t.Errorf("%s: lane %d shows chart %d, want %d", c.because, i+1, got, c.want[i])
			}
		}
	}
}

func lanes(names ...string) sim.Config {
	cfg := sim.Defaults()
	cfg.Lanes = names
	return cfg
}

// hungLongAfter is a lane whose holder crashes after many updates.
func hungLongAfter(t *testing.T) Frame {
	cfg := lanes("spin")
	cfg.Lease, cfg.Patience = 0, time.Second
	crash, err := sim.ParseFault("crash:client=1:at=write:nth=20")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Faults = []sim.Fault{crash}
	f := raceUntil(t, cfg, 12*time.Second).frame(12*time.Second, RaceView, 0, size{120, 40})
	if s := f.Snapshots[0]; s.Verdict != sim.Hung {
		t.Fatalf("the lane is %s after %d updates", s.Verdict, s.Acked)
	}
	return f
}

// TestChartsOfOneKindShareAScale, and every value lies in it.
func TestChartsOfOneKindShareAScale(t *testing.T) {
	f := courses(t).frame(8*time.Second, RaceView, 0, size{200, 60})
	for _, which := range []Chart{WaitChart, KeptChart, QueueChart} {
		f.Chart = which
		plots := f.plotsOf()
		scale, most := f.scalesFor(plots)[which], 0.0
		for i := range plots {
			lo, hi := plots[i].spread()
			most = max(most, hi)
			if lo < scale.Min || hi > scale.Max {
				t.Errorf("chart %d, lane %d: values from %v to %v on a scale from %v to %v", which, i+1, lo, hi, scale.Min, scale.Max)
			}
		}
		if scale.Min != 0 || scale.Max > 3*most {
			t.Errorf("chart %d: a scale from %v to %v for values up to %v", which, scale.Min, scale.Max, most)
		}
	}
}

// TestNoRatesAtSpeedMax: where nobody slept, waits and rates are gaps.
func TestNoRatesAtSpeedMax(t *testing.T) {
	cfg := lanes("spin")
	race := raceUntil(t, cfg, 4*time.Second)
	sleepless := sim.NewTape(func() sim.LaneInfo { info := cfg.LaneInfo(0); info.Sleepless = true; return info }(), 0)
	for _, e := range race.events[0] {
		sleepless.Apply(e)
	}
	f := raced{cfg: cfg, tapes: []*sim.Tape{sleepless}}.frame(4*time.Second, RaceView, 0, size{120, 40})
	if got := f.chartOf(f.Snapshots[0]); got != QueueChart {
		t.Errorf("by itself the chart is %d", got)
	}
	for _, which := range []Chart{WaitChart, KeptChart} {
		f.Chart = which
		if p := f.plotsOf()[0]; len(p.lines) > 0 || p.empty == "" {
			t.Errorf("chart %d shows %d lines, %q", which, len(p.lines), p.empty)
		}
		contains(t, text(f, 120, 40), "at speed max times tell nothing")
	}
}

// TestAWaitThatHasNotEndedIsShown where it is longer than all that have: a lane that hangs is not one of short waits.
func TestAWaitThatHasNotEndedIsShown(t *testing.T) {
	f := hungLongAfter(t)
	f.Chart = WaitChart
	contains(t, text(f, 120, 40), "waits that ended", "━━ open", "open wait "+millis(f.Snapshots[0].LongestOpen))
	f = courses(t).frame(8*time.Second, RaceView, 0, size{120, 40})
	for _, p := range f.plotsOf() {
		for _, l := range p.lines {
			if l.name == "open" && f.Snapshots[1].LongestOpen < f.Snapshots[1].WaitMax {
				t.Error("a short wait that has not ended is shown")
			}
		}
	}
}

// TestAChartOfNothingHasNoNumbers beside its axis.
func TestAChartOfNothingHasNoNumbers(t *testing.T) {
	f := raceUntil(t, lanes("none", "atomic"), time.Second).frame(time.Second, RaceView, 0, size{120, 40})
	f.Chart = QueueChart
	frame := text(f, 120, 40)
	contains(t, frame, "this lane waits for no lock")
	if strings.Contains(frame, "│  0│") {
		t.Errorf("an axis has a zero:\n%s", frame)
	}
}

// TestEveryChartSaysWhatItShows, in titles and labels with units, as soon as one shows something else than the average.
func TestEveryChartSaysWhatItShows(t *testing.T) {
	race := courses(t)
	for _, s := range []size{{200, 60}, {120, 40}, {80, 30}} {
		f := race.frame(8*time.Second, RaceView, 0, s)
		contains(t, text(f, s.w, s.h), "average", "waits", "per ", "longest", "max wait", "p50", "s│")
	}
	f := race.frame(8*time.Second, RaceView, 1, size{80, 24})
	contains(t, text(f, 80, 24), "average", "waits, per ")
	cfg := presetOf(t, "spin-storm")
	cfg.Lanes, cfg.Alerts = []string{"block"}, 0
	f = raceUntil(t, cfg, 5*time.Second).frame(5*time.Second, RaceView, 0, size{120, 40})
	contains(t, text(f, 120, 40), "waits that ended since the start, per ", "━━ p99", "━━ p50", "p99 wait ", "p50 wait ") // there are enough
}

// TestTheKeyOfTheCharts goes through all of them and back.
func TestTheKeyOfTheCharts(t *testing.T) {
	m := &model{frame: twoLanes(6), grid: chart.NewGrid(120, 40)}
	for i := range 2 * chartCount {
		key, want := "a", Chart((i+1)%chartCount)
		if i >= chartCount {
			key, want = "A", Chart((2*chartCount-i-1)%chartCount)
		}
		press(t, m, key)
		if m.frame.Chart != want || m.frame.Notice != chartNotices[want] {
			t.Errorf("press %d of %s: chart %d, %q", i, key, m.frame.Chart, m.frame.Notice)
		}
	}
}

func TestNumbersBesideAxes(t *testing.T) {
	for y, want := range map[float64]string{0: "0ms", 0.5: "0.5ms", 20: "20ms", 999: "999ms", 1000: "1s", 2500: "2.5s", 40_000: "40s"} {
		if got := millisText(y); got != want {
			t.Errorf("%v ms: got %q, want %q", y, got, want)
		}
	}
	if got := perSecond(math.Copysign(0, -1)); got != "0/s" {
		t.Errorf("a negative zero: %q", got)
	}
}
