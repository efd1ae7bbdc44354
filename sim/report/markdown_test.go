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
- – wait p50, wait p99 (none): nobody waits: there is no lock, and nothing is tried again

These speeds are of the embedded Redis: for figures to rely on, use a real one (--redis spawn).
`
	if got := markdownOf(t, r); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
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
