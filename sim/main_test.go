package sim

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock/redistest"
	"locktop/sim/backend"
	"locktop/sim/clock"
)

// The tests judge by states and by the experiment clock, never by how fast this
// machine happens to be. Where real time is the point, the best of a few tries
// counts, as delay tells of the machine and lack of it of the program.

// patience is how long a test waits for what must come, before it fails: no
// test takes it when all is well.
const patience = 10 * time.Minute

func TestMain(m *testing.M) {
	redis.SetLogger(silence{}) // cut connections are what many tests are about
	grace = patience           // but for the test of it
	os.Exit(m.Run())
}

// silence is a logger that keeps quiet.
type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}

// eventually waits until a condition holds, and says what is the matter if it
// never does.
func eventually(t *testing.T, holds func() bool, matter func() string) {
	t.Helper()
	for looks := 0; !holds(); looks++ { // are counted, not timed: a machine that stood still gets as many
		if looks == int(patience/ms) {
			t.Fatal(matter())
		}
		time.Sleep(ms)
	}
}

// untilAcked waits until a lane has made some updates.
func untilAcked(t *testing.T, e *Experiment, lane int, updates int64) {
	t.Helper()
	acked := func() int64 { return e.Snapshots()[lane].Acked }
	eventually(t, func() bool { return acked() >= updates },
		func() string { return fmt.Sprintf("%d updates in lane %d, want %d", acked(), lane, updates) })
}

// eachBackend runs f on the embedded Redis and on a private real one, and
// checks that f left no goroutine behind.
func eachBackend(t *testing.T, f func(t *testing.T, cfg Config)) {
	t.Helper()
	for _, name := range []string{"embedded", "redis"} {
		t.Run(name, func(t *testing.T) {
			cfg := Defaults()
			cfg.Speed = clock.Max
			cfg.Source = source(t, "embedded")
			if name == "redis" {
				cfg.Source = source(t, realURL(t))
			}
			before := runtime.NumGoroutine()
			f(t, cfg)
			eventually(t, func() bool { return runtime.NumGoroutine() <= before }, func() string {
				buf := make([]byte, 1<<16)
				return fmt.Sprintf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), buf[:runtime.Stack(buf, true)])
			})
		})
	}
}

// realURL is that of a private real Redis, which may take its time to answer.
func realURL(t *testing.T) string {
	t.Helper()
	return unhurried(redistest.Real(t))
}

func unhurried(s *redistest.Server) string { return s.URL() + "?read_timeout=" + patience.String() }

func source(t *testing.T, flag string) backend.Source {
	t.Helper()
	s, err := backend.Parse(flag)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// open opens an experiment, again if a Redis that is there was not given the time
// to say so.
func open(t *testing.T, cfg Config) *Experiment {
	t.Helper()
	e, err := Open(t.Context(), cfg)
	for try := 1; err != nil && strings.Contains(err.Error(), "does not answer") && try < 10; try++ {
		e, err = Open(t.Context(), cfg)
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// race runs a whole experiment.
func race(t *testing.T, cfg Config) Result {
	t.Helper()
	e := open(t, cfg)
	err := e.Run(t.Context())
	r := e.Result()
	if err := errors.Join(err, e.Close()); err != nil {
		t.Fatal(err)
	}
	return r
}

// bestOf measures again and again until a duration is within its bound.
func bestOf(t *testing.T, what string, bound time.Duration, measure func() time.Duration) {
	t.Helper()
	const tries = 10
	var took []time.Duration
	for len(took) < tries {
		took = append(took, measure())
		if took[len(took)-1] <= bound || t.Failed() {
			return
		}
	}
	t.Errorf("%s took %v, want at most %v once in %d tries", what, took, bound, tries)
}

// untilStuck waits until nothing has happened in any lane for so long that
// everybody must be waiting for a reply.
func untilStuck(e *Experiment) {
	events := func() (n int64) {
		for _, s := range e.Snapshots() {
			n += s.Events
		}
		return n
	}
	for last, still := events(), 0; still < 20; still++ {
		time.Sleep(10 * ms)
		if now := events(); now != last {
			last, still = now, 0
		}
	}
}
