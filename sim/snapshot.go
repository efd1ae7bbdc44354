package sim

import "time"

// A Verdict is what can be said of a lane.
type Verdict string

const (
	// Undecided: nothing could have gone wrong yet.
	Undecided Verdict = "undecided"
	// Correct: every acked update is in the value in Redis.
	Correct Verdict = "correct"
	// Wrong: updates were lost, or the accounting does not add up.
	Wrong Verdict = "wrong"
	// Stalled: nothing was lost, but nothing goes on; see [Stall].
	Stalled Verdict = "stalled"
	// Hung: nothing was lost, but clients wait for ever.
	Hung Verdict = "hung"
)

// A Snapshot is the state of a lane at one moment. It is never changed after
// it was taken, so it can be drawn or reported from any goroutine.
type Snapshot struct {
	// Lane is the lane as it is now, Started as it began.
	Lane, Started LaneInfo
	// At is the experiment time, Last that of the last event.
	At, Last time.Duration
	// Events is how many events the snapshot was folded from.
	Events int64

	Totals
	// Parts are what the lane did under each strategy that it had, oldest first. Verdict
	// is that of the last one.
	Parts   []Part
	Verdict Verdict
	// Stall is why nothing goes on, also in a lane that is wrong or hung; empty while
	// something does.
	Stall Stall

	// Inside lists the clients in the critical section now, at most Shown of
	// them; InsideCount is how many there are.
	Inside                 []int
	InsideCount, MaxInside int
	// Overlaps counts the times a client entered while another was inside, Guarded
	// those of them when all inside were clients whose late writes are refused.
	Overlaps, Guarded int64

	// Lease is the time to live of the last grant, or of the lane before there is
	// one; it differs from the lane's when that is stretched at high speed.
	Lease time.Duration
	// Holder is the client whose grant was seen last and that has not
	// released; 0 is nobody. LeaseLeft is its remaining time to live, 0 when
	// it has none or it has run out.
	Holder    int
	LeaseLeft time.Duration
	// HolderPhase is what the holder is doing: it may be [Suspended], or [Dead].
	HolderPhase Phase
	// LostTo is the fault that ended the holder's lease, freed its lock or made Redis
	// forget it; empty while there is none.
	LostTo FaultKind
	// Resets counts the times that all locks were reset, and Reset is the last.
	Resets int64
	Reset  LockReset

	// Waiting lists the clients that want the lock, at most Shown of them.
	Waiting      []int
	WaitingCount int

	Attempts, Failures, Retries, Acquired int64
	LockEnds
	// LastRefusal says why the last refused release was; empty before there is one.
	LastRefusal Refusal
	// Stale counts the writes of clients under a fence that were refused.
	Stale int64
	// WaitP50, WaitP99 and WaitMax are of the time from the first try to the
	// grant.
	WaitP50, WaitP99, WaitMax time.Duration

	// Waits is how many there were. OpenWaits is how many clients wait now, and
	// LongestOpen how long the first of them has: a client that waits for ever is in no
	// percentile. With more clients than the board keeps waits of, they are counted at the
	// end only.
	Waits       int64
	OpenWaits   int
	LongestOpen time.Duration
	// beyondP50 and beyondP99 are how many of them have waited longer than that, competing is
	// how many clients have neither ended nor left.
	beyondP50, beyondP99, competing int
	// Sleepless says that at some time nobody slept, at speed max: rates and waits are
	// then not those of the settings.
	Sleepless bool
	// Contest is what there was while all clients competed; nil unless that was asked.
	Contest *Contest

	// Commands is how many Redis commands the updates took.
	Commands int64
	// Jain is Jain's fairness index of the updates that Redis has acknowledged to each
	// of the lane's clients, without those that have crashed or left, from the last
	// change in the number of clients to the moment at which the first one finished (with
	// one alert each, to the end); an update whose reply never came does not count.
	// JainUpdates is how many updates that is of, JainMost how many of them the client has
	// that has most.
	Jain                  float64
	JainUpdates, JainMost int64

	// Redis is the average in Redis, True that of every acked sample.
	Redis, True Average
	// Curve is what both were over time, Course what else the lane did.
	Curve  []CurvePoint
	Course Course

	// Clients are those of the wanted window; First is the number of the first.
	Clients []ClientView
	First   int
	// History is the latest versions of the value, newest first, as many as the view
	// wants.
	History []Version
	// Losses are the most recent lost updates, oldest first, at most Shown.
	Losses []Loss

	// Log is that of the client whose log the view wants, oldest line first, and
	// LogBefore is how many lines there were before.
	Log       []LogLine
	LogBefore int64

	// Reply is the last event that was the reply of a Redis command.
	Reply Event

	// Faults counts what was done on purpose, and Fault is the last of it.
	Faults int64
	Fault  Event
	// Crashed counts the clients that have ended in mid-air, Rewound how often Redis
	// went back and forgot updates that it had acknowledged.
	Crashed, Rewound int
	replaced         bool // Redis went back, whatever it has lost

	// Down says that Redis does not answer, since the Outage, which is the last of
	// the Outages that there were; Away is how long it did not answer in all.
	Down    bool
	Outage  Event
	Outages int
	Away    time.Duration

	// ChangeCount counts the settings that were changed in the middle of the run, and
	// Changes are the latest of them, oldest first.
	ChangeCount int64
	Changes     []ChangedSetting

	// Finished counts the clients that have handled their last alert.
	Finished int
	// Stopped says that the lane is over; Final, that the value in Redis was read
	// then and the accounts rest on that.
	Stopped, Final bool
	// Receipts is the sum of received − sent over the receipts in Redis, and how many
	// there are, once they have been Audited at the end.
	Receipts Average
	Audited  bool
	// NeverStruck lists the faults of the configuration for which no client came to
	// their point in time; it is known at the end.
	NeverStruck []Fault
	// Broke says why the lane could not go on; empty while all is well.
	Broke string
}

