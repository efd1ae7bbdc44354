//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package rescue

import (
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A watcher stands by for the program.
type watcher struct {
	terminal *os.File
	order

	unread bool // a write to the terminal was given up: nobody reads it

	mu   sync.Mutex
	on   bool   // the program has the terminal
	held []byte // what was written to standard error since
}

// mostHeld bounds what is kept of standard error, in bytes: the newest is.
const mostHeld = 1 << 16

// watch waits for the end of the program and restores the terminal, if the program has it then; it answers what it is told. The runtime has the same
// last words for both files, but the first of some come through standard error alone.
func (w *watcher) watch(program io.ReadWriter, stderr io.Reader) {
	signal.Ignore(syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM) // that are meant for the program
	var reading sync.WaitGroup
	reading.Go(func() { io.Copy(w, stderr) })
	buf := make([]byte, 1<<12)
	for {
		n, err := program.Read(buf)
		for _, b := range buf[:n] {
			switch b {
			case screenOn:
				w.take()
				program.Write([]byte{b})
			case screenOff:
				w.leave(nil)
				program.Write([]byte{b})
			default:
				w.leave(w.restore) // before the program is let to go on
				if !w.Errors {
					w.write([]byte{b})
				}
			}
		}
		if err != nil {
			w.leave(w.restore)
			reading.Wait()
			return
		}
	}
}

// take notes that the program has the terminal.
func (w *watcher) take() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.on = true
}

// leave notes that it has it no more, or sees to that.
func (w *watcher) leave(restore func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.on && restore != nil {
		restore()
	}
	w.on = false
	w.write(w.held)
	w.held = nil
}

// Write takes what is written to standard error.
func (w *watcher) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.on {
		w.write(b)
		return len(b), nil
	}
	w.held = append(w.held, b...)
	w.held = w.held[max(0, len(w.held)-mostHeld):]
	return len(b), nil
}

// restore leaves the screen. The settings are those of somebody else already if they are not raw: a shell may restore them
// itself when a program was killed, and change them for its prompt.
func (w *watcher) restore() {
	fd := int(w.terminal.Fd())
	now, err := unix.IoctlGetTermios(fd, getSettings)
	if err == nil && now.Lflag&(unix.ICANON|unix.ISIG) == 0 && now.Oflag&unix.OPOST == 0 {
		unix.IoctlSetTermios(fd, setSettings, &w.Settings)
	}
	w.write([]byte(Leave))
}

// readWait is how long the terminal may take to read what is written to it.
const readWait = time.Second

// write writes to the terminal. Where nobody reads it, what is unread is dropped, so that the process can end.
func (w *watcher) write(b []byte) {
	if len(b) == 0 || w.unread {
		return
	}
	written := make(chan struct{})
	go func() {
		defer close(written)
		w.terminal.Write(b)
	}()
	wait := readWait
	for range 50 {
		select {
		case <-written:
			return
		case <-time.After(wait):
			wait = 10 * time.Millisecond
			Discard(w.terminal)
		}
	}
	w.unread = true
}
