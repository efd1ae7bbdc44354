package report_test

import (
	"strings"
	"testing"
	"time"

	"locktop/sim"
	"locktop/sim/report"
)

// TestPercentIsNeverAllOrNothingForAPart: something that was lost is not 0 %, and what is
// not all is not 100 %.
func TestPercentIsNeverAllOrNothingForAPart(t *testing.T) {
	for _, c := range []struct {
		part, whole int64
		want        string
	}{
		{0, 0, "0"}, {0, 7, "0"}, {7, 7, "100"}, {1, 103, "1.0"}, {1, 1000, "0.1"}, {1, 1001, "<0.1"}, {1, 1_000_000, "<0.1"},
		{999, 1000, "99.9"}, {1000, 1001, ">99.9"}, {999_999, 1_000_000, ">99.9"}, {937, 1000, "93.7"}, {2, 3, "66.7"},
	} {
		if got := report.Percent(c.part, c.whole); got != c.want {
			t.Errorf("%d of %d is %s %%, want %s", c.part, c.whole, got, c.want)
		}
	}
}

// changedStrategy is a lane that lost updates as none, and loses some as spin, or none.
func changedStrategy(lost, strayed int64) sim.Result {
	return aLane(func(l *sim.LaneResult) {
		l.Started = sim.LaneInfo{Strategy: "none", Clients: 6}
		l.ChangeCount = 1
		l.Changes = []sim.ChangedSetting{{At: 5200 * ms, Change: sim.Change{Setting: sim.ChangeStrategy, Strategy: "spin"}}}
		l.Acked, l.Kept, l.Lost, l.Clobbers, l.Expired, l.Overlaps = 61, 29-lost, 32+lost, 36, 3, 9
		l.Redis, l.True = sim.Average{Sum: 29 * ms, Count: 29}, sim.Average{Sum: 61 * ms, Count: 61}
		l.Verdict = sim.Correct
		if lost > 0 {
			l.Verdict = sim.Wrong
		}
		l.Parts = []sim.Part{
			{Strategy: "none", Accounts: sim.Accounts{Acked: 41, Kept: 9, Lost: 32, Clobbers: 35}, LockEnds: sim.LockEnds{Expired: 3}, Overlaps: 9, Verdict: sim.Wrong},
			{Strategy: "spin", Since: 5200 * ms, Accounts: sim.Accounts{Acked: 20, Kept: 20 - lost, Lost: lost, Clobbers: 1}, Strayed: strayed, Verdict: l.Verdict},
		}
	})
}

// TestFiguresOfSeveralStrategiesAreMarked, and those of one are not.
func TestFiguresOfSeveralStrategiesAreMarked(t *testing.T) {
	const note = "* figures of spin are of the whole run, as none, then spin; the verdict is on spin alone"
	text, markdown := textOf(t, changedStrategy(0, 0)), markdownOf(t, changedStrategy(0, 0))
	if !strings.Contains(text, "lane      spin*\n") || !strings.Contains(text, "\n"+note+"\n") {
		t.Errorf("no mark, or no note, in\n%s", text)
	}
	if !strings.Contains(markdown, `| spin\* `) || !strings.Contains(markdown, "figures of spin are of the whole run, as none, then spin") {
		t.Errorf("no mark, or no note, in\n%s", markdown)
	}
	if doc := decode(t, changedStrategy(0, 0)); doc[".lanes.0.figures_of.0"] != "none" || doc[".lanes.0.figures_of.1"] != "spin" {
		t.Errorf("JSON tells of no strategies: %v", doc)
	}
	if text := textOf(t, aRun()); strings.Contains(text, "*") {
		t.Errorf("one strategy is marked:\n%s", text)
	}
}

