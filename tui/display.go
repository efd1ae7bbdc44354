package tui

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"

	"locktop/tui/rescue"
)

// display draws the frames, each as soon as there is one. Bubble Tea's own renderer looks for a new one at every beat of a
// ticker instead, which costs a core 1.5 % at 60 beats a second where nothing ever changes. So it is left with taking and
// returning the terminal, which it does through here, and has nothing to draw.
//
// One goroutine does all writing. It waits as long as nobody reads the terminal; nobody else waits for it but [display.flush],
// which has a limit, so that keys and signals take effect all the same.
type display struct {
	out    io.Writer
	failed func(error) // called with a [screenError]
	taken  func(bool)  // called when the terminal is about to be taken, and when it has been given back

	due   chan struct{} // there is something to write
	queue struct {
		sync.Mutex
		frame    string
		controls [][]byte        // of Bubble Tea, oldest first
		redraw   bool            // the terminal may have lost what is on it
		flushes  []chan struct{} // closed when all before is written
	}

	// For the goroutine only.
	on    bool     // the alternate screen is
	lines []string // on it; nil is unknown
}

func newDisplay(out io.Writer, failed func(error), taken func(bool)) *display {
	return &display{out: out, failed: failed, taken: taken, due: make(chan struct{}, 1)}
}

// show has a frame drawn, unless a newer one comes first. It does not block.
func (d *display) show(frame string) {
	d.queue.Lock()
	changed := d.queue.frame != frame
	d.queue.frame = frame
	d.queue.Unlock()
	if changed {
		d.wake()
	}
}

func (d *display) wake() {
	select {
	case d.due <- struct{}{}:
	default:
	}
}

// start writes until stop is called. What is written at that moment, the goroutine ends with.
func (d *display) start() (stop func()) {
	ending := make(chan struct{})
	go func() {
		for {
			select {
			case <-ending:
				return
			case <-d.due:
			}
			if err := guard(func() error { d.write(); return nil }); err != nil {
				d.on = false // no more frames, but the terminal is still to be given back
				d.failed(screenError{err})
			}
		}
	}()
	return func() { close(ending) }
}

// write writes what is in the queue: controls, and then the lines of the frame that have changed.
func (d *display) write() {
	d.queue.Lock()
	frame, controls, redraw, flushes := d.queue.frame, d.queue.controls, d.queue.redraw, d.queue.flushes
	d.queue.controls, d.queue.redraw, d.queue.flushes = nil, false, nil
	d.queue.Unlock()
	if redraw || len(controls) > 0 {
		d.lines = nil
	}
	var b bytes.Buffer
	for _, control := range controls {
		switch string(control) {
		case ansi.SetModeAltScreenSaveCursor:
			d.on = true
		case ansi.ResetModeAltScreenSaveCursor:
			d.on = false
			b.WriteString(ansi.SetModeAutoWrap)
		}
		b.Write(control)
	}
	if d.on && frame != "" && len(flushes) == 0 {
		d.draw(&b, frame)
	}
	if b.Len() > 0 {
		if _, err := d.out.Write(b.Bytes()); err != nil {
			d.failed(errTerminalGone)
		}
	}
	for _, written := range flushes {
		close(written)
	}
}

// draw draws the cells of a frame that have changed.
func (d *display) draw(b *bytes.Buffer, frame string) {
	lines := strings.Split(frame, "\n")
	fresh := false
	if len(d.lines) != len(lines) {
		fresh = true
		b.WriteString(ansi.ResetModeAutoWrap + ansi.EraseEntireScreen) // a window may have become narrower than the frame
	}
	for i, line := range lines {
		switch {
		case fresh:
			fmt.Fprintf(b, "\x1b[%dH%s", i+1, line)
		case line != d.lines[i]:
			rewrite(b, i+1, d.lines[i], line)
		}
	}
	d.lines = lines
}

// forget has everything drawn again, as the terminal may have lost it.
func (d *display) forget() {
	d.queue.Lock()
	d.queue.redraw = true
	d.queue.Unlock()
	d.wake()
}

// Write takes what Bubble Tea writes, without waiting for the terminal. Its frames, which begin at the top and are empty, are
// left out.
func (d *display) Write(b []byte) (int, error) {
	if bytes.HasPrefix(b, []byte(ansi.CursorHomePosition)) {
		return len(b), nil
	}
	d.queue.Lock()
	d.queue.controls = append(d.queue.controls, bytes.Clone(b))
	d.queue.Unlock()
	d.wake()
	return len(b), nil
}

// How long a terminal may take to read what is written before it is given back.
const (
	readWait    = 1500 * time.Millisecond // then it is given up
	discardWait = 500 * time.Millisecond  // for the system to forget what is unread
)

// flush waits until Bubble Tea's controls are written. Where nobody reads the terminal, it drops what is unread and then
// leaves the alternate screen: whoever reads it later finds it in order.
func (d *display) flush() {
	written := make(chan struct{})
	d.queue.Lock()
	d.queue.flushes = append(d.queue.flushes, written)
	d.queue.Unlock()
	d.wake()
	if reads(written, readWait) {
		return
	}
	for range discardWait / (10 * time.Millisecond) {
		rescue.Discard(d.out)
		if reads(written, 10*time.Millisecond) {
			io.WriteString(d.out, rescue.Leave)
			return
		}
	}
}

func reads(written <-chan struct{}, within time.Duration) bool {
	select {
	case <-written:
		return true
	case <-time.After(within):
		return false
	}
}

// take says that Bubble Tea is about to take the terminal, or has given it back. It changes the settings first, and long
// before the alternate screen is on, and puts them right last.
func (d *display) take(on bool) {
	if !on {
		d.flush()
	}
	d.taken(on)
}

// output is the display for Bubble Tea, which wants the size and the settings of a terminal as well.
func (d *display) output() io.Writer {
	if f, ok := d.out.(terminalFile); ok {
		return terminalDisplay{f, d, f.Fd()}
	}
	return d
}

type terminalDisplay struct {
	terminalFile
	display *display
	fd      uintptr
}

func (d terminalDisplay) Write(b []byte) (int, error) { return d.display.Write(b) }

func (d terminalDisplay) take(on bool) { d.display.take(on) }

// Fd is the descriptor that the terminal had at the beginning: Bubble Tea asks for the size in a goroutine that it does not
// wait for, which can come when the program has ended and the terminal is being closed.
func (d terminalDisplay) Fd() uintptr { return d.fd }
