// Package explore tries every order of the commands of a small race: a few clients
// that make one update each, on an embedded Redis, with the lock and the strategies
// that the live race has.
//
// The search is stateless in the manner of VeriSoft (Godefroid, POPL 1997): a state
// is reached by making its moves again from the start. [All] visits every schedule.
// [States] is the same with memory: states that are told apart by nothing that could
// matter are explored once, and the schedules behind them counted, so that its
// numbers are those of All. [Sleep] leaves out schedules that differ from another one
// only in the order of commands that have nothing to do with each other (sleep sets,
// Godefroid 1996), and [Random] draws schedules by random priorities that change at a
// few random moments (PCT, Burckhardt et al., ASPLOS 2010).
//
// [Auto] does without Sleep. Most commands of these races are for the same two keys, so
// that few orders can be left out: States takes about as many plays (15,465 against
// 14,400 for five clients without a lock) and mostly fewer (3,477 against 6,308 for four
// that spin), and counts every schedule. And Sleep does not go with a bound on
// preemptions, as the one schedule that is played may have more of them than those it
// stands for (Coons, Musuvathi and McKinley, OOPSLA 2013).
package explore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/bits"
	"slices"
	"sync/atomic"
	"time"

	"locktop/sim"
	"locktop/sim/bubble"
)

// A Method is a way to search.
type Method string

// The methods. Auto is States, and Random for what exceeds the limit.
const (
	Auto   Method = "auto"
	All    Method = "all"
	States Method = "states"
	Sleep  Method = "sleep"
	Random Method = "random"
)

// Methods are all of them.
var Methods = []Method{Auto, All, States, Sleep, Random}

// Options say what is explored, and how.
type Options struct {
	// Arena is who plays.
	sim.ArenaConfig
	// Method is how; "" is Auto.
	Method Method
	// Preemptions bounds how often, in one schedule, a client is interrupted that
	// could have gone on; negative is no bound, which is what Sleep needs.
	Preemptions int
	// Limit is the most schedules to play, and Timeout the longest time to take; 0 is
	// [DefaultLimit] and [DefaultTimeout].
	Limit   int
	Timeout time.Duration
	// Seed is that of random schedules.
	Seed uint64
	// Each, if set, is told of each schedule that All plays: its moves, which it must
	// not keep, and its outcome.
	Each func(moves []sim.Move, outcome sim.Outcome)
	// Progress, if set, is told now and then how many schedules have been played.
	Progress func(played int)
}

// The limits, unless said otherwise.
const (
	DefaultLimit   = 1_000_000
	DefaultTimeout = time.Minute
)

// Validate returns an error that says what cannot be used.
func (o Options) Validate() error {
	if !slices.Contains(Methods, o.Method) && o.Method != "" {
		return fmt.Errorf("method: want one of %v, have %q", Methods, o.Method)
	}
	if o.Method == Sleep && o.Preemptions >= 0 {
		return errors.New("preemptions: sleep takes no bound, as the schedule that stands for others may have more of them; want another method")
	}
	if o.Limit < 0 {
		return fmt.Errorf("limit: want 0 or more, have %d", o.Limit)
	}
	if o.Timeout < 0 {
		return fmt.Errorf("timeout: want 0 or more, have %v", o.Timeout)
	}
	return o.ArenaConfig.Validate()
}

// A Result is what was found.
type Result struct {
	Options Options
	// Method is the one that was used in the end, and Preemptions its bound.
	Method      Method
	Preemptions int
	// Schedules counts the schedules that were told apart, and Complete says that
	// these are all there are or, by Sleep, stand for all there are. A count that does
	// not fit is the greatest that does.
	Schedules uint64
	Complete  bool
	// Played counts how often a schedule, or the start of one, was played. Draws is how
	// many of these were drawn by Random, which may draw a schedule more than once.
	Played, Draws int
	// Losing counts the schedules that lose updates, Lost how many lose how many.
	// Overlapping, Hanging and Refusing count those in which two clients are inside
	// at once, some wait for ever, and stale writes are refused.
	Losing, Overlapping, Hanging, Refusing uint64
	Lost                                   map[int64]uint64
	// Outcomes counts schedules by outcome.
	Outcomes map[sim.Outcome]uint64
	// Counterexample is the smallest one that was found; nil if nothing that was tried
	// goes wrong. It may be of fewer clients than were asked for. Smallest says that
	// there is no smaller one.
	Counterexample *Counterexample
	Smallest       bool

	finished    bool // the search came to its end, within the bound on preemptions
	interrupted bool // the context ended first
}

// errLimit ends a search.
var errLimit = errors.New("the limit has been reached")

// fewPreemptions is the bound of a search that would be too large without. Most bugs
// of concurrency take no more (Musuvathi and Qadeer, PLDI 2007).
const fewPreemptions = 2

