package lock

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// leastPoke and mostPoke bound the pause after which the oldest waiter of a
	// process asks Redis about what nobody tells: a holder whose lease ran out, a
	// release by a program that knows of no queue, a message that was missed.
	leastPoke = 100 * time.Millisecond
	mostPoke  = 250 * time.Millisecond

	// mostSilent is how long a process with waiters may go without asking. The
	// scripts take it for dead after five times as long.
	mostSilent = time.Second

	// queueTTL is how long a queue in which everybody has died remains.
	queueTTL = 10 * time.Second

	// contendedFor is how long after a contended acquisition the next one does
	// not even try a plain SET NX, which could get in before those in line. That
	// long there is a subscription anyway.
	contendedFor = hubLinger

	// signalEvery says which release goes through the signal, so that waiters
	// who know of no queue have their turn.
	signalEvery = 8
)

// The line script replies with one of these.
const (
	lineWaits = iota
	lineOurs
	lineHeld
	lineAlready
)

// errUnexpected is a reply that the package's scripts don't give.
var errUnexpected = errors.New("lock: unexpected reply")

// line is what a lock knows about its queue.
type line struct {
	fair      bool
	keys      []string     // of the scripts, as in grant.lua
	args      []any        // the same
	contended atomic.Int64 // when the lock was last found taken, in Unix nanoseconds
	strangers atomic.Int64 // when they last had the lock, the same
	scouts    int          // how many the client has connections for

	subscriber redis.UniversalClient // whose subscription tells of grants; nil: that of the lock's client
}

// WithFairness serves waiters first come, first served, whichever process they
// are in, and hands the lock over: a release makes the first in line the holder,
// so nobody gets in between and the waiter wakes up owning it.
//
// Waiting takes one connection for all fair locks of a client together. See the
// package comment for what is guaranteed, also towards waiters of other kinds.
func WithFairness() Option {
	return func(l *Lock) error {
		l.line.fair = true
		return nil
	}
}

// WithSubscriber has the fair waiters of this lock listen for their grants on the
// subscription of another client of the same Redis. All locks that are given the same
// one share it, and are one process to each other: a program that gives each of its
// many workers a client of its own still needs but one connection more. It has no
// effect on a Redis Cluster or a Ring.
func WithSubscriber(client *redis.Client) Option {
	return func(l *Lock) error {
		if client == nil {
			return fmt.Errorf("%w: the subscriber is nil", ErrInvalid)
		}
		l.line.subscriber = client
		return nil
	}
}

// place is a waiter's place in the line.
type place struct {
	*waiter
	hub      *hub
	entry    string // as written in the queue; empty: only trying
	id       string
	came     string        // when, by the clock of Redis; empty: it has not joined yet
	holder   string        // as last seen
	head     string        // the first in line then; empty: unknown
	ttl      time.Duration // its; negative: none
	turn     int           // of the last grant heard of
	again    bool          // it had been dropped from the queue, and joined again
	claim    time.Time     // when a lock that is left free for a moment is its own; zero: it is not
	rejoined time.Time     // when it was told that it had joined again; zero: it never had to
	left     bool          // the caller left before the answer, which is seen to when it comes

	// A moment here that was not after one there: it dates what comes from there
	// rather too early. There is the server that has counted this session of the hub
	// last; 0: none.
	here    time.Time
	there   int64 // microseconds
	session int64
}

// tryFair is one attempt that passes nobody in the queue who is alive.
func (l *Lock) tryFair(ctx context.Context, id string, since time.Time) (*Lease, error) {
	l.observe(Event{Kind: EventAttempt, Owner: id, Waited: time.Since(since)})
	p := &place{id: id}
	lease, err := l.ask(ctx, p, since)
	if err == nil && lease == nil {
		err = ErrHeld
	}
	if err != nil {
		l.observe(Event{Kind: EventFailure, Owner: id, Err: err, Waited: time.Since(since)})
		if !p.left && !isReply(err) && err != ErrHeld && err != ErrAlreadyAcquired && l.id == "" {
			l.background.run(func() { l.undo(ctx, id, 0) })
		}
		return nil, err
	}
	return lease, nil
}

