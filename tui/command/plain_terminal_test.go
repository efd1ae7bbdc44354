//go:build unix

package command

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"
)

// TestDumbTerminalGetsTheReport: what a screen would need, such a terminal has not.
func TestDumbTerminalGetsTheReport(t *testing.T) {
	c := newConsole(t)
	c.env = []string{"TERM=dumb"}
	c.start(true, program(t), "--deterministic", "--alerts", "2")
	c.shows("clients of 3 servers")
	c.ends(exitDone)
	if c.alternate() {
		t.Error("there is a screen")
	}
	c = newConsole(t)
	c.env = []string{"TERM=dumb"}
	c.start(true, program(t), "step")
	c.shows("step: TERM is dumb")
	c.ends(exitUsage)
}

// TestTourWithoutAPlaceForProgress runs, and says at the end that it will not be remembered.
func TestTourWithoutAPlaceForProgress(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, nil)
	for name, env := range map[string][]string{
		"a place that cannot be written": {"XDG_STATE_HOME=" + file},
		"no home":                        {"XDG_STATE_HOME=", "HOME="},
	} {
		t.Run(name, func(t *testing.T) {
			c := newConsole(t)
			c.env = append(env, "LC_ALL=C.UTF-8")
			c.start(true, program(t), "tour")
			c.shows("Predict", "a number, then enter")
			c.types("q")
			c.says("the steps you have taken are not remembered: ")
			c.ends(exitDone)
			c.restored()
		})
	}
}

// TestScreenWithoutProc: nobody stands by then, and all else is as ever.
func TestScreenWithoutProc(t *testing.T) {
	const hidden = `mount -t tmpfs none /proc && exec "$@"`
	if out, err := exec.CommandContext(t.Context(), "unshare", "-m", "sh", "-c", hidden, "sh", "true").CombinedOutput(); err != nil {
		t.Skipf("no /proc can be hidden here: %v: %s", err, out)
	}
	c := newConsole(t)
	c.start(true, "unshare", "-m", "sh", "-c", hidden, "sh", program(t))
	c.shows("q quit")
	c.types("q")
	c.ends(exitDone)
	c.restored()
}

// TestScreenOfATerminalWithoutASize is that of 80×24.
func TestScreenOfATerminalWithoutASize(t *testing.T) {
	c := newConsole(t)
	if err := pty.Setsize(c.tty, &pty.Winsize{}); err != nil {
		t.Fatal(err)
	}
	c.start(true, program(t))
	c.shows("q quit")
	if first, _, _ := strings.Cut(c.screen.String(), "\n"); !strings.Contains(first, "locktop") {
		t.Errorf("the first line is %q", first)
	}
	c.types("q")
	c.ends(exitDone)
	c.restored()
}
