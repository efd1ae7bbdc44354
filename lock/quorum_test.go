package lock_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"locktop/lock"
	"locktop/lock/redistest"
)

// unhurried is a node timeout for tests that are not about it: the machine may
// be busy.
const unhurried = time.Minute

// A quorumSpec is a sentence about the quorum and the test of it.
type quorumSpec struct {
	sentence string
	test     func(e *quorumEnv)
}

// quorumEnv is what a quorumSpec runs in: empty nodes and a client for each.
type quorumEnv struct {
	*try
	servers []*redistest.Server
	clients []*redis.Client // to look into the nodes
	quorums []*lock.Quorum  // to settle when the try is over
}

// verifyQuorum runs the specs on embedded and on real nodes.
func verifyQuorum(t *testing.T, specs []quorumSpec) {
	for _, nodes := range []struct {
		sentence string
		start    func(testing.TB) *redistest.Server
		n        int
	}{
		{"3 embedded", redistest.Embedded, 3},
		{"5 embedded", redistest.Embedded, 5},
		{"3 redis", redistest.Real, 3},
	} {
		t.Run(nodes.sentence, func(t *testing.T) {
			servers := make([]*redistest.Server, nodes.n)
			for i := range servers {
				servers[i] = nodes.start(t)
			}
			for _, sp := range specs {
				t.Run(sp.sentence, func(t *testing.T) {
					inTries(t, func(try *try) {
						e := &quorumEnv{try: try, servers: servers}
						for _, s := range servers {
							e.clients = append(e.clients, s.Client(t))
						}
						e.forget(len(servers))
						e.Cleanup(func() {
							e.forget(len(servers)) // ends leases that are watched
							for _, q := range e.quorums {
								q.Settle()
							}
						})
						sp.test(e)
					})
				})
			}
		})
	}
}

// minority is as many nodes as can be lost.
func (e *quorumEnv) minority() int { return (len(e.clients) - 1) / 2 }

// majority is as many nodes as it takes.
func (e *quorumEnv) majority() int { return len(e.clients)/2 + 1 }

// dial returns new clients to all nodes.
func (e *quorumEnv) dial() []redis.UniversalClient {
	e.Helper()
	var clients []redis.UniversalClient
	for _, s := range e.servers {
		clients = append(clients, s.Client(e.T))
	}
	return clients
}

// hooked returns new clients, each with the hook that f returns for its node.
func (e *quorumEnv) hooked(f func(node int) *hook) []redis.UniversalClient {
	e.Helper()
	clients := e.dial()
	for i, client := range clients {
		client.AddHook(f(i))
	}
	return clients
}

// on returns a quorum over these clients, of a lease of ten minutes unless
// there is an option that says otherwise.
func (e *quorumEnv) on(clients []redis.UniversalClient, opts ...lock.QuorumOption) *lock.Quorum {
	e.Helper()
	opts = append([]lock.QuorumOption{lock.WithQuorumLease(10 * time.Minute)}, opts...)
	q, err := lock.NewQuorum(clients, "average", opts...)
	if err != nil {
		e.Fatal(err)
	}
	e.quorums = append(e.quorums, q)
	return q
}

// quorum returns a quorum over new clients whose nodes may take their time.
func (e *quorumEnv) quorum() *lock.Quorum {
	e.Helper()
	return e.on(e.dial(), lock.WithNodeTimeout(unhurried))
}

func (e *quorumEnv) take(q *lock.Quorum) *lock.QuorumLease {
	e.Helper()
	lease, err := q.TryAcquire(e.ctx)
	e.answered(err)
	e.wantErr(err, nil)
	return lease
}

// answered is for what nodes are given a time for.
func (e *quorumEnv) answered(err error) {
	e.Helper()
	if errors.Is(err, lock.ErrNoQuorum) {
		e.missed("too late: %v", err)
	}
}

func (e *quorumEnv) release(lease *lock.QuorumLease) {
	e.Helper()
	err := lease.Release(e.ctx)
	e.answered(err)
	e.wantErr(err, nil)
}

