package tui

import (
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/muesli/termenv"

	"locktop/lock/redistest"
	"locktop/sim"
	"locktop/tui/chart"
)

var update = flag.Bool("update", false, "write the golden frames anew")

// text draws a frame without colours.
func text(f Frame, w, h int) string {
	return painted(f, w, h, nil)
}

func painted(f Frame, w, h int, pens []chart.Pen) string {
	g := chart.NewGrid(w, h)
	Draw(g, f)
	return g.Paint(pens)
}

// golden compares a frame with the one in testdata.
func golden(t *testing.T, name, frame string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(frame+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := frame + "\n"; got != string(want) {
		t.Errorf("%s differs; go test -update writes it anew.%s", path, differences(got, string(want)))
	}
}

// differences shows the parts of a file that differ, each below the heading that it has there.
func differences(got, want string) string {
	const mark = "\n=== "
	var b strings.Builder
	was := strings.Split("\n"+want, mark)
	for i, part := range strings.Split("\n"+got, mark) {
		if i >= len(was) {
			was = append(was, "")
		}
		if part != was[i] {
			fmt.Fprintf(&b, "\ngot %s\nwant %s", part, was[i])
		}
	}
	return b.String()
}

// allSizes are the sizes that every view is drawn at.
var allSizes = [][2]int{{200, 60}, {120, 40}, {80, 24}, {60, 16}, {30, 8}}

// dress is one of the ways in which frames look.
type dress struct {
	suffix string // of the file
	ascii  bool
	pens   []chart.Pen
}

var (
	plainDresses    = []dress{{"", false, nil}, {"-ascii", true, nil}}
	colouredDresses = []dress{{"-dark", false, Pens(Dark, termenv.TrueColor)}, {"-light", false, Pens(Light, termenv.ANSI256)}}
)

// goldenSizes compares a frame at several sizes with a file for every dress, which holds them all.
func goldenSizes(t *testing.T, name string, f Frame, sizes [][2]int, dresses []dress) {
	for _, d := range dresses {
		t.Run(name+d.suffix, func(t *testing.T) {
			f.ASCII = d.ascii
			var b strings.Builder
			for _, size := range sizes {
				fmt.Fprintf(&b, "=== %d×%d\n%s\n", size[0], size[1], painted(f, size[0], size[1], d.pens))
			}
			golden(t, name+d.suffix, strings.TrimSuffix(b.String(), "\n"))
		})
	}
}

func TestGoldenStates(t *testing.T) {
	for _, c := range []struct {
		name string
		w, h int
		make func() Frame
	}{
		{"starting-80x24", 80, 24, func() Frame {
			f := twoLanes(6)
			f.Snapshots, f.State = nil, Starting
			return f
		}},
		{"nothing-lost-120x40", 120, 40, func() Frame {
			cfg := sim.Defaults()
			cfg.Lease = time.Second
			cfg.Lanes = []string{"spin", "block"}
			spin, block := newLog(0, "spin", 6, cfg.Lease), newLog(1, "block", 6, 0)
			spin.takeTurns(6, 200*ms)
			block.takeTurns(6, 90*ms)
			f := frameOf(cfg, 210*ms, spin, block)
			f.State = Paused
			return f
		}},
		{"back-120x40", 120, 40, func() Frame {
			f := twoLanes(6)
			f.State = Paused
			return lookingBack(f, 700*ms)
		}},
		{"frozen-120x30", 120, 30, func() Frame {
			f := twoLanes(6)
			f.State, f.Backend = Frozen, "redis://localhost:6379/0"
			return f
		}},
		{"help-120x40", 120, 40, func() Frame {
			f := twoLanes(6)
			f.Over = Help
			return f
		}},
		{"help-40x12", 40, 12, func() Frame {
			f := twoLanes(6)
			f.Over = Help
			return f
		}},
		{"second-lane-60x16", 60, 16, func() Frame {
			f := twoLanes(6)
			f.Focus, f.State, f.Notice = 1, Done, "the run is over: r starts it again"
			return f
		}},
		{"replay-120x40", 120, 40, func() Frame { return replayed("run.jsonl", "") }},
		{"replay-80x24", 80, 24, func() Frame { return replayed("a-run-with-a-very-long-name.jsonl.gz", "") }},
		{"damaged-120x40", 120, 40, func() Frame { return replayed("run.jsonl", "line 1234: the log ends here, before its last line") }},
		{"damaged-40x12", 40, 12, func() Frame { return replayed("run.jsonl", "line 1234: the log ends here, before its last line") }},
		{"replay-help-120x40", 120, 40, func() Frame {
			f := replayed("run.jsonl", "")
			f.Over = Help
			return f
		}},
		{"three-lanes-120x40", 120, 40, threeLanes},
		{"three-lanes-80x24", 80, 24, threeLanes},
		{"crowd-120x40", 120, 40, func() Frame { return twoLanes(200) }},
	} {
		t.Run(c.name, func(t *testing.T) { golden(t, c.name, text(c.make(), c.w, c.h)) })
	}
}

func TestGoldenFaults(t *testing.T) {
	for name, make := range map[string]func() Frame{
		"paused":        pausedHolders,
		"hung":          deadHolders,
		"forgotten":     func() Frame { return forgotten("failover:for=200ms") },
		"restarted":     func() Frame { return forgotten("restart") },
		"fault-menu":    faultMenu,
		"preset-picker": presetPicker,
		"changed":       changedLanes,
	} {
		goldenSizes(t, name, make(), [][2]int{{120, 40}, {80, 24}}, plainDresses)
	}
}

func TestGoldenSixteenColours(t *testing.T) {
	f := twoLanes(6)
	golden(t, "race-sixteen", painted(f, 80, 24, Pens(Dark, termenv.ANSI)))
	if frame := painted(f, 80, 24, Pens(Dark, termenv.Ascii)); frame != text(f, 80, 24) {
		t.Errorf("without colours there must be no escape codes:\n%q", frame)
	}
}

// everyFrame are frames that differ in what they show, for what must hold of all.
func everyFrame() map[string]Frame {
	frames := map[string]Frame{
		"race": twoLanes(6), "crowd": twoLanes(200), "one client": twoLanes(1), "three lanes": threeLanes(),
	}
	starting := twoLanes(6)
	starting.Snapshots, starting.State = nil, Starting
	frames["starting"] = starting
	help := threeLanes()
	help.Over = Help
	frames["help"] = help
	back := twoLanes(6)
	back.State, back.Config.Alerts = Paused, 20
	frames["back"] = lookingBack(back, 300*ms)
	odd := twoLanes(6)
	odd.Backend = "redis://キー\x1b[31m.example:6379/0"
	odd.State, odd.Notice = Frozen, "été \u202e 日本"
	odd.Snapshots = odd.Snapshots[:1]
	odd.Cursor, odd.Focus = 6, 1
	frames["odd"] = odd
	unknown := twoLanes(6)
	s := *unknown.Snapshots[0]
	s.Losses = append([]sim.Loss(nil), s.Losses...)
	s.Losses[len(s.Losses)-1].Killer = sim.Update{}
	s.Unknown, s.Foreign, s.Expired = 3, 1, 4
	unknown.Snapshots = []*sim.Snapshot{&s, unknown.Snapshots[1]}
	frames["unknown killer"] = unknown
	frames["paused"], frames["hung"] = pausedHolders(), deadHolders()
	frames["forgotten"], frames["restarted"] = forgotten("failover:for=200ms"), forgotten("restart")
	frames["changed"] = changedLanes()
	frames["fault menu"], frames["presets"] = faultMenu(), presetPicker()
	presetHelp := deadHolders()
	presetHelp.Over = Help
	frames["help of a preset"] = presetHelp
	for name, c := range viewFrames {
		f := c.make()
		f.View = c.view
		frames[name] = f
	}
	stranger := twoLanes(6)
	s2 := *stranger.Snapshots[1]
	s2.Foreign, s2.Verdict = 2, sim.Wrong
	stranger.Snapshots = []*sim.Snapshot{&s2, &s2}
	frames["stranger"] = stranger
	return frames
}

func TestAFrameIsAsLargeAsTheWindow(t *testing.T) {
	var sizes [][2]int
	for w := 1; w <= 60; w++ {
		for h := 1; h <= 60; h++ {
			if (testing.Short() || redistest.Instrumented) && (w+h)%7 != 0 {
				continue
			}
			sizes = append(sizes, [2]int{w, h})
		}
	}
	for w := 61; w <= 400; w += 17 {
		for h := 1; h <= 120; h += 13 {
			sizes = append(sizes, [2]int{w, h})
		}
	}
	for name, f := range everyFrame() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := chart.NewGrid(0, 0)
			for i, size := range sizes {
				w, h := size[0], size[1]
				f.ASCII = i%2 == 1
				g.Resize(w, h)
				Draw(g, f)
				frame := g.Paint(nil)
				lines := strings.Split(frame, "\n")
				if len(lines) != h {
					t.Fatalf("%d×%d: %d lines", w, h, len(lines))
				}
				for _, line := range lines {
					if n := chart.TextWidth(line); n != w {
						t.Fatalf("%d×%d: a line of %d cells: %q", w, h, n, line)
					}
				}
				if f.ASCII {
					for _, b := range []byte(frame) {
						if b > 126 || b < ' ' && b != '\n' {
							t.Fatalf("%d×%d: byte %d in an ASCII frame:\n%s", w, h, b, frame)
						}
					}
				}
			}
		})
	}
}

