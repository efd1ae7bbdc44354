package backend

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"locktop/sim/clock"
)

// bubble runs a test of an embedded server in virtual real time.
func bubble(t *testing.T, speed clock.Speed, test func(t *testing.T, s *Server, clk *clock.Clock)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		clk := clock.New(speed)
		defer clk.Close()
		s, err := Source{}.Open(t.Context(), clk, "run", 1)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close(context.Background())
		test(t, s, clk)
	})
}

func TestTimeToLiveFollowsTheExperimentClock(t *testing.T) {
	bubble(t, 0.25, func(t *testing.T, s *Server, clk *clock.Clock) {
		c := client(t, s)
		set := func() { c.Set(t.Context(), "lock", "1", 100*time.Millisecond) }
		wantTTL := func(when string, want time.Duration) {
			t.Helper()
			if got := c.PTTL(t.Context(), "lock").Val(); got != want {
				t.Errorf("%s: time to live %v, want %v", when, got, want)
			}
		}
		const gone = -2

		set()
		wantTTL("at once", 100*time.Millisecond)
		time.Sleep(200 * time.Millisecond)
		wantTTL("after 200 ms at a quarter of the speed", 50*time.Millisecond)

		clk.Pause()
		time.Sleep(time.Hour)
		wantTTL("after an hour of pause", 50*time.Millisecond)
		clk.Resume()

		clk.SetSpeed(2)
		time.Sleep(24 * time.Millisecond)
		wantTTL("2 ms before the end", 2*time.Millisecond)
		time.Sleep(time.Millisecond)
		wantTTL("at the end", gone)

		clk.SetSpeed(clock.Max)
		set()
		time.Sleep(99 * time.Millisecond)
		wantTTL("at max, in real time", time.Millisecond)
		time.Sleep(time.Millisecond)
		wantTTL("at max, in the end", gone)
	})
}

func TestServerTimeIsExperimentTime(t *testing.T) {
	bubble(t, 4, func(t *testing.T, s *Server, _ *clock.Clock) {
		c := client(t, s)
		before := c.Time(t.Context()).Val()
		time.Sleep(time.Second)
		if passed := c.Time(t.Context()).Val().Sub(before); passed != 4*time.Second {
			t.Errorf("TIME went on by %v in 4 s of experiment", passed)
		}
	})
}

func TestTickWithoutACommand(t *testing.T) {
	bubble(t, 1, func(t *testing.T, s *Server, _ *clock.Clock) {
		client(t, s).Set(t.Context(), "lock", "1", 100*time.Millisecond)
		time.Sleep(100 * time.Millisecond)
		if !s.embedded.m.Exists("lock") {
			t.Error("the server knows the time without being told")
		}
		s.Tick()
		if s.embedded.m.Exists("lock") {
			t.Error("after Tick the key should have expired")
		}
	})
}

func BenchmarkTick(b *testing.B) {
	s := open(b, "embedded", newClock(b, 1))
	for b.Loop() {
		s.Tick()
	}
}
