package sim

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// A Board is the state of one lane, folded from its events and from nothing
// else: the live screen, the report, replay and the tests all read what
// [Board.Apply] made of the same log. It is not safe for concurrent use; see
// [Recorder].
type Board struct {
	started LaneInfo
	lane    LaneInfo // as it is now
	ledger  *Ledger
	clients []clientState // by number; 0 is the lane itself
	now     time.Duration
	events  int64

	inside    int // clients in the critical section now
	maxInside int
	overlaps  int64
	unfenced  int   // clients inside now whose late writes would not be refused
	guarded   int64 // overlaps among clients whose late writes are refused
	busy      int   // clients with an update under way
	parts     []boardPart

	holder     int           // whose grant was seen last and not released; 0 is nobody
	lease      time.Duration // of that grant
	leaseUntil time.Duration
	lostTo     FaultKind // what ended that lease on purpose
	resets     int64     // how often all locks were reset
	reset      LockReset // the last time

	ends     LockEnds
	refusal  Refusal // of the last release that was refused
	leases   []int   // the clients that hold a lease, for certain
	stale    int64   // writes of fenced clients that were refused
	replaced bool    // it has gone back, whatever it has lost

	attempts, failures, retries, acquired int64
	waiting                               int
	timeless                              bool                    // nothing takes any time: waits are not kept
	waits                                 *hdrhistogram.Histogram // nil before the first
	commands                              int64
	sleepless                             bool     // at some time nobody slept
	began, ended                          *tallied // the contest: nil before

	reply       Event // the last of a Redis command
	faults      int64
	fault       Event // the last of them
	paused      int   // clients that a fault has stopped for a while
	crashed     int
	rewound     int                   // how often Redis has forgotten acknowledged updates
	outages     int                   // how often it did not answer any more
	outage      Event                 // the last time
	down        bool                  // it has not come back since
	away        time.Duration         // how long it was away before
	progress    time.Duration         // when something was last done that was no waiting
	refused     int                   // writes since then
	backAt      time.Duration         // when the last thing that a fault keeps away is back
	awayUntil   map[int]time.Duration // by server, those that a fault keeps away; nil before the first
	lastLease   time.Duration         // when the last lease has run out, whoever has it
	finished    int
	changes     []ChangedSetting // the latest
	changeCount int64
	jain        shares // frozen when the first client has finished
	stopped     bool
	final       bool // the final value has been read
	audited     bool
	receipts    Average // what the audit came to
	unstruck    []Fault // append-only, as the curve
	broke       string

	curve     []CurvePoint // append-only, so that snapshots can share it
	curveGap  time.Duration
	course    courseKeeper
	trackSize int
	logLimit  int // lines of each client's log; 0 keeps none
}

// clientState is one client's part of the board.
type clientState struct {
	working
	part      int // whose strategy it works by
	phase     Phase
	phaseFrom time.Duration // when it began
	resume    Phase         // the one to return to after a pause
	inside    bool
	releasing bool          // since it last sent a release, it has had no other alert
	until     time.Duration // its lease runs until then; 0 is without an end
	reset     bool          // its lock was, while it was inside or releasing
	forgotten bool          // so it was by Redis
	ranOut    bool          // the lease has run out, and is counted
	busy      bool
	asleep    bool          // waits for a signal that the lock is free
	cutUntil  time.Duration // it is cut off from Redis until then
	acquiring bool          // between its first try and its grant
	failed    bool          // the last try of this acquisition failed
	since     time.Duration // of the first try
	tried     time.Duration // the last one
	counts    ClientCounts
	told      int64                   // acknowledged updates since the number of clients last changed
	waits     *hdrhistogram.Histogram // nil before the first, and where there are too many clients
	track     track
	log       clientLog
}

// ClientCounts are one client's dealings with the lock.
type ClientCounts struct {
	Attempts, Failures, Retries, Acquired int64
	// Waited is the longest time it took to get the lock.
	Waited time.Duration
}

// A CurvePoint is one point of a lane's curve: the average in Redis and the true
// one, in milliseconds, at an experiment time.
type CurvePoint struct {
	At          time.Duration
	Redis, True float64
}

const (
	// mostPoints bounds the curve; beyond it every second point is dropped.
	mostPoints = 1024
	// leastGap is the time between two points at first.
	leastGap = time.Millisecond
	// mostCells bounds the timelines of all clients of a lane together, as far as
	// leastTrack allows.
	mostCells = 5 << 20
	// leastTrack and mostTrack are how many cells a timeline has at each zoom level.
	leastTrack, mostTrack = 64, 512
	// mostVersions is how far back the ledger can say who erased whom.
	mostVersions = 1 << 12
	// mostHistograms is up to how many clients each one's waits are kept apart.
	mostHistograms = 4096
	// longestWait is the largest wait the histogram tells apart.
	longestWait = time.Hour
)

