package lock_test

import (
	"context"
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

const (
	// soon is the longest that what has to happen at once may take: less than
	// the two seconds for which a fair lock is lost to a waiter who is dead.
	soon = 1800 * time.Millisecond

	// A waiter of acquireBySignal is woken well before its pop ends.
	longPop = "20"
	woken   = 15 * time.Second
)

func TestMain(m *testing.M) {
	redistest.Silence()
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
	for range 3000 {
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
	*try
	server *redistest.Server
	client *redis.Client

	settle  []func()       // the locks, when the try is over
	waiters sync.WaitGroup // who must have left by then
}

// verify runs the specs on the embedded and on the real Redis.
func verify(t *testing.T, specs []spec) {
	redistest.Each(t, func(t *testing.T, s *redistest.Server) {
		for _, sp := range specs {
			t.Run(sp.sentence, func(t *testing.T) {
				inTries(t, func(try *try) { sp.test(newEnv(try, s)) })
			})
		}
	})
}

func newEnv(t *try, s *redistest.Server) *env {
	t.Helper()
	e := &env{try: t, server: s}
	e.client = e.dial()
	flush := func() error { return e.client.FlushAll(context.WithoutCancel(e.ctx)).Err() }
	if err := flush(); err != nil {
		e.Fatal(err)
	}
	e.Cleanup(func() {
		flush() // ends leases that are watched
		e.waiters.Wait()
		for _, settle := range e.settle {
			settle()
		}
	})
	return e
}

// dial returns a client with a pool of its own.
func (e *env) dial() *redis.Client {
	e.Helper()
	return e.server.Client(e.T, func(o *redis.Options) { o.PoolSize, o.PoolTimeout = 10, patience })
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
	if l.HasTokens() && strconv.IntSize == 32 && !e.server.IsReal() {
		e.Skip("tokens begin with the microseconds since 1970, and the embedded server counts in an int")
	}
	e.settle = append(e.settle, l.Settle)
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
	switch n := e.client.LLen(e.ctx, "lock-signal:"+name).Val(); {
	case n < want:
		e.missed("%d signals, want %d: they are kept for a second", n, want)
	case n > want:
		e.Fatalf("%d signals, want %d", n, want)
	}
}

// A grant is the outcome of an Acquire.
type grant struct {
	lock  *lock.Lock
	lease *lock.Lease
	err   error
	at    time.Time
}

// acquire starts an Acquire and returns, once it waits or is through, where its
// outcome will come. opts are those of lock.New, for a lock on a client of its own.
func (e *env) acquire(ctx context.Context, name string, opts ...lock.Option) <-chan grant {
	e.Helper()
	return e.acquireOn(e.dial(), ctx, name, opts...)
}

// acquireBySignal is acquire for a waiter who does not look by himself: without
// a signal it gets the lock long after a second only, on however busy a machine.
func (e *env) acquireBySignal(name string, opts ...lock.Option) <-chan grant {
	e.Helper()
	client := e.server.Client(e.T, func(o *redis.Options) { o.ReadTimeout = patience })
	client.AddHook(&hook{before: func(cmd redis.Cmder) {
		if cmd.Name() == "blpop" {
			cmd.Args()[2] = longPop
		}
	}})
	return e.acquireOn(client, e.ctx, name, opts...)
}

func (e *env) acquireOn(client *redis.Client, ctx context.Context, name string, opts ...lock.Option) <-chan grant {
	e.Helper()
	waits, through := make(chan struct{}), make(chan struct{})
	var once sync.Once
	// A pop that has begun to be sent is as good as one that waits in Redis:
	// the signal is kept for it. The pause is for tests of who is first.
	client.AddHook(&hook{before: func(cmd redis.Cmder) {
		if cmd.Name() == "blpop" {
			once.Do(func() { time.AfterFunc(20*time.Millisecond, func() { close(waits) }) })
		}
	}})
	l := e.lockOn(client, name, opts...)
	granted := make(chan grant, 1)
	e.waiters.Go(func() {
		defer close(through)
		lease, err := l.Acquire(ctx)
		granted <- grant{l, lease, err, time.Now()}
	})
	select {
	case <-waits:
	case <-through:
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
		e.missed("acquired after %v, want %v at most", took, d)
	}
	return g.lease
}

// wantWoken checks that a waiter of acquireBySignal acquires the lock by a signal
// sent since then.
func (e *env) wantWoken(granted <-chan grant, since time.Time) *lock.Lease {
	e.Helper()
	g := <-granted
	if g.err != nil {
		e.Fatal(g.err)
	}
	if took := g.at.Sub(since); took > woken {
		e.Fatalf("acquired after %v: there was no signal", took)
	}
	return g.lease
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
	client, deafen := e.dialDeafTo("set\r\n$" + strconv.Itoa(len("lock:"+name)))
	deafen()
	return client
}

// dialDeafTo returns a client that loses the reply to the first request with this
// text after deafen was called, and with it the connection.
func (e *env) dialDeafTo(text string) (client *redis.Client, deafen func()) {
	var due atomic.Bool
	client = e.server.Client(e.T, func(o *redis.Options) {
		o.MaxRetries = 3
		o.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
			var d net.Dialer
			conn, err := d.DialContext(ctx, network, addr)
			return &deafConn{Conn: conn, request: text, due: &due}, err
		}
	})
	return client, func() { due.Store(true) }
}

// deafConn drops the reply to a request while that is due, and fails from then on.
type deafConn struct {
	net.Conn
	request string
	due     *atomic.Bool
	deaf    bool
	dropped bool
}

func (c *deafConn) Write(b []byte) (int, error) {
	if strings.Contains(string(b), c.request) && c.due.CompareAndSwap(true, false) {
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

// dialSilenced returns a client whose connections, those there are by then, go
// silent when silence is called: as if something on the way had forgotten them.
func (e *env) dialSilenced(change ...func(*redis.Options)) (client *redis.Client, silence func()) {
	e.Helper()
	var mu sync.Mutex
	var conns []*silentConn
	client = e.server.Client(e.T, append(change, func(o *redis.Options) {
		o.ReadTimeout = patience
		o.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
			var d net.Dialer
			conn, err := d.DialContext(ctx, network, addr)
			c := &silentConn{Conn: conn}
			mu.Lock()
			defer mu.Unlock()
			conns = append(conns, c)
			return c, err
		}
	})...)
	all := func(do func(*silentConn)) {
		mu.Lock()
		defer mu.Unlock()
		for _, c := range conns {
			do(c)
		}
	}
	e.Cleanup(func() { all(func(c *silentConn) { c.Close() }) })
	return client, func() { all(func(c *silentConn) { c.silent.Store(true) }) }
}

// silentConn swallows what is written to it once it is silent.
type silentConn struct {
	net.Conn
	silent atomic.Bool
}

func (c *silentConn) Write(b []byte) (int, error) {
	if c.silent.Load() {
		return len(b), nil
	}
	return c.Conn.Write(b)
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
