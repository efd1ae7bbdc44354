package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"locktop/sim"
)

// Settings that are changed on the screen. None of them can change in the middle of a run, so each starts another.

// clientSteps are the numbers of clients that keys lead to.
var clientSteps = []int{1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 100, 150, 200, 300, 500, 1000, 2000, 5000, 10_000}

// change starts again with a setting changed: up or down.
func (m *model) change(c command, up bool) tea.Cmd {
	f := &m.frame
	next := f.Config
	var said string
	switch c {
	case cmdMoreClients, cmdFewerClients:
		next.Clients = stepped(clientSteps, next.Clients, up)
		said = fmt.Sprintf("%d clients", next.Clients)
	case cmdMoreWork, cmdLessWork:
		next.Work = steppedTime(next.Work, up)
		said = "think time " + shortDuration(next.Work)
	case cmdLongerLease, cmdShorterLease:
		next.Lease = steppedTime(next.Lease, up)
		said = "lease " + shortDuration(next.Lease)
		if next.Lease == 0 {
			said = "no lease"
		}
	case cmdLongerRetry, cmdShorterRetry:
		next.Retry = steppedTime(next.Retry, up)
		said = "a pause of " + shortDuration(next.Retry) + " between tries"
	}
	if err := next.Validate(); err != nil {
		m.notify(fmt.Sprintf("%s: %s", said, strings.ReplaceAll(err.Error(), "\n", "; ")))
		return nil
	}
	if same(next, f.Config) {
		m.notify("this is as far as it goes")
		return nil
	}
	if next.Lease != f.Config.Lease && f.leaseIsOwn(next) {
		m.notify("no lane here takes that lease: they have their own, or no lock")
		return nil
	}
	f.Config = next
	f.Cursor = min(f.Cursor, next.Clients)
	m.notify(said + ": starts again")
	return m.restart()
}

// same tells whether two configurations agree in what keys can change, the strategies aside.
func same(a, b sim.Config) bool {
	return a.Clients == b.Clients && a.Work == b.Work && a.Lease == b.Lease && a.Retry == b.Retry
}

// leaseIsOwn tells whether another lease makes no difference to any lane.
func (f *Frame) leaseIsOwn(next sim.Config) bool {
	for i := range next.Lanes {
		if next.LaneInfo(i).Lease != f.Config.LaneInfo(i).Lease {
			return false
		}
	}
	return true
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
	for i := 3; cellTime(i) < mostPerCell; i++ {
		steps = append(steps, int(cellTime(i)))
	}
	return time.Duration(stepped(append(steps, int(mostPerCell)), int(now), up))
}
