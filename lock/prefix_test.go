package lock_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
)

func TestPrefix(t *testing.T) {
	verify(t, []spec{
		{"all keys begin with it, whatever comes before or behind it", func(e *env) {
			for _, opts := range [][]lock.Option{
				{lock.WithPrefix("app:lock"), lock.WithFencing(), lock.WithFairness()},
				{lock.WithFencing(), lock.WithFairness(), lock.WithPrefix("app:lock")},
			} {
				l := e.lock("average", opts...)
				held := e.take(l)
				waiter := make(chan grant, 1)
				e.waiters.Go(func() {
					lease, err := l.Acquire(e.ctx)
					waiter <- grant{l, lease, err, time.Now()}
				})
				e.eventually("it waits", func() bool { return e.client.ZCard(e.ctx, l.Keys()[2]).Val() == 1 })
				keys := e.client.Keys(e.ctx, "*").Val()
				for _, key := range keys {
					if !slices.Contains(l.Keys(), key) || !strings.HasPrefix(key, "app:lock") {
						e.Errorf("there is a key %q, not of %q", key, l.Keys())
					}
				}
				if len(keys) < 3 {
					e.Errorf("the keys are %q", keys)
				}
				if owner := e.client.Get(e.ctx, "app:lock:average").Val(); owner != held.ID() {
					e.Errorf("the owner is %q", owner)
				}
				e.release(held)
				lease := e.wantGrant(waiter, time.Now(), time.Minute)
				if held.Token() == 0 || lease.Token() <= held.Token() {
					e.Errorf("token %d after %d", lease.Token(), held.Token())
				}
				e.release(lease)
				e.client.FlushAll(e.ctx)
			}
		}},
		{"a release wakes the waiters of the same prefix", func(e *env) {
			held := e.take(e.lock("average", lock.WithPrefix("app")))
			granted := e.acquireBySignal("average", lock.WithPrefix("app"))
			released := time.Now()
			e.release(held)
			e.release(e.wantWoken(granted, released))
		}},
		{"locks of different prefixes do not exclude each other", func(e *env) {
			e.release(e.take(e.lock("average")))
			first, second := e.take(e.lock("average")), e.take(e.lock("average", lock.WithPrefix("app")))
			e.release(first)
			e.wantErr(second.Release(e.ctx), nil)
		}},
		{"an empty prefix is invalid", func(e *env) {
			_, err := lock.New(e.client, "average", lock.WithPrefix(""))
			e.wantErr(err, lock.ErrInvalid)
		}},
	})
}

func TestPrefixOnACluster(t *testing.T) {
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{"127.0.0.1:1"}})
	defer client.Close()
	for _, test := range []struct {
		prefix, name string
		good         bool
	}{
		{"{app}", "average", true}, {"app", "{average}", true}, {"{app}", "{average}", true},
		{"app", "average", false}, {"a{pp", "aver}age", false}, {"a{pp", "{average}", false},
	} {
		l, err := lock.New(client, test.name, lock.WithPrefix(test.prefix))
		if (err == nil) != test.good || err != nil && !errors.Is(err, lock.ErrCluster) {
			t.Errorf("prefix %q, name %q: %v", test.prefix, test.name, err)
		}
		if err != nil {
			continue
		}
		tags := map[string]bool{}
		for _, key := range l.Keys() {
			_, rest, _ := strings.Cut(key, "{")
			tag, _, _ := strings.Cut(rest, "}")
			tags[tag] = true
		}
		if len(tags) != 1 {
			t.Errorf("the keys %q have the tags %v", l.Keys(), tags)
		}
	}
}
