package sim

import (
	"slices"
	"time"
	"unsafe"
)

// Phase is what a client is doing, as its timeline shows it.
type Phase uint8

const (
	// Idle: waiting for an alert.
	Idle Phase = iota
	// Waiting: wants the lock and does not have it.
	Waiting
	// Working: between its read and its write, without a lock.
	Working
	// Holding: has the lock.
	Holding
	// Done: has handled its last alert.
	Done
	// Suspended: paused by a fault.
	Suspended
	// Dead: has crashed.
	Dead
	// Gone: has left, because the lane was to have fewer clients.
	Gone
	// Absent: has not joined yet.
	Absent
	phases int = iota
)

// Mark is something that happens at one moment, as a timeline shows it. Of several in one cell
// the largest is shown.
type Mark uint8

const (
	// NoMark: nothing but the phase.
	NoMark Mark = iota
	// MarkFailed: a try that did not get the lock.
	MarkFailed
	// MarkRead: the reply of a GET, of a client that takes no lock.
	MarkRead
	// MarkWrite: a write that erased nothing.
	MarkWrite
	// MarkExpired: a holder found that the lock was no longer its own.
	MarkExpired
	// MarkFault: something was done to the client, or to Redis.
	MarkFault
	// MarkChange: a setting of the lane was changed.
	MarkChange
	// MarkErased: a write that erased the update of somebody else.
	MarkErased
)

// A Cell is a stretch of a client's timeline: the phase that took most of it, and its most
// important mark.
type Cell uint8

// cellOf packs a cell.
func cellOf(p Phase, m Mark) Cell { return Cell(p) | Cell(m)<<4 }

// Phase returns what the client did most of the time.
func (c Cell) Phase() Phase { return Phase(c & 0xf) }

// Mark returns the most important mark, or NoMark.
func (c Cell) Mark() Mark { return Mark(c >> 4) }

// A Row is a part of a client's timeline: consecutive cells of [CellTime] each. The first of them
// begins First cells after the start of the experiment.
type Row struct {
	Zoom  int
	First int64
	Cells []Cell
}

// At returns the cell at an experiment time; Absent outside of the row.
func (r *Row) At(at time.Duration) Cell {
	if i := int64(at/CellTime(r.Zoom)) - r.First; at >= 0 && 0 <= i && i < int64(len(r.Cells)) {
		return r.Cells[i]
	}
	return cellOf(Absent, NoMark)
}

// Zooms is how many zoom levels the timelines have.
const Zooms = 19

// cellTimes are the times of 1, 2 and 5 times a power of ten from a tenth of a millisecond on, up
// to a minute.
var cellTimes = func() (times [Zooms]time.Duration) {
	power := 100 * time.Microsecond
	for i := range times {
		times[i] = min(power*[...]time.Duration{1, 2, 5}[i%3], time.Minute)
		if i%3 == 2 {
			power *= 10
		}
	}
	return times
}()

// CellTime returns the time that one cell of a timeline covers at a zoom level, from 0 to Zooms-1.
func CellTime(zoom int) time.Duration { return cellTimes[min(max(zoom, 0), Zooms-1)] }

// track is the timeline of one client at all zoom levels. Each level is a ring of cells, in which
// what happens is summed up when it happens. So neither memory nor cost depend on how much happens
// in a cell, and no kind of event takes the place of another: however often a client tries, reads
// and writes, a level reaches back as far as its cells do. Further back, the coarser levels tell
// the phase.
//
// The zero track is that of a client that has been Idle from the start.
type track struct {
	phase    Phase         // now
	upTo     time.Duration // all levels account for the phases up to here
	failed   int64         // the finest cell, from 1, in which a try failed last: it is marked at all levels
	perLevel int           // how many cells each level but the coarsest has
	levels   []level       // nil before the first event
	cells    []Cell        // their rings, one after the other
}

// level is one zoom level of a track.
type level struct {
	open  int64                 // the cell that the track has come to
	end   time.Duration         // of that cell
	spent [phases]time.Duration // what the client has done in it, up to upTo
}

// trackMemory is what one client's track takes up.
func trackMemory(perLevel int) int64 {
	return Zooms*int64(unsafe.Sizeof(level{})) + int64(perLevel)*(Zooms-1) + coarsest
}

// coarsest is how many cells the coarsest level has, which no other stands in for: they are more
// than eight hours.
const coarsest = 512

// begin makes room for the levels.
func (t *track) begin(perLevel int) {
	t.perLevel = perLevel
	t.levels = make([]level, Zooms)
	t.cells = make([]Cell, perLevel*(Zooms-1)+coarsest)
	for i := range t.levels {
		t.levels[i].end = cellTimes[i]
	}
}

