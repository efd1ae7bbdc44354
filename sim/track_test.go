package sim

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// happening is the start of a phase, or a mark.
type happening struct {
	at   time.Duration
	what Phase
	mark Mark // NoMark for the start of a phase
}

// history is all that a client did, in the order of the times.
type history []happening

// track folds a history.
func (h history) track(perLevel int) *track {
	t := new(track)
	for _, m := range h {
		if m.mark != NoMark {
			t.mark(m.mark, m.at, perLevel)
		} else {
			t.enter(m.what, m.at, perLevel)
		}
	}
	return t
}

// cell looks through the whole history for what happened between two times.
func (h history) cell(from, to time.Duration) Cell {
	var spent [phases]time.Duration
	var most Mark
	now, since := Idle, time.Duration(0)
	account := func(at time.Duration) { spent[now] += max(min(at, to)-max(since, from), 0) }
	last := Idle // in the cell
	for _, m := range h {
		switch {
		case m.mark == NoMark:
			account(m.at)
			now, since = m.what, m.at
			if m.at < to {
				last = now
			}
		case from <= m.at && m.at < to:
			most = max(most, m.mark)
		}
	}
	account(to)
	phase := last
	for p, d := range spent {
		if d > spent[phase] {
			phase = Phase(p)
		}
	}
	return cellOf(phase, most)
}

// randomHistory has phases of very different lengths, and marks that may come late.
func randomHistory(random *rand.Rand, until time.Duration) history {
	var h history
	for at := time.Duration(0); at < until; {
		at += time.Duration(random.ExpFloat64() * float64([...]time.Duration{20 * time.Microsecond, ms, 40 * ms, 900 * ms}[random.IntN(4)]))
		if random.IntN(2) == 0 {
			h = append(h, happening{at: at, what: Phase(random.IntN(int(Absent)))})
			continue
		}
		late := at - min(time.Duration(random.IntN(int(2*ms))), at)
		h = append(h, happening{at: late, mark: MarkFailed + Mark(random.IntN(int(MarkErased)))})
	}
	return h
}

// TestTimelinesAtEveryZoom compares each level with a search of the whole history.
func TestTimelinesAtEveryZoom(t *testing.T) {
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 1))
		h := randomHistory(random, time.Duration(random.IntN(int(20*time.Second)))+ms)
		const perLevel = 100
		track := h.track(perLevel)
		now := h[len(h)-1].at + time.Duration(random.IntN(int(500*ms)))
		for _, m := range h {
			now = max(now, m.at)
		}
		for zoom := range Zooms {
			row := track.row(zoom, perLevel, now)
			if n := min(int64(perLevel), int64(now/CellTime(zoom))+1); int64(len(row.Cells)) != n {
				t.Fatalf("seed %d, zoom %d: %d cells until %v, want %d", seed, zoom, len(row.Cells), now, n)
			}
			for i, got := range row.Cells {
				from := time.Duration(row.First+int64(i)) * CellTime(zoom)
				want := h.cell(from, min(from+CellTime(zoom), now))
				if got.Mark() != want.Mark() {
					t.Fatalf("seed %d: in %v from %v on the mark is %d, want %d", seed, CellTime(zoom), from, got.Mark(), want.Mark())
				}
				if got.Phase() != want.Phase() && h.spent(got.Phase(), from, min(from+CellTime(zoom), now)) != h.spent(want.Phase(), from, min(from+CellTime(zoom), now)) {
					t.Fatalf("seed %d: in %v from %v on the phase is %d, want %d", seed, CellTime(zoom), from, got.Phase(), want.Phase())
				}
			}
		}
	}
}

// spent is how long a client was in a phase between two times.
func (h history) spent(p Phase, from, to time.Duration) (d time.Duration) {
	now, since := Idle, time.Duration(0)
	for _, m := range append(slices.Clone(h), happening{at: to}) {
		if m.mark == NoMark {
			if now == p {
				d += max(min(m.at, to)-max(since, from), 0)
			}
			now, since = m.what, m.at
		}
	}
	return d
}

// TestTimelinesReachBackAtEveryZoom: what is older than a level knows is told by the coarser ones.
func TestTimelinesReachBackAtEveryZoom(t *testing.T) {
	track := history{
		{at: 0, what: Waiting}, {at: 100 * time.Second, mark: MarkErased}, {at: 200 * time.Second, what: Holding}, {at: 201 * time.Second, what: Waiting},
	}.track(leastTrack)
	now := 300 * time.Second
	for zoom := range Zooms {
		row := track.row(zoom, 5000, now)
		for i, c := range row.Cells {
			from := time.Duration(row.First+int64(i)) * CellTime(zoom)
			if c.Phase() != Waiting && (from+CellTime(zoom) < 200*time.Second || from > 205*time.Second) {
				t.Fatalf("zoom %d: at %v the phase is %d", zoom, from, c.Phase())
			}
		}
		marks := 0
		for _, c := range row.Cells {
			if c.Mark() != NoMark {
				marks++
			}
		}
		if marks > 1 {
			t.Errorf("zoom %d: one mark shows in %d cells", zoom, marks)
		}
	}
}

