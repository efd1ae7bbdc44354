package sim

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"locktop/sim/backend"
	"locktop/sim/clock"
)

// Config describes one experiment. The same configuration gives the same
// alerts and the same latencies, in every lane and on every machine; how the
// clients interleave is up to the machine and to Redis, unless it is Deterministic.
type Config struct {
	// Lanes names the strategies to compare, 1 to 4. Behind colons a lane may have
	// settings of its own: lease, work, retry, nodes, away (how long a server that
	// restarts stays away) and replica (synced or lagging), as in block:lease=2s.
	Lanes []string
	// Clients is how many clients every lane has, 1 to [MostClients].
	Clients int
	// Servers is how many servers the alert cluster has, at least 1.
	Servers int
	// Alerts is how many alerts are sent; 0 sends them until the end.
	Alerts int
	// Interval is the time between two alerts.
	Interval time.Duration
	// Backlog pushes every alert as soon as it is sent: its latency is a sample,
	// and nobody waits for it.
	Backlog bool
	// Seed determines the latencies.
	Seed uint64
	// Work is the time a client thinks between its read and its write.
	Work time.Duration
	// Retry is the pause after a failed try to get the lock.
	Retry time.Duration
	// Lease is the lock's time to live; 0 is none.
	Lease time.Duration
	// LeaseFloor is the least that a lease may last in real time. Fast experiments
	// turn the jitter of the machine into long experiment times: with a floor, a
	// lease is stretched there so as not to run out by accident, and at
	// [clock.Max] there is none. 0 takes every lease as it is.
	LeaseFloor time.Duration
	// Faults are what is done to the clients and to Redis.
	Faults []Fault
	// Changes are the settings that change in the course of the run.
	Changes []Change
	// Patience is how long, in experiment time, a lane may stand still with clients
	// that wait before it counts as [Hung]; 0 is for ever. GiveUp ends it then.
	Patience time.Duration
	GiveUp   bool
	// Speed is how fast experiment time runs; at [clock.Max] nobody sleeps.
	Speed clock.Speed
	// Deterministic has the experiment run in virtual time, on an embedded Redis, with
	// everything that is left to chance drawn from the seed: the same configuration
	// gives the same events on every machine. See [virtual].
	Deterministic bool
	// Contest measures rates, waits and fairness while all clients compete, and Warmup is
	// how many updates of each client come before that; see [Contest]. It is for [Compare].
	Contest bool
	Warmup  int
	// Source is where the Redis of each lane comes from.
	Source backend.Source
}

// Defaults returns the configuration of the demonstration: a lane without a
// lock beside one with, slow enough to follow by eye.
func Defaults() Config {
	return Config{
		Lanes:      []string{none.Name, spin.Name},
		Clients:    6,
		Servers:    3,
		Interval:   100 * time.Millisecond,
		Seed:       42,
		Work:       40 * time.Millisecond,
		Retry:      25 * time.Millisecond,
		Lease:      200 * time.Millisecond,
		LeaseFloor: 250 * time.Millisecond,
		Patience:   5 * time.Second,
		Speed:      0.25,
	}
}

// Bounds of a configuration.
const (
	MostLanes   = 4
	MostClients = 100_000
	MostServers = 1_000
)

// Validate returns an error that names every setting that cannot be used.
func (c Config) Validate() error {
	var errs []error
	refuse := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if n := len(c.Lanes); n < 1 || n > MostLanes {
		refuse("lanes: want 1 to %d strategies, have %d", MostLanes, n)
	}
	for i, name := range c.Lanes {
		lane, err := c.lane(i)
		switch {
		case slices.Contains(c.Lanes[:i], name):
		case err != nil:
			refuse("lanes: %w", err)
		case lane.nodes > 1 && c.Source.Shared():
			refuse("lanes: %s takes %d independent servers, and %s is one: use --redis embedded or spawn", lane.strategy.Name, lane.nodes, c.Source)
		}
	}
	for _, f := range c.Faults {
		if err := c.CheckFault(f); err != nil {
			refuse("fault: %w", err)
		}
	}
	if err := c.checkChanges(); err != nil {
		errs = append(errs, err)
	}
	if c.Deterministic && !c.Source.Embedded() {
		refuse("deterministic: %s keeps a time of its own: use --redis embedded", c.Source)
	}
	if c.Clients < 1 || c.Clients > MostClients {
		refuse("clients: want 1 to %d, have %d", MostClients, c.Clients)
	}
	if c.Servers < 1 || c.Servers > MostServers {
		refuse("servers: want 1 to %d, have %d", MostServers, c.Servers)
	}
	if c.Alerts < 0 {
		refuse("alerts: want 0 (endless) or more, have %d", c.Alerts)
	}
	for _, d := range []struct {
		name  string
		value time.Duration
	}{{"work", c.Work}, {"retry", c.Retry}, {"lease", c.Lease}, {"interval", c.Interval}, {"patience", c.Patience}} {
		if d.value < 0 {
			refuse("%s: want a duration of 0 or more, have %v", d.name, d.value)
		}
	}
	if err := checkLease(c.Lease); err != nil {
		refuse("lease: %w", err)
	}
	return errors.Join(errs...)
}

