package report_test

import (
	"math"
	"regexp"
	"strings"
	"testing"

	"locktop/sim"
	"locktop/sim/report"
)

func markdownOf(t *testing.T, r sim.Result) string {
	t.Helper()
	var b strings.Builder
	if err := report.Markdown(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestMarkdown(t *testing.T) {
	r := aRun()
	r.Embedded = true
	r.Lanes[0].Failed = []string{"count = kept does not hold"}
	const want = `8 clients of 3 servers, 20 alerts, seed 7, work 40ms, lease 200ms; on redis://localhost:6379/0 (7.0.15), speed 1/4, 64.13 s of real time.

| Lane | Verdict | Acked | Kept | Lost | Average in Redis | True average | Most inside | Overlaps | Failures | Wait p50 | Wait p99 |      Still waiting | Kept per second | Commands per update |  Jain |
| ---- | ------- | ----: | ---: | ---: | ---------------: | -----------: | ----------: | -------: | -------: | -------: | -------: | -----------------: | --------------: | ------------------: | ----: |
| none | WRONG   |   157 |   42 |  115 |        51.250 ms |    49.375 ms |           6 |       97 |        – |        – |        – |                  0 |            10.5 |                 3.0 | 0.812 |
| spin | CORRECT |   160 |  160 |    0 |        49.500 ms |    49.500 ms |           1 |        0 |     1136 |  12.5 ms | 875.0 ms | 2, up to 1700.0 ms |            10.0 |                12.5 | 0.938 |

- **none**: lost 115 of 157 acknowledged updates; the average in Redis is off by +1.875 ms
  - CHECK FAILED: count = kept does not hold
- **spin**: every one of 160 updates is in the average
- true averages differ: each is of the updates that were acknowledged in its lane (none 157, spin 160)
- – wait p50, wait p99 (none): nobody waits: there is no lock, and nothing is tried again

These speeds are of the embedded Redis: for figures to rely on, use a real one (--redis spawn).
`
	if got := markdownOf(t, r); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestEveryFormatTellsOfOutages: how many, how long, what Redis had forgotten, and
// whether it came back.
func TestEveryFormatTellsOfOutages(t *testing.T) {
	lane := func(down bool) sim.Result {
		return aLane(func(l *sim.LaneResult) {
			l.Outages, l.Away, l.Rewound, l.Down, l.Faults = 2, 3500*ms, 1, down, 1
		})
	}
	for _, c := range []struct {
		form, got string
		want      []string
	}{
		{"text", strings.Join(strings.Fields(textOf(t, lane(false))), " "), []string{"connection lost 2 Redis away for 3500.0 ms", "Redis went back 1"}},
		{"CSV", csvOf(t, lane(false)), []string{",outages,away_ms,", ",2,3500,"}},
		{"Markdown", markdownOf(t, lane(false)), []string{
			"  - the connection to Redis was lost 2 times, for 3500.0 ms in all; once Redis went back to an earlier value\n"}},
		{"Markdown, not back", markdownOf(t, lane(true)), []string{
			"  - the connection to Redis was lost 2 times, for 3500.0 ms in all, and did not come back\n"}},
	} {
		for _, want := range c.want {
			if strings.Count(c.got, want) != 1 {
				t.Errorf("%s: not once %q in\n%s", c.form, want, c.got)
			}
		}
	}
	if got := decode(t, lane(false)); got[".lanes.0.faults.outages"] != 2. || got[".lanes.0.faults.away_ms"] != 3500. {
		t.Errorf("JSON has %v, %v", got[".lanes.0.faults.outages"], got[".lanes.0.faults.away_ms"])
	}
}

func TestMarkdownKeepsStrangeTextInItsPlace(t *testing.T) {
	r := aLane(func(l *sim.LaneResult) {
		l.Lane.Strategy = "a|b\nc"
		l.Broke = "EOF | of\n\n# <nil> *and* `so` [on]"
		l.Jain = math.NaN()
	})
	r.Backend = "unix:///a|b_c"
	got := markdownOf(t, r)
	for _, want := range []string{
		`on unix:///a\|b\_c (`, `| a\|b c | UNDECIDED |`, "|    – |\n",
		"- **a\\|b c**: stopped: EOF \\| of \\# \\<nil\\> \\*and\\* \\`so\\` \\[on\\]\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	bars := regexp.MustCompile(`(^|[^\\])\|`)
	for line := range strings.Lines(got) {
		if n := len(bars.FindAllString(line, -1)); strings.HasPrefix(line, "|") && n != 17 {
			t.Errorf("%d cells in a row of 16: %s", n-1, line)
		}
	}
}
