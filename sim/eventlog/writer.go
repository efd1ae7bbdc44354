package eventlog

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"sync"

	"locktop/sim"
)

// A Writer writes a log. The file gets its name when the log is whole, in
// [Writer.Close]; until then it is a hidden file beside it. All methods may be
// called from any goroutine.
type Writer struct {
	path  string
	force bool

	mu     sync.Mutex
	file   *os.File // nil once closed
	out    *bufio.Writer
	event  sim.Event     // the one being written
	value  reflect.Value // of event
	text   []byte
	seal   seal
	events int64
	err    error // the first one
}

// Create begins the log of an experiment. Unless forced it refuses a path where
// there is something already, with an error that is [fs.ErrExist]; what is not a
// regular file it never overwrites.
func Create(path string, h Header, force bool) (*Writer, error) {
	line, err := h.line()
	if err != nil {
		return nil, fmt.Errorf("event log %s: %w", path, err)
	}
	if err := checkTarget(path, force); err != nil {
		return nil, err
	}
	hidden := filepath.Join(filepath.Dir(path), ".locktop-"+rand.Text()+".tmp")
	file, err := os.OpenFile(hidden, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		var at *fs.PathError
		if errors.As(err, &at) { // which names the hidden file
			err = at.Err
		}
		return nil, fmt.Errorf("event log %s: %w", path, err)
	}
	w := &Writer{path: path, force: force, file: file, out: bufio.NewWriterSize(file, 1<<16)}
	w.value = reflect.ValueOf(&w.event).Elem()
	_, w.err = w.out.Write(w.seal.close(line))
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
	_, w.err = w.out.Write(w.text)
}

// Err returns the first error so far, such as that of a full disk.
func (w *Writer) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// Close ends the log and gives the file its name, at once and whole. If anything
// has failed, or if meanwhile something has come to be there that must not be
// overwritten (the error is [fs.ErrExist]), nothing is left behind.
func (w *Writer) Close(end End) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.file == nil {
		return fmt.Errorf("event log %s: %w", w.path, fs.ErrClosed)
	}
	if w.err == nil {
		w.err = w.finish(end)
	}
	hidden := w.file.Name()
	err := errors.Join(w.err, w.file.Close())
	w.file = nil
	if err == nil {
		err = w.publish(hidden)
	}
	if err != nil {
		err = fmt.Errorf("event log %s: %w", w.path, err)
		return errors.Join(err, remove(hidden))
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

// publish gives the finished file its name.
func (w *Writer) publish(hidden string) error {
	if w.force {
		if err := checkTarget(w.path, true); err != nil {
			return err
		}
		return os.Rename(hidden, w.path)
	}
	return renameNew(hidden, w.path, os.Link)
}

// Abort gives the log up and leaves nothing behind. After Close, it does nothing.
func (w *Writer) Abort() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.file == nil {
		return nil
	}
	hidden := w.file.Name()
	err := w.file.Close()
	w.file = nil
	return errors.Join(err, remove(hidden))
}
