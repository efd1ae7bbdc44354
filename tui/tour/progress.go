package tour

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Progress is which lessons have been taken, and which was looked at last, by name. Lost progress does no harm, so a file that
// cannot be read counts as none.
type Progress struct {
	Done []string `json:"done"`
	Last string   `json:"last"`

	path    string
	unsaved error // why not all of it is in the file; nil if it is
}

// ProgressPath is where progress is kept: locktop/tour.json in $XDG_STATE_HOME, which is ~/.local/state unless set.
func ProgressPath() (string, error) {
	dir := os.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(dir) { // as the specification has it
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("no place to keep the progress in: %w", err)
		}
		dir = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(dir, "locktop", "tour.json"), nil
}

// LoadProgress reads the progress that a file has. One without a path is kept nowhere.
func LoadProgress(path string) *Progress {
	p := &Progress{}
	if text, err := os.ReadFile(path); err == nil && json.Unmarshal(text, p) != nil {
		p = &Progress{}
	}
	p.path = path
	return p
}

// Has tells whether a lesson has been taken.
func (p *Progress) Has(lesson string) bool { return slices.Contains(p.Done, lesson) }

// NoProgress returns progress that is kept nowhere, for a reason that [Progress.Unsaved] returns; nil is none.
func NoProgress(why error) *Progress { return &Progress{unsaved: why} }

// Unsaved returns why the progress is not in its file, or not all of it; nil if it is.
func (p *Progress) Unsaved() error { return p.unsaved }

// Finish notes that a lesson has been taken. That it cannot be saved keeps nobody from learning; see [Progress.Unsaved].
func (p *Progress) Finish(lesson string) {
	if !p.Has(lesson) {
		p.Done = append(p.Done, lesson)
		p.keep()
	}
}

// Visit notes that a lesson is looked at; see [Progress.Finish].
func (p *Progress) Visit(lesson string) {
	if p.Last != lesson {
		p.Last = lesson
		p.keep()
	}
}

// keep saves the progress, if it has a file.
func (p *Progress) keep() {
	if p.path != "" {
		p.unsaved = p.save()
	}
}

// Reset forgets everything. The error is of the file.
func (p *Progress) Reset() error {
	p.Done, p.Last = nil, ""
	if p.path == "" {
		return p.unsaved
	}
	if err := os.Remove(p.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// save replaces the file by a whole one.
func (p *Progress) save() error {
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(p.path), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(p.path), ".tour-*")
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), p.path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
