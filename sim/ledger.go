package sim

import (
	"hash/maphash"
	"maps"
	"slices"
	"time"
)

// A Ledger proves which updates are in the value now in Redis and which are
// not. Every version of the value is a node of a tree, as commits are: its
// parent is the version that its writer had read. The ancestors of the version
// now in Redis (the head) are the kept updates; acked updates anywhere else
// are lost, and the ledger knows whose write took them off the trunk.
//
// The order of the writes is the chain "this write found the value of that
// one", told by the replies of SET … GET. The ledger links by value, not by
// arrival, so replies may be recorded out of order; an update counts once its
// place in the chain is known.
//
// The totals are exact for ever; the graph, and with it who erased whom,
// covers the most recent versions. A Ledger is not safe for concurrent use.
type Ledger struct {
	head         *version
	known        map[uint64]*version // every version of the window, by the hash of its value
	seed         maphash.Seed
	slab         []version             // where the next versions come from
	window       []*version            // the same, oldest first
	limit        int                   // how many versions the window holds at least
	early        map[string][]*version // acked before the write whose value they found
	ahead        map[string][]computed // updates computed by Redis from values not known yet
	silent       []computed            // those whose reply never came
	asked        int                   // how many clients have asked Redis to compute and have no reply yet
	applied      int64                 // how many events there were
	waiters      waiters               // events that speak of a value which such a reply may still explain
	tip          *version              // the end of the branch that Redis forgot when it last went back
	backs        []*version            // the latest times that it went back, as killers
	rewoundAt    time.Duration         // when it last did so
	awaited      string                // the value it went to, while that is not known; else ""
	moves        int64                 // how many times the head has moved
	now          time.Duration         // the time of the latest event
	surfacedAt   time.Duration         // when a write last took its place though nobody was told what it overwrote
	rewound      int64                 // the number of the event by which it last went back
	unsureNumber int64
	unsureUntil  time.Duration // whatever was sent up to then may have another place than it was given
	seats        []seat        // what each client is doing, by number
	tally        []Tally       // what became of each client's updates, by number
	parts        []ledgerPart  // the same by part of the lane
	untold       int64         // versions on the trunk whose reply is still on its way
	losses       []*version    // the most recent, oldest first; some may have come back
	everLost     int64         // how many losses there have been, with those that were undone

	totals    Totals // without Kept, Lost and Erased, which the tree tells
	lost      int64  // counted one by one
	forgotten int64  // of these, by Redis itself
	rewinds   int    // the times that it went back and forgot any
	forgot    bool   // a walk has left the window, so kept and lost are short

	// linked is called for every write as it takes its place in the chain,
	// with the number of updates it erased.
	linked func(v *version, erased int)
}

// Totals are a ledger's exact counts.
type Totals struct {
	// Acked counts the updates known to have happened: those whose client was
	// told so, and those of unknown fate that turned up in Redis later.
	Acked int64
	// AckedSum is the sum of their latencies.
	AckedSum time.Duration
	// Kept and Lost count the acked updates that are, and are not, among the
	// ancestors of the value now in Redis.
	Kept, Lost int64
	// Erased counts those of the lost that are known to have been erased by a client
	// of the lane, Forgotten those that Redis itself has forgotten. The eraser of the
	// others is unknown.
	Erased, Forgotten int64
	// KeptSum is the sum of the latencies of the kept updates.
	KeptSum time.Duration
	// Unknown counts the writes whose reply never came and whose version has
	// not been seen.
	Unknown int64
	// Clobbers counts the writes that found another value than their base.
	Clobbers int64
	// Ambiguous counts versions whose string equals that of another version of
	// the window: the totals stay exact, who erased whom may be mistaken.
	Ambiguous int64
	// Foreign counts the writes that found a value which nobody in the lane
	// wrote, or one that had been overwritten before: a stranger wrote to the
	// key, or Redis itself went back in time.
	Foreign int64
}

// EraserUnknown counts those of the lost of which no reply tells who erased them.
func (t Totals) EraserUnknown() int64 { return t.Lost - t.Erased - t.Forgotten }

// A Tally is what became of one client's updates.
type Tally struct {
	Acked, Kept, Lost int64
	// Erased counts the updates, of any client, that are lost because this
	// client's writes took them off the trunk. One that comes back counts no more.
	Erased int64
}

