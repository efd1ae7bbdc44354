package sim

import (
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"locktop/sim/clock"
)

const ms = time.Millisecond

// boardOf folds events that happen a millisecond apart.
func boardOf(lane LaneInfo, events ...Event) *Board {
	b := NewBoard(lane)
	for i, e := range events {
		e.At = time.Duration(i+1) * ms
		b.Apply(e)
	}
	return b
}

func TestBoardCountsTheLock(t *testing.T) {
	b := boardOf(LaneInfo{Critical: true, Locks: true, Clients: 3, Lease: 100 * ms},
		Event{Client: 1, Kind: Attempted},
		Event{Client: 1, Kind: Granted, Lease: 100 * ms, Commands: 1},
		Event{Client: 2, Kind: Attempted},
		Event{Client: 2, Kind: Failed, Commands: 1},
		Event{Client: 3, Kind: Attempted},
		Event{Client: 2, Kind: Attempted},
		Event{Client: 2, Kind: Failed, Commands: 1},
		Event{Client: 3, Kind: Failed, Commands: 1},
	)
	s := b.Snapshot(20*ms, View{First: 1, Count: 3})
	if s.Attempts != 4 || s.Failures != 3 || s.Retries != 1 || s.Acquired != 1 || s.Commands != 4 {
		t.Errorf("counts: %+v", s)
	}
	if s.Holder != 1 || s.LeaseLeft != 82*ms {
		t.Errorf("holder %d, lease left %v; want client 1 with 82ms", s.Holder, s.LeaseLeft)
	}
	if s.InsideCount != 1 || !slices.Equal(s.Inside, []int{1}) || !slices.Equal(s.Waiting, []int{2, 3}) {
		t.Errorf("inside %v, waiting %v", s.Inside, s.Waiting)
	}
	if c := s.Clients[1]; c.Phase != Waiting || c.Failures != 2 || c.Retries != 1 {
		t.Errorf("client 2: %+v", c)
	}
	b.Apply(Event{At: 30 * ms, Client: 1, Kind: Released})
	b.Apply(Event{At: 31 * ms, Client: 2, Kind: Attempted})
	b.Apply(Event{At: 32 * ms, Client: 2, Kind: Granted, Lease: 100 * ms})
	s = b.Snapshot(500*ms, View{})
	if s.Holder != 2 || s.LeaseLeft != 0 || s.MaxInside != 1 || s.Overlaps != 0 || s.WaitingCount != 1 {
		t.Errorf("after the hand-over: %+v", s)
	}
	if s.WaitMax < 29*ms || s.WaitMax > 30*ms {
		t.Errorf("client 2 waited 29ms, the histogram says %v", s.WaitMax)
	}
	b.Apply(Event{At: 600 * ms, Client: 3, Kind: Granted})
	if s = b.Snapshot(600*ms, View{}); s.Overlaps != 1 || s.MaxInside != 2 {
		t.Errorf("two grants overlap: %+v", s)
	}
	b.Apply(Event{At: 601 * ms, Client: 2, Kind: Released})
	b.Apply(Event{At: 602 * ms, Client: 2, Kind: Expired})
	if s = b.Snapshot(602*ms, View{}); s.Holder != 3 || s.Expired != 1 || s.InsideCount != 1 {
		t.Errorf("a stale release must not take the new holder's place: %+v", s)
	}
}

func TestBoardJudgesOnlyWhatCouldGoWrong(t *testing.T) {
	update := func(client int, base, value, found string) []Event {
		return []Event{
			{Client: client, Kind: Received, Alert: 1, Latency: ms},
			{Client: client, Kind: Read, Value: base},
			{Client: client, Kind: Written, Base: base, Value: value},
			{Client: client, Kind: Acked, Value: found},
		}
	}
	alone := slices.Concat(update(1, "", "1.000000:1", ""), update(2, "1.000000:1", "2.000000:2", "1.000000:1"))
	if v := boardOf(LaneInfo{Critical: true, Clients: 2}, alone...).Snapshot(0, View{}).Verdict; v != Undecided {
		t.Errorf("one update after the other: %s", v)
	}
	together := slices.Concat([]Event{{Client: 2, Kind: Received, Alert: 1, Latency: ms}}, alone)
	if v := boardOf(LaneInfo{Critical: true, Clients: 2}, together...).Snapshot(0, View{}).Verdict; v != Correct {
		t.Errorf("two updates under way, none lost: %s", v)
	}
	racing := slices.Concat(update(1, "", "1.000000:1", ""), update(2, "", "1.100000:1", "1.000000:1"))
	if v := boardOf(LaneInfo{Critical: true, Clients: 2}, racing...).Snapshot(0, View{}).Verdict; v != Wrong {
		t.Errorf("one update lost: %s", v)
	}
}

func TestJainIsFrozenWhenTheFirstClientFinishes(t *testing.T) {
	b := NewBoard(LaneInfo{Critical: true, Clients: 2})
	write := func(client int, base, value string) {
		b.Apply(Event{Client: client, Kind: Received, Latency: ms})
		b.Apply(Event{Client: client, Kind: Written, Base: base, Value: value})
		b.Apply(Event{Client: client, Kind: Acked, Value: base})
	}
	if j := b.Snapshot(0, View{}).Jain; j != 1 {
		t.Errorf("before anything: %v", j)
	}
	write(1, "", "1.000000:1")
	write(1, "1.000000:1", "2.000000:2")
	if j := b.Snapshot(0, View{}).Jain; math.Abs(j-0.5) > 1e-9 {
		t.Errorf("one client has made all updates: %v, want 0.5", j)
	}
	b.Apply(Event{Client: 1, Kind: Finished})
	write(2, "2.000000:2", "3.000000:3")
	write(2, "3.000000:3", "4.000000:4")
	if j := b.Snapshot(0, View{}).Jain; math.Abs(j-0.5) > 1e-9 {
		t.Errorf("after the first has finished: %v, want 0.5 still", j)
	}
}

