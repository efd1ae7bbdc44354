package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"locktop/sim/nearest"
)

// File is a configuration file: TOML whose keys are the names of flags, with a table
// for each subcommand.
type File struct {
	path   string
	values map[string]map[string]any // by command, "" is the root, and flag
	used   []string
}

// unfit are flags that make no sense in a file, and why.
var unfit = map[string]string{
	"help":      "it is for the command line",
	"version":   "it is for the command line",
	"config":    "a file cannot name another",
	"record":    "every run would write to the same file",
	"force":     "it would let every run replace a file",
	"porcupine": "every run would write to the same file",
}

// DefaultFile is where the configuration is looked for unless told: in the place of
// the XDG base directory specification on every Unix, and in %AppData% on Windows. It
// is "" if there is no home.
func DefaultFile() string {
	dir := os.Getenv("XDG_CONFIG_HOME")
	switch home, err := os.UserHomeDir(); {
	case runtime.GOOS == "windows":
		if dir, err = os.UserConfigDir(); err != nil {
			return ""
		}
	case filepath.IsAbs(dir): // the specification has others ignored
	case err != nil:
		return ""
	default:
		dir = filepath.Join(home, ".config")
	}
	return filepath.Join(dir, "locktop", "config.toml")
}

// Configuration reads the file that a command's flag config names or, where that was
// not set, the default one, which may be missing. Every key is checked, also those of
// other commands: those that a file may configure have a flag config. The error names
// file and line of all mistakes.
func Configuration(cmd *cobra.Command) (*File, error) {
	named := cmd.Flags().Lookup("config")
	f := &File{path: named.Value.String()}
	if !named.Changed {
		f.path = DefaultFile()
	}
	if f.path == "" {
		return f, nil
	}
	text, err := os.ReadFile(f.path)
	switch {
	case !named.Changed && errors.Is(err, fs.ErrNotExist):
		return f, nil
	case err != nil:
		return nil, fmt.Errorf("config: %w", err)
	}
	return f, f.parse(text, commands(cmd.Root()))
}

// Path is where the file is, or would be; "" if there is none.
func (f *File) Path() string { return f.path }

// commands are the flags that a file may set, by command.
func commands(root *cobra.Command) map[string]*pflag.FlagSet {
	all := map[string]*pflag.FlagSet{"": root.Flags()}
	for _, sub := range root.Commands() {
		if sub.Flags().Lookup("config") != nil {
			all[sub.Name()] = sub.Flags()
		}
	}
	return all
}

// mistake is what is wrong in a line.
type mistake struct {
	line int
	what string
}

func (f *File) parse(text []byte, known map[string]*pflag.FlagSet) error {
	var top map[string]any
	if err := toml.Unmarshal(text, &top); err != nil {
		var bad *toml.DecodeError
		if errors.As(err, &bad) {
			line, _ := bad.Position()
			return f.refuse([]mistake{{line, strings.TrimPrefix(bad.Error(), "toml: ")}})
		}
		return fmt.Errorf("config: %s: %w", f.path, err)
	}
	lines := linesOf(text)
	f.values = map[string]map[string]any{"": top}
	var mistakes []mistake
	for name := range known {
		table, ok := top[name].(map[string]any)
		if name == "" || !ok {
			continue // as a flag of the root, what is no table is unknown
		}
		delete(top, name)
		f.values[name] = table
	}
	for name, values := range f.values {
		for key, value := range values {
			path := key
			if name != "" {
				path = name + "." + key
			}
			if err := check(known[name].Lookup(key), value); err != nil {
				line := cmp.Or(lines[path], lines[name])
				mistakes = append(mistakes, mistake{line, path + ": " + err.Error()})
			} else if known[name].Lookup(key) == nil {
				line := cmp.Or(lines[path], lines[name])
				mistakes = append(mistakes, mistake{line, fmt.Sprintf("unknown key %q%s", path, nearest.Hint(key, keys(name, known)))})
			}
		}
	}
	return f.refuse(mistakes)
}

func (f *File) refuse(mistakes []mistake) error {
	slices.SortFunc(mistakes, func(a, b mistake) int { return cmp.Or(a.line-b.line, cmp.Compare(a.what, b.what)) })
	var errs []error
	for _, m := range mistakes {
		errs = append(errs, fmt.Errorf("%s:%d: %s", f.path, m.line, m.what))
	}
	return errors.Join(errs...)
}

// keys lists what can stand in a table.
func keys(command string, known map[string]*pflag.FlagSet) []string {
	var names []string
	known[command].VisitAll(func(flag *pflag.Flag) {
		if unfit[flag.Name] == "" {
			names = append(names, flag.Name)
		}
	})
	if command == "" {
		for _, table := range slices.Sorted(maps.Keys(known))[1:] {
			names = append(names, "["+table+"]")
		}
	}
	return names
}

