package sim

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"
)

// tapeOf returns a tape with a log on it, in parts of some events.
func tapeOf(lane LaneInfo, log []Event, most, length int64) *Tape {
	tape := NewTape(lane, most)
	tape.length = length
	tape.Apply(log...)
	return tape
}

// all is the view of a lane with everything there is.
func all(lane LaneInfo) View {
	return View{First: 1, Count: lane.Clients, History: 1000, Cells: 400, Zoom: 3}
}

// TestATapeGoesBackToAnyMoment compares what a tape tells of every strategy, at
// moments in no order, with the fold of the events up to then.
func TestATapeGoesBackToAnyMoment(t *testing.T) {
	var fair, struck []string
	for _, s := range Strategies() {
		if !s.Broken {
			fair = append(fair, s.Name)
		}
		if s.Nodes == 1 && !s.Broken {
			struck = append(struck, s.Name)
		}
	}
	for _, c := range []struct {
		faults []string
		lanes  []string
	}{
		{nil, fair},
		{[]string{"pause:client=2:after=5ms:for=20ms", "swallow:client=1:after=10ms", "failover:after=20ms:for=15ms", "crash:client=3:after=40ms"}, struck},
	} {
		for lanes := range slices.Chunk(c.lanes, MostLanes) {
			cfg := CompareDefaults()
			cfg.Source, cfg.Lanes, cfg.Clients, cfg.Alerts = source(t, "embedded"), lanes, 5, 12
			if c.faults != nil {
				cfg.Lease = 30 * ms // some run out
			}
			for _, text := range c.faults {
				fault, err := ParseFault(text)
				if err != nil {
					t.Fatal(err)
				}
				cfg.Faults = append(cfg.Faults, fault)
			}
			result, logs := logOf(t, cfg)
			for i, l := range result.Lanes {
				testTape(t, fmt.Sprintf("%s %s", l.Lane.Name(), c.faults), l.Lane, logs[i])
			}
		}
	}
}

func testTape(t *testing.T, name string, lane LaneInfo, log []Event) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	var moments []int // after how many events
	for range 60 {
		moments = append(moments, random.IntN(len(log)+1))
	}
	// after is the number of events up to the time of the last of some.
	after := func(n int) int {
		for n > 0 && n < len(log) && log[n].At == log[n-1].At {
			n++
		}
		return n
	}
	folded := map[int]*Snapshot{}
	for _, n := range moments {
		folded[n], folded[after(n)] = nil, nil
	}
	var losses []time.Duration
	board := NewBoard(lane)
	for n, at := 0, time.Duration(0); ; n++ {
		if _, wanted := folded[n]; wanted {
			folded[n] = board.Snapshot(at, all(lane))
		}
		if n == len(log) {
			break
		}
		lost := board.ledger.Totals().Lost
		board.Apply(log[n])
		if at = log[n].At; board.ledger.Totals().Lost > lost {
			losses = append(losses, at)
		}
	}
	tape := tapeOf(lane, log, 0, 64)
	for _, n := range moments {
		if got := tape.AtEvent(int64(n), all(lane)); !reflect.DeepEqual(got, folded[n]) {
			t.Fatalf("%s: after %d of %d events the tape has\n%+v\nand the fold\n%+v", name, n, len(log), got, folded[n])
		}
		if n == 0 {
			continue
		}
		at := log[n-1].At
		if got, want := tape.At(at, all(lane)), folded[after(n)]; !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: at %v the tape has\n%+v\nand the fold\n%+v", name, at, got, want)
		}
	}
	testJumps(t, name, tape, log, losses)
}

