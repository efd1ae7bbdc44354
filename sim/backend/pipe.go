package backend

import (
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// newPipe returns the two ends of an in-memory connection. Unlike those of net.Pipe, its writes never wait for a reader:
// with net.Pipe a client that sends a long pipeline before it reads, and a server that answers before it has read all,
// wait for each other for ever, and a subscriber that does not read stops the whole server.
//
// Closing an end works as on a socket: the other end still reads what was sent before, then EOF, and its writes fail.
func newPipe() (client, server *pipeEnd) {
	up, down := newStream(), newStream()
	return &pipeEnd{in: down, out: up}, &pipeEnd{in: up, out: down}
}

// pipeEnd is one end. It may be read by one goroutine at a time.
type pipeEnd struct {
	in, out *stream
}

func (p *pipeEnd) Read(b []byte) (int, error)  { return p.in.read(b) }
func (p *pipeEnd) Write(b []byte) (int, error) { return p.out.write(b) }

func (p *pipeEnd) Close() error {
	p.in.breakOff()
	p.out.hangUp()
	return nil
}

func (p *pipeEnd) LocalAddr() net.Addr  { return pipeAddr{} }
func (p *pipeEnd) RemoteAddr() net.Addr { return pipeAddr{} }

func (p *pipeEnd) SetDeadline(t time.Time) error { return p.SetReadDeadline(t) }

func (p *pipeEnd) SetReadDeadline(t time.Time) error {
	p.in.setDeadline(t)
	return nil
}

// SetWriteDeadline does nothing: a write never waits.
func (p *pipeEnd) SetWriteDeadline(time.Time) error { return nil }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "embedded" }

// errHungUp is the error of a write that nobody will read. It is an EOF too, by which go-redis knows that the connection has
// ended and, where it may, sends the command again over a new one. On a socket it looks for that before it writes.
var errHungUp = fmt.Errorf("%w: %w", io.ErrClosedPipe, io.EOF)

// errClosed is the error of a write to an end that has been closed. Like errHungUp it is a closed pipe, by which one can
// tell that nothing was sent: reading never gives that error.
var errClosed = fmt.Errorf("%w: %w", net.ErrClosed, io.ErrClosedPipe)

// stream is one direction of a pipe.
type stream struct {
	mu       sync.Mutex
	data     []byte // written and not yet read, from position next on
	next     int
	hungUp   bool // by the writer: what is left may be read
	broken   bool // by the reader
	deadline time.Time

	changed chan struct{} // wakes the reader
}

// keepBuffer is the most memory that an idle stream holds on to.
const keepBuffer = 4096

func newStream() *stream { return &stream{changed: make(chan struct{}, 1)} }

func (s *stream) write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.hungUp:
		return 0, errClosed
	case s.broken:
		return 0, errHungUp
	}
	s.data = append(s.data, b...)
	s.poke()
	return len(b), nil
}

func (s *stream) read(b []byte) (int, error) {
	for {
		n, deadline, err := s.take(b)
		if n > 0 || err != nil || len(b) == 0 {
			return n, err
		}
		if deadline.IsZero() {
			<-s.changed
			continue
		}
		timer := time.NewTimer(time.Until(deadline))
		select {
		case <-s.changed:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// take reads what is there, without waiting.
func (s *stream) take(b []byte) (n int, deadline time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.broken:
		return 0, s.deadline, net.ErrClosed
	case !s.deadline.IsZero() && !time.Now().Before(s.deadline):
		return 0, s.deadline, os.ErrDeadlineExceeded
	case s.next == len(s.data):
		if s.hungUp {
			err = io.EOF
		}
		return 0, s.deadline, err
	}
	n = copy(b, s.data[s.next:])
	s.next += n
	if s.next == len(s.data) {
		s.data, s.next = s.data[:0], 0
		if cap(s.data) > keepBuffer {
			s.data = nil
		}
	}
	return n, s.deadline, nil
}

func (s *stream) setDeadline(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deadline = t
	s.poke()
}

func (s *stream) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hungUp = true
	s.poke()
}

func (s *stream) breakOff() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken, s.data, s.next = true, nil, 0
	s.poke()
}

// poke wakes the reader, or leaves a note for it if it is not waiting.
func (s *stream) poke() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}