// acquireFair is Acquire with a queue.
func (l *Lock) acquireFair(ctx context.Context) (*Lease, error) {
	if err := ended(ctx); err != nil {
		return nil, err
	}
	id, since := l.newID(), time.Now()
	if !l.lately(since) {
		lease, err := l.attempt(ctx, id, since)
		if err != ErrHeld {
			return lease, err
		}
	}
	h, w, err := l.enter(ctx, id)
	if err != nil {
		return nil, err
	}
	defer h.leave(w)
	p := &place{waiter: w, hub: h, id: id}
	p.entry = fmt.Sprintf("%d %d %d %d %s%s", millis(l.lease), flag(l.tokens != ""), w.number, len(h.name), h.name, id)

	l.observe(Event{Kind: EventAttempt, Owner: id, Waited: time.Since(since)})
	lease, err := l.ask(ctx, p, since)
	if lease != nil {
		return lease, nil
	}
	why := err
	if why == nil {
		why = ErrHeld
	}
	l.observe(Event{Kind: EventFailure, Owner: id, Err: why, Waited: time.Since(since)})
	if err == nil {
		l.line.contended.Store(time.Now().UnixNano())
		l.observe(Event{Kind: EventWait, Owner: id, Waited: time.Since(since)})
		lease, err = l.stand(ctx, h, p, since)
		l.line.contended.Store(time.Now().UnixNano())
	}
	if err != nil && err != ErrAlreadyAcquired && !p.left {
		l.background.run(func() { l.giveUp(ctx, p) })
	}
	return lease, err
}

// lately reports whether the lock was found taken not long before now.
func (l *Lock) lately(now time.Time) bool {
	return now.UnixNano()-l.line.contended.Load() <= int64(contendedFor)
}

// stand waits in line until the lock is ours.
func (l *Lock) stand(ctx context.Context, h *hub, p *place, since time.Time) (*Lease, error) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	timer.Stop()
	first := p.first
	if p.oldest() {
		first = nil
		timer.Reset(p.poke(&l.random))
		l.scout(h)
	}
	for {
		var g handover
		told, stirred := true, false
		select { // what was told is not asked for
		case g = <-p.grants:
		default:
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case g = <-p.grants:
			case <-first:
				first = nil
				timer.Reset(p.poke(&l.random))
				l.scout(h)
				continue
			case <-p.ask:
				told, stirred = false, true
			case <-timer.C:
				told = false
			}
		}
		if told && g.free {
			p.turn, p.claim = g.turn, time.Now().Add(moment)
			timer.Reset(moment)
			continue
		}
		if told {
			p.turn = g.turn
			granted := g.after
			if granted.IsZero() {
				granted = p.local(g.at)
			}
			l.heard.Store(int64(granted.Sub(epoch)))
			// A late grant has lost some of its lease and, without one, a grant from
			// another process is provisional: both are put right by asking. One from
			// before it joined again may have been taken away since.
			switch {
			case g.after.IsZero() && g.session != p.session: // dated by another clock
			case granted.Before(p.rejoined):
			case l.lease > 0 && time.Since(granted) < l.lease/4:
				return l.granted(ctx, p.id, g.token, g.turn, granted.Add(l.lease), since)
			case l.lease == 0 && !g.after.IsZero():
				return l.granted(ctx, p.id, g.token, g.turn, time.Time{}, since)
			}
		}
		select { // one question will do
		case <-p.ask:
		default:
		}
		lease, err := l.ask(ctx, p, since)
		if p.again && !stirred {
			h.stir(p.line) // others may have been dropped as well
		}
		if lease != nil || err != nil {
			return lease, err
		}
		h.nudge(p.line, p.holder)
		l.claimed(h, p)
		if first == nil || !p.claim.IsZero() {
			timer.Reset(p.poke(&l.random))
			l.scout(h)
		}
	}
}

// oldest reports whether p is the first of its process to wait for its lock.
func (p *place) oldest() bool {
	select {
	case <-p.first:
		return true
	default:
		return false
	}
}

