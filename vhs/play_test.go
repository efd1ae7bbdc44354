//go:build unix

package vhs

import (
	"flag"
	"fmt"
	"image/gif"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"locktop/lock/redistest"
)

var update = flag.Bool("update", false, "rewrite the golden screens in testdata")

// root is where VHS is started, as seen from here.
const root = ".."

// live are the tapes on which keys change the race, from the moment on when they happen to come.
var live = map[string]bool{"fix": true}

// exact tells whether a tape shows the same in every run, to the digit.
func exact(name string, t tape) bool {
	if live[name] {
		return false
	}
	for _, c := range t.commands {
		typed := strings.Join(c.keys, "")
		always := strings.HasPrefix(typed, "locktop explore ") || strings.HasPrefix(typed, "locktop tour ")
		if strings.HasPrefix(typed, "locktop") && !always && !strings.Contains(typed, " --deterministic") {
			return false
		}
	}
	return true
}

// number is a number, or the - where there is none, with the blanks that align it.
var number = regexp.MustCompile(` *[-+]?\b[0-9][0-9.,]*|(?m: +-$)`)

// one is the word behind a number that happens to be 1.
var one = regexp.MustCompile(`# (update|wait)\b`)

// mask puts # for every number, and wrapped lines together again.
func mask(screen string, columns int) string {
	var b strings.Builder
	for line := range strings.Lines(screen) {
		switch line = strings.TrimSuffix(line, "\n"); utf8.RuneCountInString(line) {
		case columns:
			b.WriteString(line)
		case columns - 1:
			b.WriteString(line + " ")
		default:
			b.WriteString(line + "\n")
		}
	}
	return one.ReplaceAllString(number.ReplaceAllString(b.String(), " #"), "# ${1}s")
}

// TestTapes plays every tape, and compares the last screen that is filmed and the one at
// the end with those in testdata; numbers that differ from run to run are not compared,
// nor is a picture that is made of them.
func TestTapes(t *testing.T) {
	bin := build(t)
	for _, path := range tapes(t) {
		name := strings.TrimSuffix(filepath.Base(path), ".tape")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tape, err := load(root, path)
			if err != nil {
				t.Fatal(err)
			}
			if want := "vhs/" + name + ".gif"; tape.output != want {
				t.Errorf("its output is %s, want %s", tape.output, want)
			}
			needs(t, tape)
			p := newPlayer(t, tape, bin)
			end := func(commands []command) string {
				t.Helper()
				if err := p.play(commands); err != nil {
					t.Fatal(err)
				}
				screen, err := p.rest()
				if err != nil {
					t.Fatal(err)
				}
				return screen
			}
			filmed := end(tape.commands[:tape.filmed])
			last := end(tape.commands[tape.filmed:])
			switch {
			case !exact(name, tape):
				last = mask(last, tape.columns())
			case last != filmed:
				last = filmed + "\nand when it is not filmed any more:\n\n" + last
			}
			golden(t, filepath.Join("testdata", name+".golden"), last)
		})
	}
}

// golden compares a screen with that in a file.
func golden(t *testing.T, path, have string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(have), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if have != string(want) {
		t.Errorf("the last screen is not that of %s: look at the tape, then go test ./vhs -update, and vhs/record. Have\n%s\nwant\n%s", path, have, want)
	}
}

// TestATapeThatDriftsFails, whether it waits for what does not come or types what nobody
// reads.
func TestATapeThatDriftsFails(t *testing.T) {
	bin := build(t)
	for _, c := range []struct{ name, tape, want string }{
		{"one that fits", "Type `locktop presets`\nEnter\nWait+Screen /gc-pause +a holder is paused/\nWait\n", ""},
		{"another word on the screen", "Type `locktop presets`\nEnter\nWait+Screen@2s /gc-pause +a keeper/\n", "line 7: Wait+Screen@2s /gc-pause +a keeper/: not within 2s"},
		{"not in the line of the cursor", "Type `locktop presets`\nEnter\nWait+Line@2s /gc-pause/\n", "line 7: Wait+Line@2s /gc-pause/: not within 2s"},
		{"a command that does not exist", "Type `locktop prophesy`\nEnter\nWait+Screen@2s /■ DONE/\n", `unknown command "prophesy"`},
		{"a key that does something else", "Type `locktop --alerts 2 --speed max`\nEnter\nWait+Screen@30s /■ DONE/\nType `?`\nWait+Screen@2s /HOW c[1-6] LOST/\n", "line 9: Wait+Screen@2s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tape, err := load(written(t, "Set Width 1200\nSet Height 700\nSet FontSize 20\nWait\n"+c.tape), "a.tape")
			if err != nil {
				t.Fatal(err)
			}
			err = newPlayer(t, tape, bin).play(tape.commands)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("want an error with %q, have %v", c.want, err)
			}
		})
	}
}

