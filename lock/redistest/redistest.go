// Package redistest gives tests a Redis of their own: an embedded one, which is
// always there, and a real redis-server, which is the one that counts.
package redistest

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"
)

const (
	// requireEnv, set to "require", makes a missing redis-server a failure.
	requireEnv = "LOCKTOP_TEST_REDIS"

	startTimeout  = time.Minute
	replyTimeout  = 2 * time.Minute // of a server that shares a busy machine with its clients
	maxSocketPath = 103             // bytes; the limit of the systems that allow least
)

// A Server is a Redis that lives as long as the test that started it.
type Server struct {
	url  string
	real bool
}

// Silence keeps go-redis from writing of each connection it cannot make to the
// standard error, where failures would drown in it. It is for TestMain.
func Silence() { logging.Disable() }

// Each runs f twice, as the subtests "embedded" and "redis", each with a new
// and empty server.
func Each(t *testing.T, f func(t *testing.T, s *Server)) {
	t.Helper()
	t.Run("embedded", func(t *testing.T) { f(t, Embedded(t)) })
	t.Run("redis", func(t *testing.T) { f(t, Real(t)) })
}

// Embedded starts a Redis in this process, reached over loopback TCP. Keys
// expire by the wall clock.
func Embedded(t testing.TB) *Server {
	t.Helper()
	m := miniredis.RunT(t)
	m.ClockTTL(true)
	return &Server{url: "redis://" + m.Addr()}
}

// Real starts a redis-server, or valkey-server, on a Unix socket. Without
// either the test is skipped, or fails if LOCKTOP_TEST_REDIS=require is set.
func Real(t testing.TB) *Server {
	t.Helper()
	path := program(t)
	dir, err := os.MkdirTemp("", "redis")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	if len(socket) > maxSocketPath {
		t.Fatalf("socket path %s is longer than %d bytes: set TMPDIR to a shorter directory", socket, maxSocketPath)
	}
	var log bytes.Buffer
	cmd := exec.Command(path, "--port", "0", "--unixsocket", socket, "--unixsocketperm", "700",
		"--save", "", "--appendonly", "no", "--dir", dir, "--daemonize", "no", "--hz", "100", "--loglevel", "warning")
	cmd.Stdout, cmd.Stderr = &log, &log
	exited, err := start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-exited
	})
	if err := ready("unix", socket, exited); err != nil {
		cmd.Process.Kill()
		<-exited // and only then is the log complete
		t.Fatalf("%s: %v\n%s", path, err, log.Bytes())
	}
	return &Server{url: (&url.URL{Scheme: "unix", Path: socket}).String(), real: true}
}

// start starts cmd and returns a channel that is closed when it has ended. One
// goroutine keeps to one thread for both, because the death signal of
// dieWithParent comes when the thread that started the command ends.
func start(cmd *exec.Cmd) (exited <-chan struct{}, err error) {
	dieWithParent(cmd)
	started, ended := make(chan error), make(chan struct{})
	go func() {
		defer close(ended)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			cmd.Wait()
		}
	}()
	return ended, <-started
}

// ready waits until the server listens.
func ready(network, addr string, exited <-chan struct{}) error {
	poll := time.NewTicker(time.Millisecond)
	defer poll.Stop()
	timeout := time.After(startTimeout)
	for {
		conn, err := net.Dial(network, addr)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-poll.C:
		case <-exited:
			return errors.New("ended before it listened")
		case <-timeout:
			return fmt.Errorf("did not listen within %v: %w", startTimeout, err)
		}
	}
}

// URL returns the server's address in the form redis.ParseURL reads.
func (s *Server) URL() string { return s.url }

// IsReal reports whether this is a redis-server rather than the embedded one.
func (s *Server) IsReal() bool { return s.real }

// Client returns a connected client, closed at the end of the test. On
// connecting it sends no more than it must, and it gives Redis two minutes to answer.
func (s *Server) Client(t testing.TB, change ...func(*redis.Options)) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(s.url)
	if err != nil {
		t.Fatal(err)
	}
	options.DisableIdentity = true
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout = replyTimeout, replyTimeout, replyTimeout
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	for _, f := range change {
		f(options)
	}
	client := redis.NewClient(options)
	t.Cleanup(func() { client.Close() })
	if err := client.Ping(t.Context()).Err(); err != nil {
		t.Fatalf("connecting to %s: %v", s.url, err)
	}
	return client
}

// program returns the path of the server's executable.
func program(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"redis-server", "valkey-server"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	Missing(t, "no redis-server or valkey-server on PATH; install one, e.g. with apt, dnf or brew install redis")
	return ""
}

// Missing ends a test for which the machine has not what it takes: it is skipped
// or, if LOCKTOP_TEST_REDIS=require is set, fails, for then all tests are to run.
func Missing(t testing.TB, why string) {
	t.Helper()
	if os.Getenv(requireEnv) == "require" {
		t.Fatal(why)
	}
	t.Skip(why)
}
