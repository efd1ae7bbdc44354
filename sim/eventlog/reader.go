package eventlog

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"locktop/sim"
)

// ErrTruncated is returned where a log ends before its last line, as it does when
// the file was not copied whole.
var ErrTruncated = errors.New("the log ends here, before its last line")

// errNotText is of a line that no log has.
var errNotText = errors.New("the line is not UTF-8")

// longestLine bounds what a file that is no log at all may take of the memory.
const longestLine = 16 << 20

// A LineError says on which line of a log something is wrong.
type LineError struct {
	// Line counts from 1.
	Line int
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

func (e *LineError) Unwrap() error { return e.Err }

// A Reader reads a log. What it returns can be folded as it is: times of a lane do
// not go back, and no client has a number that the lane does not have.
type Reader struct {
	in     *bufio.Reader
	text   []byte // of the current line
	line   int
	seal   seal // of the lines so far
	header Header
	lanes  []lane
	events int64
	end    End
	err    error
}

// lane is what has been read of one lane.
type lane struct {
	last    time.Duration // the time of its last event
	clients int           // the most that it has had
}

// NewReader reads the header of a log, which may be compressed with gzip. Its errors are of type [*LineError]; they
// are [ErrNotALog] or [ErrVersion] if that is the reason.
func NewReader(r io.Reader) (*Reader, error) {
	rd := &Reader{in: plainText(r)}
	text, err := rd.next()
	switch {
	case errors.Is(err, io.EOF):
		err = fmt.Errorf("%w: it is empty", ErrNotALog)
	case errors.Is(err, errNotText):
		err = fmt.Errorf("%w: it is no text", ErrNotALog)
	case err == nil:
		err = rd.begin(text)
	}
	if err != nil {
		return nil, &LineError{Line: 1, Err: err}
	}
	rd.lanes = make([]lane, len(rd.header.Strategies))
	for i := range rd.lanes {
		rd.lanes[i].clients = rd.header.Clients
	}
	return rd, nil
}

// begin reads the first line.
func (r *Reader) begin(text []byte) error {
	object, broken := r.seal.open(text)
	var err error
	r.header, err = parseHeader(object)
	if err == nil || errors.Is(broken, errNotSeal) && !errors.Is(err, ErrNotALog) {
		err = broken
	}
	return err
}

// Header returns what the log says of its experiment. It is valid.
func (r *Reader) Header() Header { return r.header }

// End returns what the log says of the end of the run; it is zero before
// [Reader.Next] has returned io.EOF.
func (r *Reader) End() End { return r.end }

// Next returns the next event and its lane, from 0. After the last one of a log
// that is whole it returns io.EOF. Any other error is a [*LineError], and
// [ErrTruncated] if the log is good as far as it goes; all events before it are.
// Errors last.
func (r *Reader) Next() (lane int, e sim.Event, err error) {
	if r.err == nil {
		lane, e, r.err = r.read()
	}
	if r.err != nil {
		if !errors.Is(r.err, io.EOF) {
			return 0, sim.Event{}, &LineError{Line: r.line, Err: r.err}
		}
		return 0, sim.Event{}, io.EOF
	}
	return lane, e, nil
}

// read reads one line behind the header. io.EOF is the proper end.
func (r *Reader) read() (lane int, e sim.Event, err error) {
	text, err := r.next()
	switch {
	case errors.Is(err, io.EOF):
		return 0, e, ErrTruncated
	case err != nil:
		return 0, e, err
	}
	text, broken := r.seal.open(text)
	if isEnd(text) {
		return 0, e, r.finish(text, broken)
	}
	lane, e, err = parseEvent(text)
	switch {
	case errors.Is(err, errCutOff) && r.last():
		return 0, e, ErrTruncated
	case errors.Is(broken, errNotSeal):
		return 0, e, broken
	case err != nil: // which says more than that the seal is broken
		return 0, e, err
	case broken != nil:
		return 0, e, broken
	case lane < 0 || lane >= len(r.lanes):
		return 0, e, fmt.Errorf("there are lanes 1 to %d, and this is of lane %d", len(r.lanes), lane+1)
	}
	l := &r.lanes[lane]
	switch {
	case e.Client < 0 || e.Client > l.clients:
		return 0, e, fmt.Errorf("there are clients 1 to %d, and this is of client %d", l.clients, e.Client)
	case e.At < l.last:
		return 0, e, fmt.Errorf("at %v, after an event of the same lane at %v", e.At, l.last)
	case e.Kind == sim.Changed && e.Client == 0:
		change, err := sim.ParseChange(e.Text)
		if err != nil {
			return 0, e, named("change", err)
		}
		l.clients = max(l.clients, change.Clients)
	}
	l.last = e.At
	r.events++
	return lane, e, nil
}

// finish reads the last line, whose seal may be broken.
func (r *Reader) finish(text []byte, broken error) error {
	end, events, err := parseEnd(text)
	switch {
	case errors.Is(err, errCutOff) && r.last():
		return ErrTruncated
	case errors.Is(broken, errNotSeal):
		return broken
	case err != nil:
		return err
	case broken != nil:
		return broken
	case events != r.events:
		return fmt.Errorf("the log should have %d events, and has %d", events, r.events)
	}
	r.end = end
	switch _, err := r.next(); {
	case err == nil:
		return errors.New("there is something behind the end of the log")
	default:
		return err
	}
}

// next returns the next line without its end, valid until the one after.
func (r *Reader) next() ([]byte, error) {
	r.line++
	r.text = r.text[:0]
	for {
		part, err := r.in.ReadSlice('\n')
		r.text = append(r.text, part...)
		switch {
		case len(r.text) > longestLine:
			return nil, fmt.Errorf("the line is longer than %d MB", longestLine>>20)
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && (len(r.text) == 0 || !errors.Is(err, io.EOF)):
			return nil, err
		case !utf8.Valid(r.text) && !r.last():
			return nil, errNotText
		}
		return bytes.TrimSuffix(r.text, []byte("\n")), nil
	}
}

// last says whether nothing comes behind the current line, not even its end.
func (r *Reader) last() bool { return !bytes.HasSuffix(r.text, []byte("\n")) }
