package report_test

import (
	"strings"
	"testing"
	"time"

	"locktop/sim"
	"locktop/sim/clock"
	"locktop/sim/report"
)

// TestTheHeaderTellsTheLeases that lanes have, and why there is none.
func TestTheHeaderTellsTheLeases(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*sim.Result)
		want   string
	}{
		{"of the one lane that locks", func(*sim.Result) {}, "lease 200ms"},
		{"where nobody locks, what there would be", func(r *sim.Result) { r.Lanes = r.Lanes[:1] }, "lease 200ms"},
		{"one by one where they differ", func(r *sim.Result) {
			r.Config.Lease, r.Lanes[0].Lane.Locks = 0, true
		}, "lease none/200ms"},
		{"none that was asked for", func(r *sim.Result) { r.Config.Lease, r.Lanes[1].Lane.Lease = 0, 0 }, "no lease"},
		{"none at speed max", func(r *sim.Result) {
			r.Config.Lease, r.Lanes[1].Lane.Lease, r.Config.Speed, r.Config.LeaseFloor = 0, 0, clock.Max, time.Millisecond
		}, "no lease (skipped at speed max: --lease keeps it)"},
		{"as it was at first", func(r *sim.Result) {
			l := r.Lanes[1].Snapshot
			l.ChangeCount, l.Started = 1, l.Lane
			l.Lane.Lease = time.Second
		}, "lease 200ms"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := aRun()
			c.change(&r)
			header, _, _ := strings.Cut(textOf(t, r), "\n")
			if _, lease, _ := strings.Cut(header, "work 40ms, "); lease != c.want {
				t.Errorf("%s, want %s", header, c.want)
			}
			if md := markdownOf(t, r); !strings.Contains(md, "work 40ms, "+c.want+"; on ") {
				t.Errorf("no %q in\n%s", c.want, md)
			}
			skipped, _ := decode(t, r)[".experiment.lease_skipped"].(bool)
			if skipped != strings.Contains(c.want, "skipped") {
				t.Errorf("lease_skipped is %v", skipped)
			}
		})
	}
}

// TestTooLittleIsToldInOneLine, with what each lane has, in the order of the lanes.
func TestTooLittleIsToldInOneLine(t *testing.T) {
	r := aRun()
	for i, n := range []int64{33, 4} {
		l := r.Lanes[i].Snapshot
		l.Lane.Locks, l.Waits, l.JainUpdates, l.JainMost = true, n, 60, 7
	}
	text := textOf(t, r)
	for _, want := range []string{
		"– wait p99 (none 33, spin 4): too few waits to tell, and it takes 100\n",
		"– wait p50 (spin): too few to tell: 4 waits, and it takes 10\n",
		"– fairness (Jain) (none, spin): too few to tell: 7 updates of the client that has most, and it takes 20\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if n := strings.Count(text, "wait p99 ("); n != 1 {
		t.Errorf("%d lines on the p99 in\n%s", n, text)
	}
}

// TestTrueAveragesThatDiffer are explained, and those that are alike are not.
func TestTrueAveragesThatDiffer(t *testing.T) {
	r := aRun()
	const note = "true averages differ"
	if text := textOf(t, r); !strings.Contains(text, note) {
		t.Errorf("no %q in\n%s", note, text)
	}
	r.Lanes[0].True = r.Lanes[1].True
	if text := textOf(t, r); strings.Contains(text, note) {
		t.Errorf("they do not:\n%s", text)
	}
}

// TestTheScorecardSaysHowManyUpdatesItIsOf: of each client, and in all.
func TestTheScorecardSaysHowManyUpdatesItIsOf(t *testing.T) {
	r := aRun()
	r.Config.Clients, r.Config.Alerts, r.Config.Warmup = 16, 14, 10
	for _, form := range []string{"text", "markdown"} {
		write, err := report.Scorecard(form)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if err := write(&b, r); err != nil {
			t.Fatal(err)
		}
		if want := "4 updates each (64 in all) after 10 each to warm up"; !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}
