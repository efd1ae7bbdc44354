package judge

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"locktop/sim"
)

// lane is of three clients.
var lane = sim.LaneInfo{Strategy: "none", Clients: 3}

// schedule makes events of a few words each: "1r" has client 1 receive an alert and
// read, "1w" send its write, "1s" have it executed and acknowledged, "1?" executed
// without a reply, "1x" crash, "1c" ask Redis to compute, "1d" have that done and
// acknowledged; "0r" is the lane's final reading.
func schedule(words string) []sim.Event {
	var (
		events []sim.Event
		redis  string
		base   [4]string
		wrote  [4]string
		sample [4]time.Duration
	)
	say := func(e sim.Event) { e.At = time.Duration(len(events) + 1); events = append(events, e) }
	add := func(to string, latency time.Duration) string {
		was, _ := sim.ParseAverage(to)
		return was.Add(latency).String()
	}
	for i, word := range strings.Fields(words) {
		c := int(word[0] - '0')
		switch word[1] {
		case 'r', 'c':
			sample[c] = time.Duration(1<<i) * time.Microsecond
			if c != 0 {
				say(sim.Event{Kind: sim.Received, Client: c, Alert: i + 1, Latency: sample[c]})
			}
			if word[1] == 'c' {
				say(sim.Event{Kind: sim.Requested, Client: c})
				break
			}
			base[c] = redis
			say(sim.Event{Kind: sim.Read, Client: c, Value: redis})
		case 'w':
			wrote[c] = add(base[c], sample[c])
			say(sim.Event{Kind: sim.Written, Client: c, Base: base[c], Value: wrote[c]})
		case 's':
			say(sim.Event{Kind: sim.Acked, Client: c, Value: redis})
			redis = wrote[c]
		case '?':
			say(sim.Event{Kind: sim.Unknown, Client: c})
			redis = wrote[c]
		case 'x':
			say(sim.Event{Kind: sim.Crashed, Client: c})
		case 'd':
			was := redis
			redis = add(was, sample[c])
			say(sim.Event{Kind: sim.Computed, Client: c, Base: was, Value: redis})
		case 'b': // Redis comes back empty
			redis = ""
			say(sim.Event{Kind: sim.Rewound})
		}
	}
	return events
}

func TestOrders(t *testing.T) {
	for _, c := range []struct {
		sentence, words string
		want            sim.Order
	}{
		{"nothing has happened", "0r", sim.Linearizable},
		{"one after the other", "1r 1w 1s 2r 2w 2s 0r", sim.Linearizable},
		{"two on the same base", "1r 2r 1w 1s 2w 2s 0r", sim.NotLinearizable},
		{"a stale writer brings a branch back, and kills another", "1r 2r 1w 1s 3r 2w 2s 3w 3s 0r", sim.NotLinearizable},
		{"a write that never arrived", "1r 1w 1x 2r 2w 2s 0r", sim.Linearizable},
		{"a write without a reply, that another one is based on", "1r 1w 1? 2r 2w 2s 0r", sim.Linearizable},
		{"a write without a reply, that is the final value", "1r 1w 1? 0r", sim.Linearizable},
		{"a write without a reply, that another one has overwritten", "1r 2r 1w 1? 2w 2s 0r", sim.NotLinearizable},
		{"Redis computes, also without a reply", "1c 2c 2d 3c 1d 3x 0r", sim.Linearizable},
		{"Redis forgets an update", "1r 1w 1s 0b 2r 2w 2s 0r", sim.NotLinearizable},
		{"Redis forgets, and that is all", "1r 1w 1s 0b 0r", sim.NotLinearizable},
		{"Redis forgets, and a writer who knows it better brings it back", "1r 1w 1s 2r 0b 2w 2s 0r", sim.Linearizable},
		{"the log ends before the end", "1r 1w 1s 2r 2w", sim.Linearizable},
	} {
		s, order := both(lane, schedule(c.words))
		if order != c.want || (s.Lost == 0) != (order == sim.Linearizable) {
			t.Errorf("%s: it is %s, want %s, and the ledger has %+v\n%s", c.sentence, order, c.want, s.Totals, told(schedule(c.words)))
		}
	}
}

