package sim

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"
)

// courseLog is the log of a lane with a lock whose clients wait for random times, and what happened in it.
type courseLog struct {
	lane   LaneInfo
	events []Event
	waits  []happened // and how long each was
	kept   []happened
	queue  []happened // how many wait from then on
}

type happened struct {
	at    time.Duration
	value float64
}

func newCourseLog(seed uint64, updates int) courseLog {
	random := rand.New(rand.NewPCG(seed, 7))
	l := courseLog{lane: LaneInfo{Strategy: "spin", Locks: true, Critical: true, Clients: 4}}
	var average Average
	waiting := map[int]time.Duration{}
	at := time.Duration(0)
	add := func(e Event) { e.At = at; l.events = append(l.events, e) }
	for i := range updates {
		for len(waiting) == 0 || len(waiting) < 4 && random.IntN(2) == 0 {
			at += time.Duration(random.IntN(int(3 * ms)))
			c := 1 + random.IntN(4)
			if _, waits := waiting[c]; waits {
				continue
			}
			waiting[c] = at
			add(Event{Client: c, Kind: Received, Alert: i, Latency: ms + time.Duration(i)})
			add(Event{Client: c, Kind: Attempted})
			l.queue = append(l.queue, happened{at, float64(len(waiting))})
		}
		at += time.Duration(random.ExpFloat64() * float64(5*ms))
		var holders []int
		for c := range waiting {
			holders = append(holders, c)
		}
		slices.Sort(holders)
		holder := holders[random.IntN(len(holders))]
		l.waits = append(l.waits, happened{at, (at - waiting[holder]).Seconds()})
		delete(waiting, holder)
		add(Event{Client: holder, Kind: Granted})
		l.queue = append(l.queue, happened{at, float64(len(waiting))})
		base := average.String()
		if average.Count == 0 {
			base = ""
		}
		latency := lastLatency(l.events, holder)
		average = average.Add(latency)
		add(Event{Client: holder, Kind: Read, Value: base})
		at += ms
		add(Event{Client: holder, Kind: Written, Base: base, Value: average.String()})
		add(Event{Client: holder, Kind: Acked, Value: base})
		l.kept = append(l.kept, happened{at, 1})
		add(Event{Client: holder, Kind: Released})
	}
	return l
}

// lastLatency is that of the last alert a client has received.
func lastLatency(log []Event, client int) time.Duration {
	for i := len(log) - 1; i >= 0; i-- {
		if log[i].Client == client && log[i].Kind == Received {
			return log[i].Latency
		}
	}
	return 0
}

// TestTheCourseOfALane compares every stretch with a search of the whole log.
func TestTheCourseOfALane(t *testing.T) {
	for seed := range uint64(6) {
		l := newCourseLog(seed, 40<<(2*(seed%4)))
		b := NewBoard(l.lane)
		for _, e := range l.events {
			b.Apply(e)
		}
		now := l.events[len(l.events)-1].At + 70*ms
		for _, most := range []int{mostStretches, 32, 5, 1} {
			parts := b.Snapshot(now, View{}).Course.Stretches(most)
			if len(parts) > most || len(parts) < most/4 && parts[0].To > 2*leastStep {
				t.Fatalf("seed %d: %d stretches, want at most %d", seed, len(parts), most)
			}
			if n := len(parts); now-parts[n-1].To > parts[0].To {
				t.Fatalf("seed %d: the course ends at %v, and now is %v", seed, parts[n-1].To, now)
			}
			for i, p := range parts {
				if i > 0 && p.From != parts[i-1].To || i == 0 && p.From != 0 {
					t.Fatalf("seed %d: a stretch begins at %v", seed, p.From)
				}
				testStretch(t, &l, p)
			}
		}
	}
}

