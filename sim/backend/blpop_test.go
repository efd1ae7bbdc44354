package backend

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock/redistest"
	"locktop/sim/clock"
)

// blpop waits in BLPOP and returns the element, or "" for none.
func blpop(t testing.TB, c *redis.Client, key, seconds string) string {
	reply, err := c.Do(t.Context(), "BLPOP", key, seconds).StringSlice()
	if errors.Is(err, redis.Nil) {
		return ""
	}
	if err != nil || len(reply) != 2 || reply[0] != key {
		t.Errorf("BLPOP %s: %q, %v", key, reply, err)
		return ""
	}
	return reply[1]
}

// onEach runs a test on an embedded server, and on a real one, which shows that the test asks for what Redis does.
func onEach(t *testing.T, test func(t *testing.T, s *Server)) {
	t.Run("embedded", func(t *testing.T) { test(t, open(t, "embedded", newClock(t, 1))) })
	t.Run("redis", func(t *testing.T) { test(t, open(t, redistest.Real(t).URL(), newClock(t, 1))) })
}

// lineLength tells how many clients wait for a key; on a real server, for any key.
func lineLength(s *Server, key string) int {
	if s.embedded == nil {
		n, _ := strconv.Atoi(infoField(s.Admin().Info(context.Background(), "clients").Val(), "blocked_clients"))
		return n
	}
	l := &s.embedded.lines
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.waiting[key])
}

func waitForLine(t testing.TB, s *Server, key string, length int) {
	t.Helper()
	for deadline := time.Now().Add(patience); lineLength(s, key) != length; time.Sleep(50 * time.Microsecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d clients wait for %s, want %d", lineLength(s, key), key, length)
		}
	}
}

func TestBLPOPServesFirstComeFirstServed(t *testing.T) { onEach(t, testFirstComeFirstServed) }

func testFirstComeFirstServed(t *testing.T, s *Server) {
	const clients, rounds = 64, 10
	pusher := client(t, s)
	type served struct {
		client  int
		element string
	}
	order := make(chan served, clients*rounds)
	start := make([]chan struct{}, clients)
	for i := range clients {
		c := client(t, s)
		start[i] = make(chan struct{})
		go func() {
			for range start[i] {
				order <- served{i, blpop(t, c, "list", "0")}
			}
		}()
		defer close(start[i])
	}
	shares := make([]float64, clients)
	for round := range rounds {
		queue := rand.Perm(clients)
		for i, who := range queue {
			start[who] <- struct{}{}
			waitForLine(t, s, "list", i+1)
		}
		for i, who := range queue[:clients/2] {
			element := fmt.Sprint(round, i)
			pusher.RPush(t.Context(), "list", element)
			if got := <-order; got != (served{who, element}) {
				t.Fatalf("round %d, place %d: %v was served, want client %d with %s", round, i, got, who, element)
			}
			shares[who]++
		}
		// The other half at once: each client gets the element of its place in the line.
		var elements []any
		place := map[int]string{}
		for i, who := range queue[clients/2:] {
			elements = append(elements, fmt.Sprint("all", i))
			place[who] = fmt.Sprint("all", i)
		}
		pusher.RPush(t.Context(), "list", elements...)
		for range elements {
			got := <-order
			if place[got.client] != got.element {
				t.Fatalf("round %d: client %d got %s, want %s", round, got.client, got.element, place[got.client])
			}
			shares[got.client]++
		}
	}
	if j := jain(shares); j < 0.99 {
		t.Errorf("Jain index %.3f, want at least 0.99", j)
	}
}

// jain is Jain's index of fairness: 1 if all shares are equal, 1/n if one takes all.
func jain(shares []float64) float64 {
	var sum, squares float64
	for _, x := range shares {
		sum += x
		squares += x * x
	}
	return sum * sum / (float64(len(shares)) * squares)
}

// One token goes round, as the signal of a lock does; nobody may take it twice while others wait.
func TestBLPOPIsFairUnderContention(t *testing.T) { onEach(t, testFairUnderContention) }

