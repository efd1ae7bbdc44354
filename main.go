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
	"io/fs"
	"os"
	"os/signal"
	"regexp"
	"runtime/debug"
	"slices"
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
	"locktop/sim/eventlog"
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
	preset   string
	faults   []string
	write    func(io.Writer, sim.Result) error
	record   recording
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
		Args:          noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := fromEnvironment(cmd.Flags()); err != nil {
				return err
			}
			return f.run(cmd, stdout, stderr)
		},
	}
	cmd.AddCommand(
		newList(stdout, "strategies", "List the strategies, and what each of them teaches", report.Strategies),
		newList(stdout, "presets", "List the presets: failures to watch, each with its remedy beside it", report.Presets),
		newList(stdout, "faults", "List the faults: what --fault can do to clients and to Redis, and when", report.Faults),
		newCompare(stdout, stderr),
	)
	cmd.CompletionOptions.DisableDefaultCmd = true
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })

	c, fl := &f.config, cmd.Flags()
	fl.SortFlags = false
	fl.StringSliceVar(&c.Lanes, "lanes", c.Lanes, "strategies to compare, 1 to 4 of "+strings.Join(sim.StrategyNames(), ", ")+
		"; with settings of their own behind colons, as in block:lease=2s")
	fl.StringVar(&f.preset, "preset", "", "a failure to watch, with its remedy beside it: "+strings.Join(sim.PresetNames(), ", ")+"; other flags change its settings")
	fl.StringArrayVar(&f.faults, "fault", nil, "something to do to a client or to Redis, as in pause:client=1:at=write:for=900ms; may be given several times; see locktop faults")
	fl.IntVar(&c.Clients, "clients", c.Clients, "clients in every lane")
	fl.IntVar(&c.Alerts, "alerts", 0, fmt.Sprintf("alerts to send, 0 = endless (default 0, without a screen %d)", headlessAlerts))
	fl.DurationVar(&c.Interval, "interval", c.Interval, "time between two alerts")
	fl.IntVar(&c.Servers, "servers", c.Servers, "servers of the alert cluster")
	fl.Uint64Var(&c.Seed, "seed", c.Seed, "seed of the latencies: the same seed, the same alerts")
	fl.DurationVar(&c.Work, "work", c.Work, "think time between a client's read and its write")
	fl.DurationVar(&c.Retry, "retry", c.Retry, "pause after a failed try for the lock")
	fl.DurationVar(&c.Lease, "lease", c.Lease, "the lock's time to live, 0 = none; unless given, it is stretched above speed 1, and none at max")
	fl.StringVar(&f.speed, "speed", "", `experiment time per real time: 1/4, 1, 4, … or max, which sleeps nowhere (default 1/4, without a screen max)`)
	fl.StringVar(&f.redis, "redis", "embedded", "where Redis is: embedded, spawn (a private redis-server), redis://…, rediss://… or unix://…")
	fl.BoolVar(&f.headless, "headless", false, "no screen: progress on stderr, the report on stdout")
	fl.StringVar(&f.output, "output", "text", "form of the report: "+strings.Join(report.Formats(), ", "))
	fl.BoolVar(&f.json, "json", false, "short for --output json")
	fl.StringVar(&f.record.path, "record", "", "write every event of the run to this file, as JSON lines")
	fl.BoolVar(&f.record.force, "force", false, "let --record replace a file")
	fl.BoolVar(&f.check, "check", false, "exit with 3 unless every lane is CORRECT, or with --preset unless it does what it promises")
	fl.StringVar(&f.theme, "theme", "dark", "colours for a dark or a light terminal")
	fl.BoolVar(&f.ascii, "ascii", false, "draw with ASCII characters only")
	fl.IntVar(&f.fps, "fps", 20, "frames a second, 1 to 60")
	return cmd
}

// noArguments is for commands that take none.
func noArguments(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("unexpected argument %q", args[0])}
	}
	return nil
}

// newList makes a command that prints a list.
func newList(stdout io.Writer, use, short string, list func(io.Writer) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: noArguments,
		RunE: func(*cobra.Command, []string) error { return list(stdout) },
	}
}

const compareHelp = `locktop compare races the strategies one after the other, each alone on the same
backend, and prints a scorecard: what was lost, how many updates a second were
kept, what they cost in commands, and how long and how fairly clients waited.

Every client has its next alert at hand at all times. Speeds are worth quoting
from a real Redis only: --redis spawn starts a private one.`

