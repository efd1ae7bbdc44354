package tui

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"locktop/sim"
	"locktop/sim/clock"
	"locktop/sim/eventlog"
	"locktop/tui/chart"
)

// replayed is a frame of a recording that has been stopped in its middle.
func replayed(name, damage string) Frame {
	f := twoLanes(6)
	f.State, f.Backend = Paused, name+" (embedded)"
	f.Replay = &Replay{Name: name, End: 2 * f.now(), Damage: damage}
	return f
}

// aRecording is of a race in two lanes, of which the first loses updates.
func aRecording(t *testing.T) []byte {
	t.Helper()
	cfg := sim.Defaults()
	cfg.Clients, cfg.Alerts, cfg.Lease = 3, 6, 0
	return recorded(t, cfg)
}

// recorded returns the recording of a race in virtual time.
func recorded(t *testing.T, cfg sim.Config) []byte {
	t.Helper()
	cfg.Speed, cfg.Deterministic = clock.Max, true
	path := filepath.Join(t.TempDir(), "run.jsonl")
	record := eventlog.Recording{Path: path}
	result, err := sim.Race(t.Context(), cfg, record.Begin, func(sim.Result) error { return nil })
	if err := errors.Join(err, record.End(result)); err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return log
}

// readerOf returns a reader of a log.
func readerOf(t *testing.T, log []byte) *eventlog.Reader {
	t.Helper()
	r, err := eventlog.NewReader(bytes.NewReader(log))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// replaying returns a model of a log that has been read, at 120×40, stopped at its start.
func replaying(t *testing.T, log []byte) *model {
	t.Helper()
	rec := Recording{Name: "run.jsonl", Log: readerOf(t, log)}
	p := newPlayback(t.Context(), rec)
	m := newReplay(t.Context(), rec, p, Options{}, colourless())
	t.Cleanup(func() { p.close(context.Background()) })
	m.update(tea.WindowSizeMsg{Width: 120, Height: 40})
	m.update(m.awaitReading())
	p.stop()
	p.seek(0)
	m.look()
	return m
}

// eventsOf returns the events of a lane of a log.
func eventsOf(t *testing.T, log []byte, lane int) []sim.Event {
	t.Helper()
	r := readerOf(t, log)
	var events []sim.Event
	for {
		i, e, err := r.Next()
		if err != nil {
			return events
		}
		if i == lane {
			events = append(events, e)
		}
	}
}

// TestStepsOfARecording: each step is one reply of the focused lane, and its screen what the fold has there.
func TestStepsOfARecording(t *testing.T) {
	log := aRecording(t)
	for lane := range 2 {
		m := replaying(t, log)
		if lane == 1 {
			press(t, m, "tab")
		}
		board, events, steps := sim.NewBoard(m.frame.laneInfo(lane)), eventsOf(t, log, lane), 0
		for _, e := range events {
			board.Apply(e)
			want := board.Snapshot(0, sim.View{})
			if want.Reply != e {
				continue // it is no reply of a client
			}
			press(t, m, ".")
			steps++
			got := m.frame.snapshot(lane)
			if got.Reply != e || got.Totals != want.Totals || got.Events != want.Events {
				t.Fatalf("lane %d, step %d: the reply is %+v after %d events, want %+v after %d", lane, steps, got.Reply, got.Events, e, want.Events)
			}
			if m.frame.Notice != replyText(got) || m.frame.State != Paused {
				t.Fatalf("lane %d, step %d: it says %q", lane, steps, m.frame.Notice)
			}
		}
		if steps < 30 {
			t.Errorf("lane %d has only %d steps", lane, steps)
		}
		if press(t, m, "."); !strings.Contains(m.frame.Notice, "no later reply in") {
			t.Errorf("after the last step it says %q", m.frame.Notice)
		}
	}
}

// TestLossesOfARecording goes from the end to each loss, and forward again.
func TestLossesOfARecording(t *testing.T) {
	m := replaying(t, aRecording(t))
	press(t, m, "g")
	var back []time.Duration
	for press(t, m, "["); m.frame.Notice == ""; press(t, m, "[") {
		back = append(back, m.shown())
		told, ok := lastLoss(&m.frame)
		before := m.play.tapes[0].At(m.shown()-1, sim.View{})
		if !ok || reflect.DeepEqual(m.frame.snapshot(0).Losses, before.Losses) || m.frame.Cursor != told.Victim.Client {
			t.Fatalf("at %v, c%d is selected, and the last loss is %+v", m.shown(), m.frame.Cursor, told)
		}
	}
	if !strings.Contains(m.frame.Notice, "none had lost nothing before") || len(back) < 5 {
		t.Errorf("after %d losses it says %q", len(back), m.frame.Notice)
	}
	for i := len(back) - 2; i >= 0; i-- {
		if press(t, m, "]"); m.shown() != back[i] {
			t.Fatalf("the next loss is at %v, want %v", m.shown(), back[i])
		}
	}
	if press(t, m, "]"); !strings.Contains(m.frame.Notice, "has lost nothing after this") {
		t.Errorf("after the last loss it says %q", m.frame.Notice)
	}
}

// TestTheEndOfARecording is the state of the run as it was reported, from which it plays again.
func TestTheEndOfARecording(t *testing.T) {
	log := aRecording(t)
	synctest.Test(t, func(t *testing.T) { testTheEndOfARecording(t, log) }) // where nothing is played while the test looks
}

func testTheEndOfARecording(t *testing.T, log []byte) {
	m := replaying(t, log)
	want, err := eventlog.Fold(readerOf(t, log))
	if err != nil {
		t.Fatal(err)
	}
	if press(t, m, "g"); m.frame.State != Done || m.shown() != m.play.end() {
		t.Errorf("at %v of %v it is %d", m.shown(), m.play.end(), m.frame.State)
	}
	for i, s := range m.frame.Snapshots {
		if s.Totals != want.Lanes[i].Totals || s.Events != want.Lanes[i].Events {
			t.Errorf("lane %d is %+v, want %+v", i, s.Totals, want.Lanes[i].Totals)
		}
	}
	if got := m.play.result(); !reflect.DeepEqual(got, want) {
		t.Errorf("the result is %+v, want %+v", got, want)
	}
	if r := m.frame.Runs; len(r) != 1 || !reflect.DeepEqual(r[0].Result, want) {
		t.Errorf("there are %d runs", len(r))
	}
	for _, key := range []string{" ", "r"} {
		press(t, m, "g")
		if press(t, m, key); m.frame.State != Live || m.shown() > m.play.end()/2 {
			t.Errorf("after %q it is %d, at %v", key, m.frame.State, m.shown())
		}
		for m.frame.State == Live {
			time.Sleep(time.Millisecond)
			m.update(tickMsg{m.ticks})
		}
		if m.frame.State != Done || m.play.playing() {
			t.Errorf("having played to its end it is %d", m.frame.State)
		}
	}
}

// TestTimeControlsOfARecording: it plays, stops, goes faster and slower, and is wound.
func TestTimeControlsOfARecording(t *testing.T) {
	log := aRecording(t)
	synctest.Test(t, func(t *testing.T) { testTimeControlsOfARecording(t, log) }) // where nothing is played while the test looks
}

func testTimeControlsOfARecording(t *testing.T, log []byte) {
	m := replaying(t, log)
	if press(t, m, "left"); m.shown() != 0 || m.frame.Notice != "this is the beginning" {
		t.Errorf("at %v it says %q", m.shown(), m.frame.Notice)
	}
	for range 3 {
		press(t, m, "right")
	}
	at := m.shown()
	if at == 0 || at > m.play.end()/2 || m.frame.Notice != "" {
		t.Errorf("wound to %v, and it says %q", at, m.frame.Notice)
	}
	press(t, m, "left")
	if press(t, m, "right"); m.shown() != at {
		t.Errorf("back and forward is %v, want %v", m.shown(), at)
	}
	slow := m.frame.Speed
	if press(t, m, "+"); m.frame.Speed <= slow || m.play.clock.Speed() != m.frame.Speed {
		t.Errorf("faster than %v is %v, and plays at %v", slow, m.frame.Speed, m.play.clock.Speed())
	}
	for range 20 {
		press(t, m, "+")
	}
	if m.frame.Speed == clock.Max || m.frame.Notice == "" {
		t.Errorf("the fastest is %v, and it says %q", m.frame.Speed, m.frame.Notice)
	}
	for range 20 {
		press(t, m, "-")
	}
	press(t, m, " ")
	if m.frame.State != Live {
		t.Fatalf("it does not play, it is %d", m.frame.State)
	}
	if press(t, m, " "); m.frame.State != Paused && m.frame.State != Done {
		t.Errorf("it does not stop, it is %d", m.frame.State)
	}
	stopped := m.shown()
	if m.look(); m.shown() != stopped {
		t.Error("stopped, it goes on")
	}
}

// TestWhatARecordingCannotDo: keys that change a race say so, and nothing names them.
func TestWhatARecordingCannotDo(t *testing.T) {
	m := replaying(t, aRecording(t))
	unfit := 0
	for view := range View(viewCount) {
		m.frame.View = view
		text := m.viewText()
		m.frame.Over = Help
		text += m.viewText()
		m.frame.Over = NoOverlay
		for _, k := range keyMap {
			if k.of != race {
				continue
			}
			if k.brief != "" && k.command != cmdStep && strings.Contains(text, " "+k.brief+"  ") {
				t.Errorf("%s: the screen names %q", viewNames[view], k.brief)
			}
			if k.Help().Desc != "" && strings.Contains(text, k.Help().Desc) {
				t.Errorf("%s: the help names %q", viewNames[view], k.Help().Desc)
			}
			for _, key := range k.Keys() {
				if m.frame.keyOf(keyMsg(t, key)).command != cmdUnfit {
					continue // it does something else here, or closes what lies over the screen
				}
				unfit++
				before := m.shown()
				m.frame.Notice = ""
				if press(t, m, key); !strings.HasPrefix(m.frame.Notice, "a recording is over") || m.frame.Over != NoOverlay || m.shown() != before {
					t.Errorf("%s: after %q it says %q", viewNames[view], key, m.frame.Notice)
				}
			}
		}
	}
	if unfit < viewCount*12 {
		t.Errorf("only %d keys say so", unfit)
	}
}

// viewText is the whole screen anew.
func (m *model) viewText() string {
	m.stale = true
	return m.view()
}

// TestEveryKeyOfARecording presses every key in every view at every size: a panic fails the test by itself.
func TestEveryKeyOfARecording(t *testing.T) {
	t.Chdir(t.TempDir())
	m := replaying(t, aRecording(t))
	m.frame.Replay.Damage = "line 7: the log ends here, before its last line"
	for _, window := range windows {
		m.update(tea.WindowSizeMsg{Width: window[0], Height: window[1]})
		for view := range View(viewCount) {
			for _, k := range keyMap {
				for _, key := range k.Keys() {
					m.frame.View, m.frame.Over = view, NoOverlay
					press(t, m, key)
					for _, line := range strings.Split(m.viewText(), "\n") {
						if chart.TextWidth(line) != window[0] {
							t.Fatalf("%s, %v: after %q a line is %q", viewNames[view], window, key, line)
						}
					}
				}
			}
		}
	}
}

// TestDamageStaysVisible, also when keys have been pressed.
func TestDamageStaysVisible(t *testing.T) {
	log := aRecording(t)
	m := replaying(t, log[:len(log)/2])
	for view := range View(viewCount) {
		m.frame.View = view
		m.frame.Notice = ""
		if text := m.viewText(); !strings.Contains(text, "DAMAGED line ") || !strings.Contains(text, "REPLAY") || !strings.Contains(text, "run.jsonl (embedded)") {
			t.Errorf("%s:\n%s", viewNames[view], text)
		}
	}
}
