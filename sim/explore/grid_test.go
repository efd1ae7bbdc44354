package explore_test

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/bits"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"locktop/lock/redistest"
	"locktop/sim"
	"locktop/sim/explore"
)

// fewStates is how many states a race may have on paper that every run of the tests explores.
// LOCKTOP_TEST_EXHAUSTIVE=1 is all races, which take more than an hour; another number is the
// number of states.
const fewStates = 150

// mostOnPaper is how many states a race may have that is to be explored now.
func mostOnPaper(t *testing.T) int {
	text := os.Getenv("LOCKTOP_TEST_EXHAUSTIVE")
	n, err := strconv.Atoi(text)
	switch {
	case text == "":
		return fewStates
	case err != nil || n < 1:
		t.Fatalf("LOCKTOP_TEST_EXHAUSTIVE: want 1 or a number of states, have %q", text)
	case n == 1:
		return math.MaxInt
	}
	return n
}

// TestExplorerAgreesWithPaper explores a grid of races, of one to three clients with up to
// two expiries and crashes, and counts the same on paper. All outcomes are compared.
func TestExplorerAgreesWithPaper(t *testing.T) {
	most := mostOnPaper(t)
	if redistest.Instrumented { // which has little to find in what takes turns
		most = fewStates / 3
	}
	type race struct {
		sim.ArenaConfig
		states int
		want   map[sim.Outcome]uint64
	}
	var grid []race
	for _, lane := range slices.Sorted(maps.Keys(paperStrategies)) {
		for i := range 3 * 3 * seats {
			c := sim.ArenaConfig{Lane: lane, Clients: i/9 + 1, Expiries: i / 3 % 3, Crashes: i % 3}
			races := []sim.ArenaConfig{c}
			if c.Expiries == 0 { // and with a lease that does not end by itself
				c.Lane += ownLease
				races = append(races, c)
			}
			for _, c := range races {
				p, start, ok := onPaper(c)
				if !ok || c.Validate() != nil {
					continue
				}
				p.most = most
				if want := p.from(start); len(p.known) <= most {
					grid = append(grid, race{c, len(p.known), want})
				}
			}
		}
	}
	slices.SortStableFunc(grid, func(a, b race) int { return cmp.Compare(a.states, b.states) })
	t.Logf("%d races", len(grid))
	for _, e := range grid {
		name := fmt.Sprintf("%s@%d with %d expiries and %d crashes", e.Lane, e.Clients, e.Expiries, e.Crashes)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if r := run(t, unbounded(e.ArenaConfig, explore.States)); !r.Complete || !maps.Equal(r.Outcomes, e.want) {
				t.Errorf("the explorer (complete: %t) has\n%v\nand on paper it is\n%v", r.Complete, r.Outcomes, e.want)
			}
		})
	}
}

// ownLease gives a lane the lease that others have if it may run out.
const ownLease = ":lease=100ms"

// paperCount counts the schedules of a race on paper by what comes of them.
type paperCount struct {
	paperRace
	known map[paper]map[sim.Outcome]uint64
	most  int // states; beyond, it gives up
}

// onPaper is a race of the explorer as one on paper; ok is false if there is none.
func onPaper(c sim.ArenaConfig) (p *paperCount, start paper, ok bool) {
	lane, leased := strings.CutSuffix(c.Lane, ownLease)
	strategy, ok := paperStrategies[lane]
	if !ok || leased && (lane == "fair" || strategy.gives == nothing) || c.Clients > seats || c.Lane == "fair" && (c.Expiries > 0 || c.Crashes > 0) {
		return nil, start, false
	}
	p = &paperCount{
		paperRace: paperRace{paperStrategy: strategy, clients: c.Clients},
		known:     map[paper]map[sim.Outcome]uint64{},
	}
	if c.Expiries > 0 || leased {
		p.lease = leaseLeft
	}
	start.expiries, start.deaths = int8(c.Expiries), int8(c.Crashes)
	for i := range c.Clients {
		start.clients[i].next = strategy.first
	}
	return p, start, true
}

// from counts the schedules from a state on.
func (p *paperCount) from(s paper) map[sim.Outcome]uint64 {
	if found, ok := p.known[s]; ok || len(p.known) > p.most {
		return found
	}
	all := map[sim.Outcome]uint64{}
	ended := true
	then := func(next paper) {
		ended = false
		next.rest()
		for o, n := range p.from(next) {
			all[o] += n
		}
	}
	live := func(i int) bool { return s.clients[i].live() && !s.hung }
	for i := range p.clients {
		if n := int8(i + 1); live(i) && s.clients[i].sends() {
			next := s
			p.send(&next, n)
			then(next)
		}
	}
	for i := range p.clients {
		if live(i) && s.expiries > 0 && s.lockLeft > 0 {
			next := s
			next.expiries--
			next.pass(s.lockLeft + 1)
			then(next)
			break
		}
	}
	for i := range p.clients {
		if live(i) && s.deaths > 0 {
			next := s
			next.deaths--
			next.leaveLine(int8(i + 1))
			next.clients[i].crashed = true
			next.clients[i].ends()
			then(next)
		}
	}
	if ended {
		all[s.outcome()] = 1
	}
	p.known[s] = all
	return all
}

// outcome is what has come of a schedule.
func (s *paper) outcome() sim.Outcome {
	o := sim.Outcome{Kept: int64(bits.OnesCount8(s.average)), Overlap: s.overlap, Hung: s.hung, Refused: int64(s.refused)}
	for i := range s.clients {
		if s.clients[i].acked {
			o.Acked++
		}
	}
	o.Lost = o.Acked - o.Kept
	return o
}
