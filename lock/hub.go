package lock

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// hubLinger is how long a subscription outlives its last waiter, for the
	// next may come soon.
	hubLinger = time.Second

	// hubSilence is how long a subscription may be quiet before it is probed.
	hubSilence = 3 * time.Second

	// hubRetry is the pause between attempts to subscribe again.
	hubRetry = 20 * time.Millisecond

	// mostRest is the longest pause between two subscriptions of a hub that its lock's
	// node does not count; the first is leastPoke.
	mostRest = time.Second

	// longestQuit is the longest pause between two tries to have those quit the queue
	// who have left while Redis was away; the first is leastPoke.
	longestQuit = 2 * time.Second

	// mostRemains bounds what a hub keeps of waiters who have left while Redis was
	// away. Beyond it, one who is granted the lock after all has it for one lease.
	mostRemains = 1000

	grantPrefix = "lock-grant:"
)

// hubs are those of this process.
var hubs = struct {
	sync.Mutex
	of map[hubKey]*hub
}{of: map[hubKey]*hub{}}

// hubKey is a client and, if that client talks to several nodes, a lock: only
// a subscription on the lock's own node is counted by its scripts.
type hubKey struct {
	client redis.UniversalClient
	lock   string
}

// A hub receives the grants for all waiters of one client over one connection,
// and hands each to whom it is for. Its channel is its own, so whether anybody
// listens there says whether its waiters are alive.
type hub struct {
	key    hubKey
	name   string // the channel without its prefix
	ctx    context.Context
	cancel context.CancelFunc
	ready  chan struct{} // closed when subscribed, or failed
	err    error         // why it failed; set before ready is closed
	ended  chan struct{} // closed when its goroutine has ended

	// Guarded by hubs. The timer runs on while waiters come and go: to stop and
	// set it each time takes longer.
	users  int
	idle   time.Time // since when there are none
	linger *time.Timer
	runs   bool // the timer does

	mu      sync.Mutex
	last    uint64
	waiters map[uint64]*waiter
	lines   map[string][]*waiter   // by the lock's key, the oldest first
	remains map[uint64]func() bool // by number, how those who have left quit the queue, until Redis has done it
	hangUp  func()                 // ends the subscription
	session int64                  // how often it has subscribed
	resting time.Time              // until then it does not subscribe anew for want of being counted
	rest    time.Duration          // how long that takes the next time
	late    chan struct{}          // a token: one could not quit
	moments map[string]*moments    // by the lock's key

	manyMoments int // when there are so many, some may be forgotten

	quitting sync.WaitGroup // of those; only run adds to it
	scouting sync.WaitGroup // of scouts; only waiters add to it
}

// A waiter is one call that waits for a fair lock.
type waiter struct {
	number uint64
	line   string
	id     string // the owner it will be
	grants chan handover
	ask    chan struct{} // a token: something may have been missed, ask Redis
	first  chan struct{} // closed when this is the oldest waiter of its line here
	asked  *atomic.Int64 // when a waiter of its line here last asked, in Unix nanoseconds
}

// A handover tells that the lock is granted. It comes from Redis or, if the one
// who released it is in this process, from there.
type handover struct {
	token   uint64
	turn    int       // the grants since the last that went through the signal
	free    bool      // it is not granted but left free for a moment, and the waiter's own after that
	at      int64     // when, in microseconds by the clock of Redis
	session int64     // of the hub, in which the message came
	after   time.Time // a moment before it by our clock, known of a neighbour's only
}

func (l *Lock) hubKey() hubKey {
	if l.scattered {
		return hubKey{l.client, l.key}
	}
	if l.line.subscriber != nil {
		return hubKey{client: l.line.subscriber}
	}
	return hubKey{client: l.client}
}

// enter adds a waiter for the lock and returns once grants can reach it.
func (l *Lock) enter(ctx context.Context, id string) (*hub, *waiter, error) {
	h := l.use()
	var err error
	select {
	case <-h.ready:
		err = h.err
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		h.unuse()
		return nil, nil, err
	}
	return h, h.add(l.key, id), nil
}

