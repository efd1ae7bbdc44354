package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

const (
	startWithin = 10 * time.Second
	startTries  = 3 // for another program may take the port that was found free
)

// errNoServer says what to do where there is no Redis to start.
var errNoServer = errors.New("no redis-server or valkey-server on PATH; install one, e.g. with apt, dnf or brew install redis")

// A server is a redis-server of our own, which nobody else uses and which keeps nothing on disk.
type server struct {
	addr    string // host and port on the loopback interface
	version string
	stop    func() // kills it and waits until it is gone; may be called twice

	shared *redis.Client // of teams of one; nil: each has its own
}

// sharing returns the same server for teams of one that share a client, and with it the connection: of two connections
// one can be slower for as long as it lasts, by where the kernel has put it. close closes the client.
func (s *server) sharing() (sharing *server, close func()) {
	c := *s
	c.shared = s.client(1)
	return &c, func() { c.shared.Close() }
}

// startServer starts one. The caller stops it.
func startServer(ctx context.Context) (*server, error) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		path, err = exec.LookPath("valkey-server")
	}
	if err != nil {
		return nil, errNoServer
	}
	for range startTries {
		var s *server
		if s, err = launch(ctx, path); err == nil {
			return s, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return nil, fmt.Errorf("start %s: %w", path, err)
}

func launch(ctx context.Context, path string) (*server, error) {
	dir, err := os.MkdirTemp("", "lockbench")
	if err != nil {
		return nil, err
	}
	addr, err := freeAddr()
	if err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	host, port, _ := net.SplitHostPort(addr)
	var log bytes.Buffer
	cmd := exec.Command(path, "--port", port, "--bind", host, "--save", "", "--appendonly", "no", "--dir", dir,
		"--daemonize", "no", "--hz", "100", "--loglevel", "warning")
	cmd.Stdout, cmd.Stderr = &log, &log
	apart(cmd)
	exited, err := start(cmd)
	if err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	s := &server{addr: addr, stop: func() {
		cmd.Process.Kill()
		<-exited
		os.RemoveAll(dir)
	}}
	if s.version, err = ready(ctx, s, cmd.Process.Pid, exited); err != nil {
		s.stop() // and only then is the log complete
		return nil, fmt.Errorf("%w\n%s", err, log.Bytes())
	}
	return s, nil
}

// start starts cmd and returns a channel that is closed when it has ended. One goroutine keeps to one thread for both,
// because the death signal of [apart] comes when the thread that started the command ends.
func start(cmd *exec.Cmd) (exited <-chan struct{}, err error) {
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

// ready waits until the server answers, and returns its version. That of another process at this address is an error.
func ready(ctx context.Context, s *server, pid int, exited <-chan struct{}) (version string, err error) {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	poll := time.NewTicker(2 * time.Millisecond)
	defer poll.Stop()
	client := s.client(1)
	defer client.Close()
	for {
		if conn, err := net.Dial("tcp", s.addr); err == nil {
			conn.Close()
			info, err := client.InfoMap(ctx, "server").Result()
			if err != nil {
				return "", err
			}
			if info["Server"]["process_id"] != strconv.Itoa(pid) {
				return "", fmt.Errorf("another server was faster to listen at %s", s.addr)
			}
			if v := info["Server"]["valkey_version"]; v != "" {
				return "valkey-server " + v, nil
			}
			return "redis-server " + info["Server"]["redis_version"], nil
		}
		select {
		case <-poll.C:
		case <-exited:
			return "", errors.New("it ended before it listened")
		case <-ctx.Done():
			return "", fmt.Errorf("it did not listen: %w", ctx.Err())
		}
	}
}

// freeAddr returns a loopback address at which nobody listens, for now.
func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// client returns a go-redis client, with the settings that all locks on go-redis get: its defaults but for as many
// connections as there are contenders, and no talk about maintenance when a connection is made.
func (s *server) client(contenders int) *redis.Client {
	return redis.NewClient(&redis.Options{
		Addr:                     s.addr,
		PoolSize:                 contenders,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
}

// connect makes all connections of a client, so that none is made while the clock runs.
func connect(ctx context.Context, client *redis.Client) error {
	for range client.Options().PoolSize {
		conn := client.Conn()
		defer conn.Close() // which gives it back to the pool
		if err := conn.Ping(ctx).Err(); err != nil {
			return err
		}
	}
	return nil
}

// wipe empties the server.
func (s *server) wipe(ctx context.Context) error {
	client := s.client(1)
	defer client.Close()
	return client.FlushAll(ctx).Err()
}
