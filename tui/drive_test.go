package tui

import (
	"context"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/muesli/termenv"

	"locktop/lock/redistest"
	"locktop/sim"
	"locktop/sim/explore"
	"locktop/tui/chart"
)

// stepping returns a stepper of a schedule.
func stepping(t *testing.T, schedule string, at int) *stepper {
	t.Helper()
	parsed, err := explore.ParseSchedule(schedule)
	if err != nil {
		t.Fatal(err)
	}
	s, err := openSchedule(parsed, at)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// counted has all orders of the stepper's race counted.
func (s *stepper) counted(t *testing.T) *stepper {
	t.Helper()
	c, ok := s.wanted()
	if !ok {
		return s
	}
	r, err := countOrders(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	s.odds[c] = r
	return s
}

// allOrders returns the whole grid of a race.
func allOrders(t *testing.T, c sim.ArenaConfig) *orders {
	t.Helper()
	o := &orders{arena: c}
	census := &census{arena: c}
	census.run(t.Context(), time.Hour)
	o.take(census)
	if o.failed != "" {
		t.Fatal(o.failed)
	}
	return o
}

// driving returns a model with these screens alone, at 120×40.
func driving(t *testing.T, d DriveOptions) *model {
	t.Helper()
	m, cancel, err := newDriveModel(t.Context(), d, Options{Output: colourless()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(nil); m.closeDrive() })
	m.update(tea.WindowSizeMsg{Width: 120, Height: 40})
	m.settle(m.Init())
	return m
}

// settle carries out commands, and what these lead to, until nothing is searched any more.
func (m *model) settle(cmd tea.Cmd) {
	if m.drive == nil || m.drive.pending == 0 || cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case tea.BatchMsg:
		for _, c := range msg {
			m.settle(c)
		}
	case searchedMsg:
		m.settle(m.update(msg))
	case tickMsg: // which come of themselves
	default:
		m.update(msg)
	}
}

// types presses keys one after the other, and waits for what they have searched.
func (m *model) types(t *testing.T, keys ...string) {
	t.Helper()
	for _, key := range keys {
		m.settle(press(t, m, key))
	}
}

// state is all that is seen of a stepper's race.
func (s *stepper) state() string {
	p := &s.playing
	return fmt.Sprintf("%v %+v %+v %+v %+v %v %v %s", p.Schedule, p.Steps, p.Players, p.Held, p.Outcome, p.Moves, p.Over, p.Sentence())
}

// TestUndoIsWhatWasThereBefore drives races at random, with faults, and takes everything back.
func TestUndoIsWhatWasThereBefore(t *testing.T) {
	const seed = 5
	for i, name := range sim.StrategyNames() {
		t.Run(name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, uint64(i)))
			s, err := newStepper(sim.ArenaConfig{Lane: name, Clients: 3, Expiries: defaultFaults, Crashes: defaultFaults})
			if err != nil {
				t.Fatal(err)
			}
			var states []string
			for range 25 {
				states = append(states, s.state())
				if s.playing.Over {
					break
				}
				m := s.playing.Moves[random.IntN(len(s.playing.Moves))]
				if text := s.make(m); text != "" {
					if name != "redlock" || s.state() != states[len(states)-1] {
						t.Fatalf("seed %d: %v, %v: %s", seed, s.schedule(), m, text)
					}
					states = states[:len(states)-1] // its clients give up when time has passed
				}
			}
			made := s.at
			for n := len(states) - 1; n >= 0; n-- {
				for s.at > n {
					s.undo()
				}
				if got := s.state(); got != states[n] {
					t.Fatalf("seed %d: back at move %d of %v\n%s\nwas\n%s", seed, n, s.moves, got, states[n])
				}
			}
			if s.undo() == "" || s.at != 0 {
				t.Error("there is something before the beginning")
			}
			for s.at < made {
				s.redo()
			}
			if made < len(states) && s.state() != states[made] {
				t.Errorf("seed %d: all made again is not what it was", seed)
			}
			if text := s.restart(); text != "" || s.at != 0 || s.state() != states[0] {
				t.Errorf("from the start: %q, move %d", text, s.at)
			}
			if text := s.toEnd(); text != "" || s.at != made {
				t.Errorf("to the end: %q, move %d", text, s.at)
			}
		})
	}
}

