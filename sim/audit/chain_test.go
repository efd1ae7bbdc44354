package audit_test

import (
	"time"
)

// A step is one link of the chain of values: a write that overwrote what was there,
// or Redis going back.
type step struct {
	write *write // nil: Redis went back
	value string
	gap   bool // what the write overwrote is not told
}

// mostOrders is how many orders of a story are looked at.
const mostOrders = 64

// orders returns the orders in which the writes of a story may have come: each told
// one behind the value that it found, those without replies wherever they fit, and
// all within the times between which they can have happened. Writes that nobody ever
// saw are left out. whole says that there are no more.
func (s *story) orders() (orders [][]step, whole bool) {
	o := &orderer{story: s, done: map[*write]bool{}, found: map[string][]*write{}, budget: 200_000}
	for _, w := range s.writes {
		switch {
		case w.told:
			o.found[w.found] = append(o.found[w.found], w)
		case w.seen:
			o.silent = append(o.silent, w)
		default:
			continue
		}
		o.open++
	}
	o.walk("", 0)
	return o.orders, o.budget > 0 && len(o.orders) < mostOrders
}

type orderer struct {
	*story
	done   map[*write]bool
	found  map[string][]*write // told writes by what they found
	silent []*write            // known ones whose place is not told
	open   int                 // known writes that are not done
	steps  []step
	orders [][]step
	budget int
}

// ends is when an epoch ends, begins when it began: between them Redis never went back.
func (o *orderer) ends(epoch int) time.Duration {
	if epoch == len(o.rewinds) {
		return never
	}
	return o.rewinds[epoch].at
}

func (o *orderer) begins(epoch int) time.Duration {
	if epoch == 0 {
		return 0
	}
	return o.rewinds[epoch-1].at
}

// walk goes on from a value in every possible way.
func (o *orderer) walk(value string, epoch int) {
	if o.budget--; o.budget <= 0 || len(o.orders) == mostOrders {
		return
	}
	recurs := false
	for _, r := range o.rewinds[epoch:] {
		recurs = recurs || r.value == value
	}
	told := false
	for _, w := range o.found[value] {
		if !o.done[w] && o.fits(w, epoch) {
			told = true
			o.do(w, false, epoch)
		}
	}
	if told && !recurs {
		return // later nobody would find this value any more
	}
	for _, w := range o.silent {
		if !o.done[w] && o.fits(w, epoch) {
			o.do(w, true, epoch)
		}
	}
	if epoch < len(o.rewinds) {
		if to := o.rewinds[epoch]; o.canGoBack(to) {
			o.steps = append(o.steps, step{value: to.value})
			o.walk(to.value, epoch+1)
			o.steps = o.steps[:len(o.steps)-1]
		}
		return
	}
	if o.open == 0 && (!o.read || value == o.final) {
		o.orders = append(o.orders, append([]step(nil), o.steps...))
	}
}

// fits tells whether a write can come next: it was sent before the epoch ended, nobody
// had its reply before it began, and whatever was over before it was sent is done.
func (o *orderer) fits(w *write, epoch int) bool {
	if w.told && epoch > w.before || w.sent > o.ends(epoch) || min(w.replied, w.seenAt) < o.begins(epoch) {
		return false
	}
	for _, other := range o.writes {
		if other != w && other.known() && !o.done[other] && min(other.replied, other.seenAt) < w.sent {
			return false
		}
	}
	return true
}

// canGoBack tells whether Redis can go back now: its value has been there, and all
// that was over before is done.
func (o *orderer) canGoBack(to rewind) bool {
	was := to.value == ""
	for _, w := range o.writes {
		if !w.known() {
			continue
		}
		if !o.done[w] && min(w.replied, w.seenAt) < to.at {
			return false
		}
		was = was || o.done[w] && w.value == to.value
	}
	return was
}

func (o *orderer) do(w *write, gap bool, epoch int) {
	o.done[w] = true
	o.open--
	o.steps = append(o.steps, step{w, w.value, gap})
	o.walk(w.value, epoch)
	o.steps = o.steps[:len(o.steps)-1]
	o.open++
	o.done[w] = false
}
