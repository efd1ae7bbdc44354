//go:build unix

package tui

import (
	"context"
	"io"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"locktop/lock/redistest"
	"locktop/sim"
	"locktop/sim/backend"
	"locktop/sim/clock"
	"locktop/tui/emulator"
)

// BenchmarkScreen races at full speed in turn with the screen and without it, and reports the medians of two ratios, pair by
// pair. The first is that of the throughputs, of which 0.95 is promised; it means little where other programs want the
// processor as well. The second is that of the processor times, which is as much as the first can be where the lanes leave no
// processor idle.
func BenchmarkScreen(b *testing.B) {
	for _, name := range []string{"embedded", "spawn"} {
		b.Run(name, func(b *testing.B) {
			if name == "spawn" {
				redistest.Real(b) // or there is nothing to spawn
			}
			cfg := atFullSpeed(b, name, 250)
			var speeds, works []float64
			for b.Loop() {
				speed, work := screenRatios(b, cfg, len(speeds)%2 == 0)
				speeds, works = append(speeds, speed), append(works, work)
			}
			b.ReportMetric(median(speeds), "speed-screen/headless")
			b.ReportMetric(median(works), "cpu-headless/screen")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// TestTheScreenDoesNotSlowTheRace is the benchmark in short, with a bound that holds on a busy machine too. Other programs slow
// either lap of a pair, and more pairs make up for that, but not for a screen that slows every race.
func TestTheScreenDoesNotSlowTheRace(t *testing.T) {
	if testing.Short() || redistest.Instrumented {
		t.Skip("times mean something only at full speed")
	}
	const fewest, most, least = 5, 45, 0.7 // pairs, and the ratio
	cfg := atFullSpeed(t, "embedded", 150)
	var ratios []float64
	for i := range most {
		speed, _ := screenRatios(t, cfg, i%2 == 0)
		ratios = append(ratios, speed)
		if len(ratios) >= fewest && median(ratios) >= least {
			return
		}
	}
	t.Errorf("the throughput with the screen is %.2f of that without, want %.2f at least: %.2f", median(ratios), least, ratios)
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

// screenRatios are the throughput of a race with the screen, divided by that of one without, and the processor time of one
// without, divided by that of one with it. The two take turns in being first.
func screenRatios(t testing.TB, cfg sim.Config, first bool) (speed, work float64) {
	t.Helper()
	laps := []func(testing.TB, sim.Config) time.Duration{lap, lapOnScreen}
	var took, spent [2]time.Duration
	for i := range laps {
		if first {
			i = 1 - i
		}
		runtime.GC() // each sweeps up after itself only
		before := processorTime(t)
		took[i] = laps[i](t, cfg)
		spent[i] = processorTime(t) - before
	}
	return float64(took[0]) / float64(took[1]), float64(spent[0]) / float64(spent[1])
}

// processorTime is what this process has used.
func processorTime(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
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
	keyboard, tty := emulator.Open(t, 120, 40)
	defer keyboard.Close()
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
