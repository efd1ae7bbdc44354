//go:build unix

package command

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/hinshun/vt10x"
	"github.com/redis/go-redis/v9"

	"locktop/lock/redistest"
	"locktop/tui/emulator"
)

// console is a terminal, with an emulator at its other end, on which a program runs as a process of its own.
type console struct {
	t        *testing.T
	keyboard *os.File
	tty      *os.File
	screen   vt10x.Terminal
	cooked   *term.State // before the program
	env      []string    // more of it, for the program
	cmd      *exec.Cmd
	said     transcript // all that came from the program
	shown    transcript // all that was on the screen, whenever something came
	typed    int        // how much of it had been before the last keys
	typedAt  int        // and how much had been said
	reading  sync.WaitGroup
	reader   sync.Mutex // held while nobody is to read
	ended    chan struct{}
}

// transcript is a buffer for several goroutines.
type transcript struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *transcript) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *transcript) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// onConsole starts a program on a new terminal: the one that controls it, whose end it is told of by a signal, unless that
// is not wanted.
func onConsole(t *testing.T, controlling bool, name string, args ...string) *console {
	t.Helper()
	c := newConsole(t)
	c.screen = emulator.New(vt10x.WithSize(columns, lines), vt10x.WithWriter(c.keyboard)) // it answers what it is asked
	c.start(controlling, name, args...)
	return c
}

const columns, lines = 120, 40

// newConsole makes a terminal that answers nothing.
func newConsole(t *testing.T) *console {
	t.Helper()
	keyboard, tty := emulator.Open(t, columns, lines)
	var err error
	c := &console{
		t: t, keyboard: emulator.Pollable(t, keyboard), tty: tty, ended: make(chan struct{}),
		screen: emulator.New(vt10x.WithSize(columns, lines)),
	}
	if c.cooked, err = term.GetState(tty.Fd()); err != nil {
		t.Fatal(err)
	}
	return c
}

// start starts a program there.
func (c *console) start(controlling bool, name string, args ...string) {
	t := c.t
	t.Helper()
	c.cmd = exec.CommandContext(t.Context(), name, args...)
	c.cmd.Env = append(os.Environ(), "LOCKTOP_BE_THE_PROGRAM=1", "TERM=xterm-256color", "PS1=$ ", "ENV=")
	c.cmd.Env = append(c.cmd.Env, c.env...)
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = c.tty, c.tty, c.tty
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: controlling}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c.reading.Go(func() {
		buf := make([]byte, 1<<16)
		for {
			c.reader.Lock()
			n, err := c.keyboard.Read(buf)
			c.reader.Unlock()
			if n > 0 {
				c.said.Write(buf[:n])
				c.screen.Write(buf[:n])
				c.shown.Write([]byte(c.screen.String()))
			}
			if err != nil {
				return
			}
		}
	})
	go func() {
		defer close(c.ended)
		c.cmd.Wait()
	}()
	t.Cleanup(func() {
		c.cmd.Process.Kill()
		<-c.ended
		c.tty.Close()
		c.keyboard.Close()
		c.reading.Wait()
	})
}

// program is how the program is started.
func program(t *testing.T) string {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return self
}

func (c *console) eventually(holds func() bool, what string) {
	c.t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			c.t.Fatalf("it never comes that %s:\n%s", what, c.screen.String())
		}
	}
}

// shows waits until the screen contains all of some texts.
func (c *console) shows(texts ...string) {
	c.t.Helper()
	for _, text := range texts {
		c.eventually(func() bool { return strings.Contains(c.screen.String(), text) }, "the screen shows "+text)
	}
}

// says waits until texts have been on the screen since the last keys, also if they are not any more: what is told in passing
// stays for a few seconds only.
func (c *console) says(texts ...string) {
	c.t.Helper()
	for _, text := range texts {
		c.eventually(func() bool { return strings.Contains(c.shown.String()[c.typed:], text) }, "the screen says "+text)
	}
}

// prints waits until a text has come since the last keys, also if the edge of the screen breaks it.
func (c *console) prints(text string) {
	c.t.Helper()
	c.eventually(func() bool { return strings.Contains(c.said.String()[c.typedAt:], text) }, text+" is printed")
}

func (c *console) types(keys string) {
	c.t.Helper()
	c.typed, c.typedAt = len(c.shown.String()), len(c.said.String())
	if _, err := c.keyboard.WriteString(keys); err != nil {
		c.t.Fatal(err)
	}
}

