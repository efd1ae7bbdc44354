package lock_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"locktop/lock"
	"locktop/lock/redistest"
)

func TestQuorumLease(t *testing.T) {
	short := func(e *quorumEnv) time.Duration { return 300 * time.Millisecond * e.slow }
	shortly := func(e *quorumEnv) *lock.QuorumLease {
		e.Helper()
		return e.take(e.on(e.dial(), lock.WithQuorumLease(short(e)), lock.WithNodeTimeout(short(e)/2)))
	}
	verifyQuorum(t, []quorumSpec{
		{"its validity is never above the lease less what has elapsed and less the drift", func(e *quorumEnv) {
			const slow = 30 * time.Millisecond
			length := time.Second * e.slow
			q := e.on(e.hooked(func(int) *hook {
				return &hook{process: func(ctx context.Context, cmd redis.Cmder, next redis.ProcessHook) error {
					err := next(ctx, cmd)
					time.Sleep(slow)
					return err
				}}
			}), lock.WithQuorumLease(length), lock.WithNodeTimeout(length/2))
			began := time.Now()
			lease := e.take(q)
			if v, most := lease.Validity(), length-slow-length/100-2*time.Millisecond; v > most {
				e.Errorf("valid for %v, want %v at most", v, most)
			}
			e.inTime(lease.Err())
			q.Settle()
			for range 5 {
				v, read := lease.Validity(), time.Now()
				for i, client := range e.clients {
					ttl := client.PTTL(e.ctx, "lock:average").Val()
					if rest := v - time.Since(read); rest > ttl {
						e.Errorf("valid for %v, but node %d keeps it for %v", rest, i, ttl)
					}
				}
				time.Sleep(20 * time.Millisecond)
			}
			e.inTime(lease.Extend(e.ctx, 2*length))
			extended := time.Now()
			if v, most := lease.Validity(), 2*length-slow-length/50-2*time.Millisecond; v > most || v < most-time.Since(began) {
				e.Errorf("extended, valid for %v, want %v at most", v, most-time.Since(extended))
			}
			e.inTime(lease.Release(e.ctx))
		}},
		{"it runs out, and a release is then ErrExpired", func(e *quorumEnv) {
			lease := shortly(e)
			ctx := lease.Context(e.ctx)
			e.wantLost(lease, lock.ErrExpired)
			<-ctx.Done()
			if cause := context.Cause(ctx); cause != lock.ErrExpired {
				e.Errorf("cause %v", cause)
			}
			e.wantErr(lease.Extend(e.ctx, time.Minute), lock.ErrExpired)
			// The nodes keep it for as long as the drift, and that from when they were reached.
			e.eventually("no node keeps it", func() bool { return e.held(lease.ID()) == 0 })
			e.wantErr(lease.Release(e.ctx), lock.ErrExpired)
			if later := lease.Context(e.ctx); context.Cause(later) != lock.ErrExpired {
				e.Errorf("cause %v of a context after the end", context.Cause(later))
			}
		}},
		{"unwatched it runs out as well", func(e *quorumEnv) {
			lease := shortly(e)
			time.Sleep(short(e))
			if err := lease.Err(); err != lock.ErrExpired || lease.Validity() != 0 {
				e.Errorf("Err() = %v, valid for %v", err, lease.Validity())
			}
			e.wantErr(lease.Extend(e.ctx, 0), lock.ErrExpired)
		}},
		{"of several releases at once one releases, and it is told once", func(e *quorumEnv) {
			for range 20 {
				var d diary
				lease := e.take(e.on(e.dial(), lock.WithNodeTimeout(unhurried), lock.WithQuorumObserver(&d)))
				results := make(chan error)
				for range 4 {
					go func() { results <- lease.Release(e.ctx) }()
				}
				released := 0
				for range 4 {
					switch err := <-results; {
					case err == nil:
						released++
					case errors.Is(err, lock.ErrNoQuorum):
						e.missed("too late: %v", err)
					default:
						e.wantErr(err, lock.ErrNotHeld)
					}
				}
				if got, want := d.kinds(), "attempt grant release"; got != want || released != 1 || lease.Err() != lock.ErrReleased {
					e.Fatalf("%d released; events %q, want %q; Err() = %v", released, got, want, lease.Err())
				}
			}
		}},
		{"a release after expiry leaves the next owner alone", func(e *quorumEnv) {
			stale := shortly(e)
			time.Sleep(short(e) + 10*time.Millisecond)
			next := e.take(e.quorum())
			e.wantErr(stale.Release(e.ctx), lock.ErrNotHeld)
			e.release(next)
		}},
		{"extend makes it longer or shorter, on all nodes", func(e *quorumEnv) {
			q := e.quorum()
			lease := e.take(q)
			for _, d := range []time.Duration{time.Hour, 8 * time.Minute} {
				e.inTime(lease.Extend(e.ctx, d))
				q.Settle()
				if v := lease.Validity(); v > d-d/100 || v < d-d/100-5*time.Minute {
					e.Errorf("extended by %v, valid for %v", d, v)
				}
				for i, client := range e.clients {
					if ttl := client.PTTL(e.ctx, "lock:average").Val(); ttl > d || ttl < d-5*time.Minute {
						e.Errorf("node %d: %v to live", i, ttl)
					}
				}
			}
			e.wantErr(lease.Extend(e.ctx, -time.Second), lock.ErrInvalid)
			e.wantErr(lease.Extend(e.ctx, 2*time.Millisecond), lock.ErrInvalid)
			e.release(lease)
			e.wantFree(q)
		}},
		{"extended again and again it is not lost", func(e *quorumEnv) {
			lease := shortly(e)
			lost := lease.Lost()
			for range 6 {
				time.Sleep(short(e) / 4)
				e.inTime(lease.Extend(e.ctx, 0))
			}
			select {
			case <-lost:
				e.inTime(lease.Err())
			default:
			}
			e.inTime(lease.Release(e.ctx))
			e.wantLost(lease, lock.ErrReleased)
		}},
		{"extend and release survive the loss of a minority", func(e *quorumEnv) {
			lease := e.take(e.quorum())
			e.forget(e.minority())
			e.extend(lease, time.Hour)
			e.release(lease)
		}},
		{"extend waits for a slow node that has not granted yet", func(e *quorumEnv) {
			q := e.on(e.hooked(func(node int) *hook {
				return &hook{process: func(ctx context.Context, cmd redis.Cmder, next redis.ProcessHook) error {
					if cmd.Name() == "set" && node >= e.majority() {
						time.Sleep(40 * time.Millisecond)
					}
					return next(ctx, cmd)
				}}
			}), lock.WithNodeTimeout(unhurried))
			lease := e.take(q)
			e.forget(e.minority())
			e.extend(lease, time.Hour)
			e.release(lease)
		}},
		{"extend and release after the loss of a majority are ErrNotHeld", func(e *quorumEnv) {
			for _, op := range []func(*lock.QuorumLease) error{
				func(lease *lock.QuorumLease) error { return lease.Extend(e.ctx, time.Minute) },
				func(lease *lock.QuorumLease) error { return lease.Release(e.ctx) },
			} {
				q := e.quorum()
				lease := e.take(q)
				q.Settle()
				e.forget(e.majority())
				e.wantErr(op(lease), lock.ErrNotHeld)
				e.wantLost(lease, lock.ErrNotHeld)
				e.wantErr(lease.Release(e.ctx), lock.ErrNotHeld)
				e.forget(len(e.clients))
			}
		}},
		{"the loss of a majority is noticed while the lease is watched, that of a minority is none", func(e *quorumEnv) {
			lease := shortly(e)
			lost := lease.Lost()
			e.inTime(lease.Extend(e.ctx, 20*time.Second*e.slow))
			e.forget(e.minority())
			select {
			case <-lost:
				e.Fatal(lease.Err())
			case <-time.After(short(e)):
			}
			e.forget(e.majority())
			e.wantLost(lease, lock.ErrNotHeld)
		}},
		{"when too few nodes answer, extend and release are ErrNoQuorum and the validity no longer than is certain", func(e *quorumEnv) {
			var cut atomic.Bool
			q := e.on(e.hooked(func(node int) *hook {
				return &hook{process: func(ctx context.Context, cmd redis.Cmder, next redis.ProcessHook) error {
					if node < e.majority() && cut.Load() {
						cmd.SetErr(io.EOF)
						return io.EOF
					}
					return next(ctx, cmd)
				}}
			}), lock.WithNodeTimeout(unhurried))
			lease := e.take(q)
			q.Settle()
			cut.Store(true)
			before := lease.Validity()
			e.wantErr(lease.Extend(e.ctx, time.Hour), lock.ErrNoQuorum)
			if v := lease.Validity(); v > before || v == 0 {
				e.Errorf("valid for %v, and for %v before", v, before)
			}
			e.wantErr(lease.Extend(e.ctx, 5*time.Minute), lock.ErrNoQuorum)
			if v := lease.Validity(); v > 5*time.Minute || v == 0 {
				e.Errorf("valid for %v, but some nodes may keep it for 5 minutes", v)
			}
			e.wantErr(lease.Release(e.ctx), lock.ErrNoQuorum)
			if err := lease.Err(); err != nil {
				e.Error(err)
			}
			cut.Store(false)
			e.release(lease) // again, and this time the others can be reached
			e.wantFree(q)
		}},
		{"a release goes on when its context has ended", func(e *quorumEnv) {
			ctx, cancel := context.WithCancel(e.ctx)
			returned := make(chan struct{})
			q := e.on(e.hooked(func(int) *hook {
				return &hook{process: func(ctx context.Context, cmd redis.Cmder, next redis.ProcessHook) error {
					if cmd.Name() == "evalsha" {
						cancel()
						select {
						case <-returned:
						case <-e.ctx.Done():
						}
					}
					return next(ctx, cmd)
				}}
			}), lock.WithNodeTimeout(unhurried))
			lease := e.take(q)
			err := lease.Release(ctx)
			close(returned)
			e.wantErr(err, context.Canceled)
			e.wantFree(q)
			e.wantErr(lease.Release(ctx), lock.ErrNotHeld) // it asks all the same
			e.wantErr(lease.Release(e.ctx), lock.ErrNotHeld)
		}},
		{"once all is settled no goroutine is left", func(e *quorumEnv) {
			clients := e.dial()
			clients[0] = hangingNode(e.T)
			q := e.on(clients, lock.WithNodeTimeout(unhurried))
			for range 10 {
				lease := e.take(q)
				lease.Lost()
				e.release(lease)
			}
			q.Settle()
			// They have said that they are done, and need a moment to be gone.
			e.eventually("no goroutine is left behind", func() bool {
				stacks := make([]byte, 1<<20)
				stacks = stacks[:runtime.Stack(stacks, true)]
				return !bytes.Contains(stacks, []byte("lock.(*Quorum"))
			})
		}},
	})
}

