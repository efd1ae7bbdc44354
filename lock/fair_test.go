package lock_test

import (
	"context"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
)

const (
	queueKey = "lock-queue:{lock:average}"
	hubsKey  = "lock-hubs:{lock:average}"
)

// queue starts an Acquire of a fair lock and returns, once it is in the queue or
// through, where its outcome will come.
func (e *env) queue(ctx context.Context, l *lock.Lock) <-chan grant {
	e.Helper()
	before := e.client.ZCard(e.ctx, queueKey).Val()
	granted := make(chan grant, 1)
	through := make(chan struct{})
	e.waiters.Go(func() {
		defer close(through)
		lease, err := l.Acquire(ctx)
		granted <- grant{l, lease, err, time.Now()}
	})
	for e.client.ZCard(e.ctx, queueKey).Val() == before {
		select {
		case <-through:
			return granted
		case <-time.After(time.Millisecond):
		}
	}
	return granted
}

// fair returns a fair lock on a client of its own.
func (e *env) fair(opts ...lock.Option) *lock.Lock {
	e.Helper()
	return e.lockOn(e.dial(), "average", append(opts, lock.WithFairness())...)
}

// wantIdle checks that waiting has left nothing in Redis.
func (e *env) wantIdle() {
	e.Helper()
	if n := e.client.Exists(e.ctx, queueKey, hubsKey).Val(); n != 0 {
		e.Errorf("%d keys left: %v", n, e.client.Keys(e.ctx, "*").Val())
	}
}

