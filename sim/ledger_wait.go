package sim

import (
	"cmp"
	"slices"
)

// A lane whose strategy changes has for a while clients that write values of their
// own beside clients that have Redis compute them. What Redis computed is known from
// the reply alone, so the former may meet a value that nobody has told of yet. What
// they do from then on waits until that reply is recorded.

// waiters are the events that wait.
type waiters struct {
	queue []waiting        // clients, those that have waited longest first
	on    map[string][]int // the same clients by the value they met
	due   []string         // values that have become known
	look  bool             // it may have turned out that no reply is to come
}

// waiting is a client whose events wait for a value to be known.
type waiting struct {
	client int
	text   string
	number int64 // of the event that met the value: a request with a higher one cannot have made it
}

// late is an event that waits, with its number.
type late struct {
	Event
	number int64
}

// mostWaiting bounds the events that wait, should a stranger write all the time.
const mostWaiting = 1 << 16

// answered notes that a client has the reply of what Redis computed, or never gets it.
func (l *Ledger) answered(s *seat) {
	if s.asked > 0 {
		s.asked = 0
		l.asked--
		l.waiters.look = true
	}
}

// mustWait tells whether an event speaks of a value that may yet be explained.
func (l *Ledger) mustWait(e *Event) bool {
	if !l.computing() && len(l.waiters.queue) == 0 {
		return false
	}
	switch e.Kind {
	case Read:
	case Acked:
		if v := l.seats[e.Client].pending; v == nil || v.executed {
			return false
		}
	case Rewound:
		if len(l.waiters.queue) == 0 {
			return false
		}
	default:
		return false
	}
	if l.find(e.Value) != nil || l.deduce(e.Value) {
		return false
	}
	return l.asked > 0 || len(l.ahead) > 0 || len(l.waiters.queue) > 0
}

// wait has an event wait, and with it what its client does after it.
func (l *Ledger) wait(e *Event, number int64) {
	w, s := &l.waiters, &l.seats[e.Client]
	s.waits = append(s.waits, late{*e, number})
	if w.on == nil {
		w.on = map[string][]int{}
	}
	w.on[e.Value] = append(w.on[e.Value], e.Client)
	at, _ := slices.BinarySearchFunc(w.queue, number, func(q waiting, n int64) int { return cmp.Compare(q.number, n) })
	w.queue = slices.Insert(w.queue, at, waiting{e.Client, e.Value, number})
	w.look = true
}

// learned notes that a value has become known.
func (l *Ledger) learned(text string) {
	if _, computed := l.ahead[text]; computed || l.waiters.on[text] != nil {
		l.waiters.due = append(l.waiters.due, text)
	}
}

// wake takes in what has waited long enough.
func (l *Ledger) wake() {
	w := &l.waiters
	for len(w.due) > 0 || w.look && l.inVain() && l.giveUp() {
		if len(w.due) == 0 {
			continue
		}
		text := w.due[0]
		w.due = w.due[1:]
		waiting := l.ahead[text]
		delete(l.ahead, text)
		for _, c := range waiting {
			l.link(c)
		}
		clients := w.on[text]
		delete(w.on, text)
		for _, c := range clients {
			l.resume(c)
		}
	}
}

// resume takes in what a client has done, up to the next value that is not known.
func (l *Ledger) resume(client int) {
	w, s := &l.waiters, &l.seats[client]
	w.queue = slices.DeleteFunc(w.queue, func(q waiting) bool { return q.client == client })
	events := s.waits
	s.waits = nil
	for i := range events {
		if e := &events[i]; !l.mustWait(&e.Event) {
			l.take(&e.Event, e.number)
			continue
		}
		l.wait(&events[i].Event, events[i].number)
		s.waits = append(s.waits, events[i+1:]...)
		return
	}
}

// inVain tells whether the value that has been waited for longest cannot be one that
// Redis computed: all who had asked for something before it was met have their
// replies. Nor can it be one of somebody who waits as well, as they met theirs later.
func (l *Ledger) inVain() bool {
	w := &l.waiters
	w.look = false
	if len(w.queue) == 0 {
		return false
	}
	first := w.queue[0]
	return len(l.seats[first.client].waits) > mostWaiting ||
		!slices.ContainsFunc(l.seats, func(s seat) bool { return 0 < s.asked && s.asked < first.number })
}

// giveUp takes a value that has been waited for as that of an update without a reply
// or else as a stranger's, and says whether there was one.
func (l *Ledger) giveUp() bool {
	var text string
	if q := l.waiters.queue; len(q) > 0 {
		text = q[0].text
	} else {
		for text = range l.ahead {
			break
		}
	}
	if len(l.waiters.queue) == 0 && len(l.ahead) == 0 {
		return false
	}
	// It may have been computed from a value that is waited for itself.
	bases := make(map[string]string, len(l.ahead))
	for base, waiting := range l.ahead {
		for _, c := range waiting {
			bases[c.event.Value] = base
		}
	}
	for base, ok := bases[text]; ok; base, ok = bases[text] {
		delete(bases, text)
		text = base
	}
	l.waiters.look = true
	if !l.deduce(text) {
		l.stranger(text)
	}
	return true
}
