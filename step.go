package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"locktop/sim"
	"locktop/sim/cli"
	"locktop/sim/explore"
	"locktop/tui"
)

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
			settings, err := settled(cmd)
			if err != nil {
				return usageError{err}
			}
			if err := settings.Fill(cmd); err != nil {
				return usageError{err}
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
