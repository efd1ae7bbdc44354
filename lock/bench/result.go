package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// A Plan is what is to be measured.
type Plan struct {
	Rounds       int           `json:"rounds"`
	Contenders   []int         `json:"contenders"`   // a race for each number
	Acquisitions int           `json:"acquisitions"` // of each contender in a race
	Limit        time.Duration `json:"limit_ns"`     // of one race
	Away         time.Duration `json:"away_ns"`      // what is added to a round trip of the far hand-overs, at least; 0: there are none
}

// A Result is one run: everything that is printed.
type Result struct {
	Host   Host           `json:"host"`
	Plan   Plan           `json:"plan"`
	Awake  bool           `json:"awake"`    // processors were kept from sleeping while what is uncontended was measured
	Floor  time.Duration  `json:"floor_ns"` // a SET NX and a DEL, the median of blocks
	Floors []BareHandOver `json:"hand_over_floors"`
	Rows   []Row          `json:"rows"`
}

// A Row is one lock in one setting.
type Row struct {
	Lock        string       `json:"lock"`
	Setting     string       `json:"setting"`
	Uncontended *Uncontended `json:"uncontended"`
	HandOver    *HandOver    `json:"hand_over"`          // by a holder who writes to Redis all the time
	Quiet       *HandOver    `json:"hand_over_quiet"`    // by one who sleeps
	Far         *HandOver    `json:"hand_over_far"`      // by the first, where Redis is far away
	Contended   []Contended  `json:"contended"`          // in the order of the plan
	Problems    []string     `json:"problems,omitempty"` // what went wrong in some round
	ours        style
	leased      bool
}

// A BareHandOver is one without a lock: what no lock can be much better than.
type BareHandOver struct {
	What     string    `json:"what"`
	HandOver *HandOver `json:"hand_over"`
	Quiet    *HandOver `json:"hand_over_quiet"`
	Far      *HandOver `json:"hand_over_far"`
}

const scriptFloor = "floor: script, two goroutines"

// bare are those that are measured.
var bare = []struct {
	what string
	open func(context.Context, *server) (*baton, error)
}{
	{"floor: PING", barePing},
	{scriptFloor, bareScript},
	{"floor: PUBLISH", barePublish},
}

// measure runs the plan. Rounds take their turns, so that a machine that is busy for a while disturbs one round of
// everybody and not all rounds of one; the order within a round is another each time. What it does is told to progress.
// far is the same server by a longer way, or nil.
func measure(ctx context.Context, s, far *server, all []entrant, plan Plan, progress io.Writer) (*Result, error) {
	result := &Result{Host: thisHost(s.version), Plan: plan}
	blocks := make([]blockTimes, len(all))
	batons := make([]func(context.Context, *server) (*baton, error), 0, len(all)+len(bare))
	for _, e := range all {
		batons = append(batons, lockBaton(e))
	}
	for _, b := range bare {
		batons = append(batons, b.open)
	}
	busy, quiet, away := make([]handOverTimes, len(batons)), make([]handOverTimes, len(batons)), make([]handOverTimes, len(batons))
	races := make([][][]Contended, len(all)) // of an entrant, of a number of contenders
	for i := range races {
		races[i] = make([][]Contended, len(plan.Contenders))
	}
	var floors []time.Duration
	for round := range plan.Rounds {
		say := func(what string) { fmt.Fprintf(progress, "round %d of %d: %s\n", round+1, plan.Rounds, what) }

		say("uncontended")
		stop, awake := keepAwake()
		err := uncontended(ctx, s, all, blocks, &floors)
		stop()
		result.Awake = awake
		if err != nil {
			return nil, fmt.Errorf("uncontended: %w", err)
		}

		say("hand-over")
		for _, i := range order(len(batons), round) {
			for _, kind := range []struct {
				server *server
				hold   holder
				times  *handOverTimes
			}{{s, worker, &busy[i]}, {s, sleeper, &quiet[i]}, {far, worker, &away[i]}} {
				if kind.server == nil {
					continue
				}
				if err := handOver(ctx, kind.server, batons[i], kind.hold, kind.times); err != nil {
					kind.times.problem = err.Error()
				}
				if err := s.wipe(ctx); err != nil {
					return nil, err
				}
			}
		}

		for k, n := range plan.Contenders {
			say(fmt.Sprintf("%d contenders", n))
			for _, i := range order(len(all), round) {
				if failures(races[i][k]) >= enough {
					continue
				}
				race, err := contended(ctx, s, all[i], n, plan.Acquisitions, plan.Limit)
				if err != nil {
					return nil, err
				}
				races[i][k] = append(races[i][k], race)
				if err := s.wipe(ctx); err != nil {
					return nil, err
				}
			}
		}
	}
	result.Floor = median(floors)
	for k, b := range bare {
		i := len(all) + k
		result.Floors = append(result.Floors, BareHandOver{What: b.what, HandOver: busy[i].summary(), Quiet: quiet[i].summary(), Far: away[i].summary()})
	}
	var rival *blockTimes
	for i, e := range all {
		if strings.HasPrefix(e.name, uncontendedRival) {
			rival = &blocks[i]
		}
	}
	for i, e := range all {
		row := Row{Lock: e.name, Setting: e.setting, ours: e.ours, leased: e.leased,
			Uncontended: blocks[i].summary(rival), HandOver: busy[i].summary(), Quiet: quiet[i].summary(), Far: away[i].summary()}
		for _, rounds := range races[i] {
			c := summary(rounds, plan.Rounds)
			row.Contended = append(row.Contended, c)
			if c.Problem != "" {
				row.Problems = append(row.Problems, fmt.Sprintf("%d contenders: %s", c.Contenders, c.Problem))
			}
		}
		for what, problem := range map[string]string{"uncontended": blocks[i].problem, "hand-over": busy[i].problem, "hand-over after quiet": quiet[i].problem, "far hand-over": away[i].problem} {
			if problem != "" {
				row.Problems = append(row.Problems, what+": "+problem)
			}
		}
		slices.Sort(row.Problems)
		result.Rows = append(result.Rows, row)
	}
	return result, nil
}

// order returns the numbers below n in an order of the round's: nobody always comes after the same one, or first.
func order(n, round int) []int { return rand.New(rand.NewPCG(1, uint64(round))).Perm(n) }

// bareScript is what a hand-over on this machine takes at least, in round trips; 0 if that was not measured.
func (r *Result) bareScript() float64 {
	for _, f := range r.Floors {
		if f.What == scriptFloor && f.HandOver != nil {
			return f.HandOver.Ratio
		}
	}
	return 0
}

// overlaps returns how often somebody was let in beside somebody else.
func (r *Result) overlaps() (total int64) {
	for _, row := range r.Rows {
		for _, c := range row.Contended {
			total += c.Overlaps
		}
	}
	return total
}