// Shown bounds the lists of clients and of losses in a snapshot.
const Shown = 64

// A ClientView is one client in a snapshot.
type ClientView struct {
	Number int
	// Phase is what the client is doing, and PhaseFrom since when.
	Phase     Phase
	PhaseFrom time.Duration
	Tally
	// ClientCounts are as they are now: a wait that has not ended is the longest if it is longer
	// than all that have.
	ClientCounts
	// WaitP50 and WaitP99 are of its waits for the lock, to one digit; 0 where there are
	// too few ([EnoughForMedian], [EnoughForTail]), or too many clients to keep them apart.
	WaitP50, WaitP99 time.Duration
	// Row is its recent timeline.
	Row Row
}

// A View says which part of a lane a snapshot has to hold in detail.
type View struct {
	// First is the number of the first client wanted, from 1; Count is how many.
	First, Count int
	// Cells is how many cells of the timelines are wanted, the latest of a zoom level.
	Cells, Zoom int
	// History is how many versions of the value are wanted.
	History int
	// Log is the client whose log is wanted; 0 is nobody's.
	Log int
}

// CommandsPerUpdate is the price of one acked update in Redis commands.
func (s *Snapshot) CommandsPerUpdate() float64 {
	if s.Acked == 0 {
		return 0
	}
	return float64(s.Commands) / float64(s.Acked)
}

// KeptPerSecond is the rate of updates that counted, per second of experiment
// time.
func (s *Snapshot) KeptPerSecond() float64 {
	if s.Last <= 0 {
		return 0
	}
	return float64(s.Kept) / s.Last.Seconds()
}