// TestWhoLosesAnUpdate by keys: both read, both write.
func TestWhoLosesAnUpdate(t *testing.T) {
	m := driving(t, DriveOptions{Arena: sim.ArenaConfig{Lane: "none", Clients: 2}})
	contains(t, m.viewNow(), "can you lose an update?", "4 of the 6 orders lose an update", "next GET average", "read nothing yet")
	m.types(t, ".", "down", ".")
	contains(t, m.viewNow(), "next SET average", "read nil: no value yet", "schedule none@2: 1 2")
	m.types(t, ".")
	contains(t, m.viewNow(), "✗ stale")
	m.types(t, "up", ".")
	contains(t, m.viewNow(), "YOU LOST ONE", "2 of 2 updates acked, 1 kept: c1 wrote what it had computed from n=0, and erased c2's sample",
		"4 of the 6 orders lose an update", "✗ erases c2's", "schedule none@2: 1 2 2 1", "OVER, MOVE 4")
	m.types(t, "enter")
	contains(t, m.viewNow(), "WHAT HAPPENED", "c2's sample of 37.2 ms is in no value any more")
	m.types(t, "esc", "u")
	contains(t, m.viewNow(), "MOVE 3 OF 4", "schedule none@2: 1 2 2 │ 1")
	m.types(t, "right")
	contains(t, m.viewNow(), "YOU LOST ONE")
	m.types(t, "r", ".", ".", ".", ".")
	contains(t, m.viewNow(), "YOU LOST ONE") // . follows what was undone
	m.types(t, "r", "1", "1", ".", ".")
	contains(t, m.viewNow(), "NOTHING LOST", "schedule none@2: 1 1 2 2", "but 4 of the 6 orders lose an update: u takes moves back, w shows one")
}

// TestWhatCannotBeDoneByHandIsSaid, in the footer.
func TestWhatCannotBeDoneByHandIsSaid(t *testing.T) {
	for _, c := range []struct {
		lane string
		keys []string
		want string
	}{
		{"none", []string{"u"}, "this is the beginning"},
		{"none", []string{"right"}, "there is no move to make again"},
		{"none", []string{"e"}, "none takes no lock"},
		{"spin:lease=0s", []string{".", "e"}, "this lock has no lease"},
		{"spin", []string{"e"}, "nobody has the lock"},
		{"spin", []string{".", "2", "2"}, "c2 would get the same reply as before"},
		{"block", []string{".", "2", "2", "2", "2"}, "c2 waits in BLPOP"},
		{"fair", []string{".", "2", "2", "2"}, "c2 waits to be given the lock"},
		{"none", []string{"x", "1", "x"}, "c1 has crashed"},
		{"none", []string{"1", "1", "1"}, "c1 has made its update"},
		{"none", []string{"x", "2", "x", "x"}, "c2 has crashed"},
		{"none", []string{"C", "C"}, "there can be 1 to 9 clients"},
	} {
		t.Run(c.lane+" "+strings.Join(c.keys, " "), func(t *testing.T) {
			m := driving(t, DriveOptions{Arena: sim.ArenaConfig{Lane: c.lane, Clients: 2, Expiries: defaultFaults, Crashes: defaultFaults}})
			m.types(t, c.keys...)
			contains(t, m.viewNow(), c.want)
		})
	}
}

// TestOneThatGoesWrongIsShown: the worst that can be had with the fewest faults.
func TestOneThatGoesWrongIsShown(t *testing.T) {
	for _, c := range []struct {
		lane    string
		clients int
		want    []string
	}{
		{"none", 3, []string{"YOU LOST ONE", "the smallest that goes wrong"}},
		{"spin", 2, []string{"YOU LOST ONE", "the lease ends", "of the 302 orders lose an update, if the lease may end once"}},
		{"block:lease=0s", 2, []string{"IT HANGS", "crashes", "the lock is that of c1, which has crashed, and has no lease"}},
		{"atomic", 2, []string{"no order goes wrong, with at most one fault"}},
	} {
		t.Run(c.lane, func(t *testing.T) {
			m := driving(t, DriveOptions{Arena: sim.ArenaConfig{Lane: c.lane, Clients: c.clients, Expiries: defaultFaults, Crashes: defaultFaults}})
			cmd := press(t, m, "w")
			contains(t, m.viewNow(), "looking for one that goes wrong")
			m.settle(cmd)
			contains(t, m.viewNow(), c.want...)
		})
	}
}

