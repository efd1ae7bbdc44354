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

	"github.com/mattn/go-isatty"
	"github.com/redis/go-redis/v9"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"locktop/sim"
	"locktop/sim/backend"
	"locktop/sim/cli"
	"locktop/sim/clock"
	"locktop/sim/eventlog"
	"locktop/sim/explore"
	"locktop/sim/judge"
	"locktop/sim/report"
	"locktop/tui"
	"locktop/tui/rescue"
)

const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitNotCorrect  = 3
	exitDamaged     = 4
	exitInterrupted = 130
)

// exitCodes are what the program tells the one that called it.
var exitCodes = []cli.Item{
	{Name: fmt.Sprint(exitDone), Text: "done"},
	{Name: fmt.Sprint(exitFailed), Text: "failed"},
	{Name: fmt.Sprint(exitUsage), Text: "wrong usage"},
	{Name: fmt.Sprint(exitNotCorrect), Text: "with --check: a lane is not CORRECT, a preset does not do what it promises, or a schedule goes wrong"},
	{Name: fmt.Sprint(exitDamaged), Text: "replay: the recording is damaged, cut off or none; what could be read of it was reported"},
	{Name: fmt.Sprint(exitInterrupted), Text: "interrupted by a signal"},
}

// headlessAlerts is how many alerts a run without a screen sends unless told.
const headlessAlerts = 20

func main() {
	rescue.Main()
	redis.SetLogger(silence{})     // it would write over the screen; errors reach us as values
	signal.Ignore(syscall.SIGPIPE) // a reader that leaves must not keep us from cleaning up
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		ends = append(ends, syscall.SIGHUP)
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP) // of which a closed terminal may send several
	}
	ctx, stop := signal.NotifyContext(context.Background(), ends...)
	context.AfterFunc(ctx, stop) // another signal ends the program at once
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

// damaged is what is wrong with a recording.
type damaged struct{ error }

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
		bad   damaged
	)
	switch {
	case errors.As(err, &usage):
		fmt.Fprintln(stderr, "Run locktop --help for the flags.")
		return exitUsage
	case ctx.Err() != nil:
		return exitInterrupted
	case errors.As(err, &wrong):
		return exitNotCorrect
	case errors.As(err, &bad):
		return exitDamaged
	case err != nil:
		return exitFailed
	}
	return exitDone
}

// speed is the value of a flag, to be parsed together with the others. Its type tells
// that a file may have a number for it.
type speed string

func (s *speed) Set(text string) error { *s = speed(text); return nil }
func (s *speed) String() string        { return string(*s) }
func (*speed) Type() string            { return "speed" }

// flags are the command line as given.
type flags struct {
	config  sim.Config
	file    string
	speed   speed
	redis   string
	shown   shown
	check   bool
	preset  string
	faults  []string
	changes []string
	record  eventlog.Recording
	picture judge.Picture
}

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

const longHelp = `locktop races simulated clients for one Redis value, the running average
"sum:count", with and without a lock, in lanes side by side. It shows who is
inside the critical section, who holds the lock, how often the others tried,
where the average goes, and which updates were lost to whom.

With a terminal it is a live screen (press ? for its keys); without one, or
with --headless, it prints a report.

Every flag has an environment variable: --clients is LOCKTOP_CLIENTS. What is to
hold for every run can stand in a file, config.toml, in $XDG_CONFIG_HOME/locktop or
~/.config/locktop (on Windows %AppData%\locktop): clients = 8, and in a table
[compare] for that command. A flag goes before the environment, and that before
the file. With --preset the file has no say in what is raced, only in what it
looks like.

Exit codes: 0 done; 1 failed; 2 wrong usage; 3 with --check when a lane is not
CORRECT; 4 when a recording is damaged; 130 interrupted.`

