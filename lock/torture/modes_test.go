package torture

import (
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
)

// A hold is one acquisition.
type hold struct {
	id      string
	until   time.Time   // its lease does not end before
	lease   *lock.Lease // nil for a Python program
	release func(context.Context) error
}

func (h hold) token() uint64 {
	if h.lease == nil {
		return 0
	}
	return h.lease.Token()
}

// A contender acquires one lock in one mode. It is one goroutine's.
type contender struct {
	name, mode string
	acquire    func(context.Context) (hold, error)
	settle     func()
	guard      *lock.Guard // what it writes to, if it is fenced
}

// A mode is a way to use a lock. All of them share the same locks.
type mode struct {
	name    string
	options []lock.Option // nil: python-redis-lock
	fenced  bool
	tries   bool // it does not wait, but tries again and again
}

var modes = []mode{
	{name: "signal", options: []lock.Option{}},
	{name: "signal, fenced", options: []lock.Option{}, fenced: true},
	{name: "signal, renewed", options: []lock.Option{lock.WithRenewal()}},
	{name: "fair", options: []lock.Option{lock.WithFairness()}},
	{name: "fair, fenced", options: []lock.Option{lock.WithFairness()}, fenced: true},
	{name: "fair, renewed", options: []lock.Option{lock.WithFairness(), lock.WithRenewal()}},
	{name: "poll", options: []lock.Option{lock.WithPoll(lock.Constant(tryEvery))}},
	{name: "try", options: []lock.Option{}, tries: true},
	{name: "python"},
	{name: "python, not waiting", tries: true},
}

// tryEvery is the pause of who does not wait.
const tryEvery = 10 * time.Millisecond

// askEvery says which acquisitions ask Redis how long they last, besides those that
// have waited for so long that it matters.
const askEvery = 8

// errUnleased is a grant of a lock with a lease that has none in Redis.
var errUnleased = errors.New("granted without a lease")

// lock returns a lock and, if it is fenced, the guard of what the judge has for
// its holders.
func (m mode) lock(client *redis.Client, j judge, name string, lease time.Duration) (*lock.Lock, *lock.Guard, error) {
	options := append([]lock.Option{lock.WithLease(lease)}, m.options...)
	var guard *lock.Guard
	if m.fenced {
		var err error
		if guard, err = lock.NewGuard(j.client, resourceKey+name); err != nil {
			return nil, nil, err
		}
		options = append(options, lock.WithGuard(guard))
	}
	l, err := lock.New(client, name, options...)
	return l, guard, err
}

func (m mode) contender(client *redis.Client, j judge, name string, lease time.Duration) (*contender, error) {
	c := &contender{name: name, mode: m.name, settle: func() {}}
	if m.options == nil {
		once := redis.NewClient(&redis.Options{Addr: client.Options().Addr, MaxRetries: -1, ReadTimeout: client.Options().ReadTimeout})
		c.acquire = python(once, name, lease, m.tries)
		c.settle = func() { once.Close() }
		return c, nil
	}
	l, guard, err := m.lock(client, j, name, lease)
	if err != nil {
		return nil, err
	}
	c.guard = guard
	c.settle = l.Settle
	c.acquire = func(ctx context.Context) (hold, error) {
		began := time.Now()
		acquire := l.Acquire
		if m.tries {
			acquire = l.TryAcquire
		}
		held, err := acquire(ctx)
		for m.tries && errors.Is(err, lock.ErrHeld) {
			time.Sleep(tryEvery)
			began = time.Now()
			held, err = acquire(ctx)
		}
		if err != nil {
			return hold{}, err
		}
		h := hold{id: held.ID(), until: began.Add(lease), lease: held, release: held.Release}
		if waited := time.Since(began); waited < lease/2 && rand.N(askEvery) > 0 {
			return h, nil
		}
		asked := time.Now()
		ttl, err := held.TTL(ctx)
		switch {
		case errors.Is(err, lock.ErrNotHeld):
			return hold{}, err
		case err != nil:
			return h, nil // it is to be released all the same, or it would be renewed for ever
		case ttl == 0:
			return hold{}, errors.Join(errUnleased, held.Release(ctx))
		}
		h.until = asked.Add(ttl)
		return h, nil
	}
	return c, nil
}

// pythonRelease is what python-redis-lock 4.x sends to release.
var pythonRelease = redis.NewScript(`
	if redis.call("get", KEYS[1]) ~= ARGV[1] then return 1 end
	redis.call("del", KEYS[2])
	redis.call("lpush", KEYS[2], 1)
	redis.call("pexpire", KEYS[2], ARGV[2])
	redis.call("del", KEYS[1])
	return 0`)

// python acquires with the commands of python-redis-lock 4.x, and waits for the signal
// unless it tries again and again.
func python(client *redis.Client, name string, lease time.Duration, tries bool) func(context.Context) (hold, error) {
	key, signal, seconds := "lock:"+name, "lock-signal:"+name, int64(lease/time.Second)
	return func(ctx context.Context) (hold, error) {
		id := crand.Text()[:24]
		for {
			if err := ctx.Err(); err != nil {
				return hold{}, err
			}
			asked := time.Now()
			err := client.Do(ctx, "SET", key, id, "NX", "EX", seconds).Err()
			if err == nil {
				return hold{id: id, until: asked.Add(lease), release: func(ctx context.Context) error {
					reply, err := pythonRelease.Run(ctx, client, []string{key, signal}, id, 1000).Int()
					if err == nil && reply != 0 {
						err = fmt.Errorf("python: %w", lock.ErrNotHeld)
					}
					return err
				}}, nil
			}
			if !errors.Is(err, redis.Nil) {
				return hold{}, err
			}
			if tries {
				time.Sleep(tryEvery / 5)
				continue
			}
			if err := client.Do(ctx, "BLPOP", signal, seconds).Err(); err != nil && !errors.Is(err, redis.Nil) {
				return hold{}, err
			}
		}
	}
}
