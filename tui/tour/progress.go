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

	path string
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

// Finish notes that a lesson has been taken, and Visit that it is looked at. The error is of the file, which then is as it was.
func (p *Progress) Finish(lesson string) error {
	if p.Has(lesson) {
		return nil
	}
	p.Done = append(p.Done, lesson)
	return p.save()
}

// Visit notes that a lesson is looked at; see [Progress.Finish].
func (p *Progress) Visit(lesson string) error {
	if p.Last == lesson {
		return nil
	}
	p.Last = lesson
	return p.save()
}

// Reset forgets everything.
func (p *Progress) Reset() error {
	p.Done, p.Last = nil, ""
	if err := os.Remove(p.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// save replaces the file by a whole one.
func (p *Progress) save() error {
	if p.path == "" {
		return nil
	}
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
