//go:build unix

package tui

import (
	"context"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/creack/pty"

	"locktop/lock/redistest"
	"locktop/sim"
	"locktop/sim/backend"
	"locktop/sim/clock"
)

// BenchmarkScreen races at full speed in turn with the screen and without it, and reports the median of the ratios of the two
// throughputs, pair by pair: 0.95 is promised.
func BenchmarkScreen(b *testing.B) {
	for _, name := range []string{"embedded", "spawn"} {
		b.Run(name, func(b *testing.B) {
			if name == "spawn" {
				redistest.Real(b) // or there is nothing to spawn
			}
			cfg := atFullSpeed(b, name, 500)
			var ratios []float64
			for b.Loop() {
				ratios = append(ratios, screenRatio(b, cfg, len(ratios)%2 == 0))
			}
			b.ReportMetric(median(ratios), "screen/headless")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// TestTheScreenDoesNotSlowTheRace is the benchmark in short, with a bound that holds on a busy machine too.
func TestTheScreenDoesNotSlowTheRace(t *testing.T) {
	if testing.Short() || instrumented {
		t.Skip("times mean something only at full speed")
	}
	const pairs, least = 5, 0.7
	cfg := atFullSpeed(t, "embedded", 150)
	var ratios []float64
	for i := range pairs {
		ratios = append(ratios, screenRatio(t, cfg, i%2 == 0))
	}
	if m := median(ratios); m < least {
		t.Errorf("the throughput with the screen is %.2f of that without, want %.2f at least: %.2f", m, least, ratios)
	}
}

// atFullSpeed is what is raced: a second of it is several thousand updates.
func atFullSpeed(t testing.TB, redis string, alerts int) sim.Config {
	t.Helper()
	source, err := backend.Parse(redis)
	if err != nil {
		t.Fatal(err)
	}
	cfg := sim.Defaults()
	cfg.Lanes, cfg.Source, cfg.Speed = []string{"none", "block"}, source, clock.Max
	cfg.Alerts, cfg.Lease, cfg.LeaseFloor = alerts, 0, 0
	return cfg
}

// screenRatio is the throughput of a race with the screen, divided by that of one without. The two take turns in being first.
func screenRatio(t testing.TB, cfg sim.Config, first bool) float64 {
	t.Helper()
	var with, without time.Duration
	if first {
		with = lapOnScreen(t, cfg)
	}
	without = lap(t, cfg)
	if !first {
		with = lapOnScreen(t, cfg)
	}
	return float64(without) / float64(with)
}

// lap is how long a race takes without a screen.
func lap(t testing.TB, cfg sim.Config) time.Duration {
	t.Helper()
	r, err := sim.Race(t.Context(), cfg, func(*sim.Experiment) error { return nil }, func(sim.Result) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	return r.Elapsed
}

// lapOnScreen is how long it takes on a terminal.
func lapOnScreen(t testing.TB, cfg sim.Config) time.Duration {
	t.Helper()
	t.Setenv("TERM", "xterm-256color")
	keyboard, tty, err := pty.Open()
	if err != nil {
		t.Skip("no pseudo-terminal:", err)
	}
	defer keyboard.Close()
	if err := pty.Setsize(tty, &pty.Winsize{Cols: 120, Rows: 40}); err != nil {
		t.Fatal(err)
	}
	read := make(chan int64)
	go func() {
		n, _ := io.Copy(io.Discard, keyboard) // ends with an error, when the tty is closed
		read <- n
	}()
	ctx, quit := context.WithCancel(t.Context())
	defer quit()
	r, err := Run(ctx, cfg, Options{
		Input: tty, Output: tty,
		Opened: func(e *sim.Experiment) error {
			go func() {
				<-e.Done()
				quit()
			}()
			return nil
		},
	})
	tty.Close()
	drawn := <-read
	if err != nil {
		t.Fatal(err)
	}
	if drawn < 1<<12 {
		t.Fatalf("the screen drew %d bytes", drawn)
	}
	return r.Elapsed
}

func median(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))
	return values[len(values)/2]
}
