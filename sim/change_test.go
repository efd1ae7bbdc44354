package sim

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"locktop/lock/redistest"
	"locktop/sim/clock"
)

func TestChangesAreReadAsTheyAreWritten(t *testing.T) {
	for _, text := range []string{
		"strategy=block", "strategy=fenced-write:lane=2", "clients=8:after=5s", "clients=1:alert=20", "work=0s", "work=1.5ms",
		"retry=25ms:lane=1", "lease=0s", "lease=200ms:lane=4:after=1m0s", "speed=1/4", "speed=max",
	} {
		c, err := ParseChange(text)
		if err != nil || c.String() != text {
			t.Errorf("%s is read as %s, %v", text, c, err)
		}
	}
	if c, err := ParseChange(" after=1s:lane=1:strategy=spin "); err != nil || c.String() != "strategy=spin:lane=1:after=1s" {
		t.Errorf("in another order: %s, %v", c, err)
	}
	for text, want := range map[string]string{
		"":                           "want setting=value",
		"strategy":                   "want setting=value",
		"lane=1":                     "want a setting",
		"colour=blue":                `unknown setting "colour"`,
		"strategy=best":              `unknown strategy "best"`,
		"clients=0":                  "want a number from 1",
		"clients=8:lane=1":           "the same in every lane",
		"speed=4:lane=1":             "the same in every lane",
		"speed=4:after=1s":           "it changes at once",
		"speed=fast":                 "not a speed",
		"work=5ms:lane=2":            "the same in every lane",
		"work=-1s":                   "0 or more",
		"lease=100us":                "at least 1ms",
		"clients=8:work=1ms":         "one change is of one setting",
		"clients=8:after=1s:alert=2": "not both",
		"clients=8:alert=0":          "want a number from 1",
		"clients=8:clients=9":        "set twice",
		"retry=1s:lane=9":            "want a number from 1 to 4",
	} {
		if c, err := ParseChange(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %+v, %v, want %q", text, c, err, want)
		}
	}
	for _, s := range Settings() {
		if s.Explain() == "" {
			t.Errorf("%s is not explained", s)
		}
	}
}

func TestAConfigurationAfterAChange(t *testing.T) {
	c := Defaults()
	c.Lanes = []string{"none", "block:lease=2s:away=3s", "spin"}
	for text, check := range map[string]func(Config) bool{
		"strategy=fair:lane=2":   func(n Config) bool { return slices.Equal(n.Lanes, []string{"none", "fair:lease=2s:away=3s", "spin"}) },
		"strategy=atomic:lane=2": func(n Config) bool { return n.Lanes[1] == "atomic:away=3s" },
		"strategy=spin":          func(n Config) bool { return slices.Equal(n.Lanes, []string{"spin", "spin:lease=2s:away=3s", "spin"}) },
		"clients=8":              func(n Config) bool { return n.Clients == 8 },
		"work=5ms":               func(n Config) bool { return n.Work == 5*ms },
		"retry=5ms":              func(n Config) bool { return n.Retry == 5*ms },
		"retry=5ms:lane=3":       func(n Config) bool { return n.Lanes[2] == "spin:retry=5ms" && n.Retry == c.Retry },
		"lease=1s": func(n Config) bool {
			return n.Lease == time.Second && n.LeaseFloor == 0 && n.LaneInfo(1).Lease == 2*time.Second
		},
		"lease=0s:lane=2": func(n Config) bool { return n.Lanes[1] == "block:lease=0s:away=3s" && n.LeaseFloor == c.LeaseFloor },
	} {
		change, err := ParseChange(text)
		if err != nil {
			t.Fatal(err)
		}
		next, err := c.With(change)
		if err != nil || !check(next) || next.Validate() != nil {
			t.Errorf("%s: %v, %+v", text, err, next)
		}
		if c.Lanes[1] != "block:lease=2s:away=3s" {
			t.Fatalf("%s: the configuration before has changed", text)
		}
	}
	if _, err := c.With(Change{Setting: ChangeLease, Time: time.Second, Lane: 1}); err == nil || !strings.Contains(err.Error(), "none has no setting") {
		t.Errorf("a lease without a lock: %v", err)
	}
}

func TestChangesThatCannotBeAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"strategy=redlock:lane=1": "redlock takes 5 independent servers",
		"lease=1s:lane=1":         "none has no setting",
		"strategy=spin:lane=3":    "there are only 2",
		"clients=8:alert=21":      "there are only 20",
		"speed=4":                 "set with --speed",
	} {
		c := Defaults()
		c.Alerts = 20
		change, err := ParseChange(text)
		if c.Changes = []Change{change}; err != nil {
			t.Fatal(err)
		}
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	c := Defaults()
	c.Lanes = []string{"redlock:nodes=3"}
	c.Changes = []Change{{Setting: ChangeStrategy, Strategy: "spin"}, {Setting: ChangeStrategy, Strategy: "redlock", After: 1}}
	if err := c.Validate(); err == nil || !errors.Is(err, ErrServers) { // five, as its own setting was lost on the way
		t.Errorf("back to more servers: %v", err)
	}
	c.Lanes = []string{"redlock"}
	if err := c.Validate(); err != nil {
		t.Errorf("back to redlock: %v", err)
	}
}

// racing runs an experiment beside a test that changes it.
func racing(t *testing.T, cfg Config) (e *Experiment, end func() Result) {
	t.Helper()
	e = open(t, cfg)
	return e, racingOn(t, e)
}

// racingOn lets an experiment race until end is called.
func racingOn(t *testing.T, e *Experiment) (end func() Result) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- e.Run(ctx) }()
	eventually(t, func() bool { return e.Snapshots()[0].Events > 0 }, func() string { return "it does not begin" })
	return func() Result {
		cancel()
		err := <-ran
		r := e.Result()
		if err := errors.Join(err, e.Close()); err != nil {
			t.Fatal(err)
		}
		return r
	}
}

func change(t *testing.T, e *Experiment, text string) {
	t.Helper()
	c, err := ParseChange(text)
	if err == nil {
		err = e.Change(c)
	}
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// exact fails the test if a lane's accounts do not add up.
func exact(t *testing.T, name string, r Result) {
	t.Helper()
	for i, l := range r.Lanes {
		if len(l.Failed) > 0 || l.Foreign > 0 || l.Unknown > 0 || l.Acked != l.Kept+l.Lost || l.Redis.Count != l.Kept || l.Broke != "" || !l.Final {
			t.Errorf("%s: lane %d: checks %v, broke %q, %+v, changes %v", name, i+1, l.Failed, l.Broke, l.Totals, l.Changes)
		}
	}
}

// TestAccountsStayExactWhateverChanges has one lane go from strategy to strategy, with
// its settings changing under it, at full speed and slowly.
func TestAccountsStayExactWhateverChanges(t *testing.T) {
	changes := 60
	if redistest.Instrumented {
		changes = 25
	}
	eachBackend(t, func(t *testing.T, cfg Config) {
		for _, speed := range []clock.Speed{clock.Max, 16} {
			seed := rand.Uint64()
			t.Run(fmt.Sprintf("speed %v", speed), func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, 0))
				cfg := cfg
				cfg.Lanes, cfg.Speed, cfg.Interval = []string{"none", "spin"}, speed, 10*ms
				cfg.Work, cfg.Retry, cfg.Seed = 10*ms, 2*ms, seed
				e, end := racing(t, cfg)
				for range changes {
					changeSomething(t, e, random)
					lane := random.IntN(2)
					untilAcked(t, e, lane, e.Snapshots()[lane].Acked+int64(1+random.IntN(12)))
				}
				r := end()
				exact(t, fmt.Sprintf("seed %d", seed), r)
				for i, l := range r.Lanes {
					if l.ChangeCount == 0 || l.Lane.Name() != e.Settings().Lanes[i] || l.Lane.Clients != e.Settings().Clients {
						t.Errorf("seed %d: lane %+v after %d changes, settings %+v", seed, l.Lane, l.ChangeCount, e.Settings())
					}
				}
			})
		}
	})
}