// extend extends a lease that is long enough for it.
func (e *quorumEnv) extend(lease *lock.QuorumLease, d time.Duration) {
	e.Helper()
	err := lease.Extend(e.ctx, d)
	e.answered(err)
	e.wantErr(err, nil)
}

// A node that comes back without its keys grants again what it has granted
// while the first majority is still valid. Staying away for a lease helps.
func TestQuorumDoesNotOutliveItsNodesMemory(t *testing.T) {
	for _, test := range []struct {
		sentence string
		start    func(t *testing.T) (addr string, restart func())
	}{
		{"embedded", func(t *testing.T) (string, func()) {
			m := miniredis.NewMiniRedis()
			if err := m.StartAddr(redistest.FreeAddr(t)); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(m.Close)
			m.ClockTTL(true)
			return m.Addr(), func() {
				m.Close()
				m.FlushAll()
				if err := m.Restart(); err != nil {
					t.Fatal(err)
				}
			}
		}},
		{"redis", func(t *testing.T) (string, func()) {
			p := redistest.Start(t)
			return p.Addr, func() { p.Restart(t) }
		}},
	} {
		t.Run(test.sentence, func(t *testing.T) {
			var addrs []string
			var restart func()
			for range 3 {
				addr, again := test.start(t)
				addrs, restart = append(addrs, addr), again // that of the last
			}
			contender := func() *lock.Quorum {
				var clients []redis.UniversalClient
				for _, addr := range addrs {
					clients = append(clients, connect(t, addr))
				}
				q, err := lock.NewQuorum(clients, "average", lock.WithQuorumLease(time.Hour), lock.WithNodeTimeout(unhurried))
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(q.Settle)
				return q
			}
			// The first node was unreachable for the first contender.
			reachable := addrs[0]
			addrs[0] = redistest.FreeAddr(t)
			first, err := contender().TryAcquire(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			addrs[0] = reachable
			late := contender()
			if _, err := late.TryAcquire(t.Context()); !errors.Is(err, lock.ErrHeld) {
				t.Fatalf("before the restart: %v", err)
			}
			late.Settle()
			// What it was granted on the first node is released, for which there was a second.
			if err := connect(t, reachable).Del(t.Context(), "lock:average").Err(); err != nil {
				t.Fatal(err)
			}
			restart()
			second, err := late.TryAcquire(t.Context())
			if err != nil {
				t.Fatalf("after the restart: %v", err)
			}
			if first.Validity() == 0 || second.Validity() == 0 || first.Err() != nil || second.Err() != nil {
				t.Error("this is the case in which both are valid")
			}
			if err := first.Extend(t.Context(), 0); !errors.Is(err, lock.ErrNotHeld) && !errors.Is(err, lock.ErrNoQuorum) {
				t.Errorf("the first finds out when it extends: %v", err)
			}
		})
	}
}
