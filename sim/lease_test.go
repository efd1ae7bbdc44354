package sim

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"locktop/sim/backend"
	"locktop/sim/clock"
)

// TestALeaseThatIsTooShortLetsTwoIn shows that overlaps are seen: the clock,
// the leases and the think time are all experiment time. Nobody comes in where the
// machine gives nobody a turn, so one of a few tries counts, each slower.
func TestALeaseThatIsTooShortLetsTwoIn(t *testing.T) {
	eachBackend(t, func(t *testing.T, cfg Config) {
		cfg.Lanes = []string{"spin", "block"}
		cfg.Clients, cfg.Alerts = 4, 3
		cfg.Speed = 2
		cfg.Work, cfg.Lease, cfg.Retry, cfg.Interval = 200*ms, 50*ms, 5*ms, 10*ms
		cfg.LeaseFloor = 0 // as short as it is
		missed := func(l LaneResult) bool { return l.Overlaps == 0 || l.MaxInside < 2 || l.Expired == 0 }
		lanes := race(t, cfg).Lanes
		for try := 1; try < 5 && slices.ContainsFunc(lanes, missed); try++ {
			cfg.Speed /= 2
			lanes = race(t, cfg).Lanes
		}
		for _, l := range lanes {
			if missed(l) {
				t.Errorf("%s: %d overlaps, %d inside, %d leases run out", l.Lane.Strategy, l.Overlaps, l.MaxInside, l.Expired)
			}
			if len(l.Failed) > 0 {
				t.Errorf("%s: %v", l.Lane.Strategy, l.Failed)
			}
		}
	})
}

// TestLeasesOfARealRedisFollowTheSpeed: it counts real time, so a lease has to
// be stretched for an experiment that runs slowly, also when that changes.
func TestLeasesOfARealRedisFollowTheSpeed(t *testing.T) {
	cfg := Defaults()
	cfg.Source = source(t, realURL(t))
	cfg.Lanes, cfg.Lease, cfg.Work = []string{"block"}, time.Minute, 100*ms
	cfg.Speed = 4
	e := open(t, cfg)
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- e.Run(ctx) }()
	l := e.lanes[0]
	for _, speed := range []clock.Speed{4, 2, 8} {
		e.Clock().SetSpeed(speed)
		want := time.Duration(float64(time.Minute) / float64(speed))
		var ttl time.Duration
		eventually(t, func() bool {
			ttl = l.server.Admin().PTTL(ctx, "lock:"+l.lockName()).Val()
			return ttl > want-time.Second && ttl <= want
		}, func() string { return fmt.Sprintf("at speed %v the lock has %v to live, want %v", speed, ttl, want) })
	}
	cancel()
	if err := errors.Join(<-ran, e.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestLeasesHaveAFloorInRealTime: at high speed a millisecond of jitter is long,
// and must not be taken for a lesson about leases.
func TestLeasesHaveAFloorInRealTime(t *testing.T) {
	if floor := Defaults().LeaseFloor; floor < 250*ms {
		t.Errorf("by default the floor is %v, which jitter can outlast", floor)
	}
	const floor = 300 * ms
	sources := map[string]backend.Source{"embedded": source(t, "embedded"), "redis": source(t, realURL(t))}
	for _, c := range []struct {
		name        string
		source      string
		lease       time.Duration
		floor       time.Duration
		speed       clock.Speed
		inExp, inDB time.Duration
	}{
		{"a lease above the floor is as configured", "embedded", 200 * ms, floor, 0.25, 200 * ms, 200 * ms},
		{"one below it is stretched", "embedded", 200 * ms, floor, 1, 300 * ms, 300 * ms},
		{"the more so the faster it goes", "embedded", 200 * ms, floor, 16, 4800 * ms, 4800 * ms},
		{"as fast as can be", "embedded", 200 * ms, floor, 1000, 300 * time.Second, 300 * time.Second},
		{"at full speed there is none", "embedded", 200 * ms, floor, clock.Max, 0, 0},
		{"no lease needs no floor", "embedded", 0, floor, 16, 0, 0},
		{"without a floor it is as short as it is", "embedded", 200 * ms, 0, 1000, 200 * ms, 200 * ms},
		{"also at full speed", "embedded", 200 * ms, 0, clock.Max, 200 * ms, 200 * ms},
		{"a real Redis counts its own time: above the floor", "redis", 200 * ms, floor, 0.25, 200 * ms, 800 * ms},
		{"at the floor", "redis", 200 * ms, floor, 16, 4800 * ms, 300 * ms},
		{"as fast as can be", "redis", 200 * ms, floor, 1000, 300 * time.Second, 300 * ms},
		{"without a floor", "redis", 200 * ms, 0, 16, 200 * ms, 12500 * time.Microsecond},
		{"no less than it can count", "redis", 200 * ms, 0, 1000, 200 * ms, ms},
		{"and nothing stays for ever", "redis", 200 * ms, floor, clock.Max, 0, keyTTL},
	} {
		cfg := Defaults()
		cfg.Source = sources[c.source]
		cfg.Lanes, cfg.Clients, cfg.Speed = []string{"spin"}, 1, c.speed
		cfg.Lease, cfg.LeaseFloor = c.lease, c.floor
		e := open(t, cfg)
		if inExp, inDB := e.lanes[0].lease(); inExp != c.inExp || inDB != c.inDB {
			t.Errorf("%s, %s: %v at speed %v is %v of experiment and %v in Redis, want %v and %v",
				c.source, c.name, c.lease, c.speed, inExp, inDB, c.inExp, c.inDB)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestStretchedLeasesDoNotRunOut races with leases that last for less than a
// millisecond if nobody stretches them.
func TestStretchedLeasesDoNotRunOut(t *testing.T) {
	eachBackend(t, func(t *testing.T, cfg Config) {
		cfg.LeaseFloor = patience // no stall of this machine is that long
		for _, speed := range []clock.Speed{16, 64, 1000} {
			cfg.Lanes, cfg.Alerts, cfg.Speed = []string{"spin", "block"}, 10, speed
			cfg.Lease = time.Duration(speed) * 200 * time.Microsecond
			for _, l := range race(t, cfg).Lanes {
				if l.Expired > 0 || l.Overlaps > 0 || l.Lost > 0 {
					t.Errorf("speed %v, %s: %d leases ran out, %d overlaps, %d lost", speed, l.Lane.Strategy, l.Expired, l.Overlaps, l.Lost)
				}
			}
		}
	})
}