// wantLost checks that a lease is over for this reason.
func (e *quorumEnv) wantLost(lease *lock.QuorumLease, want error) {
	e.Helper()
	select {
	case <-lease.Lost():
	case <-e.ctx.Done():
		e.Fatal("the lease was never lost")
	}
	switch err := lease.Err(); {
	case err == lock.ErrExpired || err == lock.ErrNotHeld && want == lock.ErrExpired:
		if err != want { // it had no time, or too much of it
			e.missed("Err() = %v, want %v", err, want)
		}
	case err != want:
		e.Errorf("Err() = %v, want %v", err, want)
	}
	if v := lease.Validity(); v != 0 {
		e.Errorf("valid for another %v", v)
	}
}

// wantFree checks, once all is settled, that no node has the lock.
func (e *quorumEnv) wantFree(q *lock.Quorum) {
	e.Helper()
	q.Settle()
	for i, client := range e.clients {
		if owner := client.Get(e.ctx, "lock:average").Val(); owner != "" {
			e.Errorf("node %d is still held by %s", i, owner)
		}
	}
}

// held counts the nodes on which id has the lock.
func (e *quorumEnv) held(id string) (n int) {
	for _, client := range e.clients {
		if client.Get(e.ctx, "lock:average").Val() == id {
			n++
		}
	}
	return n
}

// forget takes the lock from the first n nodes.
func (e *quorumEnv) forget(n int) {
	for _, client := range e.clients[:n] {
		if err := client.FlushAll(context.WithoutCancel(e.ctx)).Err(); err != nil {
			e.Error(err)
		}
	}
}

// closedNode returns a client to a node that is down.
func closedNode(t testing.TB) redis.UniversalClient {
	return connect(t, redistest.FreeAddr(t))
}

// hangingNode returns a client to a node that accepts connections and never answers.
func hangingNode(t testing.TB) redis.UniversalClient {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer conn.Close()
				io.Copy(io.Discard, conn)
			})
		}
	})
	client := connect(t, l.Addr().String(), func(o *redis.Options) { o.ReadTimeout = 300 * time.Millisecond })
	t.Cleanup(func() {
		client.Close()
		l.Close()
		serving.Wait()
	})
	return client
}

