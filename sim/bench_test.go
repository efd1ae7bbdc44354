package sim

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock/redistest"
	"locktop/sim/backend"
	"locktop/sim/clock"
)

// BenchmarkEvents runs a lane at full speed in turn with bare loops that send
// the same commands and keep no account of them, and reports the median of the
// ratios of their times. Keeping account may cost 5 % on a real Redis; the
// embedded one answers in 3 µs, so there the same work weighs more.
func BenchmarkEvents(b *testing.B) {
	for _, name := range []string{"redis", "embedded"} {
		b.Run(name, func(b *testing.B) {
			flag := name
			if name == "redis" {
				flag = redistest.Real(b).URL()
			}
			src, err := backend.Parse(flag)
			if err != nil {
				b.Fatal(err)
			}
			const alerts = 1000
			var bare, lane time.Duration
			var ratios []float64
			for b.Loop() {
				without, with := timeBare(b, src, alerts), timeLane(b, src, alerts)
				bare, lane = bare+without, lane+with
				ratios = append(ratios, float64(with)/float64(without))
			}
			slices.Sort(ratios)
			updates := float64(len(ratios) * alerts * benchClients)
			b.ReportMetric(float64(bare)/updates, "ns/bare-update")
			b.ReportMetric(float64(lane)/updates, "ns/lane-update")
			b.ReportMetric(ratios[len(ratios)/2], "lane/bare")
			b.ReportMetric(0, "ns/op")
		})
	}
}

const benchClients = 8

// timeLane is the time that one lane without a lock takes for its updates.
func timeLane(b *testing.B, src backend.Source, alerts int) time.Duration {
	e := benchLane(b, src, alerts)
	if err := errors.Join(e.Run(b.Context()), e.Close()); err != nil {
		b.Fatal(err)
	}
	return e.Elapsed()
}

// timeBare is the time of bare loops that send the same commands, fed by the
// same cluster: the receipt, GET, SET … GET.
func timeBare(b *testing.B, src backend.Source, alerts int) time.Duration {
	e := benchLane(b, src, alerts)
	e.Resume()
	l, ctx := e.lanes[0], b.Context()
	started := time.Now()
	var wg sync.WaitGroup
	for _, c := range l.clients {
		wg.Go(func() {
			for a := range c.inbox {
				_ = c.noteReceipt(a)
				base, _ := c.redis.Get(ctx, l.averageKey()).Result()
				average, _ := ParseAverage(base)
				_ = l.clock.Sleep(ctx, l.now().work)
				c.redis.SetArgs(ctx, l.averageKey(), average.Add(a.Latency).String(), redis.SetArgs{TTL: keyTTL, Get: true})
			}
		})
	}
	err := l.cluster.run(ctx)
	wg.Wait()
	err = errors.Join(err, l.cluster.retire(ctx, 0))
	took := time.Since(started)
	if err := errors.Join(err, e.Close()); err != nil {
		b.Fatal(err)
	}
	return took
}

func benchLane(b *testing.B, src backend.Source, alerts int) *Experiment {
	cfg := Defaults()
	cfg.Lanes, cfg.Source, cfg.Speed = []string{"none"}, src, clock.Max
	cfg.Clients, cfg.Alerts = benchClients, alerts
	e, err := Open(b.Context(), cfg)
	if err != nil {
		b.Fatal(err)
	}
	return e
}

func BenchmarkRecord(b *testing.B) {
	clk := clock.New(clock.Max)
	defer clk.Close()
	r := NewRecorder(clk, NewBoard(LaneInfo{Critical: true, Clients: benchClients, Locks: true}))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go r.run(ctx)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r.Record(Event{Client: 1, Kind: Attempted, Commands: 1})
		}
	})
}

func BenchmarkApply(b *testing.B) {
	board := NewBoard(LaneInfo{Critical: true, Clients: benchClients})
	var average Average
	base := ""
	for i := range b.N {
		at := time.Duration(i)
		average = average.Add(time.Duration(i%1000) + 1)
		value := average.String()
		board.Apply(Event{At: at, Client: 1, Kind: Received, Latency: time.Duration(i%1000) + 1})
		board.Apply(Event{At: at, Client: 1, Kind: Read, Value: base})
		board.Apply(Event{At: at, Client: 1, Kind: Written, Base: base, Value: value})
		board.Apply(Event{At: at, Client: 1, Kind: Acked, Value: base})
		base = value
	}
}
