package eventlog_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"locktop/sim"
	"locktop/sim/eventlog"
	"locktop/sim/judge"
	"locktop/sim/report"
)

// aLog has three events.
func aLog(t testing.TB) string { return eventlog.Sealed(bareLog(t)) }

// bareLog is aLog without its checksums.
func bareLog(t testing.TB) string {
	h := aHeader()
	var b strings.Builder
	b.WriteString(`{"locktop":"event log","version":1,"experiment":{"lanes":["none","spin"],"clients":3,"servers":3,"alerts":5,` +
		`"interval_ns":1,"seed":42,"work_ns":2,"retry_ns":3,"lease_ns":4000000,"lease_floor_ns":5,` +
		`"speed":"max","backend":"embedded","redis_version":"` + h.Redis + `"}}` + "\n")
	b.WriteString(`{"lane":1,"at_ns":10,"kind":"received","client":1,"alert":1,"latency_ns":7}` + "\n")
	b.WriteString(`{"lane":2,"at_ns":5,"kind":"read","client":3,"value":"1.000000:1"}` + "\n")
	b.WriteString(`{"lane":1,"at_ns":10,"kind":"stopped"}` + "\n")
	b.WriteString(`{"end":true,"events":3}` + "\n")
	return b.String()
}

func TestDamage(t *testing.T) {
	for _, c := range []struct {
		name     string
		old, new string // in aLog
		events   int    // readable before it
		want     string
		is       error
	}{
		{"nothing wrong", "", "", 3, "", nil},
		{"no line end at the end", "3}\n", "3}", 3, "", nil},
		{"lines that end in CR LF", "\n", "\r\n", 3, "", nil},
		{"keys in another order", `"kind":"stopped"}`, `"client":0,"kind":"stopped","commands":4}`, 3, "", nil},
		{"an event in pieces", `"kind":"stopped"`, `"kind":"sto`, 2, "line 4: ", nil},
		{"an event cut off, with lines behind it", `"kind":"stopped"}`, `"kind":"stopped"`, 2, "line 4: the line ends in the middle", nil},
		{"an empty line", `{"lane":2`, "\n" + `{"lane":2`, 1, "line 3: the line ends in the middle", nil},
		{"a line too many", `{"end"`, `{"lane":1,"at_ns":10,"kind":"stopped"}` + "\n" + `{"end"`, 4, "line 6: the log should have 3 events, and has 4", nil},
		{"a line too few", `{"lane":1,"at_ns":10,"kind":"stopped"}` + "\n", "", 2, "line 4: the log should have 3 events, and has 2", nil},
		{"two objects in a line", `"stopped"}`, `"stopped"}{}`, 2, "line 4: there is something behind the end of the object", nil},
		{"lines behind the end", `"events":3}`, `"events":3}` + "\n{}", 3, "line 6: there is something behind the end of the log", nil},
		{"an end that is none", `"end":true`, `"end":false`, 3, "line 5: this is no proper end of a log", nil},
		{"an unknown kind", "stopped", "exploded", 2, `line 4: unknown kind of event "exploded"`, nil},
		{"no kind", `"kind":"stopped"`, `"client":1`, 2, "line 4: the event has no kind", nil},
		{"null", `{"lane":1,"at_ns":10,"kind":"stopped"}`, "null", 2, "line 4: the event has no kind", nil},
		{"an unknown key", `"alert"`, `"alarm"`, 0, `line 2: unknown field "alarm"`, nil},
		{"a text for a number", `"client":3`, `"client":"3"`, 1, "line 3: client has a string where it wants a int", nil},
		{"a number for a text", `"value":"1.000000:1"`, `"value":1`, 1, "line 3: ", nil},
		{"a broken number", `"at_ns":5`, `"at_ns":5e99`, 1, "line 3: ", nil},
		{"no lane", `"lane":2,`, "", 1, "line 3: there are lanes 1 to 2, and this is of lane 0", nil},
		{"a lane too many", `"lane":2`, `"lane":3`, 1, "line 3: there are lanes 1 to 2, and this is of lane 3", nil},
		{"a client too many", `"client":3`, `"client":4`, 1, "line 3: there are clients 1 to 3, and this is of client 4", nil},
		{"a client below all", `"client":3`, `"client":-1`, 1, "line 3: there are clients", nil},
		{"a change that cannot be read", `10,"kind":"stopped"`, `10,"kind":"changed","text":"clients=many"`, 2, "line 4: change: clients: want a number", nil},
		{"a time before the start", `"at_ns":5`, `"at_ns":-5`, 1, "line 3: at -5ns, after", nil},
		{"a time that goes back", `10,"kind":"stopped"`, `9,"kind":"stopped"`, 2, "line 4: at 9ns, after an event of the same lane at 10ns", nil},
		{"text that is not UTF-8", "1.000000:1", "1\xff:1", 1, "line 3: the line is not UTF-8", nil},
		{"base64 that is none", `"1.000000:1"`, `{"base64":"?"}`, 1, "line 3: ", nil},
		{"a newer version", `"version":1`, `"version":2,"more":1`, 0, "line 1: the event log is of a newer locktop: its format is version 2, and this one reads up to 1", eventlog.ErrVersion},
		{"no version", `"version":1,`, "", 0, "line 1: there is no version 0 of the format", nil},
		{"another file", `"locktop"`, `"topclock"`, 0, "line 1: this is no event log of locktop", eventlog.ErrNotALog},
		{"an unknown strategy", `"spin"`, `"magic"`, 0, `line 1: lanes: unknown strategy "magic"`, nil},
		{"an unknown setting", `"retry_ns"`, `"retry_s"`, 0, `line 1: experiment: unknown field "retry_s"`, nil},
		{"clients without end", `"clients":3`, `"clients":1000000000`, 0, "line 1: clients: want", nil},
		{"no speed", `"speed":"max"`, `"speed":"0"`, 0, `line 1: clock: "0" is not a speed`, nil},
	} {
		text := strings.ReplaceAll(bareLog(t), c.old, c.new)
		if c.old == "" {
			text = bareLog(t)
		}
		text = eventlog.Sealed(text)
		_, entries, _, err := read([]byte(text))
		var line *eventlog.LineError
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want)):
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		case c.want != "" && (!errors.As(err, &line) || c.is != nil && !errors.Is(err, c.is)):
			t.Errorf("%s: %v is not %v on a line", c.name, err, c.is)
		}
		if len(entries) != c.events {
			t.Errorf("%s: %d events before it, want %d", c.name, len(entries), c.events)
		}
	}
}

