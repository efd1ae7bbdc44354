package command

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

const stepHelp = `Makes you the scheduler of a small race: each client makes one update and stops
before every command to Redis, and you decide whose comes next. Can you lose an
update? u undoes, w shows an order that goes wrong, g is the grid of all of them.

The Redis is embedded; lock and clients are those of the live race. Time stands
still, until you have the lease end or nobody can go on.

When you quit, what you have played is printed as a diagram and as a schedule, which
locktop replay --schedule plays again.`

// byHand are the faults that may be done by hand, unless told.
const byHand = 2

// stepped is a small race that is to be stepped through.
type stepped struct {
	arena sim.ArenaConfig
	shown shown
	file  string // of the configuration
}

// newStep makes the user the scheduler.
func newStep(stdout io.Writer) *cobra.Command {
	s := stepped{arena: sim.ArenaConfig{Lane: "none", Clients: 2, Expiries: byHand, Crashes: byHand}}
	cmd := &cobra.Command{
		Use:     "step",
		Short:   "Be the scheduler of a small race, command by command",
		Long:    stepHelp,
		Example: "  locktop step\n  locktop step --strategy spin --clients 3\n  locktop step --strategy broken-wait --clients 3",
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return s.run(cmd, stdout) },
	}
	a, fl := &s.arena, cmd.Flags()
	fl.SortFlags = false
	fl.StringVar(&a.Lane, "strategy", a.Lane, strategyUsage)
	fl.IntVar(&a.Clients, "clients", a.Clients, fmt.Sprintf("clients, 1 to %d", sim.MostPlayers))
	fl.IntVar(&a.Expiries, "expiries", a.Expiries, "how often you may have the lock's lease end")
	fl.IntVar(&a.Crashes, "crashes", a.Crashes, "how many clients you may crash")
	cli.Group(fl, "Race", "strategy", "clients", "expiries", "crashes")
	s.shown.addScreen(fl)
	fl.StringVar(&s.file, "config", "", configUsage)
	cli.Group(fl, screenGroup, "config")
	completeWith(cmd, map[string]cobra.CompletionFunc{"strategy": cli.Values(strategies()...), "theme": cli.Values(themes...)})
	return cmd
}

// run checks the flags and hands over to the user.
func (s *stepped) run(cmd *cobra.Command, stdout io.Writer) error {
	settings, err := filled(cmd)
	if err != nil {
		return err
	}
	s.shown.output = "text"
	if err := errors.Join(s.shown.complete(), s.asked(cmd.Flags()).Validate()); err != nil {
		return usageError{settings.Blame(err)}
	}
	if !isTerminal(stdout) {
		return needTerminal("step", "locktop explore tries every order without one, and locktop replay --schedule plays one")
	}
	played, err := tui.Drive(cmd.Context(), tui.DriveOptions{Arena: s.arena}, s.shown.options())
	return endDrive(stdout, played, err)
}

// asked is the race without the expiries that nobody has asked for. Where there is no lease to end, they are for the
// strategies that the user goes on to.
func (s *stepped) asked(given *pflag.FlagSet) sim.ArenaConfig {
	c := s.arena
	if !given.Changed("expiries") {
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
