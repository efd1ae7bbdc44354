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
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

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
	"locktop/tui/tour"
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
	{Name: fmt.Sprint(exitNotCorrect), Text: "with --check: a lane is not CORRECT, a preset does not do what it promises, or a schedule goes wrong; tour --headless: a promise was not kept"},
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
  locktop tour
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
		newTour(stdout),
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
from a real Redis only: --redis spawn starts a private one. With --deterministic
the scorecard is the same in every run.`

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
		if c.Deterministic {
			c.Speed = clock.Max // virtual time is not waited for
		}
		return write, names, c.Validate()
	}
	cmd := &cobra.Command{
		Use:     "compare",
		Short:   "Race every strategy alone and print a scorecard",
		Long:    compareHelp,
		Example: "  locktop compare --redis spawn\n  locktop compare --strategies none,spin,block,fair --clients 32 --output markdown",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, err := filled(cmd)
			if err != nil {
				return err
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
	fl.BoolVar(&c.Deterministic, "deterministic", false, "race in virtual time, with everything drawn from the seed: the same flags, the same scorecard, on every machine; embedded Redis only")
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
commands, and takes no bound on preemptions; random draws them. auto is states and,
beyond the limits, states with at most two preemptions, and then random.`

// strategyUsage is of the flag for one strategy.
var strategyUsage = "what the clients do, one of " + strings.Join(sim.StrategyNames(), ", ") + "; with settings behind colons, as in block:lease=2s"

