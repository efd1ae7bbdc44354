package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/bsm/redislock"
	"github.com/go-redsync/redsync/v4"
	"github.com/go-redsync/redsync/v4/redis/goredis/v9"
	"github.com/redis/go-redis/v9"
	"github.com/redis/rueidis"
	"github.com/redis/rueidis/rueidislock"

	"locktop/lock"
)

const (
	// lease is the time to live of every lock that has one. It is redsync's default.
	lease = 8 * time.Second

	// pause is between two tries of those who poll, where it can be set.
	pause = time.Millisecond

	// name is that of the lock.
	name = "bench"
)

// A locker acquires the lock and returns what releases it. It belongs to one goroutine.
type locker func(ctx context.Context) (release func() error, err error)

// A team is the contenders of one entrant, ready to start.
type team struct {
	lockers []locker
	close   func()
}

// An entrant is a lock in one setting.
type entrant struct {
	name    string
	setting string // in words
	ours    style
	leased  bool
	open    func(ctx context.Context, s *server, contenders int) (*team, error)
}

// A style is how one of our own locks waits.
type style int

const (
	theirs style = iota
	polled
	signalled
	fair
	alone // fair, with a client for each contender: as if in processes of their own
)

// entrants returns everybody, our own first.
func entrants() []entrant {
	leased := lock.WithLease(lease)
	return []entrant{
		{name: "locktop signal", setting: "WithLease 8 s", ours: signalled, leased: true, open: ours(leased)},
		{name: "locktop signal, no lease", setting: "the default", ours: signalled, open: ours()},
		{name: "locktop fair", setting: "WithFairness, WithLease 8 s", ours: fair, leased: true, open: ours(lock.WithFairness(), leased)},
		{name: "locktop fair, no lease", setting: "WithFairness", ours: fair, open: ours(lock.WithFairness())},
		{name: "locktop fair each", setting: "WithFairness, WithLease 8 s, a client for each contender: grants are messages, as between processes", ours: alone,
			leased: true, open: oursEach(lock.WithFairness(), leased)},
		{name: "locktop poll 1 ms", setting: "WithPoll(Constant(1 ms)), WithLease 8 s", ours: polled, leased: true,
			open: ours(lock.WithPoll(lock.Constant(pause)), leased)},
		{name: "redislock 1 ms", setting: "bsm/redislock, LinearBackoff(1 ms), ttl 8 s", leased: true, open: openRedislock},
		{name: "redsync", setting: "its default pauses of 50 to 250 ms, as many tries as it takes, expiry 8 s", leased: true,
			open: openRedsync()},
		{name: "redsync 1 ms", setting: "WithRetryDelay(1 ms), as many tries as it takes, expiry 8 s", leased: true,
			open: openRedsync(redsync.WithRetryDelay(pause))},
		{name: "rueidislock", setting: "one Locker, KeyMajority 1, NoLoopTracking, KeyValidity 8 s", leased: true, open: openRueidislock},
		{name: "rueidislock each", setting: "the same with a Locker, and so two connections, for each contender", leased: true,
			open: openRueidislockEach},
	}
}

// selected returns those of all whose name contains one of the texts, which are separated by commas.
func selected(all []entrant, texts string) ([]entrant, error) {
	if texts == "" {
		return all, nil
	}
	var some []entrant
	for _, e := range all {
		for text := range strings.SplitSeq(texts, ",") {
			if strings.Contains(e.name, strings.TrimSpace(text)) {
				some = append(some, e)
				break
			}
		}
	}
	if len(some) == 0 {
		return nil, fmt.Errorf("no lock has a name that contains any of %q", texts)
	}
	return some, nil
}

// onGoRedis opens a team that shares one client, with a connection for each contender.
func onGoRedis(ctx context.Context, s *server, contenders int, open func(client *redis.Client) (locker, error)) (*team, error) {
	client, closed := s.shared, func() {}
	if client == nil || contenders > 1 {
		client = s.client(contenders)
		closed = func() { client.Close() }
	}
	t := &team{close: closed}
	if err := connect(ctx, client); err != nil {
		t.close()
		return nil, err
	}
	for range contenders {
		l, err := open(client)
		if err != nil {
			t.close()
			return nil, err
		}
		t.lockers = append(t.lockers, l)
	}
	return t, nil
}

