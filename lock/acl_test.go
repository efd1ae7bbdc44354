package lock_test

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
	"locktop/lock/redistest"
)

// TestRightsOfTheREADME does all that a lock does as a user who has the rights that the
// README names, and no others.
func TestRightsOfTheREADME(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	rights := regexp.MustCompile("Rights for an ACL: `([^`]*)`").FindSubmatch(text)
	if rights == nil {
		t.Fatal("the README names no rights")
	}
	server := redistest.Start(t)
	admin := connect(t, server.Addr)
	args := []any{"acl", "setuser", "locker", "on", ">secret"}
	for _, right := range strings.Fields(string(rights[1])) {
		args = append(args, right)
	}
	if err := admin.Do(t.Context(), args...).Err(); err != nil {
		t.Fatal(err)
	}
	dial := func() redis.UniversalClient {
		return connect(t, server.Addr, func(o *redis.Options) { o.Username, o.Password = "locker", "secret" })
	}
	for _, opts := range [][]lock.Option{
		{lock.WithLease(time.Hour)},
		{lock.WithPoll(lock.Constant(time.Millisecond)), lock.WithFencing()},
	} {
		l := newLock(t, dial(), "average", opts...)
		lease, err := l.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := lease.Release(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	handsOver(t, t.Context(), dial, "average")
	if n, err := lock.ResetAll(t.Context(), dial(), ""); n != 0 || err != nil {
		t.Errorf("%d reset, %v", n, err)
	}
}

// TestAFairWaiterWhoMayNotSubscribeFails, and the process goes on.
func TestAFairWaiterWhoMayNotSubscribeFails(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	admin := connect(t, server.Addr)
	if err := admin.Do(t.Context(), "acl", "setuser", "mute", "on", ">secret", "~*", "+@all", "-subscribe").Err(); err != nil {
		t.Fatal(err)
	}
	held, err := newLock(t, admin, "average").Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	mute := connect(t, server.Addr, func(o *redis.Options) { o.Username, o.Password = "mute", "secret" })
	waiter := newLock(t, mute, "average", lock.WithFairness())
	if _, err := waiter.Acquire(t.Context()); !errors.Is(err, lock.ErrDenied) {
		t.Errorf("got error %v, want ErrDenied", err)
	}
	if err := held.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := waiter.Acquire(t.Context()); err != nil {
		t.Errorf("a free lock: %v", err)
	}
}
