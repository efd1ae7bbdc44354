package command

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"locktop/sim"
	"locktop/sim/backend"
	"locktop/sim/cli"
	"locktop/sim/clock"
	"locktop/sim/eventlog"
	"locktop/sim/judge"
	"locktop/sim/nearest"
	"locktop/sim/report"
	"locktop/tui"
)

const raceHelp = `Races clients for one value in Redis, with and without a lock, and shows which
updates were lost, and to whom: on a screen (? has its keys), or in a report.

The value is a running average, "sum:count". Lanes side by side show who is
inside the critical section, who holds the lock, how often the others tried,
and where the average goes. Without a terminal, or with --headless, a report is
printed, at speed 1 on a real Redis and else at max, which sleeps nowhere and
measures no times.

Every flag has an environment variable: --clients is LOCKTOP_CLIENTS. What is to
hold for every run can stand in a file, config.toml, in $XDG_CONFIG_HOME/locktop or
~/.config/locktop (on Windows %AppData%\locktop): clients = 8, and in a table
[compare] for that command. A flag goes before the environment, and that before
the file. With --preset the file has no say in what is raced, only in what it
looks like.

Exit codes: 0 done; 1 failed; 2 wrong usage; 3 with --check when a lane is not
CORRECT; 4 when a recording is damaged; 130 interrupted.`

const raceExamples = `  locktop
  locktop tour
  locktop --lanes none,block --clients 16
  locktop --headless --json --lanes none,spin,block --clients 8 --alerts 20
  locktop --redis redis://localhost:6379 --lanes spin,block --headless --check`

const porcupineUsage = "have Porcupine judge the run, and draw this HTML `FILE`"

const redisUsage = "embedded, spawn, or redis://…, rediss://…, unix://…"

// headlessAlerts is how many alerts a run without a screen sends unless told.
const headlessAlerts = 20

// raced is a race that is to be run.
type raced struct {
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

// newRace is the program itself, without the commands of other names.
func newRace(stdout, stderr io.Writer) *cobra.Command {
	r := raced{config: sim.Defaults()}
	cmd := &cobra.Command{
		Use:     "locktop",
		Short:   "A live contention monitor for locks in Redis",
		Long:    raceHelp,
		Example: raceExamples,
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return r.run(cmd, stdout, stderr) },
	}
	c, fl := &r.config, cmd.Flags()
	fl.SortFlags = false
	fl.StringSliceVar(&c.Lanes, "lanes", c.Lanes, "strategies, 1 to 4, as in none,block:lease=2s")
	fl.StringVar(&r.preset, "preset", "", "`NAME` of a failure, beside its remedy (locktop presets)")
	fl.IntVar(&c.Clients, "clients", c.Clients, "clients in every lane")
	fl.IntVar(&c.Alerts, "alerts", 0, fmt.Sprintf("alerts to send; 0 is endless, but %d without a screen", headlessAlerts))
	fl.DurationVar(&c.Interval, "interval", c.Interval, "time between two alerts")
	fl.IntVar(&c.Servers, "servers", c.Servers, "servers of the alert cluster, 1 or more")
	fl.DurationVar(&c.Work, "work", c.Work, "think time between a client's read and its write")
	fl.DurationVar(&c.Retry, "retry", c.Retry, "pause after a failed try for the lock")
	fl.DurationVar(&c.Lease, "lease", c.Lease, "the lock's time to live; 0 is none; grows above speed 1")
	fl.StringVar(&r.redis, "redis", "embedded", redisUsage)
	cli.Group(fl, "Race", "lanes", "preset", "clients", "alerts", "interval", "servers", "work", "retry", "lease", "redis")
	fl.StringArrayVar(&r.faults, "fault", nil, "do harm: `FAULT` as in crash:at=write (locktop faults)")
	fl.StringArrayVar(&r.changes, "change", nil, "`CHANGE` a setting, as in lease=1s:after=5s")
	fl.Var(&r.speed, "speed", "experiment time per real time: `1/4`, 1, 4, … or max")
	fl.Uint64Var(&c.Seed, "seed", c.Seed, "the same seed, the same alerts and latencies")
	fl.BoolVar(&c.Deterministic, "deterministic", false, "in virtual time: the same flags, the same events")
	cli.Group(fl, "Course", "fault", "change", "speed", "seed", "deterministic")
	r.shown.addReport(fl, "no screen: progress on stderr, the report on stdout")
	fl.BoolVar(&r.check, "check", false, "exit with 3 unless CORRECT, or as the preset promises")
	fl.StringVar(&r.record.Path, "record", "", "write all events, for locktop replay; replace a `FILE`")
	fl.BoolVar(&r.record.Force, "force", false, "let --record and --porcupine replace a file")
	fl.StringVar(&r.picture.Path, "porcupine", "", porcupineUsage)
	cli.Group(fl, outputGroup, "check", "record force", "porcupine")
	r.shown.addScreen(fl)
	fl.StringVar(&r.file, "config", "", configUsage)
	cli.Group(fl, screenGroup, "config")
	completeWith(cmd, map[string]cobra.CompletionFunc{
		"lanes": cli.Lists(strategies()...), "preset": cli.Values(presets()...), "fault": cli.Parts(faults()), "change": cli.Parts(changes()),
		"speed": cli.Values(speeds...), "redis": cli.Values(redisKinds...),
		"output": cli.Values(report.Formats()...), "theme": cli.Values(themes...),
	})
	return cmd
}

