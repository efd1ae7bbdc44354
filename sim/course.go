package sim

import (
	"math/bits"
	"slices"
	"time"
)

// A Course is how a lane did over time: how many updates it kept, how long clients waited and how
// many were waiting, in stretches of equal length. Their number is bounded: when there are too
// many, every two become one that is twice as long. The zero Course is that of a lane before its
// first event. It is never changed after it was taken.
type Course struct {
	step time.Duration
	done []stretch // append-only, so that snapshots and copies can share it
}

// A Stretch is what a lane did from From to To.
type Stretch struct {
	From, To time.Duration
	// Kept is by how much the number of kept updates grew. It is below 0 where more were lost than
	// came.
	Kept int64
	// Waits counts the waits for the lock that ended. WaitP50, WaitP99 and WaitMax are of these,
	// the percentiles within 2 %.
	Waits                     int64
	WaitP50, WaitP99, WaitMax time.Duration
	// Waiting is how many clients were waiting on average, MostWaiting how many at once.
	Waiting     float64
	MostWaiting int
	// Sleepless says that, at least for a while, nobody slept, so that rates and waits are not
	// those of the settings.
	Sleepless bool
}

// KeptPerSecond is the rate at which the number of kept updates grew.
func (s Stretch) KeptPerSecond() float64 { return float64(s.Kept) / (s.To - s.From).Seconds() }

// Stretches returns the course in at most so many stretches, up to the last that is over. They stay
// the same while the lane goes on, until every two become one.
func (c Course) Stretches(most int) []Stretch {
	each := 1
	for len(c.done)/each > max(most, 1) {
		each *= 2
	}
	stretches := make([]Stretch, 0, len(c.done)/each)
	var merged waitCounts
	before := int64(0)
	for i := 0; i+each <= len(c.done); i += each {
		s := Stretch{From: time.Duration(i) * c.step, To: time.Duration(i+each) * c.step}
		var waited time.Duration
		merged = merged[:0]
		for j := range c.done[i : i+each] {
			d := &c.done[i+j]
			waited += d.waited
			s.MostWaiting = max(s.MostWaiting, d.mostWaiting)
			s.Sleepless = s.Sleepless || d.sleepless
			s.WaitMax = max(s.WaitMax, d.longest)
			for _, w := range d.waits {
				merged = merged.add(w.place, w.count)
			}
		}
		s.Kept, before = c.done[i+each-1].kept-before, c.done[i+each-1].kept
		s.Waits = merged.total()
		s.WaitP50, s.WaitP99 = merged.quantile(50, s.Waits), merged.quantile(99, s.Waits)
		s.Waiting = float64(waited) / float64(s.To-s.From)
		stretches = append(stretches, s)
	}
	return stretches
}

// Sleepless says that nobody slept at its end.
func (c Course) Sleepless() bool { return len(c.done) > 0 && c.done[len(c.done)-1].sleepless }

// stretch is a part of a course.
type stretch struct {
	kept        int64 // at its end
	waits       waitCounts
	longest     time.Duration // of them
	waited      time.Duration // by all clients together
	mostWaiting int
	sleepless   bool
}

const (
	// mostStretches bounds a course.
	mostStretches = 256
	// leastStep is how long a stretch is at first.
	leastStep = 10 * time.Millisecond
)

// courseKeeper writes a course.
type courseKeeper struct {
	Course
	open      stretch // the one that is not over
	upTo      time.Duration
	sleepless bool // nobody sleeps now
}

// sleep notes whether anybody sleeps from now on.
func (c *courseKeeper) sleep(sleepless bool) {
	c.sleepless = sleepless
	c.open.sleepless = c.open.sleepless || sleepless
}

// end is when the open stretch is over.
func (c *courseKeeper) end() time.Duration {
	if c.step == 0 {
		c.step = leastStep
	}
	return time.Duration(len(c.done)+1) * c.step
}

// wait takes in a wait that has ended.
func (c *courseKeeper) wait(d time.Duration) {
	c.open.waits = c.open.waits.add(placeOf(d), 1)
	c.open.longest = max(c.open.longest, d)
}

