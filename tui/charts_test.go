package tui

import (
	"fmt"
	"math"
	"regexp"
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
		contains(t, text(f, s.w, s.h), "average", "waits", "per ", "ended", "last max", "p50", "s│")
	}
	f := race.frame(8*time.Second, RaceView, 1, size{80, 24})
	contains(t, text(f, 80, 24), "average", "waits that ended, per ")
	cfg := presetOf(t, "spin-storm")
	cfg.Lanes, cfg.Alerts = []string{"block"}, 0
	f = raceUntil(t, cfg, 5*time.Second).frame(5*time.Second, RaceView, 0, size{120, 40})
	contains(t, text(f, 120, 40), "waits that ended since the start, per ", "━━ p99", "━━ p50", "last p99 ", "last p50 ") // there are enough
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

// hogged is a lane in which c1 gets the lock again and again, while all others wait for it from the start.
func hogged(t *testing.T) Frame {
	t.Helper()
	cfg := lanes("spin")
	cfg.Clients, cfg.Lease = 6, time.Minute
	l := newLaneLog(cfg, 0)
	l.want(ms, 2, 3, 4, 5, 6)
	at := 2 * ms
	for range 300 {
		l.receive(at, 1)
		l.event(at, 1, sim.Attempted, 0)
		l.grant(at+100*time.Microsecond, 1)
		l.finish(at+3*ms, 1)
		at += 5 * ms
	}
	f := frameOf(cfg, at, l)
	f.Config.Lanes = []string{"spin"}
	if s := f.Snapshots[0]; s.OpenWaits != 5 || s.Waits != 300 || s.LongestOpen < time.Second {
		t.Fatalf("%d waits, and %d wait up to %v", s.Waits, s.OpenWaits, s.LongestOpen)
	}
	return f
}

// TestShortWaitsOfAFewHideNobody: while most clients wait, the waits of the one that got the lock are not those of the lane.
func TestShortWaitsOfAFewHideNobody(t *testing.T) {
	f := hogged(t)
	f.Chart = WaitChart
	for _, s := range []size{{120, 40}, {80, 24}} {
		picture := text(f, s.w, s.h)
		contains(t, picture, "that ended", "open wait 1500ms", "max wait 1500ms")
		for _, short := range []string{"p50", "p99", "<1ms"} {
			if strings.Contains(picture, short) {
				t.Errorf("%d×%d: %q in\n%s", s.w, s.h, short, picture)
			}
		}
	}
}

// TestEveryRowOfTheClientsHasItsOpenWait, as the row of all has.
func TestEveryRowOfTheClientsHasItsOpenWait(t *testing.T) {
	f := hogged(t)
	for _, col := range columns {
		if col.title != "max" {
			continue
		}
		longest := int64(0)
		for i := range f.Snapshots[0].Clients {
			longest = max(longest, col.value(&f.Snapshots[0].Clients[i]))
		}
		if total := col.total(f.Snapshots[0]); longest != total || total == 0 {
			t.Errorf("all waited up to %v, no client for more than %v", time.Duration(total), time.Duration(longest))
		}
	}
}

// TestALaneThatStandsShowsWhoWaits, however few updates it had: its averages are straight lines.
func TestALaneThatStandsShowsWhoWaits(t *testing.T) {
	cfg, _ := presetConfig("dead-holder", 4)
	cfg.Lanes = cfg.Lanes[:1]
	l := newLaneLog(cfg, 0)
	l.receive(ms, 1)
	l.grant(2*ms, 1)
	l.finish(4*ms, 1)
	l.receive(5*ms, 3)
	l.grant(15*ms, 3)
	l.want(16*ms, 1, 2, 4)
	l.fault(20*ms, 3, "crash:client=3:at=acquired", 0)
	l.event(20*ms, 3, sim.Crashed, 0)
	for at, want := range map[time.Duration]sim.Verdict{21 * ms: sim.Stalled, time.Hour: sim.Hung} {
		f := frameOf(cfg, at, l)
		if s := f.Snapshots[0]; s.Verdict != want || f.chartOf(s) != QueueChart {
			t.Errorf("after %v the lane is %s, its chart %d", at, s.Verdict, f.chartOf(s))
		}
	}
}

// TestTrueAveragesOfAllLanesAreWrittenAlike: with the number of updates in every lane, or in none.
func TestTrueAveragesOfAllLanesAreWrittenAlike(t *testing.T) {
	race := raceUntil(t, lanes("none", "block"), 4*time.Second)
	counted := map[int]bool{}
	for w := 60; w <= 200; w++ {
		s := size{w, 40}
		f := race.frame(4*time.Second, RaceView, 0, s)
		f.Chart = AverageChart
		picture := text(f, s.w, s.h)
		if strings.Count(picture, "true ") < 4 { // two captions and two labels
			continue
		}
		n := len(regexp.MustCompile(`true [0-9.]+ of [0-9]+`).FindAllString(picture, -1))
		words := strings.Count(picture, " acked│") // at the right of a chart
		if n == 1 || words == 1 {
			t.Errorf("%d columns: one lane counts, and one does not:\n%s", w, picture)
		}
		counted[n] = true
	}
	if !counted[0] || !counted[2] {
		t.Errorf("lanes that count: %v", counted)
	}
}
