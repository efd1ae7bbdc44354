//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package rescue

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"runtime/debug"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// variable tells a process that it is the second one. It holds an [order].
const variable = "_LOCKTOP_RESCUE"

// order is what the second process has to know.
type order struct {
	Settings unix.Termios // of the terminal, as they should be
	Errors   bool         // standard error comes through it, while the screen is on
}

// called tells that Main has been: a process started by a program that does not call it would be that program again.
var called bool

// Main is to be called first in main. It does not return in the process that rescues.
func Main() {
	text, ok := os.LookupEnv(variable)
	if !ok {
		called = true
		return
	}
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		os.Exit(1)
	}
	w := watcher{terminal: os.Stdout, order: o}
	w.watch(os.NewFile(3, "program"), os.NewFile(4, "stderr"))
	os.Exit(0)
}

// A Guard has a second process stand by. The zero Guard does nothing.
type Guard struct {
	cmd    *exec.Cmd
	line   *os.File // to the process
	errors *os.File // to the process, for what is written to standard error; nil if that is no terminal

	mu     sync.Mutex
	stderr int // the real one while it is replaced, or 0
}

// Stand starts the process for a terminal, which must be as it should be restored. In a program that has not called [Main], or
// for what is no terminal, it returns a Guard that does nothing. Standard output must not be closed before the Guard is.
func Stand(terminal any) (*Guard, error) {
	file, ok := terminal.(*os.File)
	if !ok || !called {
		return &Guard{}, nil
	}
	settings, err := unix.IoctlGetTermios(int(file.Fd()), getSettings)
	if errors.Is(err, unix.ENOTTY) {
		return &Guard{}, nil
	}
	if err != nil {
		return nil, err
	}
	_, notTerminal := unix.IoctlGetTermios(unix.Stderr, getSettings)
	text, err := json.Marshal(order{*settings, notTerminal == nil})
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	held, stderr, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, ours.Close())
	}
	defer held.Close()
	g := &Guard{line: ours, errors: stderr, cmd: exec.Command(self)}
	g.cmd.Env = []string{variable + "=" + string(text)}
	g.cmd.Dir = "/"
	g.cmd.Stdout = file
	g.cmd.ExtraFiles = []*os.File{theirs, held}
	// In a session of its own no signal of the terminal reaches it, and it may write there from the background.
	g.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := g.cmd.Start(); err != nil {
		return nil, errors.Join(err, ours.Close(), stderr.Close())
	}
	if notTerminal != nil {
		g.errors = nil
		if err := stderr.Close(); err != nil {
			return nil, errors.Join(err, g.Close())
		}
	}
	if err := debug.SetCrashOutput(ours, debug.CrashOptions{}); err != nil {
		return nil, errors.Join(err, g.Close())
	}
	return g, nil
}

// socketPair returns two ends of a socket that block. The first takes a few writes at most that the second has not read.
func socketPair() (ours, theirs *os.File, err error) {
	syscall.ForkLock.RLock()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(fds[0])
		unix.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, err
	}
	ours, theirs = os.NewFile(uintptr(fds[0]), "rescue"), os.NewFile(uintptr(fds[1]), "program")
	const least = 1 // byte: systems make it more
	if err := unix.SetsockoptInt(fds[0], unix.SOL_SOCKET, unix.SO_SNDBUF, least); err != nil {
		return nil, nil, errors.Join(err, ours.Close(), theirs.Close())
	}
	return ours, theirs, nil
}

// What the process is told. None of it is in the words of the runtime.
const (
	screenOff byte = iota
	screenOn
)

// Screen tells whether the program has the terminal: only then is there something to rescue. It is to be called before the
// program takes it and after it has given it back. Meanwhile nothing that is written to standard error comes to the terminal,
// where it would spoil the screen: it follows when the screen is left. It returns when the other process knows, which at
// first has to start.
func (g *Guard) Screen(on bool) {
	if g.line == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if on {
		g.tell(screenOn)
		g.silence()
	} else {
		g.tell(screenOff)
		g.speak()
	}
}

// tell waits for the answer, or the end of the process.
func (g *Guard) tell(what byte) {
	if _, err := g.line.Write([]byte{what}); err == nil {
		g.line.Read([]byte{0})
	}
}

// silence replaces standard error.
func (g *Guard) silence() {
	if g.errors == nil || g.stderr != 0 {
		return
	}
	kept, err := unix.FcntlInt(uintptr(unix.Stderr), unix.F_DUPFD_CLOEXEC, 0)
	if err == nil && unix.Dup2(int(g.errors.Fd()), unix.Stderr) == nil {
		g.stderr = kept
	}
}

// speak brings standard error back.
func (g *Guard) speak() {
	if g.stderr == 0 {
		return
	}
	unix.Dup2(g.stderr, unix.Stderr)
	unix.Close(g.stderr)
	g.stderr = 0
}

// Close ends the process, and waits for that.
func (g *Guard) Close() error {
	if g.line == nil {
		return nil
	}
	g.mu.Lock()
	g.speak()
	g.mu.Unlock()
	err := errors.Join(debug.SetCrashOutput(nil, debug.CrashOptions{}), g.line.Close())
	if g.errors != nil {
		err = errors.Join(err, g.errors.Close())
	}
	return errors.Join(err, g.cmd.Wait())
}

// Discard drops what was written to a terminal and not read. A write that waits for its reader then goes on.
func Discard(terminal any) {
	if f, ok := terminal.(interface{ Fd() uintptr }); ok {
		discard(int(f.Fd())) // where it is no terminal there is nothing to drop
	}
}
