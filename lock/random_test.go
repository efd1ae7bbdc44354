package lock_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
	"locktop/lock/redistest"
)

// TestIDsFromASource are the same for the same seed, and only then.
func TestIDsFromASource(t *testing.T) {
	client := redistest.Real(t).Client(t)
	ids := func(seed uint64) (ids [3]string) {
		l, err := lock.New(client, "random", lock.WithRandom(rand.NewPCG(seed, 0)), lock.WithFairness())
		if err != nil {
			t.Fatal(err)
		}
		for i := range ids {
			lease, err := l.Acquire(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			ids[i] = lease.ID()
			if err := lease.Release(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		return ids
	}
	first := ids(1)
	if again := ids(1); again != first {
		t.Errorf("the ids are %q, and then %q", first, again)
	}
	if first[0] == first[1] || first[1] == first[2] || len(first[0]) != 24 {
		t.Errorf("the ids are %q", first)
	}
	if other := ids(2); other[0] == first[0] {
		t.Errorf("another seed has the same id %q", other[0])
	}
}

func TestQuorumIDsFromASource(t *testing.T) {
	client := redistest.Real(t).Client(t)
	id := func(seed uint64) string {
		q, err := lock.NewQuorum([]redis.UniversalClient{client}, "random", lock.WithQuorumLease(time.Minute), lock.WithQuorumRandom(rand.NewPCG(seed, 0)))
		if err != nil {
			t.Fatal(err)
		}
		lease, err := q.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer q.Settle()
		if err := lease.Release(t.Context()); err != nil {
			t.Fatal(err)
		}
		return lease.ID()
	}
	if a, b, c := id(1), id(1), id(2); a != b || a == c || len(a) != 26 {
		t.Errorf("the ids are %q, %q and, of another seed, %q", a, b, c)
	}
}
