package tui

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"locktop/sim"
	"locktop/sim/clock"
	"locktop/tui/chart"
)

// What a row shows does not depend on how many tries there were: clients that try again at once leave no row blank.

// articleLoop is the loop of the story: try, fail, and try again at once.
func articleLoop(clients, alerts int) sim.Config {
	cfg := sim.Defaults()
	cfg.Clients, cfg.Alerts, cfg.Retry, cfg.Lease = clients, alerts, 0, 0
	return cfg
}

func presetOf(t *testing.T, name string) sim.Config {
	t.Helper()
	p, ok := sim.PresetNamed(name)
	if !ok {
		t.Fatalf("no preset %s", name)
	}
	return p.Config
}

// raced is a race in virtual time, up to some time, from whose tapes frames are made.
type raced struct {
	cfg    sim.Config
	tapes  []*sim.Tape
	events [][]sim.Event // of each lane
}

func raceUntil(t *testing.T, cfg sim.Config, until time.Duration) raced {
	t.Helper()
	cfg.Speed, cfg.Deterministic = clock.Max, true
	e, err := sim.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	r := raced{cfg, e.Tapes(), make([][]sim.Event, len(cfg.Lanes))}
	r.cfg.Speed = 1
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	e.OnEvent(func(lane int, event sim.Event) {
		r.events[lane] = append(r.events[lane], event)
		if event.At > until {
			cancel()
		}
	})
	if err := errors.Join(e.Run(ctx), e.Close()); err != nil && ctx.Err() == nil {
		t.Fatal(err)
	}
	return r
}

// frame is one of the race at a time, on a screen of some size.
func (r raced) frame(at time.Duration, v View, focus int, s size) Frame {
	f := Frame{Config: r.cfg, Speed: r.cfg.Speed, Backend: "deterministic", State: Paused, Cursor: 1, View: v, Focus: focus}
	for i, view := range f.needs(s) {
		f.Snapshots = append(f.Snapshots, r.tapes[i].At(at, view))
	}
	return f
}

func TestGoldenFloods(t *testing.T) {
	for _, c := range []struct {
		name  string
		cfg   sim.Config
		at    time.Duration
		sizes []size
	}{
		{"flood-article", articleLoop(6, 0), 1905 * ms, []size{{120, 40}, {80, 24}, {60, 16}}},
		{"flood-spin-storm", presetOf(t, "spin-storm"), 170*ms + ms/2, []size{{120, 40}, {80, 24}}},
		{"flood-64", articleLoop(64, 0), 805 * ms, []size{{200, 80}, {120, 40}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			race := raceUntil(t, c.cfg, c.at)
			var b strings.Builder
			for _, s := range c.sizes {
				for _, v := range []View{RaceView, TimelineView} {
					fmt.Fprintf(&b, "=== %s %d×%d\n%s\n", viewNames[v], s.w, s.h, text(race.frame(c.at, v, int(v), s), s.w, s.h))
				}
			}
			golden(t, c.name, strings.TrimSuffix(b.String(), "\n"))
		})
	}
}

// TestNoRowIsBlank goes through a recording of the article's loop in the timeline view, at every zoom, back and forth.
func TestNoRowIsBlank(t *testing.T) {
	for name, cfg := range map[string]sim.Config{
		"article": articleLoop(6, 12), "spin-storm": presetOf(t, "spin-storm"), "64 clients": articleLoop(64, 1),
	} {
		t.Run(name, func(t *testing.T) {
			m := replaying(t, recorded(t, cfg))
			end := m.play.end()
			press(t, m, "2")
			press(t, m, "tab")
			for _, part := range []time.Duration{1, 2} {
				m.lookAt(end * part / 4)
				for range sim.Zooms {
					press(t, m, "z")
				}
				for zoom := range sim.Zooms {
					noRowIsBlank(t, m, fmt.Sprintf("at %v, zoom %d", m.shown(), zoom))
					press(t, m, "left")
					noRowIsBlank(t, m, fmt.Sprintf("before, at %v, zoom %d", m.shown(), zoom))
					press(t, m, "right")
					press(t, m, "Z")
				}
			}
		})
	}
}

// TestNoRowIsBlankLive is the same for a race that runs on, and for looking back at it.
func TestNoRowIsBlankLive(t *testing.T) {
	cfg := articleLoop(6, 0)
	cfg.Lanes = []string{"spin"}
	m := running(t, cfg)
	m.after(700 * ms)
	for _, view := range []string{"1", "2"} {
		press(t, m, view)
		noRowIsBlank(t, m, "live")
		press(t, m, "Z")
		press(t, m, "left")
		noRowIsBlank(t, m, "looking back")
		press(t, m, "g")
	}
}

// TestNoRowIsBlankInACrowd has a thousand clients try again and again.
func TestNoRowIsBlankInACrowd(t *testing.T) {
	const clients, tries = 1000, 400
	log := newLog(0, "spin", clients, 0)
	for c := 1; c <= clients; c++ {
		log.event(5*ms, c, sim.Attempted, 0)
	}
	log.event(6*ms, 1, sim.Granted, 1)
	for i := range tries {
		for c := 2; c <= clients; c++ {
			at := 7*ms + time.Duration(i)*ms + time.Duration(c)*100
			log.event(at, c, sim.Failed, 1)
			log.event(at, c, sim.Attempted, 0)
		}
	}
	cfg := sim.Defaults()
	cfg.Lanes, cfg.Clients = []string{"spin"}, clients
	tape := sim.NewTape(log.info, 0)
	tape.Apply(log.sorted()...)
	m := &model{frame: Frame{Config: cfg, State: Paused, Cursor: 500}, grid: chart.NewGrid(200, 60)}
	for _, v := range []View{RaceView, TimelineView} {
		m.frame.View = v
		for zoom := -6; zoom < 12; zoom++ {
			m.frame.Zoom = zoom
			m.frame.Snapshots = []*sim.Snapshot{tape.At(410*ms, m.frame.needs(m.size())[0])}
			noRowIsBlank(t, m, fmt.Sprintf("%s, zoom %d", viewNames[v], zoom))
		}
	}
}

// noRowIsBlank looks for cells without a sign in the timelines of the focused lane, from the beginning of time on.
func noRowIsBlank(t *testing.T, m *model, when string) {
	t.Helper()
	f := &m.frame
	s := f.snapshot(f.Focus)
	p := planFor(m.size().w, m.size().h, f)
	cells := p.timelineCells(f)
	from := f.edge()/f.perCell() - time.Duration(cells) + 1
	signs := signsFor(false)
	if len(s.Clients) == 0 {
		t.Fatalf("%s: no rows", when)
	}
	for _, c := range s.Clients {
		for x := range cells {
			at := (from + time.Duration(x)) * f.perCell()
			if at < 0 {
				continue
			}
			if r, _ := signs.of(c.Row.At(at)); r == 0 && c.Row.At(at).Phase() != sim.Done {
				t.Fatalf("%s: the row of c%d is blank at %v:\n%s", when, c.Number, at, text(*f, m.size().w, m.size().h))
			}
		}
	}
}
