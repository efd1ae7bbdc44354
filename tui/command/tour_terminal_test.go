//go:build unix

package command

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"
	"github.com/hinshun/vt10x"

	"locktop/tui/emulator"
	"locktop/tui/tour"
)

// keysTyped are what a terminal sends for keys that have no character of their own.
var keysTyped = map[string]string{"enter": "\r", "space": " ", "backspace": "\x7f", "up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D"}

// TestTheTourOnATerminal takes all of it, key by key, and goes on where it was left.
func TestTheTourOnATerminal(t *testing.T) {
	lessons, err := tour.Load(tour.Embedded(), tour.English)
	if err != nil {
		t.Fatal(err)
	}
	state := t.TempDir()
	begin := func(args ...string) *console {
		c := newConsole(t)
		c.screen = emulator.New(vt10x.WithSize(columns, lines), vt10x.WithWriter(c.keyboard))
		c.env = []string{"XDG_STATE_HOME=" + state, "LC_ALL=C.UTF-8"}
		c.start(true, program(t), append([]string{"tour"}, args...)...)
		return c
	}
	c := begin()
	for i, l := range lessons {
		c.shows(l.Title)
		for _, act := range l.Acts {
			if act.Answer != "" {
				c.shows("a number, then enter")
			} else if len(act.Keys) > 0 {
				c.shows("○")
			}
			if act.Scene == tour.Race && len(act.Stops) > 1 {
				c.shows("halted: space goes on", "acked")
			}
			for _, key := range act.Keys {
				if typed, special := keysTyped[key]; special {
					key = typed
				}
				c.types(key)
			}
			c.shows("done: enter goes on")
			c.types("\r")
			c.eventually(func() bool { return !strings.Contains(c.screen.String(), "done: enter goes on") }, "the next section comes")
		}
		if i+1 < len(lessons) {
			c.shows("enter for the next step")
			c.types("\r")
		}
	}
	c.shows("That was the tour")
	c.types("q")
	c.ends(exitDone)
	c.restored()
	if p := tour.LoadProgress(filepath.Join(state, "locktop", "tour.json")); len(p.Done) != len(lessons) {
		t.Errorf("the progress is %v", p.Done)
	}

	c = begin("--theme", "light", "--lang", "zh")
	c.shows("8/8 不用锁", "●●●●●●●●")
	if err := pty.Setsize(c.tty, &pty.Winsize{Cols: 80, Rows: 24}); err != nil {
		t.Fatal(err)
	}
	c.types("2")
	c.shows("2/8 亲手弄坏它")
	c.types("q")
	c.ends(exitDone)
	c.restored()
}
