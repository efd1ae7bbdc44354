package explore_test

import "slices"

// This is a race on paper: what a few clients send, what Redis answers, and whose time is up,
// written down from what the strategies and the lock say they do. It has no Redis, no
// client and no goroutine, and shares nothing with the explorer but the rules of the game:
//
//   - Commands take no time. Time passes when nobody can send anything, up to the next
//     moment at which somebody can, and where the lease is made to end.
//   - A command that has changed nothing is not sent again by the same client before a key
//     that it touches has changed, or the client has changed something or been given something.
//   - A schedule hangs where nobody can ever send anything again.

const (
	seats      = 3    // at most so many clients
	leaseLeft  = 100  // milliseconds that a lock lives, where it has a lease
	signalLeft = 1000 // that a signal does
	longestPop = 1000 // that a waiter blocks
)

// command is what a client sends next.
type command uint8

const (
	nothing     command = iota
	try                 // SET lock NX, or the script in its place
	askTTL              // PTTL lock
	clearSignal         // DEL signal
	pop                 // BLPOP signal
	join                // line.lua: take the lock, or stand in line for it
	confirm             // line.lua again, when told of the grant
	read                // GET average
	write               // SET average, guarded where there are tokens
	add                 // the script that does both
	watchIt             // WATCH average
	exec                // MULTI, SET average, EXEC
	release             // release.lua
	handOver            // handover.lua
	checkOwner          // GET lock, and what follows of a release in several commands
	deleteLock
	pushSignal
	limitSignal
)

// paperStrategy is what a strategy does, as far as it matters for the order of commands.
type paperStrategy struct {
	first   command // of an update
	waits   command // after a failed try
	gives   command // first of its release; nothing if it takes no lock
	endless bool    // its waiters block without a time limit
	inside  bool    // no two should be between its read and its write
	tokens  bool    // its writes are guarded
	raises  bool    // and the fence is raised with the grant
}

var paperStrategies = map[string]paperStrategy{
	"none":               {first: read, inside: true},
	"atomic":             {first: add},
	"watch":              {first: watchIt},
	"spin":               {first: try, waits: try, gives: release, inside: true},
	"poll":               {first: try, waits: try, gives: release, inside: true},
	"backoff":            {first: try, waits: try, gives: release, inside: true},
	"spin:fence=write":   {first: try, waits: try, gives: release, inside: true, tokens: true},
	"spin:fence=acquire": {first: try, waits: try, gives: release, inside: true, tokens: true, raises: true},
	"block":              {first: try, waits: pop, gives: release, inside: true},
	"fenced":             {first: try, waits: pop, gives: release, inside: true, tokens: true, raises: true},
	"fenced-write":       {first: try, waits: pop, gives: release, inside: true, tokens: true},
	"fair":               {first: try, waits: join, gives: release, inside: true},
	"broken-release":     {first: try, waits: pop, gives: checkOwner, inside: true},
	"broken-wakeup":      {first: try, waits: clearSignal, gives: release, endless: true, inside: true},
	"broken-wait":        {first: try, waits: pop, gives: release, endless: true, inside: true},
}

// paperClient is one client. Its number is its place, from 1.
type paperClient struct {
	next         command
	crashed      bool
	acked        bool
	inside       bool
	waiting      bool  // it blocks, or stands in line
	stood        bool  // it has stood in line
	left         int16 // milliseconds that it goes on blocking; 0 is for ever
	popFor       int16 // that it will block
	base         uint8 // what it has read: whose updates are in it, a bit for each
	token        int8
	changed      bool // what it watches was written to
	triedInVain  bool // and so on: not to be sent again yet
	askedInVain  bool
	clearsInVain bool
}

// paper is a state. It is comparable, and has the outcome so far.
type paper struct {
	clients          [seats]paperClient
	line             [seats]int8 // who waits, in order; 0 is nobody
	owner            int8        // of the lock; 0 is nobody
	lockLeft         int16       // 0 is for ever
	signals          int8
	signalLeft       int16
	average          uint8 // whose updates are in it
	counter, fence   int8
	expiries, deaths int8 // that may still come
	overlap, hung    bool
	refused          int8
}

