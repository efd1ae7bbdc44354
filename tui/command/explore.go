package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"locktop/sim"
	"locktop/sim/cli"
	"locktop/sim/explore"
	"locktop/tui"
)

var exploreHelp = fmt.Sprintf(`Lets a few clients make one update each, on an embedded Redis, and tries every
order in which their commands can come. It counts how many lose updates, let two
clients in at once, or hang, and shows the smallest that goes wrong.

Time passes only when nobody can go on, and by --expiries, each of which lets the
lock's lease run out at any moment; by --crashes clients crash at any moment. A
client that would only repeat a command in vain is not tried.

Methods: states counts all schedules by exploring each state once; all plays every
one; sleep leaves out those that differ from another only in the order of unrelated
commands, and takes no bound on preemptions; random draws them: the client of the highest priority
goes first, and priorities change at most %d times, so that schedules which take more
changes are not found. auto is states and, beyond the limits, states with at most two
preemptions, and then random. The report and the field extent of the JSON say how much
of all there is was tried; a count that does not fit is null there.`, explore.Changes)

// strategyUsage is of the flag for one strategy.
const strategyUsage = "what clients do, as in spin:lease=2s (locktop strategies)"

// ungridded are the flags that have no effect on a grid.
var ungridded = []string{"method", "preemptions", "limit", "timeout", "seed", "output", "json", "check"}

// explored is a small race of which every order is to be tried.
type explored struct {
	options explore.Options
	method  string
	output  string
	json    bool
	check   bool
	grid    bool
	shown   shown  // in the grid
	file    string // of the configuration
}

// newExplore tries every order of the commands of a small race.
func newExplore(stdout, stderr io.Writer) *cobra.Command {
	e := explored{options: explore.Options{ArenaConfig: sim.ArenaConfig{Lane: "none", Clients: 2}, Preemptions: -1}}
	cmd := &cobra.Command{
		Use:     "explore",
		Short:   "Try every order of the commands of a small race",
		Long:    exploreHelp,
		Example: "  locktop explore --strategy none --clients 3\n  locktop explore --strategy none --clients 3 --grid\n  locktop explore --strategy spin --expiries 1\n  locktop explore --strategy broken-wait --clients 3 --crashes 1 --output json",
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return e.run(cmd, stdout, stderr) },
	}
	o, fl := &e.options, cmd.Flags()
	fl.SortFlags = false
	fl.StringVar(&o.Lane, "strategy", o.Lane, strategyUsage)
	fl.IntVar(&o.Clients, "clients", o.Clients, fmt.Sprintf("clients, 1 to %d", sim.MostPlayers))
	fl.IntVar(&o.Expiries, "expiries", 0, "how often the lock's lease may run out")
	fl.IntVar(&o.Crashes, "crashes", 0, "how many clients may crash")
	cli.Group(fl, "Race", "strategy", "clients", "expiries", "crashes")
	fl.StringVar(&e.method, "method", string(explore.Auto), "how to search: auto, states, all, sleep or random")
	fl.IntVar(&o.Preemptions, "preemptions", o.Preemptions, "interruptions of clients that could go on; -1 is any number")
	fl.IntVar(&o.Limit, "limit", explore.DefaultLimit, "the most schedules to play")
	fl.DurationVar(&o.Timeout, "timeout", explore.DefaultTimeout, "the longest time to take")
	fl.Uint64Var(&o.Seed, "seed", 1, "seed of random schedules")
	cli.Group(fl, "Search", "method", "preemptions", "limit", "timeout", "seed")
	fl.StringVar(&e.output, "output", "text", "form of the result: text or json")
	fl.BoolVar(&e.json, "json", false, "short for --output json")
	fl.BoolVar(&e.check, "check", false, "exit with 3 unless all were tried and none goes wrong")
	cli.Group(fl, outputGroup, "output json", "check")
	fl.BoolVar(&e.grid, "grid", false, "show every order as a cell of a grid, to step through")
	cli.Group(fl, screenGroup, "grid")
	e.shown.addScreen(fl)
	fl.StringVar(&e.file, "config", "", configUsage)
	cli.Group(fl, screenGroup, "config")
	completeWith(cmd, map[string]cobra.CompletionFunc{
		"strategy": cli.Values(strategies()...), "method": cli.Values("auto", "states", "all", "sleep", "random"), "output": cli.Values("text", "json"),
		"theme": cli.Values(themes...),
	})
	return cmd
}

// run checks the flags and explores, on the screen or into a report.
func (e *explored) run(cmd *cobra.Command, stdout, stderr io.Writer) error {
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
	if e.json {
		e.output = "json"
	}
	write := map[string]func(*explore.Result, io.Writer) error{"text": (*explore.Result).WriteText, "json": (*explore.Result).WriteJSON}[e.output]
	if write == nil {
		return usageError{fmt.Errorf("output: want text or json, have %q", e.output)}
	}
	e.options.Method = explore.Method(e.method)
	if err := e.options.Validate(); err != nil {
		return usageError{settings.Blame(err)}
	}
	if e.grid {
		if len(unused) > 0 {
			return usageError{fmt.Errorf("grid: shows all orders on the screen, and has no use for --%s", strings.Join(unused, ", --"))}
		}
		return e.showGrid(cmd.Context(), settings, stdout)
	}
	if isTerminal(stderr) {
		e.options.Progress = func(played int) { fmt.Fprintf(behind(stderr), "\r%d schedules played ", played) }
		defer fmt.Fprint(behind(stderr), "\r\x1b[K")
	}
	result, err := explore.Run(cmd.Context(), e.options)
	if result == nil || result.Schedules == 0 {
		return err
	}
	if err := errors.Join(err, write(result, stdout)); err != nil || !e.check {
		return err
	}
	return checked(result)
}

// checked returns why a result does not show that no schedule goes wrong.
func checked(r *explore.Result) error {
	if r.Bad() {
		return notCorrect{errors.New("there are schedules that go wrong")}
	}
	if r.Complete {
		return nil
	}
	remedy := "raise --limit and --timeout, or take fewer clients"
	switch o := r.Options; {
	case r.Extent() == explore.Bounded && o.Preemptions >= 0:
		remedy = "leave --preemptions away"
	case o.Method == explore.Random:
		remedy = "take another --method"
	}
	return notCorrect{fmt.Errorf("no schedule that was tried goes wrong, but there may be others: %s", remedy)}
}

// showGrid shows the orders on the screen, until the user leaves it.
func (e *explored) showGrid(ctx context.Context, settings *cli.File, stdout io.Writer) error {
	e.shown.output = "text"
	if err := e.shown.complete(); err != nil {
		return usageError{settings.Blame(err)}
	}
	if !isTerminal(stdout) {
		return needTerminal("grid", "leave --grid away")
	}
	played, err := tui.Drive(ctx, tui.DriveOptions{Arena: e.options.ArenaConfig, Grid: true}, e.shown.options())
	return endDrive(stdout, played, err)
}
