package sim

import (
	"slices"
	"testing"
)

// TestTheHistoryIsTheTree: for every order of three clients, the history has each
// write once, behind the version it was computed from, and what brute force says of
// it.
func TestTheHistoryIsTheTree(t *testing.T) {
	for _, s := range orders(3) {
		events, want := play(s, distinct)
		history := fold(events, want.final).History(10)
		if len(history) != 3 {
			t.Fatalf("%v: %d versions, want 3", s, len(history))
		}
		heads := 0
		for i, v := range history {
			lost := slices.Contains(want.lost, v.Client)
			if v.Kept == lost || !v.Acked || v.Forgotten {
				t.Errorf("%v: %+v, brute force says lost: %v", s, v, lost)
			}
			if lost && v.Killer != want.killers[v.Client] {
				t.Errorf("%v: c%d was erased by c%d, brute force says c%d", s, v.Client, v.Killer, want.killers[v.Client])
			}
			if v.Head {
				heads++
			}
			switch {
			case v.Parent < 0 && v.Base.Count != 0:
				t.Errorf("%v: %+v has no parent", s, v)
			case v.Parent >= 0 && (v.Parent <= i || history[v.Parent].Value != v.Base):
				t.Errorf("%v: the parent of %+v is %+v", s, v, history[v.Parent])
			}
		}
		if heads != 1 {
			t.Errorf("%v: %d heads", s, heads)
		}
	}
	if got := fold(nil, "").History(10); len(got) != 0 {
		t.Errorf("without a write the history is %v", got)
	}
}

// TestTheHistoryIsAsLongAsWanted, and its parents do not point out of it.
func TestTheHistoryIsAsLongAsWanted(t *testing.T) {
	events, want := play(orders(3)[0], distinct)
	history := fold(events, want.final).History(2)
	if len(history) != 2 || history[1].Parent != -1 {
		t.Errorf("%+v", history)
	}
}
