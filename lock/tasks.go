package lock

import "sync"

// tasks counts what runs in the background, as a [sync.WaitGroup] does. Unlike that, it
// may be waited for while the first task of the next batch begins.
type tasks struct {
	mu      sync.Mutex
	running int
	none    chan struct{} // closed when none run any more; nil: nobody waits
}

func (t *tasks) begin() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.running++
}

func (t *tasks) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.running--; t.running == 0 && t.none != nil {
		close(t.none)
		t.none = nil
	}
}

// run runs f on a goroutine of its own.
func (t *tasks) run(f func()) {
	t.begin()
	go func() {
		defer t.end()
		f()
	}()
}

// A signal wakes all who wait for it by then.
type signal struct {
	mu   sync.Mutex
	told chan struct{} // nil: nobody waits
}

// next returns a channel that is closed when the signal is told next.
func (s *signal) next() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.told == nil {
		s.told = make(chan struct{})
	}
	return s.told
}

func (s *signal) tell() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.told != nil {
		close(s.told)
		s.told = nil
	}
}

// wait returns when none runs.
func (t *tasks) wait() {
	t.mu.Lock()
	if t.running == 0 {
		t.mu.Unlock()
		return
	}
	if t.none == nil {
		t.none = make(chan struct{})
	}
	none := t.none
	t.mu.Unlock()
	<-none
}