// testJumps compares the losses and replies that a tape finds with those of the
// fold and the log.
func testJumps(t *testing.T, name string, tape *Tape, log []Event, losses []time.Duration) {
	t.Helper()
	found := map[time.Duration]bool{}
	for at, ok := tape.LossAfter(-1); ok; at, ok = tape.LossAfter(at) {
		found[at] = true
	}
	for at, ok := tape.LossBefore(1 << 62); ok; at, ok = tape.LossBefore(at) {
		if !found[at] {
			t.Errorf("%s: the loss at %v is found backwards only", name, at)
		}
	}
	for _, at := range losses {
		if !found[at] {
			t.Errorf("%s: the loss at %v is not found", name, at)
		}
	}
	n := int64(0)
	for i := range log {
		if e := &log[i]; !e.isReply() || e.Client == 0 {
			continue
		}
		next, ok := tape.NextReply(n)
		if !ok || next != int64(i+1) {
			t.Fatalf("%s: the reply after %d events is after %d, %v, not %d", name, n, next, ok, i+1)
		}
		n = next
	}
	if next, ok := tape.NextReply(n); ok {
		t.Errorf("%s: after the last reply there is one after %d events", name, next)
	}
}

// busyLog is a log in which every second update is lost.
func busyLog(updates int) (LaneInfo, []Event) {
	lane := LaneInfo{Strategy: "none", Critical: true, Clients: 2}
	var log []Event
	value, at := "", time.Duration(0)
	for i := range updates / 2 {
		base, before := value, value
		average, _ := ParseAverage(base)
		for client := 1; client <= 2; client++ {
			latency := time.Duration(i+client*1000) * time.Microsecond
			log = append(log,
				Event{At: at + 1, Client: client, Kind: Received, Alert: i + 1, Latency: latency},
				Event{At: at + 2, Client: client, Kind: Read, Value: base, Commands: 1})
		}
		for client := 1; client <= 2; client++ {
			latency := time.Duration(i+client*1000) * time.Microsecond
			value = average.Add(latency).String()
			log = append(log,
				Event{At: at + 3, Client: client, Kind: Written, Base: base, Value: value},
				Event{At: at + time.Duration(3+client), Client: client, Kind: Acked, Value: before, Commands: 1})
			before = value
		}
		at += 10
	}
	for i := range log { // the two take turns
		if i > 0 && log[i].At < log[i-1].At {
			log[i].At = log[i-1].At
		}
	}
	return lane, log
}

func TestATapeOfLimitedLengthDropsTheOldest(t *testing.T) {
	lane, log := busyLog(1000)
	const most, length = 500, 100
	tape := tapeOf(lane, log, most, length)
	first, events := tape.Events()
	from, to := tape.Span()
	if events != int64(len(log)) || to != log[len(log)-1].At {
		t.Errorf("%d events until %v, want %d until %v", events, to, len(log), log[len(log)-1].At)
	}
	if kept := events - first; kept < most || kept > most+2*length {
		t.Errorf("%d events are kept", kept)
	}
	if oldest := tape.At(0, View{}); oldest.Events != first || oldest.At != from {
		t.Errorf("the oldest state is after %d events at %v, should be after %d at %v", oldest.Events, oldest.At, first, from)
	}
	board := NewBoard(lane)
	for _, e := range log[:first+50] {
		board.Apply(e)
	}
	if got, want := tape.AtEvent(first+50, all(lane)), board.Snapshot(0, all(lane)); !reflect.DeepEqual(got, want) {
		t.Errorf("the tape has\n%+v\nand the fold\n%+v", got, want)
	}
	if at, ok := tape.LossAfter(0); !ok || at < from {
		t.Errorf("the first loss is at %v, %v, and the tape begins at %v", at, ok, from)
	}
	if at, ok := tape.LossBefore(from); ok {
		t.Errorf("before the beginning there is a loss at %v", at)
	}
}

