package eventlog

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"locktop/sim"
)

// fullDisk takes some bytes, and then no more.
type fullDisk struct {
	file io.Writer
	left int
}

var errFull = errors.New("no space left on device")

func (d *fullDisk) Write(p []byte) (int, error) {
	n := min(len(p), d.left)
	d.left -= n
	n, err := d.file.Write(p[:n])
	if err == nil && n < len(p) {
		err = errFull
	}
	return n, err
}

// TestAFullDiskKeepsWhatWasWritten, under a name that the error says, and what was there before.
func TestAFullDiskKeepsWhatWasWritten(t *testing.T) {
	for _, force := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "run.jsonl")
		if force {
			if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		cfg := sim.Defaults()
		w, err := Create(path, NewHeader(cfg, "embedded", "miniredis"), force)
		if err != nil {
			t.Fatal(err)
		}
		w.out = bufio.NewWriterSize(&fullDisk{w.file, 2000}, 512)
		for range 100 {
			w.Write(0, sim.Event{Kind: sim.Received, Client: 1, Alert: 1})
		}
		err = w.Close(End{})
		if !errors.Is(err, errFull) || !strings.Contains(err.Error(), "what was written is in "+PartName(path)+": locktop replay "+PartName(path)) {
			t.Errorf("the error is %v", err)
		}
		file, err := os.Open(PartName(path))
		if err != nil {
			t.Fatal(err)
		}
		r, err := NewReader(file)
		if err != nil {
			t.Fatal(err)
		}
		events := 0
		for err == nil {
			if _, _, err = r.Next(); err == nil {
				events++
			}
		}
		if !errors.Is(err, ErrTruncated) || events < 10 {
			t.Errorf("%d events can be read: %v", events, err)
		}
		file.Close()
		if text, err := os.ReadFile(path); force != (err == nil) || force && string(text) != "precious" {
			t.Errorf("forced %t: what was there is %q, %v", force, text, err)
		}
	}
}

// TestEventsReachTheFileSoon: of a program that is killed not everything is in memory only.
func TestEventsReachTheFileSoon(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.jsonl")
	w, err := Create(path, NewHeader(sim.Defaults(), "embedded", "miniredis"), false)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	size := func() int64 {
		info, err := os.Stat(PartName(path))
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	header := size()
	if header == 0 {
		t.Error("the header is not in the file")
	}
	w.Write(0, sim.Event{Kind: sim.Received, Client: 1})
	w.written = w.written.Add(-2 * writeEvery)
	w.Write(0, sim.Event{Kind: sim.Received, Client: 1})
	if size() <= header {
		t.Error("after a while the events are not in the file")
	}
}

// TestAPartIsNotOverwritten: it may be all that there is of a run.
func TestAPartIsNotOverwritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.jsonl")
	if err := os.WriteFile(PartName(path), []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	h := NewHeader(sim.Defaults(), "embedded", "miniredis")
	if _, err := Create(path, h, false); !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), "locktop replay "+PartName(path)) {
		t.Errorf("the error is %v", err)
	}
	if text, _ := os.ReadFile(PartName(path)); string(text) != "precious" {
		t.Errorf("it is now %q", text)
	}
	w, err := Create(path, h, true)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(End{}); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(PartName(path)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("forced, the part is left: %v", err)
	}
}
