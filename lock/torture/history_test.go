package torture

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/redis/go-redis/v9"

	"locktop/lock"
	"locktop/lock/redistest"
)

// shortLease is short enough that some of them run out.
const shortLease = 100 * time.Millisecond

// TestLinearizability has a few clients acquire and release a lock, with all that
// they may do and with connections that are cut, and has Porcupine look for an
// order of what they did and were told that makes sense for one lock.
func TestLinearizability(t *testing.T) {
	for sentence, among := range map[string][]string{
		"among those who are signalled":   {"signal", "signal, fenced"},
		"among those who are handed over": {"fair", "fair, fenced"},
		"among all who try or poll":       {"signal", "fair", "poll", "python, not waiting"},
		"among all, and Python programs":  {"signal", "signal, fenced", "fair", "fair, fenced", "python"},
	} {
		t.Run(sentence, func(t *testing.T) {
			t.Parallel()
			redistest.Each(t, func(t *testing.T, s *redistest.Server) {
				for range 2 {
					r := newRecorder()
					record(t, r, s, among)
					r.want(t, porcupine.Ok)
				}
			})
		})
	}
}

// A recorder keeps a history.
type recorder struct {
	seed  uint64
	began time.Time

	mu      sync.Mutex
	history []porcupine.Operation
	unknown int
}

func newRecorder() *recorder { return &recorder{seed: rand.Uint64(), began: time.Now()} }

func (r *recorder) now() int64 { return int64(time.Since(r.began)) }

// add takes in what was called at the given time and has returned, unless it is
// unknown.
func (r *recorder) add(client int, owner string, do action, said outcome, called int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	returned := r.now()
	if said == unknown {
		returned = 0
	}
	op := event(owner, do, said, called, returned)
	op.ClientId = client
	r.history = append(r.history, op)
}

// stranger returns an owner id for an acquisition that has not told its own.
func (r *recorder) stranger() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unknown++
	return fmt.Sprintf("unknown-%d", r.unknown)
}

// want checks the history.
func (r *recorder) want(t *testing.T, want porcupine.CheckResult) {
	t.Helper()
	slices.SortFunc(r.history, func(a, b porcupine.Operation) int { return int(a.Call - b.Call) })
	outcomes := map[outcome]int{}
	for _, op := range r.history {
		outcomes[op.Output.(outcome)]++
	}
	began := time.Now()
	got := porcupine.CheckOperationsTimeout(lockModel, r.history, hang)
	t.Logf("%d operations %v, checked in %v", len(r.history), outcomes, time.Since(began).Round(time.Millisecond))
	if got != want {
		t.Errorf("seed %d: the history is %s, want %s\n%s", r.seed, got, want, lines(r.history))
	}
}

// record has a few clients use one lock, while all connections are cut now and
// then.
func record(t *testing.T, r *recorder, s *redistest.Server, among []string) {
	t.Helper()
	const clients, rounds, cuts = 5, 30, 3
	server := s.Client(t).Options()
	proxy := startProxy(t, server.Network, server.Addr)
	court, err := newJudge(s.URL()) // no judge here, but whatever fenced holders write to is not cut off
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { court.client.Close() })
	name := fmt.Sprintf("average-%d", r.seed)

	var users sync.WaitGroup
	for i := range clients {
		m := modes[slices.IndexFunc(modes, func(m mode) bool { return m.name == among[i%len(among)] })]
		// Nothing is sent twice: the second reply would hide the first.
		client := redis.NewClient(&redis.Options{Addr: proxy.addr, MaxRetries: -1, ReadTimeout: 10 * time.Second})
		t.Cleanup(func() { client.Close() })
		u := &user{recorder: r, number: i, random: rand.New(rand.NewPCG(r.seed, uint64(i)))}
		if m.options == nil {
			u.python = python(client, name, time.Second, m.tries)
		} else {
			if u.lock, _, err = m.lock(client, court, name, shortLease); err != nil {
				t.Fatal(err)
			}
			u.inLine = slices.Contains([]string{"fair", "fair, fenced"}, m.name)
			t.Cleanup(u.lock.Settle)
		}
		users.Go(func() {
			for range rounds {
				u.round(t)
			}
		})
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		users.Wait()
	}()
	random := rand.New(rand.NewPCG(r.seed, cuts))
	for range cuts {
		select {
		case <-over:
			return
		case <-time.After(time.Duration(20+random.IntN(60)) * time.Millisecond):
			proxy.cut(time.Duration(random.IntN(2)*5) * time.Millisecond)
		}
	}
	<-over
}