// paperRace is who plays.
type paperRace struct {
	paperStrategy
	clients int
	lease   int16
}

// live says whether a client has yet to end.
func (c *paperClient) live() bool { return c.next != nothing }

// sends says whether a client can send its next command.
func (c *paperClient) sends() bool {
	switch {
	case !c.live() || c.waiting:
		return false
	case c.next == try:
		return !c.triedInVain
	case c.next == askTTL:
		return !c.askedInVain
	case c.next == clearSignal:
		return !c.clearsInVain
	}
	return true
}

// gains has a client ask everything again.
func (c *paperClient) gains() { c.triedInVain, c.askedInVain, c.clearsInVain = false, false, false }

// ends leaves nothing of a client but what has come of its update.
func (c *paperClient) ends() { *c = paperClient{acked: c.acked, crashed: c.crashed} }

func (s *paper) lockChanged() {
	for i := range s.clients {
		s.clients[i].triedInVain, s.clients[i].askedInVain = false, false
	}
}

func (s *paper) signalChanged() {
	for i := range s.clients {
		s.clients[i].clearsInVain = false
	}
}

func (s *paper) setLock(owner int8, left int16) {
	s.owner, s.lockLeft = owner, left
	s.lockChanged()
}

func (s *paper) setSignals(n int8) {
	if s.signals = n; n == 0 {
		s.signalLeft = 0
	}
	s.signalChanged()
}

// leaveLine takes a client out of the line.
func (s *paper) leaveLine(n int8) {
	if i := slices.Index(s.line[:], n); i >= 0 {
		copy(s.line[i:], s.line[i+1:])
		s.line[seats-1] = 0
	}
}

func (s *paper) joinLine(n int8) { s.line[slices.Index(s.line[:], 0)] = n }

// serve gives signals to those who block.
func (s *paper) serve() {
	for s.signals > 0 && s.line[0] != 0 {
		c := &s.clients[s.line[0]-1]
		s.leaveLine(s.line[0])
		s.setSignals(s.signals - 1)
		c.waiting, c.left, c.next = false, 0, try
		c.gains()
	}
}

// send has a client, from 1, send its next command.
func (r *paperRace) send(s *paper, n int8) {
	c := &s.clients[n-1]
	switch c.next {
	case try:
		if s.owner != 0 {
			c.triedInVain = true
			c.next = r.waits
			if r.waits == pop {
				if c.popFor = longestPop; r.endless {
					c.popFor = 0
				} else if r.lease > 0 {
					c.next = askTTL
				}
			}
			return
		}
		c.gains()
		r.grant(s, n)
	case askTTL:
		c.askedInVain = true
		if s.owner == 0 {
			c.next = try
			return
		}
		c.next, c.popFor = pop, min(longestPop, s.lockLeft+1)
	case clearSignal:
		if c.clearsInVain = s.signals == 0; !c.clearsInVain {
			s.setSignals(0)
			c.gains()
		}
		c.next = pop
	case pop:
		if s.signals > 0 {
			s.setSignals(s.signals - 1)
			c.gains()
			c.next = try
			return
		}
		c.waiting, c.left = true, c.popFor
		s.joinLine(n)
	case join:
		if s.owner == 0 {
			r.grant(s, n)
			return
		}
		c.waiting, c.stood = true, true
		s.joinLine(n)
	case confirm:
		r.grant(s, n)
	case read:
		c.base = s.average
		if c.next = write; r.first == watchIt {
			c.next = exec
		}
		if r.gives == nothing && r.inside {
			r.enter(s, c)
		}
	case write:
		if r.tokens && s.fence > c.token {
			s.refused++
		} else {
			s.fence = c.token
			s.average = c.base | 1<<(n-1)
			c.acked = true
		}
		if c.next = r.gives; c.stood {
			c.next = handOver
		}
		if c.next == nothing {
			c.ends()
		}
	case add:
		s.average |= 1 << (n - 1)
		c.acked = true
		c.ends()
	case watchIt:
		c.next, c.changed = read, false
	case exec:
		if c.changed {
			s.refused++
			c.next, c.changed = watchIt, false
			return
		}
		s.average = c.base | 1<<(n-1)
		c.acked = true
		c.ends()
		for i := range s.clients { // whoever watches
			if next := s.clients[i].next; next == read || next == exec {
				s.clients[i].changed = true
			}
		}
	default:
		r.release(s, n)
	}
}