// ungridded are the flags that have no effect on a grid.
var ungridded = []string{"method", "preemptions", "limit", "timeout", "seed", "output", "json", "check"}

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
			var unused []string // by a grid, of what was typed; the file is for all
			for _, name := range ungridded {
				if cmd.Flags().Changed(name) {
					unused = append(unused, name)
				}
			}
			settings, err := filled(cmd)
			if err != nil {
				return err
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
				if len(unused) > 0 {
					return usageError{fmt.Errorf("grid: shows all orders on the screen, and has no use for --%s", strings.Join(unused, ", --"))}
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

// filled is settled for a command whose flags have all of their values from there.
func filled(cmd *cobra.Command) (*cli.File, error) {
	settings, err := settled(cmd)
	if err == nil {
		err = settings.Fill(cmd)
	}
	if err != nil {
		return nil, usageError{err}
	}
	return settings, nil
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

const replayHelp = `locktop replay plays a run that was recorded with --record, on the same screen: with
its views, at any speed, forwards and back, event by event. Nothing races, so there
is nothing to change or to break.

Without a terminal, or with --headless, it folds the recorded events again and prints
the report, which is that of the run to the byte.

With --schedule it plays a schedule of a small race, as locktop explore and locktop
step print them, on the screen of locktop step: the right arrow makes its next move,
the left one takes it back. Without a screen it prints the diagram and what comes of
it.

FILE may be compressed with gzip, and - is the standard input. If it is damaged or cut
off, what can be read before that is shown or reported all the same; the exit code is
then 4, and the message names the line and what is wrong with it.`

// replayed is a recording that is to be shown.
type replayed struct {
	schedule string // instead of a file
	path     string
	file     string // of the configuration
	shown    shown
	speed    speed
	picture  judge.Picture
}

// newReplay plays recorded runs.
func newReplay(stdout, stderr io.Writer) *cobra.Command {
	var r replayed
	cmd := &cobra.Command{
		Use:   "replay FILE | --schedule SCHEDULE",
		Short: "Play a recorded run on the screen, or report on it again",
		Long:  replayHelp,
		Example: "  locktop --headless --record run.jsonl && locktop replay run.jsonl\n" +
			"  gzip -c run.jsonl | locktop replay - --headless --json\n" +
			"  locktop replay --schedule 'none@2: 1 2 2 1'",
		Args: func(cmd *cobra.Command, args []string) error {
			if r.schedule != "" {
				return noArguments(cmd, args)
			}
			if len(args) != 1 {
				return usageError{fmt.Errorf("replay: want one FILE, a run recorded with --record, have %d", len(args))}
			}
			return nil
		},
		ValidArgsFunction: recordings,
		RunE: func(cmd *cobra.Command, args []string) error {
			if r.schedule == "" {
				r.path = args[0]
			}
			return r.run(cmd, stdout)
		},
	}
	fl := cmd.Flags()
	fl.SortFlags = false
	fl.StringVar(&r.schedule, "schedule", "", "play this schedule of a small race instead of a FILE, as in 'none@2: 1 2 2 1'")
	fl.Var(&r.speed, "speed", "at which it is played, to begin with (default that of the run or, where that slept nowhere, 1/16)")
	r.shown.addReport(fl, "no screen: the report on stdout")
	fl.StringVar(&r.picture.Path, "porcupine", "", porcupineUsage)
	fl.BoolVar(&r.picture.Force, "force", false, "let --porcupine replace a file")
	r.shown.addScreen(fl)
	fl.StringVar(&r.file, "config", "", configUsage)
	completeWith(cmd, map[string]cobra.CompletionFunc{
		"speed": cli.Values(speeds...), "output": cli.Values(report.Formats()...), "theme": cli.Values(themes...),
	})
	return cmd
}

// recordings has a shell offer the files that may be recordings.
func recordings(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return []string{"jsonl", "gz"}, cobra.ShellCompDirectiveFilterFileExt
}

// run checks the flags and shows the recording.
func (r *replayed) run(cmd *cobra.Command, stdout io.Writer) error {
	settings, err := filled(cmd)
	if err != nil {
		return err
	}
	speed, err := r.startingSpeed()
	if err := errors.Join(err, r.shown.complete()); err != nil {
		return usageError{settings.Blame(err)}
	}
	if r.schedule != "" {
		return r.playSchedule(cmd, stdout)
	}
	file, err := eventlog.Open(r.path)
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	defer file.Close()
	log, err := eventlog.NewReader(file)
	if err != nil {
		return r.damage(err)
	}
	each, err := r.judges(log)
	if errors.Is(err, fs.ErrExist) {
		return usageError{err}
	}
	if err != nil {
		return err
	}
	var result sim.Result
	if !r.shown.headless && isTerminal(stdout) {
		rec := tui.Recording{Name: filepath.Base(r.name()), Log: log, Speed: speed, Each: each}
		result, err = tui.PlayRecording(cmd.Context(), rec, r.shown.options())
	} else {
		result, err = eventlog.Fold(log, each...)
	}
	if len(result.Lanes) == 0 { // there was no terminal to show it on
		return err
	}
	return errors.Join(r.damage(err), r.picture.End(&result), r.shown.write(stdout, result))
}

// startingSpeed is the one that was asked for; 0 if none was.
func (r *replayed) startingSpeed() (clock.Speed, error) {
	if r.speed == "" {
		return 0, nil
	}
	speed, err := clock.ParseSpeed(string(r.speed))
	if err != nil {
		return 0, fmt.Errorf("speed: %w", err)
	}
	return speed, nil
}

// judges are told of every event.
func (r *replayed) judges(log *eventlog.Reader) (each []func(int, sim.Event), err error) {
	j, err := r.picture.Of(log.Header().Lanes())
	if j != nil {
		each = append(each, j.Record)
	}
	return each, err
}

// name is what the recording is called.
func (r *replayed) name() string {
	if r.path == eventlog.Stdin {
		return "standard input"
	}
	return r.path
}

// damage says of what is wrong in a recording which one it is.
func (r *replayed) damage(err error) error {
	var line *eventlog.LineError
	if !errors.As(err, &line) {
		return err
	}
	return damaged{fmt.Errorf("replay: %s: %w", r.name(), err)}
}

const stepHelp = `locktop step makes you the scheduler of a small race: each client makes one update
and stops before every command to Redis, and you decide whose comes next. Can you
lose an update? u undoes, w shows an order that goes wrong, and g is the grid of all
of them.

The Redis is embedded; lock and clients are those of the live race. Time stands
still, until you have the lease end or nobody can go on.

When you quit, what you have played is printed as a diagram and as a schedule, which
locktop replay --schedule plays again.`

// byHand are the faults that may be done by hand, unless told.
const byHand = 2

// newStep makes the user the scheduler.
func newStep(stdout io.Writer) *cobra.Command {
	c := sim.ArenaConfig{Lane: "none", Clients: 2, Expiries: byHand, Crashes: byHand}
	var s shown
	file := ""
	cmd := &cobra.Command{
		Use:     "step",
		Short:   "Be the scheduler: step through a small race command by command",
		Long:    stepHelp,
		Example: "  locktop step\n  locktop step --strategy spin --clients 3\n  locktop step --strategy broken-wait --clients 3",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, err := filled(cmd)
			if err != nil {
				return err
			}
			s.output = "text"
			if err := errors.Join(s.complete(), handArena(&c, cmd.Flags()).Validate()); err != nil {
				return usageError{settings.Blame(err)}
			}
			if !isTerminal(stdout) {
				return usageError{errors.New("step: want a terminal; locktop explore tries every order without one, and locktop replay --schedule plays one")}
			}
			played, err := tui.Drive(cmd.Context(), tui.DriveOptions{Arena: c}, s.options())
			return endDrive(stdout, played, err)
		},
	}
	fl := cmd.Flags()
	fl.SortFlags = false
	fl.StringVar(&c.Lane, "strategy", c.Lane, strategyUsage)
	fl.IntVar(&c.Clients, "clients", c.Clients, fmt.Sprintf("clients, 1 to %d", sim.MostPlayers))
	fl.IntVar(&c.Expiries, "expiries", c.Expiries, "how often you may have the lock's lease end")
	fl.IntVar(&c.Crashes, "crashes", c.Crashes, "how many clients you may crash")
	s.addScreen(fl)
	fl.StringVar(&file, "config", file, configUsage)
	completeWith(cmd, map[string]cobra.CompletionFunc{"strategy": cli.Values(strategies()...), "theme": cli.Values(themes...)})
	return cmd
}

// handArena takes away the expiries that nobody asked for where there is no lease to end.
func handArena(c *sim.ArenaConfig, given *pflag.FlagSet) *sim.ArenaConfig {
	if bare := (sim.ArenaConfig{Lane: c.Lane, Clients: c.Clients, Expiries: 1}); !given.Changed("expiries") && bare.Validate() != nil {
		c.Expiries = 0
	}
	return c
}

// endDrive prints what was played last.
func endDrive(stdout io.Writer, played explore.Playing, err error) error {
	if len(played.Steps) > 0 {
		err = errors.Join(err, played.WriteText(stdout))
	}
	return err
}

// schedule plays a schedule, on the screen or into a report.
func (r *replayed) playSchedule(cmd *cobra.Command, stdout io.Writer) error {
	schedule, err := explore.ParseSchedule(r.schedule)
	if err != nil {
		return usageError{err}
	}
	write := map[string]func(explore.Playing, io.Writer) error{"text": explore.Playing.WriteText, "json": explore.Playing.WriteJSON}[r.shown.output]
	if write == nil {
		return usageError{fmt.Errorf("output: want text or json for a schedule, have %q", r.shown.output)}
	}
	played, err := explore.Play(schedule)
	if err != nil {
		return usageError{fmt.Errorf("schedule: %w", err)}
	}
	if r.shown.headless || !isTerminal(stdout) {
		return write(played, stdout)
	}
	played, err = tui.Drive(cmd.Context(), tui.DriveOptions{Schedule: schedule}, r.shown.options())
	return endDrive(stdout, played, err)
}

const tourHelp = `locktop tour is a lesson of about ten minutes on the live screen: what a lost update
is, why a lock prevents it, and why a lease can break the lock. You predict, do and
see; a step is done when what it promises has happened.

STEP is the number or the name of the step to begin with; without it, the tour goes
on where you left it. Progress is kept in locktop/tour.json in $XDG_STATE_HOME or
~/.local/state.

With --headless the tour plays itself, without a screen, and reports what every step
promised and what came of it; the exit code is 3 if a promise was not kept.

Lessons are text files. --lessons names a directory with lessons of your own, in
folders named after languages: DIR/en/01-name.md. The documentation of the package
locktop/tui/tour describes their format.`

// taken is a tour that is to be taken.
type taken struct {
	file     string // of the configuration
	shown    shown
	list     bool
	reset    bool
	language string
	dir      string // of other lessons; empty is those of the program
}

// actPatience is how long an act may take that is played without a screen.
const actPatience = time.Minute

// newTour teaches.
func newTour(stdout io.Writer) *cobra.Command {
	var t taken
	cmd := &cobra.Command{
		Use:     "tour [STEP]",
		Short:   "A guided lesson of ten minutes: lost updates, locks, and what breaks them",
		Long:    tourHelp,
		Example: "  locktop tour\n  locktop tour 5\n  locktop tour kill-the-holder --theme light\n  locktop tour --headless",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{fmt.Errorf("tour: want one STEP at most, have %d", len(args))}
			}
			return nil
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, typed string) (steps []string, _ cobra.ShellCompDirective) {
			if lessons, err := t.lessons(); err == nil && len(args) == 0 {
				for _, l := range lessons {
					if !strings.HasPrefix(l.Name, typed) {
						continue
					}
					steps = append(steps, l.Name+"\t"+l.Title)
				}
			}
			return steps, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error { return t.run(cmd, args, stdout) },
	}
	fl := cmd.Flags()
	fl.SortFlags = false
	fl.StringVar(&t.language, "lang", "", "language of the lessons, en or zh (default that of LC_ALL, LC_MESSAGES or LANG)")
	fl.BoolVar(&t.list, "list", false, "list the steps, and which of them you have taken")
	fl.BoolVar(&t.reset, "reset", false, "forget which steps you have taken")
	fl.BoolVar(&t.shown.headless, "headless", false, "no screen: the tour plays itself in all languages, or in that of --lang, and reports what it promised and what came of it")
	fl.StringVar(&t.dir, "lessons", "", "take the lessons from this directory")
	t.shown.output = "text"
	t.shown.addScreen(fl)
	fl.StringVar(&t.file, "config", "", configUsage)
	completeWith(cmd, map[string]cobra.CompletionFunc{
		"lang": cli.Values("en\tEnglish", "zh\t中文"), "theme": cli.Values(themes...),
		"lessons": func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
	})
	return cmd
}

// files are where the lessons are.
func (t *taken) files() fs.FS {
	if t.dir == "" {
		return tour.Embedded()
	}
	return os.DirFS(t.dir)
}

// lessons are those in the language that is wanted.
func (t *taken) lessons() ([]tour.Lesson, error) {
	files := t.files()
	language, err := t.chosen(files)
	if err != nil {
		return nil, err
	}
	lessons, err := tour.Load(files, language)
	if err != nil {
		return nil, fmt.Errorf("lessons: %w", err)
	}
	return lessons, nil
}

// chosen is the language that was asked for or, if there is such a one, that of the environment.
func (t *taken) chosen(files fs.FS) (string, error) {
	languages, err := tour.Languages(files)
	switch {
	case err != nil:
		return "", fmt.Errorf("lessons: %w", err)
	case t.language == "":
		return localLanguage(languages), nil
	case !slices.Contains(languages, t.language):
		return "", fmt.Errorf("lang: want one of %s, have %q", strings.Join(languages, ", "), t.language)
	}
	return t.language, nil
}

// localLanguage is that of the environment if it is among the languages, and else English.
func localLanguage(languages []string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if locale := os.Getenv(name); locale != "" {
			language, _, _ := strings.Cut(strings.ReplaceAll(locale, ".", "_"), "_")
			if slices.Contains(languages, language) {
				return language
			}
			break
		}
	}
	return tour.English
}

