package sim

import "slices"

// How a hold ends other than by its release: its lease runs out, which the log shows
// by its times, or the lock goes before that, which its holder is told when it releases.

// A Refusal says why a release was refused, as far as the log tells.
type Refusal string

const (
	// RanOut: the lease had run out.
	RanOut Refusal = "the lease had run out"
	// WasReset: the lock had been reset.
	WasReset Refusal = "the lock was reset"
	// WasForgotten: Redis had forgotten the lock.
	WasForgotten Refusal = "Redis had forgotten the lock"
	// WasGone: the lease ran on, and the lock was gone or somebody else's. The log does
	// not show who took it.
	WasGone Refusal = "the lock was gone though no lease had ended"
)

// LockEnds count how locks ended otherwise than by the release of their holder.
type LockEnds struct {
	// Expired counts the leases that ran out before their holders released them.
	// Orphaned are those of them whose holders had crashed.
	Expired, Orphaned int64
	// Disowned, LocksForgotten and LocksGone count the releases that were refused for
	// other reasons: [WasReset], [WasForgotten] and [WasGone].
	Disowned, LocksForgotten, LocksGone int64
}

// Refused counts the releases that were refused though the lease had not run out.
func (e LockEnds) Refused() int64 { return e.Disowned + e.LocksForgotten + e.LocksGone }

func (e LockEnds) plus(o LockEnds) LockEnds {
	return LockEnds{e.Expired + o.Expired, e.Orphaned + o.Orphaned,
		e.Disowned + o.Disowned, e.LocksForgotten + o.LocksForgotten, e.LocksGone + o.LocksGone}
}

// openLease notes that a client holds a lease, and for certain has not released it.
func (b *Board) openLease(client int) {
	if c := &b.clients[client]; c.until > 0 && !c.reset && !c.forgotten && !c.ranOut && !slices.Contains(b.leases, client) {
		b.leases = append(b.leases, client)
	}
}

func (b *Board) closeLease(client int) {
	if i := slices.Index(b.leases, client); i >= 0 {
		b.leases = slices.Delete(b.leases, i, i+1)
	}
}

// passLeases takes in which leases have run out by the time of an event.
func (b *Board) passLeases(e *Event) {
	b.leases = slices.DeleteFunc(b.leases, func(client int) bool {
		c := &b.clients[client]
		if c.until > e.At {
			return false
		}
		c.ranOut = true
		b.parts[c.part].ends.Expired++
		if b.ends.Expired++; c.phase == Dead {
			b.parts[c.part].ends.Orphaned++
			b.ends.Orphaned++
		}
		return true
	})
}

// releases takes in that a client sends its release: whether it comes before the end of
// its lease, only the answer tells. One that a fault stops before the lock is deleted
// still has it.
func (b *Board) releases(e *Event) {
	switch e.Kind {
	case Released:
		b.closeLease(e.Client)
	case Resumed:
		if b.clients[e.Client].releasing {
			b.closeLease(e.Client)
		}
	case Faulted:
		f, err := ParseFault(e.Text)
		if err == nil && (f.Kind == Pause || f.Kind == Crash) && (f.At == AtRelease || f.At == AtCheck) && b.clients[e.Client].releasing {
			b.openLease(e.Client)
		}
	}
}

// forgetLocks takes in that Redis has lost the locks that are held.
func (b *Board) forgetLocks(e *Event) {
	for i := range b.clients {
		if c := &b.clients[i]; c.locks && (c.inside || c.releasing) && (c.until == 0 || c.until > e.At) {
			c.forgotten = true
		}
	}
}

// refusal is why a release was refused. A client whose lease ended while the release
// was under way lost it to that, for all the log tells.
func (c *clientState) refusal(e *Event) Refusal {
	switch {
	case c.reset:
		return WasReset
	case c.ranOut:
		return RanOut
	case c.forgotten:
		return WasForgotten
	case c.until > 0 && c.until <= e.At:
		return RanOut
	}
	return WasGone
}

// refusedRelease takes in that a release was refused: the lock was not the client's
// any more.
func (b *Board) refusedRelease(e *Event, c *clientState) {
	b.refusal = c.refusal(e)
	var end LockEnds
	switch b.refusal {
	case RanOut:
		if !c.ranOut { // or it has been counted
			end.Expired = 1
		}
	case WasForgotten:
		end.LocksForgotten = 1
	case WasGone:
		end.LocksGone = 1
	case WasReset:
		end.Disowned = 1
		if b.reset.Holder == e.Client {
			b.reset.Refused = true
		}
	}
	b.ends = b.ends.plus(end)
	b.parts[c.part].ends = b.parts[c.part].ends.plus(end)
	c.reset, c.ranOut, c.forgotten = false, false, false
}

// countRewinds counts the times that Redis went back and forgot acknowledged updates,
// which may turn out later.
func (b *Board) countRewinds() {
	b.parts[len(b.parts)-1].rewound += b.ledger.rewinds - b.rewound
	b.rewound = b.ledger.rewinds
}
