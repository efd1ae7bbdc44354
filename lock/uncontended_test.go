package lock_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
	"locktop/lock/redistest"
)

// BenchmarkUncontended takes and releases a free lock in turn with bare SET NX and
// DEL. The ratio of their throughputs is free of what else the machine does.
func BenchmarkUncontended(b *testing.B) {
	client := redistest.Real(b).Client(b)
	if err := lock.Load(b.Context(), client); err != nil {
		b.Fatal(err)
	}
	cancellable, cancel := context.WithCancel(context.Background())
	defer cancel()
	for _, way := range []struct {
		name string
		ctx  context.Context
		opts []lock.Option
	}{
		{"a context that cannot end", context.Background(), nil},
		{"a context that can", cancellable, nil},
		{"with a lease, a context that can", cancellable, []lock.Option{lock.WithLease(time.Minute)}},
		{"with an observer, a context that can", cancellable, []lock.Option{lock.WithObserver(observe(func(lock.Event) {}))}},
	} {
		b.Run(way.name, func(b *testing.B) {
			l, err := lock.New(client, "average", way.opts...)
			if err != nil {
				b.Fatal(err)
			}
			var bare, ours []time.Duration
			for b.Loop() {
				began := time.Now()
				ok := client.SetArgs(way.ctx, "bare", "id", redis.SetArgs{Mode: "NX"}).Err()
				gone := client.Del(way.ctx, "bare").Err()
				middle := time.Now()
				lease, err := l.TryAcquire(way.ctx)
				if ok != nil || gone != nil || err != nil {
					b.Fatal(ok, gone, err)
				}
				if err := lease.Release(way.ctx); err != nil {
					b.Fatal(err)
				}
				bare = append(bare, middle.Sub(began))
				ours = append(ours, time.Since(middle))
			}
			// Medians, for now and then the machine has something else to do.
			slices.Sort(bare)
			slices.Sort(ours)
			b.ReportMetric(float64(bare[len(bare)/2])/float64(ours[len(ours)/2]), "of-SET+DEL")
			b.ReportMetric(float64(ours[len(ours)/2]), "ns/cycle")
		})
	}
}

// What does nothing costs nothing: the same allocations with no observer as with
// one that is not told anything new.
func TestNoObserverCostsNothing(t *testing.T) {
	client := redistest.Embedded(t).Client(t)
	client.AddHook(&hook{process: func(_ context.Context, cmd redis.Cmder, _ redis.ProcessHook) error {
		if cmd, ok := cmd.(interface{ SetVal(any) }); ok {
			cmd.SetVal(int64(0))
		}
		return nil
	}})
	cycle := func(opts ...lock.Option) float64 {
		l := newLock(t, client, "average", opts...)
		return testing.AllocsPerRun(1000, func() {
			lease, err := l.TryAcquire(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if err := lease.Release(context.Background()); err != nil {
				t.Fatal(err)
			}
		})
	}
	const tries = 10 // others allocate as well
	for try := 1; ; try++ {
		without, with := cycle(), cycle(lock.WithObserver(observe(func(lock.Event) {})))
		if without <= with {
			return
		}
		if try == tries {
			t.Fatalf("%v allocations without an observer, %v with one", without, with)
		}
	}
}