// TestPartsAreReported in every form, and only where there are several.
func TestPartsAreReported(t *testing.T) {
	for format, want := range map[string][]string{
		"text": {
			"spin: as spin since 5.200 s: every one of 20 updates is in the average; before, as none: lost 32 of 41 updates (78.0 %)\n",
			"spin: as none since 0.000 s: WRONG: 41 acked, 9 kept, 32 lost\n", "spin: as spin since 5.200 s: CORRECT: 20 acked, 20 kept, 0 lost\n",
		},
		"markdown": {"  - as none since 0.000 s: WRONG: 41 acked, 9 kept, 32 lost\n"},
		"csv":      {`,"as none since 0.000 s: WRONG: 41 acked, 9 kept, 32 lost; as spin since 5.200 s: CORRECT: 20 acked, 20 kept, 0 lost",`},
		"json": {`"updates": {"acked": 61, "kept": 29, "lost": 32,`,
			`"parts": [{"strategy": "none", "since_ms": 0, "updates": {"acked": 41, "kept": 9, "lost": 32, "unknown": 0, "clobbers": 35, "ambiguous": 0, "foreign": 0}, "verdict": "wrong"}, ` +
				`{"strategy": "spin", "since_ms": 5200, "updates": {"acked": 20, "kept": 20, "lost": 0, "unknown": 0, "clobbers": 1, "ambiguous": 0, "foreign": 0}, "verdict": "correct"}]`},
	} {
		write, err := report.Format(format)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range []sim.Result{changedStrategy(0, 0), aRun()} {
			var b strings.Builder
			if err := write(&b, r); err != nil {
				t.Fatal(err)
			}
			got := b.String()
			if format == "json" {
				got = strings.NewReplacer("[ ", "[", "{ ", "{", " }", "}", " ]", "]").Replace(strings.Join(strings.Fields(got), " "))
			}
			for _, w := range want {
				if several := len(r.Lanes) == 1; strings.Contains(got, w) != several {
					t.Errorf("%s: several parts %v, and %q in\n%s", format, several, w, got)
				}
			}
		}
	}
}

// TestLossesOfAPartAreSaidToBeTheFormerStrategysDoing, where they are.
func TestLossesOfAPartAreSaidToBeTheFormerStrategysDoing(t *testing.T) {
	for _, c := range []struct {
		lost, strayed int64
		want          string
	}{
		{2, 2, "; writes that had begun before the change erased them; before, as none"},
		{3, 1, "; writes that had begun before the change erased 1 of them; before, as none"},
		{2, 0, "0.001 ms; before, as none"},
	} {
		if got := report.Sentence(changedStrategy(c.lost, c.strayed).Lanes[0]); !strings.Contains(got, c.want) {
			t.Errorf("%d lost, %d to the other strategy: %q lacks %q", c.lost, c.strayed, got, c.want)
		}
	}
}

// TestEveryStallHasAReason in words, and no lane that stands still is called correct.
func TestEveryStallHasAReason(t *testing.T) {
	for stall, want := range map[sim.Stall]string{
		sim.StallDead:    "c5 crashed with the lock, which has no lease",
		sim.StallPaused:  "c5 is paused with the lock, which has no lease",
		sim.StallCut:     "c5 is cut off with the lock, which has no lease",
		sim.StallDown:    "Redis is down",
		sim.StallQuorum:  "no majority of the servers is up",
		sim.StallCrashed: "every client has crashed",
		sim.StallHalted:  "every client is paused or cut off",
		sim.StallIdle:    "3 clients wait, and nothing is done",
	} {
		r := aLane(func(l *sim.LaneResult) {
			l.Acked, l.Kept, l.Verdict, l.Stall, l.Holder, l.WaitingCount = 12, 12, sim.Stalled, stall, 5, 3
			l.Last = time.Second
		})
		if got := report.Sentence(r.Lanes[0]); got != "stalled: "+want {
			t.Errorf("%s: %q, want %q", stall, got, want)
		}
		if text := textOf(t, r); !strings.Contains(text, "STALLED") {
			t.Errorf("%s: the report does not say STALLED:\n%s", stall, text)
		}
	}
}