// NewBoard returns the board of a lane before its first event.
func NewBoard(lane LaneInfo) *Board { return newBoard(lane, max(mostVersions, 4*lane.Clients)) }

// newBoard is NewBoard with a graph that covers the last so many versions.
func newBoard(lane LaneInfo, versions int) *Board {
	b := &Board{
		started:   lane,
		lane:      lane,
		clients:   make([]clientState, lane.Clients+1),
		curveGap:  leastGap,
		trackSize: trackSize(lane.Clients),
		sleepless: lane.Sleepless,
		logLimit:  logLimit(lane.Clients),
		parts:     []boardPart{{strategy: lane.Strategy}},
	}
	for i := range b.clients {
		b.clients[i].working = lane.working()
	}
	b.ledger = newLedger(versions, b.linked)
	b.ledger.parts[0].strategy = lane.Strategy
	b.course.sleep(lane.Sleepless)
	return b
}

// trackSize is how many cells the timeline of each client has at each zoom level.
func trackSize(clients int) int {
	return min(max(mostCells/(Zooms*max(clients, 1)), leastTrack), mostTrack)
}

// Apply folds one event.
func (b *Board) Apply(e Event) { b.applyAll([]Event{e}) }

// applyAll folds events in their order. Only the last reply among them is kept.
func (b *Board) applyAll(events []Event) {
	for i := range events {
		b.apply(&events[i])
	}
	b.replied(events)
}

// replied keeps the last reply among events that have been applied.
func (b *Board) replied(events []Event) {
	for i := len(events) - 1; i >= 0; i-- {
		if e := &events[i]; e.isReply() && e.Client != 0 {
			b.reply = *e
			return
		}
	}
}

func (b *Board) apply(e *Event) {
	b.now = e.At
	b.course.pass(e.At, b.waiting, b.ledger.kept())
	b.events++
	b.commands += int64(e.Commands)
	for e.Client >= len(b.clients) {
		b.clients = append(b.clients, b.newcomer())
	}
	c := &b.clients[e.Client]
	b.passLeases(e)
	b.log(e, c)
	c.asleep = e.Kind == Waited
	if e.Kind == Changed && e.Client == 0 { // before it counts as progress
		b.parts[len(b.parts)-1].ended = b.stands(e.At)
	}
	switch e.Kind {
	case Received, Acked, Computed, Unknown, Finished, Faulted, Resumed, Crashed, Changed, Joined, Left:
		b.progress, b.refused = e.At, 0
	case Refused:
		b.refused++
	case Disconnected:
		b.outages++
		b.outage, b.down = *e, true
	case Reconnected:
		b.down = false
		b.away += e.At - b.outage.At
		b.progress, b.refused = e.At, 0
	}
	switch e.Kind {
	case Faulted, Resumed, Crashed, Rewound:
		b.faulted(e, c)
	case Changed, Joined, Left:
		b.changed(e, c)
	case Received:
		c.releasing = false
		b.setBusy(c, true)
	case Attempted:
		b.attempted(c, e.At)
	case Failed:
		b.failures++
		c.counts.Failures++
		c.failed = true
		b.mark(c, MarkFailed, e.At)
	case Granted:
		b.granted(e, c)
	case Released:
		c.releasing = true
		b.releases(e)
		b.leave(c)
		if b.holder == e.Client {
			b.holder = 0
		}
		b.enterPhase(c, Idle, e.At)
	case Expired:
		b.refusedRelease(e, c)
		b.mark(c, MarkExpired, e.At)
	case Read:
		if e.Client == 0 {
			b.final = true // the lane itself, at its end
			break
		}
		if !c.locks { // else the phase begins with it, and the write tells one hold from the next
			b.mark(c, MarkRead, e.At)
		}
		if c.phase != Holding {
			if c.critical {
				b.enter(c)
			}
			b.enterPhase(c, Working, e.At)
		}
	case Finished:
		b.finish(c, e.At)
	case Audited:
		b.audited = true
		b.receipts = averageOf(e.Value)
	case Unstruck:
		if f, err := ParseFault(e.Text); err == nil {
			b.unstruck = append(b.unstruck, f)
		}
	case Acked, Computed:
		c.told++
	case Broke:
		b.broke = e.Text
	case Stopped:
		b.stopped = true
	}
	b.ledger.apply(e)
	b.countRewinds()
	b.beginContest()
	switch e.Kind {
	case Rewound:
		b.addPoint()
	case Acked, Computed, Unknown, Refused:
		if e.Kind != Refused {
			b.settled(c)
		} else if c.fenced {
			b.stale++
			b.parts[c.part].stale++
		}
		b.setBusy(c, false)
		if c.phase == Working {
			b.leave(c)
			b.enterPhase(c, Idle, e.At)
		}
	}
}

