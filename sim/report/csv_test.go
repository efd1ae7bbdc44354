package report_test

import (
	"encoding/csv"
	"errors"
	"math"
	"strings"
	"testing"

	"locktop/sim"
	"locktop/sim/report"
)

func csvOf(t *testing.T, r sim.Result) string {
	t.Helper()
	var b strings.Builder
	if err := report.CSV(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestCSV(t *testing.T) {
	r := aRun()
	r.Lanes[0].Failed = []string{"count = kept does not hold", "and, so on"}
	const want = `lane,strategy,verdict,acked,kept,lost,unknown,clobbers,ambiguous,foreign,` +
		`redis_average_ms,true_average_ms,acquired,failures,retries,expired,max_inside,overlaps,` +
		`wait_p50_ms,wait_p99_ms,wait_max_ms,kept_per_s,commands_per_update,jain,failed_checks,broke,` +
		`seed,clients,servers,alerts,interval_ms,work_ms,retry_ms,lease_ms,speed,backend,redis,redis_version,elapsed_s,settings,faults,crashed,rewound,started_as,changes,porcupine,resets,disowned,waits,still_waiting,still_waiting_max_ms,not_measured,parts,stall,erased,forgotten,eraser_unknown,outages,away_ms,locks_forgotten,locks_gone,stale,figures_of
1,none,wrong,157,42,115,3,121,2,0,51.25,49.375,0,0,0,0,6,97,,,,10.5,3,0.8125,` +
		`"count = kept does not hold; and, so on",,7,8,3,20,100,40,25,200,1/4,redis,redis://localhost:6379/0,7.0.15,64.13,,0,0,0,,,,0,0,0,0,,"wait_ms.p50: nobody waits: there is no lock, and nothing is tried again; wait_ms.p99: nobody waits: there is no lock, and nothing is tried again; wait_ms.max: nobody waits: there is no lock, and nothing is tried again",,,110,3,2,0,0,0,0,0,
2,spin,correct,160,160,0,0,0,0,0,49.5,49.5,164,1136,1029,11,1,0,12.5,875,14300,10,12.5,0.9375,` +
		`,,7,8,3,20,100,40,25,200,1/4,redis,redis://localhost:6379/0,7.0.15,64.13,,0,0,0,,,,0,0,162,2,1700,,,,0,0,0,0,0,0,0,0,
`
	if got := csvOf(t, r); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestEveryLaneIsOneLineOfCSV(t *testing.T) {
	r := aLane(func(l *sim.LaneResult) {
		l.Broke = "the \"wire\"\r\nwas cut, | and\n\nmore"
		l.Jain = math.NaN()
		l.Failed = []string{"one\ntwo"}
	})
	got := csvOf(t, r)
	if lines := strings.Count(got, "\n"); lines != 2 {
		t.Errorf("%d lines, want 2:\n%s", lines, got)
	}
	rows, err := csv.NewReader(strings.NewReader(got)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	cells := map[string]string{}
	for i, name := range rows[0] {
		if _, twice := cells[name]; twice {
			t.Errorf("two columns are named %s", name)
		}
		cells[name] = rows[1][i]
	}
	for name, want := range map[string]string{
		"broke": `the "wire" was cut, | and more`, "jain": "", "failed_checks": "one two", "strategy": "spin",
	} {
		if cells[name] != want {
			t.Errorf("%s is %q, want %q", name, cells[name], want)
		}
	}
}

func TestFormats(t *testing.T) {
	for _, name := range report.Formats() {
		write, err := report.Format(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := write(brokenPipe{}, aRun()); !errors.Is(err, errPipe) {
			t.Errorf("%s: a writer that fails gives %v", name, err)
		}
		// A run that has hardly begun divides by zero nowhere.
		var b strings.Builder
		if err := write(&b, aLane(nil)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if text := b.String(); strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
			t.Errorf("%s: no number:\n%s", name, text)
		}
	}
	_, err := report.Format("xml")
	if want := `want one of text, json, csv, markdown, have "xml"`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
