package sim

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Of a write whose reply never came nobody was told what it overwrote. It takes its
// place behind the head, but between the two there may have been others: a gap in the
// chain. What it erases there has an unknown eraser, until a reply tells of a write that
// lies in the gap. The same is so where Redis went back: a reply may tell later of a
// write from before.

// ending is the end of a version's time as the head, if nobody was told what overwrote it.
type ending struct {
	at time.Duration // at the latest
	by *version      // whom to blame: a gap, or Redis going back
}

// endsSince counts those of a version, if there is one, at a time or later.
func (v *version) endsSince(sent time.Duration) int {
	n := 0
	for ; v != nil && n < len(v.ends) && v.ends[len(v.ends)-1-n].at >= sent; n++ {
	}
	return n
}

// ended notes the end of a version's time as the head.
func (v *version) ended(e ending) { v.ends = append(slices.Clip(v.ends), e) }

// surface takes in a version of unknown fate that turned out to have been written.
func (l *Ledger) surface(v *version) {
	l.countUnknown(v.part, -1)
	l.bridgeTo(v)
	l.advance(l.popEarly(v))
}

// bridgeTo makes a version the head, with a gap in front of it.
func (l *Ledger) bridgeTo(v *version) {
	v.gap = &version{}
	end := ending{l.now, v.gap}
	if v.sentAt <= max(l.surfacedAt, l.rewoundAt) {
		l.unsure(v.sentAt, nil) // it may have come before the gap that there was since, or before Redis went back
		end.at = math.MaxInt64  // and the head may be the head still
	}
	l.head.ended(end)
	l.surfacedAt = l.now
	l.moveHead(v, nil)
}

// unsure notes that a write which was sent at a time may have come at another place of
// the chain than that which it is given. So may all that have been sent by now, and are
// linked to it: what they erase has an unknown eraser. And what Redis has forgotten since,
// they may have erased before. What it found, if that is known, was back then.
func (l *Ledger) unsure(sent time.Duration, found *version) {
	l.unsureUntil, l.unsureNumber = l.now, l.applied
	for v := found; v != nil && !v.kept; v = v.parent {
		l.blame(v, &version{order: l.moves})
	}
	for _, b := range l.backs {
		if !b.back || b.sentAt < sent {
			continue
		}
		b.back = false
		for _, v := range l.window {
			if v.killer == b {
				l.blame(v, b)
			}
		}
	}
}

// killerOf is whom to blame for what a write erases: the write, or nobody known. It found
// a version, if that is told.
func (l *Ledger) killerOf(v, found *version) *version {
	if v.gap == nil && v.sentAt <= l.unsureUntil {
		v.gap = &version{parent: found}
	}
	return cmp.Or(v.gap, v)
}

// slipIn takes in a version that overwrote another one, before which nobody was told
// what did, and that was overwritten itself before anybody knew of it.
func (l *Ledger) slipIn(v, before *version) {
	v.executed = true
	last := len(before.ends) - 1
	v.ends, before.ends = before.ends[last:], before.ends[:last]
	after := v.ends[0].by
	if before == l.tip {
		l.tip = v
	}
	killer := l.killerOf(v, before)
	killer.order = after.order
	erased := l.reblame(before, v, killer, after)
	if killer != v {
		erased = 0
	}
	l.tell(v)
	l.linked(v, erased)
	l.slipInEarly(v)
}

// slipInEarly takes in what was early for a version that has slipped in.
func (l *Ledger) slipInEarly(v *version) {
	for w := l.popEarly(v); w != nil; w = l.popEarly(v) {
		if len(v.ends) == 0 {
			v.ended(ending{l.now, &version{order: l.moves}}) // only equal strings
		}
		l.slipIn(w, v)
	}
}

// reblame says who erased what now that a version is known to have been the head
// between another one and what came after. It returns how many updates it erased.
func (l *Ledger) reblame(before, v, killer, after *version) (erased int) {
	l.walk(before, v, func(down *version) {
		if !down.kept && down.killer == after && down.client != 0 {
			l.blame(down, killer)
			erased++
		}
	}, func(up *version) { // it was back for a while
		if !up.kept && up.client != 0 && (up.killer == nil || up.killer.order <= after.order) {
			l.blame(up, after)
		}
	})
	return erased
}

// confirm takes in that a version was found in Redis by a command that was sent after
// an event of a number. If it is one that may have had another place, and Redis has not
// gone back to it, it came last of all those: what it erased is known, and what was erased
// by those it is linked to.
func (l *Ledger) confirm(v *version, number int64) {
	if v != l.head || number < max(l.unsureNumber, l.rewound) {
		return
	}
	for v != nil && v.gap != nil && v.gap.parent != nil && v.sentAt > v.backAt {
		before := v.gap.parent
		l.owns(v)
		v = before
	}
}

// owns has a version itself to blame for what was erased in its stead.
func (l *Ledger) owns(v *version) {
	v.order = v.gap.order
	for _, w := range l.window {
		if w.killer == v.gap {
			l.blame(w, v)
		}
	}
	v.gap = nil
}

// closeGap takes in a late reply to the write before which there was a gap: if it
// overwrote what stood before the gap, there was nothing in between.
func (l *Ledger) closeGap(v *version, found string) {
	before := l.find(found)
	if before == nil || v.gap == nil || v.sentAt <= max(before.backAt, l.unsureUntil) {
		return
	}
	last := len(before.ends) - 1
	if last < 0 || before.ends[last].by != v.gap {
		return
	}
	before.ends = before.ends[:last]
	l.owns(v)
}
