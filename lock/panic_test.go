package lock_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
)

// labelled is a client that == cannot compare, unless it is used by its pointer.
type labelled struct {
	redis.UniversalClient
	labels []string
}

// panicky is a source of random numbers that panics.
type panicky struct{}

func (panicky) Uint64() uint64 { panic("no numbers") }

// curious is a context that asks a lease whenever it is asked for something.
type curious struct {
	context.Context
	lease *lock.Lease
}

func (c curious) Value(key any) any {
	c.lease.Err()
	return c.Context.Value(key)
}

// caught returns what f panics with.
func caught(f func()) (r any) {
	defer func() { r = recover() }()
	f()
	return nil
}

func TestClientThatCannotBeCompared(t *testing.T) {
	verify(t, []spec{
		{"New refuses it, and says what to do", func(e *env) {
			for _, opts := range [][]lock.Option{nil, {lock.WithFairness()}, {lock.WithPoll(lock.Constant(time.Second))}} {
				_, err := lock.New(labelled{e.client, []string{"a"}}, "average", opts...)
				e.wantErr(err, lock.ErrInvalid)
				if want := "a client of type lock_test.labelled cannot be compared: use a pointer to it"; !contains(err, want) {
					e.Errorf("New: %v, want it to say %q", err, want)
				}
			}
		}},
		{"a pointer to it will do", func(e *env) {
			l := e.lockOn(&labelled{e.client, []string{"a"}}, "average", lock.WithFairness())
			holder := e.take(l)
			granted := make(chan error, 1)
			e.waiters.Go(func() {
				lease, err := l.Acquire(e.ctx)
				if err == nil {
					err = lease.Release(e.ctx)
				}
				granted <- err
			})
			e.release(holder)
			e.wantErr(<-granted, nil)
		}},
	})
}

func TestPanicLeavesNoMutexLocked(t *testing.T) {
	verify(t, []spec{
		{"a source of WithRandom that panics stops no other fair call", func(e *env) {
			holder := e.take(e.lock("average"))
			broken := e.lockOn(e.dial(), "average", lock.WithID("me"), lock.WithFairness(), lock.WithRandom(panicky{}))
			if r := caught(func() { broken.Acquire(e.ctx) }); fmt.Sprint(r) != "no numbers" {
				e.Fatalf("Acquire panics with %v", r)
			}
			ctx, cancel := context.WithTimeout(e.ctx, time.Minute)
			defer cancel()
			through := make(chan error, 1)
			go func() {
				lease, err := e.lock("sum", lock.WithFairness()).Acquire(ctx)
				if err == nil {
					err = lease.Release(ctx)
				}
				through <- err
			}()
			select {
			case err := <-through:
				e.wantErr(err, nil)
			case <-ctx.Done():
				e.Fatal("a fair call hangs")
			}
			e.release(holder)
		}},
		{"a context that asks its lease does not hang when the lease ends", func(e *env) {
			lease := e.take(e.lock("average"))
			ctx := lease.Context(curious{e.ctx, lease})
			released := make(chan error, 1)
			go func() { released <- lease.Release(e.ctx) }()
			select {
			case err := <-released:
				e.wantErr(err, nil)
			case <-time.After(time.Minute):
				e.Fatal("the release hangs")
			}
			e.wantErr(context.Cause(ctx), lock.ErrReleased)
		}},
	})
}
