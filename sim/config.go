package sim

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"locktop/sim/backend"
	"locktop/sim/clock"
)

// Config describes one experiment. The same configuration gives the same
// alerts and the same latencies, in every lane and on every machine; how the
// clients interleave is up to the scheduler and to Redis.
type Config struct {
	// Lanes names the strategies to compare, 1 to 4.
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
	// Speed is how fast experiment time runs; at [clock.Max] nobody sleeps.
	Speed clock.Speed
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
		strategy, ok := StrategyNamed(name)
		switch {
		case slices.Contains(c.Lanes[:i], name):
		case !ok:
			refuse("lanes: unknown strategy %q; known are %s", name, strings.Join(StrategyNames(), ", "))
		case strategy.Nodes > 1 && c.Source.Shared():
			refuse("lanes: %s takes %d independent servers, and %s is one: use --redis embedded or spawn", name, strategy.Nodes, c.Source)
		}
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
	}{{"work", c.Work}, {"retry", c.Retry}, {"lease", c.Lease}, {"interval", c.Interval}} {
		if d.value < 0 {
			refuse("%s: want a duration of 0 or more, have %v", d.name, d.value)
		}
	}
	if c.Lease > 0 && c.Lease < time.Millisecond {
		refuse("lease: Redis counts in milliseconds; want 0 (none) or at least 1ms, have %v", c.Lease)
	}
	return errors.Join(errs...)
}

// LaneInfo is what a lane is, as opposed to what happens in it.
type LaneInfo struct {
	// Index counts the lanes of an experiment from 0.
	Index int
	// Strategy is the name of the strategy, Locks says whether it takes a lock.
	Strategy string
	Locks    bool
	// Critical says that no two clients should be inside at once.
	Critical bool
	Clients  int
	Alerts   int
	// Lease is the lock's time to live in experiment time, as configured; 0 is
	// none.
	Lease time.Duration
}

// LaneInfo returns what the lane with an index, from 0, will be. Its strategy must
// be known.
func (c Config) LaneInfo(index int) LaneInfo {
	strategy, _ := StrategyNamed(c.Lanes[index])
	info := LaneInfo{
		Index: index, Strategy: strategy.Name, Locks: strategy.Locks, Critical: strategy.Critical,
		Clients: c.Clients, Alerts: c.Alerts,
	}
	if strategy.Locks {
		info.Lease = c.Lease
	}
	return info
}

// WithStrategy returns the configuration with another strategy in one lane.
func (c Config) WithStrategy(lane int, name string) Config {
	c.Lanes = slices.Clone(c.Lanes)
	c.Lanes[lane] = name
	return c
}