const examples = `  locktop
  locktop --lanes none,block --clients 16
  locktop --headless --json --lanes none,spin,block --clients 8 --alerts 20 --seed 7
  locktop --redis redis://localhost:6379 --lanes spin,block --headless --check
  locktop --preset lost-update --headless --record run.jsonl --porcupine run.html`

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
		RunE:          func(cmd *cobra.Command, _ []string) error { return f.run(cmd, stdout, stderr) },
	}
	cmd.AddCommand(
		newList(stdout, "strategies", "List the strategies, and what each of them teaches", report.Strategies),
		newList(stdout, "presets", "List the presets: failures to watch, each with its remedy beside it", report.Presets),
		newList(stdout, "changes", "List the changes: which settings --change can change in the middle of a run", report.Changes),
		newList(stdout, "faults", "List the faults: what --fault can do to clients and to Redis, and when", report.Faults),
		newCompare(stdout, stderr),
		newExplore(stdout, stderr),
		newStep(stdout),
		newReplay(stdout, stderr),
		newManual(stdout),
	)
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	requireShell(cmd)

	c, fl := &f.config, cmd.Flags()
	fl.SortFlags = false
	fl.StringSliceVar(&c.Lanes, "lanes", c.Lanes, "strategies to compare, 1 to 4 of "+strings.Join(sim.StrategyNames(), ", ")+
		"; with settings of their own behind colons, as in block:lease=2s")
	fl.StringVar(&f.preset, "preset", "", "a failure to watch, with its remedy beside it: "+strings.Join(sim.PresetNames(), ", ")+"; other flags change its settings")
	fl.StringArrayVar(&f.faults, "fault", nil, "something to do to a client or to Redis, as in pause:client=1:at=write:for=900ms; may be given several times; see locktop faults")
	fl.StringArrayVar(&f.changes, "change", nil, "a setting to change in the middle of the run, as in strategy=block:lane=1:after=5s; may be given several times; see locktop changes")
	fl.IntVar(&c.Clients, "clients", c.Clients, "clients in every lane")
	fl.IntVar(&c.Alerts, "alerts", 0, fmt.Sprintf("alerts to send, 0 = endless (default 0, without a screen %d)", headlessAlerts))
	fl.DurationVar(&c.Interval, "interval", c.Interval, "time between two alerts")
	fl.IntVar(&c.Servers, "servers", c.Servers, "servers of the alert cluster")
	fl.Uint64Var(&c.Seed, "seed", c.Seed, "seed of the latencies: the same seed, the same alerts")
	fl.BoolVar(&c.Deterministic, "deterministic", false, "run in virtual time, with everything drawn from the seed: the same flags, the same events, on every machine; embedded Redis only")
	fl.DurationVar(&c.Work, "work", c.Work, "think time between a client's read and its write")
	fl.DurationVar(&c.Retry, "retry", c.Retry, "pause after a failed try for the lock")
	fl.DurationVar(&c.Lease, "lease", c.Lease, "the lock's time to live, 0 = none; unless given, it is stretched above speed 1, and none at max")
	fl.Var(&f.speed, "speed", `experiment time per real time: 1/4, 1, 4, … or max, which sleeps nowhere (default 1/4, without a screen max)`)
	fl.StringVar(&f.redis, "redis", "embedded", "where Redis is: embedded, spawn (a private redis-server), redis://…, rediss://… or unix://…")
	f.shown.addReport(fl, "no screen: progress on stderr, the report on stdout")
	fl.StringVar(&f.record.Path, "record", "", "write every event of the run to this file, as JSON lines, for locktop replay")
	fl.StringVar(&f.picture.Path, "porcupine", "", porcupineUsage)
	fl.BoolVar(&f.record.Force, "force", false, "let --record and --porcupine replace a file")
	fl.BoolVar(&f.check, "check", false, "exit with 3 unless every lane is CORRECT, or with --preset unless it does what it promises")
	f.shown.addScreen(fl)
	fl.StringVar(&f.file, "config", "", configUsage)
	completeWith(cmd, map[string]cobra.CompletionFunc{
		"lanes": cli.Lists(strategies()...), "preset": cli.Values(presets()...), "fault": cli.Parts(faults()), "change": cli.Parts(changes()),
		"speed": cli.Values(speeds...), "redis": cli.Values(redisKinds...),
		"output": cli.Values(report.Formats()...), "theme": cli.Values(themes...),
	})
	return cmd
}

const porcupineUsage = "have Porcupine judge whether the updates are linearizable, and draw its picture into this HTML file"

