package sim

import (
	"context"
	"errors"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"locktop/sim/bubble"
	"locktop/sim/clock"
)

// A virtual is the virtual time of a deterministic experiment: the [bubble] in which
// all of it lives, from Open to Close, and the scheduler there.
//
// Each command takes a time to reach Redis that is drawn from the seed, [leastDelay]
// to [mostDelay], and is answered at once. In a lane one command is sent at a time:
// the scheduler lets all goroutines come to a stop, admits the next one, and has time
// pass only when none is due. What a lane does depends on its seed and on itself,
// not on the lanes beside it, nor on how fast this machine is or looked at.
//
// The rest of the program lives outside. What it wants of the inside goes through
// [virtual.do]; channels and timers of the one must not be used by the other.
type virtual struct {
	pace *clock.Clock // outside: how fast virtual time may pass

	posted chan struct{} // made outside: there is something for the scheduler; has room for one
	wanted chan struct{} // made outside: the scheduler waits until time may pass; has room for one
	ended  chan struct{} // made outside: closed when the bubble is over
	err    error         // why; to be read after ended

	now    atomic.Int64 // experiment time up to which everything has happened
	earned atomic.Int64 // time that may pass, as the pacer has counted it
	idled  atomic.Bool  // that did not count for a while

	mu       sync.Mutex
	calls    []func()
	paused   bool
	halts    []time.Duration // when it is to be paused, the next one first
	stepping int             // lane from 1 that is to send one command; 0 is none
	hurry    bool            // the run is to end: neither pauses nor paces any more
	closing  bool

	// What follows belongs to the scheduler.
	lanes   []*traffic
	came    chan struct{} // has room for one
	clock   *clock.Clock  // of the experiment
	running bool
	over    func() // what is to be done once all lanes are; nil until then
	credit  time.Duration
	look    time.Duration // when to look for lanes that hang
	stepped bool
}

// traffic is a lane with the commands that are on their way to its Redis.
type traffic struct {
	*Lane
	delays *rand.Rand
	queue  []arrival // the next one last
	ended  bool      // guarded by virtual.mu
}

// arrival is a command that reaches Redis at a time.
type arrival struct {
	*parked
	at time.Duration
}

const (
	// leastDelay and mostDelay bound how long a command is on its way to Redis: as
	// in one data centre.
	leastDelay = 200 * time.Microsecond
	mostDelay  = time.Millisecond

	// mostRest bounds the time that passes while nobody asks for the scheduler.
	mostRest = time.Second
	// lookEvery is how often lanes that hang are looked for.
	lookEvery = 2 * foldEvery
	// paceEvery is how often, in real time, virtual time is allowed to pass.
	paceEvery = 10 * time.Millisecond
	// mostOwed bounds the real time that is made up for when the machine was too slow.
	mostOwed = 250 * time.Millisecond
)

// newVirtual begins a virtual time that stands still.
func newVirtual(pace *clock.Clock) *virtual {
	v := &virtual{
		pace:   pace,
		posted: make(chan struct{}, 1), wanted: make(chan struct{}, 1), ended: make(chan struct{}),
	}
	v.idled.Store(true)
	go func() {
		defer close(v.ended)
		var broke error // which leaves others behind, so that the bubble has something to say as well
		err := bubble.Run(func() error { broke = guard(v.live); return nil })
		v.err = errors.Join(broke, err)
	}()
	go v.keepPace()
	return v
}

// do has the scheduler call f, between two commands, and returns when it has: false
// if there is no scheduler any more. It is for callers outside; f must neither call it
// nor wait for anything that takes the scheduler, such as a command while the race is
// on.
func (v *virtual) do(f func()) bool {
	done := make(chan struct{})
	v.post(func() { defer close(done); f() })
	select {
	case <-done:
		return true
	case <-v.ended:
		return false
	}
}

// post is do that does not wait.
func (v *virtual) post(f func()) {
	v.set(func() { v.calls = append(v.calls, f) })
}

// set changes what the mutex guards, and has the scheduler look at it.
func (v *virtual) set(change func()) {
	v.mu.Lock()
	change()
	v.mu.Unlock()
	tell(v.posted)
}

// get reads what the mutex guards.
func get[T any](v *virtual, value *T) T {
	v.mu.Lock()
	defer v.mu.Unlock()
	return *value
}

