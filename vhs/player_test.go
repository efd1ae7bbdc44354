//go:build unix

package vhs

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hinshun/vt10x"
	"golang.org/x/sys/unix"

	"locktop/tui/emulator"
)

const (
	// patience bounds how long the program may take to read a key, and to come to rest.
	patience = time.Minute
	// glance is how often the screen is looked at.
	glance = 10 * time.Millisecond
)

// A player is a shell on a terminal of a tape's size, with an emulator at its other end.
type player struct {
	keyboard *os.File
	tty      *os.File
	screen   vt10x.Terminal
}

// newPlayer starts a shell that finds locktop in a directory. It is ended with the test.
func newPlayer(t *testing.T, tape tape, bin string) *player {
	t.Helper()
	columns, lines := tape.columns(), tape.lines()
	master, tty := emulator.Open(t, columns, lines)
	p := &player{keyboard: emulator.Pollable(t, master), tty: tty}
	p.screen = emulator.New(vt10x.WithSize(columns, lines), vt10x.WithWriter(p.keyboard)) // it answers what it is asked

	home := t.TempDir()
	shell := exec.Command("bash", "--noprofile", "--norc")
	shell.Dir = home
	shell.Env = []string{
		"PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH"), "HOME=" + home, "XDG_CONFIG_HOME=" + home, "TMPDIR=" + os.TempDir(),
		"TERM=xterm-256color", "LC_ALL=C.UTF-8", "PS1=> ", "BASH_SILENCE_DEPRECATION_WARNING=1",
	}
	shell.Env = append(shell.Env, tape.env...)
	shell.Stdin, shell.Stdout, shell.Stderr = tty, tty, tty
	shell.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	var reading sync.WaitGroup
	reading.Go(func() {
		buf := make([]byte, 1<<16)
		for {
			n, err := p.keyboard.Read(buf)
			p.screen.Write(buf[:n])
			if err != nil {
				return
			}
		}
	})
	t.Cleanup(func() {
		p.keyboard.Close() // which hangs up on all that run there
		reading.Wait()
		p.tty.Close()
		shell.Process.Kill()
		shell.Wait()
	})
	return p
}

// play does what a tape says, and returns an error when the program does not show what
// the tape waits for.
func (p *player) play(commands []command) error {
	for _, c := range commands {
		if err := p.do(c); err != nil {
			return fmt.Errorf("line %d: %s: %w; the screen is\n%s", c.line, c.text, err, p.shown())
		}
	}
	return nil
}

func (p *player) do(c command) error {
	for _, key := range c.keys {
		if _, err := p.keyboard.WriteString(key); err != nil {
			return err
		}
		// Keys that are read at once would be taken for a paste, or for another key.
		if !eventually(patience, p.read) {
			return fmt.Errorf("nobody reads %q", key)
		}
	}
	if c.pattern == nil {
		return nil
	}
	where := p.line
	if c.screen {
		where = p.shown
	}
	if !eventually(c.timeout, func() bool { return c.pattern.MatchString(where()) }) {
		return fmt.Errorf("not within %v", c.timeout)
	}
	return nil
}

// read tells whether all keys have been read.
func (p *player) read() bool {
	fds := []unix.PollFd{{Fd: int32(p.tty.Fd()), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, 0)
	return n == 0 && err == nil
}

// shown is the screen as text, without the blanks at the ends of lines.
func (p *player) shown() string {
	lines := strings.Split(p.screen.String(), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n") + "\n"
}

// line is the line where the cursor is.
func (p *player) line() string {
	p.screen.Lock()
	y := p.screen.Cursor().Y
	p.screen.Unlock()
	lines := strings.Split(p.screen.String(), "\n")
	return strings.TrimRight(lines[min(y, len(lines)-1)], " ")
}

// rest waits until the screen has stood still for a while, and returns it.
func (p *player) rest() (string, error) {
	const still = time.Second
	last, since := p.shown(), time.Now()
	if !eventually(patience, func() bool {
		if now := p.shown(); now != last {
			last, since = now, time.Now()
		}
		return time.Since(since) > still
	}) {
		return last, fmt.Errorf("it does not come to rest:\n%s", last)
	}
	return last, nil
}

// eventually tells whether something comes to hold within a time.
func eventually(within time.Duration, holds func() bool) bool {
	for deadline := time.Now().Add(within); !holds(); time.Sleep(glance) {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}
