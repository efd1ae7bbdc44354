package sim

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// logText is a log as it is printed, with the times in milliseconds.
func logText(lines []LogLine) string {
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&b, "%d c%d %s\n", l.At.Milliseconds(), l.Client, l)
	}
	return b.String()
}

// interleaved are events of three clients in which tries of two come by turns.
func interleaved() []Event {
	at := func(ms int, client int, kind Kind) Event {
		return Event{At: time.Duration(ms) * time.Millisecond, Client: client, Kind: kind}
	}
	event := func(e Event, change func(*Event)) Event { change(&e); return e }
	return []Event{
		event(at(0, 1, Received), func(e *Event) { e.Alert, e.Latency = 1, 20*time.Millisecond }),
		at(1, 2, Received), at(1, 3, Received),
		at(2, 1, Attempted), at(2, 2, Attempted), at(2, 3, Attempted),
		at(3, 1, Granted), at(3, 2, Failed), at(4, 3, Failed), at(5, 2, Attempted), at(6, 2, Failed), at(6, 3, Attempted), at(7, 3, Failed),
		event(at(7, 1, Read), func(e *Event) { e.Value = "" }),
		at(8, 2, Attempted), at(8, 2, Failed),
		event(at(9, 1, Written), func(e *Event) { e.Value = "20.000000:1" }), at(10, 1, Acked), at(10, 1, Released),
		at(11, 2, Attempted), at(12, 2, Granted), at(12, 3, Attempted), at(13, 3, Failed),
		event(at(14, 0, Faulted), func(e *Event) { e.Text, e.Lease = "reset", longestLease }),
		at(15, 3, Attempted), at(16, 3, Granted), at(17, 2, Released), at(18, 2, Expired),
	}
}

// TestTriesInARowAreOneLine for each client, however they are interleaved, with their count and the time they took.
func TestTriesInARowAreOneLine(t *testing.T) {
	lane := Config{Lanes: []string{"spin"}, Clients: 3}.LaneInfo(0)
	b := NewBoard(lane)
	var told []LogLine
	logger := NewLogger([]LaneInfo{lane}, func(_ LaneInfo, l LogLine) { told = append(told, l) })
	for _, e := range interleaved() {
		b.Apply(e)
		logger.Event(0, e)
	}
	const reset = "14 c0 reset_all: the lock is free now; c2, which had it, is alive and does not know\n"
	for client, want := range []string{
		"",
		"3 c1 Got the lock.\n10 c1 user_id = 1, recv_time = 20.0, recv_time_sum = 20.0, count_clients = 1\n" + reset,
		"12 c2 Someone else has the lock. (3 tries in 9.0 ms)\n12 c2 Got the lock.\n" + reset + "18 c2 NotAcquired: the lock was reset\n",
		reset + "16 c3 Someone else has the lock. (3 tries in 12.0 ms)\n16 c3 Got the lock.\n",
	} {
		if got := logText(b.Snapshot(0, View{Log: client}).Log); got != want {
			t.Errorf("the log of c%d is\n%swant\n%s", client, got, want)
		}
	}
	if !slices.IsSortedFunc(told, func(a, b LogLine) int { return int(a.At - b.At) }) {
		t.Errorf("told out of order:\n%s", logText(told))
	}
	if want := 8; len(told) != want || told[4].Kind != Faulted {
		t.Errorf("%d lines were told, want %d, with the reset once:\n%s", len(told), want, logText(told))
	}
	waits := NewBoard(lane)
	for _, e := range interleaved()[:16] {
		waits.Apply(e)
	}
	if got, want := logText(waits.Snapshot(0, View{Log: 2}).Log), "8 c2 Someone else has the lock. (3 tries in 5.0 ms so far)\n"; got != want {
		t.Errorf("while it still tries the log is %q, want %q", got, want)
	}
}

// TestTheLogsAreTheSameEverywhere: told one by one, looked back at on a tape, and folded again. It has a run with faults and a change in every lane.
func TestTheLogsAreTheSameEverywhere(t *testing.T) {
	cfg := resetting(t, "spin", "crash:lane=1:at=read:nth=3", "reset:lane=1:at=read:nth=3:after=300ms", "pause:lane=2:at=write:nth=2:for=100ms", "reset:lane=2:at=read:nth=9")
	change, err := ParseChange("strategy=fair:lane=3:after=100ms")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Lanes, cfg.Changes = []string{"spin", "block", "none", "watch"}, []Change{change}
	e := open(t, cfg)
	told := make([][]LogLine, len(cfg.Lanes))
	logger := NewLogger(cfg.LaneInfos(), func(lane LaneInfo, l LogLine) { told[lane.Index] = append(told[lane.Index], l) })
	e.OnEvent(logger.Event)
	tapes := e.Tapes()
	if err := e.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	views := make([]View, len(cfg.Lanes))
	for client := 1; client <= cfg.Clients; client++ {
		for i := range views {
			views[i].Log = client
		}
		for i, s := range e.Snapshots(views...) {
			var want []LogLine
			for _, l := range told[i] {
				if l.Client == client || l.Client == 0 {
					want = append(want, l)
				}
			}
			if len(want) < 6 || logText(s.Log) != logText(want) {
				t.Errorf("lane %d, c%d: the log is\n%stold were\n%s", i+1, client, logText(s.Log), logText(want))
			}
			_, end := tapes[i].Span()
			if back := tapes[i].At(end, views[i]); logText(back.Log) != logText(s.Log) {
				t.Errorf("lane %d, c%d: on the tape the log is\n%snot\n%s", i+1, client, logText(back.Log), logText(s.Log))
			}
		}
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

// TestALogIsBounded, and says how much is missing.
func TestALogIsBounded(t *testing.T) {
	lane := Config{Lanes: []string{"spin"}, Clients: 1000}.LaneInfo(0)
	b := NewBoard(lane)
	const lines = 500
	for n := range lines {
		b.Apply(Event{At: time.Duration(n), Client: 7, Kind: Granted})
	}
	s := b.Snapshot(0, View{Log: 7})
	limit := logLimit(1000)
	if n := len(s.Log); n < limit || n > 2*limit || s.LogBefore+int64(n) != lines || s.Log[n-1].At != lines-1 {
		t.Errorf("of %d lines %d are kept and %d are missing, want %d to %d", lines, n, s.LogBefore, limit, 2*limit)
	}
	copied := b.clone()
	b.Apply(Event{At: lines, Client: 7, Kind: Granted})
	if s := copied.Snapshot(0, View{Log: 7}); s.LogBefore+int64(len(s.Log)) != lines {
		t.Error("a copy of the board shares its log")
	}
	crowd := NewBoard(Config{Lanes: []string{"spin"}, Clients: MostLogs + 1}.LaneInfo(0))
	crowd.Apply(Event{Client: 7, Kind: Granted})
	if s := crowd.Snapshot(0, View{Log: 7}); len(s.Log) > 0 {
		t.Errorf("with %d clients logs are kept", MostLogs+1)
	}
}