// newCompare measures the strategies one by one.
func newCompare(stdout, stderr io.Writer) *cobra.Command {
	c := sim.CompareDefaults()
	strategies, redisFlag, output, asJSON := []string{"all"}, "embedded", "text", false
	updates := c.Clients * c.Alerts
	cmd := &cobra.Command{
		Use:     "compare",
		Short:   "Race every strategy alone and print a scorecard",
		Long:    compareHelp,
		Example: "  locktop compare --redis spawn\n  locktop compare --strategies none,spin,block,fair --clients 32 --output markdown",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := fromEnvironment(cmd.Flags()); err != nil {
				return err
			}
			if asJSON {
				output = "json"
			}
			write, err := report.Scorecard(output)
			if err != nil {
				return usageError{fmt.Errorf("output: %w", err)}
			}
			if c.Source, err = backend.Parse(redisFlag); err != nil {
				return usageError{fmt.Errorf("redis: %w", err)}
			}
			names, err := comparable(strategies, c)
			if err != nil {
				return usageError{err}
			}
			if updates < 1 {
				return usageError{fmt.Errorf("updates: want 1 or more, have %d", updates)}
			}
			c.Lanes, c.Alerts = names[:1], (updates+c.Clients-1)/max(c.Clients, 1)
			if err := c.Validate(); err != nil {
				return usageError{err}
			}
			bar := progressBar{w: stderr, live: isTerminal(stderr), names: names, updates: c.Alerts * c.Clients}
			result, err := sim.Compare(cmd.Context(), c, names, bar.show)
			bar.end()
			if len(result.Lanes) > 0 {
				err = errors.Join(err, write(stdout, result))
			}
			return err
		},
	}
	fl := cmd.Flags()
	fl.SortFlags = false
	fl.StringSliceVar(&strategies, "strategies", strategies, "strategies to compare: all, or some of "+strings.Join(sim.StrategyNames(), ", "))
	fl.IntVar(&c.Clients, "clients", c.Clients, "clients")
	fl.IntVar(&updates, "updates", updates, "updates of each strategy, over all clients")
	fl.Uint64Var(&c.Seed, "seed", c.Seed, "seed of the samples")
	fl.DurationVar(&c.Work, "work", c.Work, "think time between a client's read and its write")
	fl.DurationVar(&c.Retry, "retry", c.Retry, "pause after a failed try for the lock; poll and backoff have least pauses of their own")
	fl.DurationVar(&c.Lease, "lease", c.Lease, "the lock's time to live, 0 = none")
	fl.StringVar(&redisFlag, "redis", redisFlag, "where Redis is: embedded, spawn (a private redis-server), redis://…, rediss://… or unix://…")
	fl.StringVar(&output, "output", output, "form of the scorecard: "+strings.Join(report.Formats(), ", "))
	fl.BoolVar(&asJSON, "json", false, "short for --output json")
	return cmd
}

// comparable is what a list of strategies stands for: all are those that the
// backend has the servers for.
func comparable(names []string, c sim.Config) ([]string, error) {
	if len(names) == 1 && strings.TrimSpace(names[0]) == "all" {
		names = nil
		for _, s := range sim.Strategies() {
			if !s.Broken && (s.Nodes == 1 || !c.Source.Shared()) {
				names = append(names, s.Name)
			}
		}
		return names, nil
	}
	if len(names) == 0 {
		return nil, errors.New("strategies: want all or a list of names, have nothing")
	}
	var errs []error
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
		c.Lanes = names[i : i+1]
		errs = append(errs, c.Validate())
	}
	return names, errors.Join(errs...)
}

// progressBar tells on stderr how far a comparison is: in place on a terminal,
// else with a line when a strategy is done.
type progressBar struct {
	w       io.Writer
	live    bool
	names   []string
	updates int
}

func (p progressBar) show(index int, s *sim.Snapshot) {
	const width = 24
	line := fmt.Sprintf("%2d/%d %-12s %6d of %d updates", index+1, len(p.names), p.names[index], s.Acked, p.updates)
	if p.live {
		done := min((index*p.updates+int(s.Acked))*width/(len(p.names)*p.updates), width)
		fmt.Fprintf(p.w, "\r[%s%s] %s", strings.Repeat("#", done), strings.Repeat(".", width-done), line)
	} else if s.Stopped {
		fmt.Fprintln(p.w, line)
	}
}

