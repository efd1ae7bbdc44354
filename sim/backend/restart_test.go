//go:build unix

package backend

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock/redistest"
	"locktop/sim/clock"
)

// onOurs runs a test on each kind of server that can be restarted.
func onOurs(t *testing.T, test func(t *testing.T, s *Server)) {
	t.Run("embedded", func(t *testing.T) { test(t, open(t, "embedded", newClock(t, 1))) })
	t.Run("spawn", func(t *testing.T) {
		redistest.Real(t) // or skip
		test(t, open(t, "spawn", newClock(t, 1)))
	})
}

func TestRestartLosesEverythingButTheAddress(t *testing.T) { onOurs(t, testRestart) }

func testRestart(t *testing.T, s *Server) {
	ctx := t.Context()
	script := redis.NewScript("return 'done'")
	for round := range 5 {
		c := client(t, s)
		c.Set(ctx, "key", "1", 0)
		if err := script.Load(ctx, c).Err(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error)
		const blocked = 8
		for range blocked {
			waiting := client(t, s)
			go func() { ended <- waiting.Do(ctx, "BLPOP", "list", "0").Err() }()
		}
		subscription := client(t, s).Subscribe(ctx, "channel")
		defer subscription.Close()
		if _, err := subscription.Receive(ctx); err != nil {
			t.Fatal(err)
		}
		waitForLine(t, s, "list", blocked)

		if err := s.Restart(ctx); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		for range blocked {
			if err := <-ended; err == nil || errors.Is(err, redis.Nil) {
				t.Errorf("BLPOP on a server that is restarted: %v, want the connection to be lost", err)
			}
		}
		if _, err := subscription.ReceiveTimeout(ctx, patience); err == nil || isTimeout(err) {
			t.Errorf("subscriber: %v, want the connection to be lost", err)
		}
		fresh := client(t, s)
		if n, err := fresh.DBSize(ctx).Result(); n != 0 || err != nil {
			t.Errorf("round %d: %d keys, %v, want none", round, n, err)
		}
		if err := script.EvalSha(ctx, fresh, nil).Err(); err == nil || !strings.HasPrefix(err.Error(), "NOSCRIPT") {
			t.Errorf("a script of before the restart: %v, want NOSCRIPT", err)
		}
		if err := s.Admin().Ping(ctx).Err(); err != nil {
			t.Errorf("the admin client: %v", err)
		}
		if err := eventually(func() error { return c.Ping(ctx).Err() }); err != nil {
			t.Errorf("a client of before the restart does not connect again: %v", err)
		}
		// As good as new: the list is served.
		got := make(chan string)
		go func() { got <- blpop(t, fresh, "list", "0") }()
		waitForLine(t, s, "list", 1)
		s.Admin().RPush(ctx, "list", "x")
		if element := <-got; element != "x" {
			t.Errorf("BLPOP after a restart: %q", element)
		}
	}
}

// eventually tries until there is no error, or patience runs out.
func eventually(try func() error) error {
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		if err := try(); err == nil || time.Now().After(deadline) {
			return err
		}
	}
}

func TestRestartedServerKeepsTheTime(t *testing.T) {
	bubble(t, 1, func(t *testing.T, s *Server, clk *clock.Clock) {
		clk.Sleep(t.Context(), 90*time.Minute)
		if err := s.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		c := client(t, s)
		if now, want := c.Time(t.Context()).Val(), Epoch.Add(90*time.Minute); !now.Equal(want) {
			t.Errorf("it is %v, want %v", now.UTC(), want)
		}
		c.Set(t.Context(), "key", "1", time.Second)
		clk.Sleep(t.Context(), time.Second-time.Millisecond)
		if n := c.Exists(t.Context(), "key").Val(); n != 1 {
			t.Error("the key expired early")
		}
		clk.Sleep(t.Context(), time.Millisecond)
		if n := c.Exists(t.Context(), "key").Val(); n != 0 {
			t.Error("the key has not expired")
		}
	})
}

func TestRestartUnderLoad(t *testing.T) { onOurs(t, testRestartUnderLoad) }

func testRestartUnderLoad(t *testing.T, s *Server) {
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			c := redis.NewClient(s.Options())
			defer c.Close()
			for {
				select {
				case <-stop:
					return
				default:
				}
				c.RPush(t.Context(), "list", "x")
				c.Do(t.Context(), "BLPOP", "list", "0.01")
				c.Eval(t.Context(), "return redis.call('INCR', 'n')", nil)
				s.Tick()
			}
		})
	}
	for range 20 {
		if err := s.Restart(t.Context()); err != nil {
			t.Error(err)
		}
	}
	// To close while it restarts is no different.
	wg.Go(func() { s.Restart(t.Context()) })
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	close(stop)
	wg.Wait()
	if err := s.Restart(t.Context()); err == nil {
		t.Error("a closed server was restarted")
	}
}

func TestRestartsLeaveNothing(t *testing.T) {
	redistest.Real(t)
	dir := emptyTemp(t)
	s := open(t, "spawn", newClock(t, 1))
	for range 20 {
		if err := s.Restart(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	nothingLeft(t, dir)
}

func TestServerAtAURLIsNotRestarted(t *testing.T) {
	s := open(t, redistest.Real(t).URL(), newClock(t, 1))
	s.Admin().Set(t.Context(), "key", "1", 0)
	if err := s.Restart(t.Context()); !errors.Is(err, ErrNotOurs) {
		t.Errorf("Restart: %v, want ErrNotOurs", err)
	}
	if got := s.Admin().Get(t.Context(), "key").Val(); got != "1" {
		t.Errorf("the key is %q", got)
	}
}
