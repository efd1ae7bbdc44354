package tui

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"locktop/sim"
	"locktop/sim/clock"
)

// Settings that are changed on the screen, in the race that runs. Where there is none, or it cannot have them, another starts.

// clientSteps are the numbers of clients that keys lead to.
var clientSteps = []int{1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 100, 150, 200, 300, 500, 1000, 2000, 5000, 10_000}

// stepSetting changes a setting by a step, up or down: the workload in all lanes, what belongs to a strategy in the focused one.
func (m *model) stepSetting(c command, up bool) tea.Cmd {
	f := &m.frame
	retry, lease := f.Config.LaneTimes(f.Focus)
	var change sim.Change
	same := false
	switch c {
	case cmdMoreClients, cmdFewerClients:
		change = sim.Change{Setting: sim.ChangeClients, Clients: stepped(clientSteps, f.Config.Clients, up)}
		same = change.Clients == f.Config.Clients
	case cmdMoreWork, cmdLessWork:
		change = sim.Change{Setting: sim.ChangeWork, Time: steppedTime(f.Config.Work, up)}
		same = change.Time == f.Config.Work
	case cmdLongerLease, cmdShorterLease:
		change = sim.Change{Setting: sim.ChangeLease, Lane: f.Focus + 1, Time: steppedTime(lease, up)}
		same = change.Time == lease
	case cmdLongerRetry, cmdShorterRetry:
		change = sim.Change{Setting: sim.ChangeRetry, Lane: f.Focus + 1, Time: steppedTime(retry, up)}
		same = change.Time == retry
	}
	switch {
	case change.Lane != 0 && !f.laneInfo(f.Focus).Locks:
		m.notify(f.laneName(f.Focus) + " takes no lock, so it has no " + string(change.Setting) + ": tab leads to another lane")
		return nil
	case same:
		m.notify("this is as far as it goes")
		return nil
	}
	return m.change(change)
}

// stepStrategy gives the focused lane the next strategy, or the previous one.
func (m *model) stepStrategy(by int) tea.Cmd {
	f := &m.frame
	_, name := nextStrategy(f.Config, f.Focus, by)
	if name == "" {
		m.notify("no other strategy can run on this Redis")
		return nil
	}
	return m.change(sim.Change{Setting: sim.ChangeStrategy, Strategy: name, Lane: f.Focus + 1})
}

// change makes a change in the race that runs, or in the next.
func (m *model) change(change sim.Change) tea.Cmd {
	f := &m.frame
	again := ": starts again"
	if m.session != nil && !m.session.over() {
		err := m.session.exp.Change(change)
		switch {
		case err == nil:
			if begun, err := m.begun.With(change); err == nil {
				m.begun = begun
			}
			more := change.Clients > f.Config.Clients
			m.follow()
			m.notify(f.changed(change) + f.meanwhile(change, more))
			return nil
		case !errors.Is(err, sim.ErrServers):
			m.notify(strings.TrimPrefix(err.Error(), "change: "))
			return nil
		}
		again = ", which takes more servers: starts again"
	}
	next, err := f.Config.With(change)
	if change.Setting == sim.ChangeStrategy {
		next = next.WithFittingFaults()
	}
	if err == nil {
		err = next.Validate()
	}
	if err != nil {
		m.notify(fmt.Sprintf("%s: %s", f.changed(change), strings.ReplaceAll(err.Error(), "\n", "; ")))
		return nil
	}
	f.Config, m.begun = next, next
	f.Cursor = min(f.Cursor, next.Clients)
	m.notify(f.changed(change) + again)
	return m.restart()
}

// setSpeed changes how fast the race runs, and the next.
func (m *model) setSpeed(s clock.Speed) {
	f := &m.frame
	if s == f.Speed {
		m.notify("this is as far as it goes")
		return
	}
	f.Speed, f.Config.Speed = s, s
	m.passSpeed()
}

// passSpeed gives the race that runs the speed on the screen; it is an event there, as every change is.
func (m *model) passSpeed() {
	if m.session == nil || m.session.exp.Clock().Speed() == m.frame.Speed {
		return
	}
	if m.session.exp.Change(sim.Change{Setting: sim.ChangeSpeed, Speed: m.frame.Speed}) != nil { // the race is over
		m.session.exp.Clock().SetSpeed(m.frame.Speed)
	}
}

