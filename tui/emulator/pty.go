//go:build unix

package emulator

import (
	"fmt"
	"os"
	"syscall"
	"testing"

	"github.com/creack/pty"

	"locktop/lock/redistest"
)

// Open opens a pseudo-terminal of a size, and returns its two ends, which the caller closes. Where there is none the test is
// skipped, or fails if LOCKTOP_TEST_REDIS=require is set, for then all tests are to run.
func Open(t testing.TB, columns, lines int) (keyboard, tty *os.File) {
	t.Helper()
	keyboard, tty, err := pty.Open()
	if err != nil {
		redistest.Missing(t, fmt.Sprint("no pseudo-terminal: ", err))
	}
	if err := pty.Setsize(tty, &pty.Winsize{Cols: uint16(columns), Rows: uint16(lines)}); err != nil {
		t.Fatal(err)
	}
	return keyboard, tty
}

// Pollable returns a file in place of another that can be closed while it is being read.
func Pollable(t testing.TB, f *os.File) *os.File {
	t.Helper()
	syscall.ForkLock.RLock()
	fd, err := syscall.Dup(int(f.Fd()))
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err == nil {
		err = syscall.SetNonblock(fd, true)
	}
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	return os.NewFile(uintptr(fd), f.Name())
}