// TestAFloodOfTriesTakesNothingAway: with a million tries a row shows what it shows with a few, but for the tries.
func TestAFloodOfTriesTakesNothingAway(t *testing.T) {
	few, many := NewBoard(LaneInfo{Locks: true, Clients: 3}), NewBoard(LaneInfo{Locks: true, Clients: 3})
	both := func(e Event) { few.Apply(e); many.Apply(e) }
	at := time.Duration(0)
	for round := range 100 {
		holder := round%2 + 1
		both(Event{At: at, Client: holder, Kind: Attempted})
		both(Event{At: at, Client: holder, Kind: Granted})
		for i := range 5000 {
			when := at + ms/5 + time.Duration(i)*4*time.Microsecond
			for _, e := range []Event{{At: when, Client: 3, Kind: Attempted}, {At: when, Client: 3 - holder, Kind: Attempted}, {At: when, Client: 3, Kind: Failed}, {At: when, Client: 3 - holder, Kind: Failed}} {
				if many.Apply(e); i%2500 == 0 {
					few.Apply(e)
				}
			}
		}
		at += 25 * ms
		both(Event{At: at, Client: holder, Kind: Released})
		at += ms
	}
	for zoom := range Zooms {
		view := View{First: 1, Count: 3, Cells: 300, Zoom: zoom}
		a, b := few.Snapshot(at, view), many.Snapshot(at, view)
		for i := range a.Clients {
			rare, often := a.Clients[i], b.Clients[i]
			if rare.Phase != often.Phase || rare.PhaseFrom != often.PhaseFrom {
				t.Errorf("client %d: %v since %v, and with many tries %v since %v", i+1, rare.Phase, rare.PhaseFrom, often.Phase, often.PhaseFrom)
			}
			for j, c := range rare.Row.Cells {
				if got := often.Row.Cells[j]; got.Phase() != c.Phase() || got.Mark() < c.Mark() || got.Mark() > max(c.Mark(), MarkFailed) {
					t.Fatalf("zoom %d, client %d, cell %d: phase %d mark %d, and with many tries phase %d mark %d", zoom, i+1, j, c.Phase(), c.Mark(), got.Phase(), got.Mark())
				}
			}
		}
	}
	if few, many := cap(few.clients[3].track.cells), cap(many.clients[3].track.cells); few != many {
		t.Errorf("the timeline has room for %d cells, with many tries for %d", few, many)
	}
}

// TestAClientThatJoinsHasNoTimelineBefore, not even at the coarser levels.
func TestAClientThatJoinsHasNoTimelineBefore(t *testing.T) {
	b := NewBoard(LaneInfo{Strategy: "none", Clients: 1})
	b.Apply(Event{At: 500 * ms, Kind: Changed, Text: "clients=2", Value: "none"})
	b.Apply(Event{At: 600 * ms, Client: 2, Kind: Joined, Value: "none"})
	for zoom := range Zooms {
		s := b.Snapshot(time.Second, View{First: 1, Count: 2, Cells: 20_000, Zoom: zoom})
		for i, c := range s.Clients[1].Row.Cells {
			from := time.Duration(i) * CellTime(zoom)
			if before := from+CellTime(zoom) <= 600*ms; before != (c.Phase() == Absent) && from+CellTime(zoom) != time.Second {
				t.Fatalf("zoom %d: at %v the phase is %d", zoom, from, c.Phase())
			}
		}
	}
}

func BenchmarkTrack(b *testing.B) {
	for _, c := range []struct {
		name   string
		each   time.Duration
		phases int // one event in so many starts a phase
	}{{"tries", 3 * time.Microsecond, 1000}, {"updates", 100 * time.Microsecond, 1}, {"seldom", 40 * ms, 1}} {
		b.Run(c.name, func(b *testing.B) {
			var t track
			for i := range b.N {
				at := time.Duration(i) * c.each
				if i%c.phases == 0 {
					t.enter(Phase(i/c.phases%4), at, mostTrack)
				} else {
					t.mark(MarkFailed, at, mostTrack)
				}
			}
		})
	}
}

// TestAFloodOfChangesOfTheSpeedTakesNoOtherAway from the list of changes.
func TestAFloodOfChangesOfTheSpeedTakesNoOtherAway(t *testing.T) {
	b := NewBoard(LaneInfo{Strategy: "none", Clients: 1})
	b.Apply(Event{At: 1, Kind: Changed, Text: "strategy=spin", Value: "spin"})
	before := b.Snapshot(1, View{}).Changes
	for i := range 3 * mostChanges {
		b.Apply(Event{At: time.Duration(2 + i), Kind: Changed, Text: "speed=2", Value: "spin"})
	}
	changes := b.Snapshot(time.Second, View{}).Changes
	if len(changes) != mostChanges || changes[0].Setting != ChangeStrategy || changes[len(changes)-1].At != time.Duration(1+3*mostChanges) {
		t.Errorf("%d changes from %+v to %+v", len(changes), changes[0], changes[len(changes)-1])
	}
	if len(before) != 1 || before[0].Setting != ChangeStrategy {
		t.Errorf("an earlier snapshot has become %+v", before)
	}
}
