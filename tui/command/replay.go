package command

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"locktop/sim"
	"locktop/sim/cli"
	"locktop/sim/clock"
	"locktop/sim/eventlog"
	"locktop/sim/judge"
	"locktop/sim/report"
	"locktop/tui"
)

const replayHelp = `Plays a run that was recorded with --record on the same screen: with its views,
at any speed, forwards and back, event by event; or prints its report again.

Nothing races, so there is nothing to change or to break.

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
		Short: "Play a recorded run, or report on it again",
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
	fl.StringVar(&r.schedule, "schedule", "", "instead of a FILE, a `SCHEDULE` such as 'none@2: 1 2 2 1'")
	fl.Var(&r.speed, "speed", "how fast it begins: `1/4`, 1, … or max; that of the run unless given, or 1/16 where that slept nowhere")
	cli.Group(fl, "What is played", "schedule", "speed")
	r.shown.addReport(fl, "no screen: the report on stdout")
	fl.StringVar(&r.picture.Path, "porcupine", "", porcupineUsage)
	fl.BoolVar(&r.picture.Force, "force", false, "let --porcupine replace a file")
	cli.Group(fl, outputGroup, "porcupine", "force")
	r.shown.addScreen(fl)
	fl.StringVar(&r.file, "config", "", configUsage)
	cli.Group(fl, screenGroup, "config")
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
	if err := forcesSomething(r.picture.Force, r.picture.Path); err != nil {
		return usageError{err}
	}
	if r.schedule != "" {
		return r.playSchedule(cmd, stdout)
	}
	if err := r.places(settings, stdout).clash(); err != nil {
		return usageError{err}
	}
	file, err := await(cmd.Context(), func() (io.ReadCloser, error) { return eventlog.Open(r.path) })
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	defer file.Close()
	log, err := eventlog.NewReader(untilEnd{cmd.Context(), file})
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
	var lines *report.Log
	if r.shown.log {
		lines = report.NewLog(stdout, log.Header().Lanes())
		each = append(each, lines.Event)
	}
	var result sim.Result
	if !r.shown.headless && isTerminal(stdout) {
		rec := tui.Recording{Name: filepath.Base(r.name()), Log: log, Speed: speed, Each: each}
		result, err = tui.PlayRecording(cmd.Context(), rec, r.shown.options())
	} else {
		result, err = eventlog.Fold(log, each...)
	}
	if lines != nil {
		err = errors.Join(err, lines.End())
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

// places are the files of the replay.
func (r *replayed) places(settings *cli.File, stdout io.Writer) places {
	recording := place{name: "the recording", path: r.path, read: true}
	if r.path == eventlog.Stdin {
		recording = place{name: "the recording", file: os.Stdin, read: true}
	}
	return places{
		{name: "the configuration", path: settings.Path(), read: true},
		recording,
		{name: "the standard output", flag: "replay", file: stdout},
		{name: "what --porcupine writes", flag: "porcupine", path: r.picture.Path},
	}
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
