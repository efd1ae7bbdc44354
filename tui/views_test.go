package tui

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"locktop/sim"
	"locktop/tui/chart"
)

// viewFrames are frames of every view. Those that are called as it is are drawn in colours as well.
var viewFrames = map[string]struct {
	view View
	make func() Frame
}{
	"race":     {RaceView, func() Frame { return twoLanes(6) }},
	"timeline": {TimelineView, func() Frame { return twoLanes(6) }},
	"timeline-crowd": {TimelineView, func() Frame {
		f := zoomed(twoLanes(200), TimelineView, 1)
		f.Focus, f.Cursor = 1, 100
		return f
	}},
	"clients": {ClientsView, func() Frame { return twoLanes(6) }},
	"clients-sorted": {ClientsView, func() Frame {
		f := threeLanes()
		f.SortBy, f.Cursor = 3, 20
		return f
	}},
	"clients-crowd": {ClientsView, func() Frame {
		f := twoLanes(200)
		f.SortBy, f.Reversed = len(columns)-1, true
		return f
	}},
	"runs-none": {RunsView, func() Frame { return twoLanes(6) }},
	"runs":      {RunsView, someRuns},
	"runs-compared": {RunsView, func() Frame {
		f := someRuns()
		f.RunLine, f.Marked = 1, [2]int{1, 2}
		return f
	}},
	"runs-of-three-lanes": {RunsView, func() Frame {
		f := someRuns()
		f.Focus, f.Marked = 1, [2]int{3, 1}
		return f
	}},
	"runs-of-every-verdict": {RunsView, everyVerdict},
	"explanation": {RaceView, func() Frame {
		f := twoLanes(6)
		return told(f, 3)
	}},
	"explanation-forgotten": {ClientsView, func() Frame { return told(forgotten("failover:for=200ms"), 2) }},
	"info": {TimelineView, func() Frame {
		f := twoLanes(6)
		f.Over = Info
		return f
	}},
	"history": {HistoryView, func() Frame { return twoLanes(6) }},
	"history-scrolled": {HistoryView, func() Frame {
		f := twoLanes(24)
		f.Line = 30
		return f
	}},
	"history-forgotten": {HistoryView, func() Frame { return forgotten("failover:for=200ms") }},
	"history-restarted": {HistoryView, func() Frame { return forgotten("restart") }},
}

func TestGoldenViews(t *testing.T) {
	for name, c := range viewFrames {
		f := c.make()
		f.View = c.view
		goldenSizes(t, name, f, allSizes, plainDresses)
		if name == viewNames[c.view] {
			goldenSizes(t, name, f, allSizes, colouredDresses)
		}
	}
}

// told is a frame with the explanation of a client's last loss.
func told(f Frame, client int) Frame {
	l, ok := f.lossOf(client)
	if !ok {
		panic("nothing lost")
	}
	f.Cursor, f.Over, f.told = client, Explanation, &l
	return f
}

func TestInfoIsNoLongerThanThreeSentences(t *testing.T) {
	for _, s := range sim.Strategies() {
		for v := range View(viewCount) {
			f := twoLanes(6)
			f.Config.Lanes, f.View = []string{s.Name, "none"}, v
			var text strings.Builder
			for _, line := range f.infoLines(60)[1:] {
				for _, p := range line {
					text.WriteString(p.text)
				}
				text.WriteByte(' ')
			}
			if n := strings.Count(text.String(), ". "); n > 3 || n < 2 {
				t.Errorf("%s, %s: %d sentences: %s", s.Name, viewNames[v], n, text.String())
			}
		}
	}
}

// TestTheHelpTurnsItsPages: where it does not fit, no key is left out of it.
func TestTheHelpTurnsItsPages(t *testing.T) {
	m := &model{frame: someRuns(), grid: chart.NewGrid(40, 12)}
	var all string
	for page := 1; ; page++ {
		press(t, m, "?")
		if m.frame.Over == NoOverlay {
			if page < 3 {
				t.Errorf("%d pages", page-1)
			}
			break
		}
		contains(t, m.viewNow(), fmt.Sprintf("KEYS %d/", page))
		all += m.viewNow()
	}
	contains(t, all, "1 2 3 4 5 the views", "x X crash", "ctrl+z suspend", "q quit", "of getting a turn")
}

