package tui

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"locktop/sim"
)

const ms = time.Millisecond

// laneLog is the event log of a lane, written by hand: it plays Redis, so that what clients read and overwrite fits.
type laneLog struct {
	info    sim.LaneInfo
	events  []sim.Event
	lease   time.Duration
	value   string
	base    map[int]string
	latency map[int]time.Duration
	alerts  int
}

func newLog(index int, strategy string, clients int, lease time.Duration) *laneLog {
	s, _ := sim.StrategyNamed(strategy)
	info := sim.LaneInfo{Index: index, Strategy: strategy, Locks: s.Locks, Critical: s.Critical, Clients: clients}
	if s.Locks {
		info.Lease = lease
	}
	return &laneLog{
		info: info, lease: info.Lease,
		base: map[int]string{}, latency: map[int]time.Duration{},
	}
}

// newLaneLog is the log of a lane of a configuration, which may have settings of its own.
func newLaneLog(cfg sim.Config, lane int) *laneLog {
	info := cfg.LaneInfo(lane)
	return &laneLog{
		info: info, lease: info.Lease,
		base: map[int]string{}, latency: map[int]time.Duration{},
	}
}

func (l *laneLog) event(at time.Duration, client int, kind sim.Kind, commands int) {
	l.add(sim.Event{At: at, Client: client, Kind: kind, Commands: commands, Lease: l.leaseOf(kind)})
}

func (l *laneLog) leaseOf(kind sim.Kind) time.Duration {
	if kind == sim.Granted {
		return l.lease
	}
	return 0
}

// receive gives a client an alert with a latency of its own.
func (l *laneLog) receive(at time.Duration, client int) {
	l.alerts++
	latency := 30*ms + time.Duration(l.alerts*l.alerts*7919%40_000)*time.Microsecond
	l.latency[client] = latency
	l.add(sim.Event{At: at, Client: client, Kind: sim.Received, Alert: l.alerts, Latency: latency})
}

func (l *laneLog) read(at time.Duration, client int) {
	l.base[client] = l.value
	l.add(sim.Event{At: at, Client: client, Kind: sim.Read, Value: l.value, Commands: 1})
}

func (l *laneLog) write(at time.Duration, client int) {
	base := l.base[client]
	average, err := sim.ParseAverage(base)
	if err != nil {
		panic(err)
	}
	value := average.Add(l.latency[client]).String()
	l.add(sim.Event{At: at - ms/2, Client: client, Kind: sim.Written, Base: base, Value: value})
	l.add(sim.Event{At: at, Client: client, Kind: sim.Acked, Value: l.value, Commands: 1})
	l.value = value
}

// race writes the log of clients that read and write as they please, until a time.
func (l *laneLog) race(clients int, until time.Duration) {
	type next struct {
		at    time.Duration
		reads bool
	}
	due := make([]next, clients)
	for i := range due {
		due[i] = next{at: time.Duration(5+i*37%60) * ms, reads: true}
	}
	for {
		first := 0
		for i := range due {
			if due[i].at < due[first].at {
				first = i
			}
		}
		d := &due[first]
		if d.at > until {
			return
		}
		if client := first + 1; d.reads {
			l.receive(d.at, client)
			l.read(d.at+ms, client)
			*d = next{at: d.at + 41*ms}
		} else {
			l.write(d.at, client)
			*d = next{at: d.at + time.Duration(20+first*29%50)*ms, reads: true}
		}
	}
}

// takeTurns writes the log of clients that hold the lock for 40 ms each while the others try every few milliseconds.
func (l *laneLog) takeTurns(clients int, until time.Duration) {
	for i := range clients {
		l.receive(time.Duration(i+1)*100*time.Microsecond, i+1)
		l.event(5*ms+time.Duration(i)*10*time.Microsecond, i+1, sim.Attempted, 0)
		if i > 0 {
			l.event(6*ms+time.Duration(i)*10*time.Microsecond, i+1, sim.Failed, 1)
		}
	}
	holder, at := 1, 7*ms
	for {
		if at+48*ms > until {
			return
		}
		if at > 7*ms {
			l.event(at, holder, sim.Attempted, 0)
		}
		l.event(at, holder, sim.Granted, 1)
		l.read(at+ms, holder)
		for i := range 4 {
			for c := 1; c <= clients; c++ {
				if c != holder && (c+i)%3 != 0 {
					when := at + time.Duration(3+i*9)*ms + time.Duration(c)*10*time.Microsecond
					l.event(when, c, sim.Attempted, 0)
					l.event(when+ms/2, c, sim.Failed, 1)
				}
			}
		}
		if at+90*ms > until {
			return // this one holds on
		}
		l.write(at+41*ms, holder)
		l.event(at+42*ms, holder, sim.Released, 0)
		l.receive(at+43*ms, holder)
		holder = holder%clients + 1
		at += 44 * ms
	}
}

