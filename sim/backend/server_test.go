package backend

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/sim/clock"
)

// client connects a simulated client.
func client(t testing.TB, s *Server) *redis.Client {
	t.Helper()
	c := redis.NewClient(patient(s.Options()))
	t.Cleanup(func() { c.Close() })
	if err := c.Ping(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	return c
}

// patient gives a real Redis as long as a test waits, or a BLPOP that is to wait would not for long.
func patient(opt *redis.Options) *redis.Options {
	if opt.ReadTimeout > 0 {
		opt.DialTimeout, opt.ReadTimeout, opt.WriteTimeout = patience, patience, patience
	}
	return opt
}

// checkServer holds for every kind of server.
func checkServer(t *testing.T, s *Server) {
	t.Helper()
	ctx := t.Context()
	if s.Prefix() != "locktop:run:1:" {
		t.Errorf("prefix %q", s.Prefix())
	}
	key := s.Prefix() + "key"

	var dials int
	opt := patient(s.Options())
	dial := opt.Dialer
	if dial == nil {
		dial = opt.NewDialer()
	}
	opt.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
		dials++
		return dial(ctx, network, addr)
	}
	c := redis.NewClient(opt)
	defer c.Close()
	if got, err := c.Do(ctx, "SET", key, "1", "PX", patience.Milliseconds(), "GET").Result(); !errors.Is(err, redis.Nil) {
		t.Errorf("SET of a new key with PX and GET: %v, %v, want nil", got, err)
	}
	if got, err := c.Do(ctx, "SET", key, "2", "PX", patience.Milliseconds(), "GET").Result(); got != "1" {
		t.Errorf("SET with PX and GET: %v, %v, want the old value 1", got, err)
	}
	if ttl := c.PTTL(ctx, key).Val(); ttl <= 0 || ttl > patience {
		t.Errorf("time to live %v, want up to %v", ttl, patience)
	}
	long := strings.Repeat("long", 10*bufferSize)
	if err := c.Set(ctx, key, long, 0).Err(); err != nil {
		t.Error(err)
	}
	if got := c.Get(ctx, key).Val(); got != long {
		t.Errorf("a value of %d bytes came back with %d", len(long), len(got))
	}
	// So long a pipeline, with replies as long, that neither side can take it all in before it must be read from.
	if cmds, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
		for range 500 {
			p.Set(ctx, key, long, 0)
			p.Get(ctx, key)
		}
		return nil
	}); err != nil || len(cmds) != 1000 {
		t.Errorf("pipeline: %d replies, %v", len(cmds), err)
	}
	if dials != 1 {
		t.Errorf("one client has made %d connections", dials)
	}

	var keys []string
	for i := range 2*unlinkBatch + 1 {
		keys = append(keys, fmt.Sprint(s.Prefix(), i))
	}
	if err := s.Admin().MSet(ctx, append([]string{"other", "1"}, pairs(keys)...)).Err(); err != nil {
		t.Fatal(err)
	}
	if err := s.DeleteKeys(ctx, append(keys, key, "missing")...); err != nil {
		t.Error(err)
	}
	if left := s.Admin().Keys(ctx, "*").Val(); len(left) != 1 || left[0] != "other" {
		t.Errorf("keys left after deletion: %q, want only the one that was not named", left)
	}
	if err := s.DeleteKeys(ctx); err != nil {
		t.Errorf("deleting nothing: %v", err)
	}
}

func pairs(keys []string) (kv []string) {
	for _, k := range keys {
		kv = append(kv, k, "1")
	}
	return kv
}

func TestOpenEmbedded(t *testing.T) {
	s := open(t, "embedded", newClock(t, 1))
	if s.Kind() != "embedded" || s.Label() != "embedded" || !s.FollowsClock() || !strings.HasPrefix(s.Version(), "miniredis") {
		t.Errorf("kind %q, label %q, follows the clock: %v, version %q", s.Kind(), s.Label(), s.FollowsClock(), s.Version())
	}
	checkServer(t, s)
}

func TestLanesOfEmbeddedAreServersOfTheirOwn(t *testing.T) {
	clk := newClock(t, 1)
	a, b := open(t, "embedded", clk), open(t, "embedded", clk)
	a.Admin().Set(t.Context(), "key", "1", 0)
	if n := b.Admin().Exists(t.Context(), "key").Val(); n != 0 {
		t.Error("a key of one lane is in the other")
	}
}

func TestThousandsOfConnections(t *testing.T) {
	s := open(t, "embedded", newClock(t, 1))
	for range 3000 {
		client(t, s)
	}
}

func TestOptionsAreFresh(t *testing.T) {
	s := open(t, "embedded", newClock(t, 1))
	s.Options().PoolSize = 77
	s.Options().MaintNotificationsConfig.Mode = "enabled"
	if opt := s.Options(); opt.PoolSize != 1 || opt.MaintNotificationsConfig.Mode != "disabled" {
		t.Errorf("a change to old options shows in new ones: %d, %s", opt.PoolSize, opt.MaintNotificationsConfig.Mode)
	}
}

func TestContextsEndCommands(t *testing.T) {
	s := open(t, "embedded", newClock(t, 1))
	c := client(t, s)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := c.Do(ctx, "BLPOP", "list", "0").Err(); !errors.Is(err, context.DeadlineExceeded) && !isTimeout(err) {
		t.Errorf("BLPOP with a deadline: %v", err)
	}
	waitForLine(t, s, "list", 0)
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

func TestCloseEmbedded(t *testing.T) {
	bubble(t, 1, func(t *testing.T, s *Server, _ *clock.Clock) {
		ended := make(chan error)
		const blocked = 64
		for i := range blocked {
			c := client(t, s)
			args := []any{"BLPOP", "list", "0"}
			if i%8 == 0 {
				args = []any{"BLPOP", "one", "two", "0"} // left to miniredis
			}
			go func() { ended <- c.Do(t.Context(), args...).Err() }()
		}
		synctest.Wait()
		if n := lineLength(s, "list"); n != blocked*7/8 {
			t.Fatalf("%d clients wait in line, want %d", n, blocked*7/8)
		}
		start := time.Now()
		for range 2 {
			if err := s.Close(t.Context()); err != nil {
				t.Errorf("Close: %v", err)
			}
		}
		for range blocked {
			if err := <-ended; err == nil || errors.Is(err, redis.Nil) {
				t.Errorf("BLPOP on a server that closes: %v, want the connection to be lost", err)
			}
		}
		if took := time.Since(start); took > 0 {
			t.Errorf("closing took %v", took)
		}
		if conn, err := s.Options().Dialer(t.Context(), "", ""); err == nil {
			conn.Close()
			t.Error("a closed server takes a connection")
		}
	})
}

func TestCloseHeedsItsContext(t *testing.T) {
	s := open(t, "embedded", newClock(t, 1))
	s.embedded.m.Lock() // miniredis cannot close now
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := s.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Close: %v, want deadline exceeded", err)
	}
	s.embedded.m.Unlock()
	if err := s.Close(t.Context()); err != nil {
		t.Errorf("Close once more: %v", err)
	}
}
