package sim

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock/redistest"
	"locktop/sim/clock"
)

func TestUnlockedUpdatesAreLostAndLockedOnesAreNot(t *testing.T) {
	eachBackend(t, func(t *testing.T, cfg Config) {
		cfg.Lanes = []string{"none", "spin", "block"}
		cfg.Clients, cfg.Alerts = 8, 20
		for seed := range uint64(5) {
			cfg.Seed = seed
			r := race(t, cfg)
			for _, l := range r.Lanes {
				name := fmt.Sprintf("seed %d, %s", seed, l.Lane.Strategy)
				if len(l.Failed) > 0 {
					t.Errorf("%s: %v", name, l.Failed)
				}
				if l.Acked != 160 || l.Kept+l.Lost != 160 || l.Unknown != 0 || l.Foreign != 0 {
					t.Errorf("%s: %+v", name, l.Totals)
				}
				if l.True != r.Lanes[0].True {
					t.Errorf("%s: true average %+v, the first lane has %+v", name, l.True, r.Lanes[0].True)
				}
				if l.Jain <= 0 || l.Jain > 1+1e-9 {
					t.Errorf("%s: Jain %v", name, l.Jain)
				}
				switch locks := l.Lane.Locks; {
				case !locks && (l.Lost == 0 || l.Verdict != Wrong || l.MaxInside < 2 || l.Commands != 320):
					t.Errorf("%s: lost %d, %s, %d inside, %d commands", name, l.Lost, l.Verdict, l.MaxInside, l.Commands)
				case locks && (l.Lost != 0 || l.Verdict != Correct || l.MaxInside != 1 || l.Overlaps != 0 || l.Expired != 0):
					t.Errorf("%s: lost %d, %s, %d inside", name, l.Lost, l.Verdict, l.MaxInside)
				case locks && (l.Acquired != 160 || l.Attempts != l.Acquired+l.Failures || l.Retries != l.Failures):
					t.Errorf("%s: %d acquired, %d attempts, %d failures, %d retries", name, l.Acquired, l.Attempts, l.Failures, l.Retries)
				}
			}
		}
	})
}

