package tui

import (
	"fmt"
	"strings"

	"locktop/sim"
	"locktop/tui/chart"
)

// What stands in the place of an explanation while no update is lost, or below one.

// nothingLost says why there is nothing to explain.
func nothingLost(f *Frame) string {
	if f.Back {
		return "nothing had been lost by then"
	}
	updates := int64(0)
	for _, s := range f.Snapshots {
		updates += s.Acked
	}
	switch updates {
	case 0:
		return "nothing lost yet: no update has been acknowledged"
	case 1:
		return "nothing lost yet: the one acknowledged update is in the average"
	}
	return fmt.Sprintf("nothing lost yet: all %d acknowledged updates are in the average", updates)
}

// hungLane is a lane in which nothing goes on, the focused one first; -1 if all go on.
func (f *Frame) hungLane() int {
	for i := range f.Config.Lanes {
		lane := (f.Focus + i) % len(f.Config.Lanes)
		if s := f.snapshot(lane); s != nil && (s.Verdict == sim.Hung || s.Verdict == sim.Stalled) {
			return lane
		}
	}
	return -1
}

// drawHung explains why a lane stands still.
func drawHung(a chart.Area, f *Frame, p *plan, lane int) {
	s := f.snapshot(lane)
	why, between := hungSentences(s), " "
	for i, sentence := range why {
		if why[i] = f.say(sentence); why[i] != sentence { // in a script without spaces
			between = ""
		}
	}
	if !p.full {
		for n := len(why); n > 0; n-- {
			line := []piece{{f.say("WHY") + " ", inkTitle}, {strings.Join(why[:n], between), inkLost}}
			if width(line) <= a.W() || n == 1 {
				put(a, 0, 0, line...)
				return
			}
		}
	}
	in := a.Box(fmt.Sprintf("WHY NOBODY GETS ON   in %s", f.laneName(lane)), inkFrame, inkTitle, f.ASCII)
	in = in.Sub(1, 0, in.W()-2, in.H())
	lines := paragraph(strings.Join(why, between), in.W(), inkPlain)
	for y, line := range lines {
		put(in, 0, y, line...)
	}
	rest := in.Sub(0, len(lines), in.W(), in.H()-len(lines))
	if f.Preset != nil {
		drawRemedy(rest, f.Preset)
		return
	}
	for y, line := range paragraph(strings.ToUpper(f.strategy(lane).Name)+": "+f.say(f.strategy(lane).Explain), rest.W(), inkDim) {
		put(rest, 0, y, line...)
	}
}

// hungSentences say why a lane stands still, the most important first.
func hungSentences(s *sim.Snapshot) []string {
	holder := clientName(s.Holder)
	if s.Verdict == sim.Stalled {
		return stallSentences(s)
	}
	waiters := small(s.WaitingCount) + " clients wait for ever."
	waiters = strings.ToUpper(waiters[:1]) + waiters[1:]
	if s.WaitingCount == 1 && len(s.Waiting) > 0 {
		waiters = clientName(s.Waiting[0]) + " waits for ever."
	}
	switch {
	case lockFree(s):
		return []string{"The lock is free, but no signal will come.", waiters, "Whoever releases a lock wakes one waiter, and that signal is gone."}
	case s.HolderPhase == sim.Dead && s.Lease == 0:
		return []string{holder + " crashed with the lock, which has no lease.", waiters, "Nobody will release it, and time alone does not free it."}
	case s.HolderPhase == sim.Dead:
		return []string{holder + " crashed with the lock.", waiters}
	}
	return []string{holder + " has the lock and does not release it.", waiters}
}

// stallSentences say why nothing goes on in a lane that may yet go on.
func stallSentences(s *sim.Snapshot) []string {
	holder := clientName(s.Holder)
	switch s.Stall {
	case sim.StallDead:
		return []string{holder + " crashed with the lock, which has no lease.", "Nobody will release it, and time alone does not free it."}
	case sim.StallPaused:
		return []string{holder + " is paused with the lock, which has no lease.", "Nobody else can get it until it goes on and releases it."}
	case sim.StallCut:
		return []string{holder + " is cut off from Redis with the lock, which has no lease.", "Nobody else can get it until it is back and releases it."}
	case sim.StallDown:
		return []string{"Redis is down.", "Nothing goes on until the server is back."}
	case sim.StallQuorum:
		return []string{"No majority of the servers is up.", "Nobody can get the lock until enough of them are back."}
	case sim.StallCrashed:
		return []string{"Every client has crashed.", "Nobody is left to do anything."}
	case sim.StallHalted:
		return []string{"Every client is paused or cut off from Redis.", "Nothing goes on until one of them is back."}
	}
	if lockFree(s) {
		return []string{"The lock is free, but all who wait for it sleep or fail.", "If nothing comes to wake them, the lane hangs."}
	}
	return []string{"All who wait for the lock get nothing, and nobody works.", "If that stays so, the lane hangs."}
}

// drawLook says in one line what to look at in a preset, in whole sentences as far as there is room.
func drawLook(a chart.Area, p *sim.Preset) {
	x := put(a, 0, 0, piece{"LOOK AT ", inkTitle})
	text := p.Look
	for chart.TextWidth(text) > a.W()-x {
		i := strings.LastIndexAny(strings.TrimRight(text, ".,:"), ".,:")
		if i < 0 {
			break
		}
		text = text[:i]
	}
	a.Text(x, 0, text, inkPlain)
}

// drawRemedy says what ends the failure of a preset.
func drawRemedy(a chart.Area, p *sim.Preset) {
	if p == nil {
		return
	}
	for y, line := range paragraph("REMEDY "+p.Remedy, a.W(), inkDim) {
		put(a, 0, y, line...)
	}
}
