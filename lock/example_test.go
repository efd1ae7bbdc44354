package lock_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strconv"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"locktop/lock"
)

// startRedis stands in for a Redis of yours.
func startRedis() (client *redis.Client, stop func()) {
	server, err := miniredis.Run()
	if err != nil {
		log.Fatal(err)
	}
	server.ClockTTL(true) // keys expire by the clock, as in a Redis
	if strconv.IntSize == 32 {
		server.Set("lock-token:{lock:average}", "1") // it counts in an int, for which a counter that starts from the clock is too much
	}
	client = redis.NewClient(&redis.Options{Addr: server.Addr()})
	return client, func() {
		client.Close()
		server.Close()
	}
}

func Example() {
	client, stop := startRedis()
	defer stop()

	average, err := lock.New(client, "average", lock.WithLease(10*time.Second))
	if err != nil {
		log.Fatal(err)
	}

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	lease, err := average.Acquire(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("updating the average")
	if err := lease.Release(ctx); err != nil { // also if ctx has ended by now
		log.Fatal(err)
	}
	// Output: updating the average
}

func ExampleLock_TryAcquire() {
	client, stop := startRedis()
	defer stop()
	ctx := context.Background()

	average, err := lock.New(client, "average")
	if err != nil {
		log.Fatal(err)
	}
	if _, err := average.TryAcquire(ctx); err != nil {
		log.Fatal(err)
	}
	if _, err := average.TryAcquire(ctx); errors.Is(err, lock.ErrHeld) {
		fmt.Println(err)
	}
	// Output: lock: try to acquire lock:average: held by another owner
}

func ExampleLock_Acquire_deadline() {
	client, stop := startRedis()
	defer stop()

	average, err := lock.New(client, "average")
	if err != nil {
		log.Fatal(err)
	}
	if _, err := average.Acquire(context.Background()); err != nil {
		log.Fatal(err)
	}

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	_, err = average.Acquire(ctx)
	fmt.Println(err)
	average.Settle()
	// Output: lock: acquire lock:average: context deadline exceeded
}

func ExampleLease_Extend() {
	client, stop := startRedis()
	defer stop()
	ctx := context.Background()

	average, err := lock.New(client, "average", lock.WithLease(10*time.Second))
	if err != nil {
		log.Fatal(err)
	}
	lease, err := average.Acquire(ctx)
	if err != nil {
		log.Fatal(err)
	}
	if err := lease.Extend(ctx, time.Minute); err != nil {
		log.Fatal(err)
	}
	left, err := lease.TTL(ctx)
	fmt.Println(left > 50*time.Second, err)

	if err := average.Reset(ctx); err != nil {
		log.Fatal(err)
	}
	err = lease.Extend(ctx, time.Minute)
	fmt.Println(errors.Is(err, lock.ErrNotHeld), err)
	// Output:
	// true <nil>
	// true lock: extend lock:average: not held
}

// A program that was restarted goes on with the lock it had taken before.
func ExampleLock_Adopt() {
	client, stop := startRedis()
	defer stop()
	ctx := context.Background()

	average, err := lock.New(client, "average", lock.WithID("server-1"), lock.WithLease(time.Minute))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := average.TryAcquire(ctx); err != nil {
		log.Fatal(err)
	}

	lease, err := average.TryAcquire(ctx) // after the restart
	if errors.Is(err, lock.ErrAlreadyAcquired) {
		lease, err = average.Adopt(ctx)
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(lease.ID(), lease.Release(ctx))
	// Output: server-1 <nil>
}

// At the start of an application, free what its crash has left behind.
func ExampleResetAll() {
	client, stop := startRedis()
	defer stop()
	ctx := context.Background()

	for _, name := range []string{"alerts:average", "alerts:queue", "billing"} {
		l, err := lock.New(client, name)
		if err != nil {
			log.Fatal(err)
		}
		if _, err := l.TryAcquire(ctx); err != nil {
			log.Fatal(err)
		}
	}
	freed, err := lock.ResetAll(ctx, client, "alerts:")
	fmt.Println(freed, err)
	// Output: 2 <nil>
}

type printer struct{}

func (printer) Observe(e lock.Event) { fmt.Println(e.Kind, e.Name, e.Owner) }

func ExampleWithObserver() {
	client, stop := startRedis()
	defer stop()
	ctx := context.Background()

	average, err := lock.New(client, "average", lock.WithID("server-1"), lock.WithObserver(printer{}))
	if err != nil {
		log.Fatal(err)
	}
	lease, err := average.Acquire(ctx)
	if err != nil {
		log.Fatal(err)
	}
	if err := lease.Release(ctx); err != nil {
		log.Fatal(err)
	}
	// Output:
	// attempt average server-1
	// grant average server-1
	// release average server-1
}

// Waiters are served in order, and the state of the lock can be looked at.
func ExampleWithFairness() {
	client, stop := startRedis()
	defer stop()
	ctx := context.Background()

	average, err := lock.New(client, "average", lock.WithFairness(), lock.WithLease(10*time.Second))
	if err != nil {
		log.Fatal(err)
	}
	defer average.Settle()
	first, err := average.Acquire(ctx)
	if err != nil {
		log.Fatal(err)
	}
	next := make(chan *lock.Lease)
	go func() {
		second, err := average.Acquire(ctx)
		if err != nil {
			log.Fatal(err)
		}
		next <- second
	}()
	for {
		state, err := average.Inspect(ctx)
		if err != nil {
			log.Fatal(err)
		}
		if len(state.Queue) == 1 {
			fmt.Println("held by the first:", state.Owner == first.ID())
			break
		}
		time.Sleep(time.Millisecond)
	}
	if err := first.Release(ctx); err != nil {
		log.Fatal(err)
	}
	second := <-next
	owner, err := average.OwnerID(ctx)
	fmt.Println("held by the second:", owner == second.ID(), err)
	if err := second.Release(ctx); err != nil {
		log.Fatal(err)
	}
	// Output:
	// held by the first: true
	// held by the second: true <nil>
}

// Retry with pauses of at most 1, 2, 4, then 5 milliseconds.
func ExampleWithPoll() {
	client, stop := startRedis()
	defer stop()

	average, err := lock.New(client, "average", lock.WithPoll(lock.Exponential(time.Millisecond, 5*time.Millisecond)))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := average.Acquire(context.Background()); err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	_, err = average.Acquire(ctx)
	fmt.Println(err)
	// Output: lock: acquire lock:average: context deadline exceeded
}

// overview is what README.md begins with.
func overview(ctx context.Context, client *redis.Client, work func(context.Context) error) error {
	reports, err := lock.New(client, "reports", lock.WithLease(10*time.Second), lock.WithFairness())
	if err != nil {
		return err
	}
	return reports.Do(ctx, func(ctx context.Context) error { // waits in line, until ctx ends
		return work(ctx) // with a context that is cancelled when the lease is lost
	})
}
