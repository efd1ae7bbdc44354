package sim

import (
	"math"
	"slices"
	"sort"
	"sync"
	"time"
	"unsafe"
)

// A Tape keeps the events of one lane, and tells what the lane was like at any
// moment of them: after [Tape.Apply], [Tape.At] goes back to a time and
// [Tape.AtEvent] to an event, both with the snapshot that a [Board] gave then.
//
// Among its events a tape keeps copies of the board, so that a moment costs a fold
// of no more than some ten thousand events, and one a little later than the last
// next to nothing. Events are kept packed. A tape of limited length drops the
// oldest, with the copy before them: it then begins later than the lane did.
//
// Apply is for one goroutine at a time; everything else may be called from any, at
// any time.
type Tape struct {
	head   *Board // after the last event; Apply's own
	most   int64
	length int64  // of a part, in events; here and in most, so many tries are one: triesAnEvent
	weight int64  // of all events so far, in tries
	last   packer // of the last part

	mu    sync.Mutex // guards the parts: which there are, and what is in them
	parts []*part
	end   time.Duration // of the last event
	next  int64         // how many events there have been

	reading sync.Mutex // guards what follows, and the boards of the parts; taken before mu
	reader  *reader
}

// part is a stretch of a tape.
type part struct {
	before *Board        // the state before its first event; never changed
	weight int64         // of the events up to there, in tries
	from   time.Duration // the time of its first event
	packed []byte        // only appended to
	losses []time.Duration
}

// reader is a board on its way along a part.
type reader struct {
	part  *part
	board *Board
	at    unpacker
}

// partLength is how many events there are between two copies of the board: folding
// them takes about as long as copying it twice.
const partLength = 1 << 14

// triesAnEvent is how many tries for a lock take about as long to fold as another event,
// and less memory. Without that clients that try again at once would leave little to look
// back at.
const triesAnEvent = 8

// weightOf returns what an event counts for, in tries.
func weightOf(e *Event) int64 {
	if e.Kind == Attempted || e.Kind == Failed {
		return 1
	}
	return triesAnEvent
}

// liveLength is how many events of a lane that runs are kept: they and the copies of
// its board take up to some 50 MB, and no fewer than a few parts.
func liveLength(lane LaneInfo) int64 {
	const memory, event, version, versions = 48 << 20, 48, 200, 2 * mostVersions
	client := 4<<10 + trackMemory(trackSize(lane.Clients)) + // with its histogram
		2*int64(unsafe.Sizeof(LogLine{}))*int64(logLimit(lane.Clients))
	part := partLength*event + versions*version + int64(lane.Clients)*client
	return max(memory/part, 4) * partLength
}

// NewTape returns the tape of a lane before its first event. It keeps at least the
// latest most events, of which some tries for the lock are one; with 0, all.
func NewTape(lane LaneInfo, most int64) *Tape {
	return newTape(NewBoard(lane), most)
}

// newTape returns a tape that folds into a board, which has no events yet.
func newTape(head *Board, most int64) *Tape {
	return &Tape{head: head, most: most, length: partLength}
}

// Apply adds events, in their order.
func (t *Tape) Apply(events ...Event) {
	for len(events) > 0 {
		p := t.lastPart(events[0].At)
		n := 0
		for full := p.weight + t.length*triesAnEvent; n < len(events) && t.weight < full; n++ {
			t.weight += weightOf(&events[n])
		}
		t.add(p, events[:n])
		events = events[n:]
	}
}

// add adds events to a part that has room for them.
func (t *Tape) add(p *part, events []Event) {
	var losses []time.Duration
	for i := range events {
		lost := t.head.ledger.everLost
		t.head.apply(&events[i])
		if t.head.ledger.everLost > lost {
			losses = append(losses, events[i].At)
		}
	}
	t.head.replied(events)
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range events {
		p.packed = t.last.pack(p.packed, &events[i])
	}
	p.losses = append(p.losses, losses...)
	t.end, t.next = t.head.now, t.head.events
}

// lastPart returns the part that the next event, which is of a given time, belongs
// to, and begins it if need be.
func (t *Tape) lastPart(from time.Duration) *part {
	if n := len(t.parts); n > 0 && t.weight < t.parts[n-1].weight+t.length*triesAnEvent {
		return t.parts[n-1]
	}
	p := &part{before: t.head.clone(), weight: t.weight, from: from}
	t.last = packer{}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.parts = append(t.parts, p)
	for t.most > 0 && len(t.parts) > 1 && t.weight-t.parts[1].weight >= t.most*triesAnEvent {
		t.parts[0] = nil
		t.parts = t.parts[1:]
	}
	return p
}

