package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"locktop/sim/nearest"
)

// FlagError says of an error that parsing the flags of a command came to what is wrong, and what may have been meant.
func FlagError(cmd *cobra.Command, err error) error {
	var (
		unknown *pflag.NotExistError
		value   *pflag.InvalidValueError
		missing *pflag.ValueRequiredError
	)
	switch {
	case errors.As(err, &unknown):
		typed := "--" + unknown.GetSpecifiedName()
		name := unknown.GetSpecifiedName()
		if short := unknown.GetSpecifiedShortnames(); short != "" { // all flags have two dashes
			typed, name = "-"+short, short
			if word, _, ok := strings.Cut(short, "="); ok {
				name = word
			}
			if len(name) == 1 && cmd.Flags().ShorthandLookup(strings.ToLower(name)) != nil {
				return fmt.Errorf("unknown flag %s; did you mean %s?", typed, strings.ToLower(typed))
			}
		}
		if near, ok := nearest.To(name, flagNames(cmd)); ok {
			return fmt.Errorf("unknown flag %s; did you mean --%s?", typed, near)
		}
		return fmt.Errorf("unknown flag %s%s", typed, elsewhere(cmd, name))
	case errors.As(err, &value):
		return fmt.Errorf("--%s: %w", value.GetFlag().Name, Unreadable(value.GetFlag(), value.GetValue(), value.Unwrap()))
	case errors.As(err, &missing):
		return fmt.Errorf("--%s: want %s behind it, have nothing", missing.GetFlag().Name, typed(missing.GetFlag()))
	}
	return err
}

func flagNames(cmd *cobra.Command) (names []string) {
	cmd.Flags().VisitAll(func(flag *pflag.Flag) { names = append(names, flag.Name) })
	return names
}

// elsewhere says which commands have a flag.
func elsewhere(cmd *cobra.Command, name string) string {
	var have []string
	for _, other := range append([]*cobra.Command{cmd.Root()}, cmd.Root().Commands()...) {
		if other != cmd && other.Flags().Lookup(name) != nil {
			have = append(have, other.CommandPath())
		}
	}
	if len(have) == 0 {
		return ""
	}
	return fmt.Sprintf("; it is one of %s, not of %s", strings.Join(have, " and "), cmd.CommandPath())
}

// typedValues is what the values of flags look like on the command line, by type; those that are not here take any text.
var typedValues = map[string]string{
	"bool":     "true or false",
	"int":      "a whole number",
	"uint64":   "a whole number of 0 or more",
	"duration": "a duration such as 40ms",
}

func typed(flag *pflag.Flag) string {
	if text := typedValues[flag.Value.Type()]; text != "" {
		return text
	}
	return "a value"
}

// Unreadable says why a text cannot be the value of a flag.
func Unreadable(flag *pflag.Flag, text string, why error) error {
	want := typedValues[flag.Value.Type()]
	if want == "" {
		return why
	}
	hint := ""
	if _, err := fmt.Sscanf(text, "%d", new(int)); err == nil && flag.Value.Type() == "duration" && strings.Trim(text, "0123456789") == "" {
		hint = fmt.Sprintf("; did you mean %sms?", text)
	}
	return fmt.Errorf("want %s, have %q%s", want, text, hint)
}