// TestFromLossToLoss goes back through all losses of a lane, of which there are more than a snapshot lists, and forward again.
func TestFromLossToLoss(t *testing.T) {
	cfg := sim.Defaults()
	cfg.Lanes, cfg.Speed = []string{"none"}, 16
	m := running(t, cfg)
	m.after(200 * ms)
	for m.frame.Snapshots[0].Lost < 2*sim.Shown {
		m.after(m.frame.now() + 100*ms)
	}
	press(t, m, " ")
	press(t, m, "[")
	moments, before := 0, m.frame.now()+1
	for !strings.Contains(m.frame.Notice, "nothing before") {
		f := &m.frame
		l, ok := lastLoss(f)
		if !f.Back || !ok || f.Snapshots[0].At != f.At || f.At >= before {
			t.Fatalf("moment %d: back %v at %v, after %v; the snapshot is of %v; %q", moments, f.Back, f.At, before, f.Snapshots[0].At, f.Notice)
		}
		if l.Victim.Client != f.Cursor {
			t.Errorf("c%d is selected, and c%d's loss explained", f.Cursor, l.Victim.Client)
		}
		earlier := m.session.tapes[0].At(f.At-1, sim.View{})
		if slices.ContainsFunc(earlier.Losses, func(e sim.Loss) bool { return e.Victim == l.Victim && e.Killer == l.Killer }) {
			t.Errorf("the loss explained at %v was one before", f.At)
		}
		moments, before = moments+1, f.At
		press(t, m, "[")
	}
	if before := m.session.tapes[0].At(m.frame.At-1, sim.View{}).Lost; moments <= sim.Shown || before != 0 {
		t.Errorf("%d moments, and before the first %d are lost", moments, before)
	}
	// What was under way when the race was paused may have been lost since.
	forward := 0
	for m.frame.Back && forward < moments+m.frame.Config.Clients {
		press(t, m, "]")
		forward++
	}
	if m.frame.Back || forward < moments {
		t.Errorf("%d steps forward from the first of %d moments: back %v", forward, moments, m.frame.Back)
	}
	press(t, m, "[")
	press(t, m, "g")
	if m.frame.Back {
		t.Error("g does not return to the present")
	}
	press(t, m, "3")
	press(t, m, "[")
	if v := m.frame.selectedVersion(); v == nil || v.Kept {
		t.Errorf("in the history [ selects %+v", v)
	}
	press(t, m, "enter")
	contains(t, m.viewNow(), "HOW c", " loss of none", "GET → ", "→ OK ✗")
	press(t, m, "esc")
	if m.frame.Over != NoOverlay {
		t.Error("esc does not close the explanation")
	}
}

// TestOldLossesAreExplained, also those of versions that the snapshot does not list any more.
func TestOldLossesAreExplained(t *testing.T) {
	m := running(t, sim.Defaults())
	log := newLog(0, "none", 6, 0)
	log.race(6, 20*time.Second)
	m.session.tapes[0] = sim.NewTape(log.info, 0)
	m.session.tapes[0].Apply(log.sorted()...)
	m.frozen, m.frozenAt = true, 20*time.Second
	press(t, m, "3")
	press(t, m, "end")
	for v := m.frame.selectedVersion(); v == nil || v.Kept; v = m.frame.selectedVersion() {
		press(t, m, "up")
	}
	s, v := m.frame.Snapshots[0], *m.frame.selectedVersion()
	if s.Losses[0].Victim.SentAt <= v.SentAt {
		t.Fatalf("the snapshot lists losses from %v on, and the version is of %v", s.Losses[0].Victim.SentAt, v.SentAt)
	}
	press(t, m, "enter")
	contains(t, m.viewNow(), fmt.Sprintf("HOW %s LOST n=%d", clientName(v.Client), v.Value.Count))
}

