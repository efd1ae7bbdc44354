package sim

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// faults are those of one lane: what lies in wait, and what is going on.
type faults struct {
	mu       sync.Mutex
	armed    []*ambush
	count    atomic.Int32    // of armed, to be looked at first
	ctx      context.Context // of the run; nil before and after it
	doing    sync.WaitGroup
	scripted []Fault      // those of the configuration that are for this lane
	struck   atomic.Int64 // when Redis was last hit, in Unix nanoseconds

	// turn has room for the one fault of Redis that has its turn.
	turn chan struct{}
	// service is that of the first server: every command that Redis answers at once is
	// in it, and none while the server is being replaced.
	service service
	gone    [mostNodes + 1]atomic.Bool // by number of the server: it stays away
	fail    error                      // why Redis could not be brought back
}

// ambush is a fault that waits for a client to come.
type ambush struct {
	Fault
	seen int
}

// begin arms the faults of the configuration, as the run starts.
func (l *Lane) begin(ctx context.Context, all []Fault) {
	l.faults.mu.Lock()
	l.faults.ctx = ctx
	for _, f := range all {
		if f.Lane == 0 || f.Lane == l.info.Index+1 {
			f.struck = new(atomic.Bool)
			l.faults.scripted = append(l.faults.scripted, f)
		}
	}
	scripted := slices.Clone(l.faults.scripted)
	l.faults.mu.Unlock()
	for _, f := range scripted {
		l.inject(f)
	}
}

// end waits for what faults are still doing; none is begun any more.
func (l *Lane) end() error {
	l.faults.mu.Lock()
	l.faults.ctx = nil
	l.faults.armed = nil
	l.faults.count.Store(0)
	l.faults.mu.Unlock()
	l.faults.doing.Wait()
	l.faults.mu.Lock()
	defer l.faults.mu.Unlock()
	return l.faults.fail
}

// neverStruck returns the faults of the configuration that have not struck.
func (l *Lane) neverStruck() []Fault {
	l.faults.mu.Lock()
	defer l.faults.mu.Unlock()
	var idle []Fault
	for _, f := range l.faults.scripted {
		if !f.struck.Load() {
			idle = append(idle, f)
		}
	}
	return idle
}

// inject lets a fault lie in wait, or happen.
func (l *Lane) inject(f Fault) {
	switch {
	case f.At != "":
		l.arm(f)
	case f.After > 0:
		l.later(f.After, func() { f.After = 0; l.inject(f) })
	case f.Kind.OfClient():
		f.At = AtCommand
		l.arm(f)
	default:
		l.later(0, func() { l.strikeRedis(f) })
	}
}

func (l *Lane) arm(f Fault) {
	l.faults.mu.Lock()
	defer l.faults.mu.Unlock()
	if l.faults.ctx != nil {
		l.faults.armed = append(l.faults.armed, &ambush{Fault: f})
		l.faults.count.Store(int32(len(l.faults.armed)))
	}
}

// later runs do on a goroutine of its own, after a time.
func (l *Lane) later(after time.Duration, do func()) {
	l.faults.mu.Lock()
	defer l.faults.mu.Unlock()
	ctx := l.faults.ctx
	if ctx == nil {
		return
	}
	l.faults.doing.Go(func() {
		err := guard(func() error {
			if l.wait(ctx, after) {
				do()
			}
			return nil
		})
		l.failed(err)
	})
}

// failed notes what keeps the lane from going on.
func (l *Lane) failed(err error) {
	l.faults.mu.Lock()
	defer l.faults.mu.Unlock()
	l.faults.fail = errors.Join(l.faults.fail, err)
}

// wait lets experiment time pass, also where nobody sleeps, and tells whether the
// run still goes on.
func (l *Lane) wait(ctx context.Context, d time.Duration) bool {
	over, stop := l.clock.After(d)
	defer stop()
	select {
	case <-over:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// reach is called by a client at each point of its updates, on its goroutine. It
// returns when what lay in wait there is over.
func (c *client) reach(at Point) {
	l := c.lane
	if l.faults.count.Load() == 0 || c.door.dead.Load() {
		return
	}
	l.alone(reachOrder + c.number) // several may come at once
	l.faults.mu.Lock()
	ctx := l.faults.ctx
	var due []Fault
	l.faults.armed = slices.DeleteFunc(l.faults.armed, func(a *ambush) bool {
		if a.At != at || (a.Client != 0 && a.Client != c.number) {
			return false
		}
		a.seen++
		if a.seen < a.Nth {
			return false
		}
		due = append(due, a.Fault)
		return true
	})
	l.faults.count.Store(int32(len(l.faults.armed)))
	l.faults.mu.Unlock()
	if ctx == nil {
		return
	}
	for _, f := range due {
		switch {
		case f.After > 0: // and then at the next command, or at once
			after := f.After
			f.At, f.Nth, f.After = "", 0, 0
			if f.Kind.OfClient() {
				f.Client = c.number
			}
			l.later(after, func() { l.inject(f) })
		case f.Kind.OfClient():
			c.strike(ctx, f)
		default:
			l.strikeRedis(f)
		}
	}
}
