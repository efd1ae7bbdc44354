package command

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/spf13/pflag"

	"locktop/sim"
	"locktop/sim/report"
	"locktop/tui"
)

// shown is how a run is shown: on a screen, or in a report.
type shown struct {
	headless bool
	output   string
	json     bool
	write    func(io.Writer, sim.Result) error
	theme    string
	ascii    bool
	fps      int
}

// addReport adds the flags for a report.
func (s *shown) addReport(fl *pflag.FlagSet, headless string) {
	fl.BoolVar(&s.headless, "headless", false, headless)
	fl.StringVar(&s.output, "output", "text", "form of the report: "+strings.Join(report.Formats(), ", "))
	fl.BoolVar(&s.json, "json", false, "short for --output json")
}

// addScreen adds the flags for a screen.
func (s *shown) addScreen(fl *pflag.FlagSet) {
	fl.StringVar(&s.theme, "theme", "dark", "colours for a dark or a light terminal")
	fl.BoolVar(&s.ascii, "ascii", false, "draw with ASCII characters only")
	fl.IntVar(&s.fps, "fps", 20, "frames a second, 1 to 60")
}

// complete checks the flags, and finds what writes the report.
func (s *shown) complete() error {
	var errs []error
	if s.json {
		s.output = "json"
	}
	var err error
	if s.write, err = report.Format(s.output); err != nil {
		errs = append(errs, fmt.Errorf("output: %w", err))
	}
	if s.theme != string(tui.Dark) && s.theme != string(tui.Light) {
		errs = append(errs, fmt.Errorf("theme: want dark or light, have %q", s.theme))
	}
	if s.fps < 1 || s.fps > 60 {
		errs = append(errs, fmt.Errorf("fps: want 1 to 60, have %d", s.fps))
	}
	return errors.Join(errs...)
}

// options are those of the screen.
func (s *shown) options() tui.Options {
	return tui.Options{Theme: tui.Theme(s.theme), ASCII: s.ascii, FPS: s.fps}
}

// isTerminal says whether w is a terminal that a screen can be drawn on.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}
