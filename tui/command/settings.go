package command

import (
	"github.com/spf13/cobra"

	"locktop/sim/cli"
)

const configUsage = "take settings from this `FILE`, not from the usual one"

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
	return await(cmd.Context(), func() (*cli.File, error) { return cli.Configuration(cmd) })
}

// speed is the value of a flag, to be parsed together with the others. Its type tells
// that a file may have a number for it.
type speed string

func (s *speed) Set(text string) error { *s = speed(text); return nil }

func (s *speed) String() string { return string(*s) }

func (*speed) Type() string { return "speed" }