func TestVerdictsShortenWithoutCuttingNumbers(t *testing.T) {
	f := twoLanes(6)
	lost := fmt.Sprint(f.Snapshots[0].Lost)
	for w := leastWidth; w <= 120; w++ {
		g := chart.NewGrid(w, 1)
		drawVerdicts(g.Area(), &f)
		line := strings.TrimRight(g.Paint(nil), " ")
		if !strings.Contains(line, "✗") || !strings.Contains(line, "✓") || !strings.Contains(line, lost) {
			t.Errorf("%d columns: %q lacks a verdict or the count %s", w, line, lost)
		}
		if !strings.Contains(line, "keeps") || strings.Contains(line, "slower") {
			t.Errorf("%d columns: %q compares the speed with that of a lane that is wrong", w, line)
		}
		if chart.TextWidth(line) == w && w < 60 && !strings.HasSuffix(line, "×") && !strings.HasSuffix(line, "more") {
			t.Errorf("%d columns: %q seems cut", w, line)
		}
	}
}

// TestALittleOffIsNotNothing: an average that is wrong by less than a tenth is not said to be off by −0.0.
func TestALittleOffIsNotNothing(t *testing.T) {
	for off, want := range map[float64]string{
		-8.94: "−8.9", 12: "+12.0", 0.05: "+0.1", -0.04: "−0.04", 0.004: "+0.004", -0.0001: "0.0", 0: "0.0",
	} {
		if got := offText(off); got != want {
			t.Errorf("%v ms: got %q, want %q", off, got, want)
		}
	}
}

