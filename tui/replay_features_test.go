package tui

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"locktop/lock/redistest"
	"locktop/sim"
	"locktop/sim/clock"
	"locktop/sim/eventlog"
	"locktop/sim/report"
)

// changeValues are what the settings are changed to, in the middle of a run: to each of them. A new setting needs some here.
var changeValues = map[sim.Setting][]string{
	sim.ChangeStrategy: {"block", "none", "atomic:lane=1", "fenced:lane=2"},
	sim.ChangeClients:  {"12", "2", "1"},
	sim.ChangeWork:     {"1ms", "0s"},
	sim.ChangeRetry:    {"1ms", "0s:lane=2"},
	sim.ChangeLease:    {"1s", "0s", "300ms:lane=2"},
}

// feature is a run that is replayed.
type feature struct {
	name string
	cfg  sim.Config
}

// features has a run for every feature of a run: what is added to their lists is here by itself.
func features(t *testing.T) []feature {
	t.Helper()
	var all []feature
	small := func() sim.Config {
		cfg := sim.Defaults()
		cfg.Clients, cfg.Alerts, cfg.Interval, cfg.GiveUp, cfg.Patience = 4, 5, 20*ms, true, time.Second
		cfg.Deterministic, cfg.Speed = true, clock.Max
		return cfg
	}
	add := func(name string, change func(*sim.Config)) {
		cfg := small()
		change(&cfg)
		if err := cfg.Validate(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, feature{name, cfg})
	}
	for _, s := range sim.Settings() {
		if len(changeValues[s]) == 0 {
			t.Errorf("no value to change %s to: give it some", s)
		}
		for _, value := range changeValues[s] {
			for _, when := range []string{":alert=3", ":after=150ms"} {
				text := string(s) + "=" + value + when
				add("change "+text, func(c *sim.Config) { c.Changes = []sim.Change{parsed(t, text, sim.ParseChange)} })
			}
		}
	}
	for _, k := range sim.FaultKinds() {
		for _, when := range []string{":after=150ms", ":at=command:nth=9"} {
			fault, err := sim.ParseFault(string(k) + when)
			cfg := small()
			if cfg.Lanes = []string{"fenced", "block"}; err != nil || cfg.CheckFault(fault) != nil {
				continue // it does not take that
			}
			add("fault "+string(k)+when, func(c *sim.Config) { c.Lanes, c.Faults = cfg.Lanes, []sim.Fault{fault} })
		}
		if !slices.ContainsFunc(all, func(f feature) bool { return strings.HasPrefix(f.name, "fault "+string(k)+":") }) {
			t.Errorf("no run has the fault %s", k)
		}
	}
	for _, p := range sim.Presets() {
		cfg := p.Config
		cfg.Deterministic, cfg.Speed, cfg.GiveUp = true, clock.Max, true
		all = append(all, feature{"preset " + p.Name, cfg})
	}
	for _, s := range sim.Strategies() {
		add("strategy "+s.Name, func(c *sim.Config) { c.Lanes = []string{s.Name} })
	}
	for _, lane := range []string{"block:lease=1s:work=5ms", "spin:fence=write", "redlock:nodes=3:away=1s", "fenced:replica=synced:retry=1ms"} {
		add("lane "+lane, func(c *sim.Config) { c.Lanes = []string{lane, "none"} })
	}
	for _, speed := range []clock.Speed{4, 64, clock.Max} {
		add("speed "+speed.String(), func(c *sim.Config) { c.Deterministic, c.Speed, c.Alerts = false, speed, 2 })
	}
	add("a change of everything", func(c *sim.Config) {
		for _, s := range sim.Settings() {
			c.Changes = append(c.Changes, parsed(t, string(s)+"="+changeValues[s][0]+":alert=2", sim.ParseChange))
		}
	})
	return all
}

