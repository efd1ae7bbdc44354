// Package command is the command line of locktop: a file for each command, with its flags,
// its help and what it does. What is shown and computed comes from the packages tui and sim;
// only main imports this one.
package command

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"locktop/sim"
	"locktop/sim/cli"
	"locktop/sim/nearest"
)

func init() { cobra.EnableCommandSorting = false } // commands are listed by what they are for

// newCommand is the whole command line. Reports go to stdout; progress and errors to stderr.
func newCommand(stdout, stderr io.Writer) *cobra.Command {
	cmd := newRace(stdout, stderr)
	cmd.Version = version()
	cmd.SetVersionTemplate("locktop {{.Version}}\n")
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	lists := []*cobra.Command{newStrategies(stdout), newPresets(stdout), newFaults(stdout), newChanges(stdout)}
	cmd.AddCommand(
		newTour(stdout),
		newCompare(stdout, stderr),
		newExplore(stdout, stderr),
		newStep(stdout),
		newReplay(stdout, stderr),
	)
	cmd.AddCommand(lists...)
	cmd.SetHelpCommand(newHelp(stdout))
	cmd.InitDefaultHelpCmd()
	cmd.AddCommand(newVersion(stdout), newManual(stdout))
	cmd.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		fmt.Fprint(stdout, cli.Help(cmd, cli.WidthOf(behind(stdout))))
	})
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usageError{cli.FlagError(cmd, err)} })
	requireShell(cmd)
	cli.Together("what there is to choose from", lists...)
	cli.Together("help WORD explains a strategy, a flag, …", commandsNamed(cmd, "help", "version", "man", "completion")...)
	return cmd
}

// commandsNamed are subcommands of a command.
func commandsNamed(cmd *cobra.Command, names ...string) (found []*cobra.Command) {
	for _, sub := range cmd.Commands() {
		if slices.Contains(names, sub.Name()) {
			found = append(found, sub)
		}
	}
	return found
}

// noArguments is for commands that take none.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if cmd.HasParent() {
		return usageError{fmt.Errorf("%s: unexpected argument %q", cmd.Name(), args[0])}
	}
	return usageError{errors.New(notACommand(cmd, args[0]))}
}

// notACommand says of a word behind the program's name what it may have been meant for.
func notACommand(root *cobra.Command, word string) string {
	var names []string
	for _, sub := range root.Commands() {
		names = append(names, sub.Name())
	}
	text := fmt.Sprintf("unknown command %q", word)
	lane, _, _ := strings.Cut(word, ",")
	near, _ := nearest.To(word, append(names, "race"))
	lanes := root.Flags().Lookup("lanes")
	switch _, isPreset := sim.PresetNamed(word); {
	case near == "race":
		return text + "; a race takes no command: type locktop"
	case lanes.Changed && slices.Contains(sim.StrategyNames(), sim.StrategyOf(lane)):
		all := lanes.Value.(pflag.SliceValue).GetSlice()
		return text + "; between lanes are commas: --lanes " + strings.Join(append(all, word), ",")
	case slices.Contains(sim.StrategyNames(), sim.StrategyOf(lane)):
		return text + "; to race that, type locktop --lanes " + word
	case isPreset:
		return text + "; to see that preset, type locktop --preset " + word
	case isFile(word):
		return text + "; to play a recording, type locktop replay " + word
	case strings.Contains(word, "://"):
		return text + "; to race on that Redis, put --redis before it"
	}
	return text + nearest.Hint(word, names)
}

// isFile tells whether a word names a file.
func isFile(word string) bool {
	info, err := os.Stat(word)
	return err == nil && info.Mode().IsRegular()
}

// newVersion prints what --version does.
func newVersion(stdout io.Writer) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(stdout, "locktop %s\n", cmd.Root().Version)
			return err
		},
	}
}

// version is that of the module, as far as the build knows it, and what has built it.
func version() string {
	text := "(devel)"
	info, ok := debug.ReadBuildInfo()
	if ok && info.Main.Version != "" {
		text = info.Main.Version
	}
	if ok && text == "(devel)" {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				text += " " + s.Value[:min(len(s.Value), 12)]
			}
		}
	}
	return fmt.Sprintf("%s (%s, %s/%s)", text, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
