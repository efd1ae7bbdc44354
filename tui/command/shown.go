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
	"locktop/sim/clean"
	"locktop/sim/cli"
	"locktop/sim/report"
	"locktop/tui"
)

// The headings that flags of several commands stand under.
const (
	outputGroup = "Output"
	screenGroup = "Screen"
)

// shown is how a run is shown: on a screen, or in a report.
type shown struct {
	headless bool
	output   string
	json     bool
	log      bool
	write    func(io.Writer, sim.Result) error
	theme    string
	ascii    bool
	fps      int
	given    *pflag.FlagSet // the flags
}

// addReport adds the flags for a report.
func (s *shown) addReport(fl *pflag.FlagSet, headless string) {
	fl.BoolVar(&s.headless, "headless", false, headless)
	fl.StringVar(&s.output, "output", "text", "form of the report: "+strings.Join(report.Formats(), ", "))
	fl.BoolVar(&s.json, "json", false, "short for --output json")
	fl.BoolVar(&s.log, "log", false, "no screen: what each client prints, and then the report")
	cli.Group(fl, outputGroup, "headless", "output json", "log")
}

// addScreen adds the flags for a screen.
func (s *shown) addScreen(fl *pflag.FlagSet) {
	fl.StringVar(&s.theme, "theme", "dark", "for a dark or a light terminal; with ASCII only")
	fl.BoolVar(&s.ascii, "ascii", false, "draw with ASCII characters only")
	fl.IntVar(&s.fps, "fps", 20, "frames a second, 1 to 60; 8 over SSH")
	s.given = fl
	cli.Group(fl, screenGroup, "theme ascii", "fps")
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
	if s.log {
		s.headless = true
		if s.output != "text" {
			errs = append(errs, fmt.Errorf("log: its lines come before a report as text, not as %s: leave one of the two out", s.output))
		}
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
	o := tui.Options{Theme: tui.Theme(s.theme), ASCII: s.ascii}
	if s.given.Changed("fps") {
		o.FPS = s.fps
	}
	return o
}

// isTerminal says whether w is a terminal that a screen can be drawn on.
func isTerminal(w io.Writer) bool {
	f, ok := behind(w).(interface{ Fd() uintptr })
	return ok && isatty.IsTerminal(f.Fd()) && os.Getenv("TERM") != "dumb"
}

// behind is where w writes to, for what moves the cursor.
func behind(w io.Writer) io.Writer {
	if c, ok := w.(*clean.Writer); ok {
		return c.Unwrap()
	}
	return w
}

// needTerminal is what a command says that shows nothing without a screen.
func needTerminal(what, instead string) error {
	why := "the standard output is no terminal"
	if os.Getenv("TERM") == "dumb" {
		why = "TERM is dumb, a terminal that no screen can be drawn on"
	}
	return usageError{fmt.Errorf("%s: %s: %s", what, why, instead)}
}
