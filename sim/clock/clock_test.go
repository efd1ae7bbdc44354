package clock

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// bubble runs a test with a clock in a world of virtual real time.
func bubble(t *testing.T, speed Speed, test func(t *testing.T, c *Clock)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := New(speed)
		defer c.Close()
		test(t, c)
	})
}

// slept runs f and returns the real time it took.
func slept(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}

func mustSleep(t *testing.T, c *Clock, d time.Duration) {
	t.Helper()
	if err := c.Sleep(t.Context(), d); err != nil {
		t.Errorf("Sleep(%v): %v", d, err)
	}
}

func wantTime(t *testing.T, what string, got, want time.Duration) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func isDue(due <-chan struct{}) bool {
	synctest.Wait()
	select {
	case <-due:
		return true
	default:
		return false
	}
}

func TestNowAndSleepScaleWithSpeed(t *testing.T) {
	for _, tc := range []struct {
		speed Speed
		real  time.Duration // for 3 s of experiment
	}{
		{1, 3 * time.Second},
		{0.25, 12 * time.Second},
		{4, 750 * time.Millisecond},
		{1000, 3 * time.Millisecond},
		{1.0 / 1000, 3000 * time.Second},
	} {
		t.Run(tc.speed.String(), func(t *testing.T) {
			bubble(t, tc.speed, func(t *testing.T, c *Clock) {
				wantTime(t, "a new clock shows", c.Now(), 0)
				wantTime(t, "real time slept", slept(func() { mustSleep(t, c, 3*time.Second) }), tc.real)
				wantTime(t, "Now after the sleep", c.Now(), 3*time.Second)
				wantTime(t, "real time slept until 6 s", slept(func() { c.SleepUntil(t.Context(), 6*time.Second) }), tc.real)
				wantTime(t, "Now after SleepUntil", c.Now(), 6*time.Second)
			})
		})
	}
}

func TestPauseInMidSleep(t *testing.T) {
	bubble(t, 1, func(t *testing.T, c *Clock) {
		go func() {
			time.Sleep(400 * time.Millisecond)
			c.Pause()
			c.Pause() // pausing twice is pausing once
			if !c.Paused() || c.Speed() != 1 {
				t.Errorf("paused %v at speed %v, want paused at speed 1", c.Paused(), c.Speed())
			}
			time.Sleep(time.Hour)
			wantTime(t, "a paused clock shows", c.Now(), 400*time.Millisecond)
			c.Resume()
		}()
		wantTime(t, "real time slept", slept(func() { mustSleep(t, c, time.Second) }), time.Hour+time.Second)
		wantTime(t, "Now", c.Now(), time.Second)
	})
}

func TestSpeedChangesInMidSleep(t *testing.T) {
	bubble(t, 1, func(t *testing.T, c *Clock) {
		go func() {
			time.Sleep(time.Second) // 1 s of the 10 s
			c.SetSpeed(0.25)
			time.Sleep(4 * time.Second) // 1 s more
			c.SetSpeed(4)               // the other 8 s take 2 s
		}()
		wantTime(t, "real time slept", slept(func() { mustSleep(t, c, 10*time.Second) }), 7*time.Second)
		wantTime(t, "Now", c.Now(), 10*time.Second)
	})
}

func TestSpeedMayChangeWhilePaused(t *testing.T) {
	bubble(t, 1, func(t *testing.T, c *Clock) {
		c.Pause()
		c.SetSpeed(2)
		time.Sleep(time.Minute)
		wantTime(t, "a paused clock shows", c.Now(), 0)
		c.Resume()
		time.Sleep(time.Second)
		wantTime(t, "Now after a second at double speed", c.Now(), 2*time.Second)
	})
}

func TestWakingFollowsDeadlinesThenArrival(t *testing.T) {
	bubble(t, 1, func(t *testing.T, c *Clock) {
		const n = 1000
		deadlines := make([]time.Duration, n)
		for i := range deadlines {
			deadlines[i] = time.Duration(1+rand.IntN(50)) * time.Millisecond
		}
		var timers []*waiter
		c.mu.Lock()
		for _, d := range deadlines {
			timers = append(timers, c.add(0, d, false))
		}
		var woken []int
		for len(c.waiters) > 0 {
			next := c.waiters[0]
			woken = append(woken, slices.Index(timers, next))
			c.waiters.remove(next)
		}
		c.mu.Unlock()

		want := make([]int, n)
		for i := range want {
			want[i] = i
		}
		slices.SortStableFunc(want, func(a, b int) int { return int(deadlines[a] - deadlines[b]) })
		if !slices.Equal(woken, want) {
			t.Errorf("order of waking differs from the order of deadlines:\n%v\n%v", woken, want)
		}
	})
}

func TestThousandsOfSleepersWakeOnTime(t *testing.T) {
	bubble(t, 0.5, func(t *testing.T, c *Clock) {
		var wg sync.WaitGroup
		for i := range 5000 {
			wg.Go(func() {
				d := time.Duration(i%977+1) * time.Millisecond
				mustSleep(t, c, d)
				wantTime(t, "Now on waking", c.Now(), d)
			})
		}
		wg.Wait()
		if len(c.waiters) != 0 {
			t.Errorf("%d waiters left", len(c.waiters))
		}
	})
}