func TestClientListsFit(t *testing.T) {
	clients := []int{1, 3, 12, 104}
	for _, c := range []struct {
		count, room int
		want        string
	}{
		{4, 40, "c1 c3 c12 c104"},
		{9, 40, "c1 c3 c12 c104 +5"},
		{4, 13, "c1 c3 c12 +1"},
		{4, 9, "c1 c3 +2"},
		{4, 5, "c1 +3"},
		{4, 4, ""},
		{4, 0, ""},
	} {
		if got := clientList(clients, c.count, c.room); got != c.want {
			t.Errorf("%d clients in %d cells: %q, want %q", c.count, c.room, got, c.want)
		}
	}
}

// TestTimesNeverTakeMoreThanSixCells: columns and counters have no room for more, and what does not fit is cut in front.
func TestTimesNeverTakeMoreThanSixCells(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0ms", 999 * time.Microsecond: "<1ms", time.Millisecond: "1ms", 9999 * time.Millisecond: "9999ms", 10 * time.Second: "10.0s",
		12_345 * time.Millisecond: "12.3s", 999_999 * time.Millisecond: "999.9s", 1000 * time.Second: "1000s", 99_999 * time.Second: "99999s",
		100_000 * time.Second: "27h", math.MaxInt64: "2562047h",
	} {
		if got := millis(d); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
	f := twoLanes(3)
	f.View, f.Focus = ClientsView, 1
	s := *f.Snapshots[1]
	s.Clients = slices.Clone(s.Clients)
	for i, wait := range []time.Duration{12_345 * time.Millisecond, 99_999 * time.Millisecond, 5000 * time.Second} {
		c := &s.Clients[i]
		c.WaitP50, c.WaitP99, c.Waited = wait, wait, wait
	}
	f.Snapshots[1] = &s
	g := chart.NewGrid(120, 40)
	Draw(g, f)
	lines := strings.Split(g.Paint(nil), "\n")
	for _, want := range []string{"12.3s", "99.9s", "5000s"} {
		has := func(line string) bool { return strings.Count(line, " "+want) == 3 }
		if !slices.ContainsFunc(lines, has) {
			t.Errorf("no client has waited %s in its three columns:\n%s", want, strings.Join(lines, "\n"))
		}
	}
}