// use returns the hub of the lock's waiters in this process, which the caller is one of
// from now on.
func (l *Lock) use() *hub {
	key := l.hubKey()
	hubs.Lock()
	defer hubs.Unlock() // whatever panics: the source of WithRandom is the user's
	h := hubs.of[key]
	if h == nil {
		h = newHub(key, l.random.word())
		hubs.of[key] = h
		go h.run()
	}
	h.users++
	return h
}

func newHub(key hubKey, name string) *hub {
	h := &hub{
		key:     key,
		name:    name,
		ready:   make(chan struct{}),
		ended:   make(chan struct{}),
		waiters: map[uint64]*waiter{},
		lines:   map[string][]*waiter{},
		remains: map[uint64]func() bool{},
		late:    make(chan struct{}, 1),
		moments: map[string]*moments{},
	}
	if key.lock != "" {
		h.name = besides("", key.lock) + h.name
	}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	h.linger = time.AfterFunc(hubLinger, h.closeLater)
	h.linger.Stop()
	return h
}

func (h *hub) add(line, id string) *waiter {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last++
	w := &waiter{
		number: h.last,
		line:   line,
		id:     id,
		grants: make(chan handover, 1),
		ask:    make(chan struct{}, 1),
		first:  make(chan struct{}),
	}
	if older := h.lines[line]; len(older) > 0 {
		w.asked = older[0].asked
	} else {
		w.asked = new(atomic.Int64)
	}
	h.waiters[w.number] = w
	h.lines[line] = append(h.lines[line], w)
	if len(h.lines[line]) == 1 {
		close(w.first)
	}
	return w
}

// leave removes a waiter, and makes the next the oldest.
func (h *hub) leave(w *waiter) {
	h.mu.Lock()
	delete(h.waiters, w.number)
	i := slices.Index(h.lines[w.line], w)
	rest := slices.Delete(h.lines[w.line], i, i+1)
	h.lines[w.line] = rest
	switch {
	case len(rest) == 0:
		delete(h.lines, w.line)
	case i == 0:
		close(rest[0].first)
	}
	h.mu.Unlock()
	h.unuse()
}

func (h *hub) unuse() {
	hubs.Lock()
	defer hubs.Unlock()
	h.users--
	if h.users > 0 || hubs.of[h.key] != h {
		return
	}
	h.idle = time.Now()
	if !h.runs {
		h.runs = true
		h.linger.Reset(hubLinger)
	}
}

// closeLater ends a hub that has had no waiters for long enough.
func (h *hub) closeLater() {
	hubs.Lock()
	h.runs = false
	rest := hubLinger - time.Since(h.idle)
	if rest <= 0 && h.remaining() { // one of them may have the lock
		rest = hubLinger
	}
	if h.users == 0 && rest > 0 {
		h.runs = true
		h.linger.Reset(rest)
	}
	hubs.Unlock()
	if rest <= 0 {
		h.closeIdle()
	}
}

// closeIdle ends a hub without waiters, and waits for its goroutine.
func (h *hub) closeIdle() {
	hubs.Lock()
	idle := h.users == 0 && hubs.of[h.key] == h
	if idle {
		delete(hubs.of, h.key)
		h.linger.Stop()
		h.cancel()
	}
	hubs.Unlock()
	if idle {
		<-h.ended
	}
}

// hub returns the hub of the lock's waiters in this process; nil: there are none.
func (l *Lock) hub() *hub {
	key := l.hubKey()
	hubs.Lock()
	defer hubs.Unlock()
	return hubs.of[key]
}

// closeHub ends the subscription that the lock has used, if nobody else does.
func (l *Lock) closeHub() {
	if h := l.hub(); h != nil {
		h.closeIdle()
	}
}

