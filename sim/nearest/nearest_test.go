package nearest_test

import (
	"testing"

	"locktop/sim/nearest"
)

func TestWhatMayHaveBeenMeant(t *testing.T) {
	known := []string{"none", "spin", "poll", "backoff", "block", "fair", "watch", "atomic", "redlock", "fenced", "fenced-write"}
	for word, want := range map[string]string{
		"spni": "spin", "blok": "block", "Block": "block", "backof": "backoff", "fencd": "fenced", "fencedwrite": "fenced-write",
		"redlok": "redlock", "atomik": "atomic", "wath": "watch", "pol": "poll", "redl": "redlock",
		"": "", "x": "", "mutex": "", "zookeeper": "", "lock": "block",
	} {
		near, ok := nearest.To(word, known)
		if near != want || ok != (want != "") {
			t.Errorf("%q is near %q, want %q", word, near, want)
		}
	}
	if got := nearest.Hint("spni", known); got != `; did you mean "spin"?` {
		t.Errorf("the hint is %q", got)
	}
	if got := nearest.Hint("zookeeper", []string{"none", "spin"}); got != "; known are none, spin" {
		t.Errorf("the hint is %q", got)
	}
}
