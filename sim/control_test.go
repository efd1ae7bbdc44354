package sim

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"locktop/sim/clock"
)

// In a bubble of virtual time, synctest.Wait tells for certain that everybody
// has come to rest.

func TestPauseStopsTheRaceAndItsLeases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := Defaults()
		cfg.Source = source(t, "embedded")
		cfg.Lanes = []string{"none", "spin", "block"}
		cfg.Speed = 8
		cfg.Lease = time.Second // an eighth of a second of real time
		e := open(t, cfg)
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		go func() { ran <- e.Run(ctx) }()
		for pause := range 20 {
			time.Sleep(time.Duration(20+pause) * ms)
			e.Pause()
			synctest.Wait()
			settled := e.Snapshots()
			if last := settled[0].Events; last == 0 {
				t.Fatal("nothing has happened before the pause")
			}
			time.Sleep(time.Minute)
			for i, s := range e.Snapshots() {
				if s.Events != settled[i].Events || s.At != settled[i].At {
					t.Errorf("lane %d went on while paused", i)
				}
				if s.Overlaps > 0 && s.Lane.Locks {
					t.Errorf("%s: a lease ran out in a pause", s.Lane.Strategy)
				}
			}
			e.Resume()
		}
		cancel()
		if err := errors.Join(<-ran, e.Close()); err != nil {
			t.Fatal(err)
		}
	})
}

// TestAPauseOutlastsTheTimeoutsOfAQuorum, which are of real time: whoever had asked the nodes asks them again.
func TestAPauseOutlastsTheTimeoutsOfAQuorum(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := Defaults()
		cfg.Source = source(t, "embedded")
		cfg.Lanes = []string{"redlock"}
		cfg.Speed = 8
		e := open(t, cfg)
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		go func() { ran <- e.Run(ctx) }()
		for pause := range 20 {
			untilAcked(t, e, 0, e.Snapshots()[0].Acked+1)
			e.Pause()
			for range pause % 3 { // and steps that take their time
				time.Sleep(time.Minute)
				e.Step(0, 1)
			}
			time.Sleep(time.Minute)
			e.Pause()
			if n := len(e.lanes[0].gate.waiting()); n > 200 {
				t.Fatalf("%d commands wait for the end of the pause", n)
			}
			e.Resume()
		}
		untilAcked(t, e, 0, e.Snapshots()[0].Acked+1)
		cancel()
		if err := errors.Join(<-ran, e.Close()); err != nil {
			t.Fatal(err)
		}
		if s := e.Snapshots()[0]; s.Lost > 0 || s.Overlaps > 0 {
			t.Errorf("%d lost, %d overlaps", s.Lost, s.Overlaps)
		}
	})
}

func TestAStepIsOneCommand(t *testing.T) {
	for _, strategy := range StrategyNames() {
		t.Run(strategy, func(t *testing.T) { synctest.Test(t, func(t *testing.T) { testAStepIsOneCommand(t, strategy) }) })
	}
}

// together is how many commands a strategy sends in one go.
var together = map[string]int64{
	"fair":    2, // the release, and a look whether somebody took the signal
	"watch":   3, // MULTI, SET, EXEC
	"redlock": 5, // one to each node
}

func testAStepIsOneCommand(t *testing.T, strategy string) {
	cfg := Defaults()
	cfg.Source = source(t, "embedded")
	cfg.Lanes = []string{strategy, "none"}
	cfg.Speed = 8
	e := open(t, cfg)
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- e.Run(ctx) }()
	sent := func() (n int64) {
		for _, c := range e.lanes[0].clients {
			n += c.door.count.Load()
		}
		return n + e.Snapshots()[0].Commands
	}
	untilAcked(t, e, 0, 3)
	e.Pause()
	synctest.Wait()
	for range 30 {
		before := sent()
		e.Step(0, 1)
		eventually(t, func() bool { return sent() != before && e.Paused() }, func() string {
			return fmt.Sprintf("the step did not end: %d commands before, %d now, paused: %v", before, sent(), e.Paused())
		})
		synctest.Wait()
		if after := sent(); after < before+1 || after > before+max(together[strategy], 1) {
			t.Errorf("a step sent %d commands", after-before)
		}
	}
	cancel()
	if err := errors.Join(<-ran, e.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestAnInterruptEndsEveryKindOfWait(t *testing.T) {
	eachBackend(t, func(t *testing.T, cfg Config) {
		for name, change := range map[string]func(*Config){
			"thinking":        func(c *Config) { c.Speed, c.Work = 1, time.Hour },
			"between alerts":  func(c *Config) { c.Speed, c.Interval = 1, time.Hour },
			"pausing":         func(c *Config) { c.Speed, c.Work, c.Retry = 1, time.Hour, time.Hour },
			"at full speed":   func(c *Config) {},
			"hardly moving":   func(c *Config) { c.Speed = 1.0 / 1000 },
			"one client each": func(c *Config) { c.Clients = 1 },
			"with an end":     func(c *Config) { c.Speed, c.Alerts, c.Interval = 1, 100_000, ms },
		} {
			cfg := cfg
			cfg.Lanes, cfg.Alerts = []string{"none", "spin", "block"}, 0
			change(&cfg)
			bestOf(t, name, time.Second, func() time.Duration {
				e := open(t, cfg)
				ctx, cancel := context.WithTimeout(t.Context(), 100*ms)
				started := time.Now()
				err := e.Run(ctx)
				cancel()
				if err := errors.Join(err, e.Close()); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				took := time.Since(started)
				for _, l := range e.Result().Lanes {
					if len(l.Failed) > 0 || l.Finished > 0 {
						t.Errorf("%s: %s: %d clients have finished, %v", name, l.Lane.Strategy, l.Finished, l.Failed)
					}
				}
				return took
			})
		}
	})
}

// TestOnEventMayLookAtTheExperiment: f may ask for snapshots and results, also when the
// lane waits for it with a full buffer; in real time it may change settings as well.
func TestOnEventMayLookAtTheExperiment(t *testing.T) {
	for _, deterministic := range []bool{false, true} {
		t.Run(fmt.Sprintf("deterministic %v", deterministic), func(t *testing.T) {
			cfg := Defaults()
			cfg.Source, cfg.Speed, cfg.Deterministic = source(t, "embedded"), clock.Max, deterministic
			cfg.Lanes, cfg.Clients, cfg.Alerts = []string{"none"}, 4, 2*bufferSize/(4*4)
			e := open(t, cfg)
			recorder := e.lanes[0].recorder
			full := func() bool {
				recorder.mu.Lock()
				defer recorder.mu.Unlock()
				return len(recorder.buffer) >= bufferSize
			}
			told := int64(0)
			e.OnEvent(func(_ int, event Event) {
				told++
				if told%500 != 1 {
					return
				}
				s := e.Snapshots()[0]
				if r := e.Result().Lanes[0]; r.Events < s.Events || s.Events < told || e.Settings().Clients != 4 {
					t.Errorf("event %d: a snapshot after %d, then a result after %d", told, s.Events, r.Events)
				}
				if told > 1 || deterministic {
					return
				}
				eventually(t, full, func() string { return "the buffer does not fill" })
				if err := e.Change(Change{Setting: ChangeWork, Time: ms}); err != nil {
					t.Error(err)
				}
			})
			ran := make(chan error, 1)
			go func() { ran <- e.Run(t.Context()) }()
			select {
			case err := <-ran:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(patience):
				t.Fatal("the race does not end")
			}
			if s := e.Snapshots()[0]; told != s.Events || s.Acked != int64(4*cfg.Alerts) {
				t.Errorf("f was called %d times for %d events", told, s.Events)
			}
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
