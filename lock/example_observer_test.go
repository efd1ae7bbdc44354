package lock_test

import (
	"context"
	"expvar"
	"fmt"
	"log"
	"log/slog"
	"os"

	"locktop/lock"
)

// toLog is an observer that logs.
type toLog struct{ *slog.Logger }

func (l toLog) Observe(e lock.Event) {
	level := slog.LevelDebug
	if e.Kind == lock.EventLoss {
		level = slog.LevelWarn
	}
	attrs := []slog.Attr{slog.String("lock", e.Name), slog.String("owner", e.Owner)}
	if e.Waited > 0 {
		attrs = append(attrs, slog.Duration("waited", e.Waited))
	}
	if e.Token > 0 {
		attrs = append(attrs, slog.Uint64("token", e.Token))
	}
	if e.Err != nil {
		attrs = append(attrs, slog.Any("err", e.Err))
	}
	l.LogAttrs(context.Background(), level, e.Kind.String(), attrs...)
}

// An adapter to log/slog.
func ExampleObserver_log() {
	client, stop := startRedis()
	defer stop()
	ctx := context.Background()

	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == "waited" {
				return slog.Attr{} // they differ from run to run
			}
			return a
		},
	}))
	average, err := lock.New(client, "average", lock.WithID("server-1"), lock.WithObserver(toLog{logger}))
	if err != nil {
		log.Fatal(err)
	}
	lease, err := average.Acquire(ctx)
	if err != nil {
		log.Fatal(err)
	}
	if err := average.Reset(ctx); err != nil {
		log.Fatal(err)
	}
	lease.Release(ctx)
	// Output:
	// level=DEBUG msg=attempt lock=average owner=server-1
	// level=DEBUG msg=grant lock=average owner=server-1
	// level=WARN msg=loss lock=average owner=server-1 err="lock: not held"
}

// counters is an observer that counts; an expvar.Map is safe for concurrent use.
type counters struct{ *expvar.Map }

func (c counters) Observe(e lock.Event) {
	c.Add(e.Kind.String(), 1)
	if e.Kind == lock.EventGrant {
		c.AddFloat("waited_seconds", e.Waited.Seconds())
	}
}

// An adapter to metrics: for a page of them use [expvar.NewMap].
func ExampleObserver_metrics() {
	client, stop := startRedis()
	defer stop()
	ctx := context.Background()

	metrics := counters{new(expvar.Map)}
	average, err := lock.New(client, "average", lock.WithObserver(metrics))
	if err != nil {
		log.Fatal(err)
	}
	for range 3 {
		lease, err := average.Acquire(ctx)
		if err != nil {
			log.Fatal(err)
		}
		if err := lease.Release(ctx); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(metrics.Get("attempt"), metrics.Get("grant"), metrics.Get("release"))
	// Output: 3 3 3
}
