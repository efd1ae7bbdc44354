package command

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"locktop/sim"
	"locktop/sim/clean"
	"locktop/sim/eventlog"
)

// strangers are the ways in which a text that is not ours comes into what the program writes. Each returns arguments.
var strangers = []func(t *testing.T, dir, text string) []string{
	func(_ *testing.T, _, text string) []string { return []string{text} },
	func(_ *testing.T, _, text string) []string { return []string{"help", text} },
	func(_ *testing.T, _, text string) []string { return []string{"compare", text} },
	func(_ *testing.T, _, text string) []string {
		return []string{"--headless", "--clients", "0", "--" + text}
	},
	func(_ *testing.T, _, text string) []string {
		return []string{"--headless", "--clients", "0", "--lanes", text}
	},
	func(_ *testing.T, _, text string) []string {
		return []string{"--headless", "--clients", "0", "--preset", text}
	},
	func(_ *testing.T, _, text string) []string {
		return []string{"--headless", "--clients", "0", "--fault", text}
	},
	func(_ *testing.T, _, text string) []string {
		return []string{"--headless", "--clients", "0", "--change", "strategy=" + text}
	},
	func(_ *testing.T, _, text string) []string {
		return []string{"--headless", "--clients", "0", "--redis", text}
	},
	func(_ *testing.T, _, text string) []string {
		return []string{"--headless", "--clients", "0", "--theme", text}
	},
	func(_ *testing.T, dir, text string) []string {
		return []string{"replay", filepath.Join(dir, "no"+text)}
	},
	func(_ *testing.T, _, text string) []string { return []string{"replay", "--schedule", text} },
	func(t *testing.T, dir, text string) []string {
		write(t, filepath.Join(dir, "config.toml"), []byte(text+" = 1\n"))
		return []string{"--headless", "--clients", "0", "--config", filepath.Join(dir, "config.toml")}
	},
	func(t *testing.T, dir, text string) []string {
		lesson(t, dir, text)
		return []string{"tour", "--list", "--lessons", dir}
	},
	func(t *testing.T, dir, text string) []string {
		write(t, filepath.Join(dir, "run.jsonl"), []byte(text))
		return []string{"replay", "--headless", filepath.Join(dir, "run.jsonl")}
	},
	recording("text"), recording("json"), recording("csv"), recording("markdown"),
}

// lesson writes a lesson with a title, which TOML has to be able to hold.
func lesson(t *testing.T, dir, title string) {
	quoted, err := json.Marshal(title)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "en"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "en", "01-x.md"), []byte("+++\ntitle = "+string(quoted)+
		"\n[[act]]\nscene = \"grid\"\nlanes = [\"none\"]\nclients = 2\nanswer = \"losing\"\nkeys = [\"4\", \"enter\"]\nexpect = [\"schedules == 6\"]\n+++\n\nText.\n\nAfter.\n"))
}

// recording is a run whose Redis, and what broke it, are called by a text.
func recording(output string) func(*testing.T, string, string) []string {
	return func(t *testing.T, dir, text string) []string {
		path := filepath.Join(dir, "strange.jsonl")
		cfg := sim.Defaults()
		cfg.Lanes = []string{"none"}
		log, err := eventlog.Create(path, eventlog.NewHeader(cfg, text, text), true)
		if err != nil {
			t.Fatal(err)
		}
		log.Write(0, sim.Event{Kind: sim.Broke, At: time.Second, Text: text})
		if err := log.Close(eventlog.End{}); err != nil {
			t.Fatal(err)
		}
		if file := contents(t, path); !utf8.Valid(file) || strings.ContainsFunc(strings.ReplaceAll(string(file), "\n", ""), clean.Unsafe) {
			t.Fatalf("%q: the recording is not clean: %q", text, file)
		}
		return []string{"replay", "--headless", "--output", output, path}
	}
}

// FuzzOutput: whatever comes from elsewhere, nothing that the program writes acts on a terminal.
func FuzzOutput(f *testing.F) {
	for _, seed := range []string{"x", "\x1b]0;owned\a\x1b[2J", "\u009b31mred", "a\u202eb\u2066", "x\u200by\u2028z", "\xff\xfe", "a\nlocktop: done\r", "=1+1", "\U000e0041", "redis://a:b@\x1b[2J", "\x7f\b"} {
		for way := range strangers {
			f.Add(way, seed)
		}
	}
	f.Fuzz(func(t *testing.T, way int, text string) {
		if way < 0 || way >= len(strangers) || strings.Contains(text, "\x00") {
			t.Skip("no such input, or one that no command line can hold")
		}
		switch way {
		case 0, 2: // not what races or waits
			text = "no " + text
		case 3: // nor what looks at another file
			text = "no" + text
		}
		_, stdout, stderr := locktop(t, strangers[way](t, t.TempDir(), text)...)
		for _, out := range []string{stdout, stderr} {
			if !utf8.ValidString(out) || strings.ContainsFunc(strings.NewReplacer("\n", "", "\t", "").Replace(out), clean.Unsafe) {
				t.Fatalf("way %d, %q: not clean: %q", way, text, out)
			}
		}
		if i := strings.Index(stderr, "\nlocktop: "); i >= 0 {
			t.Fatalf("way %d, %q: a message of its own: %q", way, text, stderr)
		}
	})
}
