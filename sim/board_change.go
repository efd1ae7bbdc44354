package sim

import (
	"slices"
	"time"

	"locktop/sim/clock"
)

// A ChangedSetting is one that was changed in the middle of a run.
type ChangedSetting struct {
	At time.Duration
	Change
}

// mostChanges bounds the changes that a board keeps. Of the setting that was changed most
// often the first one goes first: however often the speed is changed, that the strategy was
// stays known.
const mostChanges = 256

// withoutOne returns changes without one of them; snapshots share the old ones.
func withoutOne(changes []ChangedSetting) []ChangedSetting {
	count := map[Setting]int{}
	for _, c := range changes {
		count[c.Setting]++
	}
	most := changes[0].Setting
	for _, c := range changes {
		if count[c.Setting] > count[most] {
			most = c.Setting
		}
	}
	i := slices.IndexFunc(changes, func(c ChangedSetting) bool { return c.Setting == most })
	return slices.Concat(changes[:i], changes[i+1:])
}

// working is how a client works, by its strategy.
type working struct{ locks, critical, fenced bool }

func (l LaneInfo) working() working { return working{l.Locks, l.Critical, l.Fenced} }

// written returns the lane with the strategy, and the settings of its own, of a lane as
// it is written. What cannot be read changes nothing.
func (l LaneInfo) written(lane string) LaneInfo {
	spec, err := Config{Lanes: []string{lane}}.lane(0)
	if err != nil {
		return l
	}
	l.Strategy, l.Own, l.Nodes = spec.strategy.Name, spec.own, spec.nodes
	l.Locks, l.Critical, l.Fenced = spec.strategy.Locks, spec.strategy.Critical, spec.strategy.Fenced
	return l
}

// changed takes in what changes make of the lane and of its clients.
func (b *Board) changed(e *Event, c *clientState) {
	switch {
	case e.Kind == Joined:
		b.follow(e, c)
		b.enterPhase(c, Idle, e.At)
	case e.Kind == Left:
		b.setBusy(c, false)
		b.enterPhase(c, Gone, e.At)
	case e.Client != 0:
		b.letGo(e, c)
		b.follow(e, c)
	default:
		b.changeLane(e)
	}
}

// changeLane takes in that a setting of the lane has changed.
func (b *Board) changeLane(e *Event) {
	change, err := ParseChange(e.Text)
	if err != nil {
		return
	}
	b.lane = b.lane.written(e.Value)
	b.nextPart(b.lane.Strategy, e.At)
	b.lane.Lease = e.Lease
	switch change.Setting {
	case ChangeClients:
		b.resize(change.Clients)
	case ChangeSpeed:
		b.sleepless = b.sleepless || change.Speed == clock.Max
		b.course.sleep(change.Speed == clock.Max)
	}
	b.changeCount++
	if len(b.changes) == mostChanges {
		b.changes = withoutOne(b.changes)
	}
	b.changes = append(b.changes, ChangedSetting{e.At, change})
	for i := 1; i < len(b.clients); i++ {
		b.mark(&b.clients[i], MarkChange, e.At)
	}
}

// follow has a client work by the strategy that it says it does, which it is to have
// left all locks for.
func (b *Board) follow(e *Event, c *clientState) {
	b.leave(c)
	c.working = b.lane.written(e.Value).working()
	c.part = b.ledger.partOf(e.Value, b.events)
	if c.busy {
		b.contend(c)
	}
}

// letGo takes a client off the lock that it waited for, or had for a moment.
func (b *Board) letGo(e *Event, c *clientState) {
	if c.acquiring && c.locks {
		b.waiting--
	}
	c.acquiring, c.failed = false, false
	b.leave(c)
	if b.holder == e.Client {
		b.holder = 0
	}
	if c.phase != Idle {
		b.enterPhase(c, Idle, e.At)
	}
}

// resize takes in that the lane has more clients, or fewer. How fairly they are served
// is told of those there are from then on.
func (b *Board) resize(clients int) {
	for len(b.clients) <= clients {
		b.clients = append(b.clients, b.newcomer())
	}
	b.lane.Clients = clients
	b.trackSize = min(trackSize(clients), b.trackSize)
	b.ledger.limit = max(b.ledger.limit, 4*clients)
	b.forgetShares()
}
