package main

import (
	"strings"
	"testing"
	"time"
)

// example is a result of two locks of which one did not finish.
func example() *Result {
	ms := time.Millisecond
	return &Result{
		Plan:  Plan{Rounds: 3, Contenders: []int{16}, Acquisitions: 200, Away: 2 * ms},
		Floor: 50 * time.Microsecond,
		Floors: []BareHandOver{{What: "floor: PUBLISH",
			HandOver: &HandOver{Time: 60 * time.Microsecond, RoundTrip: 60 * time.Microsecond, Ratio: 1},
			Quiet:    &HandOver{Time: 75 * time.Microsecond, RoundTrip: 75 * time.Microsecond, Ratio: 1}}},
		Rows: []Row{
			{Lock: "ours fair", Setting: "WithFairness", ours: fair, leased: true,
				Uncontended: &Uncontended{Cycle: 57 * time.Microsecond, Ratio: 0.877, Rival: 1.14},
				HandOver:    &HandOver{Time: 66 * time.Microsecond, RoundTrip: 60 * time.Microsecond, Ratio: 1.1},
				Quiet:       &HandOver{Time: 90 * time.Microsecond, RoundTrip: 75 * time.Microsecond, Ratio: 1.2},
				Far:         &HandOver{Time: 2300 * time.Microsecond, RoundTrip: 2200 * time.Microsecond, Ratio: 1.05},
				Contended:   []Contended{{Contenders: 16, Rate: 10219.4, Jain: 0.9996, P50: 1510 * time.Microsecond, P99: 4 * ms, Max: 123 * ms}}},
			{Lock: "ours signal", Setting: "the default", ours: signalled, leased: true,
				Uncontended: &Uncontended{Cycle: 56 * time.Microsecond, Ratio: 0.881, Rival: 1.15},
				HandOver:    &HandOver{Time: 150 * time.Microsecond, RoundTrip: 75 * time.Microsecond, Ratio: 2},
				Contended:   []Contended{{Contenders: 16, Rate: 7000, Jain: 0.93, P50: ms, P99: 32 * ms, Max: 60 * ms}}},
			{Lock: "redislock", Setting: "1 ms", leased: true,
				Uncontended: &Uncontended{Cycle: 65 * time.Microsecond, Ratio: 0.77, Rival: 1},
				Contended:   []Contended{{Contenders: 16, Problem: "did not finish in 30s: 3 of 3200"}},
				Problems:    []string{"16 contenders: did not finish in 30s: 3 of 3200"}},
		},
	}
}

func TestTextTable(t *testing.T) {
	const want = `
                   │ uncontended              │ hand-over      │ after quiet   │ 2ms away        │ 16 contenders
lock               │   µs × floor × redislock │    µs × script │   µs × script │     µs × script │ acq/s  Jain p50 ms p99 ms max ms
floor: SET NX, DEL │ 50.0    1.00             │                │               │                 │
floor: PUBLISH     │                          │  60.0     1.00 │ 75.0     1.00 │   none          │
ours fair          │ 57.0    0.88        1.14 │  66.0     1.10 │ 90.0     1.20 │ 2300.0     1.05 │ 10219 1.000   1.51   4.00    123
ours signal        │ 56.0    0.88        1.15 │ 150.0     2.00 │ none          │   none          │  7000 0.930   1.00   32.0   60.0
redislock          │ 65.0    0.77        1.00 │  none          │ none          │   none          │  none
`
	if got := "\n" + tableOf(example()).text(); got != want {
		t.Errorf("got%s\nwant%s", got, want)
	}
}

func TestMarkdownTable(t *testing.T) {
	const want = `
| lock | uncontended: µs | × floor | × redislock | hand-over: µs | × script | after quiet: µs | × script | 2ms away: µs | × script | 16 contenders: acq/s | Jain | p50 ms | p99 ms | max ms |
| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |
| floor: SET NX, DEL | 50.0 | 1.00 |  |  |  |  |  |  |  |  |  |  |  |  |
| floor: PUBLISH |  |  |  | 60.0 | 1.00 | 75.0 | 1.00 | none |  |  |  |  |  |  |
| ours fair | 57.0 | 0.88 | 1.14 | 66.0 | 1.10 | 90.0 | 1.20 | 2300.0 | 1.05 | 10219 | 1.000 | 1.51 | 4.00 | 123 |
| ours signal | 56.0 | 0.88 | 1.15 | 150.0 | 2.00 | none |  | none |  | 7000 | 0.930 | 1.00 | 32.0 | 60.0 |
| redislock | 65.0 | 0.77 | 1.00 | none |  | none |  | none |  | none |  |  |  |  |
`
	if got := "\n" + tableOf(example()).markdown(); got != want {
		t.Errorf("got%s\nwant%s", got, want)
	}
}

func TestOverlapsAreShown(t *testing.T) {
	r := example()
	r.Rows[1].Contended[0].Overlaps = 2
	if text := tableOf(r).text(); !strings.Contains(text, "OVERLAP") || strings.Contains(text, "7000") {
		t.Error(text)
	}
	if text := strings.Join(legend(r), "\n"); !strings.Contains(text, "ours signal with 16 contenders let somebody in beside a holder, 2 times") {
		t.Error(text)
	}
}

func TestPromises(t *testing.T) {
	broken := func(r *Result) (texts []string) {
		for _, p := range promises(r) {
			if !p.kept {
				texts = append(texts, p.text)
			}
		}
		return texts
	}
	for _, test := range []struct {
		what   string
		change func(r *Result)
		want   string // the only broken promise; empty: none
	}{
		{"all are kept", func(*Result) {}, ""},
		{"slower than the floor allows", func(r *Result) { r.Rows[1].Uncontended.Ratio = 0.84 }, "ours signal, uncontended: at least 0.85 of the floor"},
		{"slower than redislock", func(r *Result) { r.Rows[0].Uncontended.Rival = 1 }, "ours fair, uncontended: ahead of redislock"},
		{"unfair", func(r *Result) { r.Rows[0].Contended[0].Jain = 0.98 }, "ours fair, 16 contenders: Jain index at least 0.99"},
		{"slower than a fair rival", func(r *Result) { r.Rows[2].Contended[0] = Contended{Rate: 11000, Jain: 0.6} },
			"ours fair, 16 contenders: faster than redislock (Jain 0.60)"},
		{"slower than an unfair rival", func(r *Result) { r.Rows[2].Contended[0] = Contended{Rate: 11000, Jain: 0.5} }, ""},
		{"long waits", func(r *Result) { r.Rows[0].Contended[0].P99 = 17 * time.Millisecond },
			"ours fair, 16 contenders: p99 at most half of ours signal's"},
		{"a slow hand-over", func(r *Result) { r.Rows[0].Far.Ratio = 1.6 }, "ours fair: hand-over in at most 1.5 round trips of 2ms"},
		{"a hand-over that waits for processors", func(r *Result) { r.Rows[0].HandOver.Ratio = 2.5 }, ""},
		{"not finished", func(r *Result) { r.Rows[0].Contended[0] = Contended{Problem: "stuck"} }, "ours fair, 16 contenders: finish"},
		{"overlaps", func(r *Result) { r.Rows[2].Contended[0].Overlaps = 1 }, "nobody is ever inside together with somebody else"},
	} {
		r := example()
		test.change(r)
		if got := strings.Join(broken(r), "; "); got != test.want {
			t.Errorf("%s: broken are %q, want %q", test.what, got, test.want)
		}
	}
}
