package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A LogLine is one line of a client's log, as the clients of the story print it. Failed
// tries in a row are one line with their count.
type LogLine struct {
	// Client is whose line it is; 0 is the lane itself, of what is done to Redis or to
	// the settings.
	Client int
	// At is when it was printed: for tries in a row, when they had come to an end.
	At time.Duration
	// Kind is that of the event.
	Kind Kind
	// Tries is how many tries failed in a row, and Since when the first of them did.
	// Open says that there may be more of them.
	Tries int64
	Since time.Duration
	Open  bool
	// Latency is the sample of an update and Value what it wrote, on Acked and Computed.
	Latency time.Duration
	Value   Average
	// Text is that of the event, or why a lock was lost.
	Text string
}

// What the clients of the story print. The rest is what they would have to say if they
// could.
const (
	gotTheLock       = "Got the lock."
	someoneElseHasIt = "Someone else has the lock."
)

// String is the line without its time.
func (l LogLine) String() string {
	switch l.Kind {
	case Granted:
		return gotTheLock
	case Failed:
		said := someoneElseHasIt
		if l.Text != "" {
			said = l.Text
		}
		switch took := inMillis(l.At - l.Since); {
		case l.Tries == 1:
			return said
		case l.Open:
			return fmt.Sprintf("%s (%d tries in %s ms so far)", said, l.Tries, took)
		default:
			return fmt.Sprintf("%s (%d tries in %s ms)", said, l.Tries, took)
		}
	case Acked, Computed:
		return fmt.Sprintf("user_id = %d, recv_time = %s, recv_time_sum = %s, count_clients = %d", l.Client, inMillis(l.Latency), inMillis(l.Value.Sum), l.Value.Count)
	case Waited:
		return "waits for the lock to be released"
	case Unknown:
		return "SET: no reply came"
	case Refused:
		return "SET was refused"
	case Expired:
		return "NotAcquired: " + l.Text
	case Finished:
		return "has handled its last alert"
	case Crashed:
		if l.Text != "" {
			return "crashed, with the lock"
		}
		return "crashed"
	case Resumed:
		return "goes on"
	case Faulted:
		if l.IsReset() {
			return l.Text
		}
		return "fault: " + l.Text
	case Rewound:
		return l.Text
	case Changed:
		if l.Client == 0 {
			return "change: " + l.Text
		}
		return l.Text
	case Joined:
		return "joined"
	case Left:
		return "left"
	}
	return l.Kind.String() + ": " + l.Text
}

func inMillis(d time.Duration) string {
	return fmt.Sprintf("%.1f", float64(d)/float64(time.Millisecond))
}

// IsReset says that the line is of a reset of all locks, which it tells in words; the
// text of other faults is as [ParseFault] reads it.
func (l LogLine) IsReset() bool { return l.Kind == Faulted && strings.HasPrefix(l.Text, resetAll) }

// resetAll is what applications call it.
const resetAll = "reset_all: "

const (
	// mostLogged bounds the lines of all clients of a lane together, longestLog those of
	// one. With more than MostLogs clients there are none.
	mostLogged = 1 << 14
	longestLog = 256
	MostLogs   = 4096
)

// logLimit is how many lines at least each client's log has.
func logLimit(clients int) int {
	if clients > MostLogs {
		return 0
	}
	return min(mostLogged/max(clients, 1), longestLog)
}

// clientLog is the log of one client, as far as it is remembered.
type clientLog struct {
	lines   []LogLine
	count   int64
	tries   LogLine // that have failed in a row; none if Tries is 0
	latency time.Duration
	wrote   string
}

// log takes an event into the log of its client.
func (b *Board) log(e *Event, c *clientState) {
	if b.logLimit == 0 {
		return
	}
	l := &c.log
	line := LogLine{Client: e.Client, At: e.At, Kind: e.Kind, Text: e.Text}
	switch e.Kind {
	case Received:
		l.latency = e.Latency
		return
	case Written:
		l.wrote = e.Value
		return
	case Failed:
		if l.tries.Tries == 0 {
			l.tries = line
			l.tries.Since = e.At
			if !c.locks {
				l.tries.Text = "Someone else has written meanwhile."
			}
		}
		l.tries.Tries++
		l.tries.At = e.At
		return
	case Acked:
		line.Latency, line.Value = l.latency, averageOf(l.wrote)
	case Computed:
		line.Latency, line.Value = l.latency, averageOf(e.Value)
	case Expired:
		line.Text = string(c.refusal(e))
	case Changed:
		if e.Client != 0 {
			line.Text = "works by " + StrategyOf(e.Value) + " from here on"
		}
	case Faulted:
		if line.Text = b.faultLine(e); line.Text == "" {
			return
		}
	case Crashed:
		if c.locks && c.inside {
			line.Text = "with the lock"
		}
	case Stopped:
		for i := range b.clients {
			b.clients[i].log.endTries(e.At, b.logLimit)
		}
		return
	case Rewound:
		line.Text = "Redis came back"
		if b.ledger.goesBack(e.Value) {
			line.Text = "Redis went back to an earlier state"
		}
	case Granted, Waited, Unknown, Refused, Finished, Resumed, Joined, Left, Broke:
	default:
		return
	}
	l.endTries(e.At, b.logLimit)
	l.add(line, b.logLimit)
}