// changeSomething makes a change at random that a lane can have.
func changeSomething(t *testing.T, e *Experiment, random *rand.Rand) {
	t.Helper()
	lane := 1 + random.IntN(2)
	c := Change{Setting: ChangeStrategy, Lane: lane, Strategy: []string{
		"none", "spin", "poll", "backoff", "block", "fair", "watch", "atomic", "fenced", "fenced-write",
	}[random.IntN(10)]}
	switch random.IntN(8) {
	case 0, 1:
		c = Change{Setting: ChangeClients, Clients: 1 + random.IntN(10)}
	case 2:
		c = Change{Setting: ChangeWork, Time: time.Duration(random.IntN(12)) * ms}
	case 3:
		c = Change{Setting: ChangeRetry, Lane: lane, Time: time.Duration(random.IntN(5)) * ms}
	case 4:
		c = Change{Setting: ChangeLease, Lane: lane, Time: time.Duration(1+random.IntN(100)) * 10 * ms}
	}
	err := e.Change(c)
	if err != nil && !errors.Is(err, errOwn) && !strings.Contains(err.Error(), "has no setting") {
		t.Fatalf("%s: %v", c, err)
	}
}

// TestEveryStrategyTakesOverFromEveryOther flips a lane between any two.
func TestEveryStrategyTakesOverFromEveryOther(t *testing.T) {
	eachBackend(t, func(t *testing.T, cfg Config) {
		cfg.Work, cfg.Interval = 0, ms
		e, end := racing(t, withLanes(cfg, "none"))
		// As a road through all ordered pairs, without the broken ones.
		var names []string
		for _, s := range Strategies() {
			if !s.Broken && s.Nodes == 1 {
				names = append(names, s.Name)
			}
		}
		for step := 1; step < len(names); step++ {
			for from := range names {
				for _, to := range []int{from, (from + step) % len(names)} {
					if StrategyOf(e.Settings().Lanes[0]) == names[to] {
						continue
					}
					change(t, e, "strategy="+names[to])
					untilAcked(t, e, 0, e.Snapshots()[0].Acked+int64(cfg.Clients))
				}
			}
		}
		exact(t, "all pairs", end())
	})
}

func withLanes(cfg Config, lanes ...string) Config {
	cfg.Lanes = lanes
	return cfg
}

// TestAWaiterLeavesOffWhenTheStrategyChanges: a holder that has crashed, without a
// lease, would have everybody wait for ever.
func TestAWaiterLeavesOffWhenTheStrategyChanges(t *testing.T) {
	for _, waits := range []string{"spin", "poll", "backoff", "block", "fair", "fenced", "broken-wait", "broken-wakeup"} {
		t.Run(waits, func(t *testing.T) {
			eachBackend(t, func(t *testing.T, cfg Config) {
				cfg.Lanes, cfg.Lease, cfg.Clients = []string{waits}, 0, 4
				cfg.Faults = []Fault{{Kind: Crash, At: AtAcquired, Nth: 2}}
				if !cfg.Source.Shared() {
					cfg.Speed = 4
				}
				e, end := racing(t, cfg)
				eventually(t, func() bool { return e.Snapshots()[0].WaitingCount == 3 }, func() string { return "not everybody waits" })
				stuck := e.Snapshots()[0].Acked
				change(t, e, "strategy=none")
				untilAcked(t, e, 0, stuck+10)
				eventually(t, func() bool { return e.Snapshots()[0].WaitingCount == 0 }, func() string { return "somebody still waits" })
				if s := e.Snapshots()[0]; s.Lane.Strategy != "none" || s.Started.Strategy != waits {
					t.Errorf("%+v began as %+v", s.Lane, s.Started)
				}
				r := end()
				if l := r.Lanes[0]; len(l.Failed) > 0 || l.Acked != l.Kept+l.Lost || l.Foreign > 0 {
					t.Errorf("%v, %+v", l.Failed, l.Totals)
				}
			})
		})
	}
}

