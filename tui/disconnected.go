package tui

import (
	"fmt"

	"locktop/sim"
)

// disconnected returns a lane whose Redis does not answer, the one that lost it first;
// nil if all are connected.
func (f *Frame) disconnected() (first *sim.Snapshot) {
	for _, s := range f.Snapshots {
		if s.Down && (first == nil || s.Outage.At < first.Outage.At) {
			first = s
		}
	}
	return first
}

// disconnectedText says in place of a verdict that Redis does not answer; the higher
// the level, the shorter.
func disconnectedText(s *sim.Snapshot, level int) string {
	since := clockText(s.Outage.At)
	next := "trying again"
	if s.Stopped {
		next = "it did not come back"
	}
	switch {
	case level == 0:
		return fmt.Sprintf("✗ DISCONNECTED since %s, %s (%s)", since, next, s.Outage.Text)
	case level == 1:
		return fmt.Sprintf("✗ DISCONNECTED since %s, %s", since, next)
	case level < 4:
		return "✗ DISCONNECTED since " + since
	case level < 6:
		return "✗ DISCONNECTED"
	}
	return "✗"
}