func TestARunKeepsToItsOwnKeysAndRemovesThem(t *testing.T) {
	eachBackend(t, func(t *testing.T, cfg Config) {
		cfg.Lanes = []string{"none", "block"}
		cfg.Lease, cfg.Alerts = 0, 0 // no lease, endless
		cfg.Speed = 4
		e := open(t, cfg)
		admin := e.lanes[0].server.Admin()
		ctx := t.Context()
		foreign := map[string]string{"lock:other": "x", "average": "y", "alert:1": "z"}
		for k, v := range foreign {
			if err := admin.Set(ctx, k, v, 0).Err(); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithCancel(ctx)
		ran := make(chan error, 1)
		go func() { ran <- e.Run(ctx) }()
		untilAcked(t, e, 1, 50)
		if !e.CanPause() { // a real server: every key must go by itself
			for _, key := range scan(t, admin) {
				if foreign[key] != "" {
					continue
				}
				if !strings.Contains(key, e.lanes[0].server.Prefix()) && !strings.Contains(key, e.lanes[1].server.Prefix()) {
					t.Errorf("key %s is not under the run's prefix", key)
				}
				if ttl := admin.PTTL(t.Context(), key).Val(); ttl == -1 {
					t.Errorf("key %s has no time to live", key)
				}
			}
		}
		cancel()
		if err := <-ran; err != nil { // also if a client had to be cut off
			t.Fatal(err)
		}
		for _, l := range e.Result().Lanes {
			if len(l.Failed) > 0 {
				t.Errorf("%s, interrupted: %v", l.Lane.Strategy, l.Failed)
			}
		}
		// As Close does, which takes an embedded Redis with it: clients first, as
		// they may still have something on its way.
		other := redis.NewClient(e.lanes[0].server.Options())
		defer other.Close()
		for _, l := range e.lanes {
			for _, c := range l.clients {
				c.close()
			}
			if err := l.server.DeleteKeys(t.Context(), l.keys()...); err != nil {
				t.Fatal(err)
			}
		}
		if left := scan(t, other); len(left) != len(foreign) {
			t.Errorf("left behind: %v", left)
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func scan(t *testing.T, c *redis.Client) []string {
	t.Helper()
	keys, err := c.Keys(t.Context(), "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func TestReceiptsAreReadableWhileItRuns(t *testing.T) {
	eachBackend(t, func(t *testing.T, cfg Config) {
		cfg.Lanes = []string{"none"}
		cfg.Clients, cfg.Alerts, cfg.Servers = 5, 3, 2
		e := open(t, cfg)
		if err := e.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		l := e.lanes[0]
		if open := len(l.cluster.open); open != 0 {
			t.Fatalf("%d of 3 alerts were not audited", open)
		}
		if want := e.Snapshots()[0].True; l.cluster.audited != want {
			t.Errorf("receipts add up to %+v, samples to %+v", l.cluster.audited, want)
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// TestResultsMayBeAskedForAtAnyTime: also while a run settles its accounts, and
// then no check has failed yet.
func TestResultsMayBeAskedForAtAnyTime(t *testing.T) {
	cfg := Defaults()
	cfg.Source = source(t, "embedded")
	cfg.Lanes, cfg.Speed, cfg.Alerts = []string{"none"}, clock.Max, 20
	for range 20 {
		e := open(t, cfg)
		ran := make(chan error, 1)
		go func() { ran <- e.Run(t.Context()) }()
		for over := false; !over; {
			select {
			case <-e.Done():
				over = true
			default:
			}
			for _, l := range e.Result().Lanes {
				if len(l.Failed) > 0 {
					t.Fatalf("finished %d, stopped %v: %v", l.Finished, l.Stopped, l.Failed)
				}
			}
		}
		if err := errors.Join(<-ran, e.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAValueThatCannotBeReadEndsTheRun(t *testing.T) {
	eachBackend(t, func(t *testing.T, cfg Config) {
		cfg.Lanes, cfg.Alerts = []string{"block"}, 0
		e := open(t, cfg)
		key := e.lanes[0].averageKey()
		if err := e.lanes[0].server.Admin().Set(t.Context(), key, "abc", 0).Err(); err != nil {
			t.Fatal(err)
		}
		err := e.Run(t.Context())
		if err == nil || !strings.Contains(err.Error(), key) || !strings.Contains(err.Error(), `"abc"`) {
			t.Errorf("the error names neither key nor value: %v", err)
		}
		if s := e.Snapshots()[0]; s.Broke == "" {
			t.Error("the lane does not say why it stopped")
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestAStrangersWriteFailsTheChecks(t *testing.T) {
	eachBackend(t, func(t *testing.T, cfg Config) {
		cfg.Lanes, cfg.Alerts = []string{"block"}, 0
		e := open(t, cfg)
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		go func() { ran <- e.Run(ctx) }()
		untilAcked(t, e, 0, 20)
		// A holder that has read may overwrite it unseen: insist until one reads it.
		eventually(t, func() bool {
			if e.Snapshots()[0].Lost > 0 {
				return true
			}
			if err := e.lanes[0].server.Admin().Set(ctx, e.lanes[0].averageKey(), "5.0:1", 0).Err(); err != nil {
				t.Fatal(err)
			}
			return false
		}, func() string { return "nobody ever reads what the stranger wrote" })
		cancel()
		if err := <-ran; err != nil {
			t.Fatal(err)
		}
		if l := e.Result().Lanes[0]; l.Verdict != Wrong || l.Foreign == 0 || l.Lost == 0 {
			t.Errorf("%s: %+v, checks %v", l.Verdict, l.Totals, l.Failed)
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// TestAStopIsBoundedWhenRedisHangs: whoever wants out gets out, sooner than any
// command gives up by itself, and is told what is left behind.
func TestAStopIsBoundedWhenRedisHangs(t *testing.T) {
	defer func(before time.Duration) { grace = before }(grace)
	grace = 2 * time.Second
	bestOf(t, "stopping", 4*grace, func() time.Duration {
		cfg := Defaults()
		cfg.Source = source(t, realURL(t))
		cfg.Lanes, cfg.Speed, cfg.Alerts = []string{"none", "spin", "block", "fair"}, clock.Max, 0
		e := open(t, cfg)
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		go func() { ran <- e.Run(ctx) }()
		untilAcked(t, e, 0, 100)
		pauser := redis.NewClient(e.lanes[0].server.Options())
		defer pauser.Close()
		if err := pauser.Do(ctx, "CLIENT", "PAUSE", "3600000", "ALL").Err(); err != nil {
			t.Fatal(err)
		}
		untilStuck(e)
		cancel()
		started := time.Now()
		err := errors.Join(<-ran, e.Close())
		took := time.Since(started)
		if err == nil || !strings.Contains(err.Error(), "does not answer") {
			t.Errorf("the error does not say that Redis hangs: %v", err)
		}
		for _, l := range e.Result().Lanes {
			if l.Verdict == Correct || len(l.Failed) == 0 {
				t.Errorf("%s is %s although nobody could check: %v", l.Lane.Strategy, l.Verdict, l.Failed)
			}
		}
		return took
	})
}

// TestNodesThatHadNoTimeAreAskedAgain: they are locktop's own, and slow because the
// machine is.
func TestNodesThatHadNoTimeAreAskedAgain(t *testing.T) {
	redistest.Real(t) // says what is missing where it is
	cfg := Defaults()
	cfg.Source = source(t, "spawn")
	cfg.Lanes, cfg.Speed, cfg.Alerts = []string{"redlock:nodes=3:lease=100ms"}, clock.Max, 0
	e, end := racing(t, cfg)
	untilAcked(t, e, 0, 1)
	for _, node := range e.lanes[0].servers() {
		if err := node.Admin().Do(t.Context(), "CLIENT", "PAUSE", "300", "ALL").Err(); err != nil {
			t.Fatal(err)
		}
	}
	untilAcked(t, e, 0, e.Snapshots()[0].Acked+int64(10*cfg.Clients))
	if l := end().Lanes[0]; l.Broke != "" || len(l.Failed) > 0 {
		t.Errorf("%s, %v", l.Broke, l.Failed)
	}
}

func TestAWriteThatIsRefusedIsNotUnknown(t *testing.T) {
	cfg := Defaults()
	cfg.Source = source(t, realURL(t))
	cfg.Lanes, cfg.Speed, cfg.Alerts = []string{"none"}, clock.Max, 0
	e := open(t, cfg)
	ran := make(chan error, 1)
	go func() { ran <- e.Run(t.Context()) }()
	untilAcked(t, e, 0, 100)
	admin := redis.NewClient(e.lanes[0].server.Options())
	defer admin.Close()
	if err := admin.ConfigSet(t.Context(), "maxmemory", "1").Err(); err != nil {
		t.Fatal(err)
	}
	err := <-ran
	if err == nil || !strings.Contains(err.Error(), "OOM") {
		t.Errorf("the run ended with %v", err)
	}
	if l := e.Result().Lanes[0]; l.Unknown > 0 || l.Acked != l.Kept+l.Lost || l.Broke == "" || l.Verdict == Correct {
		t.Errorf("%s, %+v, broke: %q", l.Verdict, l.Totals, l.Broke)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestALaneWithoutContentionIsUndecided(t *testing.T) {
	cfg := Defaults()
	cfg.Source = source(t, "embedded")
	cfg.Speed, cfg.Clients, cfg.Alerts = clock.Max, 1, 5
	for _, l := range race(t, cfg).Lanes {
		if l.Verdict != Undecided || l.Kept != 5 || l.Lost != 0 {
			t.Errorf("%s: %s, %+v", l.Lane.Strategy, l.Verdict, l.Totals)
		}
	}
}

func TestManyClients(t *testing.T) {
	cfg := Defaults()
	cfg.Source = source(t, "embedded")
	cfg.Lanes = []string{"none", "block"}
	cfg.Speed, cfg.Clients, cfg.Alerts, cfg.Servers = clock.Max, 1000, 1, 7
	for _, l := range race(t, cfg).Lanes {
		if l.Acked != 1000 || len(l.Failed) > 0 || (l.Lane.Locks && l.Lost > 0) {
			t.Errorf("%s: %+v, checks %v", l.Lane.Strategy, l.Totals, l.Failed)
		}
	}
}

func TestBadConfigurationsAreNamed(t *testing.T) {
	good := Defaults()
	if err := good.Validate(); err != nil {
		t.Fatalf("the defaults: %v", err)
	}
	for want, change := range map[string]func(*Config){
		"clients: want 1 to 100000, have 0":             func(c *Config) { c.Clients = 0 },
		"clients: want 1 to 100000, have 100001":        func(c *Config) { c.Clients = 100_001 },
		`unknown strategy "spni"; did you mean "spin"?`: func(c *Config) { c.Lanes = []string{"spni"} },
		"lanes: want 1 to 4":                            func(c *Config) { c.Lanes = nil },
		"strategies, have 5":                            func(c *Config) { c.Lanes = []string{"none", "none", "none", "none", "none"} },
		"alerts: want 0":                                func(c *Config) { c.Alerts = -1 },
		"servers: want 1":                               func(c *Config) { c.Servers = 0 },
		"work: want a duration":                         func(c *Config) { c.Work = -1 },
		"retry: want":                                   func(c *Config) { c.Retry = -1 },
		"interval: want":                                func(c *Config) { c.Interval = -1 },
		"lease: want":                                   func(c *Config) { c.Lease = -1 },
		"lease: want 0 (none) or at least 1ms":          func(c *Config) { c.Lease = time.Microsecond },
	} {
		cfg := Defaults()
		change(&cfg)
		if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, have %v", want, err)
		}
		if _, err := Open(t.Context(), cfg); err == nil {
			t.Errorf("Open took a configuration with %s", want)
		}
	}
}