// end clears the bar off a terminal.
func (p progressBar) end() {
	if p.live {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

// recording writes the events of a run to a file: of the last one, where the
// screen starts several.
type recording struct {
	path   string // "" records nothing
	force  bool
	writer *eventlog.Writer
}

// begin records an experiment from its start, in place of the one before.
func (r *recording) begin(e *sim.Experiment) error {
	if r.path == "" {
		return nil
	}
	if err := r.abort(); err != nil {
		return err
	}
	label, version := e.Backend()
	w, err := eventlog.Create(r.path, eventlog.NewHeader(e.Config(), label, version), r.force)
	if errors.Is(err, fs.ErrExist) {
		err = usageError{fmt.Errorf("record: %w", err)}
	}
	if err != nil {
		return err
	}
	r.writer = w
	e.OnEvent(w.Write)
	return nil
}

// end gives the file its name.
func (r *recording) end(result sim.Result) error {
	if r.writer == nil {
		return nil
	}
	return r.writer.Close(eventlog.End{Elapsed: result.Elapsed, Speed: result.Config.Speed})
}

func (r *recording) abort() error {
	if r.writer == nil {
		return nil
	}
	return r.writer.Abort()
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
	if err := errors.Join(f.choosePreset(cmd.Flags()), f.complete(cmd.Flags(), screen)); err != nil {
		return usageError{err}
	}
	var (
		result sim.Result
		err    error
	)
	if screen {
		options := tui.Options{Theme: tui.Theme(f.theme), ASCII: f.ascii, FPS: f.fps, Opened: f.record.begin}
		if p, ok := sim.PresetNamed(f.preset); ok {
			options.Preset = &p
		}
		result, err = tui.Run(cmd.Context(), f.config, options)
	} else {
		result, err = headless(cmd.Context(), f.config, f.record.begin, stderr)
	}
	if len(result.Lanes) > 0 {
		err = errors.Join(err, f.record.end(result), f.write(stdout, result))
	}
	if err != nil || !f.check {
		return err
	}
	if p, ok := sim.PresetNamed(f.preset); ok {
		if err := p.Check(result); err != nil {
			return notCorrect{err}
		}
		return nil
	}
	return check(result)
}

// choosePreset starts from a preset's settings, which flags that were given change.
func (f *flags) choosePreset(given *pflag.FlagSet) error {
	if f.preset == "" {
		return nil
	}
	p, ok := sim.PresetNamed(f.preset)
	if !ok {
		return fmt.Errorf("preset: unknown %q; known are %s", f.preset, strings.Join(sim.PresetNames(), ", "))
	}
	values := map[string]string{} // some of them are in the configuration that is replaced
	given.Visit(func(flag *pflag.Flag) {
		values[flag.Name] = flag.Value.String()
		if list, ok := flag.Value.(pflag.SliceValue); ok {
			values[flag.Name] = strings.Join(list.GetSlice(), ",")
		}
	})
	f.config = p.Config
	f.config.Lanes = slices.Clone(p.Config.Lanes)
	var errs []error
	for name, value := range values {
		if list, ok := given.Lookup(name).Value.(pflag.SliceValue); ok {
			errs = append(errs, list.Replace(strings.Split(value, ",")))
			continue
		}
		errs = append(errs, given.Set(name, value))
	}
	return errors.Join(errs...)
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
	if p, ok := sim.PresetNamed(f.preset); ok && screen { // to be watched, not measured
		if !given.Changed("alerts") && !p.Once {
			f.config.Alerts = 0
		}
		f.config.Speed = sim.Defaults().Speed
	}
	f.config.GiveUp = !screen
	if given.Changed("fault") {
		f.config.Faults = nil
		for _, text := range f.faults {
			fault, err := sim.ParseFault(text)
			refuse("fault", err)
			if err == nil {
				f.config.Faults = append(f.config.Faults, fault)
			}
		}
	}
	if !screen && f.preset == "" {
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
	f.write, err = report.Format(f.output)
	refuse("output", err)
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
func headless(ctx context.Context, cfg sim.Config, opened func(*sim.Experiment) error, stderr io.Writer) (sim.Result, error) {
	exp, err := sim.Open(ctx, cfg)
	if err != nil {
		return sim.Result{}, err
	}
	if err := opened(exp); err != nil {
		return sim.Result{}, errors.Join(err, exp.Close())
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
			errs = append(errs, fmt.Errorf("check: %s is %s: %s", l.Lane.Name(), strings.ToUpper(string(l.Verdict)), report.Sentence(l)))
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
