package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// private starts a server for a test. Without a redis-server the test is skipped, or fails if LOCKTOP_TEST_REDIS=require
// is set.
func private(t *testing.T) *server {
	t.Helper()
	s, err := startServer(t.Context())
	if errors.Is(err, errNoServer) && os.Getenv("LOCKTOP_TEST_REDIS") != "require" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	return s
}

func TestEveryEntrantIsALock(t *testing.T) {
	s := private(t)
	for _, e := range entrants() {
		t.Run(e.name, func(t *testing.T) {
			defer s.wipe(t.Context())
			team, err := e.open(t.Context(), s, 2)
			if err != nil {
				t.Fatal(err)
			}
			defer team.close()
			release, err := team.lockers[0](t.Context())
			if err != nil {
				t.Fatal(err)
			}
			client := s.client(1)
			defer client.Close()
			var ttls int
			for _, key := range client.Keys(t.Context(), "*").Val() {
				if client.PTTL(t.Context(), key).Val() > lease/2 {
					ttls++
				}
			}
			if want := map[bool]int{true: 1}[e.leased]; ttls != want {
				t.Errorf("%d keys have a lease, want %d", ttls, want)
			}
			second := make(chan error, 1)
			var inside atomic.Bool
			go func() {
				release, err := team.lockers[1](t.Context())
				inside.Store(true)
				if err == nil {
					err = release()
				}
				second <- err
			}()
			time.Sleep(20 * time.Millisecond)
			if inside.Load() {
				t.Error("two hold the lock")
			}
			if err := release(); err != nil {
				t.Error(err)
			}
			select {
			case err := <-second:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(time.Minute):
				t.Error("the second contender was left waiting")
			}
		})
	}
}

// mutexes is an entrant without Redis. The second contender may be kept waiting for ever.
func mutexes(unfair bool) entrant {
	return entrant{name: "mutex", open: func(_ context.Context, _ *server, contenders int) (*team, error) {
		var mu sync.Mutex
		t := &team{close: func() {}}
		for i := range contenders {
			t.lockers = append(t.lockers, func(ctx context.Context) (func() error, error) {
				if unfair && i == 1 {
					<-ctx.Done()
					return nil, ctx.Err()
				}
				mu.Lock()
				return func() error { mu.Unlock(); return nil }, nil
			})
		}
		return t, nil
	}}
}

func TestContended(t *testing.T) {
	c, err := contended(t.Context(), nil, mutexes(false), 4, 100, time.Minute)
	if err != nil || !c.finished() || c.Problem != "" || c.Overlaps != 0 || c.Max < c.P99 || c.P99 < c.P50 || c.Jain < 0.25 || c.Jain > 1 {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestContendedNeverFinishes(t *testing.T) {
	c, err := contended(t.Context(), nil, mutexes(true), 4, 100, 100*time.Millisecond)
	if want := "did not finish in 100ms: 300 of 400"; err != nil || c.finished() || c.Problem != want {
		t.Errorf("%+v, %v, want %q", c, err, want)
	}
}

func TestOverlapsAreCounted(t *testing.T) {
	team, err := mutexes(false).open(t.Context(), nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	c := &contest{each: 3, counts: make([]atomic.Int64, 1)}
	c.inside.Add(1) // somebody is inside for all this time
	if _, err := c.run(t.Context(), 0, team.lockers[0]); err != nil || c.overlaps.Load() != 3 {
		t.Errorf("%d overlaps of 3, %v", c.overlaps.Load(), err)
	}
}

func TestContendedIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, err := contended(ctx, nil, mutexes(true), 2, 1, time.Minute); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestServerEnds(t *testing.T) {
	s := private(t)
	if !strings.Contains(s.version, "server ") {
		t.Errorf("version %q", s.version)
	}
	s.stop()
	if conn, err := net.Dial("tcp", s.addr); err == nil {
		conn.Close()
		t.Error("the server is still there")
	}
}

func TestExecute(t *testing.T) {
	private(t)
	var stdout, stderr bytes.Buffer
	args := []string{"-rounds", "1", "-contenders", "3", "-acquisitions", "5", "-only", "fair,redislock", "-format", "json"}
	if code := execute(t.Context(), args, &stdout, &stderr); code != exitDone {
		t.Fatalf("exit code %d\n%s", code, stderr.String())
	}
	var r Result
	if err := json.Unmarshal(stdout.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Rows) != 4 || len(r.Host.Packages) != 0 && len(r.Host.Packages) != len(versioned) {
		t.Errorf("%d rows, versions %q", len(r.Rows), r.Host.Packages)
	}
	for _, row := range r.Rows {
		if len(row.Problems) > 0 || row.Uncontended == nil || row.HandOver == nil || row.Quiet == nil || len(row.Contended) != 1 || !row.Contended[0].finished() {
			t.Errorf("%+v", row)
		}
	}
}

func TestExecuteRefuses(t *testing.T) {
	for _, args := range [][]string{
		{"-contenders", "16,x"},
		{"-contenders", "1"},
		{"-format", "xml"},
		{"-rounds", "0"},
		{"-limit", "0s"},
		{"-only", "nobody"},
		{"-nonsense"},
		{"more"},
	} {
		var stdout, stderr bytes.Buffer
		if code := execute(t.Context(), args, &stdout, &stderr); code != exitUsage || stderr.Len() == 0 || stdout.Len() > 0 {
			t.Errorf("%q: exit code %d, %q", args, code, stderr.String())
		}
	}
}

func TestExecuteIsInterrupted(t *testing.T) {
	private(t)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	var stdout, stderr bytes.Buffer
	if code := execute(ctx, nil, &stdout, &stderr); code != exitInterrupted || stdout.Len() > 0 {
		t.Errorf("exit code %d\n%s%s", code, stdout.String(), stderr.String())
	}
}
