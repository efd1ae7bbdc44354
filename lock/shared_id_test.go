package lock_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
)

// Two handles of one id: whatever one does to the end of the lease, the other finds out.
func TestLeaseMovedByAnotherHandle(t *testing.T) {
	// both returns a lease and another handle of the same.
	both := func(e *env, opts ...lock.Option) (first, second *lock.Lease) {
		opts = append([]lock.Option{lock.WithID("me")}, opts...)
		first = e.take(e.lock("average", opts...))
		return first, e.must(e.lockOn(e.dial(), "average", lock.WithID("me")).Adopt(e.ctx))
	}
	verify(t, []spec{
		{"a watched lease that another handle extends is not lost at its old end", func(e *env) {
			short := 300 * time.Millisecond * e.slow
			first, second := both(e, lock.WithLease(short))
			lost := first.Lost()
			e.inTime(second.Extend(e.ctx, time.Hour))
			select {
			case <-lost:
				e.missed("lost: %v", first.Err())
			case <-time.After(3 * short):
			}
			e.wantErr(first.Err(), nil)
			e.release(first)
		}},
		{"TTL tells a lease that is not watched", func(e *env) {
			first, second := both(e, lock.WithLease(time.Minute))
			e.wantErr(second.Extend(e.ctx, 50*time.Millisecond), nil)
			first.TTL(e.ctx)
			time.Sleep(60 * time.Millisecond)
			e.wantErr(first.Err(), lock.ErrExpired)
		}},
		{"a lease that another handle cuts ends early, and says so", func(e *env) {
			first, second := both(e, lock.WithLease(900*time.Millisecond))
			e.inTime(second.Extend(e.ctx, 400*time.Millisecond))
			e.wantOver(first, 400*time.Millisecond+soon, lock.ErrExpired)
		}},
		{"a lock without a lease that gets one from elsewhere ends with it", func(e *env) {
			lease := e.take(e.lock("average"))
			lost := lease.Lost()
			e.client.PExpire(e.ctx, "lock:average", 1500*time.Millisecond)
			if ttl, err := lease.TTL(e.ctx); ttl == 0 || err != nil {
				e.inTime(err)
				e.Errorf("TTL() = %v, %v", ttl, err)
			}
			<-lost
			e.wantErr(lease.Err(), lock.ErrExpired)
		}},
		{"a lock without a lease that gets one from elsewhere ends where Extend puts it", func(e *env) {
			lease := e.take(e.lock("average"))
			lost := lease.Lost()
			e.client.PExpire(e.ctx, "lock:average", time.Hour)
			e.wantErr(lease.Extend(e.ctx, 50*time.Millisecond), nil)
			<-lost
			e.wantErr(lease.Err(), lock.ErrExpired)
		}},
		{"a lease whose end is taken away does not end", func(e *env) {
			short := 300 * time.Millisecond * e.slow
			lease := e.take(e.lock("average", lock.WithLease(short)))
			lost := lease.Lost()
			e.client.Persist(e.ctx, "lock:average")
			if ttl, err := lease.TTL(e.ctx); ttl != 0 || err != nil {
				e.inTime(err)
				e.missed("TTL() = %v, %v", ttl, err)
			}
			select {
			case <-lost:
				e.missed("lost: %v", lease.Err())
			case <-time.After(2 * short):
			}
			e.release(lease)
		}},
		{"a renewal does not cut what another handle has extended", func(e *env) {
			short := 150 * time.Millisecond * e.slow
			first, second := both(e, lock.WithLease(short), lock.WithRenewal())
			e.inTime(second.Extend(e.ctx, time.Hour))
			select {
			case <-first.Lost():
				e.missed("lost: %v", first.Err())
			case <-time.After(3 * short):
			}
			if ttl, err := second.TTL(e.ctx); ttl < 59*time.Minute || err != nil {
				e.Errorf("TTL() = %v, %v, want an hour", ttl, err)
			}
			e.release(first)
		}},
		{"an answer that is older than an extension does not undo it", func(e *env) {
			client := e.dial()
			lease := e.take(e.lockOn(client, "average", lock.WithLease(time.Minute)))
			asked, answer := make(chan struct{}), make(chan struct{})
			var held atomic.Bool
			client.AddHook(&hook{process: func(ctx context.Context, cmd redis.Cmder, next redis.ProcessHook) error {
				err := next(ctx, cmd)
				if held.CompareAndSwap(false, true) {
					close(asked)
					<-answer
				}
				return err
			}})
			got := make(chan time.Duration, 1)
			go func() {
				ttl, _ := lease.TTL(e.ctx)
				got <- ttl
			}()
			<-asked
			e.wantErr(lease.Extend(e.ctx, 30*time.Millisecond), nil)
			close(answer)
			if ttl := <-got; ttl < 30*time.Second {
				e.Fatalf("TTL() = %v: it was asked after the extension", ttl)
			}
			time.Sleep(40 * time.Millisecond)
			e.wantErr(lease.Err(), lock.ErrExpired)
		}},
	})
}