// TestTheLeaseBarStandsStill, whoever has the lock and however much is left.
func TestTheLeaseBarStandsStill(t *testing.T) {
	for _, lease := range []time.Duration{5 * ms, 50 * ms, 200 * ms, time.Second, 20 * time.Second, 30 * time.Minute, 1000 * time.Hour} {
		ends := map[int]bool{}
		for _, holder := range []int{0, 1} {
			for _, left := range []time.Duration{0, lease / 300, lease / 3, lease} {
				s := sim.Snapshot{Lane: sim.LaneInfo{Locks: true, Clients: 6}, Lease: lease, LeaseLeft: left, Holder: holder}
				g := chart.NewGrid(58, 2)
				drawLease(g.Area(), &s, false)
				row := []rune(strings.Split(g.Paint(nil), "\n")[1])
				end := len(row) - 1
				for end >= 0 && row[end] != '█' && row[end] != '░' {
					end--
				}
				ends[end] = true
			}
		}
		if len(ends) != 1 {
			t.Errorf("with a lease of %v the bar ends in different places: %v", lease, ends)
		}
	}
}

func TestNumbersNeverTakeMoreThanFiveCells(t *testing.T) {
	for n := int64(1); n < 1e12; n *= 3 {
		if s := number(n); len(s) > 5 {
			t.Errorf("%d: %q", n, s)
		}
	}
	if s := number(123_456); s != "123k" {
		t.Errorf("123456: %q", s)
	}
}

func TestTheScaleStandsStill(t *testing.T) {
	curve := func(values ...float64) []*sim.Snapshot {
		s := new(sim.Snapshot)
		for i, v := range values {
			s.Curve = append(s.Curve, sim.CurvePoint{At: time.Duration(i) * ms, Redis: v, True: v})
		}
		return []*sim.Snapshot{s}
	}
	var first Scale
	if first = first.next(curve(40, 60)); first.Min > 40 || first.Max < 60 {
		t.Fatalf("40 and 60 are not within %+v", first)
	}
	if s := first.next(curve(41, 59)); s != first {
		t.Errorf("a little less must not change the scale from %+v to %+v", first, s)
	}
	if s := first.next(curve(40, 90)); s.Max < 90 {
		t.Errorf("the scale %+v does not hold the last value, 90", s)
	}
	if s := first.next(curve(50, 50.5)); s.Max-s.Min > 5 {
		t.Errorf("the scale %+v is still that of a wilder past", s)
	}
	wild := []float64{900}
	for range 300 {
		wild = append(wild, 50, 51)
	}
	if s := (Scale{}).next(curve(wild...)); s.Max > 60 {
		t.Errorf("one wild sample long ago makes the scale %+v", s)
	}
}
