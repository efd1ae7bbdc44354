package command

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
)

func TestTheScorecard(t *testing.T) {
	args := strings.Fields("compare --strategies none,atomic,block --clients 4 --updates 42 --warmup 0 --repeat 1 --work 0s")
	code, stdout, stderr := locktop(t, append(args, "--json")...)
	if code != exitDone {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	var doc struct {
		Version    int
		Experiment struct{ Clients, Alerts int }
		Strategies []struct {
			Strategy string
			Updates  struct{ Acked, Kept int }
		}
	}
	if err := json.Unmarshal([]byte(stdout), &doc); err != nil {
		t.Fatalf("%v: %s", err, stdout)
	}
	// 42 updates of 4 clients are 11 each.
	if doc.Version != 1 || doc.Experiment.Clients != 4 || doc.Experiment.Alerts != 11 || len(doc.Strategies) != 3 {
		t.Errorf("%+v", doc)
	}
	for _, s := range doc.Strategies {
		if s.Updates.Acked != 44 || (s.Strategy != "none" && s.Updates.Kept != 44) {
			t.Errorf("%+v", s)
		}
	}
	if !strings.Contains(stderr, "3/3 block") {
		t.Errorf("no progress: %q", stderr)
	}
	for _, form := range []struct{ name, want string }{
		{"text", "every strategy alone on embedded"}, {"csv", "lane,strategy,verdict,acked"}, {"markdown", "| ---"},
	} {
		code, stdout, stderr := locktop(t, append(args, "--output", form.name)...)
		if code != exitDone || !strings.Contains(stdout, form.want) || !strings.Contains(stdout, "atomic") {
			t.Errorf("%s: exit %d, stderr %q:\n%s", form.name, code, stderr, stdout)
		}
	}
}

// TestTooFewUpdatesTellNothing: what a strategy would do with more is not told from its first few.
func TestTooFewUpdatesTellNothing(t *testing.T) {
	args := strings.Fields("compare --deterministic --updates 50 --strategies block,none")
	code, stdout, stderr := locktop(t, append(args, "--json")...)
	if code != exitDone {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	var doc struct {
		Strategies []struct {
			Jain *float64
			Rate struct {
				Kept     *float64 `json:"kept_per_s"`
				Commands *float64 `json:"commands_per_update"`
			}
			Wait        struct{ P99 *float64 } `json:"wait_ms"`
			NotMeasured map[string]string      `json:"not_measured"`
			Ranges      map[string]any
		}
	}
	if err := json.Unmarshal([]byte(stdout), &doc); err != nil {
		t.Fatal(err)
	}
	for _, s := range doc.Strategies {
		if s.Jain != nil || s.Rate.Kept != nil || s.Rate.Commands != nil || s.Wait.P99 != nil || s.Ranges["jain"] != nil ||
			!strings.Contains(s.NotMeasured["jain"], "too few to tell: ") {
			t.Errorf("%+v", s)
		}
	}
	for _, form := range []string{"text", "markdown"} {
		if _, stdout, _ := locktop(t, append(args, "--output", form)...); !strings.Contains(stdout, "too few to tell") {
			t.Errorf("%s does not say so:\n%s", form, stdout)
		}
	}
}

// TestRangesOfRepetitions: enough updates are told with their range, in every form, and the same every time in virtual time.
func TestRangesOfRepetitions(t *testing.T) {
	t.Parallel()
	args := strings.Fields("compare --deterministic --clients 4 --updates 160 --warmup 20 --repeat 3 --strategies spin,block,atomic")
	code, stdout, stderr := locktop(t, append(args, "--json")...)
	if code != exitDone || !strings.Contains(stderr, "round 3/3   3/3 atomic") {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	if _, again, _ := locktop(t, append(args, "--json")...); again != stdout {
		t.Errorf("once it is\n%s\nand then\n%s", stdout, again)
	}
	type spread struct {
		Min, Median, Max float64
		Repetitions      int
	}
	var doc struct {
		Strategies []struct {
			Strategy string
			Updates  struct{ Acked, Kept, Lost int }
			Jain     *float64
			Rate     struct {
				Kept *float64 `json:"kept_per_s"`
			}
			Ranges map[string]spread
		}
	}
	if err := json.Unmarshal([]byte(stdout), &doc); err != nil {
		t.Fatal(err)
	}
	differ := false
	for _, s := range doc.Strategies {
		if s.Updates.Acked != 3*(160+20) || s.Updates.Kept+s.Updates.Lost != s.Updates.Acked {
			t.Errorf("%+v", s)
		}
		for _, key := range []string{"rate.kept_per_s", "rate.commands_per_update", "jain"} {
			r := s.Ranges[key]
			if r.Repetitions != 3 || r.Min > r.Median || r.Median > r.Max || r.Min <= 0 {
				t.Errorf("%s: %s is %+v", s.Strategy, key, r)
			}
			differ = differ || r.Min < r.Max
		}
		if s.Rate.Kept == nil || *s.Rate.Kept != s.Ranges["rate.kept_per_s"].Median {
			t.Errorf("%s: %+v", s.Strategy, s)
		}
	}
	if !differ {
		t.Error("the repetitions are one and the same run")
	}
	for form, want := range map[string]string{"text": "..", "markdown": "..", "csv": "rate_kept_per_s_min,rate_kept_per_s_max_of_runs"} {
		if _, stdout, _ := locktop(t, append(args, "--output", form)...); !strings.Contains(stdout, want) {
			t.Errorf("%s has no ranges:\n%s", form, stdout)
		}
	}
}

// TestAnInterruptedComparison prints what was done, and says what was not.
func TestAnInterruptedComparison(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	var out bytes.Buffer
	told := watched{text: "round 2/3", then: interrupt}
	args := strings.Fields("compare --work 0s --clients 2 --updates 20 --warmup 0 --strategies atomic,none")
	code := execute(ctx, args, &out, &told)
	if code != exitInterrupted || strings.Contains(told.String(), "cancel") {
		t.Errorf("exit %d: %s", code, &told)
	}
	for _, want := range []string{"locktop: interrupted\n", "of 6 races were finished"} {
		if !strings.Contains(told.String(), want) {
			t.Errorf("no %q in %s", want, &told)
		}
	}
	if !strings.Contains(out.String(), "atomic") || !strings.Contains(out.String(), "none") || !strings.Contains(out.String(), "Medians of") {
		t.Errorf("what was done is not printed:\n%s", &out)
	}
}

// watched is written to, and does something when a text comes.
type watched struct {
	strings.Builder
	text string
	then func()
}

func (w *watched) Write(p []byte) (int, error) {
	if strings.Contains(string(p), w.text) {
		w.then()
	}
	return w.Builder.Write(p)
}
