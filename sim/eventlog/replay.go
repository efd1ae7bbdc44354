package eventlog

import (
	"errors"
	"io"
	"os"
	"time"

	"locktop/sim"
)

// Stdin is the path that stands for the standard input.
const Stdin = "-"

// Open opens a log by its path, or the standard input, to be read with [NewReader].
func Open(path string) (io.ReadCloser, error) {
	if path == Stdin {
		return io.NopCloser(os.Stdin), nil
	}
	return os.Open(path)
}

// Result is that of the run, from the state of its lanes.
func (r *Reader) Result(lanes []*sim.Snapshot) sim.Result { return r.header.Result(r.end, lanes) }

// Result is that of a run with some end; the zero one if that is not known. The header
// must be one that was read, or be made from a valid configuration.
func (h Header) Result(end End, lanes []*sim.Snapshot) sim.Result {
	cfg, _ := h.Config()
	result := sim.Result{Config: cfg, Backend: h.Backend, Version: h.Redis, Embedded: h.Embedded(), Elapsed: end.Elapsed}
	if end.Speed != 0 {
		result.Config.Speed = end.Speed
	}
	return result.WithLanes(lanes)
}

// Fold folds what is left of a log in the way in which it was folded when it was
// recorded, tells each of every event, and returns the result of the run. With an
// error, which is one of [Reader.Next], the result is of what comes before it.
func Fold(r *Reader, each ...func(lane int, e sim.Event)) (sim.Result, error) {
	var boards []*sim.Board
	for _, lane := range r.header.Lanes() {
		boards = append(boards, sim.NewBoard(lane))
	}
	var now time.Duration
	for {
		lane, e, err := r.Next()
		if err != nil {
			snapshots := make([]*sim.Snapshot, len(boards))
			for i, b := range boards {
				snapshots[i] = b.Snapshot(now, sim.View{})
			}
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return r.Result(snapshots), err
		}
		boards[lane].Apply(e)
		for _, tell := range each {
			tell(lane, e)
		}
		now = max(now, e.At)
	}
}
