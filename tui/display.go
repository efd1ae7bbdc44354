package tui

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/charmbracelet/x/ansi"
)

// display draws the frames, each as soon as there is one. Bubble Tea's own renderer looks for a new one at every beat of a
// ticker instead, which costs a core 1.5 % at 60 beats a second where nothing ever changes. So it is left with taking and
// returning the terminal, which it does through here, and has nothing to draw.
type display struct {
	out    io.Writer
	failed func(error) // told of a [screenError]
	taken  func(bool)  // told when the terminal is about to be taken, and when it has been given back

	due     chan struct{} // there is a frame to draw
	pending struct {
		sync.Mutex
		frame string
	}

	drawing sync.Mutex // held while something is written
	on      bool       // the alternate screen is
	lines   []string   // on it; nil is unknown
}

func newDisplay(out io.Writer, failed func(error), taken func(bool)) *display {
	return &display{out: out, failed: failed, taken: taken, due: make(chan struct{}, 1)}
}

// show has a frame drawn, unless a newer one comes first. It does not block.
func (d *display) show(frame string) {
	d.pending.Lock()
	changed := d.pending.frame != frame
	d.pending.frame = frame
	d.pending.Unlock()
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

// start draws what is to be shown until stop is called, which waits for what is being drawn.
func (d *display) start() (stop func()) {
	ending, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		err := guard(func() error {
			for {
				select {
				case <-ending:
					return nil
				case <-d.due:
					d.draw()
				}
			}
		})
		if err != nil {
			d.failed(screenError{err})
		}
	}()
	return func() {
		close(ending)
		<-ended
	}
}

// draw writes the lines that have changed.
func (d *display) draw() {
	d.drawing.Lock()
	defer d.drawing.Unlock()
	d.pending.Lock()
	frame := d.pending.frame
	d.pending.Unlock()
	if !d.on || frame == "" {
		return
	}
	lines := strings.Split(frame, "\n")
	var b bytes.Buffer
	if len(d.lines) != len(lines) {
		d.lines = nil
		b.WriteString(ansi.ResetModeAutoWrap + ansi.EraseEntireScreen) // a window may have become narrower than the frame
	}
	for i, line := range lines {
		if d.lines == nil || line != d.lines[i] {
			fmt.Fprintf(&b, "\x1b[%dH%s", i+1, line)
		}
	}
	d.lines = lines
	if b.Len() > 0 {
		d.write(b.Bytes())
	}
}

// forget has everything drawn again, as the terminal may have lost it.
func (d *display) forget() {
	d.drawing.Lock()
	d.lines = nil
	d.drawing.Unlock()
	d.wake()
}

// Write takes what Bubble Tea writes: its frames, which begin at the top and are empty, are left out.
func (d *display) Write(b []byte) (int, error) {
	if bytes.HasPrefix(b, []byte(ansi.CursorHomePosition)) {
		return len(b), nil
	}
	d.drawing.Lock()
	defer d.drawing.Unlock()
	d.lines = nil
	defer d.wake()
	switch string(b) {
	case ansi.SetModeAltScreenSaveCursor:
		d.on = true
	case ansi.ResetModeAltScreenSaveCursor:
		d.on = false
		b = append([]byte(ansi.SetModeAutoWrap), b...)
		n, err := d.write(b)
		return max(0, n-len(ansi.SetModeAutoWrap)), err
	}
	return d.write(b)
}

// take tells that Bubble Tea is about to take the terminal, or has given it back. It changes the settings first, and long
// before the alternate screen is on, and puts them right last.
func (d *display) take(on bool) { d.taken(on) }

func (d *display) write(b []byte) (int, error) {
	n, err := d.out.Write(b)
	if err != nil {
		d.failed(errTerminalGone)
	}
	return n, err
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
