// Package cli is what a command line needs besides flags: it fills those that were
// not given from the environment and from a configuration file, completes their
// values in a shell, and writes the manual page. What the flags mean is not its
// business.
//
// A flag goes before the environment, the environment before the file, and the file
// before the default.
package cli

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// Variable is the environment variable that stands in for a flag.
func Variable(flag string) string {
	return "LOCKTOP_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// Environment sets every flag that was not given from its variable. The error names
// all variables that cannot be used.
func Environment(fl *pflag.FlagSet) error {
	if fl.Changed("json") && fl.Changed("output") {
		if err := contradiction(fl.Lookup("json").Value.String(), fl.Lookup("output").Value.String()); err != nil {
			return err
		}
	}
	if !fl.Changed("json") && !fl.Changed("output") {
		if err := contradiction(os.Getenv(Variable("json")), os.Getenv(Variable("output"))); err != nil {
			return fmt.Errorf("%s: %w", Variable("output"), err)
		}
	}
	var errs []error
	fl.VisitAll(func(flag *pflag.Flag) {
		value, ok := os.LookupEnv(Variable(flag.Name))
		if !ok || settled(fl, flag) || flag.Name == "help" || flag.Name == "version" {
			return
		}
		if err := fl.Set(flag.Name, value); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", Variable(flag.Name), Unreadable(flag, value, err)))
		}
	})
	return errors.Join(errs...)
}

// contradiction says that json and output, given in one place, ask for two forms of a report.
func contradiction(json, output string) error {
	if wanted, err := strconv.ParseBool(json); err != nil || !wanted || output == "" || output == "json" {
		return nil
	}
	return fmt.Errorf("json and output %q ask for two forms of the report: give one of them", output)
}

// settled tells whether what goes before has set a flag, by its name or by another
// for the same thing.
func settled(fl *pflag.FlagSet, flag *pflag.Flag) bool {
	return flag.Changed || flag.Name == "json" && fl.Changed("output")
}
