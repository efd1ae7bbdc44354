package command

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTheLogIsPrinted line by line before the report, and a recording of the run has the same.
func TestTheLogIsPrinted(t *testing.T) {
	file := filepath.Join(t.TempDir(), "run.jsonl")
	code, live, stderr := locktop(t, "--preset", "article", "--deterministic", "--log", "--check", "--record", file)
	if code != exitDone {
		t.Fatalf("exit code %d, %s", code, stderr)
	}
	lines, _, ok := strings.Cut(live, "\n\nlocktop: ")
	if !ok {
		t.Fatalf("there is no report after the log:\n%.500s", live)
	}
	line := regexp.MustCompile(`^([12]) (none|spin) (c[1-6]|all)  00:\d\d\.\d{3}  (.+)$`)
	said := map[string]int{}
	for _, l := range strings.Split(lines, "\n") {
		m := line.FindStringSubmatch(l)
		if m == nil {
			t.Fatalf("the log has the line %q", l)
		}
		said[m[1]+" "+m[3]+" "+regexp.MustCompile(`[0-9.]+`).ReplaceAllString(m[4], "#")]++
	}
	for _, want := range []string{
		"2 c3 Got the lock#", "2 c3 Someone else has the lock# (# tries in # ms)", "1 c3 user_id = #, recv_time = #, recv_time_sum = #, count_clients = #",
		"2 all reset_all: the lock is free now; c#, which had it, has crashed",
	} {
		if said[want] == 0 {
			t.Errorf("nobody says %q", want)
		}
	}
	if code, again, stderr := locktop(t, "replay", file, "--log"); code != exitDone || again != live {
		t.Errorf("exit code %d, %s: the recording tells other lines:\n%.500s", code, stderr, again)
	}
	if code, _, stderr := locktop(t, "--log", "--json"); code != exitUsage || !strings.Contains(stderr, "leave one of the two out") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
}
