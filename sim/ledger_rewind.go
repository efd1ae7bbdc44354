package sim

import "slices"

// mostBacks is of how many times that Redis went back a ledger may still find out that
// it need not have forgotten what seemed so.
const mostBacks = 64

// rewind takes in that Redis has gone back to an earlier value, by nobody's write:
// a replica took over that had not heard of the latest, or a server came back
// empty. What the value does not hold any more is lost, and no client did it.
func (l *Ledger) rewind(e *Event) {
	defer func() { l.rewoundAt, l.rewound = e.At, l.applied }()
	v := l.find(e.Value)
	if v == nil && l.computing() {
		// It may hold updates that Redis computed, and whose replies are on their way
		// or never come: then it is no earlier value, but one ahead.
		l.awaited = e.Value
		l.bridge()
		return
	}
	if v == nil {
		v = l.stranger(e.Value)
	}
	if !v.executed { // the replica had it, and its client was not told
		if v.unknown {
			l.countUnknown(v.part, -1)
		}
		l.bridgeTo(v)
		l.advance(l.popEarly(v))
	}
	v.backAt = e.At
	l.moves++
	back := &version{text: v.text, back: l.head.sentAt > l.unsureUntil, order: l.moves, sentAt: e.At}
	l.head.ended(ending{e.At, back})
	l.tip = l.head
	if l.backs = append(l.backs, back); len(l.backs) > mostBacks {
		l.backs = slices.Delete(l.backs, 0, 1)
	}
	l.walk(l.head, v, func(down *version) { l.drop(down, back) }, l.keep)
	l.head = v
	l.settleForgotten()
}

// countVictim counts what Redis has forgotten by going back, and the times that it has
// forgotten anything. An update that comes back was forgotten all the same.
func (l *Ledger) countVictim(killer *version, n int64) {
	if killer == nil || !killer.back || n == 0 {
		return
	}
	before := killer.victims
	killer.victims += n
	switch {
	case before == 0:
		l.rewinds++
	case killer.victims == 0:
		l.rewinds--
	}
}

// goesBack tells whether a value is an earlier one than that which Redis has.
func (l *Ledger) goesBack(value string) bool {
	v := l.find(value)
	return v != nil && v != l.head && v.executed
}

// computing tells whether Redis may have computed updates that are not known yet.
func (l *Ledger) computing() bool {
	return len(l.silent) > 0 || len(l.ahead) > 0 || l.asked > 0
}

// sighted takes in that a value was in Redis before it went back.
func (l *Ledger) sighted(text string) {
	v := l.find(text)
	switch {
	case v == nil || v.executed:
	case v.unknown:
		l.past(v)
	default:
		v.seen = true
	}
}

// past counts a version of unknown fate that was in Redis before it went back. What it
// overwrote, and what came after it, nobody knows.
func (l *Ledger) past(v *version) {
	l.countUnknown(v.part, -1)
	l.unsure(v.sentAt, nil)
	v.executed = true
	if tip := l.tip; tip != nil && len(tip.ends) > 0 {
		end := tip.ends[len(tip.ends)-1]
		gap := &version{order: end.by.order}
		v.ended(ending{end.at, gap})
		l.reblame(tip, v, gap, gap)
	}
	l.tell(v)
	l.linked(v, 0)
	l.slipInEarly(v)
}

// withdraw forgets a write that Redis has refused. The same client may well compute
// the same value again.
func (l *Ledger) withdraw(v *version) {
	if v == nil {
		return
	}
	if hash := l.hash(v.text); l.known[hash] == v {
		delete(l.known, hash)
	}
}
