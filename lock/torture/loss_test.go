package torture

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
	"locktop/lock/redistest"
)

// dial returns a client of the Redis at addr, closed at the end of the test.
func dial(t *testing.T, addr string) *redis.Client {
	client := redis.NewClient(&redis.Options{Addr: addr, PoolSize: 32, ReadTimeout: 10 * time.Second})
	t.Cleanup(func() { client.Close() })
	return client
}

// TestLoss restarts a Redis while locks are held and waited for.
func TestLoss(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		sentence string
		empty    bool
		lease    time.Duration
	}{
		{"one that restarts with its data keeps its locks, and the waiters wait on", false, 10 * time.Minute},
		{"one that restarts without its data loses them, the holders learn of it, and the waiters are served", true, 9 * time.Second},
	} {
		t.Run(test.sentence, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			server := startDurable(t, dir)
			var all []*loss
			for name, options := range map[string][]lock.Option{
				"signal":            {lock.WithLease(test.lease)},
				"signal, renewed":   {lock.WithLease(test.lease), lock.WithRenewal()},
				"signal, unlimited": {},
				"fair":              {lock.WithLease(test.lease), lock.WithFairness()},
				"fair, renewed":     {lock.WithLease(test.lease), lock.WithFairness(), lock.WithRenewal()},
				"fair, unlimited":   {lock.WithFairness()},
				"fenced":            {lock.WithLease(test.lease), lock.WithFencing()},
			} {
				all = append(all, startLoss(t, server, name, options))
			}
			server.Stop()
			if test.empty {
				forget(t, dir)
			}
			server.Restart(t)
			for _, l := range all {
				if test.empty {
					l.wantLoss(t)
				} else {
					l.wantRelease(t)
				}
				if err := <-l.granted; err != nil {
					t.Errorf("%s: the waiter: %v", l.name, err)
				}
			}
		})
	}
}

// A loss is a lock that is held and waited for.
type loss struct {
	name    string
	held    *lock.Lease
	granted chan error // the waiter's
}

func startLoss(t *testing.T, server *redistest.Process, name string, options []lock.Option) *loss {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), hang)
	var locks [2]*lock.Lock
	for i := range locks {
		l, err := lock.New(dial(t, server.Addr), name, options...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(l.Settle)
		locks[i] = l
	}
	held, err := locks[0].Acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	held.Lost() // it is watched from here on
	l := &loss{name: name, held: held, granted: make(chan error, 1)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		var lease *lock.Lease
		err := again(ctx, func() (err error) {
			lease, err = locks[1].Acquire(ctx)
			return err
		})
		if err == nil {
			err = again(ctx, func() error { return lease.Release(ctx) })
		}
		l.granted <- err
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return l
}

// again calls f until it succeeds or Redis has answered, for it is away now and
// then.
func again(ctx context.Context, f func() error) error {
	for {
		err := f()
		if err == nil || ctx.Err() != nil || errors.Is(err, lock.ErrNotHeld) {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (l *loss) wantLoss(t *testing.T) {
	t.Helper()
	select {
	case <-l.held.Lost():
		if err := l.held.Err(); !errors.Is(err, lock.ErrNotHeld) || errors.Is(err, lock.ErrReleased) {
			t.Errorf("%s: Err() = %v", l.name, err)
		}
	case <-time.After(hang):
		t.Errorf("%s: the holder does not know after %v", l.name, hang)
	}
}

func (l *loss) wantRelease(t *testing.T) {
	t.Helper()
	if len(l.granted) > 0 {
		t.Errorf("%s: the waiter got in beside the holder", l.name)
	}
	if err := again(t.Context(), func() error { return l.held.Release(t.Context()) }); err != nil {
		t.Errorf("%s: the holder: %v", l.name, err)
	}
}
