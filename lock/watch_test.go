package lock_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
)

// diary is an observer that notes what happens and when.
type diary struct {
	mu     sync.Mutex
	events []lock.Event
	times  []time.Time
}

func (d *diary) Observe(e lock.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.events, d.times = append(d.events, e), append(d.times, time.Now())
}

// of returns the times of the events of one kind.
func (d *diary) of(kind lock.EventKind) (times []time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, e := range d.events {
		if e.Kind == kind {
			times = append(times, d.times[i])
		}
	}
	return times
}

// wantOver waits for the end of a lease.
func (e *env) wantOver(lease *lock.Lease, within time.Duration, want error) {
	e.Helper()
	select {
	case <-lease.Lost():
		e.wantErr(lease.Err(), want)
	case <-time.After(within):
		e.missed("the lease is not over after %v; Err() = %v", within, lease.Err())
	}
}

func TestRenewal(t *testing.T) {
	verify(t, []spec{
		{"a renewed holder keeps a waiter out for many leases", func(e *env) {
			short := 150 * time.Millisecond * e.slow
			held := e.take(e.lock("average", lock.WithLease(short), lock.WithRenewal()))
			ctx, cancel := context.WithTimeout(e.ctx, 5*short)
			defer cancel()
			_, err := e.lock("average", lock.WithLease(short)).Acquire(ctx)
			e.inTime(held.Err())
			e.inTime(held.Release(e.ctx))
			e.wantErr(err, context.DeadlineExceeded)
		}},
		{"without being asked for, nothing is renewed", func(e *env) {
			held := e.take(e.lock("average", lock.WithLease(150*time.Millisecond)))
			e.release(e.must(e.lock("average").Acquire(e.ctx)))
			e.wantErr(held.Err(), lock.ErrExpired)
		}},
		{"renewal needs a lease", func(e *env) {
			_, err := lock.New(e.client, "average", lock.WithRenewal())
			e.wantErr(err, lock.ErrInvalid)
		}},
		{"the first renewal comes at two thirds of the lease", func(e *env) {
			lease := 600 * time.Millisecond * e.slow
			var d diary
			asked := time.Now()
			held := e.take(e.lock("average", lock.WithLease(lease), lock.WithRenewal(), lock.WithObserver(&d)))
			for len(d.of(lock.EventExtend)) == 0 {
				if time.Since(asked) > lease {
					e.missed("not renewed within a lease")
				}
				time.Sleep(time.Millisecond)
			}
			at := d.of(lock.EventExtend)[0].Sub(asked)
			e.inTime(held.Release(e.ctx))
			if at < lease*2/3 {
				e.Errorf("renewed after %v of %v", at, lease)
			}
			if at > lease*9/10 {
				e.missed("renewed after %v of %v", at, lease)
			}
		}},
		{"a lease that was cut to less than a third is renewed at once", func(e *env) {
			var d diary
			lease := time.Hour
			held := e.take(e.lock("average", lock.WithLease(lease), lock.WithRenewal(), lock.WithObserver(&d)))
			e.wantErr(held.Extend(e.ctx, time.Minute), nil)
			e.eventually("it is renewed", func() bool { return len(d.of(lock.EventExtend)) == 2 })
			if ttl, err := held.TTL(e.ctx); ttl <= time.Minute || err != nil {
				e.Errorf("TTL() = %v, %v", ttl, err)
			}
			e.release(held)
		}},
		{"renewal stops with the release", func(e *env) {
			short := 150 * time.Millisecond * e.slow
			l := e.lock("average", lock.WithLease(short), lock.WithRenewal())
			e.inTime(e.take(l).Release(e.ctx))
			l.Settle() // returns, for nothing renews any more
			sent := commands(e.client)
			time.Sleep(2 * short)
			if sent() != "" {
				e.Errorf("sent %q after the release", sent())
			}
		}},
		{"a holder that is reset learns it at the next renewal", func(e *env) {
			short := 150 * time.Millisecond * e.slow
			l := e.lock("average", lock.WithLease(short), lock.WithRenewal())
			held := e.take(l)
			if err := l.Reset(e.ctx); err != nil {
				e.Fatal(err)
			}
			e.wantOver(held, short+soon, lock.ErrNotHeld)
			if errors.Is(held.Err(), lock.ErrReleased) {
				e.Errorf("Err() = %v", held.Err())
			}
			if errors.Is(held.Err(), lock.ErrExpired) {
				e.missed("Err() = %v", held.Err())
			}
			e.wantErr(held.Release(e.ctx), lock.ErrNotHeld)
		}},
		{"a renewal does not wait for a connection that has gone silent", func(e *env) {
			short := 600 * time.Millisecond * e.slow
			client, silence := e.dialSilenced()
			var d diary
			l := e.lockOn(client, "average", lock.WithLease(short), lock.WithRenewal(), lock.WithObserver(&d))
			held := e.take(l)
			silence()
			for len(d.of(lock.EventExtend)) == 0 {
				e.inTime(held.Err())
				time.Sleep(time.Millisecond)
			}
			e.inTime(held.Release(e.ctx))
		}},
		{"a renewal that gets no answer at all ends in ErrExpired, and says so", func(e *env) {
			short := 150 * time.Millisecond * e.slow
			client, silence := e.dialSilenced(func(o *redis.Options) { o.PoolSize = 1 })
			held := e.take(e.lockOn(client, "average", lock.WithLease(short), lock.WithRenewal()))
			silence()
			e.wantOver(held, short+soon, lock.ErrExpired)
			if errors.Is(held.Err(), context.DeadlineExceeded) {
				e.Errorf("Err() = %v, which looks as if the caller's context had ended", held.Err())
			}
			if want := "no answer"; !contains(held.Err(), want) {
				e.missed("Err() = %v, want it to say %q", held.Err(), want)
			}
		}},
		{"a renewal that gets no answer ends in ErrExpired, and says why", func(e *env) {
			short := 150 * time.Millisecond * e.slow
			client := e.dial()
			held := e.take(e.lockOn(client, "average", lock.WithLease(short), lock.WithRenewal()))
			client.Close()
			e.wantOver(held, short+soon, lock.ErrExpired)
			if want := "client is closed"; !contains(held.Err(), want) {
				e.missed("Err() = %v, want it to say %q", held.Err(), want)
			}
		}},
	})
}

