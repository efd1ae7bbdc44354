package report_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"locktop/sim"
	"locktop/sim/clock"
	"locktop/sim/report"
)

const ms = time.Millisecond

// aRun is a result made by hand. All of its numbers differ, so that none can
// stand in for another unnoticed.
func aRun() sim.Result {
	none := &sim.Snapshot{
		Lane: sim.LaneInfo{Critical: true, Strategy: "none", Clients: 8, Alerts: 20},
		Last: 4 * time.Second, Verdict: sim.Wrong,
		Totals:    sim.Totals{Acked: 157, Kept: 42, Lost: 115, Erased: 110, Forgotten: 3, Unknown: 3, Clobbers: 121, Ambiguous: 2},
		MaxInside: 6, Overlaps: 97, Commands: 471, Jain: 0.8125, JainUpdates: 151, JainMost: 20,
		Redis: sim.Average{Sum: 42 * 51250 * time.Microsecond, Count: 42},
		True:  sim.Average{Sum: 157 * 49375 * time.Microsecond, Count: 157},
	}
	spin := &sim.Snapshot{
		Lane: sim.LaneInfo{Critical: true, Index: 1, Strategy: "spin", Locks: true, Clients: 8, Alerts: 20, Lease: 200 * ms},
		Last: 16 * time.Second, Verdict: sim.Correct,
		Totals:    sim.Totals{Acked: 160, Kept: 160},
		MaxInside: 1, Commands: 2000, Jain: 0.9375, JainUpdates: 152, JainMost: 20,
		Attempts: 1300, Acquired: 164, Failures: 1136, Retries: 1029, LockEnds: sim.LockEnds{Expired: 11},
		Waits: 162, OpenWaits: 2, LongestOpen: 1700 * ms,
		WaitP50: 12500 * time.Microsecond, WaitP99: 875 * ms, WaitMax: 14300 * ms,
		Redis: sim.Average{Sum: 160 * 49500 * time.Microsecond, Count: 160},
		True:  sim.Average{Sum: 160 * 49500 * time.Microsecond, Count: 160},
	}
	return sim.Result{
		Config: sim.Config{
			Lanes: []string{"none", "spin"}, Seed: 7, Clients: 8, Servers: 3, Alerts: 20,
			Interval: 100 * ms, Work: 40 * ms, Retry: 25 * ms, Lease: 200 * ms, Speed: 0.25,
		},
		Backend: "redis://localhost:6379/0", Version: "7.0.15", Elapsed: 64130 * ms,
		Lanes: []sim.LaneResult{{Snapshot: none}, {Snapshot: spin}},
	}
}

// aLane is a result of one lane without updates, changed by a test.
func aLane(change func(*sim.LaneResult)) sim.Result {
	r := aRun()
	lane := sim.LaneResult{Snapshot: &sim.Snapshot{
		Lane:    sim.LaneInfo{Critical: true, Strategy: "spin", Locks: true, Clients: 8, Alerts: 20},
		Verdict: sim.Undecided, Jain: 1,
	}}
	if change != nil {
		change(&lane)
	}
	r.Lanes = []sim.LaneResult{lane}
	return r
}