// TestAllViewsGoBackTogether, and show at a time what they showed then.
func TestAllViewsGoBackTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := running(t, sim.Defaults())
		m.after(300 * ms)
		press(t, m, " ")
		synctest.Wait() // for replies that were on their way
		m.look()
		at := m.present()
		var then [RunsView]string
		for view := range RunsView {
			m.frame.View, m.frame.Scale = view, Scale{}
			m.look()
			then[view] = inner(m.viewNow())
		}
		press(t, m, " ")
		m.after(800 * ms)
		press(t, m, " ")
		for view := range RunsView {
			m.frame.View, m.frame.Back = view, false
			m.look()
			if inner(m.viewNow()) == then[view] {
				t.Errorf("%s: half a second later, it shows the same", viewNames[view])
			}
			m.frame.Scale = Scale{}
			m.lookAt(at)
			if got := inner(m.viewNow()); got != then[view] {
				was := strings.Split(then[view], "\n")
				for y, line := range strings.Split(got, "\n") {
					if line != was[y] {
						t.Errorf("%s: back at %v, a line is\n%s\nand was\n%s", viewNames[view], at, line, was[y])
					}
				}
			}
		}
	})
}

// inner is a picture without what says that one looks back: the header, the last line, and the heading of the explanation.
func inner(picture string) string {
	lines := strings.Split(picture, "\n")
	lines = slices.DeleteFunc(lines, func(line string) bool { return strings.Contains(line, "UPDATE WAS LOST") })
	return strings.Join(lines[1:len(lines)-1], "\n")
}

// TestScrubbingStopsAtTheOldestRecord, and says so, while the race runs on and pushes it out.
func TestScrubbingStopsAtTheOldestRecord(t *testing.T) {
	m := running(t, sim.Defaults())
	m.session.exp.Pause()
	log := newLog(0, "none", 6, 0)
	log.race(6, 800*time.Second)
	events := log.sorted()
	half := len(events) / 2
	tape := sim.NewTape(log.info, 1)
	tape.Apply(events[:half]...)
	m.session.tapes[0] = tape
	m.frozen, m.frozenAt = true, events[half].At
	oldest, _ := tape.Span()
	if oldest == 0 {
		t.Fatal("the tape drops nothing")
	}
	m.lookAt(oldest + ms)
	press(t, m, "left")
	if m.frame.At != oldest || !strings.Contains(m.viewNow(), "the record begins here, at "+clockText(oldest)) {
		t.Errorf("at %v, the oldest is %v:\n%s", m.frame.At, oldest, m.viewNow())
	}
	press(t, m, "[")
	contains(t, m.viewNow(), "no earlier loss is kept: the record of none begins at "+clockText(oldest))
	tape.Apply(events[half:]...)
	if m.look(); m.frame.At <= oldest || !strings.Contains(m.frame.Notice, clockText(m.frame.At)) {
		t.Errorf("looking at %v, which is no longer there: %q", m.frame.At, m.frame.Notice)
	}
}

// TestTheReadmeHasEveryKey, and every view, in its tables.
func TestTheReadmeHasEveryKey(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "\n## Keys\n")
	section, _, _ := strings.Cut(rest, "\n## ")
	named := map[string]bool{}
	for line := range strings.Lines(section) {
		if cells := strings.Split(line, "|"); len(cells) == 4 {
			for _, word := range strings.FieldsFunc(cells[1], func(r rune) bool { return strings.ContainsRune(" ,`", r) }) {
				named[word] = true
			}
		}
	}
	shown := map[string]string{" ": "space", "left": "←", "right": "→", "up": "↑", "down": "↓", "pgdown": "pgdn", "-": "−"}
	for _, k := range keyMap {
		for _, key := range k.Keys() {
			if sign, ok := shown[key]; ok {
				key = sign
			}
			if k.over == NoOverlay && !named[key] {
				t.Errorf("the README does not explain %s", key)
			}
		}
	}
	for v, name := range viewNames {
		if row := fmt.Sprintf("\n| %d | %s | ", v+1, name); !strings.Contains(string(readme), row) {
			t.Errorf("the README does not have the view %q", name)
		}
	}
}

