package sim

// rewind takes in that Redis has gone back to an earlier value, by nobody's write:
// a replica took over that had not heard of the latest, or a server came back
// empty. What the value does not hold any more is lost, and no client did it.
func (l *Ledger) rewind(e *Event) {
	l.rewoundAt = e.At
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
	if v == l.head {
		return
	}
	if v.unknown && !v.executed { // the replica had it, and its client was not told
		l.totals.Unknown--
	}
	v.executed = true
	l.tips[l.head.text] = l.head
	nobody := &version{text: v.text}
	for down, up := l.head, v; down != up; {
		if down != nil && (up == nil || down.depth >= up.depth) {
			l.drop(down, nobody)
			down = l.parent(down)
		} else {
			l.keep(up)
			up = l.parent(up)
		}
	}
	l.head = v
	l.tell(v)
	l.advance(l.popEarly(v.text))
}

// onTip takes in a write to a branch that Redis has forgotten: its client was told
// OK before that, and its reply is recorded after.
func (l *Ledger) onTip(v *version, found string) {
	delete(l.tips, found)
	l.tips[v.text] = v
	v.executed = true
	l.blame(v, &version{text: l.head.text})
	l.tell(v)
	l.linked(v, 0)
	for w := l.popEarly(v.text); w != nil; w = l.popEarly(v.text) {
		l.place(w, v.text)
	}
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

// past counts a version of unknown fate that was in Redis before it went back.
func (l *Ledger) past(v *version) {
	l.totals.Unknown--
	v.executed = true
	if !v.kept {
		l.blame(v, &version{text: l.head.text})
	}
	l.tell(v)
	l.linked(v, 0)
	for w := l.popEarly(v.text); w != nil; w = l.popEarly(v.text) {
		l.place(w, v.text)
	}
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
