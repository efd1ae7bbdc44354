package lock_test

import (
	"context"
	"errors"
	"io"
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

func TestNew(t *testing.T) {
	client := redis.NewClient(&redis.Options{})
	defer client.Close()
	for _, test := range []struct {
		sentence string
		client   redis.UniversalClient
		name     string
		opt      lock.Option
	}{
		{"a client is needed", nil, "average", lock.WithLease(0)},
		{"a name is needed", client, "", lock.WithLease(0)},
		{"a lease is not negative", client, "average", lock.WithLease(-time.Second)},
		{"a lease is not below a millisecond", client, "average", lock.WithLease(time.Microsecond)},
		{"an id is not empty", client, "average", lock.WithID("")},
		{"an option is not nil", client, "average", nil},
		{"a client is not a nil of some type either", (*redis.Client)(nil), "average", lock.WithLease(0)},
	} {
		t.Run(test.sentence, func(t *testing.T) {
			if l, err := lock.New(test.client, test.name, test.opt); l != nil || !errors.Is(err, lock.ErrInvalid) {
				t.Errorf("got %v and error %v, want ErrInvalid", l, err)
			}
		})
	}
}

func TestTryAcquire(t *testing.T) {
	verify(t, []spec{
		{"a free lock is acquired and its value is the owner's id", func(e *env) {
			l := e.lock("average")
			lease := e.take(l)
			if random, _, _ := strings.Cut(lease.ID(), " "); len(random) != 24 {
				e.Errorf("id %q, want 24 random characters before the label", lease.ID())
			}
			if got := e.client.Get(e.ctx, "lock:average").Val(); got != lease.ID() {
				e.Errorf("value %q, want the id %q", got, lease.ID())
			}
			if got, err := l.OwnerID(e.ctx); got != lease.ID() || err != nil {
				e.Errorf("OwnerID() = %q, %v, want %q", got, err, lease.ID())
			}
			e.release(lease)
			if got, err := l.OwnerID(e.ctx); got != "" || err != nil {
				e.Errorf("OwnerID() of a free lock = %q, %v", got, err)
			}
		}},
		{"a lock that is held is ErrHeld at once", func(e *env) {
			e.take(e.lock("average"))
			_, err := e.lock("average").TryAcquire(e.ctx)
			e.wantErr(err, lock.ErrHeld)
			if want := "lock: try to acquire lock:average: held by another owner"; err.Error() != want {
				e.Errorf("message %q, want %q", err, want)
			}
		}},
		{"a lock shared by goroutines has a new id for each acquisition", func(e *env) {
			l := e.lock("average")
			first := e.take(l)
			_, err := l.TryAcquire(e.ctx)
			e.wantErr(err, lock.ErrHeld)
			e.release(first)
			if second := e.take(l); second.ID() == first.ID() {
				e.Errorf("both ids are %q", first.ID())
			}
		}},
		{"locks of other names do not interfere", func(e *env) {
			e.take(e.lock("average"))
			e.take(e.lock("averages"))
		}},
		{"a custom id is kept and is the value", func(e *env) {
			lease := e.take(e.lock("average", lock.WithID("alert-server-1")))
			if got := e.client.Get(e.ctx, "lock:average").Val(); got != "alert-server-1" || lease.ID() != got {
				e.Errorf("value %q, id %q", got, lease.ID())
			}
		}},
		{"an owner with a non-ASCII id keeps others out", func(e *env) {
			const id = "größer-日本語-\xff"
			lease := e.take(e.lock("average", lock.WithID(id)))
			l := e.lock("average")
			_, err := l.TryAcquire(e.ctx)
			e.wantErr(err, lock.ErrHeld)
			if got, _ := l.OwnerID(e.ctx); got != id {
				e.Errorf("OwnerID() = %q, want %q", got, id)
			}
			e.release(lease)
		}},
		{"a second acquisition by the same id is ErrAlreadyAcquired", func(e *env) {
			e.take(e.lock("average", lock.WithID("me")))
			l := e.lock("average", lock.WithID("me"))
			_, err := l.TryAcquire(e.ctx)
			e.wantErr(err, lock.ErrAlreadyAcquired)
			_, err = l.Acquire(e.ctx)
			e.wantErr(err, lock.ErrAlreadyAcquired)
			_, err = e.lock("average", lock.WithID("you")).TryAcquire(e.ctx)
			e.wantErr(err, lock.ErrHeld)
		}},
		{"locked is true whoever the owner is", func(e *env) {
			l := e.lock("average")
			e.wantLocked(l, false)
			lease := e.take(e.lock("average"))
			e.wantLocked(l, true)
			e.release(lease)
			e.wantLocked(l, false)
		}},
		{"without a lease the key has no time to live", func(e *env) {
			for _, opts := range [][]lock.Option{nil, {lock.WithLease(0)}} {
				lease := e.take(e.lock("average", opts...))
				if got := e.client.PTTL(e.ctx, "lock:average").Val(); got != -1 {
					e.Errorf("PTTL %v, want -1", got)
				}
				if got, err := lease.TTL(e.ctx); got != 0 || err != nil {
					e.Errorf("TTL() = %v, %v, want 0", got, err)
				}
				e.release(lease)
			}
		}},
		{"a lease is kept in milliseconds, rounded up", func(e *env) {
			var px any
			e.client.AddHook(&hook{before: func(cmd redis.Cmder) {
				if cmd.Name() == "set" {
					px = cmd.Args()[5]
				}
			}})
			e.take(e.lock("average", lock.WithLease(1500*time.Microsecond)))
			if px != int64(2) {
				e.Errorf("PX %v, want 2", px)
			}
		}},
		{"of 125 contenders one wins", func(e *env) {
			const contenders = 125
			var wins, refusals atomic.Int32
			start := make(chan struct{})
			var wg sync.WaitGroup
			for range contenders {
				l := e.lockOn(e.dial(), "average")
				wg.Go(func() {
					<-start
					switch _, err := l.TryAcquire(e.ctx); {
					case err == nil:
						wins.Add(1)
					case errors.Is(err, lock.ErrHeld):
						refusals.Add(1)
					default:
						e.Error(err)
					}
				})
			}
			close(start)
			wg.Wait()
			if wins.Load() != 1 || refusals.Load() != contenders-1 {
				e.Errorf("%d won and %d were refused", wins.Load(), refusals.Load())
			}
		}},
		{"what a SET without a reply has acquired is released again", func(e *env) {
			client := e.dialDeaf("average")
			l := e.lockOn(client, "average")
			_, err := l.TryAcquire(e.ctx)
			e.wantErr(err, io.EOF) // not ErrHeld, which its repetition would meet
			l.Settle()
			if locked, _ := l.Locked(e.ctx); locked {
				e.missed("still locked: the release is given a second")
			}
			e.wantSignals("average", 1)
		}},
		{"what a SET without a reply has acquired for a custom id can be adopted", func(e *env) {
			l := e.lockOn(e.dialDeaf("average"), "average", lock.WithID("me"))
			_, err := l.TryAcquire(e.ctx)
			e.wantErr(err, io.EOF)
			lease, err := l.Adopt(e.ctx)
			if err != nil {
				e.Fatal(err)
			}
			e.release(lease)
		}},
		{"a context that has ended sends nothing", func(e *env) {
			l := e.lock("average")
			sent := commands(e.client)
			ctx, cancel := context.WithCancel(e.ctx)
			cancel()
			_, err := l.TryAcquire(ctx)
			e.wantErr(err, context.Canceled)
			_, err = l.Acquire(ctx)
			e.wantErr(err, context.Canceled)
			if got := sent(); got != "" {
				e.Errorf("sent %s", got)
			}
		}},
	})
}

func TestMutualExclusion(t *testing.T) {
	verify(t, []spec{
		{"125 goroutines with connections of their own never overlap", func(e *env) {
			const workers = 125
			var inside atomic.Int32
			var wg sync.WaitGroup
			for range workers {
				client := e.dial()
				l := e.lockOn(client, "average")
				wg.Go(func() {
					lease, err := l.Acquire(e.ctx)
					if err != nil {
						e.Error(err)
						return
					}
					if n := inside.Add(1); n != 1 {
						e.Errorf("%d are inside", n)
					}
					n, _ := client.Get(e.ctx, "count").Int()
					client.Set(e.ctx, "count", strconv.Itoa(n+1), 0)
					inside.Add(-1)
					if err := lease.Release(e.ctx); err != nil {
						e.Error(err)
					}
				})
			}
			wg.Wait()
			if n, _ := e.client.Get(e.ctx, "count").Int(); n != workers {
				e.Errorf("%d of %d updates kept", n, workers)
			}
		}},
	})
}

func TestCommands(t *testing.T) {
	verify(t, []spec{
		{"without a lease: SET, then BLPOP and SET, and one script to release", func(e *env) {
			if err := lock.Load(e.ctx, e.client); err != nil {
				e.Fatal(err)
			}
			held := e.take(e.lockOn(e.dial(), "average"))
			l := e.lock("average", lock.WithObserver(observe(func(ev lock.Event) {
				if ev.Kind == lock.EventWait {
					e.release(held)
				}
			})))
			sent := commands(e.client)
			lease, err := l.Acquire(e.ctx)
			if err != nil {
				e.Fatal(err)
			}
			e.release(lease)
			if want := "set blpop set evalsha"; sent() != want {
				e.Errorf("sent %q, want %q", sent(), want)
			}
		}},
		{"with a lease: one PTTL more after a failure", func(e *env) {
			held := e.take(e.lockOn(e.dial(), "average"))
			l := e.lock("average", lock.WithLease(time.Minute), lock.WithObserver(observe(func(ev lock.Event) {
				if ev.Kind == lock.EventWait {
					e.release(held)
				}
			})))
			sent := commands(e.client)
			if _, err := l.Acquire(e.ctx); err != nil {
				e.Fatal(err)
			}
			if want := "set pttl blpop set"; sent() != want {
				e.Errorf("sent %q, want %q", sent(), want)
			}
		}},
		{"with a custom id: one GET more after a failure", func(e *env) {
			e.take(e.lockOn(e.dial(), "average"))
			l := e.lock("average", lock.WithID("me"))
			sent := commands(e.client)
			_, err := l.TryAcquire(e.ctx)
			e.wantErr(err, lock.ErrHeld)
			if want := "set get"; sent() != want {
				e.Errorf("sent %q, want %q", sent(), want)
			}
		}},
	})
}

// observe makes an observer of a function.
type observe func(lock.Event)

func (f observe) Observe(ev lock.Event) { f(ev) }

func TestObserver(t *testing.T) {
	verify(t, []spec{
		{"an observer is told of each step, with name and owner", func(e *env) {
			holder := e.take(e.lock("average"))
			var kinds []string
			var owners []string
			l := e.lock("average", lock.WithLease(time.Minute), lock.WithObserver(observe(func(ev lock.Event) {
				kinds = append(kinds, ev.Kind.String())
				owners = append(owners, ev.Owner)
				if ev.Name != "average" {
					e.Errorf("%v of %q", ev.Kind, ev.Name)
				}
				switch ev.Kind {
				case lock.EventFailure:
					e.wantErr(ev.Err, lock.ErrHeld)
				case lock.EventLoss:
					e.wantErr(ev.Err, lock.ErrNotHeld)
				case lock.EventWait:
					e.release(holder)
				}
			})))
			lease, err := l.Acquire(e.ctx)
			if err != nil {
				e.Fatal(err)
			}
			if err := lease.Extend(e.ctx, 0); err != nil {
				e.Fatal(err)
			}
			e.release(lease)
			owners = slices.Compact(owners)
			if !slices.Equal(owners, []string{lease.ID()}) {
				e.Errorf("owners %q, want %q", owners, lease.ID())
			}
			lease = e.take(l)
			l.Reset(e.ctx)
			e.wantErr(lease.Release(e.ctx), lock.ErrNotHeld)
			want := "attempt failure wait attempt grant extend release attempt grant loss"
			if got := strings.Join(kinds, " "); got != want {
				e.Errorf("got  %s\nwant %s", got, want)
			}
		}},
	})
}

func TestEventKindString(t *testing.T) {
	for kind, want := range map[lock.EventKind]string{
		lock.EventAttempt: "attempt", lock.EventLoss: "loss", 0: "EventKind(0)", 200: "EventKind(200)",
	} {
		if got := kind.String(); got != want {
			t.Errorf("%d is %q, want %q", uint8(kind), got, want)
		}
	}
}
