//go:build unix

package tui

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/creack/pty"
	"github.com/hinshun/vt10x"
	"github.com/muesli/termenv"

	"locktop/lock/redistest"
	"locktop/sim"
	"locktop/sim/backend"
	"locktop/tui/emulator"
)

// console is a terminal on which the program runs: a pseudo-terminal with an emulator at its other end.
type console struct {
	t        *testing.T
	keyboard *os.File
	tty      *os.File
	input    *countedInput // the tty, as the program reads it
	typed    int64         // bytes
	screen   vt10x.Terminal
	cooked   *term.State // before the program
	wg       sync.WaitGroup

	mu    sync.Mutex
	drawn strings.Builder // all that was on the screen, whenever something came from the program
	seen  int             // how much of it had come before the last keys

	result sim.Result
	err    error
	done   chan struct{}
}

// countedInput is a terminal that tells how many bytes have been read from it.
type countedInput struct {
	*os.File
	read atomic.Int64
}

func (c *countedInput) Read(b []byte) (int, error) {
	n, err := c.File.Read(b)
	c.read.Add(int64(n))
	return n, err
}

// open runs the program on a new console.
func open(t *testing.T, ctx context.Context, w, h uint16, cfg sim.Config, opts Options) *console {
	t.Helper()
	return openWith(t, ctx, w, h, cfg, opts, Run)
}

// openWith runs something else there.
func openWith(
	t *testing.T, ctx context.Context, w, h uint16, cfg sim.Config, opts Options,
	run func(context.Context, sim.Config, Options) (sim.Result, error),
) *console {
	t.Helper()
	t.Setenv("TERM", "xterm-256color")
	keyboard, tty := emulator.Open(t, int(w), int(h))
	var err error
	c := &console{
		t: t, keyboard: keyboard, tty: tty, input: &countedInput{File: tty}, done: make(chan struct{}),
		screen: emulator.New(vt10x.WithSize(int(w), int(h))),
	}
	if c.cooked, err = term.GetState(tty.Fd()); err != nil {
		t.Fatal(err)
	}
	c.wg.Go(func() {
		buf := make([]byte, 1<<16)
		for {
			n, err := keyboard.Read(buf)
			if n > 0 {
				c.screen.Write(buf[:n])
				c.mu.Lock()
				c.drawn.WriteString(c.screen.String())
				c.mu.Unlock()
			}
			if err != nil {
				return
			}
		}
	})
	opts.Input, opts.Output = c.input, tty
	go func() {
		defer close(c.done)
		c.result, c.err = run(ctx, cfg, opts)
	}()
	return c
}

// shows waits until the screen contains a text.
func (c *console) shows(text string) {
	c.t.Helper()
	c.eventually(func() bool { return strings.Contains(c.screen.String(), text) }, "the screen shows "+text)
}

// says waits until a text has been on the screen since the last keys, also if it is not any more.
func (c *console) says(text string) {
	c.t.Helper()
	c.eventually(func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return strings.Contains(c.drawn.String()[c.seen:], text)
	}, "the screen says "+text)
}

// eventually waits until a condition holds that needs the program.
func (c *console) eventually(holds func() bool, what string) {
	c.t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(10 * time.Millisecond) {
		select {
		case <-c.done:
			if !holds() {
				c.t.Fatalf("the program ended, with error %v, before %s:\n%s", c.err, what, c.screen.String())
			}
			return
		default:
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("it never comes that %s:\n%s", what, c.screen.String())
		}
	}
}

// press types keys and waits until they have been read, so that an escape stays alone.
func (c *console) press(keys string) {
	c.t.Helper()
	c.mu.Lock()
	c.seen = c.drawn.Len()
	c.mu.Unlock()
	n, err := c.keyboard.WriteString(keys)
	if err != nil {
		c.t.Fatal(err)
	}
	c.typed += int64(n)
	c.eventually(func() bool { return c.input.read.Load() == c.typed }, fmt.Sprintf("the program reads %q", keys))
}

// ends waits for the program, and checks that it left the terminal as it was.
func (c *console) ends() {
	c.t.Helper()
	select {
	case <-c.done:
	case <-time.After(patience):
		c.t.Fatalf("the program does not end:\n%s", c.screen.String())
	}
	if after, err := term.GetState(c.tty.Fd()); err != nil || !reflect.DeepEqual(after, c.cooked) {
		c.t.Errorf("the terminal is not restored: %v", err)
	}
	c.tty.Close()
	c.wg.Wait()
	c.keyboard.Close()
	if c.screen.Mode()&vt10x.ModeAltScreen != 0 {
		c.t.Error("the alternate screen is still on")
	}
	if !c.screen.CursorVisible() {
		c.t.Error("the cursor is still hidden")
	}
}

// keystrokes are what terminals send for the keys of the key map.
var keystrokes = map[string]string{
	"left": "\x1b[D", "right": "\x1b[C", "up": "\x1b[A", "down": "\x1b[B", "pgup": "\x1b[5~", "pgdown": "\x1b[6~",
	"home": "\x1b[H", "end": "\x1b[F", "esc": "\x1b", "tab": "\t", "shift+tab": "\x1b[Z",
	"enter": "\r",
}