// frameOf returns a frame of logs at a time.
func frameOf(cfg sim.Config, now time.Duration, logs ...*laneLog) Frame {
	f := Frame{Config: cfg, Speed: cfg.Speed, Backend: "embedded", State: Live, Cursor: 1}
	for _, l := range logs {
		f.Snapshots = append(f.Snapshots, l.snapshot(now, everything(&f)))
	}
	return f
}

// logged has the tape of every snapshot that was taken of a log.
var logged sync.Map

func (l *laneLog) snapshot(now time.Duration, view sim.View) *sim.Snapshot {
	tape := sim.NewTape(l.info, 0)
	tape.Apply(l.sorted()...)
	s := tape.At(now, view)
	logged.Store(s, tape)
	return s
}

// sorted are the events in the order of their times, in which they are not written.
func (l *laneLog) sorted() []sim.Event {
	slices.SortStableFunc(l.events, func(a, b sim.Event) int { return cmp.Compare(a.At, b.At) })
	return l.events
}

func (l *laneLog) add(e sim.Event) { l.events = append(l.events, e) }

// tapesOf returns the logs of the lanes of a frame.
func tapesOf(f Frame) []*sim.Tape {
	var tapes []*sim.Tape
	for _, s := range f.Snapshots {
		tape, _ := logged.Load(s)
		tapes = append(tapes, tape.(*sim.Tape))
	}
	return tapes
}

// lookingBack is a frame of the same logs at an earlier time.
func lookingBack(f Frame, at time.Duration) Frame {
	tapes := tapesOf(f)
	f.Back, f.At, f.Snapshots = true, at, nil
	for _, tape := range tapes {
		f.Snapshots = append(f.Snapshots, tape.At(at, everything(&f)))
	}
	return f
}

// twoLanes is the demonstration: a lane without a lock beside one with.
func twoLanes(clients int) Frame {
	cfg := sim.Defaults()
	cfg.Lease = time.Second // frames don't follow the defaults
	cfg.Clients = clients
	const now = 1200 * ms
	none := newLog(0, "none", clients, cfg.Lease)
	none.race(clients, now)
	spin := newLog(1, "spin", clients, cfg.Lease)
	spin.takeTurns(clients, now)
	f := frameOf(cfg, now, none, spin)
	f.Cursor = min(3, clients)
	return f
}

// threeLanes has more clients than fit, and leases that run out.
func threeLanes() Frame {
	cfg := sim.Defaults()
	cfg.Lanes = []string{"none", "spin", "block"}
	cfg.Clients, cfg.Lease = 24, 30*ms
	const now = 1200 * ms
	none := newLog(0, "none", cfg.Clients, cfg.Lease)
	none.race(cfg.Clients, now)
	spin := newLog(1, "spin", cfg.Clients, cfg.Lease)
	spin.takeTurns(cfg.Clients, now)
	spin.event(now-20*ms, 7, sim.Attempted, 0)
	spin.event(now-20*ms, 7, sim.Granted, 1)
	spin.event(now-20*ms, 7, sim.Released, 1)
	spin.event(now-19*ms, 7, sim.Expired, 1)
	block := newLog(2, "block", cfg.Clients, cfg.Lease)
	block.takeTurns(cfg.Clients, 700*ms)
	f := frameOf(cfg, now, none, spin, block)
	f.Focus, f.Cursor = 1, 20
	return f
}

// someRuns is the demonstration after three other runs of it.
func someRuns() Frame { return afterRuns(twoLanes(6), twoLanes(24), threeLanes()) }

// everyVerdict is the demonstration after runs with lanes that are hung, undecided, wrong and correct, of which the first two
// are compared.
func everyVerdict() Frame {
	f := afterRuns(deadHolders(), twoLanes(1), twoLanes(6))
	f.Marked = [2]int{1, 2}
	return f
}

// afterRuns is the demonstration after other runs.
func afterRuns(runs ...Frame) Frame {
	now := twoLanes(6)
	for i, f := range runs {
		r := sim.Result{Config: f.Config, Backend: "embedded", Embedded: true}
		for _, s := range f.Snapshots {
			r.Lanes = append(r.Lanes, sim.LaneResult{Snapshot: s})
		}
		now.Runs = append(now.Runs, NewPastRun(i+1, "", r))
	}
	return now
}

// everything is the view of a lane that any view of the screen can be drawn from, by the zoom of a frame.
func everything(f *Frame) sim.View {
	return sim.View{First: 1, Count: f.Config.Clients, History: mostHistory, Cells: 400, Zoom: f.zoom()}
}

// zoomed is a frame in one of the views, with its timelines zoomed out.
func zoomed(f Frame, v View, by int) Frame {
	tapes := tapesOf(f)
	f.View, f.Zoom = v, by
	for i, s := range f.Snapshots {
		f.Snapshots[i] = tapes[i].At(s.At, everything(&f))
	}
	return f
}