// halted tells whether time stands still by order.
func (v *virtual) halted() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.paused && v.stepping == 0 && !v.hurry
}

// halt pauses at the time that was ordered, before anything that happens then.
func (v *virtual) halt(now time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for len(v.halts) > 0 && v.halts[0] <= now {
		v.halts = v.halts[1:]
		v.paused = true
	}
}

// nextHalt is when that will be; false if it will not.
func (v *virtual) nextHalt() (at time.Duration, ok bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.halts) == 0 {
		return 0, false
	}
	return v.halts[0], true
}

// keepPace tells the scheduler, when it asks, how much time may pass. It lives
// outside, where time is real.
func (v *virtual) keepPace() {
	var last time.Duration
	for {
		select {
		case <-v.wanted:
		case <-v.ended:
			return
		}
		if v.idled.Swap(false) {
			last = v.pace.Now()
		}
		select {
		case <-time.After(paceEvery):
		case <-v.ended:
			return
		}
		now, speed := v.pace.Now(), v.pace.Speed()
		if speed != clock.Max {
			v.earned.Add(int64(min(now-last, time.Duration(float64(mostOwed)*float64(speed)))))
		}
		last = now
		tell(v.posted)
	}
}

// live is the scheduler.
func (v *virtual) live() error {
	v.came = make(chan struct{}, 1)
	for !get(v, &v.closing) {
		v.mu.Lock()
		calls := v.calls
		v.calls = nil
		v.mu.Unlock()
		for _, f := range calls {
			f()
		}
		switch {
		case len(calls) > 0:
		case v.running:
			v.round()
		default:
			<-v.posted // without time passing
		}
	}
	return nil
}

// race begins the race of all lanes. Of its errors, when they are over, done is told.
func (v *virtual) race(lanes []*Lane, done func(error)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	errs := make([]error, len(lanes))
	var wg sync.WaitGroup
	for i, l := range lanes {
		t := &traffic{Lane: l, delays: rand.New(l.chance("delays"))}
		v.lanes = append(v.lanes, t)
		l.gate.scheduled, l.gate.came = true, v.came
		l.gate.close()
		l.faults.service.resumed = func() { tell(v.came) }
		wg.Go(func() {
			if errs[i] = guard(func() error { return l.run(ctx) }); errs[i] != nil {
				cancel()
			}
			v.set(func() { t.ended = true })
		})
	}
	v.running, v.look = true, lookEvery
	go func() {
		wg.Wait()
		cancel()
		v.set(func() { v.over = func() { done(errors.Join(errs...)) } })
		tell(v.came)
	}()
	return func() {
		v.set(func() { v.hurry = true })
		cancel()
	}
}

// chance is what the lane draws something from: the same for the same seed, lane and
// purpose, whichever lanes are beside it.
func (l *Lane) chance(purpose string) rand.Source {
	h := fnv.New64a()
	h.Write([]byte(l.info.Name() + " " + purpose))
	return rand.NewPCG(l.seed, h.Sum64())
}

// alone waits, in virtual time, until all others have come to a stop, so that what
// comes next happens neither before nor after what others do, by chance. No time
// passes. Of several who want that, the one of the lowest order is first.
func (l *Lane) alone(order int) {
	if l.gate.all {
		l.gate.pass(0, order, request{})
	}
}

// The orders of those who want to be alone, behind the numbers of servers.
const (
	resumeOrder = mostNodes + 1 + iota
	strikeOrder
	deliverOrder                              // and behind it, the servers of the alert cluster
	reachOrder   = deliverOrder + MostServers // and behind it, the clients
)

// round is what happens between two moments at which all goroutines stand still.
func (v *virtual) round() {
	bubble.Wait()
	now := v.clock.Now()
	v.settle(now)
	v.halt(now)
	if v.stepped {
		v.stepped = false
		v.set(func() { v.stepping = 0 })
	}
	if i := get(v, &v.stepping) - 1; i >= 0 && get(v, &v.lanes[i].ended) {
		v.set(func() { v.stepping = 0 }) // there is nothing left to step
	}
	v.giveUp(now)
	switch over := get(v, &v.over); {
	case over != nil:
		v.finish(over)
	case v.halted():
		v.idled.Store(true)
		v.credit = 0
		<-v.posted
	case !v.admit(now):
		v.rest(now)
	}
}

