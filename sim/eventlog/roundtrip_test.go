package eventlog_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"locktop/sim"
	"locktop/sim/eventlog"
)

// strange are texts that are easily spoilt on the way.
var strange = []string{
	"", "1234.567890:25", `"`, `\`, "\x00\n\r\t\x1f\x7f", "<&>", "\u2028", "é 漢 🙂", "\ufffd", "\xff\xfe", "a\xc3", "{", "null",
	strings.Repeat("x", 1<<20), strings.Repeat("\xff", 1<<10),
}

// fill sets every field of an event to something.
func fill(t *testing.T, random *rand.Rand, e *sim.Event) {
	v := reflect.ValueOf(e).Elem()
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		switch f := v.Field(i); {
		case name == "At" || name == "Client": // which a reader checks
		case name == "Text" && e.Kind == sim.Changed: // as well
			e.Text = "clients=4:after=1s"
		case f.Type() == reflect.TypeFor[sim.Kind]():
			f.SetUint(1 + random.Uint64N(uint64(len(kinds()))))
		case f.Kind() == reflect.String:
			f.SetString(strange[random.IntN(len(strange))])
		case f.CanInt():
			f.SetInt(random.Int64N(1 << (8*f.Type().Size() - 1 - 1)))
			if random.IntN(3) == 0 {
				f.SetInt(-f.Int() / 3)
			}
		case f.CanUint():
			f.SetUint(random.Uint64() >> (64 - 8*f.Type().Size()))
		case f.Kind() == reflect.Bool:
			f.SetBool(true)
		default:
			t.Fatalf("this test can't fill %s, a %s: teach it, and see that the log keeps it", name, f.Type())
		}
	}
}

// kinds are all kinds of event.
func kinds() (kinds []sim.Kind) {
	for k := sim.Kind(1); !strings.HasPrefix(k.String(), "kind("); k++ {
		kinds = append(kinds, k)
	}
	return kinds
}

func TestKindsHaveNames(t *testing.T) {
	known := kinds()
	if len(known) == 0 {
		t.Fatal("no kinds")
	}
	for _, k := range known {
		if got, ok := sim.ParseKind(k.String()); !ok || got != k {
			t.Errorf("%q is parsed as %v, %v", k.String(), got, ok)
		}
	}
	for k := len(known) + 1; k <= math.MaxUint8; k++ {
		if name := sim.Kind(k).String(); !strings.HasPrefix(name, "kind(") {
			t.Errorf("kind %d is %q behind a kind without a name", k, name)
		}
	}
	for _, name := range []string{"", "kind(0)", "Acked", "acked "} {
		if k, ok := sim.ParseKind(name); ok || k != 0 {
			t.Errorf("%q is parsed as %v", name, k)
		}
	}
}

// TestEventsComeBack writes events that have something in every field.
func TestEventsComeBack(t *testing.T) {
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	var want []entry
	at := [2]time.Duration{}
	for range 60 {
		lane := random.IntN(2)
		e := sim.Event{Client: random.IntN(4)}
		fill(t, random, &e)
		if random.IntN(4) == 0 {
			e = sim.Event{Kind: sim.Stopped}
		}
		at[lane] += time.Duration(random.IntN(2) * random.IntN(1e9))
		e.At = at[lane]
		want = append(want, entry{lane, e})
	}
	end := eventlog.End{Elapsed: 12345, Speed: 0.3}
	text := contents(t, write(t, aHeader(), end, want...))
	for line := range strings.Lines(text) {
		if !json.Valid([]byte(line)) {
			t.Errorf("seed %d: no JSON: %s", seed, line)
		}
	}
	h, got, gotEnd, err := read([]byte(text))
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	if !reflect.DeepEqual(h, aHeader()) || gotEnd != end {
		t.Errorf("seed %d: header %+v, end %+v", seed, h, gotEnd)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("seed %d: %d events came back as %d others", seed, len(want), len(got))
		for i := range min(len(got), len(want)) {
			if got[i] != want[i] {
				t.Fatalf("the first of them, %+v, as %+v", want[i], got[i])
			}
		}
	}
}

// TestHeaderKeepsTheConfiguration has another value in every setting; a new one
// must find its way into the header.
func TestHeaderKeepsTheConfiguration(t *testing.T) {
	var want sim.Config
	v := reflect.ValueOf(&want).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i); v.Type().Field(i).Name {
		case "Source": // which a replay has no use for
		case "Lanes":
			want.Lanes = []string{"spin:lease=3s", "redlock"}
		case "Faults":
			want.Faults = []sim.Fault{
				{Kind: sim.Pause, Lane: 1, Client: 2, At: sim.AtWrite, Nth: 3, After: time.Second, For: time.Minute},
				{Kind: sim.Crash}, {Kind: sim.Failover}, {Kind: sim.Restart, Node: 2},
			}
		case "Changes":
			want.Changes = []sim.Change{
				{Setting: sim.ChangeStrategy, Strategy: "block", Lane: 1, After: time.Second}, {Setting: sim.ChangeClients, Clients: 8, Alert: 3},
				{Setting: sim.ChangeWork, Time: time.Millisecond}, {Setting: sim.ChangeLease, Lane: 2},
			}
		default:
			switch {
			case f.CanInt():
				f.SetInt(int64(time.Second) + int64(i))
				if f.Type() == reflect.TypeFor[int]() {
					f.SetInt(int64(i) + 3)
				}
			case f.CanUint():
				f.SetUint(math.MaxUint64 - uint64(i))
			case f.CanFloat():
				f.SetFloat(0.125)
			case f.Kind() == reflect.Bool:
				f.SetBool(true)
			case f.Kind() == reflect.String:
				f.SetString(fmt.Sprint("text ", i))
			default:
				t.Fatalf("this test can't fill %s, a %s: teach it, and add it to the header", v.Type().Field(i).Name, f.Type())
			}
		}
	}
	h, _, _, err := read([]byte(contents(t, write(t, eventlog.NewHeader(want, "redis://there/0", "7.0.15"), eventlog.End{}))))
	if err != nil {
		t.Fatal(err)
	}
	got, err := h.Config()
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("came back as %+v (%v), want %+v", got, err, want)
	}
	if h.Backend != "redis://there/0" || h.Redis != "7.0.15" {
		t.Errorf("backend %q, version %q", h.Backend, h.Redis)
	}
	for i, lane := range h.Lanes() {
		if lane != want.LaneInfo(i) {
			t.Errorf("lane %d came back as %+v, want %+v", i+1, lane, want.LaneInfo(i))
		}
	}
}

// TestLanesWriteAtTheSameTime has several goroutines write, each the events of its
// own lane.
func TestLanesWriteAtTheSameTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.jsonl")
	w, err := eventlog.Create(path, aHeader(), false)
	if err != nil {
		t.Fatal(err)
	}
	const each = 5000
	var wg sync.WaitGroup
	for lane := range 2 {
		wg.Go(func() {
			for i := range each {
				w.Write(lane, sim.Event{At: time.Duration(i), Kind: sim.Read, Client: lane + 1, Value: fmt.Sprint(i)})
			}
		})
	}
	wg.Wait()
	if err := w.Close(eventlog.End{}); err != nil {
		t.Fatal(err)
	}
	_, entries, _, err := read([]byte(contents(t, path)))
	if err != nil || len(entries) != 2*each {
		t.Fatalf("%d events, want %d: %v", len(entries), 2*each, err)
	}
	next := [2]int{}
	for _, e := range entries {
		if e.event.Client != e.lane+1 || e.event.Value != fmt.Sprint(next[e.lane]) {
			t.Fatalf("lane %d has %+v, want number %d", e.lane+1, e.event, next[e.lane])
		}
		next[e.lane]++
	}
}

func BenchmarkWrite(b *testing.B) {
	w, err := eventlog.Create(filepath.Join(b.TempDir(), "run.jsonl"), aHeader(), false)
	if err != nil {
		b.Fatal(err)
	}
	defer w.Abort()
	e := sim.Event{At: 12345678901, Kind: sim.Written, Client: 3, Commands: 1, Value: "1234.567890:25", Base: "1184.567891:24"}
	b.ReportAllocs()
	for b.Loop() {
		w.Write(1, e)
	}
	if err := w.Err(); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkRead(b *testing.B) {
	path := filepath.Join(b.TempDir(), "run.jsonl")
	w, err := eventlog.Create(path, aHeader(), false)
	if err != nil {
		b.Fatal(err)
	}
	const events = 1000
	for i := range events {
		w.Write(1, sim.Event{At: time.Duration(i), Kind: sim.Written, Client: 3, Value: "1234.567890:25", Base: "1184.567891:24"})
	}
	if err := w.Close(eventlog.End{}); err != nil {
		b.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, _, _, err := read(text); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*events), "ns/event")
}