// alternate tells whether a screen is drawn, which is not the one of the shell.
func (c *console) alternate() bool {
	c.screen.Lock()
	defer c.screen.Unlock()
	return c.screen.Mode()&vt10x.ModeAltScreen != 0
}

// cursor tells whether there is one.
func (c *console) cursor() bool {
	c.screen.Lock()
	defer c.screen.Unlock()
	return c.screen.CursorVisible()
}

// restored waits until the terminal is as it was before the program.
func (c *console) restored() {
	c.t.Helper()
	c.eventually(func() bool { return !c.alternate() && c.cursor() }, "the screen is left, with a cursor")
	c.eventually(func() bool {
		now, err := term.GetState(c.tty.Fd())
		return err == nil && reflect.DeepEqual(now, c.cooked)
	}, "the terminal is cooked again")
}

// ends waits for the program.
func (c *console) ends(code int) {
	c.t.Helper()
	select {
	case <-c.ended:
	case <-time.After(patience):
		c.t.Fatalf("the program does not end:\n%s", c.screen.String())
	}
	if have := c.cmd.ProcessState.ExitCode(); have != code {
		c.t.Errorf("exit %d, want %d (%v):\n%s", have, code, c.cmd.ProcessState, c.screen.String())
	}
}

// nothingIn checks that a Redis holds no key.
func nothingIn(t *testing.T, admin *redis.Client) {
	t.Helper()
	if left := admin.Keys(t.Context(), "*").Val(); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// racing is what the screen shows while it is whole.
var racing = []string{"›1 race", "clients 6", "VERDICT", "NONE", "SPIN", "inside now", "c6 ", "q quit"}

func TestTheTerminalIsRestored(t *testing.T) {
	server := redistest.Real(t)
	signals := func(all ...syscall.Signal) func(*console) {
		return func(c *console) {
			for _, s := range all {
				if err := c.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
					t.Error(err)
				}
			}
		}
	}
	keys := func(k string) func(*console) { return func(c *console) { c.types(k) } }
	for _, e := range []struct {
		name string
		do   func(*console)
		code int
	}{
		{"after q", keys("q"), exitDone},
		{"after ctrl-c", keys("\x03"), exitDone},
		{"after q in the help", keys("?q"), exitDone},
		{"after q in a frozen view", keys(" q"), exitDone},
		{"after SIGINT", signals(syscall.SIGINT), exitInterrupted},
		{"after SIGTERM", signals(syscall.SIGTERM), exitInterrupted},
		{"after SIGHUP", signals(syscall.SIGHUP), exitInterrupted},
		{"after SIGHUP from the terminal and from the shell", signals(syscall.SIGHUP, syscall.SIGHUP, syscall.SIGHUP), exitInterrupted},
	} {
		t.Run(e.name, func(t *testing.T) {
			// No lease runs out, however long the program is kept from running.
			c := onConsole(t, true, program(t), "--redis", server.URL(), "--lease", "24h")
			c.shows(racing...)
			c.shows("✓ CORRECT")
			e.do(c)
			c.ends(e.code)
			c.restored()
			c.shows("spin: every one of")
			nothingIn(t, server.Client(t))
		})
	}
}

func TestAClosedTerminal(t *testing.T) {
	server := redistest.Real(t)
	run := []string{"--redis", server.URL()}
	ignoring := append([]string{"-c", `trap "" HUP; exec "$@"`, "sh", program(t)}, run...)
	for _, e := range []struct {
		name        string
		controlling bool
		program     string
		args        []string
		keys        string
		code        int
	}{
		{"tells the program by a signal", true, program(t), run, "", exitInterrupted},
		{"also while the view is frozen", true, program(t), run, " ", exitInterrupted},
		{"or by nothing but the end of its keys", false, program(t), run, "", exitFailed},
		{"even where nothing is drawn", false, program(t), run, " ", exitFailed},
		{"or where the signal is to be ignored", true, "/bin/sh", ignoring, "", exitFailed},
	} {
		t.Run(e.name, func(t *testing.T) {
			c := onConsole(t, e.controlling, e.program, e.args...)
			c.shows(racing...)
			if e.keys != "" {
				c.types(e.keys)
				c.shows("view frozen")
			}
			c.keyboard.Close()
			c.ends(e.code)
			nothingIn(t, server.Client(t))
		})
	}
}