func testFairUnderContention(t *testing.T, s *Server) {
	const clients, rounds, tries = 64, 10, 5
	var connections [clients]*redis.Client
	for i := range connections {
		connections[i] = client(t, s)
	}
	var shares []float64
	for range tries { // a client that is slow to come back misses its turn: that is not the server's doing
		shares = make([]float64, clients)
		var taken atomic.Int64
		var wg sync.WaitGroup
		for i, c := range connections {
			wg.Go(func() {
				for blpop(t, c, "token", "0") == "token" {
					shares[i]++
					if taken.Add(1) < clients*rounds {
						c.RPush(t.Context(), "token", "token")
					} else {
						c.RPush(t.Context(), "token", make([]string, clients)) // empty ones, for all to stop
					}
				}
			})
		}
		waitForLine(t, s, "token", clients)
		s.Admin().RPush(t.Context(), "token", "token")
		wg.Wait()
		if jain(shares) >= 0.99 {
			return
		}
	}
	t.Errorf("Jain index %.3f in the last of %d tries, want at least 0.99: %v", jain(shares), tries, shares)
}

func TestBLPOPTakesWhatIsThere(t *testing.T) {
	s := open(t, "embedded", newClock(t, 1))
	c := client(t, s)
	c.RPush(t.Context(), "list", "a", "b")
	if got := blpop(t, c, "list", "0") + blpop(t, c, "list", "1"); got != "ab" {
		t.Errorf("got %q, want ab", got)
	}
	if n := c.Exists(t.Context(), "list").Val(); n != 0 {
		t.Error("an empty list is left")
	}
}

// With everybody waiting in line, whoever pushes sees the list as those who wait left it.
func TestPusherFindsTheElementTaken(t *testing.T) { onEach(t, testPusherFindsTheElementTaken) }

func testPusherFindsTheElementTaken(t *testing.T, s *Server) {
	script := `redis.call('RPUSH', KEYS[1], ARGV[1]); return redis.call('LLEN', KEYS[1])`
	for name, push := range map[string]func(ctx context.Context, c *redis.Client) error{
		"RPUSH": func(ctx context.Context, c *redis.Client) error { return c.RPush(ctx, "list", "x").Err() },
		"LPUSH": func(ctx context.Context, c *redis.Client) error { return c.LPush(ctx, "list", "x").Err() },
		"in lower case": func(ctx context.Context, c *redis.Client) error {
			return c.Do(ctx, "rpush", "list", "x").Err()
		},
		"EVAL": func(ctx context.Context, c *redis.Client) error {
			n, err := c.Eval(ctx, script, []string{"list"}, "x").Int()
			return errors.Join(err, expect("length inside the script", n, 1))
		},
		"EVALSHA": func(ctx context.Context, c *redis.Client) error {
			sha, err := c.ScriptLoad(ctx, script).Result()
			if err != nil {
				return err
			}
			n, err := c.EvalSha(ctx, sha, []string{"list"}, "x").Int()
			return errors.Join(err, expect("length inside the script", n, 1))
		},
		"MULTI and EXEC": func(ctx context.Context, c *redis.Client) error {
			var n *redis.IntCmd
			_, err := c.TxPipelined(ctx, func(p redis.Pipeliner) error {
				p.RPush(ctx, "list", "x")
				n = p.LLen(ctx, "list")
				return nil
			})
			return errors.Join(err, expect("length inside the transaction", int(n.Val()), 1))
		},
		"a pipeline": func(ctx context.Context, c *redis.Client) error {
			var n *redis.IntCmd
			_, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
				p.RPush(ctx, "list", "x")
				n = p.LLen(ctx, "list")
				return nil
			})
			return errors.Join(err, expect("length right after the push", int(n.Val()), 0))
		},
		"RENAME": func(ctx context.Context, c *redis.Client) error {
			return errors.Join(c.RPush(ctx, "other", "x").Err(), c.Rename(ctx, "other", "list").Err())
		},
		"LMOVE": func(ctx context.Context, c *redis.Client) error {
			return errors.Join(c.RPush(ctx, "other", "x").Err(), c.LMove(ctx, "other", "list", "LEFT", "RIGHT").Err())
		},
	} {
		t.Run(name, func(t *testing.T) {
			pusher, waiting := client(t, s), client(t, s)
			got := make(chan string)
			go func() { got <- blpop(t, waiting, "list", "0") }()
			waitForLine(t, s, "list", 1)
			if err := push(t.Context(), pusher); err != nil {
				t.Error(err)
			}
			if n := pusher.LLen(t.Context(), "list").Val(); n != 0 {
				t.Errorf("after the push the list has %d elements, though somebody waits", n)
			}
			if element := <-got; element != "x" {
				t.Errorf("the waiter got %q", element)
			}
		})
	}
}

