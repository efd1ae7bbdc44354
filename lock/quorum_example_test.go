package lock_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
)

func ExampleNewQuorum() {
	// Three masters that know nothing of each other; one of them may be lost.
	var nodes []redis.UniversalClient
	for range 3 {
		client, stop := startRedis()
		defer stop()
		nodes = append(nodes, client)
	}
	ctx := context.Background()

	average, err := lock.NewQuorum(nodes, "average", lock.WithQuorumLease(time.Minute), lock.WithNodeTimeout(5*time.Second))
	if err != nil {
		log.Fatal(err)
	}
	defer average.Settle()

	lease, err := average.Acquire(ctx)
	if err != nil {
		log.Fatal(err)
	}
	// What is done under the lock should stop when the lease is over.
	work := lease.Context(ctx)
	fmt.Println("valid:", lease.Validity() > 30*time.Second, "over:", work.Err() != nil)

	if err := lease.Release(ctx); err != nil {
		log.Fatal(err)
	}
	<-work.Done()
	fmt.Println(context.Cause(work))
	// Output:
	// valid: true over: false
	// lock: not held: released
}
