package report

import (
	"fmt"
	"io"
	"sync"

	"locktop/sim"
)

// A Log writes what the clients of all lanes print, as it happens: each line begins with
// its lane, the client and the time, so that they can be told apart and put in order.
type Log struct {
	mu     sync.Mutex // the lanes of a race come on goroutines of their own
	w      io.Writer
	logger *sim.Logger
	err    error // of writing; after it, nothing is written
}

// NewLog returns the log of some lanes before their first event.
func NewLog(w io.Writer, lanes []sim.LaneInfo) *Log {
	l := &Log{w: w}
	l.logger = sim.NewLogger(lanes, l.print)
	return l
}

// Event takes in an event of a lane, by index. Those of a lane come in their order.
func (l *Log) Event(lane int, e sim.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.logger.Event(lane, e)
}

func (l *Log) print(lane sim.LaneInfo, line sim.LogLine) {
	if l.err != nil {
		return
	}
	who := "all"
	if line.Client > 0 {
		who = fmt.Sprintf("c%d", line.Client)
	}
	ms := line.At.Milliseconds()
	_, l.err = fmt.Fprintf(l.w, "%d %s %s  %02d:%02d.%03d  %s\n", lane.Index+1, oneLine(lane.Name()), who, ms/60_000, ms/1000%60, ms%1000, oneLine(line.String()))
}

// End parts the log from the report, and returns the first error of writing it.
func (l *Log) End() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		_, l.err = fmt.Fprintln(l.w)
	}
	return l.err
}