// An Update is one write as the ledger knows it.
type Update struct {
	Client, Alert int
	Latency       time.Duration
	// Base is the average it was computed from, Value the one it wrote.
	Base, Value Average
	// Part is the place of its part among the lane's, from 0.
	Part int
	// ReadAt, SentAt and AckedAt are the times of the reply of its read, the
	// request of its write, and the reply of that.
	ReadAt, SentAt, AckedAt time.Duration
}

// version is one value that a client computed and sent.
type version struct {
	text   string   // the value as it stands in Redis
	base   string   // the one it was computed from
	parent *version // nil: a root, or older than the window
	depth  int64    // how many of the lane's updates it holds
	sum    time.Duration

	client, alert, part     int
	latency                 time.Duration
	readAt, sentAt, ackedAt time.Duration

	executed bool // it has been the value in Redis
	seen     bool // somebody read it
	unknown  bool // its reply will never come
	told     bool // counted as acked
	kept     bool // it is the head or an ancestor of it
	killer   *version
	culprit  int   // the killer's client, also when that has left the window; 0 is unknown, or itself: Redis has forgotten it
	number   int64 // how many of its part were lost when it was

	culpritPart int // the killer's part

	after   int64         // the number of its client's event before it
	order   int64         // of a killer: when it was
	back    bool          // of a killer: it is no write, but Redis going back
	gap     *version      // in its stead the killer, while nobody was told what it overwrote
	victims int64         // of a killer that is Redis going back: those that it took
	backAt  time.Duration // when Redis last went back to it
	ends    []ending      // of its times as the head after which nobody was told what overwrote it, the latest last

	twin *version // its copy, while the ledger is being cloned
}

// update is the version as it is shown. The values are parsed only here: of the
// thousands of updates a second, few are ever looked at.
func (v *version) update() Update {
	return Update{
		Client: v.client, Alert: v.alert, Latency: v.latency, Part: v.part,
		Base: averageOf(v.base), Value: averageOf(v.text),
		ReadAt: v.readAt, SentAt: v.sentAt, AckedAt: v.ackedAt,
	}
}

// averageOf reads a value, of which a stranger may have made anything.
func averageOf(text string) Average {
	average, _ := ParseAverage(text)
	return average
}

// seat is what one client is doing.
type seat struct {
	alert   int
	part    int // whose strategy it works by
	latency time.Duration
	base    *version // what it read last
	readAt  time.Duration
	pending *version // its write that has no reply yet
	last    int64    // the number of its latest event
	asked   int64    // the number of the event by which it had Redis compute an update, while there is no reply; else 0
	waits   []late   // what it did since it met a value that is not known yet
}

// slabSize is how many versions are allocated at once.
const slabSize = 256

// newLedger returns a ledger whose graph covers the last limit versions.
func newLedger(limit int, linked func(v *version, erased int)) *Ledger {
	root := &version{executed: true, told: true, kept: true}
	l := &Ledger{
		head: root, limit: limit, linked: linked, parts: make([]ledgerPart, 1),
		known:      make(map[uint64]*version, 2*limit),
		seed:       maphash.MakeSeed(),
		surfacedAt: -1, unsureUntil: -1,
		early: map[string][]*version{},
		ahead: map[string][]computed{},
	}
	l.known[l.hash("")] = root
	return l
}

// Totals returns the counts as of the events applied so far. Kept is the depth
// of the head in the tree and Lost is what was counted loss by loss, so that
// acked = kept + lost is a check. Only when a loss reached beyond the window is
// Lost what the depth leaves over.
func (l *Ledger) Totals() Totals {
	t := l.totals
	t.Kept = l.kept()
	t.Lost = l.lost
	if l.forgot {
		t.Lost = t.Acked - t.Kept
	}
	t.Forgotten = l.forgotten
	t.Erased = l.lost - l.Tally(0).Erased - l.forgotten
	t.KeptSum = l.head.sum
	return t
}

// kept is how many acked updates are in the value in Redis.
func (l *Ledger) kept() int64 { return l.head.depth - l.untold }

// Head returns the value in Redis, as far as the replies tell.
func (l *Ledger) Head() Average { return averageOf(l.head.text) }

