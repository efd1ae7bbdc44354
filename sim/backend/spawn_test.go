//go:build unix

package backend

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"locktop/lock/redistest"
)

// needProgram skips or fails a test where there is no server to spawn.
func needProgram(t testing.TB) {
	t.Helper()
	redistest.Real(t)
}

// fakeProgram puts a shell script on PATH, before all else, and returns a directory in which servers then work.
func fakeProgram(t *testing.T, name, script string) (dir string) {
	t.Helper()
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	return emptyTemp(t)
}

// emptyTemp makes an empty directory the place for temporary files, with a path short enough for sockets.
func emptyTemp(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "t")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	t.Setenv("TMPDIR", dir)
	return dir
}

// nothingLeft waits until a directory is empty and no process has it in its command line; the latter on Linux only.
func nothingLeft(t *testing.T, dir string) {
	t.Helper()
	left := func() (what []string) {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			what = append(what, e.Name())
		}
		commands, _ := filepath.Glob("/proc/[0-9]*/cmdline")
		for _, name := range commands {
			if text, _ := os.ReadFile(name); strings.Contains(string(text), dir+"/") {
				what = append(what, name+": "+string(text))
			}
		}
		return what
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		what := left()
		if what == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("left behind in %s: %q", dir, what)
		}
	}
}

func TestOpenSpawned(t *testing.T) {
	needProgram(t)
	s := open(t, "spawn", newClock(t, 1))
	if s.Kind() != "redis" || s.Label() != "spawn" || s.FollowsClock() || tooOld(s.Version()) || s.source.Shared() {
		t.Errorf("kind %q, label %q, follows the clock: %v, version %q, shared: %v", s.Kind(), s.Label(), s.FollowsClock(), s.Version(), s.source.Shared())
	}
	if n := s.Admin().DBSize(t.Context()).Val(); n != 0 {
		t.Errorf("%d keys in a new server", n)
	}
	checkServer(t, s)
}

func TestSpawnedServersOfOneLaneAreIndependent(t *testing.T) {
	needProgram(t)
	clk := newClock(t, 1)
	var servers []*Server
	for i := range 3 {
		s := open(t, "spawn", clk)
		s.Admin().Set(t.Context(), s.Prefix()+"key", i, 0)
		servers = append(servers, s)
	}
	for i, s := range servers {
		if got, err := s.Admin().Get(t.Context(), s.Prefix()+"key").Int(); got != i || err != nil {
			t.Errorf("server %d holds %d, %v", i, got, err)
		}
	}
}

func TestCloseSpawnedLeavesNothing(t *testing.T) {
	needProgram(t)
	dir := emptyTemp(t)
	s := open(t, "spawn", newClock(t, 1))
	c := client(t, s)
	for range 2 {
		if err := s.Close(t.Context()); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	if err := c.Ping(t.Context()).Err(); err == nil {
		t.Error("a closed server answers")
	}
	nothingLeft(t, dir)
}

func TestCloseSpawnedGoesOnWithoutItsContext(t *testing.T) {
	needProgram(t)
	dir := emptyTemp(t)
	s := open(t, "spawn", newClock(t, 1))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Close(ctx); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("Close: %v, want context canceled", err)
	}
	nothingLeft(t, dir)
}

func TestSpawnedServerWithoutItsWatchdog(t *testing.T) {
	needProgram(t)
	dir := emptyTemp(t)
	s := open(t, "spawn", newClock(t, 1))
	s.spawned.watch.letGo()
	<-s.spawned.watch.ended
	if err := s.Restart(t.Context()); err == nil {
		t.Error("a server runs that nothing would end")
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	nothingLeft(t, dir)
}

func TestSpawnInAWorkableDirectory(t *testing.T) {
	needProgram(t)
	t.Run("too long a TMPDIR", func(t *testing.T) {
		dir := filepath.Join(emptyTemp(t), strings.Repeat("long", 30))
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		t.Setenv("TMPDIR", dir)
		s := open(t, "spawn", newClock(t, 1))
		if path := s.spawned.socket; len(path) > maxSocketPath {
			t.Errorf("socket path %s is longer than %d bytes", path, maxSocketPath)
		}
		nothingLeft(t, dir)
	})
	t.Run("a relative TMPDIR with a space", func(t *testing.T) {
		dir := emptyTemp(t)
		t.Chdir(dir)
		if err := os.Mkdir("a b", 0o700); err != nil {
			t.Fatal(err)
		}
		t.Setenv("TMPDIR", "a b")
		s := open(t, "spawn", newClock(t, 1))
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		nothingLeft(t, filepath.Join(dir, "a b"))
	})
}

func TestSpawnNeedsAProgram(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Parse("spawn")
	if !errors.Is(err, ErrNoServer) {
		t.Fatalf("Parse: %v, want ErrNoServer", err)
	}
	want(t, err.Error(), "redis-server", "valkey-server", "apt install redis-server", "brew install redis", "--redis embedded")

	fakeProgram(t, "valkey-server", "")
	if s, err := Parse("spawn"); err != nil || filepath.Base(s.program) != "valkey-server" || s.String() != "spawn" {
		t.Errorf("with valkey-server: %v, %v", s, err)
	}
}

func TestVersionNamesValkey(t *testing.T) {
	text := "redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.0\r\n"
	s := open(t, replies{"INFO": fmt.Sprintf("$%d\r\n%s", len(text), text)}.start(t), newClock(t, 1))
	if s.Version() != "valkey 8.1.0" {
		t.Errorf("version %q", s.Version())
	}
}

func TestSpawnOfAServerThatFails(t *testing.T) {
	dir := fakeProgram(t, "redis-server", "for n in 1 2 3 4 5 6 7; do echo line $n; done; echo cannot go on >&2; exit 1")
	source, err := Parse("spawn")
	if err != nil {
		t.Fatal(err)
	}
	if _, err = source.Open(t.Context(), newClock(t, 1), "run", 1); err == nil {
		t.Fatal("Open succeeded")
	}
	want(t, err.Error(), "redis-server: it ended before it could be used", "line 7\ncannot go on")
	if strings.Contains(err.Error(), "line 3") {
		t.Errorf("the error holds more than the last lines: %v", err)
	}
	nothingLeft(t, dir)
}

func TestSpawnEndsWithItsContext(t *testing.T) {
	dir := fakeProgram(t, "redis-server", `exec sleep 1000 # and never answers`)
	source, err := Parse("spawn")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := source.Open(ctx, newClock(t, 1), "run", 1); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Open: %v, want deadline exceeded", err)
	}
	nothingLeft(t, dir)
}

