package tui

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/muesli/termenv"

	"locktop/sim"
	"locktop/tui/chart"
)

// TestOnlyChangedCellsAreWritten, with what is near enough, and never half of a wide character.
func TestOnlyChangedCellsAreWritten(t *testing.T) {
	red := func(s string) string { return "\x1b[31m" + s + "\x1b[0m" }
	for _, c := range []struct{ why, before, after, want string }{
		{"nothing", "abc", "abc", ""},
		{"one cell", "abcdefgh", "abcXefgh", "\x1b[3;4HX"},
		{"the first", "abc", "Xbc", "\x1b[3HX"},
		{"two that are near", "abcdefgh", "aXcdXfgh", "\x1b[3;2HXcdX"},
		{"two that are far apart", "a..........b", "X..........Y", "\x1b[3HX\x1b[3;12HY"},
		{"a colour", "abc", "a" + red("b") + "c", "\x1b[3;2H\x1b[31mb\x1b[m"},
		{"no colour any more", "a" + red("b") + "c", "abc", "\x1b[3;2Hb"},
		{"a colour behind a blank", "......", ". " + red("x") + "...", "\x1b[3;2H \x1b[31mx\x1b[m"},
		{"a wide character", "a锁b", "a量b", "\x1b[3;2H量"},
		{"two narrow ones for a wide one", "a锁b", "axyb", "\x1b[3;2Hxy"},
		{"another width", "abc", "abcd", "\x1b[3Habcd"},
	} {
		var b strings.Builder
		rewrite(&b, 3, c.before, c.after)
		if b.String() != c.want {
			t.Errorf("%s: %q, want %q", c.why, b.String(), c.want)
		}
	}
}

// TestRewrittenLinesLookAsTheyShould: whatever changes, the cells on the screen are those of the frame.
func TestRewrittenLinesLookAsTheyShould(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	pens := Pens(Dark, termenv.TrueColor)
	g := chart.NewGrid(60, 1)
	line := func() string {
		g.Clear()
		for range 8 {
			g.Area().Text(rng.IntN(60), 0, []string{"R===W", "✗", "锁锁", "  ", "lost 23", "░▴█"}[rng.IntN(6)], chart.Ink(rng.IntN(int(inks))))
		}
		return g.Paint(pens)
	}
	before := line()
	screen := cells(before)
	for i := range 500 {
		after := line()
		var b strings.Builder
		rewrite(&b, 1, before, after)
		apply(t, screen, b.String())
		for x, c := range cells(after) {
			if screen[x].text != c.text || screen[x].style != c.style && c.text != " " {
				t.Fatalf("line %d: cell %d is %q, want %q, after %q", i, x, screen[x], c, b.String())
			}
		}
		before = after
	}
}

// apply does to a line of cells what a terminal does that is written to.
func apply(t *testing.T, screen []cell, text string) {
	t.Helper()
	for text != "" {
		var row, column int
		if n, _ := fmt.Sscanf(text, "\x1b[%d;%dH", &row, &column); n < 2 {
			column = 1
		}
		_, rest, ok := strings.Cut(text, "H")
		if !ok {
			t.Fatalf("no position in %q", text)
		}
		run := rest
		if end := strings.Index(rest, "\x1b[1"); end >= 0 {
			for i := range rest { // the next position; a style ends in m
				if strings.HasPrefix(rest[i:], "\x1b[1") {
					if end := strings.IndexAny(rest[i:], "mH"); rest[i+end] == 'H' {
						run = rest[:i]
						break
					}
				}
			}
		}
		for i, c := range cells(strings.ReplaceAll(run, "\x1b[m", "\x1b[0m")) {
			screen[column-1+i] = c
		}
		text = rest[len(run):]
	}
}

