package report

import (
	"encoding/csv"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"locktop/sim"
)

// A column is one column of the CSV report.
type column struct {
	name string
	cell func(sim.Result, sim.LaneResult) string
}

// columns may be added to at the end; none is ever removed or changed.
var columns = []column{
	{"lane", func(_ sim.Result, l sim.LaneResult) string { return strconv.Itoa(l.Lane.Index + 1) }},
	{"strategy", func(_ sim.Result, l sim.LaneResult) string { return oneLine(l.Lane.Strategy) }},
	{"verdict", func(_ sim.Result, l sim.LaneResult) string { return string(l.Verdict) }},
	whole("acked", func(l sim.LaneResult) int64 { return l.Acked }),
	whole("kept", func(l sim.LaneResult) int64 { return l.Kept }),
	whole("lost", func(l sim.LaneResult) int64 { return l.Lost }),
	whole("unknown", func(l sim.LaneResult) int64 { return l.Unknown }),
	whole("clobbers", func(l sim.LaneResult) int64 { return l.Clobbers }),
	whole("ambiguous", func(l sim.LaneResult) int64 { return l.Ambiguous }),
	whole("foreign", func(l sim.LaneResult) int64 { return l.Foreign }),
	averaged("redis_average_ms", func(l sim.LaneResult) sim.Average { return l.Redis }),
	averaged("true_average_ms", func(l sim.LaneResult) sim.Average { return l.True }),
	whole("acquired", func(l sim.LaneResult) int64 { return l.Acquired }),
	whole("failures", func(l sim.LaneResult) int64 { return l.Failures }),
	whole("retries", func(l sim.LaneResult) int64 { return l.Retries }),
	whole("expired", func(l sim.LaneResult) int64 { return l.Expired }),
	measured("max_inside", sim.MostInside),
	measured("overlaps", sim.InsideTwice),
	measured("wait_p50_ms", sim.WaitMedian),
	measured("wait_p99_ms", sim.WaitTail),
	measured("wait_max_ms", sim.LongestWait),
	measured("kept_per_s", sim.KeptRate),
	measured("commands_per_update", sim.CommandRate),
	measured("jain", sim.Fairness),
	{"failed_checks", func(_ sim.Result, l sim.LaneResult) string { return oneLine(strings.Join(l.Failed, "; ")) }},
	{"broke", func(_ sim.Result, l sim.LaneResult) string { return oneLine(l.Broke) }},
	setting("seed", func(c sim.Config) string { return strconv.FormatUint(c.Seed, 10) }),
	setting("clients", func(c sim.Config) string { return strconv.Itoa(c.Clients) }),
	setting("servers", func(c sim.Config) string { return strconv.Itoa(c.Servers) }),
	setting("alerts", func(c sim.Config) string { return strconv.Itoa(c.Alerts) }),
	setting("interval_ms", func(c sim.Config) string { return millisText(c.Interval) }),
	setting("work_ms", func(c sim.Config) string { return millisText(c.Work) }),
	setting("retry_ms", func(c sim.Config) string { return millisText(c.Retry) }),
	setting("lease_ms", func(c sim.Config) string { return millisText(c.Lease) }),
	setting("speed", func(c sim.Config) string { return speedOf(c).String() }),
	{"backend", func(r sim.Result, _ sim.LaneResult) string { return backendKind(r) }},
	{"redis", func(r sim.Result, _ sim.LaneResult) string { return oneLine(r.Backend) }},
	{"redis_version", func(r sim.Result, _ sim.LaneResult) string { return oneLine(r.Version) }},
	{"elapsed_s", func(r sim.Result, _ sim.LaneResult) string { return decimalText(r.Elapsed.Seconds()) }},
	{"settings", func(_ sim.Result, l sim.LaneResult) string { return oneLine(l.Lane.Own) }},
	whole("faults", func(l sim.LaneResult) int64 { return l.Faults }),
	whole("crashed", func(l sim.LaneResult) int64 { return int64(l.Crashed) }),
	whole("rewound", func(l sim.LaneResult) int64 { return int64(l.Rewound) }),
	{"started_as", func(_ sim.Result, l sim.LaneResult) string { return oneLine(startedAs(l)) }},
	{"changes", func(_ sim.Result, l sim.LaneResult) string {
		var all []string
		for _, c := range l.Changes {
			all = append(all, decimalText(millis(c.At))+" "+c.String())
		}
		return oneLine(strings.Join(all, "; "))
	}},
	{"porcupine", func(_ sim.Result, l sim.LaneResult) string { return string(l.Order) }},
	whole("resets", func(l sim.LaneResult) int64 { return l.Resets }),
	whole("disowned", func(l sim.LaneResult) int64 { return l.Disowned }),
	whole("waits", func(l sim.LaneResult) int64 { return l.Waits }),
	whole("still_waiting", func(l sim.LaneResult) int64 { return int64(l.OpenWaits) }),
	{"still_waiting_max_ms", func(_ sim.Result, l sim.LaneResult) string {
		if l.OpenWaits == 0 || l.Sleepless {
			return ""
		}
		return millisText(l.LongestOpen)
	}},
	{"not_measured", func(_ sim.Result, l sim.LaneResult) string {
		var all []string
		for _, s := range shownMeasures {
			if f := l.Spread(s.measure).Figure; !f.Known() {
				all = append(all, s.key+": "+f.Why)
			}
		}
		return strings.Join(all, "; ")
	}},
	{"parts", func(_ sim.Result, l sim.LaneResult) string { return oneLine(strings.Join(partLines(l), "; ")) }},
	{"stall", func(_ sim.Result, l sim.LaneResult) string { return Stall(l.Snapshot) }},
	whole("erased", func(l sim.LaneResult) int64 { return l.Erased }),
	whole("forgotten", func(l sim.LaneResult) int64 { return l.Forgotten }),
	whole("eraser_unknown", func(l sim.LaneResult) int64 { return l.EraserUnknown() }),
	whole("outages", func(l sim.LaneResult) int64 { return int64(l.Outages) }),
	{"away_ms", func(_ sim.Result, l sim.LaneResult) string { return millisText(l.Away) }},
	whole("locks_forgotten", func(l sim.LaneResult) int64 { return l.LocksForgotten }),
	whole("locks_gone", func(l sim.LaneResult) int64 { return l.LocksGone }),
	whole("stale", func(l sim.LaneResult) int64 { return l.Stale }),
	{"figures_of", func(_ sim.Result, l sim.LaneResult) string { return strings.Join(mixed(l), " ") }},
}