// childEnv makes TestSpawningProgram the program that other tests kill.
const childEnv = "LOCKTOP_TEST_SPAWNING_PROGRAM"

// TestSpawningProgram is a program of its own: it opens a server and tells its socket; after ctrl-c, it tells what the server
// holds, and closes it.
func TestSpawningProgram(t *testing.T) {
	if os.Getenv(childEnv) == "" {
		t.Skip("this is run by other tests")
	}
	interrupted := make(chan os.Signal, 1)
	if os.Getenv(childEnv) == "heeds ctrl-c" {
		signal.Notify(interrupted, os.Interrupt)
	}
	s := open(t, "spawn", newClock(t, 1))
	s.Admin().Set(t.Context(), "final", "value", 0)
	fmt.Printf("\nsocket %s\n", s.spawned.socket)
	<-interrupted
	for range 20 { // a server that heeds ctrl-c too would be gone by then
		time.Sleep(20 * time.Millisecond)
		if err := s.Admin().Get(t.Context(), "final").Err(); err != nil {
			t.Fatal(err)
		}
	}
	fmt.Printf("\nfinal %s\n", s.Admin().Get(t.Context(), "final").Val())
}

// spawningProgram starts the program in a process group of its own.
type spawningProgram struct {
	cmd    *exec.Cmd
	output *bufio.Reader
	server net.Conn
}

func startSpawningProgram(t *testing.T, mode string) *spawningProgram {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestSpawningProgram$")
	cmd.Env = append(os.Environ(), childEnv+"="+mode)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	p := &spawningProgram{cmd: cmd, output: bufio.NewReader(stdout)}
	if p.server, err = net.Dial("unix", p.told(t, "socket ")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.server.Close() })
	return p
}

// told reads the program's output up to the line that begins like this, and returns the rest of that line.
func (p *spawningProgram) told(t *testing.T, begin string) string {
	t.Helper()
	var all strings.Builder
	for {
		line, err := p.output.ReadString('\n')
		all.WriteString(line)
		if rest, ok := strings.CutPrefix(line, begin); ok {
			return strings.TrimSpace(rest)
		}
		if err != nil {
			t.Fatalf("the program said %q, and nothing of %s", all.String(), begin)
		}
	}
}

// serverEnded waits until the server has broken the connection to it, as the system does when a process ends.
func (p *spawningProgram) serverEnded(t *testing.T) {
	t.Helper()
	p.server.SetReadDeadline(time.Now().Add(patience))
	if _, err := p.server.Read(make([]byte, 1)); err == nil || isTimeout(err) {
		t.Errorf("the server goes on: %v", err)
	}
}

func TestKilledProgramLeavesNoServer(t *testing.T) {
	needProgram(t)
	for _, sig := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT} {
		t.Run(sig.String(), func(t *testing.T) {
			dir := emptyTemp(t)
			p := startSpawningProgram(t, "unprepared")
			if err := syscall.Kill(-p.cmd.Process.Pid, sig); err != nil {
				t.Fatal(err)
			}
			p.serverEnded(t)
			io.Copy(io.Discard, p.output)
			p.cmd.Wait()
			nothingLeft(t, dir)
		})
	}
}

func TestInterruptLeavesTheServerToItsProgram(t *testing.T) {
	needProgram(t)
	dir := emptyTemp(t)
	p := startSpawningProgram(t, "heeds ctrl-c")
	if err := syscall.Kill(-p.cmd.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if got := p.told(t, "final "); got != "value" {
		t.Errorf("after ctrl-c the server held %q", got)
	}
	io.Copy(io.Discard, p.output)
	if err := p.cmd.Wait(); err != nil {
		t.Error(err)
	}
	p.serverEnded(t)
	nothingLeft(t, dir)
}
