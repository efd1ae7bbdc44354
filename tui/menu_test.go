package tui

import (
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"locktop/lock/redistest"
	"locktop/sim"
	"locktop/sim/backend"
)

// TestEveryKeyOfTheFaultMenu does what the menu says, to whom it says, and closes the menu.
func TestEveryKeyOfTheFaultMenu(t *testing.T) {
	cfg := sim.Defaults()
	cfg.Lanes, cfg.Lease, cfg.Speed, cfg.Work = []string{"none", "redlock:nodes=3"}, 2*time.Second, 4, 5*ms
	m := running(t, cfg)
	m.after(200 * ms)
	press(t, m, "tab")
	for _, c := range []struct {
		key, fault, notice string
	}{
		{"p", "pause:client=2:at=write:for=900ms", "c2 will be paused for 900ms before its next write"},
		{"s", "swallow:client=3:at=write", "c3 will never get the reply to its next write"},
		{"d", "delay:client=4:for=300ms", "c4's next command will be held up for 300ms"},
		{"u", "cut:client=5:for=300ms", "c5 will be cut off from Redis for 300ms"},
		{"e", "expire:lane=2", "the lease runs out now, whoever holds the lock"},
		{"j", "jump:lane=2:for=1s", "the clock of Redis jumps 1s ahead"},
		{"n", "restart:lane=2:node=2", "node 2 of 3 restarts, empty"},
		{"n", "restart:lane=2:node=3", "node 3 of 3 restarts, empty"},
		{"n", "restart:lane=2:node=2", "node 2 of 3 restarts, empty"},
		{"r", "restart:lane=2", "node 1 of 3 restarts, empty"},
		{"o", "failover:lane=2:for=200ms", "in 200ms a replica takes over, which is told nothing from now on"},
		{"c", "crash:client=6:at=read", "c6 will crash after its next read"},
		{"x", "crash:client=1:at=read", "c1 will crash after its next read"},
	} {
		want, err := sim.ParseFault(c.fault)
		if err != nil {
			t.Fatal(err)
		}
		m.look()
		before := m.frame.Snapshots[1].Faults
		m.frame.Cursor = max(want.Client, 1)
		if c.key != "x" {
			press(t, m, "f")
			if m.frame.Over != FaultMenu || !strings.Contains(m.view(), "FAULTS") {
				t.Fatal("f does not open the menu")
			}
		}
		press(t, m, c.key)
		if m.frame.Over != NoOverlay {
			t.Errorf("%s leaves the menu open", c.key)
		}
		if got := "redlock: " + c.notice; m.frame.Notice != got {
			t.Errorf("%s: %q is said, want %q", c.key, m.frame.Notice, got)
		}
		// The lane may be slow to get there: after a restart clients connect anew.
		deadline := time.Now().Add(patience)
		for m.frame.Snapshots[1].Faults == before && time.Now().Before(deadline) {
			time.Sleep(ms)
			m.look()
		}
		got, err := sim.ParseFault(m.frame.Snapshots[1].Fault.Text)
		got.Lane, want.Lane = 0, 0 // which is the recorder's
		if want.At == "" && want.Kind.OfClient() {
			want.At = sim.AtCommand
		}
		if err != nil || got != want {
			t.Errorf("%s: %q happens, want %q (%v)", c.key, got, want, err)
		}
	}
	if s := m.frame.Snapshots[0]; s.Faults > 0 {
		t.Errorf("the other lane has %d faults", s.Faults)
	}
}

func TestMenusCloseAndChangeNothing(t *testing.T) {
	m := running(t, sim.Defaults())
	for _, c := range []struct {
		open, title string
		over        Overlay
	}{{"f", "FAULTS", FaultMenu}, {"p", "PRESETS", PresetMenu}} {
		for _, key := range []string{c.open, "esc"} {
			before := conditionOf(m)
			press(t, m, c.open)
			if m.frame.Over != c.over || !strings.Contains(m.view(), c.title) {
				t.Fatalf("%s does not open %s", c.open, c.title)
			}
			if cmd := press(t, m, key); leaves(cmd) {
				t.Errorf("%s leaves the program", key)
			}
			before.pick = m.frame.Pick
			if after := conditionOf(m); after != before {
				t.Errorf("%s and %s: %+v, want %+v", c.open, key, after, before)
			}
		}
		for _, key := range []string{"q", "ctrl+c", "ctrl+z"} {
			press(t, m, c.open)
			if !leaves(press(t, m, key)) {
				t.Errorf("%s does not quit or suspend over %s", key, c.title)
			}
			press(t, m, "esc")
		}
	}
}

