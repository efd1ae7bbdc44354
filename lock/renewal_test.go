package lock_test

import (
	"context"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
)

// all returns the events of one kind.
func (d *diary) all(kind lock.EventKind) (events []lock.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range d.events {
		if e.Kind == kind {
			events = append(events, e)
		}
	}
	return events
}

func TestBoundOfRenewal(t *testing.T) {
	verify(t, []spec{
		{"a lease is renewed up to its bound, and then runs out and says why", func(e *env) {
			lease := 200 * time.Millisecond * e.slow
			bound := 3 * lease
			var d diary
			before := time.Now()
			held := e.take(e.lock("average", lock.WithLease(lease), lock.WithRenewal(bound), lock.WithObserver(&d)))
			after := time.Now()
			lost := held.Lost()
			<-lost
			at := time.Now()
			e.wantErr(held.Err(), lock.ErrExpired)
			if at.Sub(before) < bound {
				e.missed("it was lost after %v, although it is renewed for %v", at.Sub(before), bound)
			}
			if at.Sub(after) > bound+lease/2 {
				e.missed("it was lost after %v of %v", at.Sub(after), bound)
			}
			if want := "which is the bound of its renewal"; !contains(held.Err(), want) {
				e.missed("Err() = %v, want it to say %q", held.Err(), want)
			}
			for _, renewal := range d.all(lock.EventExtend) {
				if renewal.Held+renewal.Left > bound+lease/4 {
					e.missed("renewed after %v for %v", renewal.Held, renewal.Left)
				}
			}
			e.eventually("Redis has forgotten it", func() bool { return e.client.Exists(e.ctx, "lock:average").Val() == 0 })
		}},
		{"a bound that is the lease is no renewal", func(e *env) {
			short := 100 * time.Millisecond
			client := e.dial()
			held := e.take(e.lockOn(client, "average", lock.WithLease(short), lock.WithRenewal(short)))
			sent := commands(client)
			<-held.Lost()
			e.wantErr(held.Err(), lock.ErrExpired)
			if n := len(sent()); n > 10*len("evalsha ") { // it is looked at three times, or asked to be longer
				e.Errorf("sent %q", sent())
			}
		}},
		{"an extension may go beyond the bound", func(e *env) {
			held := e.take(e.lock("average", lock.WithLease(time.Minute), lock.WithRenewal(time.Minute)))
			e.wantErr(held.Extend(e.ctx, time.Hour), nil)
			if ttl, err := held.TTL(e.ctx); ttl <= time.Minute || err != nil {
				e.Errorf("TTL() = %v, %v", ttl, err)
			}
			e.release(held)
		}},
		{"bounds that make no sense are invalid", func(e *env) {
			for _, renewal := range []lock.Option{
				lock.WithRenewal(time.Second), lock.WithRenewal(-time.Second), lock.WithRenewal(0),
				lock.WithRenewal(time.Hour, time.Hour),
			} {
				_, err := lock.New(e.client, "average", lock.WithLease(time.Minute), renewal)
				e.wantErr(err, lock.ErrInvalid)
			}
		}},
	})
}

func TestEventsOfRenewal(t *testing.T) {
	verify(t, []spec{
		{"each renewal is told, with the time held and the time left", func(e *env) {
			var d diary
			held := e.take(e.lock("average", lock.WithLease(time.Hour), lock.WithRenewal(), lock.WithObserver(&d)))
			e.wantErr(held.Extend(e.ctx, time.Minute), nil) // and it is renewed at once
			e.eventually("it is renewed", func() bool { return len(d.all(lock.EventExtend)) == 2 })
			e.release(held)
			call, renewal, release := d.all(lock.EventExtend)[0], d.all(lock.EventExtend)[1], d.all(lock.EventRelease)[0]
			if call.Renewal || call.Left > time.Minute || call.Left < 50*time.Second {
				e.Errorf("the call is told as %+v", call)
			}
			if !renewal.Renewal || renewal.Left > time.Hour || renewal.Left < 59*time.Minute {
				e.Errorf("the renewal is told as %+v", renewal)
			}
			if call.Held <= 0 || renewal.Held < call.Held || release.Held < renewal.Held {
				e.Errorf("held for %v, %v, %v", call.Held, renewal.Held, release.Held)
			}
		}},
		{"a renewal that fails is told while there is still time", func(e *env) {
			client := e.dial()
			var away atomic.Bool
			away.Store(true)
			client.AddHook(&hook{process: func(ctx context.Context, cmd redis.Cmder, next redis.ProcessHook) error {
				if args := cmd.Args(); cmd.Name() == "evalsha" && lock.ScriptName(args[1].(string)) == "extend.lua" && away.Load() {
					cmd.SetErr(io.EOF)
					return io.EOF
				}
				return next(ctx, cmd)
			}})
			lease := 600 * time.Millisecond * e.slow
			var d diary
			held := e.take(e.lockOn(client, "average", lock.WithLease(lease), lock.WithRenewal(), lock.WithObserver(&d)))
			for len(d.all(lock.EventRenewalFailure)) == 0 {
				e.inTime(held.Err())
				time.Sleep(time.Millisecond)
			}
			failure := d.all(lock.EventRenewalFailure)[0]
			e.wantErr(failure.Err, lock.ErrNotReady)
			e.wantErr(failure.Err, io.EOF)
			if failure.Left <= 0 || failure.Left > lease || failure.Held <= 0 || failure.Owner != held.ID() || failure.Name != "average" {
				e.Errorf("the failure is told as %+v", failure)
			}
			away.Store(false)
			for len(d.all(lock.EventExtend)) == 0 {
				e.inTime(held.Err())
				time.Sleep(time.Millisecond)
			}
			e.inTime(held.Release(e.ctx))
		}},
		{"a loss is told with the time held, and is no failed renewal", func(e *env) {
			var d diary
			l := e.lock("average", lock.WithLease(time.Hour), lock.WithRenewal(), lock.WithObserver(&d))
			held := e.take(l)
			e.wantErr(l.Reset(e.ctx), nil)
			e.wantErr(held.Extend(e.ctx, time.Minute), lock.ErrNotHeld)
			<-held.Lost()
			if got, want := d.kinds(), "attempt grant loss"; got != want {
				e.Errorf("events %q, want %q", got, want)
			}
			if loss := d.all(lock.EventLoss)[0]; loss.Held <= 0 {
				e.Errorf("the loss is told as %+v", loss)
			}
		}},
	})
}