// beside are the flags that do not change what a preset shows.
var beside = []string{"headless", "output", "json", "check", "theme", "ascii", "fps"}

// fill has the file set what it may.
func (r *raced) fill(cmd *cobra.Command, settings *cli.File) error {
	if err := settings.Fill(cmd, "preset"); err != nil {
		return err
	}
	if r.preset != "" {
		return settings.Fill(cmd, beside...)
	}
	return settings.Fill(cmd)
}

// run checks the flags and races, on the screen or without one.
func (r *raced) run(cmd *cobra.Command, stdout, stderr io.Writer) error {
	settings, err := settled(cmd)
	if err != nil {
		return usageError{err}
	}
	if err := r.fill(cmd, settings); err != nil {
		return usageError{err}
	}
	screen := !r.shown.headless && !r.shown.log && isTerminal(stdout)
	if err := errors.Join(r.choosePreset(cmd.Flags()), r.complete(cmd.Flags(), screen)); err != nil {
		return usageError{settings.Blame(err)}
	}
	if err := r.places(settings, stdout, stderr).clash(); err != nil {
		return usageError{err}
	}
	if err := forcesSomething(r.record.Force, r.record.Path, r.picture.Path); err != nil {
		return usageError{err}
	}
	r.picture.Force = r.record.Force
	var log *report.Log
	opened := func(e *sim.Experiment) error {
		if r.shown.log {
			log = report.NewLog(stdout, e.Config().LaneInfos())
			e.OnEvent(log.Event)
		}
		return errors.Join(r.picture.Begin(e), r.record.Begin(e))
	}
	var result sim.Result
	if screen {
		options := r.shown.options()
		options.Opened = opened
		if p, ok := sim.PresetNamed(r.preset); ok {
			options.Preset = &p
		}
		result, err = tui.Run(cmd.Context(), r.config, options)
	} else {
		result, err = sim.Race(cmd.Context(), r.config, opened, func(r sim.Result) error {
			_, err := fmt.Fprintln(stderr, report.Progress(r))
			return err
		})
	}
	if errors.Is(err, fs.ErrExist) {
		err = usageError{err}
	}
	if log != nil {
		err = errors.Join(err, log.End())
	}
	if len(result.Lanes) == 0 {
		err = errors.Join(err, r.record.Abort())
	} else {
		err = errors.Join(err, r.record.End(result), r.picture.End(&result), r.shown.write(stdout, result))
	}
	if err != nil || !r.check {
		return err
	}
	if p, ok := sim.PresetNamed(r.preset); ok {
		if err := p.Check(result); err != nil {
			return notCorrect{err}
		}
		return nil
	}
	return check(result)
}

