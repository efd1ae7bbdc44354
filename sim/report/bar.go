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
	Rounds     int // of all strategies
	Updates    int // of each strategy, in a round
}

// Show tells how the strategy with an index stands, in a round from 0.
func (b Bar) Show(round, index int, s *sim.Snapshot) {
	const width = 24
	line := fmt.Sprintf("round %d/%d  %2d/%d %-12s %6d of %d updates", round+1, b.Rounds, index+1, len(b.Strategies), b.Strategies[index], s.Acked, b.Updates)
	if b.Live {
		of := b.Rounds * len(b.Strategies) * b.Updates
		done := min(((round*len(b.Strategies)+index)*b.Updates+int(s.Acked))*width/of, width)
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
