package tui

import (
	"fmt"
	"slices"
	"strings"

	"locktop/sim"
	"locktop/tui/chart"
)

// laneInfo is what a lane is, also while it is starting.
func (f *Frame) laneInfo(lane int) sim.LaneInfo {
	if lane < len(f.infos) {
		return f.infos[lane]
	}
	info := f.Config.LaneInfo(lane)
	if info.Strategy == "" { // there is no such strategy, which the experiment will say
		info.Strategy = f.Config.Lanes[lane]
	}
	if s := f.snapshot(lane); s != nil && len(s.Parts) > 0 { // a change comes to a lane a moment after it is in the settings
		info.Strategy = s.Part().Strategy
	}
	return info
}

// infosOf are what the lanes are, to be looked up many times while a frame is drawn.
func (f *Frame) infosOf() []sim.LaneInfo {
	infos := make([]sim.LaneInfo, len(f.Config.Lanes))
	for i := range infos {
		infos[i] = f.laneInfo(i)
	}
	return infos
}

// strategy is that of a lane; the zero strategy if it is unknown.
func (f *Frame) strategy(lane int) sim.Strategy {
	s, _ := sim.StrategyNamed(f.laneInfo(lane).Strategy)
	return s
}

// laneName is the short name of a lane: its strategy and, where another lane has the same, what sets the two apart.
func (f *Frame) laneName(lane int) string {
	info := f.laneInfo(lane)
	var others [][]string
	for i := range f.Config.Lanes {
		if other := f.laneInfo(i); i != lane && other.Strategy == info.Strategy {
			others = append(others, ownSettings(other))
		}
	}
	name := info.Strategy
	for _, own := range ownSettings(info) {
		if slices.ContainsFunc(others, func(other []string) bool { return !slices.Contains(other, own) }) {
			name += " " + own
		}
	}
	return name
}

// laneTag is the shortest name of a lane.
func (f *Frame) laneTag(lane int) string {
	name := f.laneInfo(lane).Strategy
	for i := range f.Config.Lanes {
		if i != lane && f.laneInfo(i).Strategy == name {
			return fmt.Sprintf("%s#%d", name, lane+1)
		}
	}
	return name
}

// ownSettings are a lane's own, such as lease=2s.
func ownSettings(info sim.LaneInfo) []string {
	if info.Own == "" {
		return nil
	}
	return strings.Split(info.Own, ":")
}

// laneHeading is the name of a lane with its own settings and, as far as there is room, what its strategy does.
func (f *Frame) laneHeading(lane, room int) string {
	info, s := f.laneInfo(lane), f.strategy(lane)
	heading := strings.Join(append([]string{strings.ToUpper(info.Strategy)}, ownSettings(info)...), " ")
	whole := f.say(s.Title)
	title := cutText(whole, room-chart.TextWidth(heading)-2)
	if title == "" || title != whole && chart.TextWidth(title) < leastTitle {
		return heading
	}
	return heading + "  " + title
}

// leastTitle is how much of a title must be left to tell anything.
const leastTitle = 12

// cutText cuts a text after a word, so that it is no wider than room; a cut is marked.
func cutText(text string, room int) string {
	if chart.TextWidth(text) <= room {
		return text
	}
	for i := strings.LastIndex(text, " "); i > 0; i = strings.LastIndex(text[:i], " ") {
		if chart.TextWidth(text[:i])+2 <= room {
			return text[:i] + " …"
		}
	}
	return ""
}

// leaseText is the lease of the lanes that take a lock, one by one where they differ; empty where none does.
func (f *Frame) leaseText() string {
	texts := make([]string, len(f.Config.Lanes))
	var first string
	same := true
	for i := range texts {
		info := f.laneInfo(i)
		lease := info.Lease
		if s := f.snapshot(i); s != nil && s.Lane.Locks {
			lease = s.Lease // which is longer where a high speed stretches it, and another only from the next grant on
		}
		switch {
		case !info.Locks:
			texts[i] = "-"
			continue
		case lease == 0:
			texts[i] = "none"
		default:
			texts[i] = shortDuration(lease)
		}
		if first == "" {
			first = texts[i]
		}
		same = same && texts[i] == first
	}
	switch {
	case first == "":
		return ""
	case !same:
		return "lease " + strings.Join(texts, "/")
	case first == "none":
		return "no lease"
	}
	return "lease " + first
}

// nextStrategy is the configuration with the next strategy, or the previous one, in a lane: one that is not wrong on
// purpose and that the Redis there is has the servers for.
func nextStrategy(c sim.Config, lane, by int) (sim.Config, string) {
	names := sim.StrategyNames()
	at := slices.Index(names, sim.StrategyOf(c.Lanes[lane]))
	for range names {
		at = (at + by + len(names)) % len(names)
		next := c.WithStrategy(lane, names[at])
		if s, _ := sim.StrategyNamed(names[at]); !s.Broken && next.Validate() == nil {
			return next, names[at]
		}
	}
	return c, ""
}