// A user is a client whose operations are recorded.
type user struct {
	*recorder
	number int
	random *rand.Rand
	lock   *lock.Lock
	inLine bool                                // it has a fair lock
	python func(context.Context) (hold, error) // in place of lock
}

// round acquires, with or without waiting, and releases, unless it forgets to.
func (u *user) round(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if u.random.IntN(20) == 0 { // an impatient one
		ctx, cancel = context.WithTimeout(ctx, time.Duration(1+u.random.IntN(20))*time.Millisecond)
		defer cancel()
	}
	try := u.random.IntN(3) == 0
	called := u.now()
	h, err := u.acquire(ctx, try)
	lease := shortLease
	if u.python != nil {
		lease = time.Second
	}
	// Clocks need not agree to the last of it.
	expiry := called + int64(lease*9/10)
	switch {
	case err == nil:
		u.add(u.number, h.id, acquires, done, called)
	case errors.Is(err, lock.ErrHeld) && u.inLine:
		u.add(u.number, u.stranger(), acquires, passed, called)
		return
	case errors.Is(err, lock.ErrHeld):
		u.add(u.number, u.stranger(), acquires, refused, called)
		return
	default:
		// It may have been granted the lock all the same, and gives it back by itself.
		u.add(u.number, u.stranger(), acquires, unknown, called)
		return
	}
	time.Sleep(time.Duration(u.random.IntN(1000)) * time.Microsecond)
	if u.random.IntN(20) == 0 {
		u.add(u.number, h.id, expires, unknown, expiry)
		return
	}
	called = u.now()
	switch err := h.release(context.WithoutCancel(ctx)); {
	case err == nil:
		u.add(u.number, h.id, releases, done, called)
		return // so it had not run out
	case errors.Is(err, lock.ErrNotHeld):
		u.add(u.number, h.id, releases, refused, called)
	default:
		expiry = min(expiry, called) // which is all that the release can do
	}
	u.add(u.number, h.id, expires, unknown, expiry)
}

func (u *user) acquire(ctx context.Context, try bool) (hold, error) {
	if u.python != nil {
		return u.python(ctx)
	}
	acquire := u.lock.Acquire
	if try {
		acquire = u.lock.TryAcquire
	}
	lease, err := acquire(ctx)
	if err != nil {
		return hold{}, err
	}
	return hold{id: lease.ID(), lease: lease, release: lease.Release}, nil
}

// A broken lock compares and deletes in two commands when it is released. When
// its lease runs out in between, it deletes the lock of another.
func TestBrokenLock(t *testing.T) {
	redistest.Each(t, func(t *testing.T, s *redistest.Server) {
		client := s.Client(t)
		for lease := shortLease; ; lease *= 2 {
			name := fmt.Sprintf("lock:broken for %v", lease)
			r := newRecorder()
			acquire := func(owner string, lease time.Duration) {
				t.Helper()
				called := r.now()
				for !client.SetNX(t.Context(), name, owner, lease).Val() {
					if err := t.Context().Err(); err != nil {
						t.Fatal(err)
					}
					time.Sleep(time.Millisecond)
				}
				r.add(0, owner, acquires, done, called)
				r.add(0, owner, expires, unknown, called+int64(lease*9/10))
			}
			acquire("a", lease)
			called := r.now()
			if client.Get(t.Context(), name).Val() != "a" {
				continue // the lease was too short to compare in time
			}
			acquire("b", time.Hour) // when a's lease has run out
			client.Del(t.Context(), name)
			r.add(0, "a", releases, done, called)
			acquire("c", time.Hour)
			r.want(t, porcupine.Illegal)
			return
		}
	})
}
