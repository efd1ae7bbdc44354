package backend

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

const (
	startWithin   = 10 * time.Second // 10 ms are usual
	lookAgain     = 2 * time.Millisecond
	maxSocketPath = 103 // bytes; the limit of the systems that allow least
)

// ErrNoServer is what Parse returns for "spawn" where there is nothing to spawn.
var ErrNoServer = errors.New("no redis-server or valkey-server on PATH: install one (apt install redis-server, dnf install valkey, brew install redis, …), or use --redis embedded")

var errSpawnedClosed = errors.New("the spawned Redis is closed")

// findProgram returns the path of the server to spawn.
func findProgram() (string, error) {
	for _, name := range []string{"redis-server", "valkey-server"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrNoServer
}

// spawned is a Redis server that only this process uses: it listens at a Unix socket in a directory of its own, and keeps
// nothing on disk. A watchdog ends it and removes the directory when this process ends, whatever the cause.
type spawned struct {
	program string
	conns   int // that it accepts
	dir     string
	socket  string
	watch   *watchdog

	life context.Context // ends with close
	end  context.CancelFunc

	turn chan struct{} // has room for one: whoever starts or ends the process
	proc *process      // belongs to whoever has the turn; nil if it could not be started
}

// spawn starts a server for so many connections and waits until it answers. The error holds the last words of a server that does not.
func spawn(ctx context.Context, program string, conns int) (*spawned, error) {
	dir, err := socketDir()
	if err != nil {
		return nil, fmt.Errorf("making a directory for the spawned Redis: %w", err)
	}
	p := &spawned{program: program, conns: conns, dir: dir, socket: filepath.Join(dir, "s"), turn: make(chan struct{}, 1)}
	p.life, p.end = context.WithCancel(context.Background())
	if p.watch, err = startWatchdog(dir); err != nil {
		p.end()
		return nil, errors.Join(fmt.Errorf("starting a watchdog for the spawned Redis: %w", err), os.RemoveAll(dir))
	}
	if err := p.start(ctx); err != nil {
		cleanUp, cancel := context.WithTimeout(context.Background(), startWithin)
		defer cancel()
		return nil, errors.Join(err, p.close(cleanUp))
	}
	return p, nil
}

// socketDir makes a directory for a socket: in the usual place, unless the path would become too long there.
func socketDir() (string, error) {
	for _, base := range []string{os.TempDir(), "/tmp"} {
		base, err := filepath.Abs(base)
		if err != nil {
			return "", err
		}
		dir, err := os.MkdirTemp(base, "locktop-")
		if err != nil {
			return "", err
		}
		if len(filepath.Join(dir, "s")) <= maxSocketPath {
			return dir, nil
		}
		if err := os.Remove(dir); err != nil {
			return "", err
		}
	}
	return "", errors.New("the path to its socket would be too long")
}

// start starts the process and waits until it answers; the caller has the turn, or is the only one to know p.
func (p *spawned) start(ctx context.Context) error {
	proc, err := startProcess(p.watch, p.program, "--port", "0", "--unixsocket", p.socket, "--unixsocketperm", "700",
		"--save", "", "--appendonly", "no", "--dir", p.dir, "--daemonize", "no", "--hz", "100", "--loglevel", "warning",
		"--maxclients", strconv.Itoa(p.conns))
	if err != nil {
		return fmt.Errorf("starting %s: %w", p.program, err)
	}
	p.proc = proc
	if err := p.ready(ctx); err != nil {
		proc.kill()
		<-proc.ended // and only then are its words complete
		return fmt.Errorf("starting %s: %w%s", p.program, err, proc.words.last())
	}
	return nil
}

// ready waits until the process answers.
func (p *spawned) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startWithin, fmt.Errorf("it does not answer within %v", startWithin))
	defer cancel()
	look := time.NewTicker(lookAgain)
	defer look.Stop()
	for {
		if answers(ctx, p.socket) {
			return nil
		}
		select {
		case <-look.C:
		case <-p.proc.ended:
			return errors.New("it ended before it could be used")
		case <-p.life.Done():
			return errSpawnedClosed
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// answers tells whether a Redis at this socket replies to a PING as it should.
func answers(ctx context.Context, socket string) bool {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		return false
	}
	defer conn.Close()
	hangUp := context.AfterFunc(ctx, func() { conn.Close() })
	defer hangUp()
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return false
	}
	reply, err := bufio.NewReader(conn).ReadString('\n')
	return err == nil && reply == "+PONG\r\n"
}

// restart kills the process and starts another one at the same socket, without the data.
func (p *spawned) restart(ctx context.Context) error {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if p.life.Err() != nil {
		return errSpawnedClosed
	}
	if p.proc != nil {
		p.proc.kill()
		select {
		case <-p.proc.ended:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return p.start(ctx)
}

// close ends the process, there being nothing that it should save, and removes the directory. If the context ends first,
// that goes on all the same.
func (p *spawned) close(ctx context.Context) error {
	p.end()
	p.watch.letGo() // which does it all; what follows sees it done
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if p.proc != nil {
		p.proc.kill()
		select {
		case <-p.proc.ended:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	select {
	case <-p.watch.ended:
	case <-ctx.Done():
		return ctx.Err()
	}
	return os.RemoveAll(p.dir) // in case that somebody has killed the watchdog
}