func TestSleepEndsWithItsContext(t *testing.T) {
	bubble(t, 1, func(t *testing.T, c *Clock) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var err error
		wantTime(t, "real time slept", slept(func() { err = c.Sleep(ctx, time.Hour) }), time.Second)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Sleep: %v, want deadline exceeded", err)
		}
		if len(c.waiters) != 0 {
			t.Error("the cancelled sleeper is still waiting")
		}
		for name, sleep := range map[string]func(context.Context) error{
			"Sleep":                 func(ctx context.Context) error { return c.Sleep(ctx, time.Hour) },
			"Sleep of zero":         func(ctx context.Context) error { return c.Sleep(ctx, 0) },
			"SleepUntil":            func(ctx context.Context) error { return c.SleepUntil(ctx, time.Hour) },
			"SleepUntil a past one": func(ctx context.Context) error { return c.SleepUntil(ctx, 0) },
		} {
			wantTime(t, name+" on an ended context", slept(func() {
				if err := sleep(ctx); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%s on an ended context: %v, want deadline exceeded", name, err)
				}
			}), 0)
		}
	})
}

func TestNothingToSleep(t *testing.T) {
	bubble(t, 1, func(t *testing.T, c *Clock) {
		time.Sleep(time.Second)
		c.Pause() // even a paused clock has nothing to wait for here
		wantTime(t, "real time slept", slept(func() {
			mustSleep(t, c, 0)
			mustSleep(t, c, -time.Second)
			if err := c.SleepUntil(t.Context(), time.Second); err != nil {
				t.Errorf("SleepUntil now: %v", err)
			}
		}), 0)
		if due, _ := c.After(0); !isDue(due) {
			t.Error("After(0) is not due at once")
		}
	})
}

func TestMaxSkipsSleepsButNotTimers(t *testing.T) {
	bubble(t, Max, func(t *testing.T, c *Clock) {
		wantTime(t, "real time slept at max", slept(func() { mustSleep(t, c, time.Hour) }), 0)
		due, _ := c.After(time.Second)
		time.Sleep(999 * time.Millisecond)
		if isDue(due) {
			t.Error("a timer was skipped")
		}
		wantTime(t, "Now at max runs in real time", c.Now(), 999*time.Millisecond)
		time.Sleep(time.Millisecond)
		if !isDue(due) {
			t.Error("the timer is late")
		}
	})
}

func TestGoingToMaxWakesSleepersAndLeavesTimers(t *testing.T) {
	bubble(t, 1, func(t *testing.T, c *Clock) {
		early, _ := c.After(30 * time.Minute)
		late, _ := c.After(time.Hour)
		go func() {
			time.Sleep(time.Second)
			c.SetSpeed(Max)
		}()
		wantTime(t, "real time slept", slept(func() { mustSleep(t, c, 45*time.Minute) }), time.Second)
		if isDue(early) || isDue(late) {
			t.Error("a timer was skipped")
		}
		c.SleepUntil(t.Context(), time.Hour)
		time.Sleep(30*time.Minute - time.Second)
		if !isDue(early) || isDue(late) {
			t.Error("after half an hour the early timer should be due and the late one not")
		}
	})
}

func TestPauseAtMaxHoldsSleepers(t *testing.T) {
	bubble(t, Max, func(t *testing.T, c *Clock) {
		c.Pause()
		go func() {
			time.Sleep(time.Minute)
			c.Resume()
		}()
		wantTime(t, "real time slept", slept(func() { mustSleep(t, c, time.Millisecond) }), time.Minute)
	})
}

func TestStoppedTimerNeverFires(t *testing.T) {
	bubble(t, 1, func(t *testing.T, c *Clock) {
		stopped, stop := c.After(time.Second)
		kept, stopKept := c.After(time.Second)
		stop()
		stop()
		time.Sleep(2 * time.Second)
		if isDue(stopped) || !isDue(kept) {
			t.Errorf("stopped timer due: %v, the other: %v", isDue(stopped), isDue(kept))
		}
		stopKept() // after the fact it does nothing
	})
}

func TestDeadlineBeyondAllTime(t *testing.T) {
	bubble(t, 1, func(t *testing.T, c *Clock) {
		time.Sleep(time.Second)
		due, stop := c.After(1<<63 - 1)
		defer stop()
		time.Sleep(time.Hour)
		if isDue(due) {
			t.Error("a deadline at the end of time has come")
		}
	})
}

func TestCloseEndsSleepers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(1)
		due, _ := c.After(time.Hour)
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				if err := c.Sleep(t.Context(), time.Hour); !errors.Is(err, ErrClosed) {
					t.Errorf("Sleep on a clock that is closed: %v, want ErrClosed", err)
				}
			})
		}
		time.Sleep(time.Second)
		c.Close()
		c.Close()
		wg.Wait()
		if err := c.Sleep(t.Context(), time.Second); !errors.Is(err, ErrClosed) {
			t.Errorf("Sleep on a closed clock: %v, want ErrClosed", err)
		}
		c.SetSpeed(2)
		c.Resume()
		time.Sleep(time.Hour)
		wantTime(t, "a closed clock shows", c.Now(), time.Second)
		if isDue(due) {
			t.Error("a timer of a closed clock has fired")
		}
	})
}

