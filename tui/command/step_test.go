package command

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestASchedule is printed where there is no screen, as a diagram and as JSON.
func TestASchedule(t *testing.T) {
	code, stdout, stderr := locktop(t, "replay", "--schedule", "none@2: 1 2 2 1")
	if code != exitDone || stderr != "" {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	for _, want := range []string{
		"none: 2 clients with one update each", "1 GET average  → nil", "✗ erases c2's",
		"2 of 2 updates acked, 1 kept: c1 wrote what it had computed from n=0, and erased c2's sample",
		"locktop replay --schedule 'none@2: 1 2 2 1'",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}
	for _, c := range []struct {
		schedule string
		lost     int64
		over     bool
		overlap  bool
		hung     bool
	}{
		{"none@2: 1 2 2 1", 1, true, true, false},
		{"none@2: 1 1 2", 0, false, false, false},
		{"spin@2: 1 1 e 2 2 2 1", 1, false, true, false},
		{"block@2: 1 2 2 x1", 0, true, false, true},
		{"spin:lease=100ms@2: 1 1", 0, false, false, false},
	} {
		code, stdout, stderr := locktop(t, "replay", "--schedule", c.schedule, "--json")
		var got struct {
			Schedule string
			Lost     int64
			Over     bool
			Overlap  bool
			Hung     bool
			Steps    []struct{ Move string }
		}
		if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != exitDone {
			t.Fatalf("%s: exit %d, %s: %v", c.schedule, code, stderr, err)
		}
		if got.Schedule != c.schedule || got.Lost != c.lost || got.Over != c.over || got.Overlap != c.overlap || got.Hung != c.hung {
			t.Errorf("%s gives %+v", c.schedule, got)
		}
		var moves []string
		for _, s := range got.Steps {
			moves = append(moves, s.Move)
		}
		if _, text, _ := strings.Cut(c.schedule, ": "); strings.Join(moves, " ") != text {
			t.Errorf("%s has the steps %v", c.schedule, moves)
		}
	}
}

// TestMistakesInAStep are wrong usage: there is no screen here either.
func TestMistakesInAStep(t *testing.T) {
	for args, want := range map[string]string{
		"step":                                "step: the standard output is no terminal",
		"step --clients 0":                    "clients: want 1 to 9",
		"step --strategy x":                   `unknown strategy "x"`,
		"step --strategy none --expiries 1":   "expiries: none takes no lock",
		"step --theme pink":                   "theme: want dark or light",
		"step x":                              `unexpected argument "x"`,
		"explore --grid":                      "grid: the standard output is no terminal",
		"explore --grid --limit 9 --json":     "grid: shows all orders on the screen, and has no use for --limit, --json",
		"explore --grid --fps 0":              "fps: want 1 to 60",
		"explore --grid --strategy spin -n 1": "unknown flag -n",
	} {
		if code, stdout, stderr := locktop(t, strings.Fields(args)...); code != exitUsage || !strings.Contains(stderr, want) || stdout != "" {
			t.Errorf("%s: exit %d, stdout %q, stderr %q", args, code, stdout, stderr)
		}
	}
}