// TestSortingSelectsTheFirst, and the cursor then moves in the order of the table.
func TestSortingSelectsTheFirst(t *testing.T) {
	f := twoLanes(6)
	f.View = ClientsView
	m := &model{frame: f, grid: chart.NewGrid(120, 40)}
	lost := map[int]int64{}
	for _, c := range f.Snapshots[0].Clients {
		lost[c.Number] = c.Lost
	}
	for columns[m.frame.SortBy].title != "lost" {
		press(t, m, ">")
	}
	before := lost[m.frame.Cursor]
	for range 5 {
		press(t, m, "down")
		if now := lost[m.frame.Cursor]; now > before {
			t.Errorf("c%d, which lost %d, is below one that lost %d", m.frame.Cursor, now, before)
		} else {
			before = now
		}
	}
	press(t, m, "R")
	if n := lost[m.frame.Cursor]; n != before || n == 0 {
		t.Errorf("turned round, the first is c%d, which lost %d", m.frame.Cursor, n)
	}
	press(t, m, "!")
	press(t, m, "<")
	if columns[m.frame.SortBy].title != "kept" || m.frame.Reversed {
		t.Errorf("ordered by %s", columns[m.frame.SortBy].title)
	}
}

// TestNoQuantileIsLongerThanTheLongestWait, although the quantiles are coarser.
func TestNoQuantileIsLongerThanTheLongestWait(t *testing.T) {
	c := sim.ClientView{WaitP50: 300 * ms, WaitP99: 1769 * ms}
	c.Waited = 1704 * ms
	for _, col := range columns {
		if v := time.Duration(col.value(&c)); col.title == "p99" && v != c.Waited || col.title == "p50 wait" && v != 300*ms {
			t.Errorf("%s is %v", col.title, v)
		}
	}
}

// TestAClientMayBeInEveryPhase draws a client that does each thing a client may do, also that it has left: a snapshot can be
// of a moment before the screen knows that the lane has fewer clients.
func TestAClientMayBeInEveryPhase(t *testing.T) {
	named := map[string]bool{}
	for phase := sim.Idle; phase <= sim.Gone; phase++ {
		for view := range View(viewCount) {
			for _, over := range []Overlay{NoOverlay, FaultMenu} {
				f := twoLanes(6)
				f.View, f.Over, f.Cursor = view, over, 2
				for i := range f.Snapshots {
					f.Snapshots[i].Clients[1].Phase, f.Snapshots[i].HolderPhase = phase, phase
				}
				screen := text(f, 120, 40)
				if view != ClientsView || over != NoOverlay {
					continue
				}
				name := phaseNames[phase]
				if named[name] || !strings.Contains(screen, " "+name+" ") {
					t.Errorf("phase %d is called %q:\n%s", phase, name, screen)
				}
				named[name] = true
			}
		}
	}
}

// TestBranchesOfOlderVersionsGoOn has many read a value that is further down than is looked at: each branch goes on to the
// bottom, and none seems to grow from another.
func TestBranchesOfOlderVersionsGoOn(t *testing.T) {
	f := twoLanes(6)
	f.View, f.Focus = HistoryView, 0
	s := *f.Snapshots[0]
	s.History = nil
	for range 4 {
		v := sim.Version{Acked: true, Killer: 2, Parent: -1}
		v.Client, v.Base.Count, v.Value.Count = 1, 9, 10
		s.History = append(s.History, v)
	}
	f.Snapshots = []*sim.Snapshot{&s, f.Snapshots[1]}
	contains(t, text(f, 120, 40), "›  ✗           n=10", "   │ ✗         n=10", "   │ │ ✗       n=10", "   │ │ │ ✗     n=10")
	s.History[0].Base.Count = 0 // it grew from nothing
	frame := text(f, 120, 40)
	contains(t, frame, "›  ✗           n=10", "    ✗           n=10", "   │ ✗         n=10", "   │ │ ✗       n=10")
	if strings.Contains(frame, "│ │ │ ✗") {
		t.Errorf("a branch that has ended goes on:\n%s", frame)
	}
}
