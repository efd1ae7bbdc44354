package command

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// root is where the first of the READMEs is.
const root = "../.."

// readmes are those for users of the program, below root: what it is, its command line and its screen.
var readmes = []string{"README.md", "tui/command/README.md", "tui/README.md"}

// readme returns one of them.
func readme(t *testing.T, path string) string {
	t.Helper()
	return string(contents(t, filepath.Join(root, path)))
}

// TestTheReadmeKeepsItsWord checks what is said of flags and exit codes against the program.
func TestTheReadmeKeepsItsWord(t *testing.T) {
	readme := readme(t, "tui/command/README.md")
	cmd := newCommand(io.Discard, io.Discard)
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Name != "help" && !strings.Contains(readme, "`--"+f.Name) {
			t.Errorf("the README does not explain --%s", f.Name)
		}
	})
	for _, code := range []int{exitDone, exitFailed, exitUsage, exitNotCorrect, exitDamaged, exitInterrupted} {
		if !strings.Contains(readme, fmt.Sprintf("| %d |", code)) {
			t.Errorf("the README does not explain exit code %d", code)
		}
	}
}

// TestTheReadmesLayout is that of the directories there are.
func TestTheReadmesLayout(t *testing.T) {
	readme := readme(t, "README.md")
	for _, line := range strings.Split(readme, "\n") {
		if path, _, _ := strings.Cut(strings.TrimSpace(line), " "); strings.HasPrefix(line, "    ") && strings.HasSuffix(path, "/") {
			if _, err := os.Stat(filepath.Join(root, path)); err != nil {
				t.Errorf("the README's layout names %s: %v", path, err)
			}
		}
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") && !strings.Contains(readme, "\n    "+e.Name()+"/ ") {
			t.Errorf("the README's layout does not name %s", e.Name())
		}
	}
}

// TestHelpNamesEveryCommand: what is not in the help is not found.
func TestHelpNamesEveryCommand(t *testing.T) {
	_, help, _ := locktop(t, "--help")
	readme := readme(t, "tui/command/README.md")
	for _, sub := range newCommand(io.Discard, io.Discard).Commands() {
		if !regexp.MustCompile(`\n  (\w+, )*` + sub.Name() + `[ ,:]`).MatchString(help) {
			t.Errorf("the help does not name %s", sub.Name())
		}
		if sub.Name() != "help" && !strings.Contains(readme, "`"+sub.Name()+"`") {
			t.Errorf("the README does not name %s", sub.Name())
		}
	}
}

// TestTheReadmesLinks lead to files and headings that there are; those that leave the repository are not followed.
func TestTheReadmesLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)]+)\)`)
	followed := 0
	for _, from := range append([]string{"lock/README.md"}, readmes...) {
		for _, match := range link.FindAllStringSubmatch(readme(t, from), -1) {
			target, heading, _ := strings.Cut(match[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			followed++
			to := from
			if target != "" {
				to = filepath.Join(filepath.Dir(from), target)
			}
			if _, err := os.Stat(filepath.Join(root, to)); err != nil {
				t.Errorf("%s: %v", from, err)
			} else if heading != "" && !slices.Contains(headings(readme(t, to)), heading) {
				t.Errorf("%s: there is no #%s in %s", from, heading, to)
			}
		}
	}
	if followed < 20 {
		t.Errorf("only %d links were found", followed)
	}
}

// headings are those of a text, by the names that GitHub gives them.
func headings(text string) (names []string) {
	for line := range strings.Lines(text) {
		if title := strings.TrimLeft(line, "#"); strings.HasPrefix(title, " ") && title != line {
			name := regexp.MustCompile(`[^\pL\pN _-]`).ReplaceAllString(strings.ToLower(strings.TrimSpace(title)), "")
			names = append(names, strings.ReplaceAll(name, " ", "-"))
		}
	}
	return names
}
