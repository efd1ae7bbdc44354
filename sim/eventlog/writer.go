package eventlog

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"sync"
	"time"

	"locktop/sim"
	"locktop/sim/outfile"
)

// A Writer writes a log. The file gets its name when the log is whole, in
// [Writer.Close]; until then it is beside it under its [PartName]. What has been written
// can be read from there, also if the program was killed or the disk is full. All
// methods may be called from any goroutine.
type Writer struct {
	path  string
	force bool

	mu      sync.Mutex
	file    *os.File // nil once closed
	out     *bufio.Writer
	event   sim.Event     // the one being written
	value   reflect.Value // of event
	text    []byte
	seal    seal
	events  int64
	written time.Time // when the file last had everything
	err     error     // the first one
}

// PartName is what a log is called that is not whole yet, or never came to be.
func PartName(path string) string { return path + ".part" }

// writeEvery is for how long events may be in memory only, while there are others.
const writeEvery = time.Second

// Create begins the log of an experiment. Unless forced it refuses a path where
// there is something already, with an error that is [fs.ErrExist]; what is not a
// regular file it never overwrites.
func Create(path string, h Header, force bool) (*Writer, error) {
	line, err := h.line()
	if err != nil {
		return nil, fmt.Errorf("event log %s: %w", path, err)
	}
	if err := outfile.Check(path, force); err != nil {
		return nil, fmt.Errorf("event log %w", err)
	}
	part := PartName(path)
	if force {
		if err := errors.Join(outfile.Check(part, true), outfile.Remove(part)); err != nil {
			return nil, fmt.Errorf("event log %w", err)
		}
	}
	file, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("event log %s: %w: another run writes it or, if none does, one was cut off there, and locktop replay %s shows what there is; "+
			"move it away, choose another name, or overwrite it with --force", part, fs.ErrExist, part)
	}
	if err != nil {
		var at *fs.PathError
		if errors.As(err, &at) { // which names the part
			err = at.Err
		}
		return nil, fmt.Errorf("event log %s: %w", path, err)
	}
	w := &Writer{path: path, force: force, file: file, out: bufio.NewWriterSize(file, 1<<16), written: time.Now()}
	w.value = reflect.ValueOf(&w.event).Elem()
	_, err = w.out.Write(w.seal.close(line))
	if err := errors.Join(err, w.out.Flush()); err != nil {
		return nil, fmt.Errorf("event log %s: %w", path, errors.Join(err, w.Abort()))
	}
	return w, nil
}

// Write adds an event of a lane, which counts from 0. It does not fail: the first
// error is kept for [Writer.Close]. After that, it does nothing.
func (w *Writer) Write(lane int, e sim.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.file == nil || w.err != nil {
		return
	}
	w.event = e
	w.text = w.seal.close(appendEvent(w.text[:0], lane, w.value))
	w.events++
	if _, w.err = w.out.Write(w.text); w.err != nil {
		return
	}
	if now := time.Now(); now.Sub(w.written) >= writeEvery {
		w.written = now
		w.err = w.out.Flush()
	}
}

// Err returns the first error so far, such as that of a full disk.
func (w *Writer) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// Close ends the log and gives the file its name, at once and whole. If anything has
// failed, such as a disk that is full, or if meanwhile something has come to be there that
// must not be overwritten (the error is [fs.ErrExist]), what was written stays under
// its [PartName], and the error says so.
func (w *Writer) Close(end End) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.file == nil {
		return fmt.Errorf("event log %s: %w", w.path, fs.ErrClosed)
	}
	if w.err == nil {
		w.err = w.finish(end)
	}
	part := w.file.Name()
	err := errors.Join(w.err, w.file.Close())
	w.file = nil
	if err == nil {
		err = outfile.Publish(part, w.path, w.force)
	}
	if err != nil {
		return fmt.Errorf("event log %s: %w\nwhat was written is in %s: locktop replay %s", w.path, err, part, part)
	}
	return nil
}

// finish writes what is left to write.
func (w *Writer) finish(end End) error {
	line, err := end.line(w.events)
	if err != nil {
		return err
	}
	if _, err := w.out.Write(w.seal.close(line)); err != nil {
		return err
	}
	if err := w.out.Flush(); err != nil {
		return err
	}
	return w.file.Sync()
}

// Abort gives the log up and leaves nothing behind. After Close, it does nothing.
func (w *Writer) Abort() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.file == nil {
		return nil
	}
	part := w.file.Name()
	err := w.file.Close()
	w.file = nil
	return errors.Join(err, outfile.Remove(part))
}