// CheckFault returns an error if a fault cannot be done in this experiment, be it
// that no lane has what it is done to.
func (c Config) CheckFault(f Fault) error {
	if err := f.validate(); err != nil {
		return err
	}
	switch {
	case f.Lane > len(c.Lanes):
		return fmt.Errorf("%s: lane: there are only %d", f.Kind, len(c.Lanes))
	case f.Client > c.mostClients():
		return fmt.Errorf("%s: client: there are only %d", f.Kind, c.mostClients())
	case c.Source.Shared() && (f.Kind == Restart || f.Kind == Failover):
		return fmt.Errorf("%s: %s is not locktop's own: use --redis embedded or spawn", f.Kind, c.Source)
	}
	var why error
	for i := range c.Lanes {
		if f.Lane != 0 && f.Lane != i+1 {
			continue
		}
		lane, err := c.lane(i)
		if err != nil {
			return nil // which is told elsewhere
		}
		if why = lane.unfit(f); why == nil {
			return nil
		}
	}
	return why
}

// WithFittingFaults returns the configuration without those faults that no lane can
// have, as is the case after its lanes have changed.
func (c Config) WithFittingFaults() Config {
	var fitting []Fault
	for _, f := range c.Faults {
		if c.CheckFault(f) == nil {
			fitting = append(fitting, f)
		}
	}
	c.Faults = fitting
	return c
}

// LaneInfo is what a lane is, as opposed to what happens in it.
type LaneInfo struct {
	// Index counts the lanes of an experiment from 0.
	Index int
	// Strategy is the name of the strategy, Own what the lane sets otherwise than
	// the experiment, as written: lease=2s. Locks says whether it takes a lock.
	Strategy, Own string
	Locks         bool
	// Critical says that no two clients should be inside at once, Fenced that it
	// does no harm if they are.
	Critical, Fenced bool
	// Nodes is how many independent Redis servers the lane has.
	Nodes   int
	Clients int
	Alerts  int
	// Lease is the lock's time to live in experiment time, as configured; 0 is
	// none.
	Lease time.Duration
	// Patience is how long the lane may stand still before it counts as hung, Away
	// how long a server of it that restarts stays away.
	Patience, Away time.Duration
	// Sleepless says that the lane begins at [clock.Max], where nobody sleeps: its times are not those
	// of its settings. In virtual time they are at any speed.
	Sleepless bool
	// Contest has the lane measured while all of its clients compete, and Warmup is how
	// many updates of each do not count; see [Contest].
	Contest bool
	Warmup  int
}

// Name is the lane as it was asked for: its strategy with its own settings.
func (l LaneInfo) Name() string {
	if l.Own == "" {
		return l.Strategy
	}
	return l.Strategy + ":" + l.Own
}

// LaneInfo returns what the lane with an index, from 0, will be. The configuration
// must be valid.
func (c Config) LaneInfo(index int) LaneInfo {
	lane, _ := c.lane(index)
	info := LaneInfo{
		Index: index, Strategy: lane.strategy.Name, Own: lane.own,
		Locks: lane.strategy.Locks, Critical: lane.strategy.Critical, Fenced: lane.strategy.Fenced, Nodes: lane.nodes,
		Clients: c.Clients, Alerts: c.Alerts, Patience: c.Patience, Away: lane.away,
		Sleepless: c.Speed == clock.Max && !c.Deterministic, Contest: c.Contest, Warmup: c.Warmup,
	}
	if info.Locks {
		info.Lease = lane.lease
	}
	return info
}

// LaneTimes returns the pause after a failed try and the lease of the lane with an
// index, from 0, also where it takes no lock. The configuration must be valid.
func (c Config) LaneTimes(index int) (retry, lease time.Duration) {
	lane, _ := c.lane(index)
	return lane.retry, lane.lease
}

// LaneInfos returns what all lanes will be.
func (c Config) LaneInfos() []LaneInfo {
	lanes := make([]LaneInfo, len(c.Lanes))
	for i := range lanes {
		lanes[i] = c.LaneInfo(i)
	}
	return lanes
}

// WithStrategy returns the configuration with another strategy in one lane, which
// keeps those of its own settings that the strategy has, and without faults that
// no lane can have any more.
func (c Config) WithStrategy(lane int, name string) Config {
	next := c
	next.Lanes = slices.Clone(c.Lanes)
	next.Lanes[lane] = c.withStrategy(lane, name)
	return next.WithFittingFaults()
}

// withStrategy is a lane with another strategy, as it is written.
func (c Config) withStrategy(lane int, name string) string {
	if StrategyOf(name) != name {
		return name // it comes with settings of its own
	}
	old, _ := parseSpec(c.Lanes[lane])
	c.Lanes = slices.Clone(c.Lanes)
	c.Lanes[lane] = name
	for _, own := range old.settings {
		without := c.Lanes[lane]
		c.Lanes[lane] += ":" + own.key + "=" + own.value
		if _, err := c.lane(lane); err != nil {
			c.Lanes[lane] = without
		}
	}
	return c.Lanes[lane]
}

// withOwn is a lane with a setting of its own, as it is written.
func withOwn(lane, key, value string) string {
	s, err := parseSpec(lane)
	if err != nil {
		return lane
	}
	i := slices.IndexFunc(s.settings, func(own setting) bool { return own.key == key })
	if i < 0 {
		s.settings = append(s.settings, setting{key, value})
	} else {
		s.settings[i].value = value
	}
	return s.name + ":" + s.own()
}
