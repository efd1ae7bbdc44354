package lock_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
)

// No call is sent whose context had ended before, whether Redis has answered just
// now or not.
func TestEndedContexts(t *testing.T) {
	for _, mode := range []struct {
		name string
		opts []lock.Option
	}{
		{"signal", nil},
		{"poll", []lock.Option{lock.WithPoll(lock.Constant(time.Second))}},
		{"fair", []lock.Option{lock.WithFairness()}},
		{"fencing", []lock.Option{lock.WithFencing()}},
	} {
		t.Run(mode.name, func(t *testing.T) {
			verify(t, []spec{{"no call is sent whose context has ended", func(e *env) {
				client := e.dial()
				opts := append([]lock.Option{lock.WithID("me"), lock.WithLease(time.Hour)}, mode.opts...)
				held, free := e.lockOn(client, "average", opts...), e.lockOn(client, "sum", opts...)
				lease := e.take(held)
				g, err := lock.NewGuard(client, "resource")
				e.wantErr(err, nil)
				// A pooled connection is there, so that nothing else is in the way.
				var sent []redis.Cmder
				ended := false // the context of the call under way
				client.AddHook(&hook{process: func(ctx context.Context, cmd redis.Cmder, next redis.ProcessHook) error {
					err := next(ctx, cmd)
					if ended && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
						sent = append(sent, cmd)
					}
					return err
				}})
				for _, call := range []func(context.Context) error{
					func(ctx context.Context) error { _, err := free.TryAcquire(ctx); return err },
					func(ctx context.Context) error { _, err := free.Acquire(ctx); return err },
					func(ctx context.Context) error { _, err := held.Adopt(ctx); return err },
					func(ctx context.Context) error { _, err := held.Inspect(ctx); return err },
					func(ctx context.Context) error { _, err := held.Locked(ctx); return err },
					func(ctx context.Context) error { _, err := held.OwnerID(ctx); return err },
					held.Reset,
					func(ctx context.Context) error { return lease.Extend(ctx, 2*time.Hour) },
					func(ctx context.Context) error { _, err := lease.TTL(ctx); return err },
					func(ctx context.Context) error { return g.Raise(ctx, 1) },
					func(ctx context.Context) error { return lock.Load(ctx, client) },
					func(ctx context.Context) error { _, err := lock.ResetAll(ctx, client, ""); return err },
				} {
					cancelled, cancel := context.WithCancel(e.ctx)
					cancel()
					late, cancel := context.WithDeadline(e.ctx, time.Now().Add(-time.Second))
					defer cancel()
					for _, pause := range []time.Duration{0, 5 * time.Millisecond} {
						for _, ctx := range []context.Context{cancelled, late} {
							_, err := held.Locked(e.ctx)
							e.wantErr(err, nil)
							_, err = free.Locked(e.ctx)
							e.wantErr(err, nil)
							time.Sleep(pause)
							ended = true
							e.wantErr(call(ctx), ctx.Err())
							held.Settle() // what a call has left behind counts as well
							free.Settle()
							g.Settle()
							ended = false
						}
					}
				}
				if len(sent) > 0 {
					e.Errorf("sent %v", sent)
				}
				e.release(lease)
			}}})
		})
	}
}