func expect(what string, got, want int) error {
	if got != want {
		return fmt.Errorf("%s: %d, want %d", what, got, want)
	}
	return nil
}

func TestNewcomerQueuesBehindThoseWhoWait(t *testing.T) { onEach(t, testNewcomerQueuesBehind) }

func testNewcomerQueuesBehind(t *testing.T, s *Server) {
	pusher := client(t, s)
	first, newcomer := make(chan string, 1), make(chan string, 1)
	c1, c2 := client(t, s), client(t, s)
	for i := range 200 {
		go func() { first <- blpop(t, c1, "list", "0") }()
		waitForLine(t, s, "list", 1)
		// The newcomer asks at the moment of the push.
		go func() { newcomer <- blpop(t, c2, "list", "0") }()
		pusher.RPush(t.Context(), "list", "1")
		if got := <-first; got != "1" {
			t.Fatalf("round %d: the first got %q", i, got)
		}
		waitForLine(t, s, "list", 1)
		pusher.RPush(t.Context(), "list", "2")
		if got := <-newcomer; got != "2" {
			t.Fatalf("round %d: the newcomer got %q", i, got)
		}
	}
}

func TestTimeoutsAreExactOnTheExperimentClock(t *testing.T) {
	for _, speed := range []clock.Speed{0.25, 1, 4, clock.Max} {
		t.Run(speed.String(), func(t *testing.T) {
			bubble(t, speed, func(t *testing.T, s *Server, clk *clock.Clock) {
				var wg sync.WaitGroup
				for i, limit := range []time.Duration{time.Millisecond, 250 * time.Millisecond, 3 * time.Second, time.Minute} {
					c := client(t, s)
					wg.Go(func() {
						start := clk.Now()
						if got := blpop(t, c, "list", fmt.Sprint(limit.Seconds())); got != "" {
							t.Errorf("client %d got %q", i, got)
						}
						if took := clk.Now() - start; took != limit {
							t.Errorf("a limit of %v took %v", limit, took)
						}
					})
				}
				wg.Wait()
				if n := lineLength(s, "list"); n != 0 {
					t.Errorf("%d clients are still in line", n)
				}
			})
		})
	}
}

func TestPauseStopsTimeouts(t *testing.T) {
	bubble(t, 1, func(t *testing.T, s *Server, clk *clock.Clock) {
		c := client(t, s)
		ended := make(chan string, 1)
		go func() { ended <- blpop(t, c, "list", "1") }()
		time.Sleep(500 * time.Millisecond)
		clk.Pause()
		time.Sleep(time.Hour)
		synctest.Wait()
		if len(ended) != 0 {
			t.Error("BLPOP timed out during the pause")
		}
		clk.Resume()
		time.Sleep(499 * time.Millisecond)
		synctest.Wait()
		if len(ended) != 0 {
			t.Error("BLPOP timed out too early")
		}
		time.Sleep(time.Millisecond)
		if got := <-ended; got != "" {
			t.Errorf("got %q", got)
		}
	})
}

func TestZeroMeansNoTimeout(t *testing.T) {
	bubble(t, 1, func(t *testing.T, s *Server, _ *clock.Clock) {
		c := client(t, s)
		got := make(chan string)
		go func() { got <- blpop(t, c, "list", "0") }()
		time.Sleep(10 * time.Hour)
		s.Admin().RPush(t.Context(), "list", "x")
		if element := <-got; element != "x" {
			t.Errorf("got %q", element)
		}
	})
}