// places are the files of the run.
func (r *raced) places(settings *cli.File, stdout, stderr io.Writer) places {
	return places{
		{name: "the configuration", path: settings.Path(), read: true},
		{name: "the standard output", file: stdout},
		{name: "the standard error", file: stderr},
		{name: "what --record writes", flag: "record", path: r.record.Path},
		{name: "what --record writes until the run is over", path: partOf(r.record.Path)},
		{name: "what --porcupine writes", flag: "porcupine", path: r.picture.Path},
	}
}

// choosePreset starts from a preset's settings, which flags that were given change.
func (r *raced) choosePreset(given *pflag.FlagSet) error {
	if r.preset == "" {
		return nil
	}
	p, ok := sim.PresetNamed(r.preset)
	if !ok {
		return fmt.Errorf("preset: unknown %q%s", r.preset, nearest.Hint(r.preset, sim.PresetNames()))
	}
	values := map[string]string{} // some of them are in the configuration that is replaced
	given.Visit(func(flag *pflag.Flag) {
		values[flag.Name] = flag.Value.String()
		if list, ok := flag.Value.(pflag.SliceValue); ok {
			values[flag.Name] = strings.Join(list.GetSlice(), ",")
		}
	})
	r.config = p.Config
	r.config.Lanes = slices.Clone(p.Config.Lanes)
	var errs []error
	for name, value := range values {
		if list, ok := given.Lookup(name).Value.(pflag.SliceValue); ok {
			errs = append(errs, list.Replace(strings.Split(value, ",")))
			continue
		}
		errs = append(errs, given.Set(name, value))
	}
	if given.Changed("lanes") && errors.Join(errs...) == nil {
		r.config = r.config.WithFittingFaults() // of the preset's, that is
	}
	return errors.Join(errs...)
}

// complete parses what the flags left as text and fills in the defaults that
// depend on whether there is a screen.
func (r *raced) complete(given *pflag.FlagSet, screen bool) error {
	var errs []error
	refuse := func(name string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	}
	if p, ok := sim.PresetNamed(r.preset); ok && screen { // to be watched, not measured
		if !given.Changed("alerts") && !p.Once {
			r.config.Alerts = 0
		}
		r.config.Speed = sim.Defaults().Speed
	}
	r.config.GiveUp = !screen
	if given.Changed("fault") {
		r.config.Faults = nil
		for _, text := range r.faults {
			fault, err := sim.ParseFault(text)
			refuse("fault", err)
			if err == nil {
				r.config.Faults = append(r.config.Faults, fault)
			}
		}
	}
	if given.Changed("change") {
		r.config.Changes = nil
		for _, text := range r.changes {
			change, err := sim.ParseChange(text)
			refuse("change", err)
			if err == nil {
				r.config.Changes = append(r.config.Changes, change)
			}
		}
	}
	source, err := backend.Parse(r.redis)
	refuse("redis", err)
	r.config.Source = source
	if !screen && r.preset == "" {
		r.config.Speed = 1 // on a real Redis, whose times are to mean something
		if source.Embedded() {
			r.config.Speed = clock.Max
		}
		if !given.Changed("alerts") {
			r.config.Alerts = headlessAlerts
		}
	}
	if given.Changed("speed") {
		speed, err := clock.ParseSpeed(string(r.speed))
		refuse("speed", err)
		r.config.Speed = speed
	}
	switch {
	case given.Changed("lease") || r.config.Deterministic:
		r.config.LeaseFloor = 0 // it is meant as it is
	case !screen && r.config.Speed == clock.Max:
		r.config.Lease = 0 // as it will be: the report should say so
	}
	if err := r.shown.complete(); err != nil {
		errs = append(errs, err)
	}
	for i, name := range r.config.Lanes {
		r.config.Lanes[i] = strings.TrimSpace(name)
	}
	if err := r.config.Validate(); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// check says which lanes are not CORRECT, by their present strategies.
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