// faultLine is what the log says of a fault; nothing of a crash, which is an event of its
// own.
func (b *Board) faultLine(e *Event) string {
	f, err := ParseFault(e.Text)
	switch holder := clientField(b.holder); {
	case err != nil || f.Kind == Crash:
		return ""
	case f.Kind != Reset:
		return f.String()
	case e.Lease == 0:
		return resetAll + "the lock was free"
	case b.holder == 0:
		return resetAll + "the lock is free now"
	case b.clients[b.holder].phase == Dead:
		return resetAll + "the lock is free now; " + holder + ", which had it, has crashed"
	default:
		return resetAll + "the lock is free now; " + holder + ", which had it, is alive and does not know"
	}
}

// endTries makes a line of the tries that have failed in a row.
func (l *clientLog) endTries(at time.Duration, limit int) {
	if l.tries.Tries > 0 {
		l.tries.At = at
		l.add(l.tries, limit)
		l.tries = LogLine{}
	}
}

// add appends a line. Up to twice as many as the limit are kept, so that the oldest are
// seldom moved out.
func (l *clientLog) add(line LogLine, limit int) {
	if len(l.lines) >= 2*limit {
		l.lines = append(l.lines[:0], l.lines[len(l.lines)-limit:]...)
	}
	l.count++
	l.lines = append(l.lines, line)
}

// logOf returns the log of a client, with the tries it is at and what was done to the
// lane, oldest first, and how many lines there were before.
func (b *Board) logOf(client int) (lines []LogLine, before int64) {
	if client < 1 || client >= len(b.clients) {
		return nil, 0
	}
	own, lane := &b.clients[client].log, b.clients[0].log.lines
	before = own.count - int64(len(own.lines)) + b.clients[0].log.count - int64(len(lane))
	lines = make([]LogLine, 0, len(own.lines)+len(lane)+1)
	for _, line := range own.lines {
		for len(lane) > 0 && lane[0].At <= line.At {
			lines, lane = append(lines, lane[0]), lane[1:]
		}
		lines = append(lines, line)
	}
	lines = append(lines, lane...)
	if own.tries.Tries > 0 {
		open := own.tries
		open.Open = true
		lines = append(lines, open)
	}
	return lines, before
}

// A Logger tells every line of the clients' logs as soon as it is complete: those of a
// lane in the order of their times. Tell is for one goroutine at a time for each lane.
type Logger struct {
	boards []*Board
	told   [][]int64 // of each lane and client, how many lines
	tell   func(lane LaneInfo, line LogLine)
}

// NewLogger returns a logger of lanes before their first event.
func NewLogger(lanes []LaneInfo, tell func(lane LaneInfo, line LogLine)) *Logger {
	l := &Logger{told: make([][]int64, len(lanes)), tell: tell}
	for _, lane := range lanes {
		b := NewBoard(lane)
		b.logLimit = max(b.logLimit, 1)
		l.boards = append(l.boards, b)
	}
	return l
}

// Event takes in an event of a lane, by index.
func (l *Logger) Event(lane int, e Event) {
	b := l.boards[lane]
	b.Apply(e)
	first, last := e.Client, e.Client
	if e.Kind == Stopped { // which ends whatever they were at
		first, last = 0, len(b.clients)-1
	}
	for client := first; client <= last; client++ {
		for len(l.told[lane]) <= client {
			l.told[lane] = append(l.told[lane], 0)
		}
		log, told := &b.clients[client].log, &l.told[lane][client]
		for _, line := range log.lines[max(len(log.lines)-int(log.count-*told), 0):] {
			l.tell(b.lane, line)
		}
		*told = log.count
	}
}

// clone returns a copy that further events change independently.
func (l clientLog) clone() clientLog {
	l.lines = slices.Clone(l.lines)
	return l
}