// exports counts what has been exported.
func exports() int {
	runs, _ := filepath.Glob("locktop-*.json")
	return len(runs)
}

// pressAll presses every key that there is in a view.
func (c *console) pressAll(view View) {
	c.t.Helper()
	number := fmt.Sprint(int(view) + 1)
	for _, k := range keyMap {
		if k.command == cmdQuit || k.command == cmdSuspend || k.over != NoOverlay || k.command == cmdCrash || !k.views.has(view) {
			continue // suspending would suspend the tests as well, and who has crashed decides nothing
		}
		c.press(number)
		for _, key := range k.Keys() {
			before := exports()
			stroke, ok := keystrokes[key]
			if !ok {
				stroke = key
			}
			c.press(stroke)
			switch k.command {
			case cmdHelp:
				c.shows("KEYS")
				c.press("\x1b")
			case cmdInfo:
				c.shows("WHAT THIS IS")
				c.press("i")
			case cmdFaults:
				c.shows("FAULTS")
				c.press("f")
			case cmdPresets:
				c.shows("PRESETS")
				c.press("p")
			case cmdDrive:
				c.shows("BREAK IT YOURSELF")
				c.press("q")
			case cmdView:
				c.shows("›" + key + " " + viewNames[k.view])
			case cmdExport:
				pressed := time.Now()
				c.eventually(func() bool {
					if time.Since(pressed) > time.Second { // a restart may have been under way, when there is nothing to export
						c.press(stroke)
						pressed = time.Now()
					}
					return exports() > before
				}, "the frame is exported")
			}
		}
	}
}

func TestEveryKeyOnATerminal(t *testing.T) {
	for _, size := range [][2]uint16{{120, 40}, {80, 24}} {
		t.Chdir(t.TempDir()) // for what is exported
		cfg := sim.Defaults()
		cfg.Speed = 2
		cfg.Work = time.Second // nothing is decided sooner
		// No stall lets it run out, or looks as if nobody would ever go on.
		cfg.Lease, cfg.Patience = 24*time.Hour, 24*time.Hour
		c := open(t, t.Context(), size[0], size[1], cfg, Options{})
		c.shows("✗ WRONG")
		c.shows("✓ CORRECT")
		for view := range View(viewCount) {
			c.pressAll(view)
		}
		c.press("1")
		c.press("\x1b")
		c.press("-----") // to 1/16: the next run is undecided for 16 s
		c.press("r")
		c.shows("? UNDECIDED")
		c.press("+++++")
		c.shows("✗ WRONG")
		c.shows("LIVE")
		c.press("q")
		c.ends()
		if c.err != nil || len(c.result.Lanes) != 2 || !c.result.Lanes[0].Stopped {
			t.Errorf("%d×%d: error %v, result %+v", size[0], size[1], c.err, c.result)
		}
		for _, l := range c.result.Lanes {
			if len(l.Failed) > 0 {
				t.Errorf("%d×%d: %s: %v", size[0], size[1], l.Lane.Strategy, l.Failed)
			}
		}
	}
}

func TestAFaultFromTheMenuOnATerminal(t *testing.T) {
	cfg := sim.Defaults()
	cfg.Lanes, cfg.Speed, cfg.Patience = []string{"block:lease=0s", "atomic"}, 1, time.Second
	c := open(t, t.Context(), 120, 40, cfg, Options{})
	c.shows("✓ CORRECT")
	c.press("jj")
	c.press("f")
	c.shows("FAULTS")
	c.shows("to c3")
	c.press("c")
	c.shows("block: c3 will crash after its next read")
	c.says("↯") // in the timeline, where it goes by
	c.says("c3 crashed")
	c.shows("✗ HUNG")
	c.shows("c3 crashed with the lock")
	c.press("\t")
	c.press("fr")
	c.shows("atomic: Redis restarts, empty")
	c.shows("No lock helps") // against what Redis forgets, as the explanation says
	c.shows("Redis restarted, empty")
	c.press("q")
	c.ends()
	if c.err != nil || len(c.result.Lanes) != 2 || c.result.Lanes[0].Crashed != 1 || c.result.Lanes[1].Rewound != 1 {
		t.Errorf("error %v, result %+v", c.err, c.result)
	}
}

func TestAPresetOnATerminal(t *testing.T) {
	p, _ := sim.PresetNamed("gc-pause")
	cfg := watched(p, sim.Defaults())
	c := open(t, t.Context(), 80, 24, cfg, Options{Preset: &p})
	c.shows("preset gc-pause")
	c.shows("LOOK AT Two inside")
	c.press("?")
	c.shows("PRESET GC-PAUSE")
	c.press("?")
	c.press("p")
	c.shows("› gc-pause")
	c.press("j")
	c.shows("› dead-holder")
	c.press("\r")
	c.shows("preset dead-holder")
	c.press("+++")
	c.shows("lease=0s ✗ HUNG")
	c.press("q")
	c.ends()
	if c.err != nil || len(c.result.Lanes) != 2 || c.result.Lanes[0].Verdict != sim.Hung {
		t.Errorf("error %v, result %+v", c.err, c.result)
	}
}

