package lock_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
	"locktop/lock/redistest"
)

// soon is the longest a waiter may take to notice a signal. It is generous, for
// the machine may be busy, but below the second after which one looks by itself.
const soon = 800 * time.Millisecond

func TestMain(m *testing.M) {
	code := m.Run()
	if leak := leakedGoroutines(); code == 0 && leak != "" {
		fmt.Fprintf(os.Stderr, "goroutines left behind:\n%s\n", leak)
		code = 1
	}
	os.Exit(code)
}

// leakedGoroutines returns the stacks that are still inside the lock after
// every blocking pop must have ended.
func leakedGoroutines() string {
	var leaked []string
	for range 300 {
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		leaked = slices.DeleteFunc(strings.Split(string(stacks), "\n\n"), func(stack string) bool {
			return !strings.Contains(stack, "lock.(*Lock)") && !strings.Contains(stack, "lock.(*hub)")
		})
		if len(leaked) == 0 {
			return ""
		}
		time.Sleep(10 * time.Millisecond)
	}
	return strings.Join(leaked, "\n\n")
}

// A spec is a sentence about the lock and the test of it.
type spec struct {
	sentence string
	test     func(e *env)
}

// env is what a spec runs in: an empty Redis and a client.
type env struct {
	*testing.T
	ctx    context.Context
	server *redistest.Server
	client *redis.Client
}

// verify runs the specs on the embedded and on the real Redis.
func verify(t *testing.T, specs []spec) {
	redistest.Each(t, func(t *testing.T, s *redistest.Server) {
		for _, sp := range specs {
			t.Run(sp.sentence, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				defer cancel()
				e := &env{T: t, ctx: ctx, server: s}
				e.client = e.dial()
				if err := e.client.FlushAll(ctx).Err(); err != nil {
					t.Fatal(err)
				}
				sp.test(e)
			})
		}
	})
}

// dial returns a client with a pool of its own.
func (e *env) dial() *redis.Client {
	e.Helper()
	return e.server.Client(e.T, func(o *redis.Options) { o.PoolSize = 10 })
}

// lock returns a lock on the env's client.
func (e *env) lock(name string, opts ...lock.Option) *lock.Lock {
	e.Helper()
	return e.lockOn(e.client, name, opts...)
}

func (e *env) lockOn(client redis.UniversalClient, name string, opts ...lock.Option) *lock.Lock {
	e.Helper()
	l, err := lock.New(client, name, opts...)
	if err != nil {
		e.Fatal(err)
	}
	e.Cleanup(l.Settle)
	return l
}

// take takes a lock that must be free.
func (e *env) take(l *lock.Lock) *lock.Lease {
	e.Helper()
	lease, err := l.TryAcquire(e.ctx)
	if err != nil {
		e.Fatal(err)
	}
	return lease
}

func (e *env) release(lease *lock.Lease) {
	e.Helper()
	if err := lease.Release(e.ctx); err != nil {
		e.Fatal(err)
	}
}

func (e *env) wantErr(err, want error) {
	e.Helper()
	if !errors.Is(err, want) {
		e.Fatalf("got error %v, want %v", err, want)
	}
}

// wantLocked checks both what the lock says and what is in Redis.
func (e *env) wantLocked(l *lock.Lock, want bool) {
	e.Helper()
	locked, err := l.Locked(e.ctx)
	if err != nil {
		e.Fatal(err)
	}
	if n := e.client.Exists(e.ctx, "lock:"+l.Name()).Val(); locked != want || (n == 1) != want {
		e.Fatalf("Locked() = %v with %d keys, want %v", locked, n, want)
	}
}

// wantSignals checks the length of the lock's signal list.
func (e *env) wantSignals(name string, want int64) {
	e.Helper()
	if n := e.client.LLen(e.ctx, "lock-signal:"+name).Val(); n != want {
		e.Fatalf("%d signals, want %d", n, want)
	}
}

// A grant is the outcome of an Acquire.
type grant struct {
	lease *lock.Lease
	err   error
	at    time.Time
}