func TestWrongTapes(t *testing.T) {
	const size = "Set Width 1200\nSet Height 700\nSet FontSize 20\n"
	for _, c := range []struct{ name, tape, want string }{
		{"an unknown command", size + "Frobnicate", `a.tape:4: Frobnicate: unknown command "Frobnicate"`},
		{"a misspelt key", size + "Enterr", "unknown command"},
		{"an unknown setting", size + "Set Colour red", `unknown setting "Colour"`},
		{"a setting that comes too late", size + "Enter\nSet Padding 5", "too late"},
		{"one after Env", size + "Env CI ``\nSet Padding 5", "too late"},
		{"text without quotes", size + "Type s", "want one text in quotes"},
		{"a value without quotes", size + "Env FPS 5", "want one text in quotes"},
		{"two texts", size + "Type `a` `b`", "want one text in quotes"},
		{"a quote that is not closed", size + "Type `a", "want one text in quotes"},
		{"half a pattern", size + "Wait+Screen /a", "between slashes"},
		{"a wrong pattern", size + "Wait+Screen /(/", "missing closing"},
		{"another place to wait for", size + "Wait+Window /a/", "cannot wait for a Window"},
		{"no time", size + "Sleep 0s", "no time to wait"},
		{"a time without a number", size + "Wait@soon /a/", "soon"},
		{"a key that ctrl does nothing to", size + "Ctrl+Home", "unknown key"},
		{"a number of keys that is none", size + "Down many", "many"},
		{"no size", "Enter", "no room"},
		{"a tape that is not there", size + "Source b.tape", "b.tape"},
		{"a tape that sources itself", size + "Source a.tape", "cannot source another"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := load(written(t, c.tape+"\n"), "a.tape"); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want an error with %q, have %v", c.want, err)
			}
		})
	}
}

// TestTheSizeOfTheTerminal is what stty says in one that VHS films.
func TestTheSizeOfTheTerminal(t *testing.T) {
	for size, want := range map[int][2]int{14: {145, 42}, 16: {129, 35}, 17: {116, 34}, 18: {116, 32}, 19: {105, 30}, 20: {97, 28}} {
		tape := tape{width: 1200, height: 700, padding: 5, fontSize: size}
		if have := [2]int{tape.columns(), tape.lines()}; have != want {
			t.Errorf("at size %d it is %v, want %v", size, have, want)
		}
	}
}

// TestRecordings are beside their tapes, and small enough for a README.
func TestRecordings(t *testing.T) {
	const mostBytes, mostWidth, mostHeight = 1_500_000, 1200, 700
	mostTime := map[string]time.Duration{"race": 20 * time.Second}
	for _, path := range tapes(t) {
		name := strings.TrimSuffix(path, ".tape")
		t.Run(filepath.Base(name), func(t *testing.T) {
			still, err := os.Open(filepath.Join(root, name+".png"))
			if err != nil {
				t.Fatal(err)
			}
			defer still.Close()
			size, err := png.DecodeConfig(still)
			if err != nil {
				t.Fatal(err)
			}
			if size.Width > mostWidth || size.Height > mostHeight {
				t.Errorf("the still is of %d×%d pixels", size.Width, size.Height)
			}

			film, err := os.Open(filepath.Join(root, name+".gif"))
			if err != nil {
				t.Fatal(err)
			}
			defer film.Close()
			if info, err := film.Stat(); err != nil || info.Size() > mostBytes {
				t.Errorf("the recording has %d bytes (%v)", info.Size(), err)
			}
			frames, err := gif.DecodeAll(film)
			if err != nil {
				t.Fatal(err)
			}
			if frames.Config.Width != size.Width || frames.Config.Height != size.Height {
				t.Errorf("the recording is of %d×%d pixels, the still of %d×%d", frames.Config.Width, frames.Config.Height, size.Width, size.Height)
			}
			var length time.Duration
			for _, delay := range frames.Delay {
				length += time.Duration(delay) * 10 * time.Millisecond
			}
			if most, ok := mostTime[filepath.Base(name)]; ok && length > most {
				t.Errorf("it lasts %v, want at most %v", length, most)
			}
		})
	}
}

// tapes are the paths of all, from the root.
func tapes(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob("*.tape")
	if err != nil || len(found) == 0 {
		t.Fatalf("no tapes (%v)", err)
	}
	for i, name := range found {
		found[i] = "vhs/" + name
	}
	return found
}

// written returns a directory that has a tape, a.tape.
func written(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.tape"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return dir
}

// scratch is a directory that the tests share.
var scratch string

func TestMain(m *testing.M) {
	var err error
	if scratch, err = os.MkdirTemp("", "locktop-vhs"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(scratch)
	os.Exit(code)
}

// built compiles the program, once.
var built = sync.OnceValue(func() error {
	out, err := exec.Command("go", "build", "-o", filepath.Join(scratch, "locktop"), root).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
})

// build returns the directory where the program is.
func build(t *testing.T) string {
	t.Helper()
	if err := built(); err != nil {
		t.Fatal(err)
	}
	return scratch
}

// needs skips the test, or fails it where that is wanted, if a tape requires what there
// is not.
func needs(t *testing.T, tape tape) {
	t.Helper()
	for _, program := range tape.require {
		switch program {
		case "locktop":
		case "redis-server":
			redistest.Real(t) // says what is missing
		default:
			if _, err := exec.LookPath(program); err != nil {
				t.Fatal(err)
			}
		}
	}
}