// poke returns how long the oldest waiter waits before it asks. Where the oldest
// changes often, none would get to it, and the process would seem silent.
func (p *place) poke(r *random) time.Duration {
	d := leastPoke + r.below(mostPoke-leastPoke)
	if p.ttl >= 0 {
		d = min(d, min(p.ttl, mostPoke)+time.Millisecond)
	}
	if !p.claim.IsZero() {
		d = max(time.Until(p.claim), leastClaim)
	}
	return min(d, max(time.Until(time.Unix(0, p.asked.Load()).Add(mostSilent)), 0))
}

// local returns a time here that was not after the given one there.
func (p *place) local(there int64) time.Time {
	t := p.here.Add(time.Duration(there-p.there) * time.Microsecond)
	if now := time.Now(); t.After(now) {
		return now // only a clock that was set can say so
	}
	return t
}

// ask runs the line script: the lease, an error, or neither if p is to wait.
func (l *Lock) ask(ctx context.Context, p *place, since time.Time) (*Lease, error) {
	if err := ended(ctx); err != nil {
		return nil, err
	}
	asked, name, session := time.Now(), "", int64(0)
	if p.waiter != nil {
		p.asked.Store(asked.UnixNano())
		name, session = p.hub.name, p.hub.current()
	}
	args := []any{p.entry, p.id, millis(l.lease), flag(l.tokens != ""), name, p.came, millis(queueTTL), flag(l.scattered)}
	run := func() ([]any, error) {
		if p.came == "" { // go-redis must not repeat it: it would meet itself
			return lineCall.runOnce(ctx, l.client, l.line.args, args...).Slice()
		}
		cmd, _ := lineCall.run(ctx, l.client, l.line.args, args...)
		return cmd.Slice()
	}
	reply, left, err := command(ctx, &l.wire, run,
		func(_ []any, err error) {
			// Only now, for a clean-up must not overtake the script that it undoes.
			switch {
			case p.entry != "":
				l.giveUp(ctx, p)
			case !isReply(err) && l.id == "":
				l.undo(ctx, p.id, 0)
			}
		})
	if err != nil {
		p.left = left
		return nil, err
	}
	state, _ := reply[0].(int64)
	switch {
	case state == lineOurs && len(reply) >= 2:
		p.again = len(reply) >= 3 && reply[2].(int64) == 1
		if len(reply) == 4 {
			p.hub.visited(l.key)
		}
		token, _ := strconv.ParseUint(reply[1].(string), 10, 64)
		var expires time.Time
		if l.lease > 0 {
			expires = asked.Add(l.lease)
		}
		return l.granted(ctx, p.id, token, p.turn, expires, since)
	case state == lineHeld:
		return nil, ErrHeld
	case state == lineAlready:
		if l.id == "" {
			return nil, errUnexpected
		}
		return nil, ErrAlreadyAcquired
	case state == lineWaits && len(reply) == 9:
		if p.again = p.came != "" && reply[4].(int64) == 1; p.again {
			p.rejoined = time.Now()
		}
		p.came = reply[1].(string)
		p.ttl = fromMillis(reply[2].(int64))
		l.look(p, reply[5].(string), reply[6].(string), reply[7].(int64) == 1)
		there, _ := strconv.ParseInt(reply[3].(string), 10, 64)
		if !p.hub.counted(session, reply[8].(int64) == 1) {
			session = 0
		}
		if session != p.session || p.here.IsZero() || asked.Sub(p.here) > time.Duration(there-p.there)*time.Microsecond {
			p.here, p.there, p.session = asked, there, session
		}
		return nil, nil
	}
	return nil, errUnexpected
}

// flag is how scripts are told yes and no.
func flag(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// giveUp leaves the queue, and hands on the lock if it came too late. Where Redis does
// not answer, or refuses, the hub sees to it: it is alive, so its waiter would be served.
func (l *Lock) giveUp(ctx context.Context, p *place) {
	quit := func() bool { return l.quit(ctx, p) }
	h := l.hub()
	if h != p.hub {
		quit() // a hub that is gone is dead to the scripts
		return
	}
	h.remain(p.number, quit)
	h.quit(p.number)
}

// quit reports whether Redis has done so, or never will, as the client is closed. A
// reply is no answer: it may say that Redis loads its data, or wants a password.
func (l *Lock) quit(ctx context.Context, p *place) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUp)
	defer cancel()
	_, err := l.handOver(ctx, p.id, p.turn+1, p.entry)
	return err == nil || errors.Is(err, redis.ErrClosed)
}

