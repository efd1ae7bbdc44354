// Package emulator is the terminal that tests have a screen drawn on: vt10x, which by itself
// loses a character whose bytes come in two reads, and goes to the alternate screen when it is
// told to leave it and is not there.
package emulator

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"github.com/hinshun/vt10x"
)

// New returns a terminal with the options of [vt10x.New].
func New(options ...vt10x.TerminalOption) vt10x.Terminal {
	return &terminal{Terminal: vt10x.New(options...)}
}

// terminal puts together what comes in pieces. Its Write is for one goroutine at a time.
type terminal struct {
	vt10x.Terminal
	begun []byte // of a character, or of leave, that is still to be completed
}

// leave has a terminal go back from the alternate screen.
var leave = []byte(ansi.ResetModeAltScreenSaveCursor)

// Write draws all characters that are complete by now.
func (t *terminal) Write(b []byte) (int, error) {
	text := slices.Concat(t.begun, b)
	whole := complete(text)
	t.begun = text[whole:]
	for text = text[:whole]; len(text) > 0; {
		part, rest, leaves := bytes.Cut(text, leave)
		if _, err := t.Terminal.Write(part); err != nil {
			return 0, err
		}
		if leaves && t.alternate() {
			if _, err := t.Terminal.Write(leave); err != nil {
				return 0, err
			}
		}
		text = rest
	}
	return len(b), nil
}

func (t *terminal) alternate() bool {
	t.Lock()
	defer t.Unlock()
	return t.Mode()&vt10x.ModeAltScreen != 0
}

// complete is how many bytes there are before what is cut off at the end.
func complete(text []byte) int {
	for n := min(len(leave)-1, len(text)); n > 0; n-- {
		if bytes.HasSuffix(text, leave[:n]) {
			return len(text) - n
		}
	}
	for start := len(text) - 1; start >= max(len(text)-utf8.UTFMax+1, 0); start-- {
		if utf8.RuneStart(text[start]) {
			if utf8.FullRune(text[start:]) {
				return len(text)
			}
			return start
		}
	}
	return len(text)
}
