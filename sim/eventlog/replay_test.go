package eventlog_test

import (
	"fmt"
	"strings"
	"testing"

	"locktop/sim"
	"locktop/sim/eventlog"
)

// TestFoldChecksTheAccounts: the checks at the end of a run are those of its log.
func TestFoldChecksTheAccounts(t *testing.T) {
	cfg := sim.Defaults()
	cfg.Lanes, cfg.Clients, cfg.Alerts = []string{"none"}, 1, 1
	cfg.Faults = []sim.Fault{{Kind: sim.Crash, Nth: 9, At: sim.AtWrite}}
	run := []entry{
		{0, sim.Event{Kind: sim.Received, Client: 1, Alert: 1, Latency: 7 * ms}},
		{0, sim.Event{Kind: sim.Read, Client: 1}},
		{0, sim.Event{Kind: sim.Written, Client: 1, Value: "7.000000:1"}},
		{0, sim.Event{Kind: sim.Acked, Client: 1}},
		{0, sim.Event{Kind: sim.Finished, Client: 1}},
	}
	found := sim.Event{Kind: sim.Read, Value: "7.000000:1"}
	for _, c := range []struct {
		sentence string
		end      []sim.Event
		failed   string // the check that does; empty if all hold
		verdict  sim.Verdict
	}{
		{"all is well", []sim.Event{found, {Kind: sim.Audited, Value: "7.000000:1"}, {Kind: sim.Stopped}}, "", sim.Undecided},
		{"the receipts tell another sum", []sim.Event{found, {Kind: sim.Audited, Value: "8.000000:1"}, {Kind: sim.Stopped}}, "Σ(received − sent) in Redis is 8ms over 1 receipts", sim.Wrong},
		{"there are no receipts", []sim.Event{found, {Kind: sim.Audited, Value: "0.000000:0"}, {Kind: sim.Stopped}}, "Σ(received − sent) in Redis is 0s", sim.Wrong},
		{"nobody has looked at the receipts", []sim.Event{found, {Kind: sim.Stopped}}, "", sim.Undecided},
		{"the final value is not known", []sim.Event{{Kind: sim.Stopped}}, "the final value could not be read", sim.Undecided},
		{"the log ends before the lane does", []sim.Event{found, {Kind: sim.Audited, Value: "8.000000:1"}}, "", sim.Undecided},
	} {
		entries := append([]entry(nil), run...)
		for _, e := range c.end {
			entries = append(entries, entry{0, e})
		}
		text := contents(t, write(t, eventlog.NewHeader(cfg, "spawn", "7.0.15"), eventlog.End{Elapsed: ms, Speed: 2}, entries...))
		r, err := eventlog.NewReader(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		told := 0
		result, err := eventlog.Fold(r, func(int, sim.Event) { told++ })
		l := result.Lanes[0]
		if err != nil || told != len(entries) || result.Elapsed != ms || result.Config.Speed != 2 || result.Backend != "spawn" || result.Embedded {
			t.Errorf("%s: told of %d events, %+v: %v", c.sentence, told, result, err)
		}
		if failed := strings.Join(l.Failed, "; "); (failed == "") != (c.failed == "") || !strings.Contains(failed, c.failed) || l.Verdict != c.verdict {
			t.Errorf("%s: it is %s, and %q, want %s, and %q", c.sentence, l.Verdict, failed, c.verdict, c.failed)
		}
	}
}

// TestFoldNamesFaultsThatNeverStruck as they were written.
func TestFoldNamesFaultsThatNeverStruck(t *testing.T) {
	fault := sim.Fault{Kind: sim.Crash, Lane: 2, At: sim.AtWrite, Nth: 9}
	text := contents(t, write(t, aHeader(), eventlog.End{},
		entry{1, sim.Event{Kind: sim.Unstruck, Text: fault.String()}}, entry{1, sim.Event{Kind: sim.Stopped}}))
	r, err := eventlog.NewReader(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	result, err := eventlog.Fold(r)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(result.Lanes[1].NeverStruck); got != fmt.Sprint([]sim.Fault{fault}) || len(result.Lanes[0].NeverStruck) > 0 {
		t.Errorf("never struck: %s, want %v", got, fault)
	}
}