func TestFairness(t *testing.T) {
	verify(t, []spec{
		{"a free lock is taken and released like any other", func(e *env) {
			l := e.fair(lock.WithLease(time.Minute))
			for range 3 {
				lease := e.must(l.Acquire(e.ctx))
				e.wantLocked(l, true)
				e.release(lease)
				e.wantSignals("average", 1)
				lease = e.take(l)
				_, err := l.TryAcquire(e.ctx)
				e.wantErr(err, lock.ErrHeld)
				e.release(lease)
			}
			e.wantIdle()
		}},
		{"20 waiters of as many clients are served in the order in which they came", func(e *env) {
			held := e.take(e.fair())
			var order []<-chan grant
			for i := range 20 {
				var opts []lock.Option
				if i%2 == 0 {
					opts = append(opts, lock.WithLease(time.Minute))
				}
				order = append(order, e.queue(e.ctx, e.fair(opts...)))
			}
			for _, granted := range order {
				for _, other := range order {
					if len(other) > 0 {
						e.Fatal("somebody was served before the turn")
					}
				}
				released := time.Now()
				e.release(held)
				held = e.wantGrant(granted, released, soon)
				order = order[1:]
			}
			e.release(held)
			e.wantIdle()
		}},
		{"the lock is never free in between", func(e *env) {
			held := e.take(e.fair())
			granted := e.queue(e.ctx, e.fair())
			e.release(held)
			if owner := e.client.Get(e.ctx, "lock:average").Val(); owner == "" || owner == held.ID() {
				e.Errorf("the owner is %q", owner)
			}
			e.release(e.wantGrant(granted, time.Now(), soon))
		}},
		{"who only tries does not pass those who wait", func(e *env) {
			held := e.take(e.fair())
			granted := e.queue(e.ctx, e.fair())
			e.client.Del(e.ctx, "lock:average")
			_, err := e.fair().TryAcquire(e.ctx)
			e.wantErr(err, lock.ErrHeld)
			e.release(e.wantGrant(granted, time.Now(), soon))
			e.wantErr(held.Release(e.ctx), lock.ErrNotHeld)
		}},
		{"a waiter who is dead is passed over", func(e *env) {
			held := e.take(e.fair())
			e.client.ZAdd(e.ctx, queueKey, redis.Z{Score: 1, Member: "0 0 1 7 no-such-hub"})
			e.client.HSet(e.ctx, hubsKey, "no-such", strconv.FormatInt(time.Now().UnixMicro(), 10))
			granted := e.queue(e.ctx, e.fair())
			released := time.Now()
			e.release(held)
			e.release(e.wantGrant(granted, released, soon))
			e.wantIdle()
		}},
		{"a waiter whose process is silent is passed over, though its connection is open", func(e *env) {
			held := e.take(e.fair())
			sub := e.dial().Subscribe(e.ctx, "lock-grant:frozen")
			defer sub.Close()
			if _, err := sub.Receive(e.ctx); err != nil {
				e.Fatal(err)
			}
			e.client.ZAdd(e.ctx, queueKey, redis.Z{Score: 1, Member: "0 0 1 6 frozensomebody"})
			e.client.HSet(e.ctx, hubsKey, "frozen", strconv.FormatInt(time.Now().Add(-6*time.Second).UnixMicro(), 10))
			granted := e.queue(e.ctx, e.fair())
			released := time.Now()
			e.release(held)
			e.release(e.wantGrant(granted, released, soon))
		}},
		{"a grant without a lease that nobody confirms does not last", func(e *env) {
			held := e.take(e.fair())
			sub := e.dial().Subscribe(e.ctx, "lock-grant:frozen")
			defer sub.Close()
			if _, err := sub.Receive(e.ctx); err != nil {
				e.Fatal(err)
			}
			e.client.ZAdd(e.ctx, queueKey, redis.Z{Score: 1, Member: "0 0 1 6 frozensomebody"})
			e.client.HSet(e.ctx, hubsKey, "frozen", strconv.FormatInt(time.Now().Add(time.Hour).UnixMicro(), 10)) // it does not fall silent
			granted := e.queue(e.ctx, e.fair())
			released := time.Now()
			e.release(held)
			if owner := e.client.Get(e.ctx, "lock:average").Val(); owner != "somebody" {
				e.Errorf("the owner is %q", owner)
			}
			e.release(e.wantGrant(granted, released, 2*time.Second+soon))
		}},
		{"without a lease the lock stays with whoever it was handed to", func(e *env) {
			l := e.fair()
			held := e.take(l)
			granted := e.queue(e.ctx, e.fair())
			e.release(held)
			lease := e.wantGrant(granted, time.Now(), soon)
			if ttl := e.client.PTTL(e.ctx, "lock:average").Val(); ttl != -1 {
				e.Errorf("PTTL %v, want -1", ttl)
			}
			e.release(lease)
		}},
		{"a lease that was handed over is as long as asked for", func(e *env) {
			held := e.take(e.fair())
			granted := e.queue(e.ctx, e.fair(lock.WithLease(time.Minute)))
			e.release(held)
			lease := e.wantGrant(granted, time.Now(), soon)
			if ttl, err := lease.TTL(e.ctx); ttl < 45*time.Second || ttl > time.Minute || err != nil {
				e.Errorf("TTL() = %v, %v", ttl, err)
			}
			e.release(lease)
		}},
		{"a waiter who gives up leaves nothing behind and is passed over", func(e *env) {
			held := e.take(e.fair())
			ctx, cancel := context.WithCancel(e.ctx)
			l := e.fair()
			leaver := e.queue(ctx, l)
			cancel()
			e.wantErr((<-leaver).err, context.Canceled)
			l.Settle()
			e.wantIdle()
			stayer := e.queue(e.ctx, e.fair())
			released := time.Now()
			e.release(held)
			e.release(e.wantGrant(stayer, released, soon))
			e.wantIdle()
		}},
		{"a waiter who gives up at the moment of its grant passes it on", func(e *env) {
			l, leaving, staying := e.fair(), e.fair(lock.WithID("leaver")), e.fair()
			for range 50 {
				held := e.must(l.Acquire(e.ctx))
				ctx, cancel := context.WithCancel(e.ctx)
				leaver := e.queue(ctx, leaving)
				stayer := e.queue(e.ctx, staying)
				go cancel()
				e.release(held)
				if g := <-leaver; g.err == nil {
					e.release(g.lease)
				}
				leaving.Settle()
				if owner := e.client.Get(e.ctx, "lock:average").Val(); owner == "leaver" {
					e.Fatal("it left with the lock")
				}
				g := <-stayer
				e.release(e.must(g.lease, g.err))
			}
			e.wantIdle()
		}},
		{"a waiter gives up at its deadline, and when it is cancelled", func(e *env) {
			e.take(e.fair())
			l := e.fair()
			e.wantPrompt(func() time.Duration {
				ctx, cancel := context.WithTimeout(e.ctx, 100*time.Millisecond*e.slow)
				defer cancel()
				_, err := l.Acquire(ctx)
				now := time.Now()
				e.wantErr(err, context.DeadlineExceeded)
				l.Settle() // it leaves the queue
				deadline, _ := ctx.Deadline()
				return now.Sub(deadline)
			})
			e.wantPrompt(func() time.Duration {
				ctx, cancel := context.WithCancel(e.ctx)
				granted := e.queue(ctx, l)
				cancelled := time.Now()
				cancel()
				g := <-granted
				e.wantErr(g.err, context.Canceled)
				l.Settle()
				return g.at.Sub(cancelled)
			})
			l.Settle()
			e.wantIdle()
		}},
		{"when the holder's lease runs out the waiters have it in order", func(e *env) {
			short := 200 * time.Millisecond * e.slow
			e.take(e.fair(lock.WithLease(short)))
			began := time.Now()
			first, second := e.queue(e.ctx, e.fair(lock.WithLease(short))), e.queue(e.ctx, e.fair())
			lease := e.wantGrant(first, began, short+soon)
			again := time.Now()
			both := len(second) != 0
			e.inTime(lease.Err())
			if both {
				e.Error("both were served")
			}
			e.release(e.wantGrant(second, again, short+soon))
		}},
		{"a holder that died without a lease is reset, and the first in line has it", func(e *env) {
			e.take(e.fair())
			l := e.fair()
			first, second := e.queue(e.ctx, e.fair()), e.queue(e.ctx, l)
			reset := time.Now()
			if err := l.Reset(e.ctx); err != nil {
				e.Fatal(err)
			}
			held := e.wantGrant(first, reset, soon)
			if len(second) != 0 {
				e.Error("both were served")
			}
			e.release(held)
			e.release(e.wantGrant(second, reset, 2*soon))
		}},
		{"a queue that is lost is joined again in the old order", func(e *env) {
			held := e.take(e.fair())
			l := e.fair()
			order := []<-chan grant{e.queue(e.ctx, l), e.queue(e.ctx, e.fair()), e.queue(e.ctx, l)}
			e.client.Del(e.ctx, queueKey, hubsKey)
			e.eventually("all are back", func() bool { return e.client.ZCard(e.ctx, queueKey).Val() == 3 })
			for _, granted := range order {
				released := time.Now()
				e.release(held)
				held = e.wantGrant(granted, released, soon)
			}
			e.release(held)
		}},
		{"tokens grow from one hand-over to the next", func(e *env) {
			held := e.must(e.fair(lock.WithFencing()).Acquire(e.ctx))
			last := held.Token()
			var order []<-chan grant
			for i := range 10 {
				var opts []lock.Option
				if i%2 == 0 {
					opts = append(opts, lock.WithLease(time.Minute))
				}
				order = append(order, e.queue(e.ctx, e.fair(append(opts, lock.WithFencing())...)))
			}
			for _, granted := range order {
				released := time.Now()
				e.release(held)
				held = e.wantGrant(granted, released, soon)
				if held.Token() <= last {
					e.Errorf("token %d after %d", held.Token(), last)
				}
				last = held.Token()
			}
			e.release(held)
		}},
		{"an id that holds the lock already is told so, in the queue as well", func(e *env) {
			held := e.take(e.fair(lock.WithID("me")))
			_, err := e.fair(lock.WithID("me")).Acquire(e.ctx)
			e.wantErr(err, lock.ErrAlreadyAcquired)
			_, err = e.fair(lock.WithID("me")).TryAcquire(e.ctx)
			e.wantErr(err, lock.ErrAlreadyAcquired)
			a, b := e.queue(e.ctx, e.fair(lock.WithID("größer-\xff 日本"))), e.queue(e.ctx, e.fair(lock.WithID("größer-\xff 日本")))
			e.release(held)
			e.wantGrant(a, time.Now(), soon)
			e.wantErr((<-b).err, lock.ErrAlreadyAcquired)
		}},
		{"events tell of a wait and of the grant that ended it", func(e *env) {
			held := e.take(e.fair())
			d := &diary{}
			granted := e.queue(e.ctx, e.fair(lock.WithObserver(d), lock.WithFencing()))
			e.release(held)
			lease := e.wantGrant(granted, time.Now(), soon)
			e.release(lease)
			var kinds []lock.EventKind
			for _, ev := range d.events {
				kinds = append(kinds, ev.Kind)
				if ev.Owner != lease.ID() || ev.Name != "average" || ev.Kind == lock.EventGrant && ev.Token != lease.Token() {
					e.Errorf("event %+v", ev)
				}
			}
			want := []lock.EventKind{lock.EventAttempt, lock.EventFailure, lock.EventAttempt, lock.EventFailure,
				lock.EventWait, lock.EventGrant, lock.EventRelease}
			if !slices.Equal(kinds, want) {
				e.Errorf("events %v, want %v", kinds, want)
			}
		}},
		{"a server that does not know the scripts is sent them", func(e *env) {
			held := e.take(e.fair())
			e.client.ScriptFlush(e.ctx)
			granted := e.queue(e.ctx, e.fair())
			e.client.ScriptFlush(e.ctx)
			e.release(held)
			e.release(e.wantGrant(granted, time.Now(), soon))
		}},
		{"many waiters of one client with 10 connections are all served", func(e *env) {
			n := 1000
			if !e.server.IsReal() {
				n = 200 // it is slow with scripts
			}
			held := e.take(e.fair())
			l := e.fair(lock.WithLease(time.Minute))
			var wg sync.WaitGroup
			e.Cleanup(wg.Wait)
			var inside, served atomic.Int32
			for range n {
				wg.Go(func() {
					lease, err := l.Acquire(e.ctx)
					if err != nil {
						e.Error(err)
						return
					}
					if inside.Add(1) != 1 {
						e.Error("overlap")
					}
					served.Add(1)
					inside.Add(-1)
					if err := lease.Release(e.ctx); err != nil {
						e.Error(err)
					}
				})
			}
			e.eventually("all wait", func() bool { return e.client.ZCard(e.ctx, queueKey).Val() == int64(n) })
			e.release(held)
			wg.Wait()
			if int(served.Load()) != n {
				e.Errorf("%d were served", served.Load())
			}
			e.wantIdle()
		}},
		{"a process whose oldest waiter changes often is not silent", func(e *env) {
			held := e.take(e.fair())
			l := e.fair(lock.WithLease(time.Minute))
			var order []<-chan grant
			for range 25 {
				order = append(order, e.queue(e.ctx, l))
			}
			for i, granted := range order {
				if heard := e.client.HVals(e.ctx, hubsKey).Val(); len(heard) == 1 {
					at, _ := strconv.ParseInt(heard[0], 10, 64)
					if age := time.Since(time.UnixMicro(at)); age > 2*time.Second {
						e.missed("silent for %v before grant %d", age, i)
					}
				}
				released := time.Now()
				e.release(held)
				held = e.wantGrant(granted, released, soon)
				time.Sleep(90 * time.Millisecond)
			}
			e.release(held)
		}},
		{"a grant that arrives late is a whole lease all the same", func(e *env) {
			lease := 400 * time.Millisecond * e.slow
			client := e.server.Client(e.T, func(o *redis.Options) {
				o.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
					var d net.Dialer
					conn, err := d.DialContext(ctx, network, addr)
					return slowConn{conn, lease * 3 / 8}, err
				}
			})
			held := e.take(e.fair())
			granted := e.queue(e.ctx, e.lockOn(client, "average", lock.WithFairness(), lock.WithLease(lease)))
			e.release(held)
			released := time.Now()
			late := e.wantGrant(granted, released, soon)
			ttl, err := late.TTL(e.ctx)
			e.inTime(err)
			if ttl < lease*3/4 {
				e.missed("%v after the release TTL() = %v", time.Since(released), ttl)
			}
			e.wantOver(late, lease+soon, lock.ErrExpired)
			// Here it ends first, but not by much.
			if ttl := e.client.PTTL(e.ctx, "lock:average").Val(); ttl > lease/20 {
				e.missed("the lease ended here, but not in Redis: %v to live", ttl)
			}
		}},
		{"a client that is closed fails all that wait", func(e *env) {
			e.take(e.fair())
			client := e.dial()
			l := e.lockOn(client, "average", lock.WithFairness())
			var waiting []<-chan grant
			for range 5 {
				waiting = append(waiting, e.queue(e.ctx, l))
			}
			client.Close()
			closed := time.Now()
			for _, granted := range waiting {
				g := <-granted
				if g.err == nil {
					e.Error("acquired")
				}
				if took := g.at.Sub(closed); took > soon {
					e.missed("failed after %v", took)
				}
			}
		}},
		{"fair and polling at once is an error", func(e *env) {
			_, err := lock.New(e.client, "average", lock.WithFairness(), lock.WithPoll(lock.Constant(time.Second)))
			e.wantErr(err, lock.ErrInvalid)
		}},
		{"a signal-mode holder hands over to a fair waiter", func(e *env) {
			held := e.take(e.lock("average"))
			granted := e.queue(e.ctx, e.fair())
			e.release(held)
			owner := e.client.Get(e.ctx, "lock:average").Val()
			lease := e.wantGrant(granted, time.Now(), soon)
			if owner != lease.ID() {
				e.Errorf("after the release the owner was %q, want %q", owner, lease.ID())
			}
			e.release(lease)
		}},
	})
}

// slowConn is slow with the messages of a subscription.
type slowConn struct {
	net.Conn
	by time.Duration
}

func (c slowConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if strings.Contains(string(b[:n]), "\r\nmessage\r\n") {
		time.Sleep(c.by)
	}
	return n, err
}