func TestLost(t *testing.T) {
	verify(t, []spec{
		{"a lease that runs out is lost", func(e *env) {
			short := 100 * time.Millisecond * e.slow
			held := e.take(e.lock("average", lock.WithLease(short)))
			e.wantOver(held, short+soon, lock.ErrExpired)
		}},
		{"an extended lease is not lost before its new end", func(e *env) {
			short := 100 * time.Millisecond * e.slow
			held := e.take(e.lock("average", lock.WithLease(short)))
			lost := held.Lost()
			e.inTime(held.Extend(e.ctx, time.Minute))
			e.inTime(held.Err())
			select {
			case <-lost:
				e.Fatalf("lost: %v", held.Err())
			case <-time.After(3 * short):
			}
			e.release(held)
			e.wantOver(held, soon, lock.ErrReleased)
		}},
		{"a shortened lease is lost at its new end", func(e *env) {
			short := 100 * time.Millisecond * e.slow
			held := e.take(e.lock("average", lock.WithLease(time.Minute)))
			lost := held.Lost()
			if err := held.Extend(e.ctx, short); err != nil {
				e.Fatal(err)
			}
			select {
			case <-lost:
			case <-time.After(short + soon):
				e.missed("not lost")
			}
			e.wantErr(held.Err(), lock.ErrExpired)
		}},
		{"a reset is noticed within a third of the lease", func(e *env) {
			short := 100 * time.Millisecond * e.slow
			l := e.lock("average", lock.WithLease(3*short))
			held := e.take(l)
			lost := held.Lost()
			if err := l.Reset(e.ctx); err != nil {
				e.Fatal(err)
			}
			select {
			case <-lost:
			case <-time.After(2 * short):
				e.missed("not noticed")
			}
			e.wantErr(held.Err(), lock.ErrNotHeld)
			if errors.Is(held.Err(), lock.ErrExpired) {
				e.missed("Err() = %v", held.Err())
			}
		}},
		{"a reset of a lock without a lease is noticed within a second", func(e *env) {
			l := e.lock("average")
			held := e.take(l)
			lost := held.Lost()
			if err := l.Reset(e.ctx); err != nil {
				e.Fatal(err)
			}
			select {
			case <-lost:
			case <-time.After(time.Second + soon):
				e.missed("not noticed")
			}
		}},
		{"a released lease is over, and its loss is not observed", func(e *env) {
			var d diary
			held := e.take(e.lock("average", lock.WithLease(time.Minute), lock.WithObserver(&d)))
			held.Lost()
			e.wantErr(held.Err(), nil)
			e.release(held)
			e.wantOver(held, soon, lock.ErrReleased)
			if n := len(d.of(lock.EventLoss)); n > 0 {
				e.Errorf("%d losses observed", n)
			}
		}},
		{"an unwatched lease sends nothing and still knows when it has run out", func(e *env) {
			short := 100 * time.Millisecond * e.slow
			held := e.take(e.lock("average", lock.WithLease(short)))
			sent := commands(e.client)
			e.inTime(held.Err())
			time.Sleep(short + short/10)
			e.wantErr(held.Err(), lock.ErrExpired)
			if sent() != "" {
				e.Errorf("sent %q", sent())
			}
		}},
		{"a context of the lease ends with it, and says why", func(e *env) {
			l := e.lock("average", lock.WithLease(time.Minute))
			held := e.take(l)
			ctx := held.Context(e.ctx)
			e.wantErr(ctx.Err(), nil)
			e.release(held)
			<-ctx.Done()
			e.wantErr(context.Cause(ctx), lock.ErrReleased)
			late := held.Context(e.ctx)
			<-late.Done()
			e.wantErr(context.Cause(late), lock.ErrReleased)

			held = e.take(l)
			parent, cancel := context.WithCancel(e.ctx)
			ctx = held.Context(parent)
			cancel()
			<-ctx.Done()
			e.wantErr(context.Cause(ctx), context.Canceled)
			e.wantErr(held.Err(), nil)
			e.release(held)
		}},
		{"once it is told as lost a lease is not extended, though Redis still has it", func(e *env) {
			var d diary
			client := e.dial()
			client.AddHook(&hook{process: func(ctx context.Context, cmd redis.Cmder, next redis.ProcessHook) error {
				if args := cmd.Args(); cmd.Name() == "evalsha" && lock.ScriptName(args[1].(string)) == "ttl.lua" {
					return io.EOF // so that it does not learn of its new end
				}
				return next(ctx, cmd)
			}})
			held := e.take(e.lockOn(client, "average", lock.WithLease(30*time.Millisecond), lock.WithObserver(&d)))
			if !e.client.PExpire(e.ctx, "lock:average", time.Minute).Val() {
				e.missed("it has run out")
			}
			<-held.Lost()
			e.wantErr(held.Extend(e.ctx, time.Hour), lock.ErrExpired)
			e.wantErr(held.Err(), lock.ErrExpired)
			if ttl := e.client.PTTL(e.ctx, "lock:average").Val(); ttl > time.Minute {
				e.Errorf("Redis keeps it for %v", ttl)
			}
			e.release(held)
			e.eventually("the loss is told", func() bool { return len(d.of(lock.EventLoss)) > 0 })
			if got, want := d.kinds(), "attempt grant loss"; got != want {
				e.Errorf("events %q, want %q", got, want)
			}
		}},
		{"a lease adopted by a lock without one is looked at once a second", func(e *env) {
			e.take(e.lock("average", lock.WithID("me"), lock.WithLease(time.Hour)))
			client := e.dial()
			began := time.Now()
			held := e.must(e.lockOn(client, "average", lock.WithID("me")).Adopt(e.ctx))
			sent := commands(client)
			lost := held.Lost()
			e.eventually("it is looked at", func() bool { return sent() != "" })
			looks, took := len(strings.Fields(sent())), time.Since(began)
			if took < time.Second || looks > 1+int(took/time.Second) {
				e.Errorf("%d looks in %v", looks, took)
			}
			select {
			case <-lost:
				e.Errorf("lost: %v", held.Err())
			default:
			}
			e.release(held)
		}},
		{"an adopted lease ends when Redis says", func(e *env) {
			short := 100 * time.Millisecond * e.slow
			e.take(e.lock("average", lock.WithID("me"), lock.WithLease(3*short)))
			time.Sleep(short)
			adopted, err := e.lock("average", lock.WithID("me"), lock.WithLease(time.Hour)).Adopt(e.ctx)
			e.inTime(err)
			e.wantOver(adopted, 2*short+soon, lock.ErrExpired)
		}},
	})
}
