// Command locktop shows a race for one Redis value, with and without a lock,
// side by side and live: who holds the lock, who failed to get it, what the
// average converges to, and which updates were lost to whom.
//
// This file is commands and flags only; see the packages sim, lock and tui.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/redis/go-redis/v9"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"locktop/sim"
	"locktop/sim/backend"
	"locktop/sim/clock"
	"locktop/sim/report"
	"locktop/tui"
)

// Exit codes.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitNotCorrect  = 3
	exitInterrupted = 130
)

// headlessAlerts is how many alerts a run without a screen sends unless told.
const headlessAlerts = 20

func main() {
	redis.SetLogger(silence{})     // it would write over the screen; errors reach us as values
	signal.Ignore(syscall.SIGPIPE) // a reader that leaves must not keep us from cleaning up
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	code := execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// silence is a logger that keeps quiet.
type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}

// secret is the part of a URL that holds user and password, wherever on the
// command line somebody may have put it.
var secret = regexp.MustCompile(`://[^\s"]*@`)

// usageError is a mistake in the command line, as opposed to a run that failed.
type usageError struct{ error }

// notCorrect is what --check makes of a lane that is not CORRECT.
type notCorrect struct{ error }

// execute runs the program and returns its exit code.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	cmd := newCommand(stdout, stderr)
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(ctx)
	if err != nil {
		fmt.Fprintln(stderr, "locktop:", secret.ReplaceAllString(err.Error(), "://***@"))
	}
	var (
		usage usageError
		wrong notCorrect
	)
	switch {
	case errors.As(err, &usage):
		fmt.Fprintln(stderr, "Run locktop --help for the flags.")
		return exitUsage
	case ctx.Err() != nil:
		return exitInterrupted
	case errors.As(err, &wrong):
		return exitNotCorrect
	case err != nil:
		return exitFailed
	}
	return exitDone
}

// flags are the command line as given.
type flags struct {
	config   sim.Config
	speed    string
	redis    string
	headless bool
	output   string
	json     bool
	check    bool
	theme    string
	ascii    bool
	fps      int
}

const longHelp = `locktop races simulated clients for one Redis value, the running average
"sum:count", with and without a lock, in lanes side by side. It shows who is
inside the critical section, who holds the lock, how often the others tried,
where the average goes, and which updates were lost to whom.

With a terminal it is a live screen (press ? for its keys); without one, or
with --headless, it prints a report.

Every flag has an environment variable: --clients is LOCKTOP_CLIENTS. A flag
goes before the environment.

Exit codes: 0 done; 1 failed; 2 wrong usage; 3 with --check when a lane is not
CORRECT; 130 interrupted.`

const examples = `  locktop
  locktop --lanes none,block --clients 16
  locktop --headless --json --lanes none,spin,block --clients 8 --alerts 20 --seed 7
  locktop --redis redis://localhost:6379 --lanes spin,block --headless --check`

func newCommand(stdout, stderr io.Writer) *cobra.Command {
	f := flags{config: sim.Defaults()}
	cmd := &cobra.Command{
		Use:           "locktop",
		Short:         "A live contention monitor for locks in Redis",
		Long:          longHelp,
		Example:       examples,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("unexpected argument %q", args[0])}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := fromEnvironment(cmd.Flags()); err != nil {
				return err
			}
			return f.run(cmd, stdout, stderr)
		},
	}
	cmd.CompletionOptions.DisableDefaultCmd = true
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })

	c, fl := &f.config, cmd.Flags()
	fl.SortFlags = false
	fl.StringSliceVar(&c.Lanes, "lanes", c.Lanes, "strategies to compare, 1 to 4 of "+strings.Join(sim.StrategyNames(), ", "))
	fl.IntVar(&c.Clients, "clients", c.Clients, "clients in every lane")
	fl.IntVar(&c.Alerts, "alerts", 0, fmt.Sprintf("alerts to send, 0 = endless (default 0, without a screen %d)", headlessAlerts))
	fl.DurationVar(&c.Interval, "interval", c.Interval, "time between two alerts")
	fl.IntVar(&c.Servers, "servers", c.Servers, "servers of the alert cluster")
	fl.Uint64Var(&c.Seed, "seed", c.Seed, "seed of the latencies: the same seed, the same alerts")
	fl.DurationVar(&c.Work, "work", c.Work, "think time between a client's read and its write")
	fl.DurationVar(&c.Retry, "retry", c.Retry, "pause after a failed try for the lock")
	fl.DurationVar(&c.Lease, "lease", c.Lease, "the lock's time to live, 0 = none; unless given, it is stretched above speed 1, and none at max")
	fl.StringVar(&f.speed, "speed", "", `experiment time per real time: 1/4, 1, 4, … or max, which sleeps nowhere (default 1/4, without a screen max)`)
	fl.StringVar(&f.redis, "redis", "embedded", "where Redis is: embedded, redis://…, rediss://… or unix://…")
	fl.BoolVar(&f.headless, "headless", false, "no screen: progress on stderr, the report on stdout")
	fl.StringVar(&f.output, "output", "text", "form of the report: text or json")
	fl.BoolVar(&f.json, "json", false, "short for --output json")
	fl.BoolVar(&f.check, "check", false, "exit with 3 unless every lane is CORRECT")
	fl.StringVar(&f.theme, "theme", "dark", "colours for a dark or a light terminal")
	fl.BoolVar(&f.ascii, "ascii", false, "draw with ASCII characters only")
	fl.IntVar(&f.fps, "fps", 20, "frames a second, 1 to 60")
	return cmd
}