// clone returns a copy.
func (t track) clone() track {
	t.levels, t.cells = slices.Clone(t.levels), slices.Clone(t.cells)
	return t
}

// ring returns the cells of a level. Cell i has the place i modulo their number.
func (t *track) ring(zoom int) []Cell {
	cells := t.cells[zoom*t.perLevel:]
	if zoom == Zooms-1 {
		return cells
	}
	return cells[:t.perLevel]
}

// enter begins a phase.
func (t *track) enter(p Phase, at time.Duration, perLevel int) {
	t.advance(at, perLevel)
	t.phase = p
}

// advance accounts for the phase up to a time.
func (t *track) advance(at time.Duration, perLevel int) {
	if t.levels == nil {
		t.begin(perLevel)
	}
	if at <= t.upTo {
		return
	}
	for i := range t.levels {
		l := &t.levels[i]
		if at < l.end {
			l.spent[t.phase] += at - t.upTo
			continue
		}
		ring, last := t.ring(i), int64(at/cellTimes[i])
		size := int64(len(ring))
		l.spent[t.phase] += l.end - t.upTo
		ring[l.open%size] = cellOf(l.most(t.phase), ring[l.open%size].Mark())
		fill(ring, max(l.open+1, last-size+1), last, cellOf(t.phase, NoMark))
		l.open, l.end = last, time.Duration(last+1)*cellTimes[i]
		l.spent = [phases]time.Duration{}
		l.spent[t.phase] = at - time.Duration(last)*cellTimes[i]
	}
	t.upTo = at
}

// fill sets the cells from one to another of a ring, which are no more than it has.
func fill(ring []Cell, from, to int64, c Cell) {
	size := int64(len(ring))
	at, n := from%size, to-from+1
	behind := max(at+n-size, 0) // those that begin the ring again
	for _, part := range [...][]Cell{ring[at : at+n-behind], ring[:behind]} {
		if len(part) == 0 {
			continue
		}
		part[0] = c
		for done := 1; done < len(part); done *= 2 {
			copy(part[done:], part[:done])
		}
	}
}

// most returns the phase that took most of the open cell, of equal ones the present one.
func (l *level) most(now Phase) Phase {
	most := now
	for p, spent := range l.spent {
		if Phase(p) != Absent && (spent > l.spent[most] || most == Absent && spent > 0) {
			most = Phase(p)
		}
	}
	return most
}

// mark adds a mark. It may be a little older than what is known already: a write is marked when
// its place is known.
func (t *track) mark(m Mark, at time.Duration, perLevel int) {
	if m == MarkFailed {
		finest := int64(at/cellTimes[0]) + 1
		if finest == t.failed {
			return
		}
		t.failed = finest
	}
	t.advance(at, perLevel)
	for i := range t.levels {
		l := &t.levels[i]
		cell := l.open
		if at < l.end-cellTimes[i] {
			cell = int64(at / cellTimes[i])
		}
		ring := t.ring(i)
		if size := int64(len(ring)); cell > l.open-size {
			if c := &ring[cell%size]; m > c.Mark() {
				*c = cellOf(c.Phase(), m)
			}
		}
	}
}

// row returns the latest cells of a level, up to the one of the time now.
func (t *track) row(zoom, cells int, now time.Duration) Row {
	zoom = min(max(zoom, 0), Zooms-1)
	last := int64(now / cellTimes[zoom])
	first := max(last-int64(cells)+1, 0)
	row := Row{Zoom: zoom, First: first, Cells: make([]Cell, 0, max(last-first+1, 0))}
	for cell := first; cell <= last; cell++ {
		row.Cells = append(row.Cells, t.cell(zoom, cell, now))
	}
	return row
}

// cell returns one cell of a level, as of the time now.
func (t *track) cell(zoom int, cell int64, now time.Duration) Cell {
	if t.levels == nil {
		return cellOf(t.phase, NoMark)
	}
	l, ring := &t.levels[zoom], t.ring(zoom)
	size := int64(len(ring))
	switch {
	case cell > l.open:
		return cellOf(t.phase, NoMark)
	case cell == l.open:
		open := *l
		open.spent[t.phase] += max(min(now, l.end)-t.upTo, 0)
		return cellOf(open.most(t.phase), ring[cell%size].Mark())
	case cell > l.open-size:
		return ring[cell%size]
	case zoom == Zooms-1: // the oldest that is known
		return cellOf(ring[(l.open+1)%size].Phase(), NoMark)
	}
	// The mark is left out: the coarser cell covers several of these, and it is in one of them.
	at := time.Duration(cell) * cellTimes[zoom]
	return cellOf(t.cell(zoom+1, int64(at/cellTimes[zoom+1]), now).Phase(), NoMark)
}
