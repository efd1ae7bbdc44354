package sim

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"locktop/sim/nearest"
)

// A spec is how a lane or a fault is written on the command line and in an event
// log: a name, and settings behind colons, as in block:lease=2s. It holds neither
// commas nor white space.
type spec struct {
	name     string
	settings []setting
}

type setting struct{ key, value string }

// parseSpec takes a spec apart. It does not know which names and keys there are.
func parseSpec(text string) (spec, error) {
	parts := strings.Split(strings.TrimSpace(text), ":")
	s := spec{name: strings.TrimSpace(parts[0])}
	seen := map[string]bool{}
	for _, part := range parts[1:] {
		key, value, ok := strings.Cut(part, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		switch {
		case s.name == "" && (!ok || key == "" || value == ""):
			return spec{}, fmt.Errorf("want setting=value, as in strategy=block:lane=1:after=5s, have %q", part)
		case !ok || key == "" || value == "":
			return spec{}, fmt.Errorf("%q: want name:key=value, have %q", text, part)
		case seen[key]:
			return spec{}, fmt.Errorf("%q: %s is set twice", strings.TrimPrefix(text, ":"), key)
		}
		seen[key] = true
		s.settings = append(s.settings, setting{key, value})
	}
	return s, nil
}

// own is what a spec sets, as it is written behind the name.
func (s spec) own() string {
	words := make([]string, len(s.settings))
	for i, set := range s.settings {
		words[i] = set.key + "=" + set.value
	}
	return strings.Join(words, ":")
}

// apply hands every setting to the reader of its key.
func (s spec) apply(readers map[string]func(value string) error) error {
	var errs []error
	of, unknown := "", "unknown setting"
	if s.name != "" { // a change has none
		of, unknown = s.name+": ", s.name+" has no setting"
	}
	for _, set := range s.settings {
		read, ok := readers[set.key]
		if !ok {
			errs = append(errs, fmt.Errorf("%s %q%s", unknown, set.key, nearest.Hint(set.key, slices.Sorted(maps.Keys(readers)))))
			continue
		}
		if err := read(set.value); err != nil {
			errs = append(errs, fmt.Errorf("%s%s: %w", of, set.key, err))
		}
	}
	return errors.Join(errs...)
}

// readDuration reads a duration of 0 or more.
func readDuration(to *time.Duration) func(string) error {
	return func(value string) error {
		d, err := time.ParseDuration(value)
		switch {
		case err != nil:
			return fmt.Errorf("want a duration such as 500ms, have %q", value)
		case d < 0:
			return fmt.Errorf("want a duration of 0 or more, have %v", d)
		}
		*to = d
		return nil
	}
}

// readCount reads a number from least to most.
func readCount(to *int, least, most int) func(string) error {
	return func(value string) error {
		n, err := strconv.Atoi(value)
		if err != nil || n < least || n > most {
			return fmt.Errorf("want a number from %d to %d, have %q", least, most, value)
		}
		*to = n
		return nil
	}
}