func TestClientAndLaneAreChosenInTheFaultMenu(t *testing.T) {
	m := running(t, sim.Defaults())
	press(t, m, "f")
	for key, words := range map[string]string{"down": "to c2", "up": "to c1", "tab": "in spin", "shift+tab": "in none"} {
		m.frame.Cursor, m.frame.Focus = 1, 0
		if key == "up" {
			m.frame.Cursor = 2
		}
		if key == "shift+tab" {
			m.frame.Focus = 1
		}
		press(t, m, key)
		if m.frame.Over != FaultMenu || !strings.Contains(m.view(), words) {
			t.Errorf("%s: %q is missing in\n%s", key, words, m.view())
		}
	}
}

// TestWhatCannotBeDoneIsSaid, in the menu and when it is asked for.
func TestWhatCannotBeDoneIsSaid(t *testing.T) {
	for _, c := range []struct {
		name string
		make func() Frame
		kind sim.FaultKind
		want string
	}{
		{"a lane without a lock", func() Frame { return twoLanes(6) }, sim.Expire, "none takes no lock"},
		{"a lock without a lease", deadHolders, sim.Expire, "this lane's lock has no lease"},
		{"a client that has crashed", deadHolders, sim.Pause, "c3 has crashed: choose another, or r starts again"},
		{"a Redis of somebody else", func() Frame {
			f := twoLanes(6)
			source, err := backend.Parse("redis://localhost:6379")
			if err != nil {
				panic(err)
			}
			f.Config.Source = source
			return f
		}, sim.Restart, "this Redis is not locktop's own: use --redis embedded or spawn"},
		{"a lane that is over", func() Frame {
			f := twoLanes(6)
			s := *f.Snapshots[0]
			s.Stopped = true
			f.Snapshots[0] = &s
			return f
		}, sim.Jump, "this lane is over: r starts again"},
		{"a lease that has been stretched away", func() Frame {
			f := twoLanes(6)
			f.Focus = 1
			s := *f.Snapshots[1]
			s.Lease = 0
			f.Snapshots[1] = &s
			return f
		}, sim.Expire, "at this speed leases do not run"},
		{"all is well", func() Frame { return twoLanes(6) }, sim.Pause, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := c.make()
			f.Over = FaultMenu
			if got := f.refusal(c.kind.Usual(f.Cursor)); !strings.Contains(got, c.want) || c.want == "" && got != "" {
				t.Fatalf("the reason is %q, want %q", got, c.want)
			}
			if picture := text(f, 120, 40); !strings.Contains(picture, c.want) {
				t.Errorf("%q is not in the menu:\n%s", c.want, picture)
			}
		})
	}
}

func TestARealRedisRefusesToRestart(t *testing.T) {
	cfg := sim.Defaults()
	source, err := backend.Parse(redistest.Real(t).URL())
	if err != nil {
		t.Fatal(err)
	}
	cfg.Source = source
	m := running(t, cfg)
	for _, key := range []string{"r", "o"} {
		press(t, m, "f")
		press(t, m, key)
		if !strings.Contains(m.frame.Notice, "use --redis embedded or spawn") {
			t.Errorf("%s: %q is said", key, m.frame.Notice)
		}
	}
	press(t, m, "p")
	m.frame.Pick = slices.Index(sim.PresetNames(), "failover")
	if cmd := press(t, m, "enter"); m.starting || leaves(cmd) || !strings.Contains(m.frame.Notice, "use --redis embedded or spawn") {
		t.Errorf("a preset that cannot run is started, or %q is said", m.frame.Notice)
	}
	press(t, m, "esc")
	for range sim.Strategies() {
		next, _ := nextStrategy(m.frame.Config, 1, +1)
		if m.frame.Config = next; next.Validate() != nil {
			t.Fatalf("s leads to %v, which cannot run there", next.Lanes)
		}
	}
}