// TestChecksums: a line without one is refused, wherever it is and however the log is packed; so is what only looks like one.
func TestChecksums(t *testing.T) {
	whole := strings.SplitAfter(aLog(t), "\n")
	bare := strings.SplitAfter(bareLog(t), "\n")
	at := regexp.MustCompile(`,"crc":"([0-9a-f]{8})"`)
	for n := range bare[:len(bare)-1] {
		for _, c := range []struct {
			name string
			line string
			want string
		}{
			{"none", bare[n], "the line has no checksum"},
			{"another", at.ReplaceAllString(whole[n], `,"crc":"00000000"`), "its checksum does not fit"},
			{"seven digits", at.ReplaceAllStringFunc(whole[n], func(s string) string { return s[:len(s)-2] + `"` }), "the checksum of the line is not one"},
			{"nine digits", at.ReplaceAllString(whole[n], `,"crc":"${1}0"`), "the checksum of the line is not one"},
			{"no digits", at.ReplaceAllString(whole[n], `,"crc":""`), "the checksum of the line is not one"},
			{"a number", at.ReplaceAllString(whole[n], `,"crc":12345678`), "the checksum of the line is not one"},
			{"before the end", strings.Replace(at.ReplaceAllString(whole[n], ""), "{", `{"crc":"00000000",`, 1), ""},
		} {
			text := strings.Join(whole[:n], "") + c.line + strings.Join(whole[n+1:], "")
			if n == 0 && c.name == "none" {
				text = bareLog(t) // as a log that never had any
			}
			for _, packed := range []string{text, string(zipped([]byte(text)))} {
				_, got, _, err := read([]byte(packed))
				if want := fmt.Sprintf("line %d: ", n+1); err == nil || !strings.HasPrefix(err.Error(), want) || !strings.Contains(err.Error(), c.want) {
					t.Errorf("line %d with %s: got %v, want %s%s", n+1, c.name, err, want, c.want)
				}
				if len(got) != max(n-1, 0) {
					t.Errorf("line %d with %s: %d events before it", n+1, c.name, len(got))
				}
			}
		}
	}
}

