package tui

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/charmbracelet/x/term"
)

// A terminal can go away while the program runs: its window is closed, its connection lost. Mostly there is a signal then,
// but not for a program that another one has put into a session of its own, or that was told to ignore it. Bubble Tea takes
// the end of its input for no more keys, and does not look at what becomes of its output.

// screenError is what ends the program when it can show nothing any more.
type screenError struct{ error }

var errTerminalGone = screenError{errors.New("the terminal is gone")}

// terminalFile is what Bubble Tea and the reader of its keys want of a terminal.
type terminalFile interface {
	io.ReadWriteCloser
	Fd() uintptr
	Name() string
}

// openInput returns where keys come from: standard input or, where that is something else, the terminal itself.
func openInput() (input *os.File, done func(), err error) {
	if term.IsTerminal(os.Stdin.Fd()) {
		return os.Stdin, func() {}, nil
	}
	tty, err := os.Open("/dev/tty")
	if err != nil {
		return nil, nil, fmt.Errorf("no terminal to read keys from (--headless needs none): %w", err)
	}
	return tty, func() { tty.Close() }, nil
}