// TestALongHistoryIsCut: only its beginning is judged, and the bound holds.
func TestALongHistoryIsCut(t *testing.T) {
	j := New([]sim.LaneInfo{lane})
	j.histories[0].most = 2
	for _, e := range schedule("1r 1w 1s 2r 2w 2s 3r 1r 3w 3s 1w 1s 0r") { // the third and the fourth are at odds
		j.Record(0, e)
	}
	if got := j.Orders(time.Minute)[0]; got != sim.Linearizable || len(j.histories[0].updates) != 2 {
		t.Errorf("%s, with %d updates", got, len(j.histories[0].updates))
	}
	var page bytes.Buffer
	if err := j.Draw(&page, []sim.Order{sim.Linearizable}, time.Minute); err != nil || !strings.Contains(page.String(), "the first 2 are judged") {
		t.Errorf("%v, and the picture does not say so", err)
	}
}

func TestThePicture(t *testing.T) {
	lanes := []sim.LaneInfo{lane, {Index: 1, Strategy: "atomic", Clients: 3}}
	path := filepath.Join(t.TempDir(), "picture.html")
	p := &Picture{Path: path}
	j, err := p.Of(lanes)
	if err != nil {
		t.Fatal(err)
	}
	for i, words := range []string{"1r 2r 1w 1s 2w 2s 0b 0r", "1c 2c 2d 1d 0r"} {
		for _, e := range schedule(words) {
			j.Record(i, e)
		}
	}
	result := sim.Result{Lanes: make([]sim.LaneResult, 2)}
	if err := p.End(&result); err != nil {
		t.Fatal(err)
	}
	if a, b := result.Lanes[0].Order, result.Lanes[1].Order; a != sim.NotLinearizable || b != sim.Linearizable {
		t.Errorf("the lanes are %s and %s", a, b)
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"<html", "none c2: record(2µs) = (", "atomic c1: record(1µs) = (", "lane 1, none", "lane 2, atomic",
		"row 4 is the lane's own, rows 5 to 7 are its clients, c1 to c3", "Redis went back to", string(sim.NotLinearizable),
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("no %q in the picture", want)
		}
	}
	for _, nowhere := range []string{filepath.Join(path, "picture.html"), filepath.Join(t.TempDir(), "missing", "picture.html")} {
		if _, err := (&Picture{Path: nowhere}).Of(lanes); err == nil || !strings.Contains(err.Error(), nowhere+": ") {
			t.Errorf("where none can be written, before the run: %v", err)
		}
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("%v are there beside the picture, %v", entries, err)
	}
	if _, err := p.Of(lanes); !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), "--force") {
		t.Errorf("a file that is there: %v", err)
	}
	if err := p.End(&result); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a file that has come to be there: %v", err)
	}
	p.Force = true
	if err := p.End(&result); err != nil {
		t.Errorf("with force: %v", err)
	}
}

// BenchmarkOrders judges a history of 64 clients, as long as they get.
func BenchmarkOrders(b *testing.B) {
	j := New([]sim.LaneInfo{{Strategy: "atomic", Clients: 64}})
	value, text, at := sim.Average{}, "", time.Duration(0)
	for i := range mostUpdates {
		c := 1 + i%64
		value = value.Add(time.Duration(1000 + i))
		for _, e := range []sim.Event{
			{Kind: sim.Received, Latency: time.Duration(1000 + i)}, {Kind: sim.Read, Value: text},
			{Kind: sim.Written, Base: text, Value: value.String()}, {Kind: sim.Acked, Value: text},
		} {
			at++
			e.Client, e.At = c, at
			j.Record(0, e)
		}
		text = value.String()
	}
	for b.Loop() {
		if got := j.Orders(time.Minute)[0]; got != sim.Linearizable {
			b.Fatal(got)
		}
	}
}
