package eventlog

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"time"

	"locktop/sim"
)

// Stdin is the path that stands for the standard input.
const Stdin = "-"

// Open opens a log by its path, or the standard input, to be read with [NewReader].
// What is compressed with gzip is decompressed, whatever it is called.
func Open(path string) (io.ReadCloser, error) {
	file := os.Stdin
	if path != Stdin {
		var err error
		if file, err = os.Open(path); err != nil {
			return nil, err
		}
	}
	in := bufio.NewReaderSize(file, 1<<16)
	l := opened{in, file}
	if start, _ := in.Peek(len(gzipMagic)); bytes.Equal(start, gzipMagic) {
		l.Reader = &lateGzip{from: in}
	}
	return l, nil
}

// opened is a file that is read by way of something.
type opened struct {
	io.Reader
	file *os.File
}

func (o opened) Close() error { return o.file.Close() }

// gzipMagic is how a compressed file begins.
var gzipMagic = []byte{0x1f, 0x8b}

// lateGzip begins to decompress when it is read, so that damage at the start is
// found by the reader, as all other is.
type lateGzip struct {
	from io.Reader
	gzip *gzip.Reader
}

func (l *lateGzip) Read(p []byte) (n int, err error) {
	if l.gzip == nil {
		l.gzip, err = gzip.NewReader(l.from)
	}
	if err == nil {
		n, err = l.gzip.Read(p)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = errGzipCutOff
	}
	return n, err
}

// errGzipCutOff is of a compressed file that was not copied whole.
var errGzipCutOff = errors.New("the compressed file ends in the middle")

// Result is that of the run, from the state of its lanes.
func (r *Reader) Result(lanes []*sim.Snapshot) sim.Result {
	cfg, _ := r.header.Config() // which was valid when it was read
	result := sim.Result{
		Config: cfg, Backend: r.header.Backend, Version: r.header.Redis, Embedded: r.header.Embedded(), Elapsed: r.end.Elapsed,
	}
	if r.end.Speed != 0 {
		result.Config.Speed = r.end.Speed
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