func testStretch(t *testing.T, l *courseLog, p Stretch) {
	t.Helper()
	in := func(h happened) bool { return p.From <= h.at && h.at < p.To }
	var waits []float64
	for _, w := range l.waits {
		if in(w) {
			waits = append(waits, w.value)
		}
	}
	slices.Sort(waits)
	if p.Waits != int64(len(waits)) {
		t.Fatalf("from %v to %v %d waits ended, want %d", p.From, p.To, p.Waits, len(waits))
	}
	for percent, got := range map[int]time.Duration{50: p.WaitP50, 99: p.WaitP99} {
		if len(waits) == 0 {
			continue
		}
		want := waits[(len(waits)*percent+99)/100-1]
		if math.Abs(got.Seconds()-want) > want*0.02+2e-6 {
			t.Fatalf("from %v to %v p%d is %v, want %vs", p.From, p.To, percent, got, want)
		}
	}
	if len(waits) > 0 && math.Abs(p.WaitMax.Seconds()-waits[len(waits)-1]) > 1e-9 {
		t.Fatalf("from %v to %v the longest wait is %v, want %vs", p.From, p.To, p.WaitMax, waits[len(waits)-1])
	}
	kept := int64(0)
	for _, k := range l.kept {
		if in(k) {
			kept++
		}
	}
	if p.Kept != kept {
		t.Fatalf("from %v to %v %d updates were kept, want %d", p.From, p.To, p.Kept, kept)
	}
	area, most, now, since := 0.0, 0.0, 0.0, time.Duration(0)
	for _, q := range append(slices.Clone(l.queue), happened{p.To, 0}) {
		if from, to := max(since, p.From), min(q.at, p.To); to > from {
			area += now * (to - from).Seconds()
			most = max(most, now)
		}
		now, since = q.value, q.at
		if in(q) {
			most = max(most, now)
		}
	}
	if got, want := p.Waiting, area/(p.To-p.From).Seconds(); math.Abs(got-want) > 1e-6 {
		t.Fatalf("from %v to %v %v clients waited, want %v", p.From, p.To, got, want)
	}
	if p.MostWaiting != int(most) {
		t.Fatalf("from %v to %v at most %d clients waited, want %v", p.From, p.To, p.MostWaiting, most)
	}
}

// TestTheCourseStaysAsItWasTaken, and goes on while nothing happens, until the lane is over.
func TestTheCourseStaysAsItWasTaken(t *testing.T) {
	l := newCourseLog(1, 3000)
	b := NewBoard(l.lane)
	type taken struct {
		s    *Snapshot
		then []Stretch
	}
	var all []taken
	for i, e := range l.events {
		if b.Apply(e); i%997 == 0 {
			s := b.Snapshot(e.At+25*ms, View{})
			all = append(all, taken{s, s.Course.Stretches(mostStretches)})
		}
	}
	for _, before := range all {
		if now := before.s.Course.Stretches(mostStretches); !reflect.DeepEqual(now, before.then) {
			t.Fatalf("the course taken at %v has changed", before.s.At)
		}
	}
	end := l.events[len(l.events)-1].At
	later := b.Snapshot(end+time.Hour, View{}).Course.Stretches(mostStretches)
	if last := later[len(later)-1]; last.Kept != 0 || last.To < end+50*time.Minute {
		t.Errorf("an hour later the course ends with %+v", last)
	}
	b.Apply(Event{At: end, Kind: Stopped})
	over := b.Snapshot(end+time.Hour, View{}).Course.Stretches(mostStretches)
	if last := over[len(over)-1]; last.To > end {
		t.Errorf("the lane is over at %v, and its course ends with %+v", end, last)
	}
}

// TestStretchesInWhichNobodySlept are told from the others: their rates are not those of the settings.
func TestStretchesInWhichNobodySlept(t *testing.T) {
	b := NewBoard(LaneInfo{Strategy: "none", Clients: 1, Sleepless: true})
	for i := range 30 {
		at := time.Duration(i) * 10 * ms
		switch i {
		case 10:
			b.Apply(Event{At: at + ms, Kind: Changed, Text: "speed=1", Value: "none"})
		case 20:
			b.Apply(Event{At: at + ms, Kind: Changed, Text: "speed=max", Value: "none"})
		}
		b.Apply(Event{At: at + 5*ms, Client: 1, Kind: Received})
	}
	course := b.Snapshot(300*ms, View{}).Course
	for i, p := range course.Stretches(mostStretches) {
		if awake := i > 10 && i < 20; p.Sleepless == awake {
			t.Errorf("from %v to %v nobody slept: %v", p.From, p.To, p.Sleepless)
		}
	}
	if !course.Sleepless() {
		t.Error("at the end somebody slept")
	}
}