// run checks the flags, and takes or plays the tour.
func (t *taken) run(cmd *cobra.Command, args []string, stdout io.Writer) error {
	settings, err := filled(cmd)
	if err != nil {
		return err
	}
	if err := t.shown.complete(); err != nil {
		return usageError{settings.Blame(err)}
	}
	lessons, err := t.lessons()
	if err != nil {
		return usageError{settings.Blame(err)}
	}
	if t.shown.headless {
		return t.play(cmd, args, stdout)
	}
	path, err := tour.ProgressPath()
	if err != nil {
		return err
	}
	progress := tour.LoadProgress(path)
	if t.reset {
		if err := progress.Reset(); err != nil {
			return fmt.Errorf("reset: %w", err)
		}
	}
	if t.list || t.reset && len(args) == 0 {
		return list(stdout, lessons, progress)
	}
	first, err := stepOf(lessons, args, progress)
	if err != nil {
		return usageError{err}
	}
	if !isTerminal(stdout) {
		return usageError{errors.New("tour: the standard output is no terminal: use --headless or --list")}
	}
	language, err := t.chosen(t.files())
	if err != nil {
		return err
	}
	return tui.Tour{Lessons: lessons, Language: language, First: first, Progress: progress}.Take(cmd.Context(), t.shown.options())
}