// Run explores. If the context ends first, it returns what was found until then and the
// context's error. A second is enough for some thousand schedules.
func Run(ctx context.Context, o Options) (*Result, error) {
	if o.Limit == 0 {
		o.Limit = DefaultLimit
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Method == "" {
		o.Method = Auto
	}
	if err := o.Validate(); err != nil {
		return nil, err
	}
	r, err := run(ctx, o)
	if err != nil {
		r.interrupted = ctx.Err() != nil
		return r, err
	}
	if !r.Bad() {
		return r, nil
	}
	return r, r.findCounterexample(ctx)
}

// run searches as the options say; of [Auto], with the first method that gets to an
// end. Half of the limits are for States, a quarter for its bounded search, and what is
// left for Random.
func run(ctx context.Context, o Options) (*Result, error) {
	if o.Method != Auto {
		return search(ctx, o, o)
	}
	part, left := o, o.Limit
	part.Method, part.Limit, part.Timeout = States, o.Limit/2, o.Timeout/2
	r, err := search(ctx, o, part)
	if err != nil || r.finished {
		return r, err
	}
	left -= r.Played
	part.Limit, part.Timeout = o.Limit/4, o.Timeout/4
	if o.Preemptions < 0 {
		part.Preemptions = fewPreemptions
		few, err := search(ctx, o, part)
		left -= few.Played
		few.after(r)
		if err != nil || few.finished {
			return few, err
		}
		r = few
	}
	part.Method, part.Limit, part.Preemptions = Random, left, o.Preemptions
	drawn, err := search(ctx, o, part)
	drawn.after(r)
	return drawn, err
}

// after takes in what a search before this one has played and found.
func (r *Result) after(before *Result) {
	r.Played += before.Played
	if c := before.Counterexample; c != nil && c.smaller(r.Counterexample) {
		r.Counterexample = c
	}
}

// search explores once, as part of what was asked for.
func search(ctx context.Context, asked, o Options) (*Result, error) {
	r := &Result{Options: asked, Method: o.Method, Preemptions: o.Preemptions, Outcomes: map[sim.Outcome]uint64{}}
	// The clock in the bubble is no measure of how long this takes.
	late, stop := after(o.Timeout)
	defer stop()
	err := bubble.Run(func() (err error) {
		a, err := sim.OpenArena(o.ArenaConfig)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, a.Close()) }()
		p := &player{ctx: ctx, options: o, overlapHarms: o.overlapHarms(), arena: a, limit: o.Limit, late: late}
		err = p.run(r)
		if r.Played = p.played; r.Method == Random {
			r.Draws = p.drawn
		}
		r.finished = err == nil
		r.Complete = r.finished && !p.bounded
		if errors.Is(err, errLimit) {
			err = nil
		}
		if r.Counterexample == nil {
			r.Counterexample = p.example
		}
		return err
	})
	r.count()
	return r, err
}

// count adds up outcomes.
func (r *Result) count() {
	r.Lost = map[int64]uint64{}
	for o, n := range r.Outcomes {
		r.Schedules = add(r.Schedules, n)
		if o.Lost > 0 {
			r.Losing = add(r.Losing, n)
			r.Lost[o.Lost] = add(r.Lost[o.Lost], n)
		}
		if o.Overlap {
			r.Overlapping = add(r.Overlapping, n)
		}
		if o.Hung {
			r.Hanging = add(r.Hanging, n)
		}
		if o.Refused > 0 {
			r.Refusing = add(r.Refusing, n)
		}
	}
}

// Bad says whether anything went wrong that does harm.
func (r *Result) Bad() bool {
	return r.Losing > 0 || r.Hanging > 0 || r.Overlapping > 0 && r.Options.overlapHarms() || r.Counterexample != nil
}

// overlapHarms says whether no two clients should be inside at once.
func (o Options) overlapHarms() bool {
	info := o.Config().LaneInfo(0)
	return info.Locks && info.Critical && !info.Fenced
}

// add adds two counts, of which the sum may be too large.
func add(a, b uint64) uint64 {
	sum, carry := bits.Add64(a, b, 0)
	if carry != 0 {
		return ^uint64(0)
	}
	return sum
}

// player plays schedules in an arena, until a limit.
type player struct {
	ctx          context.Context
	options      Options
	overlapHarms bool
	arena        *sim.Arena
	played       int
	drawn        int // at random, to their end
	limit        int
	bounded      bool            // a schedule was left out for its preemptions
	late         *atomic.Bool    // there is no time left
	example      *Counterexample // the smallest so far; nil if nothing has gone wrong
}

// end takes in a schedule that has been played to its end, with so many preemptions.
func (p *player) end(preemptions int) sim.Outcome {
	o := p.arena.Outcome()
	if !wrong(o, p.overlapHarms) {
		return o
	}
	made := p.arena.Made()
	c := newCounterexample(p.options.ArenaConfig, made, o, preemptions)
	if c.smaller(p.example) {
		c.Schedule.Moves = slices.Clone(made) // which go on changing
		p.example = c
	}
	return o
}