// run subscribes and delivers until the hub is closed. A connection that breaks
// is made anew, and then all waiters ask what they have missed.
func (h *hub) run() {
	defer close(h.ended)
	defer h.quitting.Wait()
	defer h.scouting.Wait()
	defer h.cancel()
	pubsub, err := h.listen()
	if err != nil {
		hubs.Lock()
		if hubs.of[h.key] == h {
			delete(hubs.of, h.key)
		}
		hubs.Unlock()
		h.err = fmt.Errorf("subscribe: %w", err)
		close(h.ready)
		return
	}
	close(h.ready)
	defer func() { pubsub.Close() }()
	h.quitting.Go(h.quitAgain)
	failures := 0
	for {
		message, err := pubsub.ReceiveTimeout(h.ctx, hubSilence)
		switch m := message.(type) {
		case *redis.Message:
			h.receive(m.Payload)
		case *redis.Subscription:
			h.begin()
		}
		switch {
		case err == nil:
			failures = 0
		case h.ctx.Err() != nil:
			return
		case isTimeout(err):
			pubsub.Ping(h.ctx) // if it cannot be sent, the next Receive connects again
		default:
			if failures++; failures == 2 {
				h.stir("") // this is more than a lost connection: let them find out
			}
			select {
			case <-time.After(hubRetry):
			case <-h.ctx.Done():
				return
			}
			if h.key.lock != "" { // which may have moved to another node
				if next, err := h.listen(); err == nil {
					pubsub = next
				}
			}
		}
	}
}

// deliver hands a grant to its waiter. If that has left, it has to quit, again if
// need be.
func (h *hub) deliver(number uint64, g handover) (there bool) {
	h.mu.Lock()
	w := h.waiters[number]
	h.mu.Unlock()
	if w == nil {
		return false
	}
	if g.free {
		h.left(w.line)
	}
	select {
	case w.grants <- g:
	default: // two grants: the waiter asks about the first anyway, for it is late
	}
	return true
}

// own returns the hub's name, to be granted the lock without a message; empty if
// it has forgotten some of those who have left.
func (h *hub) own() string {
	if h == nil {
		return ""
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.remains) >= mostRemains {
		return ""
	}
	return h.name
}

// waits reports whether anybody waits in a line.
func (h *hub) waits(line string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.lines[line]) > 0
}

// nudge has a waiter ask Redis that is said to be the holder and does not know.
func (h *hub) nudge(line, holder string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, w := range h.lines[line] {
		if w.id == holder {
			w.stir()
		}
	}
}

// stir has the waiter ask Redis.
func (w *waiter) stir() {
	select {
	case w.ask <- struct{}{}:
	default:
	}
}

// stir has the waiters of a line ask Redis, or those of all lines for "".
func (h *hub) stir(line string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, w := range h.waiters {
		if line == "" || w.line == line {
			w.stir()
		}
	}
}

// remain keeps how a waiter who has left quits the queue.
func (h *hub) remain(number uint64, quit func() bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.remains) < mostRemains {
		h.remains[number] = quit
	}
}

// remaining reports whether anybody who has left has yet to quit.
func (h *hub) remaining() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.remains) > 0
}

func (h *hub) forget(number uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.remains, number)
}

// quit reports whether the waiter of this number is no longer in the queue. If it is,
// quitAgain tries again.
func (h *hub) quit(number uint64) bool {
	h.mu.Lock()
	quit := h.remains[number]
	h.mu.Unlock()
	if quit != nil && !quit() {
		select {
		case h.late <- struct{}{}:
		default:
		}
		return false
	}
	h.forget(number)
	return true
}

// quitAgain has those quit who could not, with growing pauses: a Redis that refuses
// commands may leave the subscription alone, so that nothing tells when it takes them
// again.
func (h *hub) quitAgain() {
	for {
		select {
		case <-h.late:
		case <-h.ctx.Done():
			return
		}
		for pause := leastPoke; h.remaining(); pause = min(2*pause, longestQuit) {
			select {
			case <-time.After(pause):
			case <-h.ctx.Done():
				return
			}
			h.quitAll()
		}
	}
}

// quitAll has all quit who have left, as long as Redis answers.
func (h *hub) quitAll() {
	h.mu.Lock()
	numbers := slices.Collect(maps.Keys(h.remains))
	h.mu.Unlock()
	for _, number := range numbers {
		if h.ctx.Err() != nil || !h.quit(number) {
			return
		}
	}
}
