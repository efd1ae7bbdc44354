package tui

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"locktop/sim"
	"locktop/sim/clock"
	"locktop/tui/chart"
)

// monkey plays a model as somebody would who types anything, quickly: keys of all the maps and others, clicks, and windows
// of any size in between. What the model asks for is carried out beside it, as Bubble Tea does, and comes back late. A seed
// gives the same keys; what a race has come to by then is its own.
type monkey struct {
	t    *testing.T
	seed uint64
	rng  *rand.Rand
	m    *model

	ctx     context.Context // of what is carried out
	work    sync.WaitGroup
	replies chan tea.Msg
	typed   []string // the last things that were done
}

func newMonkey(t *testing.T, seed uint64, m *model) *monkey {
	ctx, cancel := context.WithCancel(context.Background())
	k := &monkey{t: t, seed: seed, rng: rand.New(rand.NewPCG(seed, 1)), m: m, ctx: ctx, replies: make(chan tea.Msg)}
	t.Cleanup(func() {
		m.closeDrive()
		if _, err := m.stage.close(); err != nil {
			t.Errorf("seed %d, after %q: %v", seed, k.typed, err)
		}
		cancel()
		k.work.Wait()
	})
	return k
}

// allKeys are those of all the maps, and some that mean nothing.
var allKeys = func() (keys []string) {
	for _, m := range [][]keyed{keyMap[:], stepKeyMap, gridKeyMap} {
		for _, k := range m {
			keys = append(keys, k.Keys()...)
		}
	}
	slices.Sort(keys)
	return append(slices.Compact(keys), "Q", "#", "0", "é", "界")
}()

// plays does a number of things, and looks at the screen after each of them.
func (k *monkey) plays(steps int) {
	k.t.Helper()
	for range steps {
		k.acts()
		k.takes()
		k.looks()
	}
}

// acts does one thing.
func (k *monkey) acts() {
	k.t.Helper()
	s := k.m.size()
	switch n := k.rng.IntN(100); {
	case n < 6:
		w, h := 1+k.rng.IntN(220), 1+k.rng.IntN(70)
		if k.rng.IntN(4) > 0 {
			window := windows[k.rng.IntN(len(windows))]
			w, h = window[0], window[1]
		}
		k.does(fmt.Sprintf("%d×%d", w, h), tea.WindowSizeMsg{Width: w, Height: h})
	case n < 12:
		buttons := []tea.MouseButton{tea.MouseButtonLeft, tea.MouseButtonWheelUp, tea.MouseButtonWheelDown, tea.MouseButtonRight}
		click := tea.MouseMsg{X: k.rng.IntN(max(s.w, 1)), Y: k.rng.IntN(max(s.h, 1)), Button: buttons[k.rng.IntN(len(buttons))]}
		k.does(click.String(), click)
	case n < 20:
		k.does("tick", tickMsg{k.m.ticks})
	case n < 25: // what arrives together is one message
		var runes []rune
		for range 2 + k.rng.IntN(4) {
			if key := []rune(k.key()); len(key) == 1 {
				runes = append(runes, key[0])
			}
		}
		k.does(string(runes), tea.KeyMsg{Type: tea.KeyRunes, Runes: runes, Paste: k.rng.IntN(4) == 0})
	default:
		key := k.key()
		for range 1 + k.rng.IntN(3)*k.rng.IntN(2) {
			k.does(key, keyMsg(k.t, key))
		}
	}
}

// key is any of the keys, but rarely one that takes long, and none that asks for more clients than a test has time for.
func (k *monkey) key() string {
	for {
		key := allKeys[k.rng.IntN(len(allKeys))]
		busy := k.m.frame.Config.Clients >= 24
		if key == "e" && k.rng.IntN(4) > 0 || key == "c" && busy {
			continue
		}
		return key
	}
}

// does has the model take in a message.
func (k *monkey) does(what string, msg tea.Msg) {
	k.typed = append(k.typed, what)
	if n := len(k.typed) - 40; n > 0 {
		k.typed = k.typed[n:]
	}
	k.takesIn(msg)
}

func (k *monkey) takesIn(msg tea.Msg) {
	k.t.Helper()
	var cmd tea.Cmd
	if err := guard(func() error { cmd = k.m.update(msg); return k.m.err }); err != nil {
		k.fails(err.Error())
	}
	k.carryOut(cmd)
}

// carryOut carries out a command, but for leaving: the program goes on.
func (k *monkey) carryOut(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	done := make(chan tea.Msg, 1)
	go func() { done <- cmd() }() // the end of the test does not wait for a tick
	k.work.Go(func() {
		var msg tea.Msg
		select {
		case msg = <-done:
		case <-k.ctx.Done():
			return
		}
		switch batch := msg.(type) {
		case tea.BatchMsg:
			for _, c := range batch {
				k.carryOut(c)
			}
			return
		case startedMsg, endedMsg, searchedMsg, toldMsg, readMsg:
		default:
			if fmt.Sprintf("%T", msg) != "tea.execMsg" {
				return // ticks are the monkey's own
			}
			msg = resumedMsg{}
		}
		select {
		case k.replies <- msg:
		case <-k.ctx.Done():
		}
	})
}

