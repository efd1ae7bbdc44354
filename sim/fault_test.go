package sim

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock/redistest"
	"locktop/sim/clock"
)

func TestFaultsAreReadAsTheyAreWritten(t *testing.T) {
	for text, want := range map[string]Fault{
		"pause":                                  {Kind: Pause, For: 900 * time.Millisecond},
		"pause:client=3:at=write:nth=2:for=1.5s": {Kind: Pause, Client: 3, At: AtWrite, Nth: 2, For: 1500 * time.Millisecond},
		"pause:for=10ms:nth=2:at=write:client=3": {Kind: Pause, Client: 3, At: AtWrite, Nth: 2, For: 10 * time.Millisecond},
		" crash : at = acquired ":                {Kind: Crash, At: AtAcquired},
		"cut:client=1:for=0s":                    {Kind: Cut, Client: 1},
		"cut:node=2:for=1s":                      {Kind: Cut, Node: 2, For: time.Second},
		"jump:lane=2:after=2s:for=1m":            {Kind: Jump, Lane: 2, After: 2 * time.Second, For: time.Minute},
		"restart:node=5":                         {Kind: Restart, Node: 5},
		"failover":                               {Kind: Failover, For: 200 * time.Millisecond},
		"expire:after=1ms":                       {Kind: Expire, After: time.Millisecond},
		"reset:after=3s":                         {Kind: Reset, After: 3 * time.Second},
	} {
		got, err := ParseFault(text)
		if err != nil || got != want {
			t.Errorf("%q is %+v (%v), want %+v", text, got, err, want)
		}
		if again, err := ParseFault(got.String()); err != nil || again != got {
			t.Errorf("%q is written %q, which is read as %+v (%v)", text, got, again, err)
		}
	}
	for text, want := range map[string]string{
		"":                        "known are pause, crash, swallow, delay, cut, expire, jump, restart, failover, reset",
		"melt":                    `unknown fault "melt"`,
		"pause:at=lunch":          "known are command, try, failed, woken, acquired, read, write, release, check",
		"pause:client=0":          "want a number from 1",
		"pause:client=1:client=2": "client is set twice",
		"pause:for=-1s":           "0 or more",
		"pause:for=0s":            "greater than 0",
		"pause:for=1h":            "less than 1h",
		"pause:for=soon":          "want a duration",
		"pause:write":             "want name:key=value",
		"pause:nth=2":             "no point to count",
		"pause:node=1":            "only cut and restart",
		"crash:for=1s":            "takes no time",
		"reset:for=1s":            "takes no time",
		"jump:colour=blue":        `no setting "colour"`,
	} {
		if _, err := ParseFault(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestEveryKindAndPointIsExplained(t *testing.T) {
	for _, k := range FaultKinds() {
		if k.Title() == "" || k.Explain() == "" {
			t.Errorf("%s has no words", k)
		}
		f := k.Usual(2)
		if again, err := ParseFault(f.String()); err != nil || again != f {
			t.Errorf("the usual %s is %+v, which is read as %+v (%v)", k, f, again, err)
		}
	}
	for _, p := range Points() {
		if p.Explain() == "" {
			t.Errorf("%s has no words", p)
		}
	}
}

func TestLanesMayHaveSettingsOfTheirOwn(t *testing.T) {
	c := Defaults()
	c.Lanes = []string{"block:lease=2s:work=5ms", "block", "redlock:nodes=3:away=1s", "none:replica=synced"}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	if l := c.LaneInfo(0); l.Strategy != "block" || l.Own != "lease=2s:work=5ms" || l.Lease != 2*time.Second || l.Name() != c.Lanes[0] {
		t.Errorf("%+v", l)
	}
	if l := c.LaneInfo(1); l.Lease != c.Lease || l.Name() != "block" {
		t.Errorf("%+v", l)
	}
	if got := c.WithStrategy(0, "none").Lanes[0]; got != "none:work=5ms" {
		t.Errorf("with another strategy the lane is %q: a setting is lost, or one is kept that makes no sense", got)
	}
	if got := c.WithStrategy(2, "spin").Lanes[2]; got != "spin:away=1s" {
		t.Errorf("with another strategy the lane is %q", got)
	}
	for lane, want := range map[string]string{
		"none:lease=1s":       `none has no setting "lease"`,
		"block:nodes=3":       `block has no setting "nodes"`,
		"redlock:nodes=2":     "want a number from 3 to 15",
		"block:lease=1us":     "what Redis counts in",
		"block:replica=maybe": "want synced or lagging",
		"block:":              "want name:key=value",
		"nope:lease=1s":       `unknown strategy "nope"`,
	} {
		c.Lanes = []string{lane}
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", lane, err, want)
		}
	}
}

func TestFaultsThatCannotBeDoneAreRefused(t *testing.T) {
	redisAt := source(t, "redis://localhost:1")
	for text, want := range map[string]string{
		"pause:client=9":           "there are only 6",
		"cut:node=7":               "spin has only one server",
		"expire:lane=1":            "none takes no lock",
		"reset:lane=1":             "none takes no lock, so there is nothing to reset",
		"crash:lane=1:at=acquired": "no client of none ever comes to acquired",
		"crash:at=check":           "no client of spin ever comes to check",
		"pause:lane=3":             "there are only 2",
		"restart":                  "not locktop's own",
		"failover:lane=1":          "not locktop's own",
	} {
		c := Defaults()
		c.Source = redisAt
		f, err := ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		c.Faults = []Fault{f}
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	c := Defaults()
	c.Lanes = []string{"none", "block:lease=0s"}
	e := open(t, c)
	defer e.Close()
	for text, want := range map[string]string{"expire": "has no lease", "restart:node=2": "has only one server"} {
		f, _ := ParseFault(text)
		if err := e.Inject(1, f); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// TestFaultsDoWhatTheySay strikes a short race with each of them: in virtual time, and in
// one of a few tries on a Redis, where a busy machine can stretch the moments that matter:
// each try goes at half the speed of the one before.
func TestFaultsDoWhatTheySay(t *testing.T) {
	for _, c := range []struct {
		name   string
		lane   string
		faults []string
		want   func(l LaneResult) bool
	}{
		{"a client that is paused past its lease writes late", "block:lease=150ms", []string{"pause:at=write:nth=2:for=500ms"},
			func(l LaneResult) bool {
				return l.Faults == 1 && l.MaxInside > 1 && l.Expired == 1 && l.Lost > 0 && l.Unknown == 0
			}},
		{"a crash leaves the lock until its lease ends, and the update of unknown fate", "block:lease=150ms", []string{"crash:at=write:nth=2"},
			func(l LaneResult) bool {
				return l.Crashed == 1 && l.Lost == 0 && l.Verdict == Correct && l.Finished == l.Lane.Clients-1 && l.Expired == 1 && l.Orphaned == 1 && l.Refused() == 0
			}},
		{"without a lease a crash hangs everybody", "spin:lease=0s", []string{"crash:at=acquired:nth=2"},
			func(l LaneResult) bool {
				return l.Verdict == Hung && l.WaitingCount == l.Lane.Clients-1 && l.Acked == 1
			}},
		{"a reply that is lost leaves an update whose fate the next read tells", "block", []string{"swallow:at=write:nth=2"},
			func(l LaneResult) bool {
				return l.Unknown == 0 && l.Lost == 0 && l.Acked == int64(l.Lane.Clients*l.Lane.Alerts)
			}},
		{"so it is where Redis computes the update", "atomic", []string{"swallow:at=write:nth=2", "swallow:at=write:nth=5"},
			func(l LaneResult) bool {
				return l.Unknown == 0 && l.Lost == 0 && l.Acked == int64(l.Lane.Clients*l.Lane.Alerts)
			}},
		{"the reply of a try that is lost is made good by releasing", "spin", []string{"swallow:at=try:nth=3", "swallow:at=try:nth=5"},
			func(l LaneResult) bool {
				return l.Verdict == Correct && l.Acked == int64(l.Lane.Clients*l.Lane.Alerts)
			}},
		{"a write that was cut off did not happen", "block", []string{"cut:at=write:nth=2:for=0s"},
			func(l LaneResult) bool { return l.Unknown == 1 && l.Lost == 0 && l.Verdict == Correct }},
		{"a release that was cut off is made again", "block:lease=0s", []string{"cut:at=release:nth=2:for=0s"},
			func(l LaneResult) bool {
				return l.Verdict == Correct && l.Acked == int64(l.Lane.Clients*l.Lane.Alerts)
			}},
		{"a command that is held up arrives after all", "spin", []string{"delay:at=write:nth=2:for=100ms"},
			func(l LaneResult) bool { return l.Verdict == Correct && l.Faults == 1 && l.Unknown == 0 }},
		{"a lease that runs out now lets the next one in", "spin", []string{"expire:at=read:nth=2"},
			func(l LaneResult) bool { return l.MaxInside > 1 && l.Expired >= 1 }},
		{"a clock that jumps past the lease does so, too", "spin", []string{"jump:at=read:nth=2:for=2s"},
			func(l LaneResult) bool { return l.MaxInside > 1 && l.Expired >= 1 }},
		{"a clock that jumps by less does not", "spin", []string{"jump:at=read:nth=2:for=500ms"},
			func(l LaneResult) bool { return l.MaxInside == 1 && l.Verdict == Correct }},
		{"a server that comes back empty has lost every update", "none", []string{"restart:at=read:nth=5"},
			func(l LaneResult) bool { return l.Rewound == 1 && l.Foreign == 0 && l.Lost > 0 }},
		{"a replica that lags has lost the latest", "atomic", []string{"failover:at=write:nth=3:for=60ms"},
			func(l LaneResult) bool { return l.Rewound == 1 && l.Foreign == 0 && l.Verdict == Wrong }},
		{"a replica that does not lag has lost nothing", "atomic:replica=synced", []string{"failover:at=write:nth=3:for=60ms"},
			func(l LaneResult) bool { return l.Rewound == 0 && l.Faults == 1 && l.Lost == 0 && l.Verdict == Correct }},
		{"a quorum does without one of its nodes", "redlock", []string{"restart:at=acquired:node=2"},
			func(l LaneResult) bool { // unless it was decisive: that is what the preset is about
				return l.Rewound == 0 && l.Acked == int64(l.Lane.Clients*l.Lane.Alerts) && l.Faults == 1
			}},
		{"a waiter that dies with the signal leaves the lock to the others", "block:lease=0s", []string{"crash:at=woken"},
			func(l LaneResult) bool { return l.Crashed == 1 && l.Verdict == Correct }},
		{"a fault that never strikes does nothing", "block", []string{"crash:at=write:nth=99"},
			func(l LaneResult) bool {
				return l.Crashed == 0 && l.Faults == 0 && len(l.NeverStruck) == 1 && l.Verdict == Correct
			}},
		{"a release waits for the end of a cut", "block:lease=0s", []string{"cut:at=release:nth=3:for=200ms"},
			func(l LaneResult) bool {
				return l.Verdict == Correct && l.Acked == int64(l.Lane.Clients*l.Lane.Alerts)
			}},
		{"nodes that stay away for long are waited for", "redlock:nodes=3:away=2500ms:lease=200ms",
			[]string{"restart:at=acquired:nth=3:node=2", "restart:at=acquired:nth=3:node=3"},
			func(l LaneResult) bool { return l.Verdict != Hung && l.Acked == int64(l.Lane.Clients*l.Lane.Alerts) }},
		{"tokens that are counted again refuse writers for ever, which is a hang", "fenced-write",
			[]string{"failover:after=10ms:for=150ms", "restart:after=80ms"},
			func(l LaneResult) bool { return l.Verdict == Hung || l.Verdict == Wrong }},
		{"one in line that dies is passed over", "fair", []string{"crash:client=2:at=failed"},
			func(l LaneResult) bool { return l.Crashed == 1 && l.Verdict == Correct }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, from := range []string{"embedded", "spawn"} {
				if from == "spawn" {
					redistest.Real(t) // says what is missing where it is
				}
				cfg := faulty(c.lane, c.lane, 4, 4, 20*time.Millisecond, time.Second, c.faults...)
				cfg.Lanes, cfg.Source = cfg.Lanes[:1], source(t, from)
				tries := 6
				if from == "embedded" {
					cfg.Deterministic, cfg.Speed = true, clock.Max
					tries = 1
				}
				l := race(t, cfg).Lanes[0]
				for ; tries > 1 && !c.want(l) && len(l.Failed) == 0; tries-- {
					t.Logf("%s: %s is %s: %+v", from, c.lane, l.Verdict, l.Totals)
					cfg.Speed /= 2
					l = race(t, cfg).Lanes[0]
				}
				if !c.want(l) || len(l.Failed) > 0 {
					t.Errorf("%s: %s is %s: %v %+v", from, c.lane, l.Verdict, l.Failed, *l.Snapshot)
				}
			}
		})
	}
}

// TestASyncedReplicaLosesNothing: nothing that was acknowledged, and nothing that
// Redis has computed and nobody was told of.
func TestASyncedReplicaLosesNothing(t *testing.T) {
	for _, from := range []string{"embedded", "spawn"} {
		if from == "spawn" {
			redistest.Real(t) // says what is missing where it is
		}
		cfg := faulty("watch", "atomic", 6, 100, 0, 5*time.Second, "failover:at=command:nth=50:for=0s", "failover:at=command:nth=100:for=0s",
			"failover:at=write:nth=200:for=0s", "failover:at=write:nth=205:for=5ms")
		cfg.Lanes, cfg.Source = []string{"watch:replica=synced", "atomic:replica=synced", "block:replica=synced", "fenced:replica=synced"}, source(t, from)
		for _, l := range race(t, cfg).Lanes {
			if l.Lost > 0 || l.Foreign > 0 || len(l.Failed) > 0 || l.Faults == 0 || l.Rewound > 0 || l.Verdict != Correct {
				t.Errorf("%s: %s is %s, after %d failovers: %v %+v", from, l.Lane.Name(), l.Verdict, l.Faults, l.Failed, l.Totals)
			}
		}
	}
}

// TestTwoHundredFaultsLeaveNothing injects faults of all kinds into races on real
// Redis servers. The accounts must hold, and nothing may be left behind.
func TestTwoHundredFaultsLeaveNothing(t *testing.T) {
	server := redistest.Real(t)
	admin := server.Client(t)
	sockets := func() []string {
		dirs, err := filepath.Glob(filepath.Join(os.TempDir(), "locktop-*"))
		if err != nil {
			t.Fatal(err)
		}
		return dirs
	}
	before, dirs := runtime.NumGoroutine(), sockets()
	injected := map[FaultKind]int{}
	for round, lanes := range [][]string{
		{"none", "spin", "block", "fair"},
		{"watch", "atomic", "fenced", "fenced-write"},
		{"redlock:nodes=3", "poll", "backoff:lease=0s", "block:replica=synced"},
	} {
		for _, from := range []string{"spawn", unhurried(server)} {
			cfg := CompareDefaults()
			cfg.Clients, cfg.Alerts, cfg.Retry, cfg.Lease, cfg.Seed = 6, 0, 5*time.Millisecond, 100*time.Millisecond, uint64(round)
			cfg.Source = source(t, from)
			if cfg.Source.Shared() {
				lanes = slices.DeleteFunc(slices.Clone(lanes), func(l string) bool { return StrategyOf(l) == "redlock" })
			}
			cfg.Lanes, cfg.GiveUp = lanes, false
			for kind, n := range strikeAtRandom(t, cfg, 50) {
				injected[kind] += n
			}
		}
	}
	total := 0
	for _, kind := range FaultKinds() {
		total += injected[kind]
		if injected[kind] == 0 {
			t.Errorf("no %s was injected", kind)
		}
	}
	if total < 200 {
		t.Errorf("%d faults, want 200 or more: %v", total, injected)
	}
	eventually(t, func() bool { return runtime.NumGoroutine() <= before }, func() string {
		buf := make([]byte, 1<<16)
		return fmt.Sprintf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), buf[:runtime.Stack(buf, true)])
	})
	if keys := scan(t, admin); len(keys) > 0 {
		t.Errorf("keys are left: %v", keys)
	}
	eventually(t, func() bool { return len(connections(t, admin)) <= 1 },
		func() string { return fmt.Sprintf("connections are left: %v", connections(t, admin)) })
	eventually(t, func() bool { return len(sockets()) <= len(dirs) },
		func() string { return fmt.Sprintf("directories of servers: %v before, %v after", dirs, sockets()) })
}

// strikeAtRandom races with a number of faults, and returns how many of each kind
// were recorded. A client that has crashed is replaced by nobody, so crashes are few.
func strikeAtRandom(t *testing.T, cfg Config, faults int) map[FaultKind]int {
	t.Helper()
	random := rand.New(rand.NewPCG(cfg.Seed, 7))
	e := open(t, cfg)
	injected := map[FaultKind]int{}
	kindsSeen := make([]map[FaultKind]int, len(cfg.Lanes))
	for i := range kindsSeen {
		kindsSeen[i] = map[FaultKind]int{}
	}
	e.OnEvent(func(lane int, event Event) {
		if event.Kind == Faulted {
			f, err := ParseFault(event.Text)
			if err != nil {
				t.Errorf("an event has the fault %q: %v", event.Text, err)
			}
			kindsSeen[lane][f.Kind]++
		}
	})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ran := make(chan error, 1)
	go func() { ran <- e.Run(ctx) }()
	crashes := 0
	for done := 0; done < faults; {
		kinds := FaultKinds()
		f := kinds[random.IntN(len(kinds))].Usual(1 + random.IntN(cfg.Clients))
		lane := random.IntN(len(cfg.Lanes))
		f.For = min(f.For, 50*time.Millisecond)
		if f.Kind == Crash {
			if crashes++; crashes > 3 {
				continue
			}
		}
		if f.Kind.OfClient() && random.IntN(2) == 0 {
			f.At, f.Client = Points()[random.IntN(len(Points()))], 0
		}
		if e.Inject(lane, f) == nil {
			done++
		}
		time.Sleep(time.Duration(random.IntN(20)) * time.Millisecond)
	}
	time.Sleep(100 * time.Millisecond) // for the last of them to strike
	stop()
	if err := <-ran; err != nil {
		t.Errorf("seed %d, %v on %s: %v", cfg.Seed, cfg.Lanes, cfg.Source, err)
	}
	for i, l := range e.Result().Lanes {
		if len(l.Failed) > 0 || l.Acked != l.Kept+l.Lost || l.Redis.Count != l.Kept {
			t.Errorf("seed %d, %s on %s: %v: %+v", cfg.Seed, l.Lane.Name(), cfg.Source, l.Failed, l.Totals)
		}
		if l.Foreign > 0 {
			t.Errorf("seed %d, %s on %s: %d writes by strangers, and there are none", cfg.Seed, l.Lane.Name(), cfg.Source, l.Foreign)
		}
		for kind, n := range kindsSeen[i] {
			injected[kind] += n
		}
	}
	if err := e.Close(); err != nil {
		t.Errorf("seed %d, %v on %s: %v", cfg.Seed, cfg.Lanes, cfg.Source, err)
	}
	return injected
}

// connections lists those of all clients.
func connections(t *testing.T, admin *redis.Client) []string {
	t.Helper()
	list, err := admin.ClientList(t.Context()).Result()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(list), "\n")
}

// TestALaneThatHangsIsGivenUp, and only then.
func TestALaneThatHangsIsGivenUp(t *testing.T) {
	cfg := faulty("block:lease=0s", "block:lease=0s", 3, 3, 10*time.Millisecond, 0, "pause:at=write:nth=2:for=600ms")
	cfg.Lanes, cfg.Patience = cfg.Lanes[:1], 300*time.Millisecond
	if l := race(t, cfg).Lanes[0]; l.Verdict != Correct {
		t.Errorf("a lane whose holder was paused for longer than its patience is %s, want correct: the holder comes back", l.Verdict)
	}
	cfg.Faults = []Fault{{Kind: Crash, At: AtWrite, Nth: 2}}
	cfg.GiveUp = false
	e := open(t, cfg)
	ctx, stop := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- e.Run(ctx) }()
	eventually(t, func() bool { return e.Snapshots()[0].Verdict == Hung }, func() string { return "it never hangs" })
	if e.Snapshots()[0].Stopped {
		t.Error("it was given up, unasked")
	}
	if cfg.Speed == clock.Max {
		t.Error("this test wants time to pass")
	}
	stop()
	if err := errors.Join(<-ran, e.Close()); err != nil {
		t.Error(err)
	}
	if l := e.Result().Lanes[0]; l.Verdict != Hung {
		t.Errorf("after the end it is %s, want hung", l.Verdict)
	}
}

