package lock_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
)

func TestWaitersLeaveHalfOfThePool(t *testing.T) {
	const pool, crowd = 4, 40
	// crowded returns a client with a pool so small, and how many pops it has had under way
	// at most.
	crowded := func(e *env) (client *redis.Client, most func() int) {
		client = e.server.Client(e.T, func(o *redis.Options) { o.PoolSize, o.PoolTimeout = pool, patience })
		var mu sync.Mutex
		var now, top int
		client.AddHook(&hook{process: func(ctx context.Context, cmd redis.Cmder, next redis.ProcessHook) error {
			if cmd.Name() != "blpop" {
				return next(ctx, cmd)
			}
			count := func(change int) {
				mu.Lock()
				defer mu.Unlock()
				now += change
				top = max(top, now)
			}
			count(1)
			defer count(-1)
			return next(ctx, cmd)
		}})
		return client, func() int {
			mu.Lock()
			defer mu.Unlock()
			return top
		}
	}
	// wait has a crowd wait for the lock, half of it for another of the same client, and
	// returns when all do, with the outcomes to come.
	wait := func(e *env, ctx context.Context, client *redis.Client, opts ...lock.Option) <-chan grant {
		granted, waits := make(chan grant, crowd), make(chan struct{}, crowd)
		for i := range crowd {
			var once sync.Once
			l := e.lockOn(client, []string{"average", "sum"}[i%2], append(opts, lock.WithObserver(observe(func(ev lock.Event) {
				if ev.Kind == lock.EventWait {
					once.Do(func() { waits <- struct{}{} })
				}
			})))...)
			e.waiters.Go(func() {
				lease, err := l.Acquire(ctx)
				if err == nil {
					err = lease.Release(e.ctx)
				}
				granted <- grant{l, lease, err, time.Now()}
			})
		}
		for range crowd {
			<-waits
		}
		return granted
	}
	verify(t, []spec{
		{"pops take half of the connections at most, and all waiters are served", func(e *env) {
			client, most := crowded(e)
			first, second := e.take(e.lock("average")), e.take(e.lock("sum"))
			granted := wait(e, e.ctx, client)
			e.release(first)
			e.release(second)
			for range crowd {
				e.wantErr((<-granted).err, nil)
			}
			if n := most(); n > pool/2 || n == 0 {
				e.Errorf("%d pops at once on %d connections", n, pool)
			}
		}},
		{"a holder is renewed beside them", func(e *env) {
			client, _ := crowded(e)
			lease := 300 * time.Millisecond * e.slow
			first, second := e.take(e.lockOn(client, "average", lock.WithLease(lease), lock.WithRenewal())), e.take(e.lock("sum"))
			ctx, cancel := context.WithCancel(e.ctx)
			defer cancel()
			granted := wait(e, ctx, client)
			select {
			case <-first.Lost():
				e.missed("lost: %v", first.Err())
			case <-time.After(4 * lease):
			}
			cancel()
			for range crowd {
				e.wantErr((<-granted).err, context.Canceled)
			}
			e.inTime(first.Release(e.ctx))
			e.release(second)
		}},
		{"a waiter without a seat leaves at once when its context ends", func(e *env) {
			client, _ := crowded(e)
			first, second := e.take(e.lock("average")), e.take(e.lock("sum"))
			ctx, cancel := context.WithCancel(e.ctx)
			granted := wait(e, ctx, client)
			began := time.Now()
			cancel()
			for range crowd {
				g := <-granted
				e.wantErr(g.err, context.Canceled)
				if took := g.at.Sub(began); took > 500*time.Millisecond {
					e.missed("one left after %v", took)
				}
			}
			e.release(first)
			e.release(second)
		}},
		{"a pool of one has a seat", func(e *env) {
			client := e.server.Client(e.T, func(o *redis.Options) { o.PoolSize, o.PoolTimeout = 1, patience })
			held := e.take(e.lock("average"))
			granted := e.acquireOn(client, e.ctx, "average")
			e.release(held)
			e.release(e.wantGrant(granted, time.Now(), time.Minute))
		}},
	})
}
