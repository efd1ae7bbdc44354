package lock_test

import (
	"bufio"
	"context"
	"errors"
	"net/url"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"locktop/lock"
	"locktop/lock/redistest"
)

const (
	// turnWithin is the longest that who asks so often, or oftener, goes without a turn
	// beside fair contenders who never stop. A machine that is busy is given more time.
	turnWithin = time.Second
	askEvery   = 10 * time.Millisecond
)

// A poller asks again and again until ctx ends, and tells when it begins and of each turn.
type poller struct {
	name string
	run  func(ctx context.Context, e *env, turns chan<- time.Time)
}

var pollers = []poller{
	{"WithPoll", func(ctx context.Context, e *env, turns chan<- time.Time) {
		l := e.lockOn(e.dial(), "average", lock.WithPoll(lock.Constant(askEvery)), lock.WithLease(time.Minute))
		turns <- time.Now()
		for ctx.Err() == nil {
			e.turn(ctx, turns, l.Acquire)
		}
	}},
	{"TryAcquire in a loop", tryInALoop()},
	{"TryAcquire of a fair lock in a loop", tryInALoop(lock.WithFairness())},
	{"Python's loop", pythonLoop(0)},
	{"Python's loop with a pause of 10 ms", pythonLoop(askEvery)},
	{"four of Python's loops", func(ctx context.Context, e *env, turns chan<- time.Time) {
		var four sync.WaitGroup
		for range 4 {
			four.Go(func() { pythonLoop(0)(ctx, e, turns) })
		}
		four.Wait()
	}},
}

// turn tells of an acquisition that has succeeded, and ends it.
func (e *env) turn(ctx context.Context, turns chan<- time.Time, acquire func(context.Context) (*lock.Lease, error)) {
	lease, err := acquire(ctx)
	switch {
	case err == nil:
		turns <- time.Now()
		if err := lease.Release(e.ctx); err != nil {
			e.Error(err)
		}
		time.Sleep(askEvery)
	case ctx.Err() == nil && !errors.Is(err, lock.ErrHeld):
		e.Error(err)
	}
}

func tryInALoop(opts ...lock.Option) func(context.Context, *env, chan<- time.Time) {
	return func(ctx context.Context, e *env, turns chan<- time.Time) {
		l := e.lockOn(e.dial(), "average", append(opts, lock.WithLease(time.Minute))...)
		turns <- time.Now()
		for ctx.Err() == nil {
			e.turn(ctx, turns, l.TryAcquire)
			time.Sleep(askEvery)
		}
	}
}

func pythonLoop(pause time.Duration) func(context.Context, *env, chan<- time.Time) {
	return func(ctx context.Context, e *env, turns chan<- time.Time) {
		server, err := url.Parse(e.server.URL())
		if err != nil {
			e.Error(err)
			return
		}
		python := exec.Command("python3", "testdata/loop.py", server.Path, "average", strconv.FormatFloat(pause.Seconds(), 'f', 3, 64))
		stdin, _ := python.StdinPipe() // it ends with it
		stdout, _ := python.StdoutPipe()
		if err := python.Start(); err != nil {
			e.Error(err)
			return
		}
		stop := context.AfterFunc(ctx, func() { stdin.Close() })
		defer stop()
		lines := bufio.NewScanner(stdout)
		for lines.Scan() && lines.Text() != "" {
			turns <- time.Now()
		}
		if ended := ctx.Err() != nil; !ended {
			e.Errorf("Python's loop has ended: %s", lines.Text())
		}
		python.Wait()
	}
}

// A crowd contends for a fair lock without end.
type crowd struct {
	name            string
	processes, each int // contenders of each
	hold, pause     time.Duration
	everyPoller     bool // and not only one of ours and one in Python
}

// Who only asks has a turn beside a fair lock that is never free by itself, and the
// fair contenders have theirs.
func TestPollersBesideFairContenders(t *testing.T) {
	if _, err := exec.LookPath("python3"); err != nil {
		redistest.Missing(t, "no python3 on PATH")
	}
	s := redistest.Real(t)
	for _, c := range []crowd{
		{name: "three of one process", processes: 1, each: 3, hold: time.Millisecond, everyPoller: true},
		{name: "three processes", processes: 3, each: 1, hold: time.Millisecond},
		{name: "two who keep it for no time", processes: 1, each: 2},
		{name: "two processes that keep it for no time", processes: 2, each: 1},
		{name: "forty who pause in between", processes: 2, each: 20, hold: 5 * time.Millisecond, pause: 150 * time.Millisecond},
		{name: "three processes that keep it for long", processes: 3, each: 1, hold: 60 * time.Millisecond},
	} {
		for i, p := range pollers {
			if !c.everyPoller && i != 0 && i != 3 {
				continue
			}
			t.Run(p.name+" beside "+c.name, func(t *testing.T) {
				inTries(t, func(try *try) { newEnv(try, s).wantTurns(c, p) })
			})
		}
	}
}

func (e *env) wantTurns(c crowd, p poller) {
	e.Helper()
	var contenders sync.WaitGroup
	ctx, stop := context.WithCancel(e.ctx)
	turns := make(chan time.Time, 1<<16)
	defer contenders.Wait()
	defer stop()
	var grants atomic.Int64
	for range c.processes {
		l := e.fair(lock.WithLease(time.Minute))
		for range c.each {
			contenders.Go(func() {
				for {
					lease, err := l.Acquire(ctx)
					if ctx.Err() != nil {
						if err == nil {
							lease.Release(e.ctx)
						}
						return
					}
					if err != nil {
						e.Error(err)
						return
					}
					grants.Add(1)
					time.Sleep(c.hold)
					if err := lease.Release(e.ctx); err != nil {
						e.Error(err)
					}
					time.Sleep(c.pause)
				}
			})
		}
	}
	e.eventually("the crowd has begun", func() bool { return grants.Load() > 20 })
	contenders.Go(func() { p.run(ctx, e, turns) })
	var waits []time.Duration
	last, before := <-turns, int64(0)
	for waited := time.Duration(0); waited < 2*turnWithin; {
		select {
		case at := <-turns:
			waited += at.Sub(last)
			if len(waits) == 0 {
				before = grants.Load()
			}
			waits = append(waits, at.Sub(last).Round(time.Millisecond))
			last = at
		case <-time.After(turnWithin * e.slow):
			e.missed("after turns at intervals of %v none in %v", waits, turnWithin*e.slow)
		}
	}
	most := slices.Max(waits)
	e.Logf("%d turns, %v apart at most, and then %d of others", len(waits), most, grants.Load()-before)
	if most > turnWithin*e.slow {
		e.missed("a turn after %v", most)
	}
	others, least := grants.Load()-before, int64(len(waits))
	if c.hold != time.Millisecond { // as long as Python's loop does
		least /= 4
	}
	if others < least {
		e.missed("%d turns, and only %d of others", len(waits), others)
	}
}
