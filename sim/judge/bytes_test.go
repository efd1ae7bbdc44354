package judge

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"locktop/sim"
	"locktop/sim/clean"
)

// FuzzPicture: whatever is written to Redis or stands in a recording, the page is clean, its script is the one that Porcupine
// has written, and what that puts into the page as HTML (the states) holds none.
func FuzzPicture(f *testing.F) {
	for _, seed := range []string{
		"5:1", "5:<img src=x onerror=alert(1)>", "</script><script>alert(1)</script>", "<!--", "&lt;img&gt;", "'\"`", "a\u2028b", "\x1b[2J\u009b", "\xff\xfe", "a\u202eb",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		j := New([]sim.LaneInfo{{Strategy: "none", Own: text, Clients: 3}})
		for i, e := range []sim.Event{
			{Kind: sim.Received, Client: 1, Alert: 1, Latency: time.Millisecond},
			{Kind: sim.Read, Client: 1},
			{Kind: sim.Written, Client: 1, Value: text},
			{Kind: sim.Acked, Client: 1},
			{Kind: sim.Faulted, Client: 1, Text: text},
			{Kind: sim.Rewound, Value: text},
			{Kind: sim.Read, Value: text},
		} {
			e.At = time.Duration(i + 1)
			j.Record(0, e)
		}
		var page strings.Builder
		if err := j.Draw(&page, j.Orders(time.Minute), time.Minute); err != nil {
			t.Fatal(err)
		}
		var empty strings.Builder
		if err := New([]sim.LaneInfo{lane}).Draw(&empty, []sim.Order{sim.Linearizable}, time.Minute); err != nil {
			t.Fatal(err)
		}
		got := page.String()
		if strings.ContainsFunc(strings.ReplaceAll(got, "\n", ""), clean.Unsafe) {
			t.Fatalf("%q: the page is not clean", text)
		}
		if strings.Count(got, "<") != strings.Count(empty.String(), "<") {
			t.Fatalf("%q: there are other tags in the page", text)
		}
		_, after, _ := strings.Cut(got, "const data = ")
		var data struct {
			Partitions []struct {
				History               []struct{ Metadata string }
				PartialLinearizations [][]struct{ StateDescription string }
			}
		}
		if err := json.NewDecoder(strings.NewReader(after)).Decode(&data); err != nil {
			t.Fatal(err)
		}
		states := 0
		for _, part := range data.Partitions {
			for _, h := range part.History {
				if strings.ContainsAny(h.Metadata, "<>&\"'") {
					t.Fatalf("%q: HTML in %s", text, h.Metadata)
				}
			}
			for _, partial := range part.PartialLinearizations {
				for _, step := range partial {
					states++
					if strings.ContainsAny(step.StateDescription, "<>\"'") {
						t.Fatalf("%q: HTML in the state %s", text, step.StateDescription)
					}
				}
			}
		}
		if states == 0 {
			t.Fatal("the picture has no states")
		}
	})
}