// TestAStepperStartsAnewWithOthers when strategy or number of clients change.
func TestAStepperStartsAnewWithOthers(t *testing.T) {
	m := driving(t, DriveOptions{Arena: sim.ArenaConfig{Lane: "none", Clients: 2, Expiries: defaultFaults}})
	m.types(t, ".", "s")
	contains(t, m.viewNow(), "SPIN", "lease 100ms", "schedule spin:lease=100ms@2:", "none of the 8 orders goes wrong")
	m.types(t, "c")
	contains(t, m.viewNow(), "clients 3", "@3:", "none of the 456 orders goes wrong")
	m.types(t, "S", "C", "S")
	contains(t, m.viewNow(), "BROKEN-WAIT", "clients 2")
}

// TestTheGridByKeys looks at all orders, and steps through one.
func TestTheGridByKeys(t *testing.T) {
	m := driving(t, DriveOptions{Arena: sim.ArenaConfig{Lane: "none", Clients: 3}, Grid: true})
	contains(t, m.viewNow(), "84 of 90 orders lose an update", "✓ keep all 6", "1 lose one 36", "2 lose two 48", "›✓", "schedule none@3: 1 1 2 2 3 3")
	m.types(t, "n")
	contains(t, m.viewNow(), "schedule none@3: 1 1 2 3 2 3", "2 kept")
	m.types(t, "enter")
	contains(t, m.viewNow(), "MOVE 0 OF 6", "schedule none@3: │ 1 1 2 3 2 3")
	for range 6 {
		m.types(t, ".")
	}
	contains(t, m.viewNow(), "YOU LOST ONE", "84 of the 90 orders lose an update")
	m.types(t, "esc", "end", "o")
	contains(t, m.viewNow(), "schedule none@3: 3 3 2 2 1 1", "NOTHING LOST")
	m.types(t, "g", "C")
	contains(t, m.viewNow(), "4 of 6 orders lose an update", "1 2 2 1")
	m.types(t, "down", "down", "y")
	if got := m.drive.grid.cursor; got != 2 {
		t.Errorf("two rows down is order %d", got)
	}
	m.types(t, "s", "e")
	contains(t, m.viewNow(), "108 of 302 orders lose an update", "‖ let two in at once 144")
	m.types(t, "x")
	contains(t, m.viewNow(), "crashes 1")
	if cmd := press(t, m, "esc"); !leaves(cmd) {
		t.Error("esc does not leave the grid with which it began")
	}
}

// TestAGridThatIsTooLargeSaysSo, and counts all orders nevertheless.
func TestAGridThatIsTooLargeSaysSo(t *testing.T) {
	if redistest.Instrumented {
		t.Skip("it takes a while, and many times as long")
	}
	o := allOrders(t, sim.ArenaConfig{Lane: "watch", Clients: 3})
	if len(o.cells) != mostOrders || o.counts.Schedules != 52_980 || !o.counts.Complete {
		t.Fatalf("%d cells of %d orders", len(o.cells), o.counts.Schedules)
	}
	g := chart.NewGrid(120, 40)
	drawOrders(g.Area(), o, new(Frame))
	contains(t, g.Paint(nil), "none of 52,980 orders loses an update", "THE FIRST 5,000 ORDERS   page 1 of 6")
}

// TestTheGridIsThatOfExplore, cell by cell.
func TestTheGridIsThatOfExplore(t *testing.T) {
	c := sim.ArenaConfig{Lane: "spin", Clients: 2, Expiries: 1}
	o := allOrders(t, explore.WithLease(c))
	r, err := explore.Run(t.Context(), explore.Options{ArenaConfig: c, Preemptions: -1})
	if err != nil {
		t.Fatal(err)
	}
	outcomes := map[sim.Outcome]uint64{}
	for i, cell := range o.cells {
		outcomes[cell.outcome]++
		if i%5 > 0 {
			continue // each takes some milliseconds
		}
		p, err := explore.Play(o.schedule(i))
		if err != nil {
			t.Fatal(err)
		}
		if p.Outcome != o.cells[i].outcome || !p.Over {
			t.Errorf("%v: the grid has %+v, and played it gives %+v", o.schedule(i), o.cells[i].outcome, p.Outcome)
		}
	}
	if !reflect.DeepEqual(outcomes, r.Outcomes) {
		t.Errorf("the grid has %v, explore %v", outcomes, r.Outcomes)
	}
}

