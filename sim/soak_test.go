package sim

import (
	"flag"
	"reflect"
	"runtime"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"locktop/sim/clock"
)

var soak = flag.Duration("soak", 0, "how long TestSoak races at full speed, such as 1h; by default a number of alerts that takes seconds")

const (
	warmAlerts = 2000 // until all that has a bound is full
	soakAlerts = 8000 // of the short form
	heapGrowth = 512 << 10
)

// TestSoak races at full speed on the embedded Redis and compares memory at two
// points of equal load: neither the heap nor the number of keys that the embedded
// Redis remembers may grow with the number of alerts. The long form also keeps tapes,
// as the screen does, and reports once a minute.
func TestSoak(t *testing.T) {
	cfg := Defaults()
	cfg.Speed, cfg.Source = clock.Max, source(t, "embedded")
	cfg.Lanes, cfg.Lease = []string{"none"}, 0
	if *soak > 0 {
		cfg.Lanes = []string{"none", "spin", "block", "fair"}
	}
	e := open(t, cfg)
	if *soak > 0 {
		e.Tapes()
	}
	end := racingOn(t, e)
	if *soak > 0 {
		soakFor(t, e, *soak)
	} else {
		atAlert(t, e, warmAlerts)
		before := settledHeap(t, e)
		atAlert(t, e, warmAlerts+soakAlerts)
		after := settledHeap(t, e)
		t.Logf("%d KB on the heap, %d KB after %d more alerts", before>>10, after>>10, soakAlerts)
		if after > before+heapGrowth {
			t.Errorf("the heap grew from %d to %d bytes with %d alerts", before, after, soakAlerts)
		}
	}
	for _, l := range e.lanes {
		if n := keyVersions(l); n > 4*mostAhead {
			t.Errorf("lane %s: miniredis remembers %d keys after %d alerts", l.Name(), n, l.cluster.sent.Load())
		}
	}
	e.Resume()
	exact(t, "soak", end())
}

// soakFor races for a real time and reports the heap once a minute. From when all tapes
// are full, and drop their oldest events, it may not grow any more.
func soakFor(t *testing.T, e *Experiment, d time.Duration) {
	full := func() bool {
		for _, l := range e.lanes {
			if oldest, _ := l.recorder.tape.Events(); oldest == 0 {
				return false
			}
		}
		return true
	}
	var base uint64
	for begun, last := time.Now(), false; !last; {
		time.Sleep(min(time.Minute, d/10))
		ran := time.Since(begun)
		last = ran >= d
		heap := settledHeap(t, e)
		var sent []int64
		for _, l := range e.lanes {
			sent = append(sent, l.cluster.sent.Load())
		}
		t.Logf("%v: heap %.1f MB, alerts sent by lane %v", ran.Round(time.Second), float64(heap)/(1<<20), sent)
		switch {
		case base == 0 && !full():
		case base == 0:
			base = heap
			t.Logf("%v: all tapes are full", ran.Round(time.Second))
		case heap > base+base/10+heapGrowth:
			t.Errorf("after %v the heap has grown from %d to %d bytes", ran.Round(time.Second), base, heap)
		}
		e.Resume()
	}
	if base == 0 {
		t.Errorf("the tapes are not full after %v: race for longer", d)
	}
}

// atAlert lets the race go on until every lane has sent an alert.
func atAlert(t *testing.T, e *Experiment, alert int64) {
	t.Helper()
	e.Resume()
	for _, l := range e.lanes {
		eventually(t, func() bool { return l.cluster.sent.Load() >= alert },
			func() string { return "the alerts do not come" })
	}
}

// settledHeap pauses the race and returns what is on the heap then.
func settledHeap(t *testing.T, e *Experiment) uint64 {
	t.Helper()
	e.Pause()
	untilStuck(e)
	var m runtime.MemStats
	for range 3 { // what the first leaves to finalizers and pools goes with the others
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// keyVersions is how many keys the embedded Redis of a lane remembers, whether or not
// they exist.
func keyVersions(l *Lane) (n int) {
	server := reflect.ValueOf(l.server).Elem().FieldByName("embedded").Elem()
	m := (*miniredis.Miniredis)(server.FieldByName("m").UnsafePointer())
	m.Lock()
	defer m.Unlock()
	for _, db := range reflect.ValueOf(m).Elem().FieldByName("dbs").Seq2() {
		n += db.Elem().FieldByName("keyVersion").Len()
	}
	return n
}