// takes has the model take in what has come of its commands by now.
func (k *monkey) takes() {
	k.t.Helper()
	for {
		select {
		case msg := <-k.replies:
			k.typed = append(k.typed, fmt.Sprintf("%T", msg))
			k.takesIn(msg)
		default:
			return
		}
	}
}

// looks draws the frame, which is as large as the window and has nothing on it that is not meant for people.
func (k *monkey) looks() {
	k.t.Helper()
	var picture string
	if err := guard(func() error { picture = k.m.view(); return nil }); err != nil {
		k.fails(err.Error())
	}
	s := k.m.size()
	lines := strings.Split(picture, "\n")
	if len(lines) != s.h {
		k.fails(fmt.Sprintf("%d lines in a window of %d×%d", len(lines), s.w, s.h))
	}
	for _, line := range lines {
		if chart.TextWidth(line) != s.w {
			k.fails(fmt.Sprintf("in a window of %d×%d a line is %q", s.w, s.h, line))
		}
		for _, odd := range []string{"%!", "NaN", "Inf", "<nil>", "\x1b"} {
			if strings.Contains(line, odd) {
				k.fails(fmt.Sprintf("a line is %q", line))
			}
		}
	}
}

func (k *monkey) fails(how string) {
	k.t.Helper()
	f := &k.m.frame
	k.t.Fatalf("seed %d, view %s, over %d, lanes %v, %d clients, after %q: %s", k.seed, viewNames[f.View], f.Over, f.Config.Lanes, f.Config.Clients, k.typed, how)
}

// monkeySteps is how much is played with each seed.
const monkeySteps = 300

// monkeys is how many seeds are played; more are for the search for what a few do not find: go test ./tui -run Monkey -monkeys 100
var monkeys = flag.Int("monkeys", 1, "how many seeds the monkeys play")

// eachSeed plays a test with every seed.
func eachSeed(t *testing.T, play func(t *testing.T, seed uint64)) {
	t.Helper()
	t.Chdir(t.TempDir()) // for what is exported
	for seed := range uint64(*monkeys) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { play(t, seed) })
	}
}

// TestAMonkeyOnLogs plays on frames from logs, beside a race that is of another configuration.
func TestAMonkeyOnLogs(t *testing.T) {
	for name, frame := range map[string]Frame{
		"one client": twoLanes(1), "two lanes": someRuns(), "three lanes": threeLanes(), "crowd": twoLanes(200),
		"forgotten": forgotten("restart"), "hung": deadHolders(), "changed": changedLanes(),
	} {
		t.Run(name, func(t *testing.T) {
			eachSeed(t, func(t *testing.T, seed uint64) {
				cfg := sim.Defaults()
				cfg.Lanes, cfg.Clients = frame.Config.Lanes, 2
				m := running(t, cfg)
				m.session.exp.Pause()
				m.session.tapes = tapesOf(frame)
				m.frame = frame
				m.frame.State, m.frozen, m.frozenAt = Frozen, true, frame.now()
				m.frame.ASCII = seed%2 == 1
				newMonkey(t, seed, m).plays(monkeySteps)
			})
		})
	}
}

// TestAMonkeyOnARace plays on races that run on.
func TestAMonkeyOnARace(t *testing.T) {
	for name, cfg := range map[string]func(*sim.Config){
		"two lanes":     func(c *sim.Config) {},
		"deterministic": func(c *sim.Config) { c.Deterministic, c.Speed = true, clock.Max },
		"four lanes":    func(c *sim.Config) { c.Lanes = []string{"fair", "block:lease=1s", "fenced", "watch"} },
		"short":         func(c *sim.Config) { c.Lanes, c.Alerts = []string{"atomic"}, 3 },
		"crowd":         func(c *sim.Config) { c.Lanes, c.Clients = []string{"none", "poll"}, 300 },
	} {
		t.Run(name, func(t *testing.T) {
			eachSeed(t, func(t *testing.T, seed uint64) {
				config := sim.Defaults()
				config.Speed, config.Work = 4, time.Millisecond
				cfg(&config)
				newMonkey(t, seed, running(t, config)).plays(monkeySteps)
			})
		})
	}
}

// TestAMonkeyOnARecording plays on a recording, and on what is left of one.
func TestAMonkeyOnARecording(t *testing.T) {
	log := aRecording(t)
	for _, part := range []int{1, 2, 8} {
		t.Run(fmt.Sprint("1 of ", part), func(t *testing.T) {
			eachSeed(t, func(t *testing.T, seed uint64) {
				newMonkey(t, seed, replaying(t, log[:len(log)/part])).plays(monkeySteps)
			})
		})
	}
}
