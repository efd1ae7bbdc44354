// Package command is the command line of locktop: a file for each command, with its flags,
// its help and what it does. What is shown and computed comes from the packages tui and sim;
// only main imports this one.
package command

import (
	"fmt"
	"io"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// newCommand is the whole command line. Reports go to stdout; progress and errors to stderr.
func newCommand(stdout, stderr io.Writer) *cobra.Command {
	cmd := newRace(stdout, stderr)
	cmd.Version = version()
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.AddCommand(
		newStrategies(stdout),
		newPresets(stdout),
		newChanges(stdout),
		newFaults(stdout),
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
	return cmd
}

// noArguments is for commands that take none.
func noArguments(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("unexpected argument %q", args[0])}
	}
	return nil
}

// version is that of the module, as far as the build knows it.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
