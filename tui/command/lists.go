package command

import (
	"io"

	"github.com/spf13/cobra"

	"locktop/sim/report"
)

func newStrategies(stdout io.Writer) *cobra.Command {
	return newList(stdout, "strategies", "List the strategies, and what each of them teaches", report.Strategies)
}

func newPresets(stdout io.Writer) *cobra.Command {
	return newList(stdout, "presets", "List the presets: failures to watch, each with its remedy beside it", report.Presets)
}

func newChanges(stdout io.Writer) *cobra.Command {
	return newList(stdout, "changes", "List the changes: which settings --change can change in the middle of a run", report.Changes)
}

func newFaults(stdout io.Writer) *cobra.Command {
	return newList(stdout, "faults", "List the faults: what --fault can do to clients and to Redis, and when", report.Faults)
}

// newList is a command that prints what there is to choose from.
func newList(stdout io.Writer, use, short string, list func(io.Writer) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: noArguments,
		RunE: func(*cobra.Command, []string) error { return list(stdout) },
	}
}
