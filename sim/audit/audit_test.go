package audit_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock/redistest"
	"locktop/sim"
	"locktop/sim/backend"
	"locktop/sim/clock"
)

func TestMain(m *testing.M) {
	redis.SetLogger(silence{}) // cut connections are what this is about
	os.Exit(m.Run())
}

type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}

// seeds are those to be audited.
func seeds(t *testing.T) (from, to uint64) {
	if text := os.Getenv("LOCKTOP_TEST_SEEDS"); text != "" {
		first, last, _ := strings.Cut(text, "-")
		from, err := strconv.ParseUint(first, 10, 64)
		to, err2 := strconv.ParseUint(last, 10, 64)
		if err := errors.Join(err, err2); err != nil {
			t.Fatalf("LOCKTOP_TEST_SEEDS: want first-last, have %q: %v", text, err)
		}
		return from, to
	}
	if os.Getenv("LOCKTOP_TEST_EXHAUSTIVE") == "1" {
		return 0, 5000
	}
	return 0, 300
}

func TestTheAccountsAgreeWithTheLog(t *testing.T) {
	from, to := seeds(t)
	if redistest.Instrumented {
		to = min(to, from+40)
	}
	var sum findings
	for seed := from; seed < to; seed++ {
		sum.audit(t, randomRace(seed))
	}
	sum.check(t)
}

// TestTheAccountsAgreeOnARealRedis audits races on private servers.
func TestTheAccountsAgreeOnARealRedis(t *testing.T) {
	redistest.Real(t) // or there is nothing to be tested
	from, to := seeds(t)
	var sum findings
	for seed := from; seed < from+(to-from+19)/20; seed++ {
		cfg := randomRace(seed)
		cfg.Deterministic, cfg.Source, cfg.Speed = false, spawned(t), clock.Speed(4)
		if cfg.Validate() == nil {
			sum.audit(t, cfg)
		}
	}
	sum.check(t)
}

func spawned(t *testing.T) backend.Source {
	t.Helper()
	source, err := backend.Parse("spawn")
	if err != nil {
		t.Fatal(err)
	}
	return source
}

// findings are those of many audits.
type findings struct{ races, lost, unknown, cautious int64 }

// audit runs a race and says what is wrong with its accounts.
func (sum *findings) audit(t *testing.T, cfg sim.Config) {
	t.Helper()
	if complaints := sum.audited(t, cfg); len(complaints) > 0 {
		t.Errorf("%s\n\t%s", commandLine(cfg), strings.Join(complaints, "\n\t"))
	}
}

// check fails if the program says too often that it does not know who erased an update
// where the log tells, or if there was too little to audit. It may say so: it looks at each
// event once, and the audit at the whole log in every order.
func (sum *findings) check(t *testing.T) {
	t.Helper()
	t.Logf("%+v", *sum)
	if sum.cautious*50 > sum.lost {
		t.Errorf("of %d lost updates the program does not know the eraser of %d, whom the log tells", sum.lost, sum.cautious)
	}
	if !t.Failed() && sum.races > 100 && (sum.lost == 0 || sum.unknown == 0) {
		t.Errorf("there is nothing to audit: %+v", *sum)
	}
}

// audited runs a race and returns what is wrong with its accounts.
func (sum *findings) audited(t *testing.T, cfg sim.Config) []string {
	t.Helper()
	e, err := sim.Open(t.Context(), cfg)
	if err != nil {
		t.Fatalf("%s\n%v", commandLine(cfg), err)
	}
	logs := make([][]sim.Event, len(cfg.Lanes))
	e.OnEvent(func(lane int, event sim.Event) { logs[lane] = append(logs[lane], event) })
	err = e.Run(t.Context())
	result := e.Result()
	err = errors.Join(err, e.Close())
	if errors.Is(err, sim.ErrServers) {
		return nil // its changes came in another order than they are written in
	}
	if err != nil {
		return []string{"the race failed: " + err.Error()}
	}
	sum.races++
	var all []string
	for i, events := range logs {
		board := sim.NewBoard(cfg.LaneInfo(i))
		for _, event := range events {
			board.Apply(event)
		}
		s := board.Snapshot(result.Lanes[i].At, sim.View{First: 1, Count: 1000, History: 1 << 20})
		complaints, a := compare(s, result.Lanes[i].Failed, events)
		all = append(all, complaints...)
		sum.lost += s.Lost
		sum.unknown += s.EraserUnknown()
		sum.cautious += a.cautious
	}
	return all
}