func TestWhatBLPOPRefuses(t *testing.T) {
	s := open(t, "embedded", newClock(t, 1))
	c := client(t, s)
	c.Set(t.Context(), "string", "1", 0)
	for _, tc := range []struct {
		args []any
		want string
	}{
		{[]any{"BLPOP"}, "wrong number of arguments"},
		{[]any{"BLPOP", "list"}, "wrong number of arguments"},
		{[]any{"BLPOP", "list", "-1"}, "timeout is negative"},
		{[]any{"BLPOP", "list", "soon"}, "timeout is not a float"},
		{[]any{"BLPOP", "list", "inf"}, "timeout is out of range"},
		{[]any{"BLPOP", "string", "0"}, "WRONGTYPE"},
		{[]any{"RPUSH"}, "wrong number of arguments"},
		{[]any{"MULTI", "x"}, "wrong number of arguments"},
		{[]any{"EXEC"}, "EXEC without MULTI"},
		{[]any{connected, "1"}, "unknown command"},
	} {
		if err := c.Do(t.Context(), tc.args...).Err(); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%v: %v, want %q", tc.args, err, tc.want)
		}
	}
	if n := lineLength(s, "string"); n != 0 {
		t.Error("a refused client stands in line")
	}
}

func TestBLPOPInATransactionDoesNotBlock(t *testing.T) { onEach(t, testBLPOPInATransaction) }

func testBLPOPInATransaction(t *testing.T, s *Server) {
	c := client(t, s)
	for _, list := range [][]any{nil, {"x"}} {
		var pop *redis.Cmd
		c.TxPipelined(t.Context(), func(p redis.Pipeliner) error {
			if list != nil {
				p.RPush(t.Context(), "list", list...)
			}
			pop = p.Do(t.Context(), "BLPOP", "list", "0")
			return nil
		})
		got, err := pop.StringSlice()
		if list == nil && !errors.Is(err, redis.Nil) || list != nil && (err != nil || got[1] != "x") {
			t.Errorf("BLPOP of %v: %q, %v", list, got, err)
		}
	}
	// Afterwards it does, whether the transaction was carried out or not.
	for _, end := range []string{"EXEC", "DISCARD"} {
		conn := c.Conn()
		conn.Do(t.Context(), "MULTI")
		conn.Do(t.Context(), end)
		conn.Close()
		got := make(chan string)
		go func() { got <- blpop(t, c, "list", "0") }()
		waitForLine(t, s, "list", 1)
		s.Admin().RPush(t.Context(), "list", "x")
		if element := <-got; element != "x" {
			t.Errorf("after %s: %q", end, element)
		}
	}
}

// rawClient is a connection without go-redis, which would hide what was read before it was closed.
type rawClient struct{ net.Conn }

