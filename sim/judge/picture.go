package judge

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"locktop/sim"
)

// Limit is how long Porcupine may take for a lane, and again for the picture.
const Limit = 10 * time.Second

// Picture has the last experiment of several judged, and drawn into a file.
type Picture struct {
	// Path is the file; "" judges nothing. Force lets it replace one.
	Path  string
	Force bool
	judge *Judge
}

// Of returns the judge of lanes that are about to begin, in place of those before.
// Where there is no path it is nil. The error is [fs.ErrExist] if the file is there
// already and must not or cannot be replaced, and another one if it could not be written.
func (p *Picture) Of(lanes []sim.LaneInfo) (*Judge, error) {
	if p.Path == "" {
		return nil, nil
	}
	if info, err := os.Stat(p.Path); err == nil && info.IsDir() {
		return nil, fmt.Errorf("porcupine: %s: %w and is a directory; choose another name", p.Path, fs.ErrExist)
	}
	if _, err := os.Lstat(p.Path); err == nil && !p.Force {
		return nil, p.exists()
	}
	if err := writable(p.Path); err != nil {
		return nil, fmt.Errorf("porcupine: %s: %w", p.Path, err) // better now than after the run
	}
	p.judge = New(lanes)
	return p.judge, nil
}

// writable returns why a file cannot be written, or made where there is none, and leaves
// everything as it is.
func writable(path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err == nil {
		return file.Close()
	}
	if errors.Is(err, fs.ErrNotExist) {
		if file, err = os.CreateTemp(filepath.Dir(path), ".locktop-*.tmp"); err == nil {
			return errors.Join(file.Close(), os.Remove(file.Name()))
		}
	}
	var at *fs.PathError
	if errors.As(err, &at) { // which may name the other file
		return at.Err
	}
	return err
}

func (p *Picture) exists() error {
	return fmt.Errorf("porcupine: %s: %w; choose another name, or overwrite it with --force", p.Path, fs.ErrExist)
}

// Begin has an experiment judged from its start. Its errors are those of Of.
func (p *Picture) Begin(e *sim.Experiment) error {
	j, err := p.Of(e.Config().LaneInfos())
	if j != nil {
		e.OnEvent(j.Record)
	}
	return err
}

// End puts what the judge says into a result, and draws the picture.
func (p *Picture) End(result *sim.Result) error {
	if p.judge == nil {
		return nil
	}
	orders := p.judge.Orders(Limit)
	for i := range result.Lanes {
		result.Lanes[i].Order = orders[i]
	}
	return p.draw(orders)
}

// draw writes the file, and leaves none that is not whole.
func (p *Picture) draw(orders []sim.Order) error {
	how := os.O_CREATE | os.O_WRONLY | os.O_EXCL
	if p.Force {
		how = os.O_CREATE | os.O_WRONLY | os.O_TRUNC
	}
	file, err := os.OpenFile(p.Path, how, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return p.exists()
	}
	if err != nil {
		return fmt.Errorf("porcupine: %w", err)
	}
	if err := errors.Join(p.judge.Draw(file, orders, Limit), file.Close()); err != nil {
		return fmt.Errorf("porcupine: %s: %w", p.Path, errors.Join(err, os.Remove(p.Path)))
	}
	return nil
}
