//go:build unix

package command

import (
	"fmt"
	"os"
	"os/signal"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/charmbracelet/x/term"
)

// crashes are ways to end a program that nothing in it can do anything about, by their names.
var crashes = map[string]func(){
	"panic": func() {
		fmt.Fprintln(os.Stderr, "a word before")
		panic("boom")
	},
	"fatal": func() { new(sync.Mutex).Unlock() }, // as with concurrent map writes, but every time
}

// crash is the variable that names one, for SIGUSR1 to bring about in the program.
const crash = "LOCKTOP_TEST_CRASH"

func init() { beforehand = crashOnDemand }

// crashOnDemand has the program crash when it is told to, on a goroutine of nobody's.
func crashOnDemand() {
	how, ok := crashes[os.Getenv(crash)]
	if !ok {
		return
	}
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGUSR1)
	go func() {
		<-told
		how()
	}()
}

// TestACrash leaves the terminal as it was, with the last words of the runtime to be read.
func TestACrash(t *testing.T) {
	const byRuntime = 2 // the exit code
	for _, e := range []struct {
		name  string
		crash string
		sig   syscall.Signal
		code  int
		words []string
	}{
		{"a panic", "panic", syscall.SIGUSR1, byRuntime, []string{"a word before", "panic: boom", "goroutine ", "crash_test.go:"}},
		{"a fatal error", "fatal", syscall.SIGUSR1, byRuntime, []string{"fatal error: sync: unlock of unlocked mutex", "crash_test.go:"}},
		{"SIGQUIT", "", syscall.SIGQUIT, byRuntime, []string{"SIGQUIT: quit", "goroutine "}},
		{"SIGKILL", "", syscall.SIGKILL, -1, nil},
	} {
		t.Run(e.name, func(t *testing.T) {
			c := newConsole(t)
			c.env = []string{crash + "=" + e.crash}
			c.start(true, program(t))
			c.shows(racing...)
			c.types("m") // the mouse
			c.says("mouse on")
			if err := c.cmd.Process.Signal(e.sig); err != nil {
				t.Fatal(err)
			}
			c.ends(e.code)
			c.restored()
			c.eventually(func() bool {
				_, after, _ := strings.Cut(c.said.String(), "\x1b[?1049l")
				for _, words := range e.words {
					if strings.Count(after, words) == 0 {
						return false
					}
				}
				return true
			}, "the runtime has its last words")
			if n := strings.Count(c.said.String(), "panic: boom"); e.crash == "panic" && n != 1 {
				t.Errorf("the panic is told %d times", n)
			}
			c.eventually(func() bool { return strings.Contains(c.said.String(), "\x1b[?1002l") }, "the mouse is off")
		})
	}
}

// TestACrashAsTheTerminalIsTaken comes when the settings have been changed, and hardly anything else.
func TestACrashAsTheTerminalIsTaken(t *testing.T) {
	for range 5 { // as it may come too late to be that early
		c := newConsole(t)
		c.env = []string{crash + "=panic"}
		c.start(true, program(t))
		for raw := false; !raw; {
			now, err := term.GetState(c.tty.Fd())
			if err != nil {
				t.Fatal(err)
			}
			raw = !reflect.DeepEqual(now, c.cooked)
		}
		if err := c.cmd.Process.Signal(syscall.SIGUSR1); err != nil {
			t.Fatal(err)
		}
		c.ends(2)
		c.restored()
	}
}

// TestACrashUnderAShell is over for the shell only when the terminal is restored, or it would take what is left for what is usual.
func TestACrashUnderAShell(t *testing.T) {
	c := newConsole(t)
	c.env = []string{crash + "=panic"}
	c.start(true, "/bin/sh", "-i")
	c.shows("$ ")
	c.types("'" + program(t) + "' & p=$!; fg; echo it was $?\n")
	c.shows(racing...)
	c.types("\x1a")
	c.restored()
	c.types("kill -USR1 $p; fg; echo it was $?\n")
	c.shows("panic: boom", "it was 2")
	c.restored()
	c.types("exit\n")
	c.ends(exitDone)
}