// TestTriesCountLess: a tape of limited length reaches back nearly as far when clients try again at once.
func TestTriesCountLess(t *testing.T) {
	lane, calm := busyLog(2000)
	var flood []Event
	for _, e := range calm {
		flood = append(flood, e)
		for range triesAnEvent / 2 {
			flood = append(flood, Event{At: e.At, Client: 1, Kind: Attempted}, Event{At: e.At, Client: 1, Kind: Failed})
		}
	}
	const most, length = 2000, 100
	reaches := func(log []Event) time.Duration {
		tape := tapeOf(lane, log, most, length)
		from, to := tape.Span()
		if at, ok := tape.LossBefore(from + (to-from)/10); !ok || at < from {
			t.Errorf("the first loss is at %v, %v, and the tape begins at %v", at, ok, from)
		}
		return to - from
	}
	if calm, flood := reaches(calm), reaches(flood); 3*flood < calm {
		t.Errorf("the tape reaches back %v, and with tries %v", calm, flood)
	}
}

func TestAnEmptyTape(t *testing.T) {
	lane := LaneInfo{Strategy: "none", Clients: 2}
	tape := NewTape(lane, 0)
	if s := tape.At(time.Second, all(lane)); s.Events != 0 || s.At != time.Second || len(s.Clients) != 2 {
		t.Errorf("it has %+v", s)
	}
	if _, ok := tape.NextReply(0); ok {
		t.Error("it has a reply")
	}
	if _, ok := tape.LossBefore(time.Hour); ok {
		t.Error("it has a loss")
	}
}

// TestATapeIsReadWhileItGrows, from several goroutines.
func TestATapeIsReadWhileItGrows(t *testing.T) {
	lane, log := busyLog(4000)
	tape := NewTape(lane, 2000)
	tape.length = 100
	var readers sync.WaitGroup
	done := make(chan struct{})
	for seed := range uint64(3) {
		readers.Go(func() {
			random := rand.New(rand.NewPCG(seed, 1))
			for {
				first, events := tape.Events()
				n := first + random.Int64N(events-first+1)
				if s := tape.AtEvent(n, all(lane)); s.Events < n || s.Kept+s.Lost != s.Acked {
					t.Errorf("after %d events the tape has %+v", n, s.Totals)
				}
				tape.NextReply(n)
				tape.LossBefore(1 << 62)
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for _, e := range log {
		tape.Apply(e)
	}
	close(done)
	readers.Wait()
}

// TestEventsArePackedWhole, whatever fields they have.
func TestEventsArePackedWhole(t *testing.T) {
	events := []Event{{}, {At: 5, Kind: Read, Client: 3, Value: "\xff\x00"}, {At: 4, Latency: -7}}
	for i := range reflect.TypeFor[Event]().NumField() {
		e := Event{At: time.Hour}
		switch f := reflect.ValueOf(&e).Elem().Field(i); {
		case f.CanInt():
			f.SetInt(123456)
		case f.CanUint():
			f.SetUint(7)
		default:
			f.SetString("51.250000:1")
		}
		events = append(events, e)
	}
	var p packer
	var u unpacker
	for i := range events {
		u.packed = p.pack(u.packed, &events[i])
	}
	for i, want := range events {
		if got, ok := u.next(); !ok || got != want {
			t.Errorf("event %d: unpacked is %+v, packed was %+v", i, got, want)
		}
	}
	if e, ok := u.next(); ok {
		t.Errorf("behind the last is %+v", e)
	}
}

// BenchmarkTape is what the screen's steps back cost, at their dearest: to the end
// of a part that is not the reader's.
func BenchmarkTape(b *testing.B) {
	lane, log := busyLog(4 * partLength)
	tape := tapeOf(lane, log, 0, partLength)
	b.Run("apply", func(b *testing.B) {
		b.ReportAllocs()
		tape := NewTape(lane, liveLength(lane))
		for i := range b.N {
			tape.Apply(log[i%len(log)])
		}
	})
	b.Run("back", func(b *testing.B) {
		for i := range b.N {
			tape.AtEvent(int64(i%2+1)*partLength, all(lane))
		}
	})
	b.Run("forward", func(b *testing.B) {
		for i := range b.N {
			tape.AtEvent(partLength+int64(i)%partLength, all(lane))
		}
	})
	b.Run("copy", func(b *testing.B) {
		for b.Loop() {
			tape.head.clone()
		}
	})
}
