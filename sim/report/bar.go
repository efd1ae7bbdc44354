package report

import (
	"fmt"
	"io"
	"strings"

	"locktop/sim"
)

// Bar tells how far a comparison is: in place on a terminal, which is live, else with
// a line when a strategy is done.
type Bar struct {
	Out        io.Writer
	Live       bool
	Strategies []string
	Updates    int // of each strategy
}

// Show tells how the strategy with an index stands.
func (b Bar) Show(index int, s *sim.Snapshot) {
	const width = 24
	line := fmt.Sprintf("%2d/%d %-12s %6d of %d updates", index+1, len(b.Strategies), b.Strategies[index], s.Acked, b.Updates)
	if b.Live {
		done := min((index*b.Updates+int(s.Acked))*width/(len(b.Strategies)*b.Updates), width)
		fmt.Fprintf(b.Out, "\r[%s%s] %s", strings.Repeat("#", done), strings.Repeat(".", width-done), line)
	} else if s.Stopped {
		fmt.Fprintln(b.Out, line)
	}
}

// End clears the bar off a terminal.
func (b Bar) End() {
	if b.Live {
		fmt.Fprint(b.Out, "\r\x1b[K")
	}
}