// floor is what a lock cannot be cheaper than: two commands, and no care for whose lock is deleted.
func floor(ctx context.Context, s *server) (*team, error) {
	return onGoRedis(ctx, s, 1, func(client *redis.Client) (locker, error) {
		return func(ctx context.Context) (func() error, error) {
			if err := client.SetNX(ctx, name, "floor", 0).Err(); err != nil {
				return nil, err
			}
			return func() error { return client.Del(ctx, name).Err() }, nil
		}, nil
	})
}

func ours(opts ...lock.Option) func(ctx context.Context, s *server, contenders int) (*team, error) {
	return func(ctx context.Context, s *server, contenders int) (*team, error) {
		var settle []func()
		t, err := onGoRedis(ctx, s, contenders, func(client *redis.Client) (locker, error) {
			l, err := lock.New(client, name, opts...)
			if err != nil {
				return nil, err
			}
			settle = append(settle, l.Settle)
			return func(ctx context.Context) (func() error, error) {
				lease, err := l.Acquire(ctx)
				if err != nil {
					return nil, err
				}
				return func() error { return lease.Release(ctx) }, nil
			}, nil
		})
		if err != nil {
			return nil, err
		}
		closeClient := t.close
		t.close = func() {
			for _, f := range settle {
				f()
			}
			closeClient()
		}
		return t, nil
	}
}

// oursEach opens a team whose members have nothing in common.
func oursEach(opts ...lock.Option) func(ctx context.Context, s *server, contenders int) (*team, error) {
	one := ours(opts...)
	return func(ctx context.Context, s *server, contenders int) (*team, error) {
		var closes []func()
		t := &team{close: func() {
			for _, f := range closes {
				f()
			}
		}}
		for range contenders {
			member, err := one(ctx, s, 1)
			if err != nil {
				t.close()
				return nil, err
			}
			closes = append(closes, member.close)
			t.lockers = append(t.lockers, member.lockers...)
		}
		return t, nil
	}
}

func openRedislock(ctx context.Context, s *server, contenders int) (*team, error) {
	return onGoRedis(ctx, s, contenders, func(client *redis.Client) (locker, error) {
		locks := redislock.New(client)
		options := &redislock.Options{RetryStrategy: redislock.LinearBackoff(pause)}
		return func(ctx context.Context) (func() error, error) {
			l, err := locks.Obtain(ctx, name, lease, options)
			if err != nil {
				return nil, err
			}
			return func() error { return l.Release(ctx) }, nil
		}, nil
	})
}

func openRedsync(opts ...redsync.Option) func(ctx context.Context, s *server, contenders int) (*team, error) {
	const never = 1 << 30 // tries, after which it gives up
	opts = append(opts, redsync.WithTries(never), redsync.WithExpiry(lease))
	return func(ctx context.Context, s *server, contenders int) (*team, error) {
		return onGoRedis(ctx, s, contenders, func(client *redis.Client) (locker, error) {
			mutex := redsync.New(goredis.NewPool(client)).NewMutex(name, opts...)
			return func(ctx context.Context) (func() error, error) {
				if err := mutex.LockContext(ctx); err != nil {
					return nil, err
				}
				return func() error {
					_, err := mutex.UnlockContext(ctx)
					return err
				}, nil
			}, nil
		})
	}
}

func openRueidislock(_ context.Context, s *server, contenders int) (*team, error) {
	l, err := rueidisLocker(s)
	if err != nil {
		return nil, err
	}
	t := &team{close: l.Close}
	for range contenders {
		t.lockers = append(t.lockers, rueidisContender(l))
	}
	return t, nil
}

func openRueidislockEach(_ context.Context, s *server, contenders int) (*team, error) {
	var all []rueidislock.Locker
	t := &team{close: func() {
		for _, l := range all {
			l.Close()
		}
	}}
	for range contenders {
		l, err := rueidisLocker(s)
		if err != nil {
			t.close()
			return nil, err
		}
		all = append(all, l)
		t.lockers = append(t.lockers, rueidisContender(l))
	}
	return t, nil
}

func rueidisLocker(s *server) (rueidislock.Locker, error) {
	return rueidislock.NewLocker(rueidislock.LockerOption{
		ClientOption:   rueidis.ClientOption{InitAddress: []string{s.addr}, ForceSingleClient: true},
		KeyMajority:    1,
		NoLoopTracking: true,
		KeyValidity:    lease,
	})
}

func rueidisContender(l rueidislock.Locker) locker {
	return func(ctx context.Context) (func() error, error) {
		_, cancel, err := l.WithContext(ctx, name)
		if err != nil {
			return nil, err
		}
		return func() error {
			cancel() // returns when the key is deleted
			return nil
		}, nil
	}
}