// Tally returns what became of one client's updates. Updates older than the
// window that are lost after all are not in it.
func (l *Ledger) Tally(client int) Tally {
	if client < len(l.tally) {
		return l.tally[client]
	}
	return Tally{}
}

// Apply folds one event into the ledger.
func (l *Ledger) Apply(e Event) { l.apply(&e) }

func (l *Ledger) apply(e *Event) {
	for e.Client >= len(l.seats) {
		l.seats = append(l.seats, seat{})
		l.tally = append(l.tally, Tally{})
	}
	l.applied++
	l.now = max(l.now, e.At)
	switch {
	case e.Kind == Stopped:
		l.close()
	case len(l.seats[e.Client].waits) > 0:
		l.seats[e.Client].waits = append(l.seats[e.Client].waits, late{*e, l.applied})
	case l.mustWait(e):
		l.wait(e, l.applied)
	default:
		l.take(e, l.applied)
		l.wake()
	}
}

// take takes in an event all of whose values are known, or nobody's. Its number is
// how many were recorded up to it.
func (l *Ledger) take(e *Event, number int64) {
	s := &l.seats[e.Client]
	switch e.Kind {
	case Received:
		s.alert, s.latency = e.Alert, e.Latency
	case Changed, Joined:
		s.part = l.partOf(e.Value, number)
	case Read:
		s.base, s.readAt = l.saw(e.Value), e.At
		l.confirm(s.base, s.last)
	case Written:
		l.sent(s, e)
	case Acked:
		if v := s.pending; v != nil {
			s.pending = nil
			v.ackedAt = e.At
			if e.Value != v.base {
				l.totals.Clobbers++
				l.parts[v.part].Clobbers++
			}
			if v.executed { // Redis went back to it before its reply was recorded
				l.sighted(e.Value)
				l.closeGap(v, e.Value)
				break
			}
			l.place(v, e.Value)
		}
	case Requested:
		s.asked, s.readAt = number, e.At
		l.asked++
	case Computed:
		l.answered(s)
		l.compute(computed{*e, *s})
	case Unknown:
		l.lostReply(s, e.Client)
	case Refused:
		l.withdraw(s.pending)
		s.pending = nil
		l.answered(s)
	case Crashed:
		l.lostReply(s, e.Client)
	case Rewound:
		l.rewind(e)
	}
	s.last = number
}

// saw returns the version with the value that a client read, and settles the
// fate of its write if that was unknown.
func (l *Ledger) saw(text string) *version {
	v := l.find(text)
	if v == nil && l.deduce(text) {
		v = l.head
	}
	switch {
	case v == nil:
		v = l.stranger(text)
	case v.unknown && !v.executed:
		l.surface(v)
	default:
		v.seen = true
	}
	return v
}

// find returns the version with a value; mostly it is the head.
func (l *Ledger) find(text string) *version {
	if text == l.head.text {
		return l.head
	}
	if v := l.known[l.hash(text)]; v != nil && v.text == text {
		return v
	}
	return nil
}

func (l *Ledger) hash(text string) uint64 { return maphash.String(l.seed, text) }

// newVersion returns a zero version. They come in slabs and go in order of
// age, so that a race at full speed does not keep the garbage collector busy.
func (l *Ledger) newVersion() *version {
	if len(l.slab) == 0 {
		l.slab = make([]version, slabSize)
	}
	v := &l.slab[0]
	l.slab = l.slab[1:]
	return v
}

// stranger makes a version for a value that nobody in the lane announced. It
// holds none of the lane's updates, whatever its count says.
func (l *Ledger) stranger(text string) *version {
	v := &version{text: text, executed: true, told: true}
	l.remember(v)
	return v
}

// sent takes in a write that is about to leave.
func (l *Ledger) sent(s *seat, e *Event) *version {
	parent := s.base
	if parent == nil || parent.text != e.Base {
		if parent = l.find(e.Base); parent == nil {
			parent = l.stranger(e.Base)
		}
	}
	v := l.newVersion()
	v.text, v.base = e.Value, e.Base
	v.parent, v.depth, v.sum = parent, parent.depth+1, parent.sum+s.latency
	v.client, v.alert, v.part, v.latency = e.Client, s.alert, s.part, s.latency
	v.readAt, v.sentAt, v.after = s.readAt, e.At, s.last
	versions := len(l.known)
	l.remember(v)
	if len(l.known) == versions {
		l.totals.Ambiguous++
		l.parts[v.part].Ambiguous++
	}
	s.base, s.pending = nil, v
	l.forget()
	return v
}

