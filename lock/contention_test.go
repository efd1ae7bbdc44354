package lock_test

import (
	"crypto/rand"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
	"locktop/lock/redistest"
)

// onRedis runs f on a real Redis: the embedded one says nothing on fairness.
func onRedis(t *testing.T, f func(e *env)) {
	s := redistest.Real(t)
	inTries(t, func(try *try) { f(newEnv(try, s)) })
}

// jain is Jain's index: 1 if all have the same, 1/n if one has everything.
func jain(counts []int) float64 {
	var sum, squares float64
	for _, n := range counts {
		sum += float64(n)
		squares += float64(n) * float64(n)
	}
	return sum * sum / (float64(len(counts)) * squares)
}

// race has contenders acquire the lock until each has done so often enough. It
// returns how often each had, since all of them had come, when the first was
// through, and checks that no two of them were inside at once.
func (e *env) race(times int, contenders []func() (release func() error, err error)) []int {
	e.Helper()
	var inside atomic.Int32
	var mu sync.Mutex
	counts := make([]int, len(contenders))
	var together, atFirst []int // the counts when all had come, and from then to the first finish
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i, acquire := range contenders {
		wg.Go(func() {
			<-start
			for range times {
				release, err := acquire()
				if err != nil {
					e.Errorf("contender %d: %v", i, err)
					return
				}
				if inside.Add(1) != 1 {
					e.Error("two are inside")
				}
				mu.Lock()
				counts[i]++
				if together == nil && !slices.Contains(counts, 0) {
					together = slices.Clone(counts)
				}
				if counts[i] == times && atFirst == nil {
					atFirst = slices.Clone(counts)
					for j, n := range together {
						atFirst[j] -= n
					}
				}
				mu.Unlock()
				inside.Add(-1)
				if err := release(); err != nil {
					e.Errorf("contender %d: %v", i, err)
					return
				}
			}
		})
	}
	close(start)
	wg.Wait()
	return atFirst
}

// contender acquires with one lock.
func (e *env) contender(l *lock.Lock) func() (func() error, error) {
	return func() (func() error, error) {
		lease, err := l.Acquire(e.ctx)
		if err != nil {
			return nil, err
		}
		return func() error { return lease.Release(e.ctx) }, nil
	}
}

// python acquires with the commands of python-redis-lock.
func (e *env) python() func() (func() error, error) {
	client := e.dial()
	return func() (func() error, error) {
		owner := rand.Text()[:24]
		for {
			err := client.Do(e.ctx, "set", "lock:average", owner, "nx", "ex", 60).Err()
			if err == nil {
				break
			}
			if !errors.Is(err, redis.Nil) {
				return nil, err
			}
			if err := client.Do(e.ctx, "blpop", "lock-signal:average", 1).Err(); err != nil && !errors.Is(err, redis.Nil) {
				return nil, err
			}
		}
		return func() error {
			n, err := client.Eval(e.ctx, pythonRelease, pythonKeys, owner, 1000).Int()
			if err == nil && n != 0 {
				err = errors.New("not held")
			}
			return err
		}, nil
	}
}

func TestFairnessOf64Contenders(t *testing.T) {
	onRedis(t, func(e *env) {
		for name, opts := range map[string][]lock.Option{"lease": {lock.WithLease(10 * time.Second)}, "no lease": nil} {
			contenders := make([]func() (func() error, error), 64)
			for i := range contenders {
				contenders[i] = e.contender(e.fair(opts...))
			}
			counts := e.race(50, contenders)
			if index := jain(counts); index < 0.99 {
				e.missed("%s: Jain index %.3f of %v", name, index, counts)
			}
			e.wantIdle()
		}
	})
}

// turns returns a function for one acquisition after another, by contenders of every kind.
// Each keeps the lock for a time, and the function returns for how many grants it waited.
func (e *env) turns(hold time.Duration) func(acquire func() (func() error, error)) int64 {
	var grants atomic.Int64
	var inside atomic.Int32
	return func(acquire func() (func() error, error)) int64 {
		before := grants.Load()
		release, err := acquire()
		if err != nil {
			e.Error(err)
			return 0
		}
		if inside.Add(1) != 1 {
			e.Error("two are inside")
		}
		waited := grants.Add(1) - before
		time.Sleep(hold)
		inside.Add(-1)
		if err := release(); err != nil {
			e.Error(err)
		}
		return waited
	}
}

