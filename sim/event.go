package sim

import (
	"fmt"
	"time"
)

// Kind says what happened. The kinds are the vocabulary of the event log:
// everything the program shows or reports is folded from them by [Board.Apply].
type Kind uint8

const (
	// Received: an alert reached the client; Latency is its sample.
	Received Kind = iota + 1
	// Attempted: the client is about to try to get the lock, or to make an update
	// that Redis may refuse.
	Attempted
	// Failed: the try did not get the lock, or the update was refused.
	Failed
	// Waited: the client is about to block until the lock is released.
	Waited
	// Granted: the client saw that it has the lock; Lease is its time to live,
	// 0 when it has none.
	Granted
	// Released: the client is about to send the release.
	Released
	// Expired: the release found that the lock was no longer the client's: its lease had
	// run out, or the lock had gone before that. [Refusal] lists the reasons.
	Expired
	// Read: the reply of GET; Value is the value read.
	Read
	// Written: the client is about to send a write of Value, which it computed
	// from Base. Recorded before the request leaves, so that a value found in
	// Redis is always one that was announced, unless a stranger wrote it.
	Written
	// Acked: the reply of the write; Value is the value that it overwrote.
	Acked
	// Unknown: the write's reply never came; it may or may not have happened.
	Unknown
	// Refused: Redis answered the write with an error; it did not happen.
	Refused
	// Requested: the client is about to have Redis compute and write the new
	// value by itself.
	Requested
	// Computed: the reply of that; Base is the value found, Value the one written.
	Computed
	// Finished: the client has handled its last alert.
	Finished
	// Stopped: the lane is over; what has not been answered never will be.
	Stopped
	// Broke: the client cannot go on; Text says why.
	Broke
	// Faulted: something is done on purpose, to the client or, by the lane itself,
	// to Redis. Text is the [Fault] as written; Lease is the time that it takes off
	// the leases that run.
	Faulted
	// Resumed: the client goes on after a pause.
	Resumed
	// Crashed: the client has ended in mid-air. It never sends anything again.
	Crashed
	// Rewound: Redis has lost what was in it, all or the latest of it; Value is
	// the value there now.
	Rewound
	// Changed: a setting of the lane has changed, if the lane itself says so: Text is
	// the [Change] as written, Value the lane as it is written now, and Lease its
	// lock's time to live, 0 if it has none. If a client says so, it works by the
	// strategy in Value from here on, and has left off waiting for a lock.
	Changed
	// Joined: a client takes part from here on; Value is the lane as written, whose
	// strategy it works by.
	Joined
	// Left: a client has ended its last update, and takes no further part.
	Left
	// Audited: the lane has added up the times of sending and receipt in Redis; Value
	// is their sum and how many receipts there are, in the form of the average.
	Audited
	// Unstruck: a fault of the configuration has never struck, and will not any more;
	// Text is the [Fault] as written.
	Unstruck
	// Disconnected: the lane's Redis does not answer any more; Text says how that was
	// noticed. The lane waits for it.
	Disconnected
	// Reconnected: Redis is back. If it is not as it was, Rewound came before.
	Reconnected
)

var kindNames = [...]string{
	Received: "received", Attempted: "attempted", Failed: "failed", Waited: "waited", Granted: "granted",
	Released: "released", Expired: "expired", Read: "read", Written: "written", Acked: "acked", Unknown: "unknown", Refused: "refused",
	Requested: "requested", Computed: "computed", Finished: "finished", Stopped: "stopped", Broke: "broke",
	Faulted: "faulted", Resumed: "resumed", Crashed: "crashed", Rewound: "rewound",
	Changed: "changed", Joined: "joined", Left: "left",
	Audited: "audited", Unstruck: "unstruck", Disconnected: "disconnected", Reconnected: "reconnected",
}

// String returns the kind's name in the event log.
func (k Kind) String() string {
	if int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// An Event is one thing that one client of one lane did or saw.
type Event struct {
	// At is the experiment time, stamped by the recorder: the order of the log
	// is the order of the times.
	At time.Duration
	// Kind says what happened.
	Kind Kind
	// Client counts from 1; 0 is the lane itself.
	Client int
	// Alert counts from 1; set on Received.
	Alert int
	// Commands is how many Redis commands the client has sent for its updates
	// since its previous event.
	Commands int
	// Latency is the sample of an alert, on Received.
	Latency time.Duration
	// Lease is the lock's time to live, on Granted and Changed, and what is taken off
	// that, on Faulted.
	Lease time.Duration
	// Value is what was read, is being written, or was overwritten, or what an audit
	// came to; or the lane as written, on Changed and Joined.
	Value string
	// Base is the value that a write was computed from.
	Base string
	// Text explains Broke, Faulted, Changed, Unstruck and Disconnected.
	Text string
}

// announces says whether the event is of a request that is about to be sent.
func (k Kind) announces() bool {
	switch k {
	case Attempted, Waited, Released, Written, Requested:
		return true
	}
	return false
}

// isReply says whether the event is what a client saw of a Redis command.
func (e *Event) isReply() bool {
	switch e.Kind {
	case Read, Acked, Computed, Granted, Failed, Expired, Unknown, Refused:
		return true
	}
	return false
}
