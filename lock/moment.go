package lock

import "time"

// Those who only ask, by SET NX, leave nothing in Redis when they are refused, and a
// lock that is handed over is never free. So now and then a release leaves it free
// for a moment, and the first in line, who is told, takes it after that: who asks
// often enough cannot miss it. Should the first have died, the others in line notice
// that the lock is free as they notice the end of a lease.
//
// What is free is lost, so it is a small part of the time. A moment in which somebody
// came is followed by others sooner, for it cost less.
const (
	// moment is how long the lock is left free: longer than the pause of who asks
	// every 10 ms, with what a timer and a round trip add to it.
	moment = 13 * time.Millisecond

	// seldom and often are the times between two moments, after one in which nobody
	// came, and after one in which somebody did.
	seldom = 850 * time.Millisecond
	often  = 300 * time.Millisecond

	// hopes is how many moments in a row somebody who came may miss, for being late.
	hopes = 2

	// leastClaim is the pause of the first in line who finds that the moment is not
	// yet over by the clock of Redis.
	leastClaim = 2 * time.Millisecond

	// fewMoments is how many locks a process knows of before it looks which to forget.
	fewMoments = 16
)

// moments are what a process knows of those of one lock.
type moments struct {
	last  time.Time     // the last moment, or since when the process has known of the lock
	used  time.Time     // when it last released it
	every time.Duration // the time between two
	hopes int           // for how many more of them somebody may come again
}

// leaveFree tells a release after how long without a moment it is to leave the lock
// free, 0 if it is not, and what this process knows should Redis have forgotten: 1 that
// there was none for so long, 2 that there was one. 0 is that it does not know, for it has
// not been in the line lately. A holder of the first turn asks, for it may have come in a
// moment.
func (h *hub) leaveFree(line string, turn int, entry string) (every time.Duration, known int) {
	switch {
	case entry != "": // of a waiter who gives up
		return 0, 0
	case h == nil:
		return seldom, 0
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	m := h.moments[line]
	if m == nil || len(h.lines[line]) == 0 && now.Sub(m.used) > hubLinger {
		h.forgetMoments(now)
		h.moments[line] = &moments{last: now, used: now, every: seldom}
		return seldom, 0
	}
	m.used = now
	switch {
	case now.Sub(m.last) >= m.every:
		return m.every, 1
	case turn == 1:
		return m.every, 2
	}
	return 0, 0
}

// due reports whether leaveFree would ask for a moment, of which there was none for so long.
func (h *hub) due(line string) bool {
	if h == nil {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	m := h.moments[line]
	return m != nil && time.Since(m.last) >= m.every
}

// left takes in that a lock is left free.
func (h *hub) left(line string) {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	m := h.moments[line]
	if m == nil {
		m = &moments{}
		h.moments[line] = m
	}
	m.last = time.Now()
	m.used = m.last
	m.every = seldom
	if m.hopes > 0 {
		m.hopes--
		m.every = often
	}
}

// early takes in that it is too early for a moment: another process had one.
func (h *hub) early(line string, rest time.Duration) {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if m := h.moments[line]; m != nil {
		m.last = time.Now().Add(rest - m.every)
	}
}

// visited takes in that somebody came in the last moment.
func (h *hub) visited(line string) {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if m := h.moments[line]; m != nil {
		m.every, m.hopes = often, hopes
	}
}

// claimed takes in what has come of a moment when p has asked for the lock in vain. Who
// has it, though p is the first in line, asked for it meanwhile.
func (l *Lock) claimed(h *hub, p *place) {
	if p.claim.IsZero() || p.holder == "" {
		return
	}
	p.claim = time.Time{}
	if p.head == p.id {
		h.visited(p.line)
		l.suspect()
		l.scout(h)
	}
}

// forgetMoments forgets locks that have not been heard of for a while, now and then.
func (h *hub) forgetMoments(now time.Time) {
	if len(h.moments) < h.manyMoments {
		return
	}
	for line, m := range h.moments {
		if len(h.lines[line]) == 0 && now.Sub(m.used) > hubLinger {
			delete(h.moments, line)
		}
	}
	h.manyMoments = 2*len(h.moments) + fewMoments
}