// remember adds a version to the window.
func (l *Ledger) remember(v *version) {
	l.known[l.hash(v.text)] = v
	l.window = append(l.window, v)
	l.learned(v.text)
}

// forget drops the oldest versions when the window is twice as long as it must be.
func (l *Ledger) forget() {
	if len(l.window) < 2*l.limit {
		return
	}
	keep := len(l.window) - l.limit
	for _, old := range l.window[:keep] {
		if old == l.head || !old.executed {
			continue // still needed to find one's place
		}
		if hash := l.hash(old.text); l.known[hash] == old {
			delete(l.known, hash)
		}
		old.parent, old.killer, old.gap, old.ends = nil, nil, nil, nil
	}
	l.window = append(l.window[:0], l.window[keep:]...)
	clear(l.window[len(l.window):cap(l.window)])
}

// place puts an acked version behind the one whose value it found.
func (l *Ledger) place(v *version, found string) {
	before := l.find(found)
	mostTimes := 1 // that it may have been the head when v found it
	if before == l.head {
		mostTimes = 0
	}
	if before.endsSince(v.sentAt) > mostTimes {
		l.unsure(v.sentAt, nil)
	}
	switch {
	case before == l.head:
		l.confirm(before, v.after)
		l.advance(v)
	case before != nil && !before.executed && !before.unknown:
		l.early[found] = append(l.early[found], v)
	case before != nil && !before.executed:
		l.surface(before)
		l.place(v, found)
	case before.endsSince(v.sentAt) > 0:
		l.slipIn(v, before)
	default:
		l.strange(before, v.part)
		l.unsure(v.sentAt, before)
		l.moveHead(v, nil)
		l.advance(l.popEarly(v))
	}
}

// strange counts a value that should not have been in Redis, as a write of a part found
// it. One that the lane had
// there earlier may be there again once Redis has gone back.
func (l *Ledger) strange(v *version, part int) {
	if ours := v != nil && (v.client != 0 || v.text == ""); !ours || l.rewoundAt == 0 && len(v.ends) == 0 {
		l.totals.Foreign++
		l.parts[part].Foreign++
	}
}

// advance makes v the head, and then every version that was early for it.
func (l *Ledger) advance(v *version) {
	for ; v != nil; v = l.popEarly(v) {
		l.moveHead(v, l.head)
	}
}

// popEarly returns the version that has waited longest for another one to be linked.
func (l *Ledger) popEarly(before *version) *version {
	text := before.text
	queue := l.early[text]
	if len(queue) == 0 {
		return nil
	}
	if len(queue) == 1 {
		delete(l.early, text)
	} else {
		l.early[text] = queue[1:]
	}
	return queue[0]
}

// moveHead makes v, which is told to have found a version, or nil, the head: versions on the way down from the head to their nearest
// common ancestor are erased by v, versions on the way up come back.
func (l *Ledger) moveHead(v, found *version) {
	v.executed = true
	l.moves++
	killer := l.killerOf(v, found)
	killer.order = l.moves
	erased := 0
	l.walk(l.head, v, func(down *version) {
		if l.drop(down, killer) {
			erased++
		}
	}, l.keep)
	l.head = v
	l.tell(v)
	l.settleForgotten()
	l.numberLosses(erased)
	if killer != v {
		erased = 0 // by whomever
	}
	l.linked(v, erased)
}

// walk goes from one version to another by way of their nearest common ancestor.
func (l *Ledger) walk(from, to *version, down, up func(*version)) {
	for from != to {
		if from != nil && (to == nil || from.depth >= to.depth) {
			down(from)
			from = l.parent(from)
		} else {
			up(to)
			to = l.parent(to)
		}
	}
}

// parent is one step down the tree; nil at a root and at the window's edge.
func (l *Ledger) parent(v *version) *version {
	if v.parent == nil && v.client != 0 {
		l.forgot = true
	}
	return v.parent
}

