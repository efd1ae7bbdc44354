package tui

import (
	"context"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/muesli/termenv"

	"locktop/sim"
	"locktop/tui/chart"
)

func BenchmarkDraw(b *testing.B) {
	for _, bench := range []struct {
		name string
		f    Frame
		w, h int
	}{
		{"120x40_2x24", twoLanes(24), 120, 40},
		{"200x60_2x24", twoLanes(24), 200, 60},
		{"80x24_2x6", twoLanes(6), 80, 24},
		{"timeline_120x40_24", viewed(TimelineView, 24), 120, 40},
		{"timeline_200x60_1000", viewed(TimelineView, 1000), 200, 60},
		{"history_120x40_24", viewed(HistoryView, 24), 120, 40},
		{"history_200x60_1000", viewed(HistoryView, 1000), 200, 60},
		{"clients_120x40_24", viewed(ClientsView, 24), 120, 40},
		{"clients_200x60_1000", viewed(ClientsView, 1000), 200, 60},
		{"race_200x60_1000", viewed(RaceView, 1000), 200, 60},
	} {
		b.Run(bench.name, func(b *testing.B) {
			g, pens := chart.NewGrid(bench.w, bench.h), Pens(Dark, termenv.TrueColor)
			f := bench.f
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				f.Cursor = 1 + i%2 // no frame is like the one before
				g.Clear()
				Draw(g, f)
				g.Paint(pens)
			}
		})
	}
}

// viewed is the demonstration in one of the views.
func viewed(v View, clients int) Frame {
	f := twoLanes(clients)
	f.View = v
	return f
}

func BenchmarkUnchangedView(b *testing.B) {
	f := twoLanes(24)
	m := newModel(context.Background(), f.Config, Options{}, termenv.NewOutput(io.Discard, termenv.WithProfile(termenv.TrueColor)))
	m.grid.Resize(120, 40)
	m.frame = f
	b.ReportAllocs()
	for b.Loop() {
		m.view()
	}
}

// BenchmarkLookBack is a step back at its dearest, far behind the one before, until it is drawn.
func BenchmarkLookBack(b *testing.B) {
	for _, clients := range []int{24, 1000} {
		b.Run(fmt.Sprint(clients), func(b *testing.B) {
			cfg := sim.Defaults()
			cfg.Lanes, cfg.Clients = []string{"none"}, clients
			log := newLog(0, "none", clients, 0)
			log.race(clients, time.Duration(2400/clients)*time.Second)
			tape := sim.NewTape(log.info, 0)
			tape.Apply(log.sorted()...)
			_, end := tape.Span()
			m := newModel(context.Background(), cfg, Options{}, colourless())
			m.grid.Resize(200, 60)
			m.frame.Back = true
			for i := 0; b.Loop(); i++ {
				m.frame.At = end * time.Duration(1+i%2*2) / 4
				m.frame.Snapshots = []*sim.Snapshot{tape.At(m.frame.At, m.frame.needs(m.size())[0])}
				m.viewNow()
			}
		})
	}
}