func textOf(t *testing.T, r sim.Result) string {
	t.Helper()
	var b strings.Builder
	if err := report.Text(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestText(t *testing.T) {
	const want = `locktop: 8 clients of 3 servers, 20 alerts, seed 7, work 40ms, lease 200ms
on redis://localhost:6379/0 (7.0.15), speed 1/4, 64.13 s of real time; times below are experiment time

                  lane        none        spin
               verdict       WRONG     CORRECT
         updates acked         157         160
                  kept          42         160
                  lost         115           0
        eraser unknown           2           0
               unknown           3           0
              clobbers         121           0
      average in Redis   51.250 ms   49.500 ms
          true average   49.375 ms   49.500 ms
   most inside at once           6           1
              overlaps          97           0
         lock acquired           –         164
              failures           –        1136
               retries           –        1029
        leases run out           –          11
              wait p50           –     12.5 ms
              wait p99           –    875.0 ms
              wait max           –      14.3 s
         still waiting           –           2
             raced for   4000.0 ms      16.0 s
       kept per second        10.5        10.0
   commands per update         3.0        12.5
       fairness (Jain)       0.812       0.938

none: lost 115 of 157 acknowledged updates; the average in Redis is off by +1.875 ms
spin: every one of 160 updates is in the average
true averages differ: each is of the updates that were acknowledged in its lane (none 157, spin 160)
– wait p50, wait p99, wait max (none): nobody waits: there is no lock, and nothing is tried again
`
	if got := textOf(t, aRun()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestChangesAreReported has two settings changed in the middle of a run.
func TestChangesAreReported(t *testing.T) {
	r := aLane(func(l *sim.LaneResult) {
		l.Started = sim.LaneInfo{Strategy: "none", Clients: 6}
		l.ChangeCount = 3
		l.Changes = []sim.ChangedSetting{
			{At: 1500 * ms, Change: sim.Change{Setting: sim.ChangeClients, Clients: 8}},
			{At: 2 * time.Second, Change: sim.Change{Setting: sim.ChangeStrategy, Strategy: "spin"}},
		}
	})
	r.Config.Changes = []sim.Change{{Setting: sim.ChangeClients, Clients: 8, After: 1500 * ms}}
	for format, want := range map[string]string{
		"text":     "spin: began as none with 6 clients; 1 change not listed; at 1.500 s clients=8; at 2.000 s strategy=spin\n",
		"markdown": "  - began as none with 6 clients; 1 change not listed; at 1.500 s clients=8; at 2.000 s strategy=spin\n",
		"csv":      ",none,1500 clients=8; 2000 strategy=spin,,",
		"json":     `"changes": [{"at_ms": 1500, "setting": "clients", "value": "8"}, {"at_ms": 2000, "setting": "strategy", "value": "spin"}], "started_as": "none"`,
	} {
		write, err := report.Format(format)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if err := write(&b, r); err != nil {
			t.Fatal(err)
		}
		got := b.String()
		if format == "json" {
			if !strings.Contains(got, `"clients=8:after=1.5s"`) {
				t.Errorf("what was asked for is missing:\n%s", got)
			}
			got = strings.NewReplacer("[ ", "[", "{ ", "{", " }", "}", " ]", "]").Replace(strings.Join(strings.Fields(got), " "))
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: no %s in\n%s", format, want, got)
		}
	}
}

func TestWhatTheTextSays(t *testing.T) {
	for _, c := range []struct {
		name   string
		result sim.Result
		want   string
	}{
		{"one of everything", func() sim.Result {
			r := aLane(nil)
			r.Config.Clients, r.Config.Servers, r.Config.Alerts = 1, 1, 1
			return r
		}(), "locktop: 1 client of 1 server, 1 alert, seed 7"},
		{"no end and no lease", func() sim.Result {
			r := aLane(nil)
			r.Config.Alerts, r.Config.Lease = 0, 0
			return r
		}(), "endless alerts, seed 7, work 40ms, no lease\n"},
		{"at full speed", func() sim.Result {
			r := aLane(nil)
			r.Config.Speed = clock.Max
			return r
		}(), "speed max,"},
		{"an embedded Redis is no measure", func() sim.Result {
			r := aLane(nil)
			r.Embedded = true
			return r
		}(), "\nThese speeds are of the embedded Redis: for figures to rely on, use a real one (--redis spawn).\n"},
		{"checks that fail", aLane(func(l *sim.LaneResult) {
			l.Failed = []string{"acked = kept + lost does not hold", "count = kept does not hold"}
		}), "spin: the accounts do not add up: somebody else may have written to the keys in Redis\n" +
			"spin: CHECK FAILED: acked = kept + lost does not hold\nspin: CHECK FAILED: count = kept does not hold\n"},
	} {
		if got := textOf(t, c.result); !strings.Contains(got, c.want) {
			t.Errorf("%s: no %q in\n%s", c.name, c.want, got)
		}
	}
	if got := textOf(t, aRun()); strings.Contains(got, "CHECK FAILED") || strings.Contains(got, "embedded") {
		t.Errorf("all checks hold and Redis is real, and yet:\n%s", got)
	}
}

func TestSentences(t *testing.T) {
	for _, c := range []struct {
		want   string
		change func(*sim.LaneResult)
	}{
		{"undecided: no two updates were under way at the same time", func(l *sim.LaneResult) {}},
		{"every one of 12 updates is in the average", func(l *sim.LaneResult) {
			l.Verdict, l.Acked, l.Kept = sim.Correct, 12, 12
		}},
		{"every one of 12 updates is in the average, by luck: once two clients were inside at once", func(l *sim.LaneResult) {
			l.Verdict, l.Acked, l.Kept, l.Overlaps = sim.Correct, 12, 12, 1
		}},
		{"every one of 12 updates is in the average, by luck: 5 times two clients were inside at once", func(l *sim.LaneResult) {
			l.Verdict, l.Acked, l.Kept, l.Overlaps = sim.Correct, 12, 12, 5
		}},
		{"every one of 12 updates is in the average: 5 times two clients were inside at once, and the fence refused 1 late write", func(l *sim.LaneResult) {
			l.Acked, l.Kept, l.Verdict, l.Overlaps, l.Guarded, l.Stale = 12, 12, sim.Correct, 5, 5, 1
		}},
		{"every one of 12 updates is in the average: once two clients were inside at once, and the fence refused none of their writes: none came late", func(l *sim.LaneResult) {
			l.Acked, l.Kept, l.Verdict, l.Overlaps, l.Guarded = 12, 12, sim.Correct, 1, 1
		}},
		{"hangs: 1 client waits for ever, and for more than 5s nothing has been done", func(l *sim.LaneResult) {
			l.Acked, l.Kept, l.Verdict, l.WaitingCount, l.Lane.Patience = 12, 12, sim.Hung, 1, 5*time.Second
		}},
		{"lost 4 of 12 updates: once Redis forgot what it had acknowledged", func(l *sim.LaneResult) {
			l.Acked, l.Kept, l.Lost, l.Verdict, l.Rewound, l.Expired = 12, 8, 4, sim.Wrong, 1, 0
		}},
		{"lost 4 of 12 acknowledged updates; the average in Redis is off by -1.500 ms", func(l *sim.LaneResult) {
			l.Verdict, l.Acked, l.Kept, l.Lost = sim.Wrong, 12, 8, 4
			l.Redis, l.True = sim.Average{Sum: 8 * 48 * ms, Count: 8}, sim.Average{Sum: 12 * 49500 * time.Microsecond, Count: 12}
		}},
		{"lost 1 of 1 acknowledged update; the average in Redis is off by +0.250 ms", func(l *sim.LaneResult) {
			l.Verdict, l.Acked, l.Lost = sim.Wrong, 1, 1
			l.Redis, l.True = sim.Average{Sum: 50250 * time.Microsecond, Count: 1}, sim.Average{Sum: 50 * ms, Count: 1}
		}},
		{"lost 4 of 12 updates: 3 leases ran out before their holders released them", func(l *sim.LaneResult) {
			l.Verdict, l.Acked, l.Kept, l.Lost, l.Expired, l.Orphaned = sim.Wrong, 12, 8, 4, 4, 1
		}},
		{"lost 4 of 12 acknowledged updates; the average in Redis happens to be off by less than 0.001 ms", func(l *sim.LaneResult) {
			l.Verdict, l.Acked, l.Kept, l.Lost, l.Expired, l.Orphaned = sim.Wrong, 12, 8, 4, 1, 1
			l.Redis, l.True = sim.Average{Sum: 480 * ms, Count: 8}, sim.Average{Sum: 720 * ms, Count: 12}
		}},
		{"lost 4 of 12 updates: once Redis forgot a lock whose holder was alive", func(l *sim.LaneResult) {
			l.Verdict, l.Acked, l.Kept, l.Lost, l.LocksForgotten = sim.Wrong, 12, 8, 4, 1
		}},
		{"lost 4 of 12 updates: once Redis forgot what it had acknowledged, 2 leases ran out before their holders released them, and 3 times a lock was gone though no lease had ended", func(l *sim.LaneResult) {
			l.Verdict, l.Acked, l.Kept, l.Lost, l.Rewound, l.Expired, l.LocksGone = sim.Wrong, 12, 8, 4, 1, 2, 3
		}},
		{"lost 4 of 12 updates: a lease ran out before its holder released it", func(l *sim.LaneResult) {
			l.Verdict, l.Acked, l.Kept, l.Lost, l.Expired = sim.Wrong, 12, 8, 4, 1
		}},
		{"lost 4 of 12 updates: 2 times somebody else wrote to the key, or Redis forgot what was in it", func(l *sim.LaneResult) {
			l.Verdict, l.Acked, l.Kept, l.Lost, l.Foreign, l.Expired = sim.Wrong, 12, 8, 4, 2, 3
		}},
		{"lost 1 of 1 update: once somebody else wrote to the key, or Redis forgot what was in it", func(l *sim.LaneResult) {
			l.Verdict, l.Acked, l.Lost, l.Foreign = sim.Wrong, 1, 1, 1
		}},
		{"the value in Redis was changed by somebody else", func(l *sim.LaneResult) {
			l.Verdict, l.Acked, l.Kept, l.Foreign = sim.Wrong, 12, 12, 1
		}},
		{"undecided: the final value could not be read, so nobody knows whether every one of 12 acknowledged updates is in the average", func(l *sim.LaneResult) {
			l.Verdict, l.Acked, l.Kept, l.Unknown, l.Stopped = sim.Undecided, 12, 12, 1, true
			l.Failed = []string{"the final value could not be read, so the accounts are unchecked"}
		}},
		{"stopped: the wire was cut", func(l *sim.LaneResult) {
			l.Verdict, l.Acked, l.Lost, l.Broke = sim.Wrong, 12, 4, "the wire was cut"
		}},
	} {
		if got := report.Sentence(aLane(c.change).Lanes[0]); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// decode reads the report as a program would, and returns every value in it by
// its path, such as lanes.0.updates.acked.
func decode(t *testing.T, r sim.Result) map[string]any {
	t.Helper()
	var b strings.Builder
	if err := report.JSON(&b, r); err != nil {
		t.Fatal(err)
	}
	var doc any
	if err := json.Unmarshal([]byte(b.String()), &doc); err != nil {
		t.Fatalf("%v in\n%s", err, b.String())
	}
	values := map[string]any{}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, value := range v {
				walk(path+"."+key, value)
			}
		case []any:
			values[path] = len(v)
			for i, value := range v {
				walk(fmt.Sprint(path, ".", i), value)
			}
		default:
			values[path] = v
		}
	}
	walk("", doc)
	return values
}

// TestJSON holds the report to what it has promised: these keys, with numbers
// that are numbers. There may be more keys, but none of these may go.
func TestJSON(t *testing.T) {
	r := aRun()
	r.Lanes[0].Failed = []string{"count = kept does not hold"}
	got := decode(t, r)
	for path, want := range map[string]any{
		".version":                           1.,
		".experiment.seed":                   7.,
		".experiment.clients":                8.,
		".experiment.servers":                3.,
		".experiment.alerts":                 20.,
		".experiment.interval_ms":            100.,
		".experiment.work_ms":                40.,
		".experiment.retry_ms":               25.,
		".experiment.lease_ms":               200.,
		".experiment.speed":                  "1/4",
		".experiment.backend":                "redis",
		".experiment.redis":                  "redis://localhost:6379/0",
		".experiment.redis_version":          "7.0.15",
		".elapsed_s":                         64.13,
		".lanes":                             2,
		".lanes.0.strategy":                  "none",
		".lanes.0.updates.acked":             157.,
		".lanes.0.updates.kept":              42.,
		".lanes.0.updates.lost":              115.,
		".lanes.0.updates.unknown":           3.,
		".lanes.0.updates.clobbers":          121.,
		".lanes.0.updates.ambiguous":         2.,
		".lanes.0.updates.foreign":           0.,
		".lanes.0.erasers.clients":           110.,
		".lanes.0.erasers.redis":             3.,
		".lanes.0.erasers.unknown":           2.,
		".lanes.0.average.redis_ms":          51.25,
		".lanes.0.average.true_ms":           49.375,
		".lanes.0.lock.acquired":             0.,
		".lanes.0.lock.failures":             0.,
		".lanes.0.lock.retries":              0.,
		".lanes.0.lock.max_inside":           6.,
		".lanes.0.lock.overlaps":             97.,
		".lanes.0.wait_ms.p50":               nil,
		".lanes.0.wait_ms.p99":               nil,
		".lanes.0.wait_ms.max":               nil,
		".lanes.0.not_measured.wait_ms.p50":  "nobody waits: there is no lock, and nothing is tried again",
		".lanes.0.rate.kept_per_s":           10.5,
		".lanes.0.rate.commands_per_update":  3.,
		".lanes.0.jain":                      0.8125,
		".lanes.0.verdict":                   "wrong",
		".lanes.0.failed_checks":             1,
		".lanes.0.failed_checks.0":           "count = kept does not hold",
		".lanes.1.strategy":                  "spin",
		".lanes.1.updates.acked":             160.,
		".lanes.1.updates.kept":              160.,
		".lanes.1.updates.lost":              0.,
		".lanes.1.updates.unknown":           0.,
		".lanes.1.updates.clobbers":          0.,
		".lanes.1.average.redis_ms":          49.5,
		".lanes.1.average.true_ms":           49.5,
		".lanes.1.lock.acquired":             164.,
		".lanes.1.lock.failures":             1136.,
		".lanes.1.lock.retries":              1029.,
		".lanes.1.lock.expired":              11.,
		".lanes.1.lock.max_inside":           1.,
		".lanes.1.lock.overlaps":             0.,
		".lanes.1.wait_ms.p50":               12.5,
		".lanes.1.wait_ms.p99":               875.,
		".lanes.1.wait_ms.max":               14300.,
		".lanes.1.wait_ms.count":             162.,
		".lanes.1.wait_ms.still_waiting":     2.,
		".lanes.1.wait_ms.still_waiting_max": 1700.,
		".lanes.1.rate.over_s":               16.,
		".lanes.1.rate.kept_per_s":           10.,
		".lanes.1.rate.commands_per_update":  12.5,
		".lanes.1.jain":                      0.9375,
		".lanes.1.verdict":                   "correct",
		".lanes.1.failed_checks":             0, // an empty list, not null
	} {
		if value, ok := got[path]; !ok || value != want {
			t.Errorf("%s is %v (%T), want %v (%T)", path, value, value, want, want)
		}
	}
	if broke, ok := got[".lanes.0.broke"]; ok {
		t.Errorf("a lane that did not break says why it did: %q", broke)
	}
}

func TestJSONOfWhatDidNotGoAsUsual(t *testing.T) {
	embedded := aLane(func(l *sim.LaneResult) { l.Broke = "the wire was cut" })
	embedded.Embedded, embedded.Backend, embedded.Config.Speed = true, "embedded", clock.Max
	got := decode(t, embedded)
	for path, want := range map[string]any{
		".experiment.backend":               "embedded",
		".experiment.speed":                 "max",
		".lanes.0.broke":                    "the wire was cut",
		".lanes.0.verdict":                  "undecided",
		".lanes.0.updates.acked":            0., // and nothing is divided by it
		".lanes.0.average.redis_ms":         nil,
		".lanes.0.average.true_ms":          nil,
		".lanes.0.rate.kept_per_s":          nil,
		".lanes.0.rate.commands_per_update": nil,
		".lanes.0.jain":                     nil,
	} {
		if value, ok := got[path]; !ok || value != want {
			t.Errorf("%s is %v, want %v", path, value, want)
		}
	}
}

// TestAFreshBoardCanBeReported: a run may be interrupted before its first event.
func TestAFreshBoardCanBeReported(t *testing.T) {
	r := aRun()
	for i := range r.Lanes {
		r.Lanes[i] = sim.LaneResult{Snapshot: sim.NewBoard(r.Lanes[i].Lane).Snapshot(0, sim.View{})}
	}
	r.Elapsed = 0
	nullsHaveReasons(t, decode(t, r))
	for _, text := range []string{textOf(t, r), report.Progress(r)} {
		if strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
			t.Errorf("divided by zero:\n%s", text)
		}
	}
}

// nullsHaveReasons: what is null in the JSON report says why, and only that.
func nullsHaveReasons(t *testing.T, doc map[string]any) {
	t.Helper()
	lane := regexp.MustCompile(`^\.(?:lanes|strategies)\.\d+\.`)
	for path, value := range doc {
		prefix := lane.FindString(path)
		key, isReason := strings.CutPrefix(path[len(prefix):], "not_measured.")
		if isReason {
			if of, ok := doc[prefix+key]; !ok || of != nil {
				t.Errorf("%s is %v, and %s says %v", prefix+key, of, path, value)
			}
		} else if why, ok := doc[prefix+"not_measured."+key].(string); value == nil && (!ok || why == "") {
			t.Errorf("%s is null without a reason", path)
		}
	}
}

// TestAtSpeedMaxNoTimesAreTold: think time is skipped there, so whatever is computed from
// times would contradict the settings in the header.
func TestAtSpeedMaxNoTimesAreTold(t *testing.T) {
	r := aRun()
	r.Config.Speed = clock.Max
	for _, l := range r.Lanes {
		l.Sleepless = true
	}
	doc := decode(t, r)
	nullsHaveReasons(t, doc)
	for _, key := range []string{"wait_ms.p50", "wait_ms.p99", "wait_ms.max", "rate.kept_per_s", "jain"} {
		for _, lane := range []string{".lanes.0.", ".lanes.1."} {
			if value := doc[lane+key]; value != nil {
				t.Errorf("JSON: %s%s is %v", lane, key, value)
			}
		}
	}
	if doc[".experiment.sleepless"] != true {
		t.Error("JSON does not say that think time was skipped")
	}
	figures := []string{"10.5", "10.0", "12.5 ms", "875.0", "14.3 s", "1700", "16.0 s", "0.938", "875,", ",14300", ",10,"}
	for _, form := range report.Formats() {
		write, err := report.Format(form)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if err := write(&b, r); err != nil {
			t.Fatal(err)
		}
		for _, figure := range figures {
			if form != "json" && strings.Contains(b.String(), figure) {
				t.Errorf("%s tells %q:\n%s", form, figure, b.String())
			}
		}
		if !strings.Contains(b.String(), "at speed max nobody thinks") {
			t.Errorf("%s does not say why:\n%s", form, b.String())
		}
		if (form == "text" || form == "markdown") && !strings.Contains(b.String(), "work 40ms (skipped)") {
			t.Errorf("the header of %s promises think time:\n%s", form, b.String())
		}
	}
}

// TestFigures: what a run has not shown is not told.
func TestFigures(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*sim.LaneResult)
		want   string // in the text
	}{
		{"a p99 of few waits is the longest of them", func(l *sim.LaneResult) { l.Waits = 12 },
			"– wait p99 (spin): too few to tell: 12 waits, and it takes 100\n"},
		{"a median of few waits is any of them", func(l *sim.LaneResult) { l.Waits = 1 },
			"– wait p50 (spin): too few to tell: 1 wait, and it takes 10\n"},
		{"few updates tell no fairness", func(l *sim.LaneResult) { l.JainUpdates, l.JainMost = 2, 1 },
			"– fairness (Jain) (spin): too few to tell: 2 updates, and it takes 50\n"},
		{"nor do a few of each of many clients", func(l *sim.LaneResult) { l.JainMost = 4 },
			"– fairness (Jain) (spin): too few to tell: 4 updates of the client that has most, and it takes 20\n"},
		{"a rate of two updates is none", func(l *sim.LaneResult) { l.Acked, l.Kept = 2, 2 },
			"– kept per second, commands per update (spin): too few to tell: 2 updates, and it takes 10\n"},
		{"nor does one client", func(l *sim.LaneResult) { l.Lane.Clients = 1 },
			"– fairness (Jain) (spin): one client has nobody to be fair to\n"},
		{"nobody is inside of one script", func(l *sim.LaneResult) { l.Lane.Critical, l.Lane.Locks, l.MaxInside = false, false, 0 },
			"– most inside at once, overlaps (spin): any number may be inside: Redis refuses or does the update by itself\n"},
		{"what is small is not nothing", func(l *sim.LaneResult) { l.WaitP50 = 3 * time.Microsecond }, "wait p50     <0.1 ms\n"},
		{"the average may be right by luck", func(l *sim.LaneResult) { l.Lost, l.Expired, l.Redis = 3, 0, l.True },
			"lost 3 of 160 acknowledged updates; the average in Redis happens to be off by less than 0.001 ms\n"},
		{"there may be none", func(l *sim.LaneResult) { l.Lost, l.Expired, l.Redis = 160, 0, sim.Average{} }, "there is no average in Redis any more\n"},
		{"unknown updates are told", func(l *sim.LaneResult) { l.Unknown = 2 },
			"every one of 160 acknowledged updates is in the average; of 2 more nobody knows"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := aRun()
			r.Lanes = r.Lanes[1:]
			c.change(&r.Lanes[0])
			if got := textOf(t, r); !strings.Contains(got, c.want) {
				t.Errorf("no %q in\n%s", c.want, got)
			}
			nullsHaveReasons(t, decode(t, r))
		})
	}
}

func TestProgress(t *testing.T) {
	r := aRun()
	const want = "  64.1s  none: 157 acked of 160, 115 lost  spin: 160 acked of 160, 0 lost"
	if got := report.Progress(r); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for i := range r.Lanes {
		r.Lanes[i].Lane.Alerts = 0 // endless
	}
	r.Elapsed = 1234 * time.Second
	const endless = "1234.0s  none: 157 acked, 115 lost  spin: 160 acked, 0 lost"
	if got := report.Progress(r); got != endless {
		t.Errorf("got %q, want %q", got, endless)
	}
}

// brokenPipe is a reader that has gone.
type brokenPipe struct{}

var errPipe = errors.New("broken pipe")

func (brokenPipe) Write([]byte) (int, error) { return 0, errPipe }

func TestWritersThatFailAreReported(t *testing.T) {
	if err := report.Text(brokenPipe{}, aRun()); !errors.Is(err, errPipe) {
		t.Errorf("Text: %v", err)
	}
	if err := report.JSON(brokenPipe{}, aRun()); !errors.Is(err, errPipe) {
		t.Errorf("JSON: %v", err)
	}
}
