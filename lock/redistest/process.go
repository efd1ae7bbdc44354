package redistest

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
)

// The ports of our servers are below those that systems hand out by themselves, or
// the next connection of anybody could have them.
const (
	firstPort = 20000
	endPort   = 32000

	// busOffset is from the port of a cluster node to that of its bus. Before
	// Redis 7.0 there was no other.
	busOffset = 10000
)

// A Process is a redis-server on a loopback port, for what Real does not do: to
// be a replica, a cluster node or a sentinel, and to be stopped and started.
type Process struct {
	// Addr is its host and port, which it keeps when it is started again.
	Addr string

	path string
	args []string
	dir  string
	stop func()
}

// Start starts a redis-server with these arguments besides its own. Without one
// the test is skipped or fails, as with Real. Nothing is kept on disk.
func Start(t testing.TB, args ...string) *Process {
	t.Helper()
	return startAt(t, FreeAddr(t), args...)
}

// StartClusterNode is Start for a node of a Redis Cluster.
func StartClusterNode(t testing.TB) *Process {
	t.Helper()
	return startAt(t, freeAddr(t, endPort-busOffset, busOffset), "--cluster-enabled", "yes")
}

func startAt(t testing.TB, addr string, args ...string) *Process {
	t.Helper()
	_, port, _ := net.SplitHostPort(addr)
	return launch(t, addr, append([]string{"--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
		"--repl-diskless-sync-delay", "0", "--daemonize", "no", "--hz", "100", "--loglevel", "warning"}, args...))
}

// StartSentinel starts a Redis Sentinel that looks after master under this name,
// and needs nobody's agreement to replace it. It does so when told to: a master
// counts as lost only after a minute.
func StartSentinel(t testing.TB, name string, master *Process) *Process {
	t.Helper()
	addr := FreeAddr(t)
	_, port, _ := net.SplitHostPort(addr)
	masterHost, masterPort, _ := net.SplitHostPort(master.Addr)
	config := filepath.Join(t.TempDir(), "sentinel.conf") // Sentinel insists on one, and writes to it
	text := fmt.Sprintf("port %s\nbind 127.0.0.1\nsentinel monitor %s %s %s 1\nsentinel down-after-milliseconds %s 60000\n",
		port, name, masterHost, masterPort, name)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return launch(t, addr, []string{config, "--sentinel"})
}

func launch(t testing.TB, addr string, args []string) *Process {
	t.Helper()
	p := &Process{Addr: addr, path: program(t), args: args, dir: t.TempDir()}
	p.Restart(t)
	t.Cleanup(p.Stop)
	return p
}

// Stop kills the server.
func (p *Process) Stop() { p.stop() }

// Restart kills the server, if it runs, and starts it again without its data.
func (p *Process) Restart(t testing.TB) {
	t.Helper()
	if p.stop != nil {
		p.stop()
	}
	var log bytes.Buffer
	cmd := exec.Command(p.path, p.args...)
	cmd.Dir = p.dir
	cmd.Stdout, cmd.Stderr = &log, &log
	exited, err := start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	p.stop = func() {
		cmd.Process.Kill()
		<-exited
	}
	if err := ready("tcp", p.Addr, exited); err != nil {
		p.stop() // and only then is the log complete
		t.Fatalf("%s: %v\n%s", p.path, err, log.Bytes())
	}
}

// taken are the ports that this process has given to somebody.
var taken sync.Map

// FreeAddr returns a loopback address at which nobody listens, for now, and which
// nobody else in this process is told.
func FreeAddr(t testing.TB) string {
	t.Helper()
	return freeAddr(t, endPort)
}

// freeAddr is FreeAddr with a port below end, and with others, so far from it, for
// the same.
func freeAddr(t testing.TB, end int, offsets ...int) string {
	t.Helper()
	var err error
	for range 1000 {
		port := firstPort + rand.N(end-firstPort)
		if err = claim(port); err != nil {
			continue
		}
		for _, offset := range offsets {
			err = errors.Join(err, claim(port+offset))
		}
		if err == nil {
			return net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		}
	}
	t.Fatal(err)
	return ""
}

// claim takes a port for the life of this process.
func claim(port int) error {
	if _, before := taken.LoadOrStore(port, true); before {
		return fmt.Errorf("port %d is taken", port)
	}
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return err
	}
	return l.Close()
}
