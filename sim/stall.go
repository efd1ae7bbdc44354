package sim

import "time"

// A Stall is why nothing goes on in a lane, for now or for good.
type Stall string

const (
	// StallDead: the holder has crashed, and its lock has no lease.
	StallDead Stall = "the holder crashed with a lock that has no lease"
	// StallPaused: the holder is paused, and its lock has no lease.
	StallPaused Stall = "the holder is paused with a lock that has no lease"
	// StallCut: the holder is cut off from Redis, and its lock has no lease.
	StallCut Stall = "the holder is cut off with a lock that has no lease"
	// StallDown: the server that has the value is away.
	StallDown Stall = "Redis is down"
	// StallQuorum: so many servers are away that the others are no majority.
	StallQuorum Stall = "no majority of the servers is up"
	// StallCrashed: all clients have crashed.
	StallCrashed Stall = "every client has crashed"
	// StallHalted: all clients that are left are paused or cut off from Redis.
	StallHalted Stall = "every client is paused or cut off"
	// StallIdle: clients wait, and nobody who could wake them does anything.
	StallIdle Stall = "clients wait, and nothing is done"
)

// idleShare is which part of a lane's patience has to pass with nothing done until the
// lane counts as stalled for that reason alone.
const idleShare = 10

// stands is Hung or Stalled for a lane that stands still as of an experiment time; else
// it is empty.
func (b *Board) stands(now time.Duration) Verdict {
	switch {
	case b.hung(now):
		return Hung
	case b.stall(now) != "":
		return Stalled
	}
	return ""
}

// hung tells whether the lane stands still for good, as of an experiment time.
func (b *Board) hung(now time.Duration) bool {
	return b.lane.Patience > 0 && b.still(now) > b.lane.Patience
}

// still is for how long clients have waited and nothing was done, while there is
// nobody inside, nobody who will come back, no lease that is still to run out. It
// does not count as done if Redis refuses one write after the other.
func (b *Board) still(now time.Duration) time.Duration {
	if b.waiting == 0 || b.down { // they wait for Redis
		return 0
	}
	if b.stopped {
		now = b.now
	}
	since := max(b.progress, b.backAt)
	if b.refused == 0 {
		if b.inside > 0 || b.paused > 0 {
			return 0
		}
		since = max(since, b.lastLease)
	}
	return max(now-since, 0)
}

// stall says why nothing goes on, as of an experiment time; empty while something
// does. Of a lane that is over it says only what nobody would have ended.
func (b *Board) stall(now time.Duration) Stall {
	if b.stopped {
		now = b.now
	}
	left, halted := b.left(now)
	switch {
	case b.down:
		return StallDown
	case left == 0 && b.crashed > 0 && b.finished == 0:
		return StallCrashed
	case left == 0:
		return ""
	case b.holderIs(Dead) && b.inside == 0:
		return StallDead
	case b.hung(now):
		return StallIdle
	case b.stopped:
		return ""
	case b.isAway(1, now):
		return StallDown
	case b.lane.Nodes > 1 && 2*b.nodesUp(now) <= b.lane.Nodes:
		return StallQuorum
	case halted == left:
		return StallHalted
	case b.holderIs(Suspended) && b.inside == 1:
		return StallPaused
	case b.lane.Locks && b.holder != 0 && b.unleased() && b.clients[b.holder].cutUntil > now && b.inside <= 1:
		return StallCut
	case b.still(now) > b.lane.Patience/idleShare && b.lane.Patience > 0 && b.waitersGetNothing():
		return StallIdle
	}
	return ""
}

// left counts the clients that have not ended, and those of them that are paused or cut
// off from Redis.
func (b *Board) left(now time.Duration) (left, halted int) {
	for i := 1; i < len(b.clients); i++ {
		switch c := &b.clients[i]; {
		case c.phase == Dead || c.phase == Done || c.phase == Gone:
		case c.phase == Suspended || c.cutUntil > now:
			halted++
			left++
		default:
			left++
		}
	}
	return left, halted
}

// holderIs tells whether the lock, without a lease, is held by a client in a phase.
func (b *Board) holderIs(p Phase) bool {
	return b.lane.Locks && b.holder != 0 && b.unleased() && b.clients[b.holder].phase == p
}

// unleased tells whether the lock that was granted last has no lease, and is still
// there.
func (b *Board) unleased() bool { return b.leaseUntil == 0 && b.lostTo == "" }

// waitersGetNothing tells whether all who wait are asleep, or have tried since something
// was done last and failed.
func (b *Board) waitersGetNothing() bool {
	for i := 1; i < len(b.clients); i++ {
		if c := &b.clients[i]; c.acquiring && c.locks && !c.asleep && (!c.failed || c.tried <= b.progress) {
			return false
		}
	}
	return true
}

// keepAway takes in what a fault keeps away for a time.
func (b *Board) keepAway(f Fault, at time.Duration, c *clientState) {
	var until time.Duration
	switch f.Kind {
	case Delay:
		until = at + f.For
	case Cut:
		until = at + f.For
		if f.Node == 0 || b.lane.Nodes == 1 {
			c.cutUntil = max(c.cutUntil, until)
		}
	case Restart, Failover:
		until = at + b.lane.Away
		if b.awayUntil == nil {
			b.awayUntil = map[int]time.Duration{}
		}
		b.awayUntil[max(f.Node, 1)] = until
	}
	b.backAt = max(b.backAt, until)
}

// isAway tells whether a server is away.
func (b *Board) isAway(node int, now time.Duration) bool { return b.awayUntil[node] > now }

// nodesUp counts the servers that are not away.
func (b *Board) nodesUp(now time.Duration) int {
	up := b.lane.Nodes
	for node := range b.awayUntil {
		if b.isAway(node, now) {
			up--
		}
	}
	return up
}