// compare says in what a lane's snapshot differs from its log.
func compare(s *sim.Snapshot, failed []string, events []sim.Event) (complaints []string, a *account) {
	complain := func(format string, args ...any) { complaints = append(complaints, fmt.Sprintf(format, args...)) }
	for _, check := range failed {
		complain("a check of its own fails: %s", check)
	}
	a = accountOf(storyOf(events))
	if !a.explained && a.whole {
		complain("no order of the writes explains the log")
	}
	same := func(what string, got, want any) {
		if got != want {
			complain("%s: %v, by the log %v", what, got, want)
		}
	}
	same("acked", s.Acked, a.acked)
	same("sum of the acked", s.AckedSum, a.ackedSum)
	same("unknown", s.Unknown, a.unknown)
	same("clobbers", s.Clobbers, a.clobbers)
	same("ambiguous", s.Ambiguous, int64(0))
	same("foreign", s.Foreign, int64(0))
	if a.explained {
		same("kept", s.Kept, a.kept)
		same("sum of the kept", s.KeptSum, a.keptSum)
		same("lost", s.Lost, a.lost)
		redis := s.Redis.String()
		if s.Redis.Count == 0 {
			redis = ""
		}
		same("value", redis, a.redis)
	}
	if a.explained && a.whole {
		compareErasers(s, a, complain)
	}
	same("ends of locks", s.LockEnds, endsOf(events))
	if a.explained && a.whole && (s.Rewound < a.rewound.least || s.Rewound > a.rewound.most) {
		complain("Redis forgot updates %d times, by the log %d to %d times", s.Rewound, a.rewound.least, a.rewound.most)
	}
	t := talliesOf(events, s.Started.Name(), s.Started.Clients, s.Started.Alerts)
	for _, n := range []struct {
		what      string
		got, want int64
	}{
		{"attempts", s.Attempts, t.attempts}, {"failures", s.Failures, t.failures}, {"retries", s.Retries, t.retries},
		{"acquired", s.Acquired, t.acquired}, {"stale writes", s.Stale, t.stale}, {"waits", s.Waits, int64(len(t.waits))},
		{"overlaps", s.Overlaps, t.overlaps}, {"guarded", s.Guarded, t.guarded}, {"commands", s.Commands, t.commands},
		{"faults", s.Faults, t.faults}, {"inside", int64(s.InsideCount), int64(t.inside)},
		{"most inside", int64(s.MaxInside), int64(t.maxInside)}, {"waiting", int64(s.WaitingCount), int64(t.waiting)},
		{"crashed", int64(s.Crashed), int64(t.crashed)},
		{"finished", int64(s.Finished), int64(t.finished)}, {"events", s.Events, int64(len(events))},
	} {
		same(n.what, n.got, n.want)
	}
	for _, w := range []struct {
		what      string
		got, want time.Duration
	}{{"wait p50", s.WaitP50, t.quantile(0.5)}, {"wait p99", s.WaitP99, t.quantile(0.99)}, {"longest wait", s.WaitMax, t.quantile(1)}} {
		// The board keeps three digits, and nothing shorter than a microsecond.
		if want := max(w.want, time.Microsecond); len(t.waits) > 0 && (w.got-want).Abs() > want/500+time.Microsecond || len(t.waits) == 0 && w.got != 0 {
			complain("%s: %v, by the log %v", w.what, w.got, w.want)
		}
	}
	if math.Abs(s.Jain-t.jain) > 1e-9 {
		complain("Jain index: %v, by the log %v", s.Jain, t.jain)
	}
	for _, c := range s.Clients {
		if n := t.clients[c.Number]; n != nil && *n != c.ClientCounts {
			complain("client %d: %+v, by the log %+v", c.Number, c.ClientCounts, *n)
		}
		want := a.clients[c.Number]
		if want == nil {
			want = &sim.Tally{}
		}
		got := c.Tally
		if missing := want.Erased - got.Erased; 0 < missing && missing <= a.cautious {
			got.Erased = want.Erased
		}
		if a.explained && a.whole && got != *want {
			complain("client %d: %+v, by the log %+v", c.Number, c.Tally, *want)
		}
	}
	return complaints, a
}

// compareErasers compares who erased what.
func compareErasers(s *sim.Snapshot, a *account, complain func(string, ...any)) {
	seen := 0
	by := map[eraser]int64{}
	for _, v := range s.History {
		if v.Client == 0 || !v.Acked {
			continue
		}
		seen++
		got := eraser(v.Killer)
		switch {
		case v.Kept:
			got = nobody
		case v.Forgotten:
			got = itself
		}
		by[got]++
		want, ok := a.erasers[update{v.Client, v.Alert}]
		switch {
		case ok && want != unknown && got == unknown && a.gaps:
			a.cautious++
		case !ok || want != got:
			complain("c%d's %s, alert %d: erased by %v, by the log %v", v.Client, v.Value, v.Alert, got, want)
		}
	}
	if by[itself] != s.Forgotten || s.Lost-s.Erased-s.Forgotten != by[unknown] {
		complain("%d are forgotten and %d erased of %d, by the history %d are forgotten, and of %d the eraser is unknown",
			s.Forgotten, s.Erased, s.Lost, by[itself], by[unknown])
	}
	if int64(seen) != a.acked {
		complain("%d versions in the history, by the log %d", seen, a.acked)
	}
}

// String says who it was.
func (e eraser) String() string {
	switch e {
	case nobody:
		return "nobody"
	case itself:
		return "Redis itself"
	case unknown:
		return "somebody unknown"
	}
	return fmt.Sprintf("c%d", int(e))
}