// TestWhoIsInTheMiddleOfAnUpdateEndsItAsItBegan: the holder has the lock to its end,
// and who works without one meets it inside.
func TestWhoIsInTheMiddleOfAnUpdateEndsItAsItBegan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := Defaults()
		cfg.Source, cfg.Speed = source(t, "embedded"), 1
		cfg.Lanes, cfg.Clients, cfg.Work, cfg.Lease = []string{"block"}, 3, 10*time.Second, time.Minute
		e, end := racing(t, cfg)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		s := e.Snapshots()[0]
		if s.InsideCount != 1 || s.WaitingCount != 2 || s.Holder == 0 {
			t.Fatalf("%d inside, %d wait", s.InsideCount, s.WaitingCount)
		}
		holder := s.Holder
		change(t, e, "strategy=none")
		synctest.Wait()
		s = e.Snapshots()[0]
		if s.InsideCount != 3 || s.WaitingCount != 0 || s.Holder != holder || s.Overlaps != 2 || s.Lane.Locks {
			t.Errorf("%d inside, %d wait, holder c%d, %d overlaps", s.InsideCount, s.WaitingCount, s.Holder, s.Overlaps)
		}
		time.Sleep(6 * time.Second) // the holder is done, the others are not
		synctest.Wait()
		if s = e.Snapshots()[0]; s.Acked != 1 || s.Holder != 0 || s.InsideCount != 3 {
			t.Errorf("%d acked, holder c%d, %d inside", s.Acked, s.Holder, s.InsideCount)
		}
		time.Sleep(5 * time.Second) // one of them erases the holder's update
		synctest.Wait()
		if s = e.Snapshots()[0]; s.Lost == 0 || s.Verdict != Wrong {
			t.Errorf("%d lost of %d", s.Lost, s.Acked)
		}
		exact(t, "block to none", end())
	})
}

// TestClientsJoinAndLeave: who joins gets the next alerts, who leaves ends its update.
func TestClientsJoinAndLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := Defaults()
		cfg.Source, cfg.Speed, cfg.Clients = source(t, "embedded"), 1, 2
		cfg.Lanes, cfg.Interval, cfg.Work = []string{"none"}, 3*time.Second, time.Second
		var events []Event
		e := open(t, cfg)
		e.OnEvent(func(_ int, event Event) { events = append(events, event) })
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		go func() { ran <- e.Run(ctx) }()
		time.Sleep(3500 * ms) // alert 2 is being handled
		change(t, e, "clients=4")
		time.Sleep(3 * time.Second) // alert 3 as well, by four
		synctest.Wait()
		if s := e.Snapshots()[0]; s.InsideCount != 4 || s.Lane.Clients != 4 || s.Started.Clients != 2 {
			t.Errorf("%d inside of %d, begun with %d", s.InsideCount, s.Lane.Clients, s.Started.Clients)
		}
		change(t, e, "clients=1")
		synctest.Wait()
		if s := e.Snapshots()[0]; s.InsideCount != 4 || s.Lane.Clients != 1 {
			t.Errorf("%d inside of %d: they have to end their updates", s.InsideCount, s.Lane.Clients)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if s := e.Snapshots(View{First: 1, Count: 4})[0]; s.InsideCount != 0 || s.Acked != 2+2+4 || s.Clients[3].Phase != Gone || s.Jain != 1 {
			t.Errorf("%d inside, %d acked, %+v", s.InsideCount, s.Acked, s.Clients[3])
		}
		time.Sleep(3 * time.Second) // alert 4, for one
		change(t, e, "clients=3")
		time.Sleep(3 * time.Second) // alert 5, for three
		synctest.Wait()
		cancel()
		err := <-ran
		r := e.Result()
		if err := errors.Join(err, e.Close()); err != nil {
			t.Fatal(err)
		}
		if l := r.Lanes[0]; l.Acked != 2+2+4+1+3 || l.Acked != l.Kept+l.Lost || len(l.Failed) > 0 {
			t.Errorf("%+v, %v", l.Totals, l.Failed)
		}
		alerts := map[int][]int{}
		var came []string
		for _, event := range events {
			switch event.Kind {
			case Received:
				alerts[event.Client] = append(alerts[event.Client], event.Alert)
				if event.Latency != latencyOf(cfg.Seed, event.Alert, event.Client) {
					t.Errorf("alert %d reaches c%d after %v", event.Alert, event.Client, event.Latency)
				}
			case Joined, Left:
				came = append(came, fmt.Sprintf("%s c%d", event.Kind, event.Client))
			}
		}
		want := map[int][]int{1: {1, 2, 3, 4, 5}, 2: {1, 2, 3, 5}, 3: {3, 5}, 4: {3}}
		if fmt.Sprint(alerts) != fmt.Sprint(want) {
			t.Errorf("alerts by client %v, want %v", alerts, want)
		}
		slices.Sort(came)
		if got := strings.Join(came, ", "); got != "joined c2, joined c3, joined c3, joined c4, left c2, left c3, left c4" {
			t.Error(got)
		}
	})
}