// settle takes in what has happened up to now.
func (v *virtual) settle(now time.Duration) {
	for _, t := range v.lanes {
		for _, p := range t.gate.take() {
			a := arrival{p, now}
			if p.client > 0 {
				a.at += leastDelay + time.Duration(t.delays.Int64N(int64(mostDelay-leastDelay)))
			}
			t.add(a)
		}
		t.recorder.round(now)
	}
	v.tell(now)
	v.now.Store(int64(now))
}

// add puts a command in its place in the queue: behind those that come at the same
// time.
func (t *traffic) add(a arrival) {
	i, _ := slices.BinarySearchFunc(t.queue, a, func(b, a arrival) int {
		if b.at > a.at {
			return -1
		}
		return 1
	})
	t.queue = slices.Insert(t.queue, i, a)
}

// next returns the place of the next command in the queue that can be admitted; -1
// if there is none. Those for a server that is being replaced wait.
func (t *traffic) next() int {
	runs := t.faults.service.runs()
	for i, a := range slices.Backward(t.queue) {
		if runs || a.client == 0 || a.node != 1 || a.request.blocks() {
			return i
		}
	}
	return -1
}

// tell tells the log of all that happened before now, in the order of time, and of
// lanes where that is the same. What happens now may not be over.
func (v *virtual) tell(now time.Duration) {
	for {
		first := -1
		for i, t := range v.lanes {
			if told := t.recorder.told; len(told) > 0 && told[0].At < now &&
				(first < 0 || told[0].At < v.lanes[first].recorder.told[0].At) {
				first = i
			}
		}
		if first < 0 {
			return
		}
		t := v.lanes[first]
		e := t.recorder.told[0]
		t.recorder.told = t.recorder.told[1:]
		if err := guard(func() error { t.recorder.log(e); return nil }); err != nil {
			t.recorder.log = func(Event) {} // it is not told of more
			t.failed(err)
			t.stop()
		}
	}
}

// giveUp ends the lanes that hang, now and then.
func (v *virtual) giveUp(now time.Duration) {
	if now < v.look {
		return
	}
	v.look = now + lookEvery - now%lookEvery
	for _, t := range v.lanes {
		if t.Lane.giveUp && t.recorder.Hung() {
			t.stop()
		}
	}
}

// admit lets one command through in each lane that has one there by now; false if no
// lane has.
func (v *virtual) admit(now time.Duration) (any bool) {
	step := get(v, &v.stepping)
	for i, t := range v.lanes {
		n := t.next()
		if n < 0 || t.queue[n].at > now {
			continue
		}
		a := t.queue[n]
		t.queue = slices.Delete(t.queue, n, n+1)
		if a.client > 0 {
			t.clients[a.client-1].announce() // before anything that it brings about
			t.recorder.round(now)
		}
		v.stepped = v.stepped || step == i+1 && a.client > 0
		close(a.passed)
		any = true
	}
	return any
}

// rest lets time pass until somebody may be due, or until the pace allows no more.
func (v *virtual) rest(now time.Duration) {
	until := min(now+mostRest, v.look)
	if at, ok := v.nextHalt(); ok {
		until = min(until, at)
	}
	for _, t := range v.lanes {
		if n := t.next(); n >= 0 {
			until = min(until, t.queue[n].at)
		}
	}
	paced := v.pace.Speed() != clock.Max && !get(v, &v.hurry)
	if paced {
		v.credit += time.Duration(v.earned.Swap(0))
		if v.credit <= 0 {
			tell(v.wanted)
			<-v.posted // without time passing
			return
		}
		until = min(until, now+v.credit)
	} else {
		v.idled.Store(true)
		v.credit = 0
	}
	timer := time.NewTimer(until - now)
	defer timer.Stop()
	select {
	case <-v.came:
	case <-timer.C:
	}
	if paced {
		v.credit -= v.clock.Now() - now
	}
}

// finish ends the race: from now on commands go as they come.
func (v *virtual) finish(over func()) {
	v.tell(v.clock.Now() + 1)
	v.running = false
	for _, t := range v.lanes {
		t.gate.open()
		for _, a := range t.queue { // what nobody waits for any more
			close(a.passed)
		}
		t.queue = nil
	}
	over()
}