const configUsage = "read settings from this file instead of config.toml in the usual place, or from none if it is empty"

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
	compared, redisFlag, output, asJSON, file := []string{"all"}, "embedded", "text", false, ""
	updates := c.Clients * c.Alerts
	prepare := func() (write func(io.Writer, sim.Result) error, names []string, err error) {
		if asJSON {
			output = "json"
		}
		if write, err = report.Scorecard(output); err != nil {
			return nil, nil, fmt.Errorf("output: %w", err)
		}
		if c.Source, err = backend.Parse(redisFlag); err != nil {
			return nil, nil, fmt.Errorf("redis: %w", err)
		}
		if names, err = c.Comparable(compared); err != nil {
			return nil, nil, err
		}
		if updates < 1 {
			return nil, nil, fmt.Errorf("updates: want 1 or more, have %d", updates)
		}
		c.Lanes, c.Alerts = names[:1], (updates+c.Clients-1)/max(c.Clients, 1)
		return write, names, c.Validate()
	}
	cmd := &cobra.Command{
		Use:     "compare",
		Short:   "Race every strategy alone and print a scorecard",
		Long:    compareHelp,
		Example: "  locktop compare --redis spawn\n  locktop compare --strategies none,spin,block,fair --clients 32 --output markdown",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, err := settled(cmd)
			if err != nil {
				return usageError{err}
			}
			if err := settings.Fill(cmd); err != nil {
				return usageError{err}
			}
			write, names, err := prepare()
			if err != nil {
				return usageError{settings.Blame(err)}
			}
			bar := report.Bar{Out: stderr, Live: isTerminal(stderr), Strategies: names, Updates: c.Alerts * c.Clients}
			result, err := sim.Compare(cmd.Context(), c, names, bar.Show)
			bar.End()
			if len(result.Lanes) > 0 {
				err = errors.Join(err, write(stdout, result))
			}
			return err
		},
	}
	fl := cmd.Flags()
	fl.SortFlags = false
	fl.StringSliceVar(&compared, "strategies", compared, "strategies to compare: all, or some of "+strings.Join(sim.StrategyNames(), ", "))
	fl.IntVar(&c.Clients, "clients", c.Clients, "clients")
	fl.IntVar(&updates, "updates", updates, "updates of each strategy, over all clients")
	fl.Uint64Var(&c.Seed, "seed", c.Seed, "seed of the samples")
	fl.DurationVar(&c.Work, "work", c.Work, "think time between a client's read and its write")
	fl.DurationVar(&c.Retry, "retry", c.Retry, "pause after a failed try for the lock; poll and backoff have least pauses of their own")
	fl.DurationVar(&c.Lease, "lease", c.Lease, "the lock's time to live, 0 = none")
	fl.StringVar(&redisFlag, "redis", redisFlag, "where Redis is: embedded, spawn (a private redis-server), redis://…, rediss://… or unix://…")
	fl.StringVar(&output, "output", output, "form of the scorecard: "+strings.Join(report.Formats(), ", "))
	fl.BoolVar(&asJSON, "json", false, "short for --output json")
	fl.StringVar(&file, "config", file, configUsage)
	completeWith(cmd, map[string]cobra.CompletionFunc{
		"strategies": cli.Lists(append(strategies(), "all\tall that the Redis has the servers for")...),
		"redis":      cli.Values(redisKinds...),
		"output":     cli.Values(report.Formats()...),
	})
	return cmd
}

const exploreHelp = `locktop explore lets a few clients make one update each, on an embedded Redis, and
tries every order in which their commands can come. It counts how many of these
schedules lose updates, let two clients in at once, or hang, and shows the smallest
that goes wrong, to be played with locktop replay.

Time passes only when nobody can go on, and by --expiries, each of which lets the
lock's lease run out at any moment; by --crashes clients crash at any moment. A
client that would only repeat a command in vain is not tried.

Methods: states counts all schedules by exploring each state once; all plays every
one; sleep leaves out those that differ from another only in the order of unrelated
commands; random draws them. auto is states and, beyond the limits, states with at
most two preemptions, and then random.`

// strategyUsage is of the flag for one strategy.
var strategyUsage = "what the clients do, one of " + strings.Join(sim.StrategyNames(), ", ") + "; with settings behind colons, as in block:lease=2s"

