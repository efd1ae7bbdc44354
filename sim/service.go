package sim

import "sync"

// A service is that of one server to many clients. A command is in it while it is
// under way; a fault that replaces the server has it stop, waits for whoever is in
// it, and has it resume. It waits on channels only, so that in a bubble time passes
// meanwhile.
type service struct {
	resumed func() // told when it is, if set

	mu      sync.Mutex
	inside  int
	waiting int
	halted  chan struct{} // closed when it resumes; nil while it runs
	empty   chan struct{} // closed when nobody is in it any more; nil if nobody waits for that
}

// enter waits until the service runs. It is followed by leave.
func (s *service) enter() {
	s.mu.Lock()
	halted := s.halted
	if halted == nil {
		s.inside++
	} else {
		s.waiting++
	}
	s.mu.Unlock()
	if halted != nil {
		<-halted
	}
}

func (s *service) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inside--
	if s.inside == 0 && s.empty != nil {
		close(s.empty)
		s.empty = nil
	}
}

// runs tells whether enter would not wait.
func (s *service) runs() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.halted == nil
}

// halt has the service stop. It is for one goroutine at a time, as are drain and
// resume.
func (s *service) halt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.halted = make(chan struct{})
}

// drain waits until nobody is in a service that was halted.
func (s *service) drain() {
	s.mu.Lock()
	var empty chan struct{}
	if s.inside > 0 {
		empty = make(chan struct{})
		s.empty = empty
	}
	s.mu.Unlock()
	if empty != nil {
		<-empty
	}
}

// resume has the service go on. Whoever has waited is in it now, before the next halt.
func (s *service) resume() {
	s.mu.Lock()
	s.inside += s.waiting
	s.waiting = 0
	close(s.halted)
	s.halted = nil
	s.mu.Unlock()
	if s.resumed != nil {
		s.resumed()
	}
}
