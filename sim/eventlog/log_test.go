package eventlog_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"locktop/sim"
	"locktop/sim/eventlog"
)

const ms = time.Millisecond

// aHeader is of two lanes with three clients each.
func aHeader() eventlog.Header {
	cfg := sim.Defaults()
	cfg.Clients, cfg.Alerts = 3, 5
	return eventlog.NewHeader(cfg, "embedded", "miniredis v2")
}

// entry is one event of a log.
type entry struct {
	lane  int
	event sim.Event
}

// write makes a log of entries and returns its path.
func write(t *testing.T, h eventlog.Header, end eventlog.End, entries ...entry) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run.jsonl")
	w, err := eventlog.Create(path, h, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		w.Write(e.lane, e.event)
	}
	if err := w.Close(end); err != nil {
		t.Fatal(err)
	}
	return path
}

func contents(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// read returns everything that can be read of a log; err is nil if that is all
// of it.
func read(text []byte) (h eventlog.Header, entries []entry, end eventlog.End, err error) {
	r, err := eventlog.NewReader(bytes.NewReader(text))
	if err != nil {
		return h, nil, end, err
	}
	for {
		lane, e, err := r.Next()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			if _, _, again := r.Next(); again == nil {
				err = errors.Join(err, errors.New("an error that does not last"))
			}
			return r.Header(), entries, r.End(), err
		}
		entries = append(entries, entry{lane, e})
	}
}

// files names everything in a directory.
func files(t *testing.T, dir string) string {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range all {
		names = append(names, f.Name())
	}
	return fmt.Sprint(names)
}

// TestFormat holds the log to the form that its readers elsewhere rely on.
func TestFormat(t *testing.T) {
	path := write(t, aHeader(), eventlog.End{Elapsed: 64130 * ms, Speed: 0.25},
		entry{0, sim.Event{At: 1500, Kind: sim.Received, Client: 1, Alert: 1, Latency: 51250 * time.Microsecond}},
		entry{1, sim.Event{At: 1200, Kind: sim.Granted, Client: 3, Commands: 2, Lease: 200 * ms}},
		entry{0, sim.Event{At: 1501, Kind: sim.Written, Client: 1, Commands: 1, Value: "51.250000:1", Base: "a \"<b>\n"}},
		entry{0, sim.Event{At: 1501, Kind: sim.Acked, Client: 1, Value: "\xff"}},
		entry{1, sim.Event{At: 1502, Kind: sim.Stopped}},
	)
	const want = `{"locktop":"event log","version":1,"experiment":{"lanes":["none","spin"],"clients":3,"servers":3,"alerts":5,` +
		`"interval_ns":100000000,"seed":42,"work_ns":40000000,"retry_ns":25000000,"lease_ns":200000000,"lease_floor_ns":250000000,"patience_ns":5000000000,` +
		`"speed":"1/4","backend":"embedded","redis_version":"miniredis v2"},"crc":"e4fae708"}
{"lane":1,"at_ns":1500,"kind":"received","client":1,"alert":1,"latency_ns":51250000,"crc":"7a2ec7fd"}
{"lane":2,"at_ns":1200,"kind":"granted","client":3,"commands":2,"lease_ns":200000000,"crc":"175d5092"}
{"lane":1,"at_ns":1501,"kind":"written","client":1,"commands":1,"value":"51.250000:1","base":"a \"\u003cb\u003e\n","crc":"e1df885b"}
{"lane":1,"at_ns":1501,"kind":"acked","client":1,"value":{"base64":"/w=="},"crc":"9dea13a7"}
{"lane":2,"at_ns":1502,"kind":"stopped","crc":"c0f1a8ce"}
{"end":true,"events":5,"elapsed_ns":64130000000,"speed":"1/4","crc":"44082024"}
`
	if got := contents(t, path); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestWriterGivesTheFileItsNameAtTheEnd(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "run.jsonl")
	w, err := eventlog.Create(path, aHeader(), false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before its end the log has its name already: %v", err)
	}
	if err := w.Close(eventlog.End{}); err != nil {
		t.Fatal(err)
	}
	if got := files(t, dir); got != "[run.jsonl]" {
		t.Errorf("left %s", got)
	}
	if err := w.Close(eventlog.End{}); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("closed twice: %v", err)
	}
	w.Write(0, sim.Event{Kind: sim.Stopped})
	if err := w.Abort(); err != nil {
		t.Errorf("aborted when closed: %v", err)
	}
	if got := files(t, dir); got != "[run.jsonl]" {
		t.Errorf("aborting a finished log left %s", got)
	}
}

func TestWriterLeavesNothingWhenAborted(t *testing.T) {
	dir := t.TempDir()
	w, err := eventlog.Create(filepath.Join(dir, "run.jsonl"), aHeader(), false)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(0, sim.Event{Kind: sim.Stopped})
	if err := errors.Join(w.Abort(), w.Abort()); err != nil {
		t.Error(err)
	}
	if got := files(t, dir); got != "[]" {
		t.Errorf("left %s", got)
	}
}

func TestWriterOverwritesOnlyWhenForced(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "run.jsonl")
	put := func() {
		if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put()
	if _, err := eventlog.Create(path, aHeader(), false); !errors.Is(err, fs.ErrExist) {
		t.Errorf("there at the start: %v", err)
	}
	os.Remove(path)
	w, err := eventlog.Create(path, aHeader(), false)
	if err != nil {
		t.Fatal(err)
	}
	put()
	if err := w.Close(eventlog.End{}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("there at the end: %v", err)
	}
	if got := contents(t, path); got != "precious" || files(t, dir) != "[run.jsonl run.jsonl.part]" {
		t.Errorf("what was there is now %q among %s", got, files(t, dir))
	}
	if _, _, _, err := read([]byte(contents(t, path+".part"))); err != nil { // nothing of it is lost
		t.Error(err)
	}
	w, err = eventlog.Create(path, aHeader(), true)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(eventlog.End{}); err != nil {
		t.Error(err)
	}
	if _, _, _, err := read([]byte(contents(t, path))); err != nil || files(t, dir) != "[run.jsonl]" {
		t.Errorf("forced: %v, left %s", err, files(t, dir))
	}
}

func TestWriterRefuses(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	if err := os.Symlink("nowhere", link); err != nil {
		t.Fatal(err)
	}
	bad := aHeader()
	bad.Strategies = []string{"magic"}
	for _, c := range []struct {
		name, path string
		header     eventlog.Header
		want       error
	}{
		{"a directory", dir, aHeader(), fs.ErrExist},
		{"a device", os.DevNull, aHeader(), fs.ErrExist},
		{"a link to nowhere", link, aHeader(), fs.ErrExist},
		{"a name in no directory", filepath.Join(dir, "no", "run.jsonl"), aHeader(), fs.ErrNotExist},
		{"settings that no reader accepts", filepath.Join(dir, "run.jsonl"), bad, nil},
	} {
		_, err := eventlog.Create(c.path, c.header, true)
		if err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	if got := files(t, dir); got != "[link]" {
		t.Errorf("left %s", got)
	}
}
