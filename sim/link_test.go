package sim

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// ownRedis is a server that a test can kill and start again at the same address.
type ownRedis struct {
	t      *testing.T
	socket string
	dir    string
	cmd    *exec.Cmd
}

func newOwnRedis(t *testing.T) *ownRedis {
	t.Helper()
	realURL(t) // skips, or fails, where there is no server
	dir, err := os.MkdirTemp("", "link")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	r := &ownRedis{t: t, socket: filepath.Join(dir, "s"), dir: dir}
	t.Cleanup(r.kill)
	r.start("--appendonly", "no")
	return r
}

func (r *ownRedis) start(args ...string) {
	r.t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		program, err = exec.LookPath("valkey-server")
	}
	if err != nil {
		r.t.Fatal(err)
	}
	r.cmd = exec.Command(program, append([]string{"--port", "0", "--unixsocket", r.socket, "--save", "", "--dir", r.dir}, args...)...)
	if err := r.cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	client := r.client()
	defer client.Close()
	eventually(r.t, func() bool { return client.Ping(context.Background()).Err() == nil }, func() string { return "redis-server does not answer" })
}

func (r *ownRedis) client() *redis.Client {
	return redis.NewClient(&redis.Options{Network: "unix", Addr: r.socket})
}

func (r *ownRedis) kill() {
	if r.cmd != nil {
		r.cmd.Process.Kill()
		r.cmd.Wait()
		r.cmd = nil
	}
}

func (r *ownRedis) signal(s os.Signal) { r.cmd.Process.Signal(s) }

// TestARaceOutlivesItsRedis: in every way in which the link breaks, the lane says so,
// claims neither CORRECT nor HUNG meanwhile, goes on when Redis is back, and its
// accounts hold.
func TestARaceOutlivesItsRedis(t *testing.T) {
	for _, way := range []struct {
		name    string
		url     string // options
		breaks  func(r *ownRedis)
		repairs func(r *ownRedis)
		rewinds bool
	}{
		{name: "killed and empty", breaks: (*ownRedis).kill, repairs: func(r *ownRedis) { r.start("--appendonly", "no") }, rewinds: true},
		{name: "killed with its data", breaks: func(r *ownRedis) {
			c := r.client()
			c.ConfigSet(context.Background(), "appendfsync", "always")
			c.ConfigSet(context.Background(), "appendonly", "yes")
			eventually(r.t, func() bool {
				info, _ := c.Info(context.Background(), "persistence").Result()
				return strings.Contains(info, "aof_enabled:1") && strings.Contains(info, "aof_rewrite_in_progress:0") && strings.Contains(info, "aof_rewrite_scheduled:0")
			}, func() string { return "no append-only file" })
			c.Close()
			r.kill()
		}, repairs: func(r *ownRedis) { r.start("--appendonly", "yes", "--appendfsync", "always") }},
		{name: "frozen", url: "?read_timeout=500ms", breaks: func(r *ownRedis) { r.signal(syscall.SIGSTOP) }, repairs: func(r *ownRedis) { r.signal(syscall.SIGCONT) }},
		{name: "refuses clients", breaks: func(r *ownRedis) {
			c := r.client()
			defer c.Close()
			c.ConfigSet(context.Background(), "requirepass", "secret")
			c.ClientKillByFilter(context.Background(), "TYPE", "normal", "SKIPME", "yes")
		}, repairs: func(r *ownRedis) {
			c := redis.NewClient(&redis.Options{Network: "unix", Addr: r.socket, Password: "secret"})
			defer c.Close()
			if err := c.ConfigSet(context.Background(), "requirepass", "").Err(); err != nil {
				r.t.Error(err)
			}
		}},
	} {
		t.Run(way.name, func(t *testing.T) {
			r := newOwnRedis(t)
			cfg := Defaults()
			cfg.Speed, cfg.Interval, cfg.Work = 4, 20*ms, 4*ms
			cfg.Source = source(t, "unix://"+r.socket+way.url)
			cfg.Lanes, cfg.Clients = []string{"none", "block", "fair", "atomic"}, 4
			e, end := racing(t, cfg)
			for i := range e.lanes {
				untilAcked(t, e, i, 10)
			}
			way.breaks(r)
			for i := range e.lanes {
				eventually(t, func() bool {
					s := e.Snapshots()[i]
					if s.Broke != "" {
						t.Fatalf("%s broke: %s", s.Lane.Name(), s.Broke)
					}
					return s.Down
				}, func() string { return "no lane notices" })
			}
			for _, s := range e.Snapshots() {
				if s.Verdict == Correct || s.Verdict == Hung {
					t.Errorf("%s is %s without Redis", s.Lane.Name(), s.Verdict)
				}
			}
			way.repairs(r)
			acked := make([]int64, len(e.lanes))
			for i := range e.lanes {
				eventually(t, func() bool {
					s := e.Snapshots()[i]
					acked[i] = s.Acked
					return !s.Down
				}, func() string { return "it is not noticed that Redis is back" })
				untilAcked(t, e, i, acked[i]+10)
			}
			for _, l := range end().Lanes {
				if l.Outages == 0 || l.Away <= 0 || l.Down || !l.Final || l.Broke != "" || len(l.Failed) > 0 || way.rewinds && l.Rewound == 0 || l.Foreign > 0 {
					t.Errorf("%s: %d outages, %v away, rewound %d, broke %q, checks %v, %+v", l.Lane.Name(), l.Outages, l.Away, l.Rewound, l.Broke, l.Failed, l.Totals)
				}
			}
		})
	}
}