// connect returns a client that tries everything once.
func connect(t testing.TB, addr string, change ...func(*redis.Options)) *redis.Client {
	options := &redis.Options{
		Addr: addr, ReadTimeout: 20 * time.Second, DialTimeout: 20 * time.Second, MaxRetries: -1, DialerRetries: 1,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
	for _, f := range change {
		f(options)
	}
	client := redis.NewClient(options)
	t.Cleanup(func() { client.Close() })
	return client
}

func TestNewQuorum(t *testing.T) {
	var clients []redis.UniversalClient
	for _, addr := range []string{"127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"} {
		client := redis.NewClient(&redis.Options{Addr: addr})
		defer client.Close()
		clients = append(clients, client)
	}
	twin := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", DB: 1})
	defer twin.Close()
	lease := lock.WithQuorumLease(time.Second)
	for _, test := range []struct {
		sentence string
		clients  []redis.UniversalClient
		name     string
		opts     []lock.QuorumOption
		want     string
	}{
		{"nodes are needed", nil, "average", []lock.QuorumOption{lease}, "there are no nodes"},
		{"a name is needed", clients, "", []lock.QuorumOption{lease}, "the name is empty"},
		{"a client is not nil", append(clients[:2:2], nil), "average", []lock.QuorumOption{lease}, "node 2 is nil"},
		{"nor a nil pointer", append(clients[:2:2], (*redis.Client)(nil)), "average", []lock.QuorumOption{lease}, "node 2 is nil"},
		{"a client is not there twice", append(clients[:2:2], clients[0]), "average", []lock.QuorumOption{lease}, "nodes 0 and 2 have the same client"},
		{"nor is an address", append(clients[:2:2], twin), "average", []lock.QuorumOption{lease}, "nodes 0 and 2 have the same address 127.0.0.1:1"},
		{"an option is not nil", clients, "average", []lock.QuorumOption{lease, nil}, "an option is nil"},
		{"a lease is needed", clients, "average", nil, "it needs a lease"},
		{"a lease is not negative", clients, "average", []lock.QuorumOption{lock.WithQuorumLease(-time.Second)}, "negative"},
		{"a lease is longer than the drift", clients, "average", []lock.QuorumOption{lock.WithQuorumLease(2 * time.Millisecond)}, "clock drift"},
		{"a node timeout is positive", clients, "average", []lock.QuorumOption{lease, lock.WithNodeTimeout(0)}, "not positive"},
		{"a node timeout is less than the lease", clients, "average", []lock.QuorumOption{lease, lock.WithNodeTimeout(time.Second)}, "not less"},
	} {
		t.Run(test.sentence, func(t *testing.T) {
			q, err := lock.NewQuorum(test.clients, test.name, test.opts...)
			if q != nil || !errors.Is(err, lock.ErrInvalid) || !contains(err, test.want) {
				t.Errorf("got %v and error %v, want ErrInvalid, %q", q, err, test.want)
			}
		})
	}
	for n := range clients {
		if _, err := lock.NewQuorum(clients[:n+1], "average", lease); err != nil {
			t.Errorf("%d nodes: %v", n+1, err)
		}
	}
}

func TestQuorumAcquires(t *testing.T) {
	verifyQuorum(t, []quorumSpec{
		{"one id on all nodes, under the key and with the lease that a Lock would have", func(e *quorumEnv) {
			q := e.quorum()
			lease := e.take(q)
			q.Settle()
			if n := e.held(lease.ID()); n != len(e.clients) {
				e.Errorf("held on %d nodes", n)
			}
			for _, client := range e.clients {
				if ttl := client.PTTL(e.ctx, "lock:average").Val(); ttl <= 0 || ttl > 10*time.Minute {
					e.Errorf("%v to live", ttl)
				}
				single, err := lock.New(client, q.Name())
				if err != nil {
					e.Fatal(err)
				}
				_, err = single.TryAcquire(e.ctx)
				e.wantErr(err, lock.ErrHeld)
			}
			if err := lease.Err(); err != nil {
				e.Error(err)
			}
			e.release(lease)
			e.wantFree(q)
			e.wantLost(lease, lock.ErrReleased)
			e.wantErr(lease.Release(e.ctx), lock.ErrNotHeld)
			e.wantErr(lease.Extend(e.ctx, 0), lock.ErrNotHeld)
		}},
		{"a lock that is held is ErrHeld, and stays the holder's", func(e *quorumEnv) {
			lease := e.take(e.quorum())
			q := e.quorum()
			_, err := q.TryAcquire(e.ctx)
			e.wantErr(err, lock.ErrHeld)
			if want := "lock: try to acquire lock:average: held by another owner"; err.Error() != want {
				e.Errorf("message %q, want %q", err, want)
			}
			q.Settle()
			if n := e.held(lease.ID()); n < e.majority() {
				e.Errorf("the holder has %d nodes left", n)
			}
			e.release(lease)
			e.release(e.take(q))
		}},
		{"when others hold too many nodes, the rest is released again", func(e *quorumEnv) {
			for _, client := range e.clients[:e.minority()+1] {
				client.Set(e.ctx, "lock:average", "other", time.Hour)
			}
			q := e.quorum()
			_, err := q.TryAcquire(e.ctx)
			e.wantErr(err, lock.ErrHeld)
			q.Settle()
			for i, client := range e.clients {
				want := map[bool]string{true: "other"}[i <= e.minority()]
				if owner := client.Get(e.ctx, "lock:average").Val(); owner != want {
					e.Errorf("node %d is held by %q, want %q", i, owner, want)
				}
			}
		}},
		{"a minority of nodes may be held by others", func(e *quorumEnv) {
			for _, client := range e.clients[:e.minority()] {
				client.Set(e.ctx, "lock:average", "other", time.Hour)
			}
			e.release(e.take(e.quorum()))
		}},
		{"a minority of nodes may be down", func(e *quorumEnv) {
			clients := e.dial()
			for i := range e.minority() {
				clients[i] = closedNode(e.T)
			}
			q := e.on(clients, lock.WithNodeTimeout(unhurried))
			for range 5 {
				lease := e.take(q)
				e.inTime(lease.Extend(e.ctx, time.Hour))
				e.release(lease)
			}
			e.wantFree(q)
		}},
		{"a minority of nodes may hang, which holds up nobody", func(e *quorumEnv) {
			clients := e.dial()
			for i := range e.minority() {
				clients[i] = hangingNode(e.T)
			}
			q := e.on(clients, lock.WithNodeTimeout(unhurried))
			began := time.Now()
			for range 5 {
				lease := e.take(q)
				e.inTime(lease.Extend(e.ctx, time.Hour))
				e.release(lease)
			}
			if took := time.Since(began); took > 2*time.Second { // one silent node would hold each call up for 300 ms
				e.missed("took %v", took)
			}
			e.wantFree(q)
		}},
		{"a majority that is down or hangs is ErrNoQuorum soon, and leaves nothing behind", func(e *quorumEnv) {
			for _, bad := range []func(testing.TB) redis.UniversalClient{closedNode, hangingNode} {
				clients := e.dial()
				for i := range e.minority() + 1 {
					clients[i] = bad(e.T)
				}
				q := e.on(clients)
				for _, acquire := range []func(context.Context) (*lock.QuorumLease, error){q.TryAcquire, q.Acquire} {
					began := time.Now()
					_, err := acquire(e.ctx)
					e.wantErr(err, lock.ErrNoQuorum)
					if took := time.Since(began); took > soon { // the node timeout is 200 ms
						e.missed("took %v", took)
					}
				}
				e.wantFree(q)
			}
		}},
		{"nodes whose grant was lost on the way are released", func(e *quorumEnv) {
			q := e.on(e.hooked(func(int) *hook {
				return &hook{process: func(ctx context.Context, cmd redis.Cmder, next redis.ProcessHook) error {
					if err := next(ctx, cmd); cmd.Name() != "set" {
						return err
					}
					cmd.SetErr(io.EOF)
					return io.EOF
				}}
			}), lock.WithNodeTimeout(unhurried))
			_, err := q.TryAcquire(e.ctx)
			e.wantErr(err, lock.ErrNoQuorum)
			e.wantErr(err, io.EOF)
			e.wantFree(q)
		}},
		{"nodes that grant after the time-out are released", func(e *quorumEnv) {
			var late atomic.Int32
			tooLate := make(chan struct{})
			q := e.on(e.hooked(func(int) *hook {
				return &hook{process: func(ctx context.Context, cmd redis.Cmder, next redis.ProcessHook) error {
					if cmd.Name() != "set" {
						return next(ctx, cmd)
					}
					<-tooLate
					err := next(context.WithoutCancel(ctx), cmd)
					if err == nil {
						late.Add(1)
					}
					return err
				}}
			}), lock.WithNodeTimeout(20*time.Millisecond))
			_, err := q.TryAcquire(e.ctx)
			close(tooLate)
			e.wantErr(err, lock.ErrNoQuorum)
			e.wantFree(q)
			if n := int(late.Load()); n != len(e.clients) {
				e.Errorf("only %d nodes granted late", n)
			}
		}},
		{"a release does not overtake the request on a slow node", func(e *quorumEnv) {
			q := e.on(e.hooked(func(node int) *hook {
				return &hook{process: func(ctx context.Context, cmd redis.Cmder, next redis.ProcessHook) error {
					if cmd.Name() == "set" && node == 0 {
						time.Sleep(60 * time.Millisecond)
					}
					return next(ctx, cmd)
				}}
			}), lock.WithNodeTimeout(unhurried))
			e.release(e.take(q))
			e.wantFree(q)
		}},
		{"a majority that takes longer than the lease is no majority", func(e *quorumEnv) {
			q := e.on(e.hooked(func(int) *hook {
				return &hook{process: func(ctx context.Context, cmd redis.Cmder, next redis.ProcessHook) error {
					err := next(ctx, cmd)
					if cmd.Name() == "set" {
						time.Sleep(49500 * time.Microsecond) // of 50 ms, less 2.5 for drift
					}
					return err
				}}
			}), lock.WithQuorumLease(50*time.Millisecond), lock.WithNodeTimeout(50*time.Millisecond-time.Microsecond))
			_, err := q.TryAcquire(e.ctx)
			e.wantErr(err, lock.ErrNoQuorum)
			e.wantFree(q)
		}},
		{"two contenders exclude each other", func(e *quorumEnv) {
			const rounds = 100 // of each
			var inside, entered, late atomic.Int32
			var contenders sync.WaitGroup
			for range 2 {
				q := e.quorum()
				contenders.Go(func() {
					for range rounds {
						lease, err := q.Acquire(e.ctx)
						if errors.Is(err, lock.ErrNoQuorum) {
							late.Add(1)
							return
						}
						if err != nil {
							e.Error(err)
							return
						}
						if n := inside.Add(1); n != 1 {
							e.Errorf("%d inside", n)
						}
						entered.Add(1)
						time.Sleep(200 * time.Microsecond)
						inside.Add(-1)
						switch err := lease.Release(e.ctx); {
						case errors.Is(err, lock.ErrNoQuorum):
							late.Add(1)
						case err != nil:
							e.Error(err)
						}
					}
				})
			}
			contenders.Wait()
			if n := late.Load(); n > 0 {
				e.missed("%d times no majority answered in time", n)
			}
			if n := entered.Load(); n != 2*rounds {
				e.Errorf("%d rounds", n)
			}
		}},
		{"a waiter gets the lock when the lease has run out", func(e *quorumEnv) {
			lease := e.take(e.on(e.dial(), lock.WithQuorumLease(200*time.Millisecond*e.slow), lock.WithNodeTimeout(150*time.Millisecond*e.slow)))
			next, err := e.quorum().Acquire(e.ctx)
			e.answered(err)
			e.wantErr(err, nil)
			if v := lease.Validity(); v != 0 {
				e.Errorf("the first is still valid for %v", v)
			}
			e.release(next)
		}},
		{"cancel and deadline are obeyed within 50 ms, by waiters and where nodes hang", func(e *quorumEnv) {
			e.take(e.quorum())
			hanging := e.dial()
			for i := range e.minority() + 1 {
				hanging[i] = hangingNode(e.T)
			}
			waiting, asking := e.quorum(), e.on(hanging, lock.WithNodeTimeout(unhurried))
			for _, acquire := range []func(context.Context) (*lock.QuorumLease, error){waiting.Acquire, asking.Acquire, asking.TryAcquire} {
				leave := func(ctx context.Context, want error) (late time.Duration) {
					ended := make(chan time.Time, 1)
					context.AfterFunc(ctx, func() { ended <- time.Now() })
					_, err := acquire(ctx)
					returned := time.Now()
					if errors.Is(err, lock.ErrNoQuorum) {
						return time.Hour // it was slower to end than the nodes to be given up
					}
					e.wantErr(err, want)
					return max(returned.Sub(<-ended), 0)
				}
				e.wantPrompt(func() time.Duration {
					ctx, cancel := context.WithTimeout(e.ctx, 70*time.Millisecond)
					defer cancel()
					return leave(ctx, context.DeadlineExceeded)
				})
				e.wantPrompt(func() time.Duration {
					ctx, cancel := context.WithCancel(e.ctx)
					time.AfterFunc(70*time.Millisecond, cancel)
					return leave(ctx, context.Canceled)
				})
			}
			ctx, cancel := context.WithCancel(e.ctx)
			cancel()
			_, err := waiting.TryAcquire(ctx)
			e.wantErr(err, context.Canceled)
		}},
		{"the observer is told", func(e *quorumEnv) {
			var events recorder
			q := e.on(e.dial(), lock.WithNodeTimeout(unhurried), lock.WithQuorumObserver(&events))
			lease := e.take(q)
			_, err := q.TryAcquire(e.ctx)
			e.wantErr(err, lock.ErrHeld)
			e.inTime(lease.Extend(e.ctx, 0))
			e.release(lease)
			lost := e.take(q)
			e.forget(len(e.clients))
			e.wantErr(lost.Release(e.ctx), lock.ErrNotHeld)
			want := "attempt grant attempt failure extend release attempt grant loss"
			if got := events.kinds(); got != want {
				e.Errorf("events %q, want %q", got, want)
			}
		}},
	})
}

// recorder is an Observer that remembers.
type recorder struct {
	mu     sync.Mutex
	events []lock.Event
}

func (r *recorder) Observe(event lock.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, event)
}

func (r *recorder) kinds() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var kinds []string
	for _, event := range r.events {
		kinds = append(kinds, event.Kind.String())
	}
	return strings.Join(kinds, " ")
}
