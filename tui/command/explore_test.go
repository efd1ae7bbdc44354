package command

import (
	"bytes"
	"context"
	"strings"
	"sync/atomic"
	"testing"
)

// TestCheckTakesAllSchedules: only when all were tried, and none goes wrong, the check is passed.
func TestCheckTakesAllSchedules(t *testing.T) {
	for args, want := range map[string]struct {
		code int
		says string
	}{
		"--strategy spin":                                          {exitDone, ""},
		"--strategy spin --method sleep":                           {exitDone, ""},
		"--strategy spin --preemptions 20":                         {exitDone, ""},
		"--strategy none":                                          {exitNotCorrect, "there are schedules that go wrong"},
		"--strategy spin --method random --limit 40":               {exitNotCorrect, "there may be others: take another --method"},
		"--strategy spin --preemptions 0":                          {exitNotCorrect, "there may be others: leave --preemptions away"},
		"--strategy spin --method states --limit 3":                {exitNotCorrect, "there may be others: raise --limit and --timeout"},
		"--strategy watch --clients 5 --limit 40":                  {exitNotCorrect, "there may be others: raise --limit and --timeout"},
		"--strategy watch --clients 5 --limit 40 --preemptions 30": {exitNotCorrect, "there may be others: raise --limit and --timeout"},
	} {
		code, stdout, stderr := locktop(t, append([]string{"explore", "--check"}, strings.Fields(args)...)...)
		if code != want.code || !strings.Contains(stderr, want.says) || stdout == "" {
			t.Errorf("%s: exit %d, %q, want %d, %q", args, code, stderr, want.code, want.says)
		}
	}
}

// countdown is a context that ends when it has been asked so often.
type countdown struct {
	context.Context
	left atomic.Int64
}

func (c *countdown) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

// TestInterruptedExploreReports what there is by then.
func TestInterruptedExploreReports(t *testing.T) {
	for _, e := range []struct {
		args string
		want []string
	}{
		{"--strategy none --clients 5", []string{"tried before the interruption (", "There may be others, which were not tried", "lose updates"}},
		{"--strategy watch --clients 5 --method random", []string{" before the interruption. There may be others, which were not tried", "That does not show that none does."}},
		{"--strategy watch --clients 5 --json --check", []string{`"complete": false`, `"extent": "interrupted"`}},
	} {
		ctx := &countdown{Context: t.Context()}
		ctx.left.Store(200)
		var stdout, stderr bytes.Buffer
		code := execute(ctx, append([]string{"explore"}, strings.Fields(e.args)...), &stdout, &stderr)
		if code != exitInterrupted || stderr.String() != "locktop: interrupted\n" {
			t.Errorf("%s: exit %d, %q", e.args, code, stderr.String())
		}
		for _, want := range e.want {
			if !strings.Contains(strings.Join(strings.Fields(stdout.String()), " "), want) {
				t.Errorf("%s: no %q in\n%s", e.args, want, stdout.String())
			}
		}
	}
}