// grant makes a client the owner.
func (r *paperRace) grant(s *paper, n int8) {
	c := &s.clients[n-1]
	if s.owner != n {
		s.setLock(n, r.lease)
	}
	if r.tokens {
		s.counter++
		c.token = s.counter
	}
	if r.raises {
		s.fence = c.token
	}
	c.next = read
	r.enter(s, c)
}

// enter lets a client into the critical section.
func (r *paperRace) enter(s *paper, c *paperClient) {
	for i := range s.clients {
		s.overlap = s.overlap || s.clients[i].inside
	}
	c.inside = true
}

// release has a client send the next command of its release.
func (r *paperRace) release(s *paper, n int8) {
	c := &s.clients[n-1]
	c.inside = false // it was when the first of them went
	switch c.next {
	case release:
		if r.waits == join && s.owner == n && s.line[0] != 0 {
			c.next = handOver // the first script only says that somebody stands in line
			return
		}
		r.free(s, n)
	case handOver:
		if s.owner != n || s.line[0] == 0 {
			r.free(s, n)
			return
		}
		heir := s.line[0]
		s.leaveLine(heir)
		s.setLock(heir, r.lease)
		s.clients[heir-1].waiting, s.clients[heir-1].next = false, confirm
		c.ends()
	case checkOwner:
		if c.next = deleteLock; s.owner != n {
			c.ends()
		}
	case deleteLock:
		if c.next = pushSignal; s.owner != 0 {
			s.setLock(0, 0)
			c.gains()
		}
	case pushSignal:
		s.setSignals(s.signals + 1)
		c.next = limitSignal
		s.serve()
	case limitSignal:
		if s.signals > 0 {
			s.signalLeft = signalLeft
		}
		c.ends()
	}
}

// free deletes the lock and leaves one signal, if the client is the owner.
func (r *paperRace) free(s *paper, n int8) {
	if s.owner == n {
		if s.signals == 0 {
			s.setSignals(1)
		}
		s.signalLeft = signalLeft
		s.setLock(0, 0)
		if r.waits != join { // those in line do not block on it
			s.serve()
		}
	}
	s.clients[n-1].ends()
}

// pass lets time pass.
func (s *paper) pass(d int16) {
	if s.lockLeft > 0 {
		if s.lockLeft = max(s.lockLeft-d, 0); s.lockLeft == 0 {
			s.setLock(0, 0)
		}
	}
	if s.signalLeft > 0 {
		if s.signalLeft = max(s.signalLeft-d, 0); s.signalLeft == 0 {
			s.setSignals(0)
		}
	}
	for i := range s.clients {
		c := &s.clients[i]
		if c.waiting && c.left > 0 {
			if c.left = max(c.left-d, 0); c.left == 0 {
				c.waiting, c.next = false, try
				s.leaveLine(int8(i + 1))
			}
		}
	}
}

// rest lets time pass until somebody can send something. If that never comes, some hang.
func (s *paper) rest() {
	for {
		live, wait := false, int16(0)
		sooner := func(left int16) {
			if left > 0 && (wait == 0 || left < wait) {
				wait = left
			}
		}
		for i := range s.clients {
			c := &s.clients[i]
			if c.sends() {
				return
			}
			live = live || c.live()
			if c.waiting {
				sooner(c.left)
			}
		}
		if !live {
			return
		}
		if s.lockLeft > 0 {
			sooner(s.lockLeft + 1)
		}
		if sooner(s.signalLeft); wait == 0 {
			s.hung = true
			return
		}
		s.pass(wait)
	}
}