// drop takes a version off the trunk and says whether a counted update went.
func (l *Ledger) drop(v, killer *version) bool {
	if !v.kept || v.client == 0 {
		v.kept = false
		return false
	}
	l.blame(v, killer)
	v.kept = false
	if !v.told {
		l.untold--
		return false
	}
	l.count(v, -1, +1)
	l.addLoss(v)
	return true
}

// keep puts a version on the trunk.
func (l *Ledger) keep(v *version) {
	if v.kept || v.client == 0 {
		v.kept = true
		return
	}
	v.kept, v.killer = true, nil
	if !v.told {
		l.untold++
		return
	}
	l.count(v, +1, -1)
}

// blame says whose write it is that keeps a version off the trunk.
func (l *Ledger) blame(v, killer *version) {
	counted := v.told && !v.kept
	if counted {
		l.countVictim(v.killer, -1)
		l.countVictim(killer, +1)
		*l.erasedBy(v.culprit)--
		*l.erasedBy(killer.asCulprit())++
		l.countStrayed(v, -1)
	}
	v.killer, v.culprit, v.culpritPart = killer, killer.asCulprit(), killer.part
	if counted {
		l.countStrayed(v, +1)
	}
}

// itself is Redis as a culprit.
const itself = -1

// asCulprit is whom a killer stands for.
func (v *version) asCulprit() int {
	if v.back {
		return itself
	}
	return v.client
}

// erasedBy is how many of the lost a culprit has to answer for.
func (l *Ledger) erasedBy(culprit int) *int64 {
	if culprit == itself {
		return &l.forgotten
	}
	return &l.tally[culprit].Erased
}

// count moves a counted update between kept and lost.
func (l *Ledger) count(v *version, kept, lost int64) {
	l.lost += lost
	l.countVictim(v.killer, lost)
	*l.erasedBy(v.culprit) += lost
	l.countStrayed(v, lost)
	l.parts[v.part].Kept += kept
	l.parts[v.part].Lost += lost
	t := &l.tally[v.client]
	t.Kept += kept
	t.Lost += lost
}

// tell counts a version as acked.
func (l *Ledger) tell(v *version) {
	if v.told {
		return
	}
	v.told = true
	l.totals.Acked++
	l.parts[v.part].Acked++
	l.totals.AckedSum += v.latency
	l.tally[v.client].Acked++
	if v.kept {
		l.untold--
		l.count(v, +1, 0)
		return
	}
	l.count(v, 0, +1)
	l.addLoss(v)
}

// lostReply records that the reply of a client's write will never come.
func (l *Ledger) lostReply(s *seat, client int) {
	if s.asked > 0 {
		l.answered(s)
		l.countUnknown(s.part, +1)
		l.silent = append(l.silent, computed{Event{Client: client}, *s})
		l.bridge()
	}
	v := s.pending
	if v == nil {
		return
	}
	s.pending = nil
	if v.executed {
		return // Redis went back to it
	}
	v.unknown = true
	l.countUnknown(v.part, +1)
	switch {
	case !v.seen && len(l.early[v.text]) == 0:
	case v.sentAt < l.rewoundAt:
		l.past(v)
	default:
		l.surface(v)
	}
}

// close settles what can be settled when no more replies will come. What the
// lane itself read last, as client 0, is the head for certain.
func (l *Ledger) close() {
	for i := range l.seats {
		if l.seats[i].asked > 0 {
			l.lostReply(&l.seats[i], i)
		}
	}
	for l.wake(); l.giveUp(); l.wake() {
	}
	for i := range l.seats {
		l.lostReply(&l.seats[i], i)
	}
	if final := l.seats[0].base; final != nil && final != l.head {
		if l.surfacedAt < 0 {
			l.strange(final, len(l.parts)-1)
		}
		final.gap = &version{}
		l.moveHead(final, nil)
	}
	for _, text := range slices.Sorted(maps.Keys(l.early)) {
		// Only equal strings can leave a write without a place.
		queue := l.early[text]
		delete(l.early, text)
		for _, v := range queue {
			v.executed = true
			l.tell(v)
			l.linked(v, 0)
		}
	}
}