// stepOf is the lesson that is named, by number or name or, without one, that which was looked at last.
func stepOf(lessons []tour.Lesson, args []string, progress *tour.Progress) (int, error) {
	find := func(name string) int {
		return slices.IndexFunc(lessons, func(l tour.Lesson) bool { return l.Name == name })
	}
	if len(args) == 0 {
		return max(find(progress.Last), 0), nil
	}
	if n, err := strconv.Atoi(args[0]); err == nil && 1 <= n && n <= len(lessons) {
		return n - 1, nil
	}
	if i := find(args[0]); i >= 0 {
		return i, nil
	}
	var names []string
	for i, l := range lessons {
		names = append(names, fmt.Sprintf("%d %s", i+1, l.Name))
	}
	return 0, fmt.Errorf("tour: there is no step %q; there are %s", args[0], strings.Join(names, ", "))
}

// list says which lessons there are.
func list(w io.Writer, lessons []tour.Lesson, progress *tour.Progress) error {
	for i, l := range lessons {
		mark := " "
		if progress.Has(l.Name) {
			mark = "✓"
		}
		if _, err := fmt.Fprintf(w, "%s %d  %-18s %s\n", mark, i+1, l.Name, l.Title); err != nil {
			return err
		}
	}
	return nil
}

// play has the tour play itself, and reports.
func (t *taken) play(cmd *cobra.Command, args []string, stdout io.Writer) error {
	files := t.files()
	languages, err := tour.Languages(files)
	if err != nil {
		return err
	}
	if t.language != "" {
		languages = []string{t.language}
	}
	broken, promises := 0, 0
	for _, language := range languages {
		lessons, err := tour.Load(files, language)
		if err != nil {
			return usageError{err}
		}
		if len(args) > 0 {
			step, err := stepOf(lessons, args, &tour.Progress{})
			if err != nil {
				return usageError{err}
			}
			lessons = lessons[step : step+1]
		}
		heading := ""
		err = tui.Tour{Lessons: lessons, Language: language}.Play(cmd.Context(), actPatience, func(p tui.Played) {
			if next := fmt.Sprintf("%s %s: %s", language, p.Lesson.Name, p.Lesson.Title); next != heading {
				heading = next
				fmt.Fprintln(stdout, heading)
			}
			for i, e := range p.Lesson.Acts[p.Act].Expect {
				mark := "✓"
				if promises++; !e.Holds(p.Values[i]) {
					mark = "✗"
					broken++
				}
				fmt.Fprintf(stdout, "  %s %d  promised %-22s came out %s\n", mark, p.Act+1, e, p.Values[i])
			}
		})
		if err != nil {
			return err
		}
	}
	if broken > 0 {
		return notCorrect{fmt.Errorf("tour: %d of %d promises were not kept", broken, promises)}
	}
	_, err = fmt.Fprintf(stdout, "all %d promises kept\n", promises)
	return err
}
