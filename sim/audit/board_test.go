package audit_test

import (
	"slices"
	"strings"
	"time"

	"locktop/sim"
)

// tallies are the numbers on the board, counted from the log.
type tallies struct {
	attempts, failures, retries, acquired, stale int64
	overlaps, guarded, commands, faults          int64
	inside, maxInside, waiting                   int
	crashed, finished                            int
	waits                                        []time.Duration
	jain                                         float64
	clients                                      map[int]*sim.ClientCounts
}

// talk is what one client is at.
type talk struct {
	strategy       sim.Strategy
	alive, inside  bool
	trying, failed bool
	first, last    time.Duration // of its tries
	told           int           // updates that it was told of, since the number of clients changed
}

// strategyOf is that of a lane as written. A fence that is raised with the grant makes
// any lock a fenced one.
func strategyOf(lane string) sim.Strategy {
	name, own, _ := strings.Cut(lane, ":")
	s, _ := sim.StrategyNamed(name)
	s.Fenced = s.Fenced || slices.Contains(strings.Split(own, ":"), "fence=acquire")
	return s
}

// talliesOf counts.
func talliesOf(events []sim.Event, lane string, clients, alerts int) *tallies {
	t := &tallies{clients: map[int]*sim.ClientCounts{}}
	all := map[int]*talk{}
	client := func(n int) (*talk, *sim.ClientCounts) {
		if all[n] == nil {
			all[n] = &talk{strategy: strategyOf(lane), alive: true}
			t.clients[n] = &sim.ClientCounts{}
		}
		return all[n], t.clients[n]
	}
	enter := func(c *talk) {
		if c.inside {
			return
		}
		c.inside = true
		t.inside++
		t.maxInside = max(t.maxInside, t.inside)
		if t.inside == 1 {
			return
		}
		t.overlaps++
		for _, other := range all {
			if other.inside && !other.strategy.Fenced {
				return
			}
		}
		t.guarded++
	}
	leave := func(c *talk) {
		if c.inside {
			c.inside = false
			t.inside--
		}
	}
	waited := func(c *talk, n *sim.ClientCounts, d time.Duration) {
		if !c.trying {
			return
		}
		c.trying, c.failed = false, false
		t.waits = append(t.waits, d)
		n.Waited = max(n.Waited, d)
	}
	for _, e := range events {
		t.commands += int64(e.Commands)
		if e.Client == 0 {
			switch e.Kind {
			case sim.Faulted:
				t.faults++
			case sim.Changed:
				lane = e.Value
				if change, err := sim.ParseChange(e.Text); err == nil && change.Setting == sim.ChangeClients {
					clients = change.Clients
					for _, c := range all {
						c.told = 0
					}
				}
			}
			continue
		}
		c, n := client(e.Client)
		switch e.Kind {
		case sim.Joined:
			c.strategy = strategyOf(e.Value)
		case sim.Changed:
			c.strategy = strategyOf(e.Value)
			c.trying, c.failed = false, false
			leave(c)
		case sim.Attempted:
			t.attempts++
			n.Attempts++
			if !c.trying {
				c.trying, c.failed, c.first = true, false, e.At
			}
			if c.failed {
				t.retries++
				n.Retries++
			}
			c.failed, c.last = false, e.At
		case sim.Failed:
			t.failures++
			n.Failures++
			c.failed = true
		case sim.Granted:
			t.acquired++
			n.Acquired++
			waited(c, n, e.At-c.first)
			enter(c)
		case sim.Released:
			leave(c)
		case sim.Read:
			if c.strategy.Critical && !c.strategy.Locks {
				enter(c)
			}
		case sim.Acked, sim.Computed, sim.Unknown, sim.Refused:
			if e.Kind == sim.Acked || e.Kind == sim.Computed {
				c.told++
			}
			if e.Kind == sim.Refused && c.strategy.Fenced {
				t.stale++
			}
			if !c.strategy.Locks {
				if e.Kind != sim.Refused {
					waited(c, n, c.last-c.first)
				}
				leave(c)
			}
		case sim.Faulted:
			t.faults++
		case sim.Crashed:
			t.crashed++
			c.alive, c.trying = false, false
			leave(c)
		case sim.Finished:
			if t.finished == 0 && alerts != 1 {
				t.jain = jainOf(all, clients)
			}
			t.finished++
			leave(c)
		}
	}
	if t.finished == 0 || alerts == 1 {
		t.jain = jainOf(all, clients)
	}
	for i, c := range all {
		if c.trying && c.strategy.Locks { // a wait without an end counts as well
			t.waiting++
			n := t.clients[i]
			n.Waited = max(n.Waited, events[len(events)-1].At-c.first)
		}
	}
	slices.Sort(t.waits)
	return t
}

// jainOf is Jain's index as it is defined, of the clients from 1 that have not crashed.
func jainOf(all map[int]*talk, clients int) float64 {
	var sum, squares, n float64
	for i := 1; i <= clients; i++ {
		x := 0.0
		if c := all[i]; c != nil {
			if !c.alive {
				continue
			}
			x = float64(c.told)
		}
		n++
		sum += x
		squares += x * x
	}
	if squares == 0 {
		return 1
	}
	return sum * sum / (n * squares)
}

// quantile is the one that a share of all waits does not exceed.
func (t *tallies) quantile(share float64) time.Duration {
	if len(t.waits) == 0 {
		return 0
	}
	at := max(int(share*float64(len(t.waits))+0.5), 1)
	return t.waits[min(at, len(t.waits))-1]
}