// TestARunThatEndsInAnOutage: if Redis is back for the final value, the report is as
// whole as any, and what Redis has forgotten is no stranger's write.
func TestARunThatEndsInAnOutage(t *testing.T) {
	defer func(d time.Duration) { grace = d }(grace)
	grace = patience
	for _, way := range []struct {
		name          string
		breaks        func(r *ownRedis)
		before, after func(r *ownRedis) // the end
		rewinds       bool
	}{
		{name: "frozen", breaks: func(r *ownRedis) { r.signal(syscall.SIGSTOP) }, before: func(*ownRedis) {},
			after: func(r *ownRedis) { r.signal(syscall.SIGCONT) }},
		{name: "killed and empty", breaks: (*ownRedis).kill, before: func(r *ownRedis) { r.start("--appendonly", "no") },
			after: func(*ownRedis) {}, rewinds: true},
	} {
		t.Run(way.name, func(t *testing.T) {
			r := newOwnRedis(t)
			cfg := Defaults()
			cfg.Speed, cfg.Interval, cfg.Work = 4, 20*ms, 4*ms
			cfg.Source = source(t, "unix://"+r.socket+"?read_timeout=500ms")
			cfg.Lanes, cfg.Clients = []string{"none", "block", "fair", "atomic"}, 4
			e := open(t, cfg)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			ran := make(chan error, 1)
			go func() { ran <- e.Run(ctx) }()
			for i := range e.lanes {
				untilAcked(t, e, i, 10)
			}
			way.breaks(r)
			for i := range e.lanes {
				eventually(t, func() bool { return e.Snapshots()[i].Down }, func() string { return "no lane notices" })
			}
			way.before(r)
			cancel()
			way.after(r)
			if err := <-ran; err != nil {
				t.Error(err)
			}
			for i, l := range e.Result().Lanes {
				if l.Down || l.Outages == 0 || !l.Final || len(l.Failed) > 0 || l.Foreign > 0 || l.Stall != "" ||
					way.rewinds != (l.Rewound > 0) || i > 0 && !way.rewinds && l.Verdict != Correct {
					t.Errorf("%s: down %v, rewound %d, %s, stall %q, checks %v, %+v", l.Lane.Name(), l.Down, l.Rewound, l.Verdict, l.Stall, l.Failed, l.Totals)
				}
			}
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestASpawnedRedisThatDiesIsStartedAgain.
func TestASpawnedRedisThatDiesIsStartedAgain(t *testing.T) {
	realURL(t)
	cfg := Defaults()
	cfg.Speed, cfg.Interval, cfg.Work = 4, 20*ms, 4*ms
	cfg.Source, cfg.Lanes = source(t, "spawn"), []string{"block"}
	e, end := racing(t, cfg)
	untilAcked(t, e, 0, 10)
	_ = e.lanes[0].server.Admin().Do(context.Background(), "SHUTDOWN", "NOSAVE").Err()
	eventually(t, func() bool { s := e.Snapshots()[0]; return s.Outages > 0 && !s.Down }, func() string { return "it is not started again" })
	untilAcked(t, e, 0, e.Snapshots()[0].Acked+10)
	if l := end().Lanes[0]; l.Rewound == 0 || len(l.Failed) > 0 || !l.Final {
		t.Errorf("rewound %d, checks %v", l.Rewound, l.Failed)
	}
}

// TestWithoutAScreenPatienceEnds, with what is known so far, and what stays behind.
func TestWithoutAScreenPatienceEnds(t *testing.T) {
	defer func(d time.Duration, g time.Duration) { outagePatience, grace = d, g }(outagePatience, grace)
	outagePatience, grace = 200*ms, 100*ms
	r := newOwnRedis(t)
	cfg := Defaults()
	cfg.Speed, cfg.Interval, cfg.GiveUp = 4, 20*ms, true
	cfg.Source, cfg.Lanes = source(t, "unix://"+r.socket), []string{"block"}
	e := open(t, cfg)
	ran := make(chan error, 1)
	go func() { ran <- e.Run(t.Context()) }()
	untilAcked(t, e, 0, 10)
	r.kill()
	var err error
	select {
	case err = <-ran:
	case <-time.After(patience):
		t.Fatal("it waits for ever")
	}
	if !errors.Is(err, errOutage) {
		t.Fatalf("not what is the matter: %v", err)
	}
	l := e.lanes[0]
	for _, part := range append(l.keys()[:7], "alert:1 to ", "a week", "--scan --pattern '*"+l.server.Prefix()+"*'", "unlink") {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("nothing of %s in: %v", part, err)
		}
	}
	if s := e.Result().Lanes[0]; s.Acked < 10 || !s.Down || s.Final || s.Verdict == Correct {
		t.Errorf("%d acked, down %v, final %v, %s", s.Acked, s.Down, s.Final, s.Verdict)
	}
	_ = e.Close()
}

// TestWhatCountsAsAnOutage: what passes by itself, or when somebody mends Redis, is waited for; what is wrong with the race
// ends it.
func TestWhatCountsAsAnOutage(t *testing.T) {
	r := newOwnRedis(t)
	client := r.client()
	defer client.Close()
	ask := func(script string) error { return client.Eval(t.Context(), script, nil).Err() }
	for text, want := range map[string]bool{
		"LOADING Redis is loading the dataset in memory":                            true,
		"BUSY Redis is busy running a script":                                       true,
		"NOAUTH Authentication required.":                                           true,
		"WRONGPASS invalid username-password pair or user is disabled.":             true,
		"MASTERDOWN Link with MASTER is down and replica-serve-stale-data is 'no'.": true,
		"READONLY You can't write against a read only replica.":                     true,
		"ERR max number of clients reached":                                         true,
		"ERR Protocol error: unauthenticated multibulk length":                      true,
		"ERR Protocol error: unauthenticated bulk length":                           true,
		"OOM command not allowed when used memory > 'maxmemory'.":                   false,
		"WRONGTYPE Operation against a key holding the wrong kind of value":         false,
		"NOPERM this user has no permissions to run the 'set' command":              false,
	} {
		if err := ask("return redis.error_reply('" + strings.ReplaceAll(text, "'", "\\'") + "')"); isOutage(err) != want {
			t.Errorf("%v: %v, want %v", err, !want, want)
		}
	}
	r.kill()
	if err := client.Ping(t.Context()).Err(); !isOutage(err) {
		t.Errorf("a server that is gone: %v", err)
	}
}