// newExplore tries every order of the commands of a small race.
func newExplore(stdout, stderr io.Writer) *cobra.Command {
	o := explore.Options{ArenaConfig: sim.ArenaConfig{Lane: "none", Clients: 2}, Preemptions: -1}
	method, output, asJSON, check, grid, file := string(explore.Auto), "text", false, false, false, ""
	var s shown // in the grid
	cmd := &cobra.Command{
		Use:     "explore",
		Short:   "Try every order of the commands of a small race",
		Long:    exploreHelp,
		Example: "  locktop explore --strategy none --clients 3\n  locktop explore --strategy none --clients 3 --grid\n  locktop explore --strategy spin --expiries 1\n  locktop explore --strategy broken-wait --clients 3 --crashes 1 --output json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, err := settled(cmd)
			if err != nil {
				return usageError{err}
			}
			if err := settings.Fill(cmd); err != nil {
				return usageError{err}
			}
			if asJSON {
				output = "json"
			}
			write := map[string]func(*explore.Result, io.Writer) error{"text": (*explore.Result).WriteText, "json": (*explore.Result).WriteJSON}[output]
			if write == nil {
				return usageError{fmt.Errorf("output: want text or json, have %q", output)}
			}
			o.Method = explore.Method(method)
			if err := o.Validate(); err != nil {
				return usageError{settings.Blame(err)}
			}
			if grid {
				s.output = "text"
				if err := s.complete(); err != nil {
					return usageError{settings.Blame(err)}
				}
				if !isTerminal(stdout) {
					return usageError{errors.New("grid: want a terminal; without one, leave --grid away")}
				}
				played, err := tui.Drive(cmd.Context(), tui.DriveOptions{Arena: o.ArenaConfig, Grid: true}, s.options())
				return endDrive(stdout, played, err)
			}
			if isTerminal(stderr) {
				o.Progress = func(played int) { fmt.Fprintf(stderr, "\r%d schedules played ", played) }
				defer fmt.Fprint(stderr, "\r\x1b[K")
			}
			result, err := explore.Run(cmd.Context(), o)
			if err != nil {
				return err
			}
			if err := write(result, stdout); err != nil {
				return err
			}
			if check && result.Bad() {
				return notCorrect{errors.New("there are schedules that go wrong")}
			}
			return nil
		},
	}
	fl := cmd.Flags()
	fl.SortFlags = false
	fl.StringVar(&o.Lane, "strategy", o.Lane, strategyUsage)
	fl.IntVar(&o.Clients, "clients", o.Clients, fmt.Sprintf("clients, 1 to %d", sim.MostPlayers))
	fl.IntVar(&o.Expiries, "expiries", 0, "how often the lock's lease may run out")
	fl.IntVar(&o.Crashes, "crashes", 0, "how many clients may crash")
	fl.IntVar(&o.Preemptions, "preemptions", o.Preemptions, "how often a client may be interrupted that could go on, -1 = any number of times")
	fl.StringVar(&method, "method", method, "how to search: auto, states, all, sleep or random")
	fl.IntVar(&o.Limit, "limit", explore.DefaultLimit, "the most schedules to play")
	fl.DurationVar(&o.Timeout, "timeout", explore.DefaultTimeout, "the longest time to take")
	fl.Uint64Var(&o.Seed, "seed", 1, "seed of random schedules")
	fl.StringVar(&output, "output", output, "form of the result: text or json")
	fl.BoolVar(&asJSON, "json", false, "short for --output json")
	fl.BoolVar(&check, "check", false, "exit with 3 if any schedule goes wrong")
	fl.BoolVar(&grid, "grid", false, "show every order as a cell of a grid on the screen, to be stepped through")
	s.addScreen(fl)
	fl.StringVar(&file, "config", file, configUsage)
	completeWith(cmd, map[string]cobra.CompletionFunc{
		"strategy": cli.Values(strategies()...), "method": cli.Values("auto", "states", "all", "sleep", "random"), "output": cli.Values("text", "json"),
		"theme": cli.Values(themes...),
	})
	return cmd
}

// newManual prints the manual page.
func newManual(stdout io.Writer) *cobra.Command {
	return &cobra.Command{
		Use: "man", Short: "Print the manual page, in roff: locktop man | man -l -", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cli.Manual(stdout, cmd.Root(), exitCodes) },
	}
}

// requireShell adds cobra's commands for completion, and has them refuse what they
// do not understand.
func requireShell(cmd *cobra.Command) {
	cmd.InitDefaultCompletionCmd()
	completion, _, err := cmd.Find([]string{"completion"})
	if err != nil {
		panic(err)
	}
	completion.Short = "Print the completion script for a shell"
	var shells []string
	for _, sub := range completion.Commands() {
		sub.Args = noArguments
		shells = append(shells, sub.Name())
	}
	completion.Args = cobra.ArbitraryArgs
	completion.RunE = func(_ *cobra.Command, args []string) error {
		return usageError{fmt.Errorf("completion: want one of %s, have %q", strings.Join(shells, ", "), strings.Join(args, " "))}
	}
}

// completeWith has a shell complete the values of flags.
func completeWith(cmd *cobra.Command, flags map[string]cobra.CompletionFunc) {
	for name, f := range flags {
		if err := cmd.RegisterFlagCompletionFunc(name, f); err != nil {
			panic(err) // there is no such flag
		}
	}
}

// What a shell offers for some flags. Of redisKinds, those that end in / are how a
// value begins.
var (
	redisKinds = []string{"embedded", "spawn", "redis://", "rediss://", "unix://"}
	speeds     = []string{"1/16", "1/4", "1", "4", "16", "max"}
	themes     = []string{string(tui.Dark), string(tui.Light)}
)

// strategies, presets and faults are what a shell offers, with a line on each.
func strategies() (all []string) {
	for _, s := range sim.Strategies() {
		if !s.Broken {
			all = append(all, s.Name+"\t"+s.Title)
		}
	}
	return all
}

