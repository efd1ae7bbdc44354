package lock_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"locktop/lock"
)

// What is done under the lock ends with the lease, which is renewed until then.
func ExampleLease_Context() {
	client, stop := startRedis()
	defer stop()
	ctx := context.Background()

	average, err := lock.New(client, "average", lock.WithLease(300*time.Millisecond), lock.WithRenewal())
	if err != nil {
		log.Fatal(err)
	}
	defer average.Settle()
	lease, err := average.Acquire(ctx)
	if err != nil {
		log.Fatal(err)
	}
	work := lease.Context(ctx)

	// Somebody frees the lock by hand; the next renewal finds out.
	if err := average.Reset(ctx); err != nil {
		log.Fatal(err)
	}
	<-work.Done()
	fmt.Println(work.Err())
	// Output: context canceled
}

func ExampleLease_Lost() {
	client, stop := startRedis()
	defer stop()

	average, err := lock.New(client, "average", lock.WithLease(50*time.Millisecond))
	if err != nil {
		log.Fatal(err)
	}
	defer average.Settle()
	lease, err := average.Acquire(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	select {
	case <-lease.Lost():
		fmt.Println(lease.Err())
	case <-time.After(time.Minute): // the work takes longer than the lease
	}
	// Output: lock: not held: the lease ran out
}

// A holder that was paused for longer than its lease cannot overwrite what the
// next one has written.
func ExampleGuard() {
	client, stop := startRedis()
	defer stop()
	ctx := context.Background()

	guard, err := lock.NewGuard(client, "average-of-alerts")
	if err != nil {
		log.Fatal(err)
	}
	average, err := lock.New(client, "average", lock.WithGuard(guard))
	if err != nil {
		log.Fatal(err)
	}
	paused, err := average.Acquire(ctx)
	if err != nil {
		log.Fatal(err)
	}
	if err := average.Reset(ctx); err != nil { // as if its lease had run out
		log.Fatal(err)
	}
	next, err := average.Acquire(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(next.Token() > paused.Token())
	fmt.Println(guard.Set(ctx, next, "12.5", 0))
	fmt.Println(guard.Set(ctx, paused, "99.9", 0))
	// Output:
	// true
	// <nil>
	// lock: write average-of-alerts: stale fencing token
}

func ExampleLock_Inspect() {
	client, stop := startRedis()
	defer stop()
	ctx := context.Background()

	average, err := lock.New(client, "average", lock.WithID("server-1"), lock.WithLease(time.Hour))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := average.Acquire(ctx); err != nil {
		log.Fatal(err)
	}
	state, err := average.Inspect(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(state.Owner, state.TTL.Round(time.Hour), len(state.Queue))
	// Output: server-1 1h0m0s 0
}

// Who holds a lock is in its key, too: redis-cli GET lock:average shows the id with the label.
func ExampleWithLabel() {
	client, stop := startRedis()
	defer stop()
	ctx := context.Background()

	average, err := lock.New(client, "average", lock.WithLabel("nightly import on web-1"))
	if err != nil {
		log.Fatal(err)
	}
	lease, err := average.Acquire(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer lease.Release(ctx)
	state, err := average.Inspect(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("held by", state.Label)
	// Output: held by nightly import on web-1
}
