package tui

import (
	"strings"
	"testing"

	"locktop/sim"
	"locktop/tui/chart"
)

func TestLanesHaveNames(t *testing.T) {
	for _, c := range []struct {
		lanes []string
		names string // short ones
		tags  string // shortest ones
		lease string
	}{
		{[]string{"none", "spin"}, "none, spin", "none, spin", "lease 200ms"},
		{[]string{"none", "atomic"}, "none, atomic", "none, atomic", ""},
		{[]string{"block:lease=0s", "block:lease=500ms"}, "block lease=0s, block lease=500ms", "block#1, block#2", "lease none/500ms"},
		{[]string{"block", "block:replica=synced"}, "block, block replica=synced", "block#1, block#2", "lease 200ms"},
		{[]string{"redlock:nodes=3", "redlock:nodes=3:away=3s"}, "redlock, redlock away=3s", "redlock#1, redlock#2", "lease 200ms"},
		{[]string{"spin:lease=2s", "none"}, "spin, none", "spin, none", "lease 2s"},
		{[]string{"none", "spin:lease=2s", "block"}, "none, spin, block", "none, spin, block", "lease -/2s/200ms"},
		{[]string{"spin:lease=0s"}, "spin", "spin", "no lease"},
		{[]string{"spin", "spin"}, "spin, spin", "spin#1, spin#2", "lease 200ms"},
		{[]string{"nonsense"}, "nonsense", "nonsense", ""},
	} {
		f := Frame{Config: sim.Defaults()}
		f.Config.Lanes = c.lanes
		var names, tags []string
		for i := range c.lanes {
			names, tags = append(names, f.laneName(i)), append(tags, f.laneTag(i))
		}
		if got := strings.Join(names, ", "); got != c.names {
			t.Errorf("%v: names %s, want %s", c.lanes, got, c.names)
		}
		if got := strings.Join(tags, ", "); got != c.tags {
			t.Errorf("%v: tags %s, want %s", c.lanes, got, c.tags)
		}
		if got := f.leaseText(); got != c.lease {
			t.Errorf("%v: %q, want %q", c.lanes, got, c.lease)
		}
	}
}

func TestHeadingsFit(t *testing.T) {
	f := Frame{Config: sim.Defaults()}
	f.Config.Lanes = []string{"block:lease=500ms", "broken-release", "redlock:nodes=3:away=3s", "nonsense"}
	for _, c := range []struct {
		lane, room int
		want       string
	}{
		{0, 80, "BLOCK lease=500ms  lock, waited for by its release signal"},
		{0, 39, "BLOCK lease=500ms  lock, waited for …"},
		{0, 28, "BLOCK lease=500ms"},
		{1, 40, "BROKEN-RELEASE  BROKEN: the release …"},
		{2, 34, "REDLOCK nodes=3 away=3s"},
		{3, 40, "NONSENSE"},
	} {
		got := f.laneHeading(c.lane, c.room)
		if got != c.want || chart.TextWidth(got) > c.room {
			t.Errorf("lane %d in %d cells: %q, want %q", c.lane, c.room, got, c.want)
		}
	}
}

func TestStrategiesThatAreWrongOnPurposeAreLeftButNotEntered(t *testing.T) {
	c := sim.Defaults()
	c.Lanes = []string{"broken-wait:lease=2s", "block"}
	for _, by := range []int{+1, -1} {
		next, name := nextStrategy(c, 0, by)
		if want := c.WithStrategy(0, name); next.Lanes[0] != want.Lanes[0] {
			t.Errorf("%s becomes %s, want %s", c.Lanes[0], next.Lanes[0], want.Lanes[0])
		}
	}
	seen := map[string]bool{}
	for range sim.Strategies() {
		var name string
		c, name = nextStrategy(c, 0, +1)
		if s, ok := sim.StrategyNamed(name); !ok || s.Broken {
			t.Fatalf("s leads to %q", name)
		}
		seen[name] = true
	}
	for _, s := range sim.Strategies() {
		if !s.Broken && !seen[s.Name] {
			t.Errorf("%s is never reached", s.Name)
		}
	}
}

func TestABrokenLaneIsRecognised(t *testing.T) {
	f := twoLanes(6)
	f.Config.Lanes = []string{"broken-wait", "spin"}
	f.Snapshots[0].Lane.Strategy = "broken-wait"
	f.Focus = 1
	g := chart.NewGrid(120, 40)
	Draw(g, f)
	found := false
	for x := range 60 {
		c := g.Area().At(x, 2)
		found = found || c.Rune == 'B' && c.Ink == inkLost
	}
	if !found || !strings.Contains(g.Paint(nil), "BROKEN: a waiter blocks") {
		t.Errorf("the heading does not say it:\n%s", g.Paint(nil))
	}
}

// TestNameGoesWithItsNumbers: a change of strategy is in the settings a moment before it comes to the lane. Until then the
// numbers are those of the former strategy, and so is the name.
func TestNameGoesWithItsNumbers(t *testing.T) {
	f := Frame{
		Config:    sim.Config{Lanes: []string{"poll"}},
		Snapshots: []*sim.Snapshot{{Parts: []sim.Part{{Strategy: "none"}, {Strategy: "spin"}}}},
	}
	if have := f.laneName(0); have != "spin" {
		t.Errorf("the lane's name is %s, want spin", have)
	}
}
