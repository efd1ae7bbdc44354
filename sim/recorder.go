package sim

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"locktop/sim/clock"
)

// A Recorder takes the events of one lane from many goroutines and folds them
// into its board. Recording is one short lock and an append, so that watching
// a race does not slow it; the fold happens elsewhere, on the recorder's own
// goroutine or on the one that asks for a snapshot. No event is ever dropped:
// a client that finds the buffer full folds it itself.
type Recorder struct {
	clock *clock.Clock

	mu     sync.Mutex // guards buffer; held for an append
	buffer []Event

	foldMu sync.Mutex // guards board and spare; held for a fold
	board  *Board
	spare  []Event

	some chan struct{} // there is something to fold
	half chan struct{} // the buffer is half full

	tape *Tape // keeps the events, if set; its head is board

	// telling is held while log is called, and taken before foldMu. A snapshot takes
	// only foldMu, so that log may ask for one.
	telling sync.Mutex
	log     func(Event) // called for every event after it was folded, if set; guarded by foldMu
	told    []Event     // folded, but log has yet to be called for them; guarded by foldMu

	// rounds says that the events wait until [Recorder.round] is called, and are put
	// in an order that does not depend on how the goroutines happened to run. Then the
	// scheduler calls log.
	rounds bool
	until  time.Duration // the experiment time of the last round
}

const (
	// bufferSize is how many events fit between two folds.
	bufferSize = 1 << 12
	// mostTold is how many events may wait for log before snapshots fold no more: a
	// slow log slows the race rather than taking all memory.
	mostTold = 4 * bufferSize
	// foldEvery is how long an event waits at most to be folded.
	foldEvery = 50 * time.Millisecond
)

// NewRecorder returns a recorder that stamps events with the clock's time and
// folds them into board.
func NewRecorder(clk *clock.Clock, board *Board) *Recorder {
	return &Recorder{
		clock: clk, board: board,
		buffer: make([]Event, 0, bufferSize),
		some:   make(chan struct{}, 1),
		half:   make(chan struct{}, 1),
	}
}

// Record stamps and keeps an event. It does not block for longer than a fold and
// its log take, and normally for well under a microsecond. An event of the lane
// itself never waits: what log does may have caused it.
func (r *Recorder) Record(e Event) {
	r.mu.Lock()
	for len(r.buffer) >= bufferSize && e.Client != 0 && !r.rounds {
		r.mu.Unlock()
		r.Fold()
		r.mu.Lock()
	}
	e.At = r.clock.Now()
	r.buffer = append(r.buffer, e)
	n := len(r.buffer)
	r.mu.Unlock()
	if r.rounds {
		return
	}
	switch n {
	case 1:
		tell(r.some)
	case bufferSize / 2:
		tell(r.half)
	}
}

// tell leaves word for the recorder's goroutine.
func tell(word chan<- struct{}) {
	select {
	case word <- struct{}{}:
	default:
	}
}

// Fold applies the events recorded so far to the board, and calls log for them.
func (r *Recorder) Fold() {
	if r.rounds {
		return
	}
	r.telling.Lock()
	defer r.telling.Unlock()
	events, log := r.foldToTell()
	if log == nil {
		return
	}
	done := false
	defer func() {
		if !done { // it has panicked, and is not called again
			r.foldMu.Lock()
			defer r.foldMu.Unlock()
			r.log, r.told = nil, nil
		}
	}()
	for _, e := range events {
		log(e)
	}
	done = true
}

// foldToTell folds, and returns the events that log has yet to be called for.
func (r *Recorder) foldToTell() (events []Event, log func(Event)) {
	r.foldMu.Lock()
	defer r.foldMu.Unlock()
	r.foldLocked()
	events, r.told = r.told, nil
	return events, r.log
}

// foldLocked applies the events recorded so far to the board. The next Fold calls
// log for them.
func (r *Recorder) foldLocked() {
	if r.rounds || len(r.told) >= mostTold {
		return
	}
	events := r.taken()
	r.applyAll(events)
	if r.log != nil && len(events) > 0 {
		r.told = append(r.told, events...)
		tell(r.some)
	}
	clear(events) // let go of the strings
	r.spare = events[:0]
}

// applyAll folds events into the board, by way of the tape if there is one.
func (r *Recorder) applyAll(events []Event) {
	if r.tape != nil {
		r.tape.Apply(events...)
	} else {
		r.board.applyAll(events)
	}
}

// taken empties the buffer. What it returns becomes the spare one again when it has been folded; should the fold panic, it
// is nobody's.
func (r *Recorder) taken() []Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.spare == nil {
		r.spare = make([]Event, 0, bufferSize)
	}
	events := r.buffer
	r.buffer, r.spare = r.spare[:0], nil
	return events
}

// round folds what was recorded up to now, when all goroutines of the lane stand
// still: by time, then by client, those of the lane itself first, and those of one
// client as they came.
func (r *Recorder) round(now time.Duration) {
	r.foldMu.Lock()
	defer r.foldMu.Unlock()
	r.until = now
	events := r.taken()
	slices.SortStableFunc(events, func(a, b Event) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Client, b.Client))
	})
	r.applyAll(events)
	if r.log != nil {
		r.told = append(r.told, events...)
	}
	clear(events)
	r.spare = events[:0]
}

// now is the experiment time as of which there are snapshots.
func (r *Recorder) now() time.Duration {
	if r.rounds {
		return r.until
	}
	return r.clock.Now()
}

// Snapshot folds what is there and returns the board's state.
func (r *Recorder) Snapshot(view View) *Snapshot {
	r.foldMu.Lock()
	defer r.foldMu.Unlock()
	r.foldLocked()
	return r.board.Snapshot(r.now(), view)
}

// begin forgets what was recorded and folds into another board from now on.
func (r *Recorder) begin(board *Board) {
	r.foldMu.Lock()
	defer r.foldMu.Unlock()
	r.foldLocked()
	r.board, r.told = board, nil
}

// overlapped folds what is there and tells whether two clients were ever inside at
// once.
func (r *Recorder) overlapped() bool {
	r.foldMu.Lock()
	defer r.foldMu.Unlock()
	r.foldLocked()
	return r.board.overlaps > 0
}

// Hung folds what is there and tells whether the lane stands still for good.
func (r *Recorder) Hung() bool {
	r.foldMu.Lock()
	defer r.foldMu.Unlock()
	r.foldLocked()
	return r.board.hung(r.now())
}

// run folds in the background until the context ends, and once more then. It sleeps
// while nothing happens.
func (r *Recorder) run(ctx context.Context) {
	defer r.Fold()
	wait := time.NewTimer(foldEvery)
	defer wait.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.some:
		}
		wait.Reset(foldEvery)
		select {
		case <-ctx.Done():
			return
		case <-r.half:
		case <-wait.C:
		}
		r.Fold()
	}
}