// sealed has what aLog has, as a [eventlog.Writer] writes it.
func sealed(t *testing.T) string {
	t.Helper()
	h, entries, end, err := read([]byte(aLog(t)))
	if err != nil {
		t.Fatal(err)
	}
	return contents(t, write(t, h, end, entries...))
}

// TestEveryChangeIsFound changes each byte of a log, and the order of its lines.
func TestEveryChangeIsFound(t *testing.T) {
	whole := sealed(t)
	_, all, _, err := read([]byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	wantFound := func(what, text string, line int) {
		t.Helper()
		_, got, _, err := read([]byte(text))
		var at *eventlog.LineError
		if !errors.As(err, &at) || at.Line != line {
			t.Errorf("%s: got %v, want it found on line %d", what, err, line)
		}
		if n := max(line-2, 0); len(got) != min(n, len(all)) || n > 0 && !reflect.DeepEqual(got, all[:n]) {
			t.Errorf("%s: %d events before line %d", what, len(got), line)
		}
	}
	for i := range len(whole) - 1 { // the last line end can do without
		for _, bit := range []byte{1, 2, 16, 32} {
			changed := []byte(whole)
			changed[i] ^= bit
			wantFound(fmt.Sprintf("%q at %d for %q", changed[i], i, whole[i]), string(changed), strings.Count(whole[:i], "\n")+1)
		}
	}
	lines := strings.SplitAfter(strings.TrimSuffix(whole, "\n"), "\n")
	for i := 1; i < len(lines)-1; i++ {
		before, after := strings.Join(lines[:i], ""), strings.Join(lines[i+1:], "")
		wantFound("a line is missing", before+after, i+1)
		wantFound("a line is there twice", before+lines[i]+lines[i]+after, i+2)
		if i+2 < len(lines) {
			wantFound("two lines have changed places", before+lines[i+1]+lines[i]+strings.Join(lines[i+2:], ""), i+1)
		}
	}
	if _, got, _, err := read([]byte(strings.ReplaceAll(whole, "\n", "\r\n"))); err != nil || !reflect.DeepEqual(got, all) {
		t.Errorf("lines that end in CR LF: %v", err)
	}
}

// TestTruncated cuts a log off behind every byte.
func TestTruncated(t *testing.T) {
	testTruncated(t, sealed(t))
}

func testTruncated(t *testing.T, whole string) {
	t.Helper()
	header := strings.Index(whole, "\n")
	_, all, _, err := read([]byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(whole) - 1 { // only the last line end can do without
		_, got, _, err := read([]byte(whole[:n]))
		want := eventlog.ErrTruncated
		if n < header {
			want = eventlog.ErrNotALog
		}
		if !errors.Is(err, want) {
			t.Fatalf("cut off behind %q: %v, want %v", whole[:n], err, want)
		}
		if lines := strings.Count(whole[:n], "\n"); len(got) < lines-1 {
			t.Fatalf("cut off behind %q: only %d events", whole[:n], len(got))
		}
		if len(got) > 0 && !reflect.DeepEqual(got, all[:len(got)]) {
			t.Fatalf("cut off behind %q: other events", whole[:n])
		}
	}
}

func TestReaderReportsWhatItCannotRead(t *testing.T) {
	broken := errors.New("the disk is gone")
	text := aLog(t)
	r, err := eventlog.NewReader(io.MultiReader(strings.NewReader(text[:strings.LastIndex(text, "{")]), iotest.ErrReader(broken)))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := r.Next(); !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "line 5: ") {
		t.Errorf("got %v", err)
	}
	if _, err := eventlog.NewReader(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestReaderBoundsALine(t *testing.T) {
	_, err := eventlog.NewReader(io.LimitReader(zeros{}, 1<<30))
	if err == nil || !strings.Contains(err.Error(), "line 1: the line is longer than") {
		t.Errorf("got %v", err)
	}
}

// zeros is a file without lines.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// FuzzReplay reads anything without a panic, and folds, keeps, judges and reports what
// it can read.
func FuzzReplay(f *testing.F) {
	whole := aLog(f)
	f.Add([]byte(whole))
	f.Add([]byte(whole[:len(whole)-30]))
	bare := bareLog(f)
	f.Add([]byte(bare))
	for _, changed := range []string{
		strings.ReplaceAll(bare, `"1.000000:1"`, `{"base64":"/w=="}`),
		strings.ReplaceAll(bare, `"client":3`, `"client":-3`),
		strings.ReplaceAll(bare, `"events":3`, `"events":1e9`),
		strings.Replace(bare, `{"end"`, everyKind()+`{"end"`, 1),
	} {
		f.Add([]byte(eventlog.Sealed(changed)))
	}
	f.Add(zipped([]byte(whole)))
	f.Add(zipped([]byte(whole))[:50])
	f.Add([]byte("null\n{}\n"))
	f.Add([]byte("\x1f\x8b"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, text []byte) {
		if !bytes.Contains(text, []byte(`"crc"`)) {
			text = []byte(eventlog.Sealed(string(text))) // or nothing behind the first line would be looked at
		}
		r, err := eventlog.NewReader(bytes.NewReader(text))
		if err != nil {
			return
		}
		lanes := r.Header().Lanes()
		if r.Header().Clients > 100 {
			return // a large board for every input would only take time
		}
		var tapes []*sim.Tape
		for _, lane := range lanes {
			tapes = append(tapes, sim.NewTape(lane, 0))
		}
		judge := judge.New(lanes)
		result, _ := eventlog.Fold(r, judge.Record, func(lane int, e sim.Event) { tapes[lane].Apply(e) })
		orders := judge.Orders(time.Millisecond)
		if err := errors.Join(report.JSON(io.Discard, result), report.Text(io.Discard, result), judge.Draw(io.Discard, orders, time.Millisecond)); err != nil {
			t.Error(err)
		}
		for i, tape := range tapes {
			_, events := tape.Events()
			for n := range events + 1 {
				if s := tape.AtEvent(n, sim.View{First: 1, Count: 100, History: 100}); s.Events != n {
					t.Errorf("lane %d: %d events are %d", i+1, n, s.Events)
				}
			}
			if s := tape.AtEvent(events, sim.View{}); s.Totals != result.Lanes[i].Totals {
				t.Errorf("lane %d: kept %+v, folded %+v", i+1, s.Totals, result.Lanes[i].Totals)
			}
		}
	})
}

// everyKind has an event of every kind.
func everyKind() string {
	var b strings.Builder
	for _, k := range kinds() {
		fmt.Fprintf(&b, `{"lane":2,"at_ns":6,"kind":"%s","client":2,"value":"2.000000:2","base":"1.000000:1","text":"pause:for=1s"}`+"\n", k)
	}
	return b.String()
}

func zipped(text []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(text)
	w.Close()
	return b.Bytes()
}

// TestCompressedLogs: a log that is compressed is the same log, and one that is cut
// off is known to be.
func TestCompressedLogs(t *testing.T) {
	_, want, _, err := read([]byte(aLog(t)))
	if err != nil {
		t.Fatal(err)
	}
	packed := zipped([]byte(aLog(t)))
	if _, got, _, err := read(packed); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%d events, want %d: %v", len(got), len(want), err)
	}
	for n := 2; n < len(packed); n++ {
		var line *eventlog.LineError
		if _, _, _, err := read(packed[:n]); !errors.As(err, &line) || !strings.Contains(err.Error(), "the compressed file ends in the middle") {
			t.Fatalf("cut off after %d of %d bytes: %v", n, len(packed), err)
		}
	}
}
