package tui

import (
	"fmt"

	"locktop/sim"
	"locktop/tui/chart"
)

// The timeline view gives the whole width to the timelines of the focused lane.

// planTimeline shares out the screen for them.
func (p *plan) planTimeline(f *Frame) {
	p.firstLane, p.lanes, p.legend = f.Focus, 1, true
	p.panelHeight = p.h - p.panelTop - 3 // for the selected client, the legend and the footer
	if p.h >= 14 {
		p.why = 1
		p.panelHeight--
	}
	rows := p.panelHeight - 2 - 1 // for the ruler
	p.lane = lanePlan{ruler: true, caption: rows >= 6}
	if p.lane.caption {
		rows -= 2 // who is inside, and the lease
	}
	p.lane.clients = min(f.Config.Clients, rows)
	if p.lane.clients < f.Config.Clients && rows > 1 {
		p.lane.more = true
		p.lane.clients--
	}
	p.lane.firstClient = min(max(f.Cursor-p.lane.clients/2, 1), max(f.Config.Clients-p.lane.clients+1, 1))
}

func drawTimelines(screen chart.Area, f *Frame, p *plan) {
	a := p.panel(screen, 0)
	in := lanePanel(a, f, f.Focus)
	y := p.panelTop + p.panelHeight
	drawLegend(screen.Sub(0, y+1, p.w, 1), f)
	s := f.snapshot(f.Focus)
	if s == nil {
		drawStarting(in)
		return
	}
	drawDone(a, s)
	if p.lane.caption {
		drawInside(in, f, s)
		drawLease(in, s, f.ASCII)
		in = in.Sub(0, 2, in.W(), in.H()-2)
	}
	drawClients(in, f, p, s)
	drawSelected(screen.Sub(0, y, p.w, 1), f, s)
	drawWhy(screen.Sub(0, y+2, p.w, p.why), f, p)
}

// drawSelected spells out what the selected client is doing at the end of the timelines.
func drawSelected(a chart.Area, f *Frame, s *sim.Snapshot) {
	i := f.Cursor - s.First
	if i < 0 || i >= len(s.Clients) {
		return
	}
	c := &s.Clients[i]
	line := []piece{{"› " + clientName(c.Number) + "  ", inkCursor}, {phaseWords(c.Phase), phaseInk(c.Phase)}}
	add := func(text string) {
		if more := (piece{text, inkDim}); width(line)+width([]piece{more}) <= a.W() {
			line = append(line, more)
		}
	}
	add(fmt.Sprintf(" for %s", millis(max(f.edge()-c.PhaseFrom, 0))))
	add(", since " + clockText(c.PhaseFrom))
	if s.Lane.Locks {
		add(fmt.Sprintf("  tries %s, failed %s, got it %s", number(c.Attempts), number(c.Failures), number(c.Acquired)))
		if c.Acquired > 0 && !s.Sleepless {
			add(fmt.Sprintf("  longest wait %s", millis(c.Waited)))
		}
	}
	add(fmt.Sprintf("  acked %s, lost %s", number(c.Acked), number(c.Lost)))
	put(a, 0, 0, line...)
}

func phaseWords(p sim.Phase) string {
	switch p {
	case sim.Waiting:
		return "waits for the lock"
	case sim.Working:
		return "between its read and its write"
	case sim.Holding:
		return "has the lock"
	case sim.Done:
		return "has handled its last alert"
	case sim.Suspended:
		return "is paused by a fault"
	case sim.Dead:
		return "has crashed"
	case sim.Gone:
		return "has left"
	}
	return "idle, waits for an alert"
}
