package audit_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"locktop/sim"
	"locktop/sim/clock"
)

const ms = time.Millisecond

// randomRace is a race with up to eight faults and up to four changes.
func randomRace(seed uint64) sim.Config {
	rng := rand.New(rand.NewPCG(seed, 13))
	durations := func(all ...time.Duration) time.Duration { return all[rng.IntN(len(all))] }
	c := sim.Defaults()
	c.Deterministic, c.Speed, c.LeaseFloor, c.GiveUp = true, clock.Max, 0, true
	c.Seed = seed
	c.Lanes = []string{randomLane(rng)}
	c.Clients, c.Alerts = 1+rng.IntN(9), 1+rng.IntN(20)
	if rng.IntN(3) > 0 {
		c.Clients = 2 + rng.IntN(3)
	}
	c.Interval = durations(0, 5*ms, 20*ms)
	c.Work = durations(0, ms, 5*ms, 40*ms)
	c.Retry = durations(0, 5*ms, 25*ms)
	c.Lease = durations(0, 20*ms, 40*ms, 200*ms)
	for range rng.IntN(5) {
		change := randomChange(rng, c.Alerts)
		next := c
		next.Changes = append(next.Changes[:len(next.Changes):len(next.Changes)], change)
		if next.Validate() == nil {
			c = next
		}
	}
	for range rng.IntN(9) {
		f := randomFault(rng, c.Clients)
		if c.CheckFault(f) == nil {
			c.Faults = append(c.Faults, f)
		}
	}
	return c
}

func randomLane(rng *rand.Rand) string {
	names := sim.StrategyNames()
	lane := names[rng.IntN(len(names))]
	for _, own := range []string{"lease=40ms", "replica=synced", "away=50ms", "work=2ms", "fence=acquire", "fence=write", "nodes=3"} {
		if rng.IntN(5) > 0 {
			continue
		}
		c := sim.Defaults()
		c.Lanes = []string{lane + ":" + own}
		if c.Validate() == nil {
			lane = c.Lanes[0]
		}
	}
	return lane
}

func randomChange(rng *rand.Rand, alerts int) sim.Change {
	all := sim.Settings()
	c := sim.Change{Setting: all[rng.IntN(len(all))]}
	if rng.IntN(2) == 0 {
		c.Setting = sim.ChangeStrategy
	}
	names := sim.StrategyNames()
	switch c.Setting {
	case sim.ChangeStrategy:
		c.Strategy = names[rng.IntN(len(names))]
	case sim.ChangeClients:
		c.Clients = 1 + rng.IntN(9)
	default:
		c.Time = time.Duration(rng.IntN(6)) * 10 * ms
	}
	if rng.IntN(2) == 0 {
		c.Alert = 1 + rng.IntN(alerts)
	} else {
		c.After = time.Duration(rng.IntN(400)) * ms
	}
	return c
}

func randomFault(rng *rand.Rand, clients int) sim.Fault {
	kinds, points := sim.FaultKinds(), sim.Points()
	f := sim.Fault{Kind: kinds[rng.IntN(len(kinds))]}
	switch rng.IntN(4) {
	case 0:
		f.Kind = sim.Swallow
	case 1:
		f.Kind = []sim.FaultKind{sim.Restart, sim.Failover, sim.Cut}[rng.IntN(3)]
	}
	f.For = f.Kind.Usual(0).For
	if f.For > 0 && rng.IntN(2) == 0 {
		f.For = time.Duration(1+rng.IntN(20)) * 10 * ms
	}
	if rng.IntN(4) > 0 {
		f.At, f.Nth = points[rng.IntN(len(points))], rng.IntN(20)
		if rng.IntN(2) == 0 {
			f.At = sim.AtWrite
		}
	}
	if rng.IntN(3) == 0 {
		f.After = time.Duration(rng.IntN(200)) * ms
	}
	if rng.IntN(3) == 0 {
		f.Client = 1 + rng.IntN(clients)
	}
	return f
}

// commandLine is the one that runs a race again.
func commandLine(c sim.Config) string {
	var b strings.Builder
	b.WriteString("locktop --headless --json")
	if c.Deterministic {
		b.WriteString(" --deterministic")
	} else {
		fmt.Fprintf(&b, " --redis %s --speed %s", c.Source, c.Speed)
	}
	fmt.Fprintf(&b, " --seed %d --lanes %s --clients %d --alerts %d --interval %v --work %v --retry %v --lease %v",
		c.Seed, strings.Join(c.Lanes, ","), c.Clients, c.Alerts, c.Interval, c.Work, c.Retry, c.Lease)
	for _, f := range c.Faults {
		fmt.Fprintf(&b, " --fault %s", f)
	}
	for _, change := range c.Changes {
		fmt.Fprintf(&b, " --change %s", change)
	}
	return b.String()
}