// queue takes in how many clients wait now.
func (c *courseKeeper) queue(waiting int) { c.open.mostWaiting = max(c.open.mostWaiting, waiting) }

// pass accounts for the time up to now, in which so many clients waited, and so many updates were
// kept.
func (c *courseKeeper) pass(now time.Duration, waiting int, kept int64) {
	for end := c.end(); now >= end; end = c.end() {
		c.open.waited += time.Duration(waiting) * (end - c.upTo)
		c.open.kept = kept
		c.done = append(c.done, c.open)
		c.open = stretch{mostWaiting: waiting, sleepless: c.sleepless}
		c.upTo = end
		if len(c.done) == mostStretches {
			c.halve()
		}
	}
	if now > c.upTo {
		c.open.waited += time.Duration(waiting) * (now - c.upTo)
		c.upTo = now
	}
}

// halve makes one of every two stretches.
func (c *courseKeeper) halve() {
	half := make([]stretch, 0, mostStretches)
	for i := 0; i < len(c.done); i += 2 {
		a, b := &c.done[i], &c.done[i+1]
		half = append(half, stretch{
			kept: b.kept, waits: a.waits.with(b.waits), waited: a.waited + b.waited,
			longest: max(a.longest, b.longest), mostWaiting: max(a.mostWaiting, b.mostWaiting), sleepless: a.sleepless || b.sleepless,
		})
	}
	c.done, c.step = half, 2*c.step
}

// clone returns a copy that shares what is over.
func (c courseKeeper) clone() courseKeeper {
	c.done = slices.Clip(c.done)
	c.open.waits = slices.Clone(c.open.waits)
	return c
}

// at returns the course as of the time now.
func (c courseKeeper) at(now time.Duration, waiting int, kept int64) Course {
	c = c.clone()
	c.pass(now, waiting, kept)
	return c.Course
}

// waitCounts says how many waits were about how long, the shortest first. What is in a stretch that
// is over never changes.
type waitCounts []waitCount

// waitCount is how many waits have one place among all lengths: there are 32 in each power of two
// of microseconds.
type waitCount struct {
	place uint16
	count uint32
}

// waitPlaces is how many places there are in a power of two.
const waitPlaces = 32

// placeOf returns the place of a wait.
func placeOf(wait time.Duration) uint16 {
	µs := uint64(min(max(wait.Microseconds(), 0), longestWait.Microseconds()))
	if µs < waitPlaces {
		return uint16(µs)
	}
	shift := bits.Len64(µs/waitPlaces) - 1
	return uint16(uint64(shift)*waitPlaces + µs>>shift)
}

// length is the middle of the waits that have a place.
func (w waitCount) length() time.Duration {
	if w.place < 2*waitPlaces {
		return time.Duration(w.place) * time.Microsecond
	}
	shift := w.place/waitPlaces - 1
	low := time.Duration(waitPlaces+w.place%waitPlaces) << shift
	return (low + 1<<shift/2) * time.Microsecond
}

// add counts waits, in place.
func (w waitCounts) add(place uint16, count uint32) waitCounts {
	i, found := slices.BinarySearchFunc(w, place, func(c waitCount, place uint16) int { return int(c.place) - int(place) })
	if found {
		w[i].count += count
		return w
	}
	return slices.Insert(w, i, waitCount{place, count})
}

// with returns the sum of two.
func (w waitCounts) with(others waitCounts) waitCounts {
	sum := append(make(waitCounts, 0, len(w)+len(others)), w...)
	for _, o := range others {
		sum = sum.add(o.place, o.count)
	}
	return sum
}

func (w waitCounts) total() (n int64) {
	for _, c := range w {
		n += int64(c.count)
	}
	return n
}

// quantile returns the shortest wait that so many per cent of a total are no longer than; 0 of none.
func (w waitCounts) quantile(percent, total int64) time.Duration {
	wanted := (total*percent + 99) / 100
	for _, c := range w {
		if wanted -= int64(c.count); wanted <= 0 {
			return c.length()
		}
	}
	return 0
}