// TestChangesAtAnAlertAreTheSameInEveryLane: however far apart the lanes are, they give
// the same alerts to the same clients.
func TestChangesAtAnAlertAreTheSameInEveryLane(t *testing.T) {
	eachBackend(t, func(t *testing.T, cfg Config) {
		cfg.Lanes, cfg.Alerts, cfg.Clients = []string{"none", "spin", "atomic"}, 30, 3
		cfg.Changes = []Change{
			{Setting: ChangeClients, Clients: 6, Alert: 11}, {Setting: ChangeStrategy, Strategy: "block", Lane: 1, Alert: 21},
		}
		r := race(t, cfg)
		exact(t, "at alerts", r)
		for _, l := range r.Lanes {
			if l.Acked != 10*3+20*6 || l.True != r.Lanes[0].True || l.Finished != 6 || l.Lane.Clients != 6 {
				t.Errorf("%s: %d acked, true average %+v, %d have finished", l.Lane.Name(), l.Acked, l.True, l.Finished)
			}
		}
		if l := r.Lanes[0]; l.Lane.Strategy != "block" || l.Acquired == 0 || l.ChangeCount != 2 || r.Lanes[1].ChangeCount != 1 {
			t.Errorf("%+v, %v", l.Lane, l.Changes)
		}
	})
}

// TestReceiptsOfClientsThatLeftAreNotWaitedFor, or alerts would stay in Redis for ever.
func TestReceiptsOfClientsThatLeftAreNotWaitedFor(t *testing.T) {
	cfg := Defaults()
	cfg.Source, cfg.Speed, cfg.Lanes, cfg.Interval, cfg.Work = source(t, "embedded"), clock.Max, []string{"atomic"}, 0, 0
	e, end := racing(t, cfg)
	for _, clients := range []int{2, 9, 1, 5} {
		change(t, e, fmt.Sprintf("clients=%d", clients))
		untilAcked(t, e, 0, e.Snapshots()[0].Acked+1000)
	}
	exact(t, "joining and leaving", end())
	if cl := e.lanes[0].cluster; cl.hashes.Load() > 4*mostAhead {
		t.Errorf("%d alerts were sent, and took %d hashes", cl.sent.Load(), cl.hashes.Load())
	}
}

