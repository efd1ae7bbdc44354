//go:build unix

package command

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/term"

	"locktop/lock/redistest"
)

// stuck has nobody read the terminal any more, and fills it up. It returns what has it read again.
func (c *console) stuck() (readAgain func()) {
	c.t.Helper()
	c.reader.Lock()
	fd, err := syscall.Open(c.tty.Name(), syscall.O_WRONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY|syscall.O_CLOEXEC, 0)
	if err != nil {
		c.t.Fatal(err)
	}
	defer syscall.Close(fd)
	// The system takes its time to move what is written out of the way.
	for full := 0; full < 10; {
		if _, err := syscall.Write(fd, make([]byte, 512)); errors.Is(err, syscall.EAGAIN) {
			full++
			time.Sleep(20 * time.Millisecond)
		} else if err != nil {
			c.t.Fatal(err)
		}
	}
	readAgain = sync.OnceFunc(c.reader.Unlock)
	c.t.Cleanup(readAgain) // before the cleanup that waits for the reader
	return readAgain
}

// TestTerminalThatNobodyReads: the program ends all the same, leaves nothing in Redis, and the terminal is in order for whoever
// reads it later.
func TestTerminalThatNobodyReads(t *testing.T) {
	server := redistest.Real(t)
	for _, e := range []struct {
		name string
		do   func(*console)
		code int
	}{
		{"after q", func(c *console) { c.types("q") }, exitDone},
		{"after ctrl-c", func(c *console) { c.types("\x03") }, exitDone},
		{"after SIGINT", func(c *console) { c.cmd.Process.Signal(os.Interrupt) }, exitInterrupted},
		{"after SIGTERM", func(c *console) { c.cmd.Process.Signal(syscall.SIGTERM) }, exitInterrupted},
		{"after SIGHUP", func(c *console) { c.cmd.Process.Signal(syscall.SIGHUP) }, exitInterrupted},
	} {
		t.Run(e.name, func(t *testing.T) {
			c := onConsole(t, true, program(t), "--redis", server.URL(), "--lease", "24h")
			c.shows(racing...)
			readAgain := c.stuck()
			e.do(c)
			c.ends(e.code)
			nothingIn(t, server.Client(t))
			readAgain()
			c.restored()
		})
	}
}

// TestStoppedFromOutside is under a shell, which has changed the terminal when the program goes on.
func TestStoppedFromOutside(t *testing.T) {
	for _, e := range []struct {
		name   string
		signal syscall.Signal
		leaves bool // it can give the terminal back first
	}{
		{"by SIGTSTP", syscall.SIGTSTP, true},
		{"by SIGSTOP", syscall.SIGSTOP, false},
	} {
		t.Run(e.name, func(t *testing.T) {
			c := onConsole(t, true, "/bin/sh", "-i")
			c.shows("$ ")
			file := filepath.Join(t.TempDir(), "pid")
			c.types(fmt.Sprintf("sh -c 'echo $$ > %s; exec %s'\n", file, program(t)))
			c.shows(racing...)
			text, err := os.ReadFile(file)
			pid, err2 := strconv.Atoi(strings.TrimSpace(string(text)))
			if err := errors.Join(err, err2); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if err := syscall.Kill(pid, e.signal); err != nil {
					t.Fatal(err)
				}
				if e.leaves {
					c.restored()
				} else {
					c.prints("Stopped")
					term.Restore(c.tty.Fd(), c.cooked) // as shells do that edit lines
				}
				c.types("fg\n")
				c.says("VERDICT")
				c.shows(racing...)
				c.types("2") // no line is waited for, and nothing echoes
				c.shows("›2 ")
				c.types("1")
				c.shows(racing...)
			}
			c.types("q")
			c.shows("spin: ") // in the report
			c.restored()
			c.types("exit\n")
			c.ends(exitDone)
		})
	}
}
