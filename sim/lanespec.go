package sim

import (
	"fmt"
	"time"

	"locktop/sim/nearest"
)

// laneSpec is a lane as it was asked for: a strategy, with the settings of the
// experiment or with its own, as in block:lease=2s.
type laneSpec struct {
	strategy Strategy
	own      string // its own settings, as written
	work     time.Duration
	retry    time.Duration
	lease    time.Duration
	fixed    bool // the lease is its own, and meant as it is
	nodes    int
	synced   bool          // its replica is told of everything at once
	away     time.Duration // how long a server that restarts stays away
}

// mostNodes is how many servers a lane may have.
const mostNodes = 15

// lane resolves what was asked for as the lane with an index, from 0.
func (c Config) lane(index int) (laneSpec, error) {
	s, err := parseSpec(c.Lanes[index])
	if err != nil {
		return laneSpec{}, err
	}
	strategy, ok := StrategyNamed(s.name)
	if !ok {
		return laneSpec{}, fmt.Errorf("unknown strategy %q%s", s.name, nearest.Hint(s.name, StrategyNames()))
	}
	l := laneSpec{strategy: strategy, own: s.own(), work: c.Work, retry: c.Retry, lease: c.Lease, nodes: strategy.Nodes}
	settings := map[string]func(string) error{
		"work":  readDuration(&l.work),
		"retry": readDuration(&l.retry),
		"away":  readDuration(&l.away),
		"replica": func(value string) error {
			switch value {
			case "synced", "lagging":
				l.synced = value == "synced"
				return nil
			}
			return fmt.Errorf("want synced or lagging, have %q", value)
		},
	}
	if strategy.Locks {
		settings["lease"] = func(value string) error {
			l.fixed = true
			if err := readDuration(&l.lease)(value); err != nil {
				return err
			}
			return checkLease(l.lease)
		}
	}
	if strategy.Name == spinName {
		settings["fence"] = func(value string) error {
			switch value {
			case "acquire", "write":
				l.strategy = withFence(strategy, value == "acquire")
				return nil
			}
			return fmt.Errorf("want acquire (raised with the grant) or write (by writing only), have %q", value)
		}
	}
	if strategy.Nodes > 1 {
		settings["nodes"] = readCount(&l.nodes, 3, mostNodes)
	}
	return l, s.apply(settings)
}

// unfit returns why a fault can never be done in the lane; nil if it can.
func (l laneSpec) unfit(f Fault) error {
	switch name := l.strategy.Name; {
	case f.Node > l.nodes:
		return fmt.Errorf("%s: node: %s has only %s", f.Kind, name, servers(l.nodes))
	case f.Kind == Expire && !l.strategy.Locks:
		return fmt.Errorf("%s: %s takes no lock", f.Kind, name)
	case f.Kind == Reset && !l.strategy.Locks:
		return fmt.Errorf("%s: %s takes no lock, so there is nothing to reset", f.Kind, name)
	case f.Kind == Expire && l.lease == 0:
		return fmt.Errorf("%s: the lock of %s has no lease", f.Kind, name)
	case f.At != "" && !l.strategy.comesTo(f.At):
		return fmt.Errorf("%s: at: no client of %s ever comes to %s, %s", f.Kind, name, f.At, f.At.Explain())
	}
	return nil
}

func servers(n int) string {
	if n == 1 {
		return "one server"
	}
	return fmt.Sprintf("%d servers", n)
}

// checkLease refuses what Redis cannot count.
func checkLease(d time.Duration) error {
	if d > 0 && d < time.Millisecond {
		return fmt.Errorf("want 0 (none) or at least 1ms, which is what Redis counts in, have %v", d)
	}
	return nil
}

// StrategyOf returns the name of a lane's strategy, without its own settings.
func StrategyOf(lane string) string {
	s, err := parseSpec(lane)
	if err != nil {
		return lane
	}
	return s.name
}
