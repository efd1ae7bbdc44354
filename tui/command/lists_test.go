package command

import (
	"strings"
	"testing"

	"locktop/sim"
)

func TestTheStrategiesAreListed(t *testing.T) {
	code, stdout, _ := locktop(t, "strategies")
	if code != exitDone {
		t.Fatalf("exit %d", code)
	}
	for _, s := range sim.Strategies() {
		if !strings.Contains(stdout, "\n"+s.Name+" ") && !strings.HasPrefix(stdout, s.Name+" ") || !strings.Contains(stdout, s.Title) {
			t.Errorf("no %s in:\n%s", s.Name, stdout)
		}
	}
}
