package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"locktop/sim/cli"
)

// configured makes a configuration the one that is read by default.
func configured(t *testing.T, text string) (path string) {
	t.Helper()
	home := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", home)
	path = filepath.Join(home, "locktop", "config.toml")
	if err := os.Mkdir(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSettingsFromAFile(t *testing.T) {
	for _, c := range []struct {
		name, file, env, args string
		want                  []string // on stdout
	}{
		{"it goes before the defaults", "clients = 3\nlanes = ['none', 'fair']\nlease = '2s'\nspeed = 'max'\nalerts = 2", "", "",
			[]string{"3 clients", "2 alerts", "fair: ", "lease 2s"}},
		{"the environment goes before it", "clients = 3", "LOCKTOP_CLIENTS=4", "", []string{"4 clients"}},
		{"a flag goes before both", "clients = 3", "LOCKTOP_CLIENTS=4", "--clients 5", []string{"5 clients"}},
		{"a list on the command line replaces that of the file", "lanes = ['none', 'fair']", "", "--lanes atomic", []string{"atomic: every one"}},
		{"faults are a list", "fault = ['crash:at=acquired', 'crash:at=write:nth=3']\nlanes = ['block']\nspeed = 4\nwork = '5ms'\ndeterministic = true", "", "", []string{"clients crashed           2"}},
		{"speed may be a number", "speed = 50", "", "", []string{"speed 50"}},
		{"or a fraction of one", "speed = 20.5\nalerts = 2", "", "", []string{"speed 20.5"}},
		{"0 is a duration", "lease = 0\nwork = 0", "", "", []string{"no lease"}},
		{"the form of the report", "output = 'csv'", "", "", []string{"lane,strategy"}},
		{"--output goes before its json", "json = true", "", "--output csv", []string{"lane,strategy"}},
		{"--json goes before its output", "output = 'csv'", "", "--json", []string{`"version": 1`}},
		{"a table for compare is not for a run", "[compare]\nclients = 3", "", "", []string{"6 clients"}},
		{"a run's settings are not for compare", "clients = 3\n[compare]\nupdates = 20\nstrategies = ['none', 'atomic']", "", "compare",
			[]string{"16 clients", "atomic"}},
		{"compare's are", "[compare]\nclients = 3\nupdates = 12\nstrategies = ['none', 'atomic']", "", "compare", []string{"3 clients", "4 updates each"}},
		{"and flags go before them", "[compare]\nclients = 3\nupdates = 12\nstrategies = ['none', 'atomic']", "", "compare --clients 2", []string{"2 clients", "6 updates each"}},
		{"a preset is what it is, but for its looks", "clients = 1\nlanes = ['none']\nwork = 0\nfault = ['crash']\noutput = 'markdown'", "", "--preset lost-update --check --deterministic",
			[]string{"8 clients", "| ---"}},
		{"flags change it all the same", "clients = 1", "", "--preset lost-update --clients 3", []string{"3 clients"}},
		{"and the environment", "clients = 1", "LOCKTOP_CLIENTS=4", "--preset lost-update", []string{"4 clients"}},
		{"a preset in the file as well", "preset = 'lost-update'\nclients = 1", "", "--check --deterministic", []string{"8 clients"}},
		{"which a flag takes away", "preset = 'lost-update'\nclients = 2", "", "--preset=", []string{"2 clients"}},
		{"an empty name reads none", "clients = 3", "", "--config=", []string{"6 clients"}},
		{"lists need no file", "nonsense", "", "faults", []string{"pause"}},
		{"nor does the manual", "nonsense", "", "man", []string{"LOCKTOP"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			configured(t, c.file)
			if name, value, ok := strings.Cut(c.env, "="); ok {
				t.Setenv(name, value)
			}
			args := strings.Fields(c.args)
			if len(args) == 0 || strings.HasPrefix(args[0], "-") {
				args = append(args, "--headless")
			}
			code, stdout, stderr := locktop(t, args...)
			if code != exitDone {
				t.Fatalf("exit %d: %s", code, stderr)
			}
			for _, want := range c.want {
				if !strings.Contains(stdout, want) {
					t.Errorf("no %q in:\n%s", want, stdout)
				}
			}
		})
	}
}

func TestMistakesInAFile(t *testing.T) {
	for _, c := range []struct{ name, file, args, want string }{
		{"an unknown key", "\ncleints = 3", "", `:2: unknown key "cleints"; did you mean "clients"?`},
		{"an unknown key of a command", "[compare]\nlanes = ['none']", "", `:2: unknown key "compare.lanes"; known are strategies, clients,`},
		{"an unknown table", "clients = 3\n\n[faults]\na = 1", "", `:3: unknown key "faults"; did you mean "fault"?`},
		{"a table of a table", "[compare.a]\nb = 1", "", `:1: unknown key "compare.a"`},
		{"what should be a table", "compare = 3", "", `:1: unknown key "compare"`},
		{"all mistakes at once, in their order", "theme = 1\nfps = 'a'\n", "", `:1: theme: want a text in quotes, have 1`},
		{"the second of them", "theme = 1\nfps = 'a'\n", "", `:2: fps: want a whole number, have "a"`},
		{"a text for a number", "clients = '3'", "", `:1: clients: want a whole number, have "3"`},
		{"a fraction for a number", "clients = 3.5", "", `:1: clients: want a whole number, have 3.5`},
		{"a number below 0", "seed = -1", "", `:1: seed: want a whole number of 0 or more, have -1`},
		{"a number for a duration", "work = 40", "", `:1: work: want a duration in quotes, as in "40ms", have 40`},
		{"a text that is no duration", "work = 'long'", "", `:1: work: want a duration in quotes, as in "40ms", have "long"`},
		{"a text for a switch", "ascii = 'yes'", "", `:1: ascii: want true or false, have "yes"`},
		{"a list with more than texts", "lanes = ['none', 1]", "", `:1: lanes: want a list of texts, as in ["none", "block"]`},
		{"a table for a flag", "theme.dark = true", "", `:1: theme: want a text in quotes, have a table`},
		{"a syntax error", "clients = 3\nwork = = 4", "", `:2: `},
		{"a key that is there twice", "fps = 3\nfps = 4", "", `:2: key fps is already defined`},
		{"a mistake in what a preset ignores", "work = 'long'", "--preset lost-update", `:1: work: want a duration`},
		{"a mistake in what is for a run only", "work = 'long'", "compare", `:1: work: want a duration`},
		{"help", "help = true", "", `:1: help: not in a file: it is for the command line`},
		{"version", "version = true", "", `:1: version: not in a file: it is for the command line`},
		{"another file", "config = 'a'", "", `:1: config: not in a file: a file cannot name another`},
		{"a record", "record = 'a'", "", `:1: record: not in a file: every run would write to the same file`},
		{"force", "force = true", "", `:1: force: not in a file: it would let every run replace a file`},
		{"values that make no sense", "clients = 0\nfps = 30", "", `(clients, fps: from `},
		{"for compare as well", "[compare]\nclients = 0", "compare", `(clients: from `},
		{"a password stays out of it", "clients = 'redis://:geheim@host'", "", `redis://***@host`},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := configured(t, c.file)
			args := strings.Fields(c.args)
			if c.args != "compare" {
				args = append(args, "--headless")
			}
			code, stdout, stderr := locktop(t, args...)
			if code != exitUsage || stdout != "" || !strings.Contains(stderr, c.want) || !strings.Contains(stderr, path) || strings.Contains(stderr, "geheim") {
				t.Errorf("exit %d, %s\n%s", code, stdout, stderr)
			}
		})
	}
}

