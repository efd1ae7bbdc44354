package tui

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"locktop/sim"
	"locktop/sim/explore"
)

// orders is the grid of all schedules of a small race: which of them there are, in the order of a depth-first search, and
// what comes of each. It is plain data that can be drawn in any area: see [drawOrders]. A [census] fills it.
type orders struct {
	arena  sim.ArenaConfig
	cells  []order         // the first of them, at most mostOrders
	counts *explore.Result // of all there are; nil while they are being counted
	failed string          // why they are not

	cursor int // the selected cell, from 0

	preview struct { // what comes of the selected cell
		of      int // cell + 1; 0 is none
		playing explore.Playing
	}
}

// order is one schedule.
type order struct {
	moves   []sim.Move
	outcome sim.Outcome
}

// mostOrders is how many schedules the grid shows.
const mostOrders = 5000

// schedule is that of a cell.
func (o *orders) schedule(cell int) explore.Schedule {
	return explore.Schedule{Lane: o.arena.Lane, Clients: o.arena.Clients, Moves: o.cells[cell].moves}
}

// selected is the schedule of the selected cell; ok is false while there is none.
func (o *orders) selected() (s explore.Schedule, ok bool) {
	if o.cursor >= len(o.cells) {
		return s, false
	}
	return o.schedule(o.cursor), true
}

// play plays the selected schedule, unless it is the one that was played last.
func (o *orders) play() {
	s, ok := o.selected()
	if !ok || o.preview.of == o.cursor+1 {
		return
	}
	c := o.arena // with its lease
	if p, err := explore.PlayIn(c, s.Moves); err == nil {
		o.preview.of, o.preview.playing = o.cursor+1, p
	}
}

// move moves the cursor by some cells.
func (o *orders) move(by int) {
	o.cursor = min(max(o.cursor+by, 0), max(len(o.cells)-1, 0))
	o.play()
}

// moveRow moves the cursor up or down by one row, if there is one.
func (o *orders) moveRow(direction, columns int) {
	if to := o.cursor + direction*columns; 0 <= to && to < len(o.cells) {
		o.move(direction * columns)
	}
}

// nextWrong moves the cursor to the next cell in a direction, 1 or -1, of something that goes wrong.
func (o *orders) nextWrong(direction int) string {
	for i := o.cursor + direction; 0 <= i && i < len(o.cells); i += direction {
		if o.upshot(o.cells[i].outcome).wrong() {
			o.move(i - o.cursor)
			return ""
		}
	}
	switch {
	case direction < 0:
		return "none before this one goes wrong"
	case o.more():
		return "none of those shown after this one goes wrong"
	}
	return "none after this one goes wrong"
}

// more tells whether there are, or may be, orders that have no cell.
func (o *orders) more() bool {
	return !o.complete() || o.counts.Schedules > uint64(len(o.cells))
}

// complete tells whether all orders were counted.
func (o *orders) complete() bool { return o.counts != nil && o.counts.Complete }

// upshot is what has come of a schedule: how many updates it loses, 1 to 9, or one of the others.
type upshot int

const (
	allKept upshot = -iota
	writesRefused
	twoInside
	someHang
)

func (f upshot) wrong() bool { return f > 0 || f == someHang || f == twoInside }

// upshot sorts an outcome, by the worst of it.
func (o *orders) upshot(outcome sim.Outcome) upshot {
	switch info := o.arena.Config().LaneInfo(0); {
	case outcome.Lost > 0:
		return upshot(outcome.Lost)
	case outcome.Hung:
		return someHang
	case outcome.Overlap && info.Locks && info.Critical && !info.Fenced:
		return twoInside
	case outcome.Refused > 0:
		return writesRefused
	}
	return allKept
}

// upshotCount is how many schedules have a upshot.
type upshotCount struct {
	upshot
	schedules uint64
}

// upshots counts what has come of all schedules, or of those that are in the grid so far: kept first, then by updates lost,
// then the others.
func (o *orders) upshots() []upshotCount {
	counts := map[upshot]uint64{}
	if o.counts != nil {
		for outcome, n := range o.counts.Outcomes {
			counts[o.upshot(outcome)] += n
		}
	} else {
		for _, c := range o.cells {
			counts[o.upshot(c.outcome)]++
		}
	}
	var all []upshotCount
	for f, n := range counts {
		all = append(all, upshotCount{f, n})
	}
	rank := func(f upshot) int {
		if f > 0 {
			return int(f)
		}
		return map[upshot]int{allKept: 0, writesRefused: 20, twoInside: 21, someHang: 22}[f]
	}
	slices.SortFunc(all, func(a, b upshotCount) int { return rank(a.upshot) - rank(b.upshot) })
	return all
}

// headline is the result in a few words: "84 of 90 lose an update".
func (o *orders) headline() (text string, wrong bool) {
	var total, losing, bad uint64
	for _, c := range o.upshots() {
		total += c.schedules
		if c.upshot > 0 {
			losing += c.schedules
		} else if c.upshot.wrong() {
			bad += c.schedules
		}
	}
	of := plural(total, "order")
	switch {
	case o.counts == nil:
		of += " tried so far"
	case !o.complete():
		of += " that were tried (there are more)"
	}
	switch {
	case total == 0:
		return "trying every order …", false
	case losing > 0:
		return fmt.Sprintf("%s of %s lose an update", explore.Many(losing), of), true
	case bad > 0:
		return fmt.Sprintf("%s of %s go wrong", explore.Many(bad), of), true
	}
	return "none of " + of + " loses an update", false
}

// census tries all orders of a small race, for [orders]. It belongs to no goroutine: one runs it, another takes what there
// is.
type census struct {
	arena sim.ArenaConfig

	mu     sync.Mutex
	cells  []order
	counts *explore.Result
	err    error
}

// The limits of a census that has more schedules than the grid shows.
const (
	censusTime = 20 * time.Second
	censusMost = 200_000
)

// run plays every schedule, as far as the grid shows them, and counts those that are left. It returns when that is done, when
// either has taken as long as it may, or soon after the context has ended.
func (c *census) run(ctx context.Context, within time.Duration) {
	o := explore.Options{ArenaConfig: c.arena, Method: explore.All, Preemptions: -1, Limit: mostOrders, Timeout: within}
	o.Each = func(moves []sim.Move, outcome sim.Outcome) {
		c.mu.Lock()
		c.cells = append(c.cells, order{slices.Clone(moves), outcome})
		c.mu.Unlock()
	}
	r, err := explore.Run(ctx, o)
	if err == nil && !r.Complete {
		o.Each, o.Method, o.Limit = nil, explore.States, censusMost
		r, err = explore.Run(ctx, o)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts, c.err = r, err
}

// take takes over what the census has so far, and tells whether that is more than before.
func (o *orders) take(c *census) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, counted := len(o.cells), o.counts != nil || o.failed != ""
	o.cells = c.cells[:len(c.cells):len(c.cells)]
	switch {
	case c.err != nil:
		o.failed = c.err.Error()
	case c.counts != nil:
		o.counts = c.counts
	}
	o.play()
	return n != len(o.cells) || counted != (o.counts != nil || o.failed != "")
}