// follow takes over what has become of the settings in the race.
func (m *model) follow() {
	f := &m.frame
	now := m.settings()
	f.Config.Lanes, f.Config.Clients = now.Lanes, now.Clients
	f.Config.Work, f.Config.Retry, f.Config.Lease, f.Config.LeaseFloor = now.Work, now.Retry, now.Lease, now.LeaseFloor
	f.Cursor = min(f.Cursor, f.Config.Clients)
}

// settings are those of the race as they are now, or of a recording as they were at the time shown. Where lanes have come to
// a change at different times, it is the one with more clients.
func (m *model) settings() sim.Config {
	if m.play == nil {
		return m.session.exp.Settings()
	}
	start, _ := m.play.log.Header().Config() // which was valid when it was read
	now := start
	now.Clients = 0
	for i, s := range m.frame.Snapshots {
		lane := start
		for _, c := range s.Changes {
			if after, err := lane.With(c.Change); err == nil {
				lane = after
			}
		}
		if i == 0 {
			now.Work, now.Retry, now.Lease, now.LeaseFloor = lane.Work, lane.Retry, lane.Lease, lane.LeaseFloor
			now.Lanes = slices.Clone(lane.Lanes)
		}
		now.Lanes[i], now.Clients = s.Lane.Name(), max(now.Clients, s.Lane.Clients)
	}
	return now
}

// changed says what a change makes of a setting.
func (f *Frame) changed(change sim.Change) string {
	words := changeWords(change)
	if change.Lane != 0 && len(f.Config.Lanes) > 1 {
		return fmt.Sprintf("lane %d: %s", change.Lane, words)
	}
	return words
}

// changeWords says it without the lane.
func changeWords(change sim.Change) string {
	switch change.Setting {
	case sim.ChangeSpeed:
		return "speed " + speedText(change.Speed)
	case sim.ChangeStrategy:
		return "strategy " + change.Strategy
	case sim.ChangeClients:
		if change.Clients == 1 {
			return "1 client"
		}
		return fmt.Sprintf("%d clients", change.Clients)
	case sim.ChangeWork:
		return "think time " + shortDuration(change.Time)
	case sim.ChangeRetry:
		return "a pause of " + shortDuration(change.Time) + " between tries"
	}
	if change.Time == 0 {
		return "no lease"
	}
	return "lease " + shortDuration(change.Time)
}

// meanwhile says who is not affected by a change yet.
func (f *Frame) meanwhile(change sim.Change, more bool) string {
	switch {
	case change.Setting == sim.ChangeStrategy:
		return "; who is in the middle of an update ends it as it began"
	case change.Setting == sim.ChangeClients && more:
		return ", who join with the next alert of each lane"
	case change.Setting == sim.ChangeClients:
		return "; those who leave end the update at hand"
	case change.Setting == sim.ChangeLease:
		return ", from the next grant on"
	}
	return ""
}

// same tells whether two configurations agree in what keys can change, the strategies aside.
func same(a, b sim.Config) bool {
	return a.Clients == b.Clients && a.Work == b.Work && a.Lease == b.Lease && a.Retry == b.Retry
}

// stepped returns the next larger of some steps in their order, or the next smaller; the last in that direction is its own.
func stepped(steps []int, now int, up bool) int {
	i, found := slices.BinarySearch(steps, now)
	switch {
	case up && found:
		i++
	case !up:
		i--
	}
	if i < 0 || i >= len(steps) {
		return now
	}
	return steps[i]
}

// steppedTime does so for times of 1, 2 and 5 times a power of ten milliseconds, from nothing to a minute.
func steppedTime(now time.Duration, up bool) time.Duration {
	steps := []int{0}
	for i := 3; i < sim.Zooms-1; i++ {
		steps = append(steps, int(sim.CellTime(i)))
	}
	return time.Duration(stepped(append(steps, int(sim.CellTime(sim.Zooms-1))), int(now), up))
}
