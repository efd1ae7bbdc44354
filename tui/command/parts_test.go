package command

import (
	"encoding/json"
	"path/filepath"
	"reflect"
	"testing"
)

// TestAChangedStrategyIsJudgedByItsPresentPart: by --check, in JSON, and when it is replayed.
func TestAChangedStrategyIsJudgedByItsPresentPart(t *testing.T) {
	type updates struct{ Acked, Kept, Lost, Unknown, Clobbers, Ambiguous, Foreign int64 }
	type report struct {
		Lanes []struct {
			Verdict string
			Updates updates
			Parts   []struct {
				Strategy, Verdict string
				SinceMS           float64 `json:"since_ms"`
				Updates           updates
			}
		}
	}
	recorded := filepath.Join(t.TempDir(), "run.jsonl")
	var reports [2]report
	for i, args := range [][]string{
		{"--lanes", "none", "--deterministic", "--alerts", "16", "--change", "strategy=block:alert=8", "--check", "--json", "--record", recorded},
		{"replay", recorded, "--json"},
	} {
		code, stdout, stderr := locktop(t, args...)
		if code != exitDone {
			t.Fatalf("%v: exit %d: %s", args, code, stderr)
		}
		if err := json.Unmarshal([]byte(stdout), &reports[i]); err != nil {
			t.Fatal(err)
		}
	}
	l := reports[0].Lanes[0]
	if len(l.Parts) != 2 || l.Verdict != "correct" {
		t.Fatalf("%+v", l)
	}
	none, block := l.Parts[0], l.Parts[1]
	if none.Strategy != "none" || none.Verdict != "wrong" || none.SinceMS != 0 || none.Updates.Lost == 0 || none.Updates.Lost != l.Updates.Lost {
		t.Errorf("as none: %+v", none)
	}
	if block.Strategy != "block" || block.Verdict != "correct" || block.SinceMS <= 0 || block.Updates.Lost != 0 || block.Updates.Acked+none.Updates.Acked != l.Updates.Acked {
		t.Errorf("as block: %+v", block)
	}
	if !reflect.DeepEqual(reports[0], reports[1]) {
		t.Errorf("replayed it is %+v, it was %+v", reports[1], reports[0])
	}
	if code, _, stderr := locktop(t, "--lanes", "block", "--deterministic", "--alerts", "16", "--change", "strategy=none:alert=8", "--check", "--headless"); code != exitNotCorrect {
		t.Errorf("a lane that loses updates now: exit %d: %s", code, stderr)
	}
}
