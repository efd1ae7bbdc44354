package judge

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"locktop/sim"
	"locktop/sim/outfile"
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
	if err := outfile.Check(p.Path, p.Force); err != nil {
		return nil, fmt.Errorf("porcupine: %w", err)
	}
	if err := writable(p.Path); err != nil {
		return nil, fmt.Errorf("porcupine: %s: %w", p.Path, err) // better now than after the run
	}
	p.judge = New(lanes)
	return p.judge, nil
}

// writable returns why no file can be made beside another, which is to take its place.
func writable(path string) error {
	file, err := beside(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Close(), os.Remove(file.Name()))
}

// beside makes a hidden file in the directory of another.
func beside(path string) (*os.File, error) {
	hidden := filepath.Join(filepath.Dir(path), ".locktop-"+rand.Text()+".tmp")
	file, err := os.OpenFile(hidden, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	var at *fs.PathError
	if errors.As(err, &at) { // which names the hidden file
		err = at.Err
	}
	return file, err
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

// draw writes the file, which has its name only when it is whole: until then what was there
// stays.
func (p *Picture) draw(orders []sim.Order) error {
	file, err := beside(p.Path)
	if err != nil {
		return fmt.Errorf("porcupine: %s: %w", p.Path, err)
	}
	err = errors.Join(p.judge.Draw(file, orders, Limit), file.Close())
	if err == nil {
		err = outfile.Publish(file.Name(), p.Path, p.Force)
	}
	if err != nil {
		return fmt.Errorf("porcupine: %s: %w", p.Path, errors.Join(err, outfile.Remove(file.Name())))
	}
	return nil
}