// TestSuspending is under a shell, which brings the program back.
func TestSuspending(t *testing.T) {
	for _, e := range []struct {
		name string
		back string // what is typed into the shell
		then func(*console)
		code int
	}{
		{"and coming back", "fg\n", func(c *console) {
			c.shows(racing...)
			c.shows("LIVE")
			c.types("q")
		}, exitDone},
		{"twice", "fg\n", func(c *console) {
			c.shows(racing...)
			c.types("\x1a")
			c.restored()
			c.types("fg\n")
			c.eventually(c.alternate, "the screen is back")
			c.shows(racing...)
			c.types("q")
		}, exitDone},
		{"and being ended meanwhile", "kill -TERM %1; fg\n", func(*console) {}, exitInterrupted},
	} {
		t.Run(e.name, func(t *testing.T) {
			c := onConsole(t, true, "/bin/sh", "-i")
			c.shows("$ ")
			c.types("'" + program(t) + "'\n")
			c.shows(racing...)
			c.types("\x1a")
			c.restored()
			c.types(e.back)
			if e.code == exitDone {
				c.eventually(c.alternate, "the screen is back")
			}
			e.then(c)
			c.shows("spin: ") // in the report
			c.restored()
			c.types("echo it was $?\n")
			c.shows(fmt.Sprintf("it was %d", e.code))
			c.types("exit\n")
			c.ends(exitDone)
		})
	}
}

// TestSuspendingWithoutAShell: nothing could bring the program back, so it stays.
func TestSuspendingWithoutAShell(t *testing.T) {
	c := onConsole(t, true, program(t))
	c.shows(racing...)
	c.types("\x1a")
	c.says("not suspended: no shell to return to", "VERDICT", "LIVE")
	c.types("q")
	c.ends(exitDone)
	c.restored()
}

// TestAnIdleScreenCostsNothing but one look a second: it is below 0.3 %, and the test leaves room for a program that is
// instrumented.
func TestAnIdleScreenCostsNothing(t *testing.T) {
	spent := func(pid int) time.Duration {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			redistest.Missing(t, fmt.Sprint("no account of processor time: ", err))
		}
		_, rest, _ := strings.Cut(string(text), ") ")
		fields := strings.Fields(rest)
		user, err1 := strconv.Atoi(fields[11])
		system, err2 := strconv.Atoi(fields[12])
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		return time.Duration(user+system) * (time.Second / 100)
	}
	for _, e := range []struct {
		name  string
		args  []string
		keys  string
		shows string
	}{
		{"paused", nil, " ", "PAUSED"},
		{"over", []string{"--alerts", "2", "--speed", "max"}, "", "DONE"},
	} {
		t.Run(e.name, func(t *testing.T) {
			c := onConsole(t, true, program(t), e.args...)
			if e.keys != "" {
				c.shows("inside now", "LIVE")
				c.types(e.keys)
			}
			c.shows(e.shows)
			var shares []float64
			for began := time.Now(); time.Since(began) < patience; { // another program can add to it, but not take away
				before, started := spent(c.cmd.Process.Pid), time.Now()
				time.Sleep(2 * time.Second)
				share := float64(spent(c.cmd.Process.Pid)-before) / float64(time.Since(started))
				if share <= 0.02 {
					return
				}
				shares = append(shares, share)
			}
			t.Errorf("it used these shares of a core: %.3f", shares)
		})
	}
}

// questions are what a terminal answers: what it is and what it can do, where its cursor is, its colours and its modes. Nothing
// else could be waited for.
var questions = regexp.MustCompile(`\x1b\[[>=?]?[0-9;]*[cn]|\x1b\[>[0-9]*q|\x1b\[\?u|\x1b\[[?]?[0-9;]*\$p|\x1b\[1[1-9]t|\x1b\[2[01]t|\x1b\][0-9;]*;\?|\x1bP[+$]q`)

// TestATerminalThatDoesNotAnswer is not waited for, as it is not asked, neither for its background nor for its cursor.
func TestATerminalThatDoesNotAnswer(t *testing.T) {
	for _, e := range []struct {
		name string
		args []string
		env  []string
		last string // what is waited for
	}{
		{"with the theme by default", nil, nil, "inside now"},
		{"with a light theme", []string{"--theme", "light"}, nil, "inside now"},
		{"in ASCII", []string{"--ascii"}, nil, "inside now"},
		{"without colours", nil, []string{"NO_COLOR=1"}, "inside now"},
		{"a dumb one", nil, []string{"TERM=dumb"}, "embedded"},
		{"without a screen", []string{"--headless"}, nil, "embedded"},
		{"for help", []string{"--help"}, nil, "take settings from this FILE"},
	} {
		t.Run(e.name, func(t *testing.T) {
			c := newConsole(t)
			c.env = e.env
			c.start(true, program(t), e.args...)
			c.shows(e.last)
			if question := questions.FindString(c.said.String()); question != "" {
				t.Errorf("it asks %q", question)
			}
		})
	}
}

