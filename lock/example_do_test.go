package lock_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"locktop/lock"
)

func ExampleLock_Do() {
	client, stop := startRedis()
	defer stop()

	average, err := lock.New(client, "average", lock.WithLease(10*time.Second), lock.WithRenewal())
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	err = average.Do(ctx, func(ctx context.Context) error {
		fmt.Println("updating the average")
		return nil
	})
	switch {
	case errors.Is(err, lock.ErrNotHeld):
		log.Fatal("the lock was lost on the way: ", err)
	case err != nil:
		log.Fatal(err)
	}
	// Output: updating the average
}

// There is no reentrancy: a function that may be called with the lock held asks its context.
func ExampleLock_LeaseOf() {
	client, stop := startRedis()
	defer stop()

	average, err := lock.New(client, "average")
	if err != nil {
		log.Fatal(err)
	}
	update := func(ctx context.Context) error {
		fmt.Println("updating")
		return nil
	}
	safely := func(ctx context.Context) error {
		if average.LeaseOf(ctx) != nil {
			return update(ctx)
		}
		return average.Do(ctx, update)
	}
	if err := safely(context.Background()); err != nil {
		log.Fatal(err)
	}
	if err := average.Do(context.Background(), safely); err != nil {
		log.Fatal(err)
	}
	// Output:
	// updating
	// updating
}
