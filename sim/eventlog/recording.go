package eventlog

import (
	"fmt"

	"locktop/sim"
)

// Recording writes the events of experiments to a file: of the last one, where there
// are several, as on the screen.
type Recording struct {
	// Path is the file; "" records nothing. Force lets it replace one.
	Path   string
	Force  bool
	writer *Writer
}

// Begin records an experiment from its start, in place of the one before. Its errors
// are those of [Create].
func (r *Recording) Begin(e *sim.Experiment) error {
	if r.Path == "" {
		return nil
	}
	if r.writer != nil {
		if err := r.writer.Abort(); err != nil {
			return err
		}
	}
	cfg := e.Config()
	if cfg.Deterministic { // the same log, on the screen and without one
		cfg.Speed, cfg.GiveUp = 1, false
	}
	label, version := e.Backend()
	w, err := Create(r.Path, NewHeader(cfg, label, version), r.Force)
	if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	r.writer = w
	e.OnEvent(w.Write)
	return nil
}

// Abort gives up the recording of a run of which nothing came, and leaves nothing behind.
func (r *Recording) Abort() error {
	if r.writer == nil {
		return nil
	}
	return r.writer.Abort()
}

// End gives the file its name.
func (r *Recording) End(result sim.Result) error {
	if r.writer == nil {
		return nil
	}
	end := End{Elapsed: result.Elapsed, Speed: result.Config.Speed}
	if result.Config.Deterministic { // the same the next time, whatever was done to its pace
		end = End{Elapsed: result.Elapsed}
	}
	return r.writer.Close(end)
}
