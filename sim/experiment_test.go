package sim

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock/redistest"
	"locktop/sim/backend"
	"locktop/sim/clock"
)

// The tests judge by states and by the experiment clock, never by how fast this
// machine happens to be. Where real time is the point, the best of a few tries
// counts, as delay tells of the machine and lack of it of the program.

// patience is how long a test waits for what must come, before it fails: no
// test takes it when all is well.
const patience = time.Minute

func TestMain(m *testing.M) {
	redis.SetLogger(silence{}) // cut connections are what many tests are about
	grace = patience           // but for the test of it
	os.Exit(m.Run())
}

// silence is a logger that keeps quiet.
type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}

// eventually waits until a condition holds, and says what is the matter if it
// never does.
func eventually(t *testing.T, holds func() bool, matter func() string) {
	t.Helper()
	for looks := 0; !holds(); looks++ { // are counted, not timed: a machine that stood still gets as many
		if looks == int(patience/ms) {
			t.Fatal(matter())
		}
		time.Sleep(ms)
	}
}

// untilAcked waits until a lane has made some updates.
func untilAcked(t *testing.T, e *Experiment, lane int, updates int64) {
	t.Helper()
	acked := func() int64 { return e.Snapshots()[lane].Acked }
	eventually(t, func() bool { return acked() >= updates },
		func() string { return fmt.Sprintf("%d updates in lane %d, want %d", acked(), lane, updates) })
}

// eachBackend runs f on the embedded Redis and on a private real one, and
// checks that f left no goroutine behind.
func eachBackend(t *testing.T, f func(t *testing.T, cfg Config)) {
	t.Helper()
	for _, name := range []string{"embedded", "redis"} {
		t.Run(name, func(t *testing.T) {
			cfg := Defaults()
			cfg.Speed = clock.Max
			cfg.Source = source(t, "embedded")
			if name == "redis" {
				cfg.Source = source(t, realURL(t))
			}
			before := runtime.NumGoroutine()
			f(t, cfg)
			eventually(t, func() bool { return runtime.NumGoroutine() <= before }, func() string {
				buf := make([]byte, 1<<16)
				return fmt.Sprintf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), buf[:runtime.Stack(buf, true)])
			})
		})
	}
}

// realURL is that of a private real Redis, which may take its time to answer.
func realURL(t *testing.T) string {
	t.Helper()
	return unhurried(redistest.Real(t))
}

func unhurried(s *redistest.Server) string { return s.URL() + "?read_timeout=" + patience.String() }

func source(t *testing.T, flag string) backend.Source {
	t.Helper()
	s, err := backend.Parse(flag)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// open opens an experiment, again if a Redis that is there was not given the time
// to say so.
func open(t *testing.T, cfg Config) *Experiment {
	t.Helper()
	e, err := Open(t.Context(), cfg)
	for try := 1; err != nil && strings.Contains(err.Error(), "does not answer") && try < 10; try++ {
		e, err = Open(t.Context(), cfg)
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// race runs a whole experiment.
func race(t *testing.T, cfg Config) Result {
	t.Helper()
	e := open(t, cfg)
	err := e.Run(t.Context())
	r := e.Result()
	if err := errors.Join(err, e.Close()); err != nil {
		t.Fatal(err)
	}
	return r
}

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
		if l.cluster.oldest != 4 {
			t.Fatalf("%d alerts audited, want 3", l.cluster.oldest-1)
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

// bestOf measures again and again until a duration is within its bound.
func bestOf(t *testing.T, what string, bound time.Duration, measure func() time.Duration) {
	t.Helper()
	const tries = 10
	var took []time.Duration
	for len(took) < tries {
		took = append(took, measure())
		if took[len(took)-1] <= bound || t.Failed() {
			return
		}
	}
	t.Errorf("%s took %v, want at most %v once in %d tries", what, took, bound, tries)
}

// untilStuck waits until nothing has happened in any lane for so long that
// everybody must be waiting for a reply.
func untilStuck(e *Experiment) {
	events := func() (n int64) {
		for _, s := range e.Snapshots() {
			n += s.Events
		}
		return n
	}
	for last, still := events(), 0; still < 20; still++ {
		time.Sleep(10 * ms)
		if now := events(); now != last {
			last, still = now, 0
		}
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
		"clients: want 1 to 100000, have 0":      func(c *Config) { c.Clients = 0 },
		"clients: want 1 to 100000, have 100001": func(c *Config) { c.Clients = 100_001 },
		`unknown strategy "spni"; known are none, spin, poll, backoff, block, fair, watch, atomic, redlock, fenced, fenced-write`: func(c *Config) { c.Lanes = []string{"spni"} },
		"lanes: want 1 to 4":                   func(c *Config) { c.Lanes = nil },
		"strategies, have 5":                   func(c *Config) { c.Lanes = []string{"none", "none", "none", "none", "none"} },
		"alerts: want 0":                       func(c *Config) { c.Alerts = -1 },
		"servers: want 1":                      func(c *Config) { c.Servers = 0 },
		"work: want a duration":                func(c *Config) { c.Work = -1 },
		"retry: want":                          func(c *Config) { c.Retry = -1 },
		"interval: want":                       func(c *Config) { c.Interval = -1 },
		"lease: want":                          func(c *Config) { c.Lease = -1 },
		"lease: want 0 (none) or at least 1ms": func(c *Config) { c.Lease = time.Microsecond },
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
