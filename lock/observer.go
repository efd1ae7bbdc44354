package lock

import (
	"fmt"
	"time"
)

// An Observer is told what a lock and its leases do, for metrics, logs or a
// monitor. Observe runs on the goroutine of whoever called the lock and delays
// it. It must be safe for concurrent use if the lock is shared, or its leases are
// watched or renewed, or their contexts may end: what happens in the background
// is told from there.
//
// Each attempt is told once, as is how it ends: in a failure or a grant. An
// acquisition that waits makes several. The end of a lease is told once, as a
// release or as a loss, when it is noticed: if the lease is not watched, by the
// next call.
type Observer interface {
	Observe(Event)
}

// EventKind says what happened.
type EventKind uint8

// The kinds of events.
const (
	EventAttempt        EventKind = iota + 1 // about to try to take the lock
	EventFailure                             // the try did not get it; Err says why
	EventWait                                // about to wait: for the signal, for a time-out, or in line for as long as it takes
	EventGrant                               // the lock is ours
	EventRelease                             // the lock was given back
	EventExtend                              // the lease was extended, by a call or by a renewal
	EventLoss                                // the lease is over without a release; Err says why
	EventRenewalFailure                      // a renewal failed, and the lease is held for Left; Err says why
)

var kindNames = [...]string{
	EventAttempt: "attempt",
	EventFailure: "failure",
	EventWait:    "wait",
	EventGrant:   "grant",
	EventRelease: "release",
	EventExtend:  "extend",
	EventLoss:    "loss",

	EventRenewalFailure: "renewal-failure",
}

// String returns the kind in lower case, without spaces.
func (k EventKind) String() string {
	if k < EventAttempt || int(k) >= len(kindNames) {
		return fmt.Sprintf("EventKind(%d)", uint8(k))
	}
	return kindNames[k]
}

// An Event is one thing that happened to a lock.
type Event struct {
	Kind  EventKind
	Name  string // the lock's name, without the prefix of its key
	Owner string // the id that tried, waited, held or lost; a Quorum that waits has none

	// Err is set for EventFailure (ErrHeld, ErrAlreadyAcquired or what went
	// wrong), EventLoss (ErrNotHeld, or the ErrExpired that wraps it) and
	// EventRenewalFailure.
	Err error

	// Token is the fencing token, set from EventGrant on if there are any.
	Token uint64

	// Waited is the time since the call that acquires began, by our clock. It is set for
	// EventAttempt, EventFailure, EventWait and EventGrant.
	Waited time.Duration

	// Held is the time since the grant, or the adoption, by our clock. It is set for
	// EventExtend, EventRenewalFailure, EventRelease and EventLoss.
	Held time.Duration

	// Left is what is left of the lease, by our clock. It is set for EventExtend and
	// EventRenewalFailure.
	Left time.Duration

	// Renewal says that an EventExtend was a renewal of [WithRenewal], and not a call.
	Renewal bool
}

func (l *Lock) observe(e Event) {
	if l.observer != nil {
		e.Name = l.name
		l.observer.Observe(e)
	}
}