// A stopped process leaves a gap in the readings of the real time, which a hand-set real time can imitate.
func TestStallCountsAtMostHalfASecond(t *testing.T) {
	for _, tc := range []struct {
		name        string
		speed       Speed
		gap, counts time.Duration
	}{
		{"no stall", 1, 300 * time.Millisecond, 300 * time.Millisecond},
		{"as long as allowed", 1, 500 * time.Millisecond, 500 * time.Millisecond},
		{"an hour in the background", 1, time.Hour, 500 * time.Millisecond},
		{"an hour at a quarter of the speed", 0.25, time.Hour, 125 * time.Millisecond},
		{"an hour at max", Max, time.Hour, 500 * time.Millisecond},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var real atomic.Int64
				c := newClock(tc.speed, func() time.Duration { return time.Duration(real.Load()) })
				defer c.Close()
				lease, stop := c.After(tc.counts + time.Millisecond)
				defer stop()
				synctest.Wait()
				real.Add(int64(tc.gap))
				wantTime(t, "Now after the gap", c.Now(), tc.counts)
				time.Sleep(time.Second) // the goroutine looks at the real time
				if isDue(lease) {
					t.Error("the gap has expired a lease")
				}
				real.Add(int64(10 * time.Millisecond))
				wantTime(t, "Now a little later", c.Now(), tc.counts+time.Duration(10e6*tc.speed.rate()))
				time.Sleep(time.Second)
				if !isDue(lease) {
					t.Error("the lease never expires")
				}
			})
		})
	}
}

func TestFrequentLooksAreNoStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var real atomic.Int64
		c := newClock(1, func() time.Duration { return time.Duration(real.Load()) })
		defer c.Close()
		synctest.Wait()
		for range 100 { // the goroutine gets no turn meanwhile
			real.Add(int64(99 * time.Millisecond))
			c.Now()
		}
		wantTime(t, "Now", c.Now(), 9900*time.Millisecond)
	})
}

// byHand returns a clock without a goroutine, whose real time is set by hand.
func byHand(real func() time.Duration) *Clock {
	c := &Clock{real: real, speed: 1, wake: make(chan struct{}, 1)}
	c.reading = reading{rate: 1}
	c.publish()
	return c
}

func TestNowNeverGoesBackWhenTheSpeedChangesInMidRead(t *testing.T) {
	var c *Clock
	var real time.Duration
	interfere := false
	c = byHand(func() time.Duration {
		if interfere {
			interfere = false
			c.SetSpeed(slowest) // between the start of Now and its look at the real time
			real += 50 * time.Millisecond
		}
		return real
	})
	interfere = true
	before := c.Now()
	if after := c.Now(); after < before {
		t.Errorf("Now went back from %v to %v", before, after)
	}
}

func TestNowNeverGoesBackWhenReadInMidChange(t *testing.T) {
	var c *Clock
	var real atomic.Int64
	var interfere atomic.Bool
	read := make(chan time.Duration, 1)
	c = byHand(func() time.Duration {
		now := real.Load()
		if interfere.Swap(false) {
			// The change has seen the real time and is not yet made. A reader who sees a later time must wait for it.
			real.Add(int64(50 * time.Millisecond))
			go func() { read <- c.Now() }()
			time.Sleep(20 * time.Millisecond)
		}
		return time.Duration(now)
	})
	interfere.Store(true)
	c.SetSpeed(slowest)
	before := <-read
	if after := c.Now(); after < before {
		t.Errorf("Now went back from %v to %v", before, after)
	}
}

// The race detector watches this one.
func TestConcurrentUse(t *testing.T) {
	c := New(1000)
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for before := c.Now(); ctx.Err() == nil; {
				now := c.Now()
				if now < before {
					t.Errorf("Now went back from %v to %v", before, now)
				}
				before = now
				c.Sleep(ctx, time.Millisecond)
				_, stop := c.After(time.Millisecond)
				stop()
			}
		})
	}
	for ctx.Err() == nil {
		c.SetSpeed(slowest)
		c.Pause()
		c.SetSpeed(Max)
		c.Resume()
		c.SetSpeed(fastest)
		runtime.Gosched()
	}
	wg.Wait()
}

func BenchmarkNow(b *testing.B) {
	c := New(0.25)
	defer c.Close()
	for b.Loop() {
		c.Now()
	}
}

func BenchmarkNowContended(b *testing.B) {
	c := New(0.25)
	defer c.Close()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			c.Now()
		}
	})
}

func BenchmarkSleep(b *testing.B) {
	for _, speed := range []Speed{1000, Max} {
		b.Run(speed.String(), func(b *testing.B) {
			c := New(speed)
			defer c.Close()
			for b.Loop() {
				c.Sleep(b.Context(), time.Microsecond)
			}
		})
	}
}