func dialRaw(t *testing.T, s *Server) *rawClient {
	t.Helper()
	conn, err := s.Options().Dialer(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &rawClient{conn}
}

func (c *rawClient) send(args ...string) {
	fmt.Fprintf(c, "*%d\r\n", len(args))
	for _, a := range args {
		fmt.Fprintf(c, "$%d\r\n%s\r\n", len(a), a)
	}
}

func TestDisconnectOfTheHeadPassesItsTurn(t *testing.T) {
	s := open(t, "embedded", newClock(t, 1))
	pusher, second := client(t, s), client(t, s)
	got := make(chan string)
	for i := range 200 {
		head := dialRaw(t, s)
		head.send("BLPOP", "list", "0")
		waitForLine(t, s, "list", 1)
		go func() { got <- blpop(t, second, "list", "0") }()
		waitForLine(t, s, "list", 2)
		head.Close()
		if n := lineLength(s, "list"); n != 1 {
			t.Fatalf("round %d: %d in line after the head has hung up", i, n)
		}
		pusher.RPush(t.Context(), "list", "x")
		if element := <-got; element != "x" {
			t.Fatalf("round %d: the second in line got %q", i, element)
		}
	}
}

func TestDisconnectInMidLine(t *testing.T) {
	s := open(t, "embedded", newClock(t, 1))
	var line []*rawClient
	for i := range 3 {
		c := dialRaw(t, s)
		c.send("BLPOP", "list", "0")
		waitForLine(t, s, "list", i+1)
		line = append(line, c)
	}
	line[1].Close()
	s.Admin().RPush(t.Context(), "list", "1", "2")
	for _, i := range []int{0, 2} {
		if got := readSome(line[i]); !strings.Contains(got, fmt.Sprint(1+i/2)) {
			t.Errorf("client %d read %q", i, got)
		}
	}
}

func readSome(c net.Conn) string {
	b := make([]byte, 100)
	n, _ := c.Read(b)
	return string(b[:n])
}

// The head hangs up at the moment of a push: either it was given the element before, or the next in line is.
func TestElementOutlivesADisconnect(t *testing.T) {
	s := open(t, "embedded", newClock(t, 1))
	pusher, second := client(t, s), client(t, s)
	got := make(chan string)
	outcomes := map[string]int{}
	for i := range 2000 {
		head := dialRaw(t, s)
		head.send("BLPOP", "list", "0")
		waitForLine(t, s, "list", 1)
		go func() { got <- blpop(t, second, "list", "0") }()
		waitForLine(t, s, "list", 2)

		var wg sync.WaitGroup
		wg.Go(func() { pusher.RPush(t.Context(), "list", "x") })
		wg.Go(func() {
			for range i % 50 * 20 { // from well before the push to well after it
				head.LocalAddr()
			}
			s.embedded.lines.hangUp(head.Conn.(*conn)) // the first half of Close: what was given can still be read
		})
		wg.Wait()
		select {
		case element := <-got:
			if element != "x" {
				t.Fatalf("round %d: the second in line got %q", i, element)
			}
			outcomes["passed on"]++
		case <-delivered(head):
			outcomes["delivered"]++
			pusher.RPush(t.Context(), "list", "y")
			if element := <-got; element != "y" {
				t.Fatalf("round %d: the element was given twice", i)
			}
		case <-time.After(patience):
			t.Fatalf("round %d: the element is lost", i)
		}
		head.Close()
	}
	t.Logf("outcomes: %v", outcomes)
}

// delivered is closed when something can be read.
func delivered(c net.Conn) <-chan struct{} {
	ch := make(chan struct{})
	go func() {
		if readSome(c) != "" {
			close(ch)
		}
	}()
	return ch
}

// The head times out at the moment of a push: either it gets the element, or the element stays.
func TestElementOutlivesATimeout(t *testing.T) {
	s := open(t, "embedded", newClock(t, 1))
	pusher, c := client(t, s), client(t, s)
	outcomes := map[string]int{}
	for i := range 1000 {
		got := make(chan string)
		go func() { got <- blpop(t, c, "list", "0.002") }()
		time.Sleep(time.Duration(1900+i%20*10) * time.Microsecond)
		pusher.RPush(t.Context(), "list", "x")
		element := <-got
		left := pusher.LPop(t.Context(), "list").Val()
		if element+left != "x" {
			t.Fatalf("round %d: the client got %q, the list has %q", i, element, left)
		}
		outcomes["got "+element]++
	}
	t.Logf("outcomes: %v", outcomes)
}

func TestClosedConnectionGetsNoElement(t *testing.T) {
	s := open(t, "embedded", newClock(t, 1))
	c := dialRaw(t, s)
	c.send("BLPOP", "list", "0")
	c.Close() // perhaps before the server has read the command
	s.Admin().RPush(t.Context(), "list", "x")
	if n := s.Admin().LLen(t.Context(), "list").Val(); n != 1 {
		t.Error("an element was given to a closed connection")
	}
	if _, err := io.ReadAll(c); !errors.Is(err, net.ErrClosed) {
		t.Errorf("reading a closed connection: %v", err)
	}
}

func TestServerForgetsClosedConnections(t *testing.T) {
	s := open(t, "embedded", newClock(t, 1))
	for range 100 {
		c := redis.NewClient(s.Options())
		c.Ping(t.Context())
		c.Close()
	}
	known := func() (n int) {
		s.embedded.peers.Range(func(any, any) bool { n++; return true })
		s.embedded.arriving.Range(func(any, any) bool { n++; return true })
		return n
	}
	for deadline := time.Now().Add(patience); known() != 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d closed connections are still known", known())
		}
	}
}