// release gives the lock up and replies with replyDone, replyNotHeld or replyGone.
// turn counts the grants since the last that went through the signal.
func (l *Lock) release(ctx context.Context, id string, turn int) (reply int, err error) {
	switch {
	case l.line.fair && turn+1 >= signalEvery && (turn+1 > signalEvery || !l.hub().due(l.key)):
		return l.releaseInTurn(ctx, id)
	case !l.line.fair || turn == 0 && !l.lately(time.Now()): // then a queue is not likely, and this the cheaper script
		cmd, again := releaseCall.run(ctx, l.client, l.line.args[:3], id, signalMillis)
		reply, err = cmd.Int()
		if err != nil || reply != replyQueue {
			return doubt(reply, again), err
		}
	}
	return l.handOver(ctx, id, turn+1, "")
}

// doubt makes a replyNotHeld to what was sent again a replyGone.
func doubt(reply int, again bool) int {
	if again && reply == replyNotHeld {
		return replyGone
	}
	return reply
}

// handOver runs the script, and tells the next owner if it is in this process: the
// reply is here before a message could be. entry is of a waiter who gives up.
func (l *Lock) handOver(ctx context.Context, id string, turn int, entry string) (reply int, err error) {
	h, asked := l.hub(), time.Now()
	every, known := h.leaveFree(l.key, turn, entry)
	cmd, again := handoverCall.run(ctx, l.client, l.line.args, id, signalMillis, turn, entry, h.own(), millis(every), known)
	got, err := cmd.Result()
	if early, _ := got.([]any); len(early) == 4 {
		rest, _ := early[3].(int64)
		h.early(l.key, fromMillis(rest))
	}
	reply = doubt(l.tell(h, got, handover{turn: turn, after: asked}), again)
	if h != nil && (err != nil || entry == "" && reply != replyDone) {
		h.stir(l.key) // if only the reply was lost, somebody does not know yet
	}
	return reply, err
}

// releaseInTurn lets those who block on the signal have the lock. If there are
// none, the first in line is served: Redis wakes blocked clients between the two
// commands of the pipeline, which it would not within a transaction.
func (l *Lock) releaseInTurn(ctx context.Context, id string) (int, error) {
	h, asked := l.hub(), time.Now()
	var released *repeated
	var served *redis.Cmd
	_, err := l.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		released = &repeated{Cmd: newCall(ctx, "evalsha", releaseCall.digest, l.line.args[:2], []any{id, signalMillis})}
		pipe.Process(ctx, released) // only queues it
		served = serveScript.EvalSha(ctx, pipe, l.line.keys, h.own())
		return nil
	})
	reply, failed := released.Int()
	again := released.again
	if redis.HasErrorPrefix(err, "NOSCRIPT") {
		if failed != nil {
			var cmd *redis.Cmd
			cmd, again = releaseCall.run(ctx, l.client, l.line.args[:2], id, signalMillis)
			reply, failed = cmd.Int()
		}
		if failed == nil && reply == replyDone {
			served = serveScript.Run(ctx, l.client, l.line.keys, h.own())
		}
	}
	l.tell(h, served.Val(), handover{turn: 1, after: asked})
	if h != nil && (failed != nil || served.Err() != nil) {
		h.stir(l.key) // if only the reply was lost, somebody does not know yet
	}
	return doubt(reply, again), failed
}

// entryID returns the owner id of a waiter as written in the queue.
func entryID(entry string) string {
	fields := strings.SplitN(entry, " ", 5)
	if len(fields) < 5 {
		return ""
	}
	length, err := strconv.Atoi(fields[3])
	if err != nil || length < 0 || length > len(fields[4]) {
		return ""
	}
	return fields[4][length:]
}