// acquire starts an Acquire and returns, once it waits, where its outcome will
// come. opts are those of lock.New, for a lock on a client of its own.
func (e *env) acquire(ctx context.Context, name string, opts ...lock.Option) <-chan grant {
	e.Helper()
	waits := make(chan struct{})
	var once sync.Once
	client := e.dial()
	// A pop that has begun to be sent is as good as one that waits in Redis:
	// the signal is kept for it. The pause is for tests of who is first.
	client.AddHook(&hook{before: func(cmd redis.Cmder) {
		if cmd.Name() == "blpop" {
			once.Do(func() { time.AfterFunc(20*time.Millisecond, func() { close(waits) }) })
		}
	}})
	l := e.lockOn(client, name, opts...)
	granted := make(chan grant, 1)
	go func() {
		lease, err := l.Acquire(ctx)
		granted <- grant{lease, err, time.Now()}
	}()
	select {
	case <-waits:
	case <-e.ctx.Done():
		e.Fatal("Acquire did not begin to wait")
	}
	return granted
}

// wantGrant checks that the lock is acquired no later than d after since.
func (e *env) wantGrant(granted <-chan grant, since time.Time, d time.Duration) *lock.Lease {
	e.Helper()
	g := <-granted
	if g.err != nil {
		e.Fatal(g.err)
	}
	if took := g.at.Sub(since); took > d {
		e.Fatalf("acquired after %v, want %v at most", took, d)
	}
	return g.lease
}

// wantPrompt checks that leave, which returns how late a call came back after
// its context had ended, can do so within 50 ms. It may try three times, for
// the machine may be busy.
func (e *env) wantPrompt(leave func() time.Duration) {
	e.Helper()
	var late time.Duration
	for range 3 {
		if late = leave(); 0 <= late && late <= 50*time.Millisecond {
			return
		}
	}
	e.Errorf("returned %v after its context had ended", late)
}

// A hook sees each command before it is sent, and may replace what is sent.
type hook struct {
	before  func(redis.Cmder)
	process func(ctx context.Context, cmd redis.Cmder, next redis.ProcessHook) error
}

func (h *hook) DialHook(next redis.DialHook) redis.DialHook { return next }

func (h *hook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (h *hook) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if h.before != nil {
			h.before(cmd)
		}
		if h.process != nil {
			return h.process(ctx, cmd, next)
		}
		return next(ctx, cmd)
	}
}

// commands records the names of the commands a client sends from now on.
func commands(client *redis.Client) (names func() string) {
	var mu sync.Mutex
	var sent []string
	client.AddHook(&hook{before: func(cmd redis.Cmder) {
		mu.Lock()
		defer mu.Unlock()
		sent = append(sent, cmd.Name())
	}})
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		return strings.Join(sent, " ")
	}
}

// dialDeaf returns a client that loses the reply to its first SET of the lock,
// and with it the connection.
func (e *env) dialDeaf(name string) *redis.Client {
	var lost atomic.Bool
	return e.server.Client(e.T, func(o *redis.Options) {
		o.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
			var d net.Dialer
			conn, err := d.DialContext(ctx, network, addr)
			return &deafConn{Conn: conn, request: "set\r\n$" + strconv.Itoa(len("lock:"+name)), lost: &lost}, err
		}
	})
}

// deafConn drops the reply to the first request, and fails from then on.
type deafConn struct {
	net.Conn
	request string
	lost    *atomic.Bool
	deaf    bool
	dropped bool
}

func (c *deafConn) Write(b []byte) (int, error) {
	if strings.Contains(string(b), c.request) && c.lost.CompareAndSwap(false, true) {
		c.deaf = true
	}
	return c.Conn.Write(b)
}

func (c *deafConn) Read(b []byte) (int, error) {
	if !c.deaf {
		return c.Conn.Read(b)
	}
	if !c.dropped {
		c.dropped = true
		c.Conn.Read(b) // so that the server has done what was asked
	}
	return 0, io.EOF
}

// must is for a lease that has to be had.
func (e *env) must(lease *lock.Lease, err error) *lock.Lease {
	e.Helper()
	if err != nil {
		e.Fatal(err)
	}
	return lease
}

func contains(err error, text string) bool { return err != nil && strings.Contains(err.Error(), text) }