// TestBytesOverASlowLine: at 80×24 the default settings take less than 50 kB a second over SSH. That is counted, not timed:
// on the frames of a fixed log, as many as are drawn in a second at the default speed.
func TestBytesOverASlowLine(t *testing.T) {
	const most = 50_000
	t.Setenv("SSH_CONNECTION", "192.0.2.1 50000 192.0.2.2 22")
	t.Setenv("TERM", "xterm-256color")
	t.Setenv("COLORTERM", "truecolor")
	t.Setenv("NO_COLOR", "")
	fps := Options{}.fps()
	cfg := sim.Defaults()
	none, spin := newLog(0, "none", cfg.Clients, cfg.Lease), newLog(1, "spin", cfg.Clients, cfg.Lease)
	none.race(cfg.Clients, 2*time.Second)
	spin.takeTurns(cfg.Clients, 2*time.Second)
	var tapes []*sim.Tape
	for _, l := range []*laneLog{none, spin} {
		tape := sim.NewTape(l.info, 0)
		tape.Apply(l.sorted()...)
		tapes = append(tapes, tape)
	}
	for theme := range themes {
		pens := Pens(theme, profile(true))
		for view := range View(viewCount) {
			var out bytes.Buffer
			d := newDisplay(&out, func(err error) { t.Error(err) }, nil)
			g := chart.NewGrid(80, 24)
			const seconds = 4
			for i := range seconds * fps {
				if i == fps {
					out.Reset() // the first second draws everything
				}
				f := Frame{Config: cfg, Speed: cfg.Speed, Backend: "embedded", State: Live, Cursor: 1, View: view}
				at := time.Duration(float64(time.Second) * float64(cfg.Speed) * float64(i) / float64(fps))
				for _, tape := range tapes {
					f.Snapshots = append(f.Snapshots, tape.At(at+time.Second/2, everything(&f)))
				}
				g.Clear()
				Draw(g, f)
				d.draw(&out, g.Paint(pens))
			}
			if n := out.Len() / (seconds - 1); n > most {
				t.Errorf("%s, %s: %d bytes a second, want at most %d", viewNames[view], theme, n, most)
			} else {
				t.Logf("%s, %s: %d bytes a second", viewNames[view], theme, n)
			}
		}
	}
}

// TestFramesOverSSH are fewer, unless somebody has said how many.
func TestFramesOverSSH(t *testing.T) {
	t.Setenv("SSH_CONNECTION", "")
	t.Setenv("SSH_TTY", "")
	if n := (Options{}).fps(); n != defaultFPS {
		t.Errorf("%d frames a second, want %d", n, defaultFPS)
	}
	t.Setenv("SSH_TTY", "/dev/pts/3")
	if n := (Options{}).fps(); n != remoteFPS {
		t.Errorf("%d frames a second over SSH, want %d", n, remoteFPS)
	}
	if n := (Options{FPS: 30}).fps(); n != 30 {
		t.Errorf("%d frames a second, want the 30 that were asked for", n)
	}
}

// TestColoursOfATerminal are told by its name; that CI is set takes none away.
func TestColoursOfATerminal(t *testing.T) {
	for _, c := range []struct {
		env  string
		want termenv.Profile
	}{
		{"TERM=xterm-256color", termenv.ANSI256},
		{"TERM=xterm-256color COLORTERM=truecolor", termenv.TrueColor},
		{"TERM=xterm-256color COLORTERM=truecolor SSH_TTY=/dev/pts/1", termenv.ANSI256},
		{"TERM=xterm-256color CI=true", termenv.ANSI256},
		{"TERM=screen", termenv.ANSI},
		{"TERM=screen CI=true", termenv.ANSI},
		{"TERM=tmux", termenv.ANSI},
		{"TERM=rxvt", termenv.ANSI},
		{"TERM=xterm", termenv.ANSI},
		{"TERM=vt100", termenv.Ascii},
		{"TERM=dumb", termenv.Ascii},
		{"TERM=", termenv.Ascii},
		{"TERM=screen NO_COLOR=1", termenv.Ascii},
		{"TERM=xterm-256color NO_COLOR=1", termenv.Ascii},
	} {
		for _, name := range []string{"TERM", "COLORTERM", "CI", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "SSH_TTY", "SSH_CONNECTION", "GOOGLE_CLOUD_SHELL", "TERM_PROGRAM"} {
			t.Setenv(name, "")
		}
		for _, setting := range strings.Fields(c.env) {
			name, value, _ := strings.Cut(setting, "=")
			t.Setenv(name, value)
		}
		if got := profile(true); got != c.want {
			t.Errorf("%s: %d, want %d", c.env, got, c.want)
		}
		if got := profile(false); got != termenv.Ascii {
			t.Errorf("%s, and no terminal: %d", c.env, got)
		}
	}
}

// TestTerminalWithoutASize is taken for one of 80×24.
func TestTerminalWithoutASize(t *testing.T) {
	for have, want := range map[tea.WindowSizeMsg]tea.WindowSizeMsg{
		{}: {Width: 80, Height: 24}, {Width: 132}: {Width: 132, Height: 24}, {Height: 50}: {Width: 80, Height: 50}, {Width: 1, Height: 1}: {Width: 1, Height: 1},
	} {
		c := &sizedContent{}
		guarded{c, newDisplay(io.Discard, nil, nil)}.Update(have)
		if c.size != want {
			t.Errorf("%v is taken for %v, want %v", have, c.size, want)
		}
	}
}

// sizedContent remembers the size that it was told.
type sizedContent struct{ size tea.WindowSizeMsg }

func (c *sizedContent) Init() tea.Cmd { return nil }
func (c *sizedContent) update(msg tea.Msg) tea.Cmd {
	c.size = msg.(tea.WindowSizeMsg)
	return nil
}
func (c *sizedContent) view() string   { return "" }
func (c *sizedContent) fail(error)     {}
func (c *sizedContent) failure() error { return nil }
