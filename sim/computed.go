package sim

import (
	"maps"
	"slices"
	"time"
)

// computed is an update that Redis computed by itself: of a client, with its
// sample, from one value to the next.
type computed struct {
	event Event
	seat  seat
}

// compute takes in an update that Redis computed. Its client learns from the
// reply alone what it was based on, and replies may be recorded out of order: an
// update waits here until the value that it was based on is known.
func (l *Ledger) compute(c computed) {
	if l.find(c.event.Base) == nil {
		l.ahead[c.event.Base] = append(l.ahead[c.event.Base], c)
	} else {
		l.link(c)
	}
	l.bridge()
}

// bridge looks whether updates without replies lead from the head to those that
// wait.
func (l *Ledger) bridge() {
	for again := len(l.silent) > 0; again; {
		again = false
		for _, w := range l.waiters.queue {
			if l.find(w.text) == nil && l.deduce(w.text) {
				again = true
			}
		}
		if l.awaited != "" && l.deduce(l.awaited) {
			l.awaited, again = "", true
		}
		for _, base := range slices.Sorted(maps.Keys(l.ahead)) { // so that every fold does the same
			if _, ok := l.ahead[base]; !ok || !l.deduce(base) {
				continue
			}
			waiting := l.ahead[base] // unless they have been linked with it
			delete(l.ahead, base)
			for _, c := range waiting {
				l.link(c)
			}
			again = true
		}
	}
}

// link puts a computed update in its place, and those that waited for it.
func (l *Ledger) link(c computed) {
	for more := []computed{c}; len(more) > 0; more = more[1:] {
		e, s := more[0].event, more[0].seat
		v := l.sent(&s, &e)
		v.sentAt, v.ackedAt = s.readAt, e.At
		l.place(v, e.Base)
		more = append(more, l.ahead[e.Value]...)
		delete(l.ahead, e.Value)
	}
}

// mostSilent bounds the search of deduce.
const mostSilent = 12

// deduce explains a value that nobody was told of by updates whose replies never
// came: together with the head they add up to it, and to nothing else. Which of
// several came first is not known, and makes no difference to what is kept.
func (l *Ledger) deduce(text string) bool {
	if len(l.silent) == 0 {
		return false
	}
	value, err := ParseAverage(text)
	if err != nil || len(l.silent) > mostSilent {
		return false
	}
	head := l.Head()
	var chosen []int
	if missing := int(value.Count - head.Count); 0 < missing && missing <= len(l.silent) {
		chosen = pick(l.silent, missing, value.Sum-head.Sum)
	}
	if chosen == nil {
		return l.deduceStep(value, mostSteps)
	}
	for _, i := range chosen {
		c := l.silent[i]
		c.event.Base, c.event.Value = l.head.text, l.Head().Add(c.seat.latency).String()
		l.countUnknown(c.seat.part, -1)
		v := l.sent(&c.seat, &c.event)
		v.sentAt = c.seat.readAt
		l.advance(v)
	}
	for n, i := range chosen {
		l.silent = slices.Delete(l.silent, i-n, i-n+1)
	}
	return true
}

// mostSteps bounds how many updates without replies deduceStep looks for.
const mostSteps = 3

// deduceStep explains a value by updates without replies that were based on a version
// which need not be the head: whoever overwrote them may not have been heard of.
func (l *Ledger) deduceStep(value Average, steps int) bool {
	for i, c := range l.silent {
		base := Average{Sum: value.Sum - c.seat.latency, Count: value.Count - 1}
		if base.Sum < 0 || base.Count < 0 {
			continue
		}
		c.event.Base, c.event.Value = base.text(), value.String()
		l.silent = slices.Delete(l.silent, i, i+1)
		whole := c
		whole.event.Base, whole.event.Value = base.text(), value.String()
		if l.find(whole.event.Base) != nil || steps > 1 && l.deduceStep(base, steps-1) {
			l.countUnknown(c.seat.part, -1)
			l.link(whole)
			return true
		}
		l.silent = slices.Insert(l.silent, i, c)
	}
	return false
}

// pick returns the places of n updates whose latencies add up to sum, ascending.
func pick(from []computed, n int, sum time.Duration) []int {
	if n == 0 {
		if sum == 0 {
			return []int{}
		}
		return nil
	}
	for i := 0; i+n <= len(from); i++ {
		if rest := pick(from[i+1:], n-1, sum-from[i].seat.latency); rest != nil {
			chosen := []int{i}
			for _, j := range rest {
				chosen = append(chosen, i+1+j)
			}
			return chosen
		}
	}
	return nil
}
