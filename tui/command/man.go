package command

import (
	"io"

	"github.com/spf13/cobra"

	"locktop/sim/cli"
)

// newManual prints the manual page.
func newManual(stdout io.Writer) *cobra.Command {
	return &cobra.Command{
		Use: "man", Short: "Print the manual page: locktop man | man -l -", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cli.Manual(stdout, cmd.Root(), exitCodes) },
	}
}