// TestTheServerIsChosen where a client has commands for several.
func TestTheServerIsChosen(t *testing.T) {
	s, err := newStepper(sim.ArenaConfig{Lane: "redlock", Clients: 2})
	if err != nil {
		t.Fatal(err)
	}
	s.nextServer()
	if text, want := s.nextServer(), "c1's next command goes to server 3, of 1 2 3 4 5"; text != want {
		t.Errorf("%q, want %q", text, want)
	}
	s.grant()
	s.grant()
	contains(t, paintedDrive(&drive{step: s, alone: true}, 120, 40, false, nil), "schedule redlock@2: 1/3 1/1", "at 3: SET lock c1", "tab server")
	if s, err = newStepper(sim.ArenaConfig{Lane: "none", Clients: 2}); err != nil || !strings.Contains(s.nextServer(), "no commands for several servers") {
		t.Errorf("error %v; with one server there is a choice", err)
	}
}

// TestASearchThatNobodyWaitsForEnds with the screen.
func TestASearchThatNobodyWaitsForEnds(t *testing.T) {
	m, cancel, err := newDriveModel(t.Context(), DriveOptions{Arena: sim.ArenaConfig{Lane: "fenced", Clients: 4, Expiries: 2, Crashes: 2}, Grid: true}, Options{Output: colourless()})
	if err != nil {
		t.Fatal(err)
	}
	defer cancel(nil)
	m.update(tea.WindowSizeMsg{Width: 120, Height: 40})
	m.Init()
	for deadline := time.Now().Add(patience); len(m.drive.grid.cells) == 0; m.update(tickMsg{m.ticks}) {
		if time.Now().After(deadline) {
			t.Fatal("nothing is ever tried")
		}
		time.Sleep(time.Millisecond)
	}
	contains(t, m.viewNow(), "TRIED ", "tried so far")
	if m.drive.idle() {
		t.Error("the screen does not look while something is tried")
	}
	ended := make(chan struct{})
	go func() { m.closeDrive(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(patience):
		t.Fatal("the search goes on")
	}
}

// TestFromTheRaceAndBack: the race waits meanwhile.
func TestFromTheRaceAndBack(t *testing.T) {
	m := running(t, sim.Defaults())
	press(t, m, "tab")
	press(t, m, "d")
	if m.drive == nil || !m.session.exp.Paused() {
		t.Fatal("d does not open it, or the race goes on")
	}
	contains(t, m.viewNow(), "›step", "SPIN", "q leave")
	press(t, m, "g")
	contains(t, m.viewNow(), "›grid")
	press(t, m, "esc")
	contains(t, m.viewNow(), "›step")
	if cmd := press(t, m, "esc"); m.drive != nil || m.session.exp.Paused() || leaves(cmd) {
		t.Error("esc does not lead back to the race")
	}
	contains(t, m.viewNow(), "›1 race")
	press(t, m, " ")
	press(t, m, "d")
	press(t, m, "q")
	if m.drive != nil || !m.session.exp.Paused() {
		t.Error("a race that was paused before goes on")
	}
	press(t, m, "d")
	if !leaves(press(t, m, "ctrl+c")) {
		t.Error("ctrl+c does not quit")
	}
}

// driveFrames are these screens in several states.
func driveFrames(t *testing.T) map[string]*drive {
	lost := stepping(t, "none@2: 1 2 2 1", 4).counted(t)
	told := &drive{step: lost, alone: true, over: Explanation}
	grid := func(c sim.ArenaConfig, cursor int) *drive {
		o := allOrders(t, c)
		o.move(cursor)
		return &drive{step: stepping(t, "none@2:", 0), grid: o, onGrid: true, home: true, alone: true}
	}
	of := func(schedule string, at int) *drive {
		return &drive{step: stepping(t, schedule, at).counted(t), alone: true}
	}
	crowd := &drive{step: stepping(t, "spin@9: 1 2 3 4 5 6 7 8 9 1", 10)}
	partial := grid(sim.ArenaConfig{Lane: "none", Clients: 3}, 30)
	partial.grid.counts = nil
	help, gridHelp := of("none@2: 1 2", 2), grid(sim.ArenaConfig{Lane: "none", Clients: 2}, 0)
	help.over, gridHelp.over = Help, Help
	return map[string]*drive{
		"step-begin": of("none@2:", 0), "step-undone": of("none@2: 1 2 2 1", 3), "step": {step: lost, alone: true}, "step-told": told,
		"step-lease":   of("spin@2: 1 1 e 2 2 2 1", 7),
		"step-hung":    of("block@2: 1 2 2 x1", 4),
		"step-blocked": of("block@3: 1 2 2 3 3 1 1 1", 8),
		"step-redlock": {step: stepping(t, "redlock@3: 1/1 1/2 2/3 3/4 1/3 2/1", 6)},
		"step-crowd":   crowd, "step-help": help,
		"grid": grid(sim.ArenaConfig{Lane: "none", Clients: 3}, 10), "grid-small": grid(sim.ArenaConfig{Lane: "none", Clients: 2}, 3),
		"grid-lease": grid(sim.ArenaConfig{Lane: "spin:lease=100ms", Clients: 2, Expiries: 1}, 100),
		"grid-hung":  grid(sim.ArenaConfig{Lane: "block", Clients: 2, Crashes: 1}, 5), "grid-under-way": partial, "grid-help": gridHelp,
	}
}

func TestGoldenDrive(t *testing.T) {
	frames := driveFrames(t)
	for name, d := range frames {
		dresses := plainDresses
		if name == "step" || name == "grid" {
			dresses = append(append([]dress{}, dresses...), colouredDresses...)
		}
		for _, dress := range dresses {
			t.Run(name+dress.suffix, func(t *testing.T) {
				var b strings.Builder
				for _, size := range allSizes {
					fmt.Fprintf(&b, "=== %d×%d\n%s\n", size[0], size[1], paintedDrive(d, size[0], size[1], dress.ascii, dress.pens))
				}
				golden(t, "drive-"+name+dress.suffix, strings.TrimSuffix(b.String(), "\n"))
			})
		}
	}
	if frame := paintedDrive(frames["step"], 80, 24, false, Pens(Dark, termenv.Ascii)); strings.Contains(frame, "\x1b") {
		t.Errorf("without colours there must be no escape codes:\n%q", frame)
	}
}

func paintedDrive(d *drive, w, h int, ascii bool, pens []chart.Pen) string {
	g := chart.NewGrid(w, h)
	drawDrive(g.Area(), d, &Frame{ASCII: ascii})
	return g.Paint(pens)
}

// TestTheDriveIsAsLargeAsTheWindow, and ASCII where that is asked for.
func TestTheDriveIsAsLargeAsTheWindow(t *testing.T) {
	for name, d := range driveFrames(t) {
		for w := 1; w <= 200; w += 13 {
			for h := 1; h <= 60; h += 5 {
				ascii := (w+h)%2 == 1
				frame := paintedDrive(d, w, h, ascii, nil)
				lines := strings.Split(frame, "\n")
				if len(lines) != h {
					t.Fatalf("%s, %d×%d: %d lines", name, w, h, len(lines))
				}
				for _, line := range lines {
					if chart.TextWidth(line) != w {
						t.Fatalf("%s, %d×%d: a line of %d cells: %q", name, w, h, chart.TextWidth(line), line)
					}
				}
				if i := strings.IndexFunc(frame, func(r rune) bool { return r > '~' }); ascii && i >= 0 {
					t.Fatalf("%s, %d×%d: not ASCII: %q", name, w, h, frame[i:min(i+20, len(frame))])
				}
			}
		}
	}
}

// TestEveryKeyOfTheDriveDoesSomething, and stands in the help and in the README.
func TestEveryKeyOfTheDriveDoesSomething(t *testing.T) {
	condition := func(m *model) string {
		if m.drive == nil {
			return "left"
		}
		d := m.drive
		text := fmt.Sprint(d.onGrid, d.over, d.page, d.pending, d.step.cursor, d.step.at, d.step.state(), d.step.clients, m.frame.Notice)
		if d.grid != nil {
			text += fmt.Sprint(d.grid.arena, d.grid.cursor)
		}
		return text
	}
	for _, grid := range []bool{false, true} {
		keys := stepKeyMap
		if grid {
			keys = gridKeyMap
		}
		for _, k := range keys {
			for _, key := range k.Keys() {
				schedule, err := explore.ParseSchedule("spin:lease=100ms@2: 1 2 1 1 1")
				if err != nil {
					t.Fatal(err)
				}
				m := driving(t, DriveOptions{Schedule: schedule})
				m.types(t, ".", "up")
				if grid {
					m.drive.grid = &orders{arena: schedule.Arena()}
					m.types(t, "g")
					m.drive.grid.move(5)
				}
				if k.command == cmdSelect && k.client == 1 || k.command == cmdUp && !grid {
					m.types(t, "down")
				}
				if k.command == cmdNextWrong || k.command == cmdPrevWrong {
					m.types(t, "e") // or none goes wrong
					m.drive.grid.move(60)
				}
				before := condition(m)
				cmd := press(t, m, key)
				if k.command == cmdSelect && k.client > 2 || k.command == cmdCopy {
					continue // there is no such client; what is copied, see below
				}
				if condition(m) == before && !leaves(cmd) {
					t.Errorf("grid %v: %q, which the help calls %q, does nothing", grid, key, k.Help().Desc)
				}
			}
		}
	}
}

// TestTheScheduleIsCopied by the sequence that terminals obey.
func TestTheScheduleIsCopied(t *testing.T) {
	var out strings.Builder
	m := driving(t, DriveOptions{Arena: sim.ArenaConfig{Lane: "none", Clients: 2}})
	m.output = termenv.NewOutput(&out)
	m.types(t, ".")
	for _, want := range []string{"none@2: 1", "none@2: 1 1 2 2"} {
		out.Reset()
		told, ok := m.copySchedule()().(toldMsg)
		if code := base64.StdEncoding.EncodeToString([]byte(want)); !ok || !strings.HasSuffix(told.text, ": "+want) || !strings.Contains(out.String(), "]52;c;"+code) {
			t.Errorf("told %q, and the terminal %q, want %s", told.text, out.String(), want)
		}
		m.types(t, "g")
	}
}

// TestTheReadmeHasEveryKeyOfTheDrive in its section.
func TestTheReadmeHasEveryKeyOfTheDrive(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "\n## Step\n")
	section, _, _ := strings.Cut(rest, "\n## ")
	named := map[string]bool{}
	for _, word := range strings.FieldsFunc(section, func(r rune) bool { return strings.ContainsRune(" ,`|;\n", r) }) {
		named[word] = true
	}
	shown := map[string]string{"left": "←", "right": "→", "up": "↑", "down": "↓"}
	for _, k := range stepKeyMap {
		for _, key := range k.Keys() {
			if sign, ok := shown[key]; ok {
				key = sign
			}
			if k.command != cmdSelect && k.command != cmdSuspend && key != "ctrl+c" && !named[key] {
				t.Errorf("the README does not explain %s", key)
			}
		}
	}
}

// TestAScheduleThatCannotBePlayedIsRefused before there is a screen.
func TestAScheduleThatCannotBePlayedIsRefused(t *testing.T) {
	schedule, err := explore.ParseSchedule("none@2: 1 1 1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Drive(context.Background(), DriveOptions{Schedule: schedule}, Options{}); err == nil || !strings.Contains(err.Error(), "move 3: 1 cannot be made here") {
		t.Errorf("error %v", err)
	}
	if _, err := Drive(context.Background(), DriveOptions{Arena: sim.ArenaConfig{Lane: "nonsense", Clients: 2}}, Options{}); err == nil || !strings.Contains(err.Error(), "nonsense") {
		t.Errorf("error %v", err)
	}
}
