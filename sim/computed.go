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
		if l.awaited != "" && l.deduce(l.awaited) {
			l.awaited, again = "", true
		}
		for _, base := range slices.Sorted(maps.Keys(l.ahead)) { // so that every fold does the same
			waiting, ok := l.ahead[base]
			if !ok || !l.deduce(base) {
				continue
			}
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
	value, err := ParseAverage(text)
	head := l.Head()
	missing := int(value.Count - head.Count)
	if err != nil || missing < 1 || missing > len(l.silent) || len(l.silent) > mostSilent {
		return false
	}
	chosen := pick(l.silent, missing, value.Sum-head.Sum)
	if chosen == nil {
		return false
	}
	for _, i := range chosen {
		c := l.silent[i]
		c.event.Base, c.event.Value = l.head.text, l.Head().Add(c.seat.latency).String()
		l.totals.Unknown--
		v := l.sent(&c.seat, &c.event)
		v.sentAt = c.seat.readAt
		l.advance(v)
	}
	for n, i := range chosen {
		l.silent = slices.Delete(l.silent, i-n, i-n+1)
	}
	return true
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
