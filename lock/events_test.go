package lock_test

import (
	"context"
	"testing"
	"time"

	"locktop/lock"
)

// kinds are those of the events so far, in one line.
func (d *diary) kinds() (kinds string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, e := range d.events {
		if i > 0 {
			kinds += " "
		}
		kinds += e.Kind.String()
	}
	return kinds
}

// grants are the events of that kind.
func (d *diary) grants() (grants []lock.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range d.events {
		if e.Kind == lock.EventGrant {
			grants = append(grants, e)
		}
	}
	return grants
}

// What each mode tells of one acquisition that waits. The quorum's is in
// TestQuorumAcquires.
func TestEventsOfEachMode(t *testing.T) {
	for _, mode := range []struct {
		name, want string
		opts       []lock.Option
	}{
		{"signal", "attempt failure wait attempt grant", nil},
		{"poll", "attempt failure wait attempt grant", []lock.Option{lock.WithPoll(lock.Constant(time.Second))}},
		{"fair", "attempt failure attempt failure wait grant", []lock.Option{lock.WithFairness()}},
	} {
		t.Run(mode.name, func(t *testing.T) {
			verify(t, []spec{
				{"each step is told once, and a grant says all there is to say", func(e *env) {
					holder := e.take(e.lock("average"))
					var d diary
					released := false
					opts := append([]lock.Option{lock.WithLease(time.Hour), lock.WithFencing(), lock.WithObserver(observe(func(ev lock.Event) {
						d.Observe(ev)
						if ev.Kind == lock.EventWait && !released {
							released = true
							e.release(holder)
						}
					}))}, mode.opts...)
					l := e.lock("average", opts...)
					lease := e.must(l.Acquire(e.ctx))
					if got := d.kinds(); got != mode.want {
						// A signal that was taken by a poll in between is another round.
						e.missed("events %q, want %q", got, mode.want)
					}
					grants := d.grants()
					if len(grants) != 1 || grants[0].Name != "average" || grants[0].Owner != lease.ID() ||
						grants[0].Token != lease.Token() || lease.Token() == 0 || grants[0].Waited <= 0 || grants[0].Err != nil {
						e.Errorf("grants %+v of lease %q with token %d", grants, lease.ID(), lease.Token())
					}
					e.wantErr(lease.Extend(e.ctx, 0), nil)
					e.release(lease)
					e.wantErr(lease.Release(e.ctx), lock.ErrNotHeld)
					if got, want := d.kinds(), mode.want+" extend release"; got != want {
						e.Errorf("events %q, want %q", got, want)
					}
				}},
				{"a loss is told once, however many calls find out", func(e *env) {
					var d diary
					l := e.lock("average", append([]lock.Option{lock.WithLease(time.Hour), lock.WithObserver(&d)}, mode.opts...)...)
					lease := e.must(l.Acquire(e.ctx))
					e.wantErr(l.Reset(e.ctx), nil)
					_, err := lease.TTL(e.ctx)
					e.wantErr(err, lock.ErrNotHeld)
					e.wantErr(lease.Extend(e.ctx, 0), lock.ErrNotHeld)
					e.wantErr(lease.Release(e.ctx), lock.ErrNotHeld)
					if got, want := d.kinds(), "attempt grant loss"; got != want {
						e.Errorf("events %q, want %q", got, want)
					}
				}},
				{"a lease that runs out while it is watched is told of once, also if it is released then", func(e *env) {
					var d diary
					l := e.lock("average", append([]lock.Option{lock.WithLease(50 * time.Millisecond), lock.WithObserver(&d)}, mode.opts...)...)
					lease := e.must(l.Acquire(e.ctx))
					<-lease.Lost()
					e.eventually("Redis has forgotten it", func() bool { return e.client.Exists(e.ctx, "lock:average").Val() == 0 })
					e.wantErr(lease.Release(e.ctx), lock.ErrNotHeld)
					e.eventually("it is told", func() bool { return len(d.of(lock.EventLoss)) > 0 })
					if got, want := d.kinds(), "attempt grant loss"; got != want {
						e.Errorf("events %q, want %q", got, want)
					}
				}},
				{"an attempt whose context has ended meanwhile is a failure", func(e *env) {
					var d diary
					ctx, cancel := context.WithCancel(e.ctx)
					defer cancel()
					l := e.lock("average", append([]lock.Option{lock.WithObserver(observe(func(ev lock.Event) {
						d.Observe(ev)
						cancel()
					}))}, mode.opts...)...)
					_, err := l.Acquire(ctx)
					e.wantErr(err, context.Canceled)
					if got, want := d.kinds(), "attempt failure"; got != want {
						e.Errorf("events %q, want %q", got, want)
					}
					e.wantErr(d.events[1].Err, context.Canceled)
				}},
			})
		})
	}
}
