package tui

import (
	"time"

	"locktop/sim"
)

// fault writes that something is done to a client, or to Redis, which takes some time off a lease that runs.
func (l *laneLog) fault(at time.Duration, client int, text string, off time.Duration) {
	l.add(sim.Event{At: at, Client: client, Kind: sim.Faulted, Text: text, Lease: off})
}

// rewind has Redis go back to an earlier value, and forget the lock.
func (l *laneLog) rewind(at time.Duration, fault, value string) {
	l.fault(at, 0, fault, time.Hour)
	l.value = value
	l.add(sim.Event{At: at, Kind: sim.Rewound, Value: value})
}

// want has clients want the lock, and fail to get it.
func (l *laneLog) want(at time.Duration, clients ...int) {
	for _, c := range clients {
		l.receive(at, c)
		l.event(at+ms/2, c, sim.Attempted, 0)
		l.event(at+ms, c, sim.Failed, 1)
	}
}

// grant gives a client the lock, which it begins to use.
func (l *laneLog) grant(at time.Duration, client int) {
	l.event(at, client, sim.Attempted, 0)
	l.event(at, client, sim.Granted, 1)
	l.read(at+ms, client)
}

// finish has the holder write and release.
func (l *laneLog) finish(at time.Duration, client int) {
	l.write(at, client)
	l.event(at+ms, client, sim.Released, 0)
}

func presetConfig(name string, clients int) (sim.Config, *sim.Preset) {
	p, ok := sim.PresetNamed(name)
	if !ok {
		panic(name)
	}
	cfg := watched(p, sim.Defaults())
	cfg.Clients, cfg.Work = clients, 50*ms
	return cfg, &p
}

// pausedHolders has a client paused past its lease, without a fence and with one, while others go on.
func pausedHolders() Frame {
	cfg, preset := presetConfig("gc-pause", 4)
	var logs []*laneLog
	for i := range cfg.Lanes {
		l := newLaneLog(cfg, i)
		l.receive(ms, 1)
		l.grant(5*ms, 1)
		l.want(6*ms, 2, 3, 4)
		l.fault(55*ms, 1, "pause:client=1:at=write:nth=1:for=900ms", 0)
		for turn := range 3 {
			at := 510*ms + time.Duration(turn)*60*ms
			l.grant(at, 2+turn)
			if turn < 2 {
				l.finish(at+50*ms, 2+turn)
			}
		}
		logs = append(logs, l)
	}
	f := frameOf(cfg, 660*ms, logs...)
	f.Preset = preset
	return f
}

// deadHolders has a holder crash, whose lock has a lease in one lane alone.
func deadHolders() Frame {
	cfg, preset := presetConfig("dead-holder", 4)
	dies := func(lane int) *laneLog {
		l := newLaneLog(cfg, lane)
		l.receive(ms, 3)
		l.grant(5*ms, 3)
		l.want(6*ms, 1, 2, 4)
		l.fault(20*ms, 3, "crash:client=3:at=acquired", 0)
		l.event(20*ms, 3, sim.Crashed, 0)
		return l
	}
	hung, goesOn := dies(0), dies(1)
	at := 510 * ms
	for turn := 0; at < 2100*ms; turn++ {
		c := []int{1, 2, 4}[turn%3]
		goesOn.grant(at, c)
		goesOn.finish(at+50*ms, c)
		goesOn.want(at+52*ms, c)
		at += 60 * ms
	}
	f := frameOf(cfg, at, hung, goesOn)
	f.Preset, f.Cursor = preset, 3
	return f
}

// forgotten has Redis forget updates that it had acknowledged: nobody else erased them.
func forgotten(fault string) Frame {
	cfg := sim.Defaults()
	cfg.Lanes, cfg.Clients = []string{"spin", "block:lease=2s"}, 3
	values := make([]string, 0, 8)
	var logs []*laneLog
	for i := range cfg.Lanes {
		l := newLaneLog(cfg, i)
		values = values[:0]
		at := 5 * ms
		for turn := range 6 {
			values = append(values, l.value)
			c := turn%3 + 1
			l.receive(at, c)
			l.grant(at, c)
			l.finish(at+40*ms, c)
			at += 50 * ms
		}
		l.receive(at, 1)
		l.grant(at, 1)
		if i == 0 {
			back := values[4]
			if fault == "restart" {
				back = ""
			}
			l.rewind(at+20*ms, fault, back)
		}
		l.want(at+22*ms, 2)
		logs = append(logs, l)
	}
	return frameOf(cfg, 340*ms, logs...)
}

// faultMenu lies over a lane that has no lease to end.
func faultMenu() Frame {
	f := deadHolders()
	f.Over, f.Cursor = FaultMenu, 2
	return f
}

func presetPicker() Frame {
	f := deadHolders()
	f.Over, f.Pick = PresetMenu, 6
	return f
}