// Snapshot returns the board as of the events applied so far, at the
// experiment time now.
func (b *Board) Snapshot(now time.Duration, view View) *Snapshot {
	s := &Snapshot{
		Lane: b.lane, Started: b.started, At: max(now, b.now), Last: b.now, Events: b.events,
		Totals:      b.ledger.Totals(),
		InsideCount: b.inside, MaxInside: b.maxInside, Overlaps: b.overlaps, Guarded: b.guarded,
		Holder: b.holder, WaitingCount: b.waiting,
		Attempts: b.attempts, Failures: b.failures, Retries: b.retries, Acquired: b.acquired, LockEnds: b.ends, LastRefusal: b.refusal, Stale: b.stale,
		Resets: b.resets, Reset: b.reset,
		Commands: b.commands, Reply: b.reply,
		Redis: b.ledger.Head(), Curve: b.curve[:len(b.curve):len(b.curve)],
		Faults: b.faults, Fault: b.fault, Crashed: b.crashed, Rewound: b.rewound, replaced: b.replaced,
		ChangeCount: b.changeCount, Changes: b.changes[:len(b.changes):len(b.changes)],
		Finished: b.finished, Stopped: b.stopped, Final: b.final, Broke: b.broke,
		Receipts: b.receipts, Audited: b.audited, NeverStruck: b.unstruck[:len(b.unstruck):len(b.unstruck)],
	}
	s.True = Average{Sum: s.AckedSum, Count: s.Acked}
	s.Course = b.courseAt(s.At)
	s.Down, s.Outage, s.Outages, s.Away = b.down, b.outage, b.outages, b.away
	if b.down {
		s.Away += s.At - b.outage.At
	}
	s.Stall = b.stall(s.At)
	s.Parts = b.partsOf(b.stands(s.At))
	s.Verdict = s.Parts[len(s.Parts)-1].Verdict
	if b.waits != nil {
		s.WaitP50 = time.Duration(b.waits.ValueAtQuantile(50)) * time.Microsecond
		s.WaitP99 = time.Duration(b.waits.ValueAtQuantile(99)) * time.Microsecond
		s.WaitMax = time.Duration(b.waits.Max()) * time.Microsecond
		s.Waits = b.waits.TotalCount()
	}
	b.openWaits(s)
	s.Sleepless = b.sleepless
	s.Contest = b.contest()
	shared := b.jain
	if b.finished == 0 || b.lane.Alerts == 1 {
		shared = b.jainNow()
	}
	s.Jain, s.JainUpdates, s.JainMost = shared.jain, shared.updates, shared.most
	s.Lease = b.lane.Lease
	if b.acquired > 0 {
		s.Lease = b.lease
	}
	if b.holder != 0 {
		s.HolderPhase, s.LostTo = b.clients[b.holder].phase, b.lostTo
		if b.leaseUntil > 0 {
			s.LeaseLeft = max(b.leaseUntil-s.At, 0)
		}
	}
	if n := len(b.curve); n > 0 {
		s.Curve = append(s.Curve, b.point())
	}
	b.list(s)
	b.view(s, view)
	s.Losses = b.ledger.Losses(Shown)
	s.Log, s.LogBefore = b.logOf(view.Log)
	if view.History > 0 {
		s.History = b.ledger.History(view.History)
	}
	return s
}

// openWaits counts those who wait for the lock and have not got it.
func (b *Board) openWaits(s *Snapshot) {
	if b.waiting == 0 || len(b.clients) > mostHistograms && !b.stopped {
		return
	}
	for i := 1; i < len(b.clients); i++ {
		c := &b.clients[i]
		switch c.phase {
		case Done, Dead, Gone, Absent:
		default:
			s.competing++
		}
		waited, open := b.openWait(c, s.At)
		if !open {
			continue
		}
		s.OpenWaits++
		s.LongestOpen = max(s.LongestOpen, waited)
		if waited > s.WaitP50 {
			s.beyondP50++
		}
		if waited > s.WaitP99 {
			s.beyondP99++
		}
	}
}

// openWait is how long a client has waited for the lock, if it waits now and open waits are counted.
func (b *Board) openWait(c *clientState, now time.Duration) (waited time.Duration, open bool) {
	switch {
	case !c.acquiring || !c.locks || len(b.clients) > mostHistograms && !b.stopped:
		return 0, false
	case b.stopped:
		now = b.now
	}
	return now - c.since, true
}

// list names the clients that are inside or waiting.
func (b *Board) list(s *Snapshot) {
	for i := 1; i < len(b.clients); i++ {
		if len(s.Inside) >= min(b.inside, Shown) && len(s.Waiting) >= min(b.waiting, Shown) {
			return
		}
		switch c := &b.clients[i]; {
		case c.inside && len(s.Inside) < Shown:
			s.Inside = append(s.Inside, i)
		case c.acquiring && len(s.Waiting) < Shown:
			s.Waiting = append(s.Waiting, i)
		}
	}
}

// view copies the clients of the wanted window.
func (b *Board) view(s *Snapshot, view View) {
	s.First = min(max(view.First, 1), len(b.clients))
	last := min(s.First+max(view.Count, 0), len(b.clients))
	s.Clients = make([]ClientView, 0, last-s.First)
	for i := s.First; i < last; i++ {
		c := &b.clients[i]
		v := ClientView{
			Number: i, Phase: c.phase, PhaseFrom: c.phaseFrom, Tally: b.ledger.Tally(i), ClientCounts: c.counts,
		}
		if waited, open := b.openWait(c, s.At); open {
			v.Waited = max(v.Waited, waited)
		}
		if view.Cells > 0 {
			v.Row = c.track.row(view.Zoom, view.Cells, s.At)
		}
		if c.waits != nil {
			if c.waits.TotalCount() >= EnoughForMedian {
				v.WaitP50 = time.Duration(c.waits.ValueAtQuantile(50)) * time.Microsecond
			}
			if c.waits.TotalCount() >= EnoughForTail {
				v.WaitP99 = time.Duration(c.waits.ValueAtQuantile(99)) * time.Microsecond
			}
		}
		s.Clients = append(s.Clients, v)
	}
}