func TestCurveAndTimelinesAreBounded(t *testing.T) {
	b := NewBoard(LaneInfo{Critical: true, Clients: 1})
	base := ""
	var avg Average
	for i := range 50_000 {
		avg = avg.Add(ms + time.Duration(i))
		at := time.Duration(i) * ms
		b.Apply(Event{At: at, Client: 1, Kind: Received, Latency: ms + time.Duration(i)})
		b.Apply(Event{At: at, Client: 1, Kind: Read, Value: base})
		b.Apply(Event{At: at, Client: 1, Kind: Written, Base: base, Value: avg.String()})
		b.Apply(Event{At: at, Client: 1, Kind: Acked, Value: base})
		base = avg.String()
	}
	s := b.Snapshot(50*time.Second, View{First: 1, Count: 1})
	if n := len(s.Curve); n < mostPoints/4 || n > mostPoints+1 {
		t.Errorf("%d points on the curve", n)
	}
	if last := s.Curve[len(s.Curve)-1]; math.Abs(last.Redis-avg.Mean()) > 1e-9 || math.Abs(last.True-avg.Mean()) > 1e-9 {
		t.Errorf("the curve ends at %+v, want %v", last, avg.Mean())
	}
	if row := s.Clients[0].Row; row.Cells != nil {
		t.Errorf("a timeline that nobody wants: %v", row)
	}
	s = b.Snapshot(50*time.Second, View{First: 1, Count: 1, Cells: 50, Zoom: 3})
	if row := s.Clients[0].Row; len(row.Cells) != 50 || row.Cells[48].Mark() != MarkWrite || row.First != 50_000-49 {
		t.Errorf("the timeline is %+v", row)
	}
	if n := len(b.clients[1].track.cells); n != mostTrack*Zooms {
		t.Errorf("the timelines of one client have %d cells", n)
	}
}

func TestSnapshotsDoNotChange(t *testing.T) {
	b := NewBoard(LaneInfo{Critical: true, Clients: 2})
	base := ""
	var avg Average
	var first *Snapshot
	for i := range 5_000 {
		avg = avg.Add(ms + time.Duration(i))
		at := time.Duration(i) * ms
		b.Apply(Event{At: at, Client: 1, Kind: Read, Value: base})
		b.Apply(Event{At: at, Client: 1, Kind: Written, Base: base, Value: avg.String()})
		b.Apply(Event{At: at, Client: 1, Kind: Acked, Value: base})
		base = avg.String()
		if i == 700 {
			first = b.Snapshot(at, View{First: 1, Count: 2})
		}
	}
	for i, p := range first.Curve {
		if p.At > 700*ms || (i > 0 && p.At < first.Curve[i-1].At) {
			t.Fatalf("point %d of an old snapshot became %+v", i, p)
		}
	}
}

func TestRecorderLosesNothing(t *testing.T) {
	clk := clock.New(1)
	defer clk.Close()
	r := NewRecorder(clk, NewBoard(LaneInfo{Critical: true, Clients: 16, Locks: true}))
	ctx, cancel := context.WithCancel(context.Background())
	folded := make(chan struct{})
	go func() { defer close(folded); r.run(ctx) }()
	const each = 20_000
	done := make(chan struct{})
	for c := range 16 {
		go func() {
			for range each {
				r.Record(Event{Client: c + 1, Kind: Failed, Commands: 2})
			}
			done <- struct{}{}
		}()
	}
	for range 16 {
		<-done
		r.Snapshot(View{First: 1, Count: 16})
	}
	cancel()
	<-folded
	s := r.Snapshot(View{})
	if s.Events != 16*each || s.Failures != 16*each || s.Commands != 2*16*each {
		t.Errorf("%d events, %d failures, %d commands; want %d of each kind", s.Events, s.Failures, s.Commands, 16*each)
	}
}

func TestRecorderGoesOnAfterAPanic(t *testing.T) {
	clk := clock.New(1)
	defer clk.Close()
	r := NewRecorder(clk, NewBoard(LaneInfo{Critical: true, Clients: 2, Locks: true}))
	r.log = func(Event) { panic("boom") }
	r.Record(Event{Client: 1, Kind: Failed})
	if err := guard(func() error { r.Fold(); return nil }); err == nil {
		t.Fatal("no panic")
	}
	var told []int
	r.log = func(e Event) {
		told = append(told, e.Client)
		if e.Client == 1 { // events that come during a fold keep out of it
			r.Record(Event{Client: 3, Kind: Failed})
			r.Record(Event{Client: 4, Kind: Failed})
		}
	}
	r.Record(Event{Client: 1, Kind: Failed})
	r.Record(Event{Client: 2, Kind: Failed})
	r.Fold()
	r.Fold()
	if !slices.Equal(told, []int{1, 2, 3, 4}) {
		t.Errorf("told of %v", told)
	}
}