func parsed[T any](t *testing.T, text string, parse func(string) (T, error)) T {
	t.Helper()
	value, err := parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// TestEveryFeatureOfARunIsReplayed: the report of the recording is that of the run, and on the screen every view of it can be
// seen, in its middle and at its end. Features take turns to have every key pressed in a view; of some recordings, it is pressed in
// every view.
func TestEveryFeatureOfARunIsReplayed(t *testing.T) {
	t.Chdir(t.TempDir())
	var keyViews []View
	for view := range View(viewCount) {
		if !redistest.Instrumented || view == RaceView {
			keyViews = append(keyViews, view)
		}
	}
	for i, f := range features(t) {
		t.Run(f.name, func(t *testing.T) {
			if redistest.Instrumented && strings.HasPrefix(f.name, "preset") {
				t.Skip("which spend their time in the server")
			}
			log, want := recordedRun(t, f.cfg)
			seen(t, log, want, View(i%int(viewCount)))
		})
	}
	t.Run("an outage in mid-run", func(t *testing.T) {
		log, _ := recordedRun(t, features(t)[0].cfg)
		log, want, from, to := outage(t, log)
		seen(t, log, want, keyViews...)
		m := replaying(t, log)
		for at, down := range map[time.Duration]bool{from - 1: false, from: true, (from + to) / 2: true, to: false, m.play.end(): false} {
			m.play.seek(at)
			m.look()
			m.stale = true
			frame := m.viewNow()
			if said := strings.Contains(frame, "DISCONNECTED since "+clockText(from)); said != down {
				t.Errorf("at %v, of an outage from %v to %v, DISCONNECTED is said: %v, in\n%s", at, from, to, said, frame)
			}
		}
	})
	t.Run("an error in mid-run", func(t *testing.T) {
		log, _ := recordedRun(t, features(t)[0].cfg)
		log, want := broken(t, log)
		seen(t, log, want, keyViews...)
	})
	t.Run("a recording that is cut off", func(t *testing.T) {
		log, _ := recordedRun(t, features(t)[0].cfg)
		log = log[:len(log)*2/3]
		result, err := eventlog.Fold(readerOf(t, log))
		if err == nil {
			t.Fatal("it is whole")
		}
		seen(t, log, reportOf(t, result), keyViews...)
	})
}

// recordedRun runs and returns the recording and the report.
func recordedRun(t *testing.T, cfg sim.Config) (log []byte, text string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run.jsonl")
	record := eventlog.Recording{Path: path}
	result, err := sim.Race(t.Context(), cfg, record.Begin, func(sim.Result) error { return nil })
	if err := errors.Join(err, record.End(result)); err != nil {
		t.Fatal(err)
	}
	log, err = os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return log, reportOf(t, result)
}

// outage is a recording in whose middle the first lane loses Redis, which comes back
// having forgotten everything, and its report.
func outage(t *testing.T, log []byte) (with []byte, text string, from, to time.Duration) {
	t.Helper()
	const away = 700 * ms
	path := filepath.Join(t.TempDir(), "outage.jsonl")
	r := readerOf(t, log)
	w, err := eventlog.Create(path, r.Header(), false)
	if err != nil {
		t.Fatal(err)
	}
	events := eventsOf(t, log, 0)
	half := len(events) / 2
	from = events[half-1].At
	to = from + away
	for _, e := range events[:half] {
		w.Write(0, e)
	}
	w.Write(0, sim.Event{At: from, Kind: sim.Disconnected, Text: "EOF"})
	w.Write(0, sim.Event{At: to, Kind: sim.Rewound})
	w.Write(0, sim.Event{At: to, Kind: sim.Reconnected})
	for _, e := range events[half:] {
		e.At += away
		w.Write(0, e)
	}
	for _, e := range eventsOf(t, log, 1) {
		w.Write(1, e)
	}
	if err := w.Close(eventlog.End{}); err != nil {
		t.Fatal(err)
	}
	if with, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	result, err := eventlog.Fold(readerOf(t, with))
	if l := result.Lanes[0]; err != nil || l.Outages != 1 || l.Away != away || l.Down {
		t.Fatalf("%d outages, %v away, %v", l.Outages, l.Away, err)
	}
	return with, reportOf(t, result), from, to
}

// broken is a recording whose first lane breaks in its middle, and its report.
func broken(t *testing.T, log []byte) ([]byte, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "broken.jsonl")
	r := readerOf(t, log)
	w, err := eventlog.Create(path, r.Header(), false)
	if err != nil {
		t.Fatal(err)
	}
	events := [2][]sim.Event{eventsOf(t, log, 0), eventsOf(t, log, 1)}
	half := events[0][:len(events[0])/2]
	at := half[len(half)-1].At
	for _, e := range append(slices.Clip(half), sim.Event{At: at, Kind: sim.Broke, Text: "the wire was cut"}, sim.Event{At: at, Kind: sim.Stopped}) {
		w.Write(0, e)
	}
	for _, e := range events[1] {
		w.Write(1, e)
	}
	if err := w.Close(eventlog.End{}); err != nil {
		t.Fatal(err)
	}
	if log, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	result, err := eventlog.Fold(readerOf(t, log))
	if err != nil || result.Lanes[0].Broke == "" {
		t.Fatalf("%+v, %v", result.Lanes[0], err)
	}
	return log, reportOf(t, result)
}

