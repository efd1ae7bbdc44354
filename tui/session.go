package tui

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"

	"locktop/sim"
)

// session is one experiment that races on a goroutine of its own.
type session struct {
	exp    *sim.Experiment
	tapes  []*sim.Tape // of its lanes
	stop   context.CancelFunc
	ended  chan struct{} // closed when the race is over
	preset string        // the failure it brings about, in the words of the header

	// To be read after ended.
	err    error // of the race
	result sim.Result
}

// start opens an experiment and lets it race.
func start(ctx context.Context, cfg sim.Config, opened func(*sim.Experiment) error) (*session, error) {
	exp, err := sim.Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if opened != nil {
		if err := guard(func() error { return opened(exp) }); err != nil {
			return nil, errors.Join(err, exp.Close())
		}
	}
	ctx, stop := context.WithCancel(ctx)
	s := &session{exp: exp, tapes: exp.Tapes(), stop: stop, ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		s.err = guard(func() error { return exp.Run(ctx) })
		exp.Clock().Pause() // time ends with the race, also on the screen
		s.result = exp.Result()
	}()
	return s, nil
}

// over tells whether the race has ended.
func (s *session) over() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

// finish ends the race and cleans up. The result is that of the race as it ended.
func (s *session) finish() (sim.Result, error) {
	s.stop()
	<-s.ended
	return s.result, errors.Join(s.err, s.exp.Close())
}

// stage has room for one session at a time. Its methods wait for Redis and are not for Update.
type stage struct {
	ctx    context.Context
	opened func(*sim.Experiment) error // may be nil

	mu      sync.Mutex
	current *session
	last    sim.Result // of the session before
	closed  bool
}

var errStageClosed = errors.New("tui: the program is ending")

// restart finishes the session there is, and starts another.
func (s *stage) restart(cfg sim.Config) (*session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errStageClosed
	}
	if old := s.current; old != nil {
		s.current = nil
		var err error
		if s.last, err = old.finish(); err != nil {
			return nil, err
		}
	}
	next, err := start(s.ctx, cfg, s.opened)
	if err != nil {
		return nil, err
	}
	s.current = next
	return next, nil
}

// close finishes the session there is and returns its result, or that of the last one there was.
func (s *stage) close() (sim.Result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.current == nil {
		return s.last, nil
	}
	last := s.current
	s.current = nil
	return last.finish()
}

// guard turns a panic into an error with its stack, so that the terminal can be restored before it is printed.
func guard(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return f()
}