// TestAReplayOnTheScreen quits it in several ways; the terminal is restored, and the
// report is that of all that can be read.
func TestAReplayOnTheScreen(t *testing.T) {
	path, _ := recorded(t)
	whole := contents(t, path)
	cut := filepath.Join(t.TempDir(), "cut.jsonl")
	write(t, cut, whole[:len(whole)/2])
	for _, e := range []struct {
		name  string
		args  []string
		shows string
		do    func(*console)
		code  int
	}{
		{"to its end", []string{path, "--speed", "64"}, "■ REPLAY", func(c *console) { c.types("q") }, exitDone},
		{"damaged", []string{cut}, "DAMAGED line ", func(c *console) { c.types("q") }, exitDamaged},
		{"ended by a signal", []string{path}, "run.jsonl (embedded)", func(c *console) { c.cmd.Process.Signal(syscall.SIGTERM) }, exitInterrupted},
	} {
		t.Run(e.name, func(t *testing.T) {
			c := onConsole(t, true, program(t), append([]string{"replay"}, e.args...)...)
			c.shows("REPLAY", e.shows)
			e.do(c)
			c.ends(e.code)
			c.restored()
			c.shows("none: lost ")
		})
	}
}

// TestAReplayFromAPipe has its keys from the terminal all the same.
func TestAReplayFromAPipe(t *testing.T) {
	path, _ := recorded(t)
	c := onConsole(t, true, "/bin/sh", "-c", `cat "$1" | "$0" replay -`, program(t), path)
	c.shows("■ REPLAY", "standard input (embedded)")
	c.types("q")
	c.ends(exitDone)
	c.restored()
	c.shows("none: lost ")
}

// TestAnUpdateIsLostByHand on a terminal: both clients read, and both write.
func TestAnUpdateIsLostByHand(t *testing.T) {
	c := onConsole(t, true, program(t), "step")
	c.shows("can you lose an update?", "4 of the 6 orders lose an update")
	c.types(".")
	c.shows("MOVE 1")
	c.types("2") // a digit steps its client
	c.shows("MOVE 2", "SET average 48.9:1", "SET average 37.2:1")
	c.types(".")
	c.shows("✗ stale")
	c.types("1")
	c.shows("YOU LOST ONE", "c1 wrote what it had computed from n=0, and erased c2's sample", "4 of the 6 orders lose an update")
	c.types("q")
	c.ends(exitDone)
	c.restored()
	c.shows("locktop replay --schedule 'none@2: 1 2 2 1'")

	c = onConsole(t, true, program(t), "step") // and then with a lock, whose lease can be ended
	c.shows("can you lose an update?")
	c.types("s")
	c.shows("SPIN", "schedule spin:lease=100ms@2:")
	c.types(".e")
	c.shows("MOVE 2", "the lease ends")
	c.types("q")
	c.ends(exitDone)
	c.restored()
	c.shows("locktop replay --schedule 'spin:lease=100ms@2: 1 e'")
}

// TestTheGridOnATerminal opens one of its orders, and a schedule is stepped through.
func TestTheGridOnATerminal(t *testing.T) {
	c := onConsole(t, true, program(t), "explore", "--strategy", "none", "--clients", "3", "--grid", "--ascii")
	c.shows("X 84 of 90 orders lose an update", "+ keep all 6", "schedule none@3: 1 1 2 2 3 3")
	c.types("n\r")
	c.shows("MOVE 0 OF 6", "schedule none@3: | 1 1 2 3 2 3")
	c.types("......")
	c.shows("YOU LOST ONE", "84 of the 90 orders lose an update")
	c.cmd.Process.Signal(syscall.SIGTERM)
	c.ends(exitInterrupted)
	c.restored()

	c = onConsole(t, true, program(t), "replay", "--schedule", "spin@2: 1 1 e 2 2 2 1 1 2")
	c.shows("MOVE 0 OF 9", "schedule spin:lease=100ms@2: │ 1 1 e 2 2 2 1 1 2")
	c.types("...")
	c.shows("the lease ends", "✗ lock is gone")
	c.types("\x1b[C\x1b[C\x1b[C\x1b[C\x1b[C\x1b[C")
	c.shows("YOU LOST ONE", "108 of the 302 orders lose an update, if the lease may end once")
	c.types("q")
	c.ends(exitDone)
	c.restored()
}
