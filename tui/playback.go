package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"locktop/sim"
	"locktop/sim/clock"
	"locktop/sim/eventlog"
)

// playback is a recording and where it stands. Events are read in the background, and everything that has been read can
// be seen; the place is for one goroutine.
type playback struct {
	log   *eventlog.Reader
	tapes []*sim.Tape // of its lanes
	each  []func(lane int, e sim.Event)

	mu     sync.Mutex // held for an event
	gaveUp bool
	read   chan struct{} // closed when reading has ended
	err    error         // why it did, before the end of the file; to be read after that

	clock *clock.Clock  // runs while the recording plays
	from  time.Duration // the place, when the clock
	since time.Duration // showed this
	lane  int           // at a reply, the lane that it is in
	event int64         // and how many of its events there have been then; else 0
}

// newPlayback returns a recording at its start, which does not play yet, and begins to read it.
func newPlayback(ctx context.Context, rec Recording) *playback {
	p := &playback{log: rec.Log, each: rec.Each, read: make(chan struct{}), clock: clock.New(rec.speed())}
	p.clock.Pause()
	for _, lane := range rec.Log.Header().Lanes() {
		p.tapes = append(p.tapes, sim.NewTape(lane, 0))
	}
	go func() {
		defer close(p.read)
		p.err = guard(func() error { return p.load(ctx) })
	}()
	return p
}

// load reads the events.
func (p *playback) load(ctx context.Context) error {
	for ctx.Err() == nil {
		lane, e, err := p.log.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if !p.keep(lane, e) {
			break
		}
	}
	return errUnread
}

// keep takes in an event, if anybody still wants it.
func (p *playback) keep(lane int, e sim.Event) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gaveUp {
		return false
	}
	p.tapes[lane].Apply(e)
	for _, tell := range p.each {
		tell(lane, e)
	}
	return true
}

// errUnread is of a recording that was left before all of it had been read.
var errUnread = errors.New("it was not read to its end")

// readingGrace is how long the end of the program waits for the end of the file.
const readingGrace = 5 * time.Second

// close ends reading, and returns the result of what has been read. The error is the reader's.
func (p *playback) close(ctx context.Context) (sim.Result, error) {
	p.clock.Close()
	late := time.NewTimer(readingGrace)
	defer late.Stop()
	err := errUnread
	select {
	case <-p.read:
		err = p.err
	case <-ctx.Done():
	case <-late.C:
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gaveUp = true
	if errors.Is(err, errUnread) {
		err = fmt.Errorf("the recording: %w", err)
	}
	return p.result(), err
}

// whole says whether everything has been read that there is.
func (p *playback) whole() bool {
	select {
	case <-p.read:
		return true
	default:
		return false
	}
}

// result is that of the run, as far as it has been read.
func (p *playback) result() sim.Result {
	lanes := make([]*sim.Snapshot, len(p.tapes))
	for i, tape := range p.tapes {
		lanes[i] = tape.At(p.end(), sim.View{})
	}
	if p.whole() {
		return p.log.Result(lanes)
	}
	return p.log.Header().Result(eventlog.End{}, lanes)
}

// end is the time of the last event that has been read.
func (p *playback) end() time.Duration {
	var end time.Duration
	for _, tape := range p.tapes {
		_, last := tape.Span()
		end = max(end, last)
	}
	return end
}

// now is the place.
func (p *playback) now() time.Duration { return min(p.from+p.clock.Now()-p.since, p.end()) }

// over says whether the place is the end, and stops there.
func (p *playback) over() bool {
	over := p.whole() && p.now() >= p.end()
	if over && !p.clock.Paused() {
		p.stop()
	}
	return over
}

func (p *playback) playing() bool { return !p.clock.Paused() }

// play goes on from the place, or from the start if that is the end.
func (p *playback) play() {
	if p.over() {
		p.seek(0)
	}
	p.event = 0
	p.clock.Resume()
}

// stop stops at the place.
func (p *playback) stop() {
	at := p.now()
	p.clock.Pause()
	p.from, p.since = at, p.clock.Now()
}

// seek goes to a time.
func (p *playback) seek(at time.Duration) {
	p.from, p.since, p.event = min(max(at, 0), p.end()), p.clock.Now(), 0
}

// next goes to the next reply of a Redis command in a lane, and stops there; false if there is none.
func (p *playback) next(lane int) bool {
	p.stop()
	n := p.event
	if n == 0 || p.lane != lane {
		n = p.tapes[lane].At(p.now(), sim.View{}).Events
	}
	n, ok := p.tapes[lane].NextReply(n)
	if ok {
		p.seek(p.tapes[lane].AtEvent(n, sim.View{}).At)
		p.lane, p.event = lane, n
	}
	return ok
}

// snapshots returns the lanes as they are at the place.
func (p *playback) snapshots(views []sim.View) []*sim.Snapshot {
	snapshots := make([]*sim.Snapshot, len(p.tapes))
	now := p.now()
	for i, tape := range p.tapes {
		if p.event > 0 && p.lane == i {
			snapshots[i] = tape.AtEvent(p.event, views[i])
		} else {
			snapshots[i] = tape.At(now, views[i])
		}
	}
	return snapshots
}