// whole is a column of whole numbers.
func whole(name string, number func(sim.LaneResult) int64) column {
	return column{name, func(_ sim.Result, l sim.LaneResult) string { return strconv.FormatInt(number(l), 10) }}
}

// averaged is a column of averages, empty where nothing was added up.
func averaged(name string, average func(sim.LaneResult) sim.Average) column {
	return column{name, func(_ sim.Result, l sim.LaneResult) string {
		if a := average(l); a.Count > 0 {
			return decimalText(a.Mean())
		}
		return ""
	}}
}

// measured is a column of a measure, empty where it is not known.
func measured(name string, m sim.Measure) column {
	return column{name, func(_ sim.Result, l sim.LaneResult) string { return figureText(l.Spread(m), l.Spread(m).Value) }}
}

// figureText is the value of a measure, if that is known.
func figureText(s sim.Spread, value float64) string {
	if !s.Known() {
		return ""
	}
	return decimalText(value)
}

// setting is a column that is the same in every row, so that rows of several runs
// can be put together.
func setting(name string, text func(sim.Config) string) column {
	return column{name, func(r sim.Result, _ sim.LaneResult) string { return text(r.Config) }}
}

// CSV writes the report as a line of column names and one line per lane. Times
// are of experiment time, elapsed_s of real time.
func CSV(w io.Writer, r sim.Result) error { return writeCSV(w, r, columns) }

func writeCSV(w io.Writer, r sim.Result, columns []column) error {
	row := make([]string, len(columns))
	for i, c := range columns {
		row[i] = c.name
	}
	rows := [][]string{row}
	for _, l := range r.Lanes {
		row := make([]string, len(columns))
		for i, c := range columns {
			row[i] = csvCell(c.cell(r, l))
		}
		rows = append(rows, row)
	}
	var b strings.Builder
	if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
		return err
	}
	return output(w, b.String())
}

// decimalText is empty for what is no number.
func decimalText(x float64) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return ""
	}
	return strconv.FormatFloat(round(x), 'f', -1, 64)
}

func millisText(d time.Duration) string { return decimalText(millis(d)) }