// Fair contenders who never stop leave the others their turns, and the others
// do not starve them.
func TestWaitersOfEveryKind(t *testing.T) {
	onRedis(t, func(e *env) {
		const each, times = 4, 20
		turn := e.turns(0)
		longest := make([]int64, 3*each)
		var others, fair sync.WaitGroup
		done := make(chan struct{})
		for i := range each {
			contend := e.contender(e.fair(lock.WithLease(10 * time.Second)))
			fair.Go(func() {
				for {
					select {
					case <-done:
						return
					default:
						longest[3*i] = max(longest[3*i], turn(contend))
					}
				}
			})
			for k, contend := range []func() (func() error, error){
				e.contender(e.lockOn(e.dial(), "average", lock.WithLease(10*time.Second))), e.python(),
			} {
				others.Go(func() {
					for range times {
						longest[3*i+1+k] = max(longest[3*i+1+k], turn(contend))
					}
				})
			}
		}
		others.Wait()
		close(done)
		fair.Wait()
		t.Logf("the longest waits in grants: %v", longest)
		e.wantIdle()
		for _, n := range longest {
			if most := int64(2 * each * 9 * 4); n > most {
				// Whoever takes a signal has 50 ms to take the lock.
				e.missed("somebody waited for %d grants, want %d at most", n, most)
			}
		}
	})
}

// Subscriptions that are cut are made again, and the waiters keep their places.
func TestCutSubscriptions(t *testing.T) {
	onRedis(t, func(e *env) {
		contenders := make([]func() (func() error, error), 16)
		for i := range contenders {
			acquire := e.contender(e.fair(lock.WithLease(10 * time.Second)))
			contenders[i] = func() (func() error, error) {
				release, err := acquire()
				time.Sleep(time.Millisecond)
				return release, err
			}
		}
		stop := make(chan struct{})
		var cutter sync.WaitGroup
		cuts := 0
		cutter.Go(func() {
			subscribed := false // all of them: a waiter whose first subscription fails gives up
			for {
				select {
				case <-stop:
					return
				case <-time.After(20 * time.Millisecond):
					if !subscribed {
						subscribed = len(e.client.PubSubChannels(e.ctx, "lock-grant:*").Val()) == len(contenders)
						continue
					}
					n, err := e.client.Do(e.ctx, "client", "kill", "type", "pubsub").Int()
					if err != nil {
						e.Error(err)
					}
					cuts += n
				}
			}
		})
		e.race(20, contenders)
		close(stop)
		cutter.Wait()
		if cuts == 0 {
			t.Error("no subscription was cut")
		}
		e.wantIdle()
	})
}

func TestConnectionsOfWaiters(t *testing.T) {
	onRedis(t, func(e *env) {
		held := e.take(e.fair())
		l := e.fair(lock.WithLease(time.Minute))
		granted := e.queue(e.ctx, l)
		var wg sync.WaitGroup
		e.Cleanup(wg.Wait)
		for range 50 {
			wg.Go(func() {
				if lease, err := l.Acquire(e.ctx); err == nil {
					lease.Release(e.ctx)
				}
			})
		}
		e.eventually("all wait", func() bool { return e.client.ZCard(e.ctx, queueKey).Val() == 51 })
		if channels := e.client.PubSubChannels(e.ctx, "lock-grant:*").Val(); len(channels) != 1 {
			t.Errorf("%d subscriptions", len(channels))
		}
		e.release(held)
		e.release(e.wantGrant(granted, time.Now(), soon))
		e.eventually("all are served", func() bool { return e.client.Exists(e.ctx, "lock:average", queueKey).Val() == 0 })
		e.eventually("the subscription ends", func() bool { return len(e.client.PubSubChannels(e.ctx, "*").Val()) == 0 })
	})
}