// Span returns the times of the oldest state that the tape can go back to, which is
// 0 if that is the beginning, and of the last event.
func (t *Tape) Span() (oldest, newest time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.parts) > 0 {
		oldest = t.parts[0].before.now
	}
	return oldest, t.end
}

// Events returns after how many events the oldest state is that the tape can go
// back to, 0 if that is the beginning, and how many there have been.
func (t *Tape) Events() (oldest, newest int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.parts) > 0 {
		oldest = t.parts[0].before.events
	}
	return oldest, t.next
}

// At returns the state of the lane at an experiment time, after all events up to
// it. Before the oldest state that there is, it returns that one.
func (t *Tape) At(at time.Duration, view View) *Snapshot {
	return t.snapshot(moment{at, math.MaxInt64}, at, view)
}

// AtEvent returns the state of the lane after its first n events, at the time of
// the last of them; [Snapshot.Events] is that n. Before the oldest state that there
// is, it returns that one.
func (t *Tape) AtEvent(n int64, view View) *Snapshot {
	return t.snapshot(moment{math.MaxInt64, n}, 0, view)
}

// NextReply returns after how many events the next reply of a Redis command has been
// seen, when n have been; false if there is none.
func (t *Tape) NextReply(n int64) (int64, bool) {
	t.mu.Lock()
	parts := slices.Clone(t.parts[t.partOf(moment{math.MaxInt64, n}):])
	t.mu.Unlock()
	for _, p := range parts {
		u := unpacker{packed: t.packed(p)}
		for after := p.before.events + 1; ; after++ {
			e, ok := u.next()
			if !ok {
				break
			}
			if after > n && e.isReply() && e.Client != 0 {
				return after, true
			}
		}
	}
	return 0, false
}

// LossBefore returns when the last update was lost before a time; false if that was
// before the tape begins, or never.
func (t *Tape) LossBefore(at time.Duration) (time.Duration, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := len(t.parts) - 1; i >= 0; i-- {
		losses := t.parts[i].losses
		if n := sort.Search(len(losses), func(j int) bool { return losses[j] >= at }); n > 0 {
			return losses[n-1], true
		}
	}
	return 0, false
}

// LossAfter returns when the first update was lost after a time; false if none was.
func (t *Tape) LossAfter(at time.Duration) (time.Duration, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range t.parts {
		if n := sort.Search(len(p.losses), func(j int) bool { return p.losses[j] > at }); n < len(p.losses) {
			return p.losses[n], true
		}
	}
	return 0, false
}

// moment is a place on a tape: behind all events up to a time, but no more than a
// number of them.
type moment struct {
	at time.Duration
	n  int64
}

// includes tells whether an event of a time, behind some others, is before the moment.
func (m moment) includes(at time.Duration, others int64) bool { return at <= m.at && others < m.n }

// partOf returns the place of the part that holds the last event before a moment, or
// of the first one. The mutex must be held.
func (t *Tape) partOf(m moment) int {
	after := sort.Search(len(t.parts), func(i int) bool { return !m.includes(t.parts[i].from, t.parts[i].before.events) })
	return max(after-1, 0)
}

// packed returns the events of a part as they are now.
func (t *Tape) packed(p *part) []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return p.packed
}

// snapshot folds up to a moment and takes a snapshot as of an experiment time.
func (t *Tape) snapshot(m moment, now time.Duration, view View) *Snapshot {
	t.reading.Lock()
	defer t.reading.Unlock()
	r := t.readerFor(m)
	if r == nil {
		return NewBoard(t.head.started).Snapshot(now, view) // Apply changes what the lane is now
	}
	r.at.packed = t.packed(r.part)
	for {
		before := r.at
		e, ok := r.at.next()
		if !ok || !m.includes(e.At, r.board.events) {
			r.at = before
			break
		}
		r.board.Apply(e)
	}
	return r.board.Snapshot(now, view)
}

// readerFor returns a reader that is before a moment and in the same part: the one
// there is, if it can go on from where it is. It returns nil if there is no part yet.
func (t *Tape) readerFor(m moment) *reader {
	t.mu.Lock()
	if len(t.parts) == 0 {
		t.mu.Unlock()
		return nil
	}
	p := t.parts[t.partOf(m)]
	t.mu.Unlock()
	if r := t.reader; r == nil || r.part != p || r.board.now > m.at || r.board.events > m.n {
		t.reader = &reader{part: p, board: p.before.clone()}
	}
	return t.reader
}