// faulted takes in what faults do.
func (b *Board) faulted(e *Event, c *clientState) {
	switch e.Kind {
	case Faulted:
		b.faults++
		b.fault = *e
		f, err := ParseFault(e.Text)
		if err == nil && f.Kind == Reset {
			b.resetLocks(e)
		}
		if err == nil {
			b.endLease(e, f.Kind)
			b.keepAway(f, e.At, c)
		}
		if e.Client == 0 {
			for i := 1; i < len(b.clients); i++ {
				b.mark(&b.clients[i], MarkFault, e.At)
			}
			break
		}
		b.mark(c, MarkFault, e.At)
		b.releases(e)
		if err == nil && f.Kind == Pause {
			b.paused++
			c.resume = c.phase
			b.enterPhase(c, Suspended, e.At)
		}
	case Resumed:
		b.releases(e)
		if c.phase == Suspended {
			b.paused--
			b.enterPhase(c, c.resume, e.At)
		}
	case Crashed:
		b.crashed++
		if c.acquiring {
			c.acquiring = false
			if c.locks {
				b.waiting--
			}
		}
		b.leave(c)
		b.setBusy(c, false)
		b.enterPhase(c, Dead, e.At)
	case Rewound:
		b.replaced = true
		if b.down { // else a fault says what became of the locks
			b.forgetLocks(e)
		}
	}
}

// endLease takes off the lease that runs what a fault takes off it. A lock without
// a lease is gone when Redis forgets it, or when it is reset.
func (b *Board) endLease(e *Event, kind FaultKind) {
	if e.Lease == 0 {
		return
	}
	ends := kind == Restart || kind == Failover || kind == Reset
	if ends {
		b.leases = b.leases[:0]
	}
	if ends && kind != Reset {
		b.forgetLocks(e)
	}
	for i := range b.clients {
		switch c := &b.clients[i]; {
		case c.until > 0:
			c.until = max(c.until-e.Lease, 1)
		case ends:
			c.until = 1
		}
	}
	b.lastLease -= min(e.Lease, b.lastLease)
	if b.leaseUntil > 0 {
		before := b.leaseUntil
		b.leaseUntil = max(before-e.Lease, 1)
		ends = ends || before > e.At && b.leaseUntil <= e.At
	}
	if b.holder != 0 && b.lostTo == "" && ends {
		b.lostTo = kind
	}
}

// attempted counts a try, and starts the wait if it is the first one.
func (b *Board) attempted(c *clientState, at time.Duration) {
	b.attempts++
	c.counts.Attempts++
	c.tried = at
	b.setBusy(c, true)
	if !c.acquiring {
		c.acquiring, c.failed, c.since = true, false, at
		if c.locks {
			b.waiting++
			b.course.queue(b.waiting)
			b.enterPhase(c, Waiting, at)
		}
	}
	if c.failed {
		b.retries++
		c.counts.Retries++
		c.failed = false
	}
}

// granted starts a hold.
func (b *Board) granted(e *Event, c *clientState) {
	b.acquired++
	c.counts.Acquired++
	if c.acquiring {
		b.waiting--
		b.waited(c, e.At-c.since)
	}
	c.reset, c.forgotten, c.ranOut, c.until = false, false, false, 0
	b.closeLease(e.Client)
	b.holder, b.lease, b.leaseUntil, b.lostTo = e.Client, e.Lease, 0, ""
	if e.Lease > 0 {
		b.leaseUntil = e.At + e.Lease
		c.until = b.leaseUntil
		b.openLease(e.Client)
		b.lastLease = max(b.lastLease, b.leaseUntil)
	}
	b.enter(c)
	b.enterPhase(c, Holding, e.At)
}

// settled ends an update that was tried without a lock: what it waited is the
// time that its failed tries took.
func (b *Board) settled(c *clientState) {
	if c.acquiring && !c.locks {
		b.waited(c, c.tried-c.since)
	}
}