func reportOf(t *testing.T, r sim.Result) string {
	t.Helper()
	var all strings.Builder
	for _, form := range report.Formats() {
		write, err := report.Format(form)
		if err == nil {
			err = write(&all, r)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}

// seen looks at a recording whose report is known, and presses every key in some views.
func seen(t *testing.T, log []byte, want string, keyViews ...View) {
	t.Helper()
	result, _ := eventlog.Fold(readerOf(t, log)) // its error is of the caller's making
	if got := reportOf(t, result); got != want {
		t.Errorf("folded again it is\n%s\nand was\n%s", got, want)
	}
	m := replaying(t, log)
	if got := reportOf(t, m.play.result()); got != want {
		t.Errorf("on the screen it is\n%s\nand was\n%s", got, want)
	}
	end := m.play.end()
	for _, at := range []time.Duration{end / 2, end} {
		for view := range View(viewCount) {
			m.play.stop()
			m.play.seek(at)
			m.frame.View, m.frame.Over, m.stale = view, NoOverlay, true
			m.look()
			if lines := strings.Count(m.viewNow(), "\n") + 1; lines != 40 {
				t.Fatalf("at %v, %s: there are %d lines", at, viewNames[view], lines)
			}
			if !slices.Contains(keyViews, view) {
				continue
			}
			for _, k := range keyMap {
				if k.over == FaultMenu || k.over == PresetMenu {
					continue // which do not open over a recording
				}
				for _, key := range k.Keys() {
					m.play.stop()
					m.play.seek(at)
					m.frame.View, m.frame.Over, m.frame.Focus = view, k.over, min(m.frame.Focus, len(m.frame.Config.Lanes)-1)
					if k.over == Explanation {
						l, ok := m.frame.lossOf(1)
						if !ok {
							continue
						}
						m.frame.told = &l
					}
					m.look()
					press(t, m, key)
					m.stale = true
					if lines := strings.Count(m.viewNow(), "\n") + 1; lines != 40 {
						t.Fatalf("at %v, %s: after %q there are %d lines", at, viewNames[view], key, lines)
					}
					m.closeDrive()
				}
			}
		}
		for i, s := range m.frame.Snapshots {
			if f := &m.frame; m.play.now() == at && (f.Config.Clients < s.Lane.Clients || f.Config.Lanes[i] != s.Lane.Name()) {
				t.Errorf("at %v lane %d is %s with %d clients, and the screen has %v with %d", at, i+1, s.Lane.Name(), s.Lane.Clients, f.Config.Lanes, f.Config.Clients)
			}
		}
	}
	if _, err := m.play.close(context.Background()); err != nil && !strings.Contains(fmt.Sprint(err), "ends here") {
		t.Error(err)
	}
}