// version is that of the module, as far as the build knows it.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// fromEnvironment sets every flag that was not given from its variable.
func fromEnvironment(fl *pflag.FlagSet) error {
	var errs []error
	fl.VisitAll(func(flag *pflag.Flag) {
		name := "LOCKTOP_" + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))
		value, ok := os.LookupEnv(name)
		if !ok || flag.Changed || flag.Name == "help" || flag.Name == "version" {
			return
		}
		if form := fl.Lookup("output"); flag.Name == "json" && form.Changed {
			return // two names for one thing
		}
		if err := fl.Set(flag.Name, value); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	})
	if len(errs) > 0 {
		return usageError{errors.Join(errs...)}
	}
	return nil
}

// run checks the flags and races, on the screen or without one.
func (f *flags) run(cmd *cobra.Command, stdout, stderr io.Writer) error {
	screen := !f.headless && isTerminal(stdout)
	if err := f.complete(cmd.Flags(), screen); err != nil {
		return usageError{err}
	}
	var (
		result sim.Result
		err    error
	)
	if screen {
		result, err = tui.Run(cmd.Context(), f.config, tui.Options{
			Theme: tui.Theme(f.theme), ASCII: f.ascii, FPS: f.fps,
		})
	} else {
		result, err = headless(cmd.Context(), f.config, stderr)
	}
	if len(result.Lanes) > 0 {
		write := report.Text
		if f.output == "json" {
			write = report.JSON
		}
		err = errors.Join(err, write(stdout, result))
	}
	if err != nil || !f.check {
		return err
	}
	return check(result)
}

// complete parses what the flags left as text and fills in the defaults that
// depend on whether there is a screen.
func (f *flags) complete(given *pflag.FlagSet, screen bool) error {
	var errs []error
	refuse := func(name string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	}
	if !screen {
		f.config.Speed = clock.Max
		if !given.Changed("alerts") {
			f.config.Alerts = headlessAlerts
		}
	}
	if given.Changed("speed") {
		speed, err := clock.ParseSpeed(f.speed)
		refuse("speed", err)
		f.config.Speed = speed
	}
	switch {
	case given.Changed("lease"):
		f.config.LeaseFloor = 0 // it is meant as it is
	case !screen && f.config.Speed == clock.Max:
		f.config.Lease = 0 // as it will be: the report should say so
	}
	source, err := backend.Parse(f.redis)
	refuse("redis", err)
	f.config.Source = source
	if f.json {
		f.output = "json"
	}
	if f.output != "text" && f.output != "json" {
		refuse("output", fmt.Errorf("want text or json, have %q", f.output))
	}
	if f.theme != string(tui.Dark) && f.theme != string(tui.Light) {
		refuse("theme", fmt.Errorf("want dark or light, have %q", f.theme))
	}
	if f.fps < 1 || f.fps > 60 {
		refuse("fps", fmt.Errorf("want 1 to 60, have %d", f.fps))
	}
	for i, name := range f.config.Lanes {
		f.config.Lanes[i] = strings.TrimSpace(name)
	}
	if err := f.config.Validate(); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// headless races without a screen and tells stderr how far it is.
func headless(ctx context.Context, cfg sim.Config, stderr io.Writer) (sim.Result, error) {
	exp, err := sim.Open(ctx, cfg)
	if err != nil {
		return sim.Result{}, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ran := make(chan error, 1)
	go func() { ran <- exp.Run(ctx) }()
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	var unheard error
	for {
		select {
		case <-ticker.C:
			if _, err := fmt.Fprintln(stderr, report.Progress(exp.Result())); err != nil && unheard == nil {
				unheard = fmt.Errorf("nobody reads the progress any more: %w", err)
				stop()
			}
		case err := <-ran:
			result := exp.Result()
			return result, errors.Join(err, unheard, exp.Close())
		}
	}
}

// check says which lanes are not CORRECT.
func check(r sim.Result) error {
	var errs []error
	for _, l := range r.Lanes {
		if l.Verdict != sim.Correct {
			errs = append(errs, fmt.Errorf("check: %s is %s: %s", l.Lane.Strategy, strings.ToUpper(string(l.Verdict)), report.Sentence(l)))
		}
	}
	if len(errs) > 0 {
		return notCorrect{errors.Join(errs...)}
	}
	return nil
}

// isTerminal says whether w is a terminal that a screen can be drawn on.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}