// linesOf says in which lines the keys of a correct document are.
func linesOf(text []byte) map[string]int {
	lines := map[string]int{}
	var p unstable.Parser
	p.Reset(text)
	var table []string
	for p.NextExpression() {
		e := p.Expression()
		var path []string
		line := 0
		for it := e.Key(); it.Next(); {
			if line == 0 {
				line = p.Shape(it.Node().Raw).Start.Line
			}
			path = append(path, string(it.Node().Data))
		}
		if e.Kind == unstable.KeyValue {
			path = append(slices.Clone(table), path...)
		} else {
			table = path
		}
		for i := range path { // compare.clients names compare as well
			if name := strings.Join(path[:i+1], "."); lines[name] == 0 {
				lines[name] = line
			}
		}
	}
	return lines
}

// wanted is what the values of a flag look like in a file, by its type.
var wanted = map[string]string{
	"bool":        "true or false",
	"int":         "a whole number",
	"uint64":      "a whole number of 0 or more",
	"string":      "a text in quotes",
	"speed":       `a number, or a text as in "1/4"`,
	"duration":    `a duration in quotes, as in "40ms"`,
	"stringSlice": `a list of texts, as in ["none", "block"]`,
	"stringArray": `a list of texts, as in ["crash:nth=5"]`,
}

// check says why a flag cannot have a value. An unknown flag is not its business.
func check(flag *pflag.Flag, value any) error {
	if flag == nil {
		return nil
	}
	if why := unfit[flag.Name]; why != "" {
		return fmt.Errorf("not in a file: %s", why)
	}
	kind := flag.Value.Type()
	fits := false
	switch v := value.(type) {
	case string:
		switch kind {
		case "string", "speed", "stringSlice", "stringArray":
			fits = true
		case "duration":
			_, err := time.ParseDuration(v)
			fits = err == nil
		}
	case bool:
		fits = kind == "bool"
	case int64:
		fits = kind == "int" && int64(int(v)) == v || kind == "uint64" && v >= 0 || kind == "speed" || kind == "duration" && v == 0
	case float64:
		fits = kind == "speed"
	case []any:
		fits = kind == "stringSlice" || kind == "stringArray"
		for _, item := range v {
			_, ok := item.(string)
			fits = fits && ok
		}
	}
	if fits {
		return nil
	}
	switch v := value.(type) {
	case string:
		return fmt.Errorf("want %s, have %q", wanted[kind], v)
	case map[string]any:
		return fmt.Errorf("want %s, have a table", wanted[kind])
	}
	return fmt.Errorf("want %s, have %v", wanted[kind], value)
}

// Fill sets those flags of a command from the file that are not set yet: all, or only
// those with the names.
func (f *File) Fill(cmd *cobra.Command, names ...string) error {
	values := f.values[""]
	if cmd.HasParent() {
		values = f.values[cmd.Name()]
	}
	fl := cmd.Flags()
	var errs []error
	if !fl.Changed("json") && !fl.Changed("output") {
		json, output := fmt.Sprint(values["json"]), values["output"]
		if text, ok := output.(string); ok {
			if err := contradiction(json, text); err != nil {
				return fmt.Errorf("%s: %w", f.path, err)
			}
		}
	}
	fl.VisitAll(func(flag *pflag.Flag) {
		value, ok := values[flag.Name]
		if !ok || settled(fl, flag) || len(names) > 0 && !slices.Contains(names, flag.Name) {
			return
		}
		if err := set(fl, flag, value); err != nil {
			errs = append(errs, fmt.Errorf("%s: %s: %w", f.path, flag.Name, err))
		}
		f.used = append(f.used, flag.Name)
	})
	return errors.Join(errs...)
}

func set(fl *pflag.FlagSet, flag *pflag.Flag, value any) error {
	switch v := value.(type) {
	case []any:
		items := make([]string, len(v))
		for i, item := range v {
			items[i] = item.(string)
		}
		if err := fl.Set(flag.Name, ""); err != nil { // makes it a flag that was set
			return err
		}
		return flag.Value.(pflag.SliceValue).Replace(items)
	case float64:
		return fl.Set(flag.Name, strconv.FormatFloat(v, 'f', -1, 64))
	}
	return fl.Set(flag.Name, fmt.Sprint(value))
}

// Blame adds to an error which settings are from the file, if there are any.
func (f *File) Blame(err error) error {
	if err == nil || len(f.used) == 0 {
		return err
	}
	return fmt.Errorf("%w\n(%s: from %s)", err, strings.Join(f.used, ", "), f.path)
}