func TestWindowsChangeTheirSize(t *testing.T) {
	c := open(t, t.Context(), 120, 40, sim.Defaults(), Options{ASCII: true, Theme: Light})
	c.shows("LIVE")
	c.screen.Resize(30, 8)
	if err := pty.Setsize(c.tty, &pty.Winsize{Cols: 30, Rows: 8}); err != nil {
		t.Fatal(err)
	}
	const notice = "needs 40x12, has 30x8"
	c.eventually(func() bool {
		if err := syscall.Kill(os.Getpid(), syscall.SIGWINCH); err != nil {
			t.Fatal(err)
		}
		return strings.Contains(c.screen.String(), notice)
	}, "the screen shows "+notice)
	c.press("\x03")
	c.ends()
	if c.err != nil {
		t.Error(c.err)
	}
}

func TestTheEndOfTheContextIsACleanEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := open(t, ctx, 60, 16, sim.Defaults(), Options{FPS: 60})
	c.shows("LIVE")
	cancel()
	c.ends()
	if c.err != nil || len(c.result.Lanes) != 2 {
		t.Errorf("error %v, %d lanes", c.err, len(c.result.Lanes))
	}
}

func TestAnErrorLeavesTheTerminalInOrder(t *testing.T) {
	cfg := sim.Defaults()
	source, err := backend.Parse("redis://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Source = source
	c := open(t, t.Context(), 80, 24, cfg, Options{})
	c.ends()
	if c.err == nil || !strings.Contains(c.err.Error(), "127.0.0.1:1") || len(c.result.Lanes) != 0 {
		t.Errorf("error %v, result %+v", c.err, c.result)
	}
}

func TestAConfigurationThatCannotBeUsedIsRefusedAtOnce(t *testing.T) {
	cfg := sim.Defaults()
	cfg.Clients = -1
	if _, err := Run(t.Context(), cfg, Options{}); err == nil || !strings.Contains(err.Error(), "clients") {
		t.Errorf("error %v", err)
	}
}

func TestAPanicLeavesTheTerminalInOrder(t *testing.T) {
	server := redistest.Real(t)
	source, err := backend.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	// spoil runs a model with something in it that makes it panic once it is drawn.
	spoil := func(with func(*model)) func(context.Context, sim.Config, Options) (sim.Result, error) {
		return func(ctx context.Context, cfg sim.Config, opts Options) (sim.Result, error) {
			ctx, cancel := context.WithCancelCause(ctx)
			m := newModel(ctx, cfg, opts, termenv.NewOutput(io.Discard, termenv.WithProfile(termenv.TrueColor)))
			with(m)
			return m.run(opts, cancel, m.stage.close)
		}
	}
	for _, p := range []struct {
		name string
		opts Options
		run  func(context.Context, sim.Config, Options) (sim.Result, error)
		want string
	}{
		{"in what draws", Options{}, spoil(func(m *model) { m.grid, m.stale = nil, true }), "panic: runtime error"},
		{"in what takes a message", Options{}, spoil(func(m *model) { m.grid, m.stale = nil, false }), "panic: runtime error"},
		{"in what starts a run", Options{Opened: func(*sim.Experiment) error { panic("boom") }}, Run, "panic: boom"},
		{"on a goroutine of the run", Options{Opened: func(e *sim.Experiment) error {
			e.OnEvent(func(_ int, event sim.Event) {
				if event.Kind == sim.Written {
					panic("boom")
				}
			})
			return nil
		}}, Run, "panic: boom"},
	} {
		t.Run(p.name, func(t *testing.T) {
			cfg := sim.Defaults()
			cfg.Source = source
			c := openWith(t, t.Context(), 120, 40, cfg, p.opts, p.run)
			c.ends()
			if c.err == nil || !strings.Contains(c.err.Error(), p.want) || !strings.Contains(c.err.Error(), ".go:") {
				t.Errorf("not the error of the panic, with its stack: %v", c.err)
			}
			admin := server.Client(t) // a probe that was broken off leaves a key for a second
			afterwards(t, func() (left string) { return strings.Join(admin.Keys(t.Context(), "*").Val(), " ") })
			afterwards(t, ours)
		})
	}
}

// afterwards waits until nothing is left, when the program has ended.
func afterwards(t *testing.T, what func() (left string)) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		left := what()
		if left == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("it is left: %s", left)
		}
	}
}

// ours is the stack of a goroutine that the program has started, if there is one left.
func ours() string {
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	for _, stack := range strings.Split(string(buf), "\n\n") {
		if strings.Contains(stack, "locktop/") && !strings.Contains(stack, "_test.go") && !strings.Contains(stack, "redistest") {
			return stack
		}
	}
	return ""
}