func TestPresetsArePicked(t *testing.T) {
	cfg := sim.Defaults()
	cfg.Speed = 2
	m := running(t, cfg)
	m.frame.Focus, m.frame.Cursor = 1, 5
	names := sim.PresetNames()
	press(t, m, "p")
	for _, c := range []struct {
		key  string
		want int
	}{{"down", 1}, {"j", 2}, {"k", 1}, {"up", 0}, {"up", 0}, {"end", len(names) - 1}, {"down", len(names) - 1}, {"home", 0}, {"G", len(names) - 1}, {"home", 0}} {
		if press(t, m, c.key); m.frame.Pick != c.want {
			t.Errorf("%s: preset %d, want %d", c.key, m.frame.Pick, c.want)
		}
	}
	for i, p := range sim.Presets() {
		m.frame.Pick = i
		if !strings.Contains(m.viewNow(), "› "+p.Name) {
			t.Errorf("%s is not shown as selected", p.Name)
		}
		c := watched(p, cfg)
		if c.Source != cfg.Source || c.Speed != cfg.Speed || c.GiveUp || (c.Alerts == 0) == p.Once {
			t.Errorf("%s: %+v", p.Name, c)
		}
	}
	m.frame.Pick = slices.Index(names, "dead-holder")
	cmd := press(t, m, "enter")
	f := &m.frame
	if f.Over != NoOverlay || f.Preset == nil || f.Preset.Name != "dead-holder" || f.Speed != 2 || f.Focus != 0 || f.Cursor != 1 || !m.starting {
		t.Fatalf("not started: %+v", *f)
	}
	m.update(cmd().(tea.BatchMsg)[0]())
	if m.err != nil || m.session == nil || m.session.exp.Config().Lanes[0] != "block:lease=0s" {
		t.Fatalf("error %v", m.err)
	}
	if !strings.Contains(m.viewNow(), "preset dead-holder  ") {
		t.Error("the header does not name the preset")
	}
	press(t, m, "s")
	if !strings.Contains(m.viewNow(), "preset dead-holder, changed") {
		t.Errorf("the header does not say that the preset has been changed:\n%s", m.viewNow())
	}
	press(t, m, "p")
	if names[m.frame.Pick] != "dead-holder" {
		t.Error("the list does not begin at the preset there is")
	}
}

// viewNow is the view, drawn anew.
func (m *model) viewNow() string {
	m.stale = true
	return m.view()
}

func TestAPresetIsHandedOver(t *testing.T) {
	p, _ := sim.PresetNamed("failover")
	m := newModel(t.Context(), watched(p, sim.Defaults()), Options{Preset: &p}, colourless())
	m.update(tea.WindowSizeMsg{Width: 120, Height: 40})
	contains(t, m.view(), "preset failover", "PRESET FAILOVER", p.Title, "LOOK AT", "REMEDY")
	press(t, m, "?")
	contains(t, m.view(), "PRESET FAILOVER", p.Title, "space pause")
}

// TestAFaultStrikesWhereOneChooses: → goes through the points that clients of the lane come to, and back to the usual ones.
func TestAFaultStrikesWhereOneChooses(t *testing.T) {
	cfg := sim.Defaults()
	cfg.Lanes = []string{"atomic", "spin"}
	for lane, want := range [][]sim.Point{
		{sim.AtCommand, sim.AtWrite, ""},
		{sim.AtCommand, sim.AtTry, sim.AtFailed, sim.AtAcquired, sim.AtRead, sim.AtWrite, sim.AtRelease, ""},
	} {
		f := Frame{Config: cfg, Focus: lane, Cursor: 2, Over: FaultMenu}
		for _, at := range want {
			f.FaultAt = f.nextPoint(+1)
			if f.FaultAt != at {
				t.Fatalf("%s: the next point is %q, want %q", cfg.Lanes[lane], f.FaultAt, at)
			}
			fault := f.faultOf(keyed{fault: sim.Pause})
			if at != "" && (fault.At != at || !strings.HasSuffix(f.promise(fault), nextTime[at])) {
				t.Errorf("%s: at %q the key does %v and promises %q", cfg.Lanes[lane], at, fault, f.promise(fault))
			}
			if fault.At == "" && at == "" {
				t.Errorf("%s: the usual pause has no point", cfg.Lanes[lane])
			}
		}
		if back := f.nextPoint(-1); back != want[len(want)-2] {
			t.Errorf("%s: the point before is %q", cfg.Lanes[lane], back)
		}
	}
}

// TestTheSmallFaultMenuSaysWhen, which its footer has no room for.
func TestTheSmallFaultMenuSaysWhen(t *testing.T) {
	f := twoLanes(6)
	f.Over = FaultMenu
	contains(t, text(f, 45, 13), "p pause", "←→ when: each at its usual point")
	f.FaultAt = sim.AtRead
	contains(t, text(f, 45, 13), "←→ when: after its next read")
	f.FaultAt = sim.AtCheck
	contains(t, text(f, 45, 13), "←→ when: between the check and the DEL …")
	f.ASCII = true
	contains(t, text(f, 45, 13), "left/right when: between the check and ~")
}
