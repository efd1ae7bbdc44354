package command

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestTheScorecard(t *testing.T) {
	args := strings.Fields("compare --strategies none,atomic,block --clients 4 --updates 42 --work 0s")
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