// wrong says whether an outcome does harm; an overlap does in some races only.
func wrong(o sim.Outcome, overlapHarms bool) bool {
	return o.Lost > 0 || o.Hung || o.Overlap && overlapHarms
}

// run searches as the options say.
func (p *player) run(r *Result) error {
	switch r.Method {
	case All:
		return p.all(r.Outcomes)
	case Sleep:
		return p.sleep(r.Outcomes)
	case Random:
		return p.random(r.Outcomes)
	}
	return p.states(r)
}

// start begins another schedule.
func (p *player) start() error {
	if p.played >= p.limit {
		return errLimit
	}
	if err := p.overdue(); err != nil {
		return err
	}
	p.played++
	if p.options.Progress != nil && p.played%1024 == 0 {
		p.options.Progress(p.played)
	}
	return p.arena.Start()
}

// overdue returns what ends the search, if it has to end here. However little time
// there is, something is played.
func (p *player) overdue() error {
	if p.late.Load() && p.played > 0 {
		return errLimit
	}
	return p.ctx.Err()
}

// back goes to the state after some moves.
func (p *player) back(moves []sim.Move) error {
	if err := p.start(); err != nil {
		return err
	}
	for _, m := range moves {
		if err := p.arena.Make(m); err != nil {
			return err
		}
	}
	return nil
}

// turn is whose turn it was last, and how often a client has been interrupted that
// could have gone on.
type turn struct {
	client      int // 0 is nobody's
	preemptions int
}

// after is the turn after a move; ok is false if the move is one preemption too many.
// can are the moves that can be made.
func (p *player) after(t turn, m sim.Move, can []sim.Move) (next turn, ok bool) {
	if m.Kind != sim.Send {
		return t, true
	}
	if preempts(t.client, m, can) {
		t.preemptions++
	}
	t.client = m.Client
	ok = p.options.Preemptions < 0 || t.preemptions <= p.options.Preemptions
	p.bounded = p.bounded || !ok
	return t, ok
}

// preempts says whether a move interrupts the client who moved last and could go on.
func preempts(last int, m sim.Move, can []sim.Move) bool {
	return m.Kind == sim.Send && last != 0 && m.Client != last &&
		slices.ContainsFunc(can, func(c sim.Move) bool { return c.Kind == sim.Send && c.Client == last })
}

// all plays every schedule.
func (p *player) all(outcomes map[sim.Outcome]uint64) error {
	if err := p.start(); err != nil {
		return err
	}
	var visit func(t turn) error
	visit = func(t turn) error {
		moves := slices.Clone(p.arena.Moves())
		if len(moves) == 0 {
			o := p.end(t.preemptions)
			outcomes[o]++
			if p.options.Each != nil {
				p.options.Each(p.arena.Made(), o)
			}
			return nil
		}
		made := slices.Clone(p.arena.Made())
		for i, m := range moves {
			next, ok := p.after(t, m, moves)
			if !ok {
				continue
			}
			if i > 0 && len(p.arena.Made()) != len(made) {
				if err := p.back(made); err != nil {
					return err
				}
			}
			if err := p.arena.Make(m); err != nil {
				return err
			}
			if err := visit(next); err != nil {
				return err
			}
		}
		return nil
	}
	return visit(turn{})
}

// sleep plays one of all schedules that differ in the order of unrelated moves only.
func (p *player) sleep(outcomes map[sim.Outcome]uint64) error {
	if err := p.start(); err != nil {
		return err
	}
	var visit func(t turn, asleep map[sim.Move]sim.Footprint) error
	visit = func(t turn, asleep map[sim.Move]sim.Footprint) error {
		moves := slices.Clone(p.arena.Moves())
		if len(moves) == 0 {
			outcomes[p.end(t.preemptions)]++
			return nil
		}
		feet := make([]sim.Footprint, len(moves))
		for i := range moves {
			feet[i] = p.arena.Footprint(i)
		}
		made := slices.Clone(p.arena.Made())
		asleep = maps.Clone(asleep)
		first := true
		for i, m := range moves {
			next, ok := p.after(t, m, moves)
			if _, done := asleep[m]; done || !ok {
				continue
			}
			if !first {
				if err := p.back(made); err != nil {
					return err
				}
			}
			first = false
			if err := p.arena.Make(m); err != nil {
				return err
			}
			below := map[sim.Move]sim.Footprint{}
			for other, f := range asleep {
				if other.Client != m.Client && f.Apart(feet[i]) {
					below[other] = f
				}
			}
			if err := visit(next, below); err != nil {
				return err
			}
			asleep[m] = feet[i]
		}
		return nil
	}
	return visit(turn{}, map[sim.Move]sim.Footprint{})
}