func presets() (all []string) {
	for _, p := range sim.Presets() {
		all = append(all, p.Name+"\t"+p.Title)
	}
	return all
}

func faults() (kinds []string, settings []cli.Item) {
	for _, k := range sim.FaultKinds() {
		kinds = append(kinds, string(k)+"\t"+k.Explain())
	}
	for _, p := range sim.Points() {
		settings = append(settings, cli.Item{Name: "at=" + string(p), Text: p.Explain()})
	}
	for _, name := range []string{"client=", "lane=", "nth=", "after=", "for=", "node="} {
		settings = append(settings, cli.Item{Name: name})
	}
	return kinds, settings
}

func changes() (all []string, settings []cli.Item) {
	for _, s := range sim.Settings() {
		if s != sim.ChangeStrategy {
			all = append(all, string(s)+"=\t"+s.Explain())
			continue
		}
		for _, strategy := range sim.Strategies() {
			if !strategy.Broken {
				all = append(all, string(s)+"="+strategy.Name+"\t"+strategy.Title)
			}
		}
	}
	for _, name := range []string{"lane=", "after=", "alert="} {
		settings = append(settings, cli.Item{Name: name})
	}
	return all, settings
}

// version is that of the module, as far as the build knows it.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// settled sets the flags of a command that were not given from the environment, and
// reads the file that has the last word.
func settled(cmd *cobra.Command) (*cli.File, error) {
	if err := cli.Environment(cmd.Flags()); err != nil {
		return nil, err
	}
	return cli.Configuration(cmd)
}

// beside are the flags that do not change what a preset shows.
var beside = []string{"headless", "output", "json", "check", "theme", "ascii", "fps"}

// fill has the file set what it may.
func (f *flags) fill(cmd *cobra.Command, settings *cli.File) error {
	if err := settings.Fill(cmd, "preset"); err != nil {
		return err
	}
	if f.preset != "" {
		return settings.Fill(cmd, beside...)
	}
	return settings.Fill(cmd)
}

// run checks the flags and races, on the screen or without one.
func (f *flags) run(cmd *cobra.Command, stdout, stderr io.Writer) error {
	settings, err := settled(cmd)
	if err != nil {
		return usageError{err}
	}
	if err := f.fill(cmd, settings); err != nil {
		return usageError{err}
	}
	screen := !f.shown.headless && isTerminal(stdout)
	if err := errors.Join(f.choosePreset(cmd.Flags()), f.complete(cmd.Flags(), screen)); err != nil {
		return usageError{settings.Blame(err)}
	}
	f.picture.Force = f.record.Force
	opened := func(e *sim.Experiment) error { return errors.Join(f.picture.Begin(e), f.record.Begin(e)) }
	var result sim.Result
	if screen {
		options := f.shown.options()
		options.Opened = opened
		if p, ok := sim.PresetNamed(f.preset); ok {
			options.Preset = &p
		}
		result, err = tui.Run(cmd.Context(), f.config, options)
	} else {
		result, err = sim.Race(cmd.Context(), f.config, opened, func(r sim.Result) error {
			_, err := fmt.Fprintln(stderr, report.Progress(r))
			return err
		})
	}
	if errors.Is(err, fs.ErrExist) {
		err = usageError{err}
	}
	if len(result.Lanes) > 0 {
		err = errors.Join(err, f.record.End(result), f.picture.End(&result), f.shown.write(stdout, result))
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
	if given.Changed("lanes") && errors.Join(errs...) == nil {
		f.config = f.config.WithFittingFaults() // of the preset's, that is
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
	if given.Changed("change") {
		f.config.Changes = nil
		for _, text := range f.changes {
			change, err := sim.ParseChange(text)
			refuse("change", err)
			if err == nil {
				f.config.Changes = append(f.config.Changes, change)
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
		speed, err := clock.ParseSpeed(string(f.speed))
		refuse("speed", err)
		f.config.Speed = speed
	}
	switch {
	case given.Changed("lease") || f.config.Deterministic:
		f.config.LeaseFloor = 0 // it is meant as it is
	case !screen && f.config.Speed == clock.Max:
		f.config.Lease = 0 // as it will be: the report should say so
	}
	source, err := backend.Parse(f.redis)
	refuse("redis", err)
	f.config.Source = source
	if err := f.shown.complete(); err != nil {
		errs = append(errs, err)
	}
	for i, name := range f.config.Lanes {
		f.config.Lanes[i] = strings.TrimSpace(name)
	}
	if err := f.config.Validate(); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
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