// TestACrashedClientHoldsNobodyUp: far more alerts than wait for a client are sent, and all others get them.
func TestACrashedClientHoldsNobodyUp(t *testing.T) {
	for _, deterministic := range []bool{true, false} {
		cfg := Defaults()
		cfg.Source, cfg.Deterministic, cfg.Speed = source(t, "embedded"), deterministic, clock.Max
		cfg.Lanes, cfg.Clients, cfg.Alerts = []string{"atomic"}, 3, 3*mostAhead
		cfg.Faults = []Fault{{Kind: Crash, Client: 2, At: AtCommand, Nth: 10}}
		e := open(t, cfg)
		err := e.Run(t.Context())
		l := e.Result().Lanes[0]
		kept := len(e.lanes[0].cluster.open)
		if err := errors.Join(err, e.Close()); err != nil {
			t.Fatal(err)
		}
		if l.Crashed != 1 || l.Finished != 2 || l.Acked < int64(2*cfg.Alerts) || l.Verdict == Hung || len(l.Failed) > 0 {
			t.Errorf("deterministic %v: %d have crashed, %d have finished, %+v, %v, checks %v", deterministic, l.Crashed, l.Finished, l.Totals, l.Verdict, l.Failed)
		}
		if kept != 0 {
			t.Errorf("deterministic %v: the receipts of %d alerts are still kept", deterministic, kept)
		}
	}
}
