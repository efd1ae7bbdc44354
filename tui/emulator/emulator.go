// Package emulator is the terminal that tests have a screen drawn on: vt10x, which by itself
// loses a character whose bytes come in two reads.
package emulator

import (
	"slices"
	"unicode/utf8"

	"github.com/hinshun/vt10x"
)

// New returns a terminal with the options of [vt10x.New].
func New(options ...vt10x.TerminalOption) vt10x.Terminal {
	return &terminal{Terminal: vt10x.New(options...)}
}

// terminal puts together what comes in pieces. Its Write is for one goroutine at a time.
type terminal struct {
	vt10x.Terminal
	begun []byte // of a character that is still to be completed
}

// Write draws all characters that are complete by now.
func (t *terminal) Write(b []byte) (int, error) {
	text := slices.Concat(t.begun, b)
	whole := complete(text)
	t.begun = text[whole:]
	if _, err := t.Terminal.Write(text[:whole]); err != nil {
		return 0, err
	}
	return len(b), nil
}

// complete is how many bytes there are before a character that is cut off at the end.
func complete(text []byte) int {
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