func TestWhichFileIsRead(t *testing.T) {
	other := configured(t, "clients = 3")
	usual := configured(t, "clients = 2")
	missing := filepath.Join(t.TempDir(), "config.toml")
	for _, c := range []struct {
		name, xdg, env string
		args           []string
		code           int
		want           string
	}{
		{"the usual", "", "", nil, exitDone, "2 clients"},
		{"another one", "", "", []string{"--config", other}, exitDone, "3 clients"},
		{"that the environment names", "", other, nil, exitDone, "3 clients"},
		{"a flag goes before the environment", "", other, []string{"--config", usual}, exitDone, "2 clients"},
		{"a named one must be there", "", "", []string{"--config", missing}, exitUsage, missing},
		{"also if the environment names it", "", missing, nil, exitUsage, missing},
		{"the usual need not", filepath.Dir(missing), "", nil, exitDone, "6 clients"},
		{"without the variable it is in ~/.config", "-", "", nil, exitDone, "4 clients"},
		{"as with one that is not absolute", "config", "", nil, exitDone, "4 clients"},
		{"one that cannot be read", "", "", []string{"--config", t.TempDir()}, exitUsage, "is a directory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			home := t.TempDir()
			t.Setenv("HOME", home)
			if err := os.MkdirAll(filepath.Join(home, ".config", "locktop"), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(home, ".config", "locktop", "config.toml"), []byte("clients = 4"), 0o666); err != nil {
				t.Fatal(err)
			}
			switch c.xdg {
			case "":
			case "-":
				t.Setenv("XDG_CONFIG_HOME", "")
			default:
				t.Setenv("XDG_CONFIG_HOME", c.xdg)
			}
			if c.env != "" {
				t.Setenv("LOCKTOP_CONFIG", c.env)
			}
			code, stdout, stderr := locktop(t, append(c.args, "--headless", "--alerts", "2")...)
			if code != c.code || !strings.Contains(stdout+stderr, c.want) {
				t.Errorf("exit %d, no %q in %s%s (usually %s)", code, c.want, stdout, stderr, cli.DefaultFile())
			}
		})
	}
}