// TestAChangeBeforeTheRunIsOneAtItsStart: who opened the experiment may be quick.
func TestAChangeBeforeTheRunIsOneAtItsStart(t *testing.T) {
	cfg := Defaults()
	cfg.Source, cfg.Speed, cfg.Lanes, cfg.Alerts, cfg.Clients = source(t, "embedded"), clock.Max, []string{"none", "atomic"}, 10, 2
	e := open(t, cfg)
	change(t, e, "clients=5")
	change(t, e, "strategy=spin:lane=1")
	err := e.Run(t.Context())
	r := e.Result()
	if err := errors.Join(err, e.Close()); err != nil {
		t.Fatal(err)
	}
	exact(t, "before the run", r)
	for _, l := range r.Lanes {
		if l.Acked != 50 || l.Lost != 0 || l.Finished != 5 {
			t.Errorf("%s: %+v, %d have finished", l.Lane.Name(), l.Totals, l.Finished)
		}
	}
}

func TestAChangeThatMakesNoDifferenceIsAnError(t *testing.T) {
	cfg := Defaults()
	cfg.Source, cfg.Lanes = source(t, "embedded"), []string{"none", "block:work=5ms"}
	e, end := racing(t, cfg)
	untilAcked(t, e, 0, 1)
	for text, want := range map[string]string{
		"strategy=none:lane=1":    errOwn.Error(),
		"clients=6":               errOwn.Error(),
		"strategy=redlock:lane=2": "redlock takes 5 independent servers",
		"clients=3:alert=1":       "alert 1 has been sent",
		"lease=1s:lane=3":         "there are only 2",
	} {
		c, _ := ParseChange(text)
		if err := e.Change(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	change(t, e, "work=7ms") // of the first lane alone
	r := end()
	if r.Lanes[0].ChangeCount != 1 || r.Lanes[1].ChangeCount != 0 {
		t.Errorf("%d and %d changes", r.Lanes[0].ChangeCount, r.Lanes[1].ChangeCount)
	}
	if err := e.Change(Change{Setting: ChangeClients, Clients: 2}); !errors.Is(err, errOver) {
		t.Errorf("after the end: %v", err)
	}
}

// TestTheSpeedIsAChange, which every lane tells; where time is virtual it changes nothing, and nobody tells it.
func TestTheSpeedIsAChange(t *testing.T) {
	for _, deterministic := range []bool{false, true} {
		cfg := Defaults()
		cfg.Source, cfg.Deterministic = source(t, "embedded"), deterministic
		e, end := racing(t, cfg)
		change(t, e, "speed=4")
		if now := e.Clock().Speed(); now != 4 || e.Settings().Speed != 4 {
			t.Errorf("deterministic %v: the speed is %v, the settings say %v", deterministic, now, e.Settings().Speed)
		}
		for _, l := range end().Lanes {
			var told []string
			for _, c := range l.Changes {
				told = append(told, c.String())
			}
			if want := []string{"speed=4"}; deterministic != (told == nil) || !deterministic && !slices.Equal(told, want) {
				t.Errorf("deterministic %v: %s tells of %v", deterministic, l.Lane.Name(), told)
			}
		}
	}
}

// TestALaneThatGoesOnIsChanged although another has ended.
func TestALaneThatGoesOnIsChanged(t *testing.T) {
	cfg := Defaults()
	cfg.Source, cfg.Speed, cfg.Alerts, cfg.Clients = source(t, "embedded"), 16, 1, 2
	cfg.Lanes = []string{"none:work=0s", "none:work=100h"}
	e, end := racing(t, cfg)
	eventually(t, func() bool { return e.Snapshots()[0].Stopped }, func() string { return "the first lane goes on" })
	change(t, e, "strategy=spin")
	change(t, e, "speed=32")
	r := end()
	if a, b := r.Lanes[0].ChangeCount, r.Lanes[1].ChangeCount; a != 0 || b != 2 || r.Lanes[1].Lane.Strategy != "spin" {
		t.Errorf("%d and %d changes, the second lane is %+v", a, b, r.Lanes[1].Lane)
	}
	if err := e.Change(Change{Setting: ChangeSpeed, Speed: 4}); !errors.Is(err, errOver) {
		t.Errorf("after the end: %v", err)
	}
}