// waited ends the wait of a client.
func (b *Board) waited(c *clientState, waited time.Duration) {
	c.acquiring = false
	c.counts.Waited = max(c.counts.Waited, waited)
	µs := min(max(waited.Microseconds(), 1), longestWait.Microseconds())
	if b.timeless || b.lane.Contest && (b.began == nil || b.ended != nil) {
		return
	}
	if b.waits == nil {
		b.waits = hdrhistogram.New(1, longestWait.Microseconds(), 3)
	}
	_ = b.waits.RecordValue(µs)
	b.course.wait(waited)
	if len(b.clients) <= mostHistograms {
		if c.waits == nil {
			c.waits = hdrhistogram.New(1, longestWait.Microseconds(), 1)
		}
		_ = c.waits.RecordValue(µs)
	}
}

// enter counts a client into the critical section.
func (b *Board) enter(c *clientState) {
	if c.inside {
		return
	}
	c.inside = true
	b.inside++
	if !c.fenced {
		b.unfenced++
	}
	b.maxInside = max(b.maxInside, b.inside)
	part := &b.parts[c.part]
	part.inside++
	part.maxInside = max(part.maxInside, part.inside)
	if b.inside > 1 {
		b.overlaps++
		if b.unfenced == 0 {
			b.guarded++
		}
	}
	if part.inside > 1 { // with another of the same strategy
		part.overlaps++
		if c.fenced {
			part.guarded++
		}
	}
}

// leave counts it out again.
func (b *Board) leave(c *clientState) {
	if c.inside {
		c.inside = false
		b.inside--
		b.parts[c.part].inside--
		if !c.fenced {
			b.unfenced--
		}
	}
}

// setBusy keeps count of the updates under way: while there is only one at a
// time, nothing can go wrong and there is nothing to judge.
func (b *Board) setBusy(c *clientState, busy bool) {
	if c.busy == busy {
		return
	}
	c.busy = busy
	if !busy {
		b.busy--
		return
	}
	b.busy++
	b.contend(c)
}

// contend notes that the update of a client is under way beside others.
func (b *Board) contend(c *clientState) {
	if b.busy > 1 {
		b.parts[c.part].contested = true
	}
}

// finish ends a client; the first one to finish fixes the fairness index,
// because after that the others have less competition.
func (b *Board) finish(c *clientState, at time.Duration) {
	b.setBusy(c, false)
	b.leave(c)
	if b.finished == 0 && b.lane.Alerts != 1 { // with one alert each, all are equal in the end
		b.jain = b.jainNow()
	}
	b.endContest()
	b.finished++
	b.enterPhase(c, Done, at)
}

// linked is called by the ledger for every write that has found its place.
func (b *Board) linked(v *version, erased int) {
	if v.client == 0 || v.client >= len(b.clients) {
		return
	}
	mark := MarkWrite
	if erased > 0 {
		mark = MarkErased
	}
	at := v.ackedAt
	if at == 0 {
		at = v.sentAt
	}
	b.mark(&b.clients[v.client], mark, at)
	b.addPoint()
}

// point is the curve now.
func (b *Board) point() CurvePoint {
	t := b.ledger.Totals()
	return CurvePoint{
		At:    b.now,
		Redis: b.ledger.Head().Mean(),
		True:  Average{Sum: t.AckedSum, Count: t.Acked}.Mean(),
	}
}

// addPoint adds a point to the curve, thinning it out when it grows too long.
func (b *Board) addPoint() {
	if n := len(b.curve); n > 0 && b.now-b.curve[n-1].At < b.curveGap {
		return
	}
	if len(b.curve) >= mostPoints {
		thin := make([]CurvePoint, 0, mostPoints)
		for i := 0; i < len(b.curve); i += 2 {
			thin = append(thin, b.curve[i])
		}
		b.curve = thin
		b.curveGap = max(2*b.curveGap, 2*b.now/mostPoints)
	}
	b.curve = append(b.curve, b.point())
}

func (b *Board) mark(c *clientState, m Mark, at time.Duration) { c.track.mark(m, at, b.trackSize) }

func (b *Board) enterPhase(c *clientState, p Phase, at time.Duration) {
	if c.phase != p || c.track.phase != p {
		c.phaseFrom = at
	}
	c.phase = p
	c.track.enter(p, at, b.trackSize)
}

// newcomer is a client that joins in the middle of the run.
func (b *Board) newcomer() clientState {
	return clientState{working: b.lane.working(), track: track{phase: Absent}}
}

// courseAt returns what the lane did up to an experiment time, or up to its end.
func (b *Board) courseAt(now time.Duration) Course {
	if b.stopped {
		now = b.now
	}
	return b.course.at(now, b.waiting, b.ledger.kept())
}
