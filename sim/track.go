package sim

import (
	"sort"
	"time"
)

// Phase is what a client is doing, as its timeline shows it.
type Phase uint8

const (
	// Idle: waiting for an alert.
	Idle Phase = iota
	// Waiting: wants the lock and does not have it.
	Waiting
	// Working: between its read and its write, without a lock.
	Working
	// Holding: has the lock.
	Holding
	// Done: has handled its last alert.
	Done
	// Suspended: paused by a fault.
	Suspended
	// Dead: has crashed.
	Dead
	// Gone: has left, because the lane was to have fewer clients.
	Gone
)

// Point marks on a timeline. They share a number space with the phases.
const (
	// MarkRead: the reply of a GET.
	MarkRead Phase = iota + 16
	// MarkWrite: a write that erased nothing.
	MarkWrite
	// MarkErased: a write that erased the update of somebody else.
	MarkErased
	// MarkFailed: a try that did not get the lock.
	MarkFailed
	// MarkExpired: a holder found that the lock was no longer its own.
	MarkExpired
	// MarkFault: something was done to the client, or to Redis.
	MarkFault
	// MarkChange: a setting of the lane was changed.
	MarkChange
)

// A Moment is the start of a phase, or a mark, on a client's timeline.
type Moment struct {
	At   time.Duration
	What Phase
}

// IsMark says whether the moment is a point rather than the start of a phase.
func (m Moment) IsMark() bool { return m.What >= MarkRead }

// track is the bounded recent history of one client: a ring of moments.
type track struct {
	ring []Moment
	next int // where the next moment goes, once the ring is full
}

// add appends a moment, dropping the oldest when limit is reached. A moment may
// be a little older than the last one: a write is marked when its place is known.
func (t *track) add(m Moment, limit int) {
	if len(t.ring) < limit {
		t.ring = append(t.ring, m)
		return
	}
	t.ring[t.next] = m
	t.next = (t.next + 1) % len(t.ring)
}

// since returns a copy of the moments from the phase that was running at the
// given time on.
func (t *track) since(from time.Duration) []Moment {
	n := len(t.ring)
	at := func(i int) Moment { return t.ring[(t.next+i)%n] }
	first := sort.Search(n, func(i int) bool { return at(i).At >= from })
	for first > 0 {
		first--
		if !at(first).IsMark() {
			break
		}
	}
	if n == 0 {
		return nil
	}
	moments := make([]Moment, 0, n-first)
	for i := first; i < n; i++ {
		moments = append(moments, at(i))
	}
	return moments
}
