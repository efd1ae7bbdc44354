package command

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// root is where the README is.
const root = "../.."

func readme(t *testing.T) string {
	t.Helper()
	return string(contents(t, filepath.Join(root, "README.md")))
}

// TestTheReadmeKeepsItsWord checks what the README says of flags, exit codes
// and layout against the program.
func TestTheReadmeKeepsItsWord(t *testing.T) {
	readme := readme(t)
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
	readme := readme(t)
	for _, sub := range newCommand(io.Discard, io.Discard).Commands() {
		if !strings.Contains(help, "\n  "+sub.Name()+" ") {
			t.Errorf("the help does not name %s", sub.Name())
		}
		if sub.Name() != "help" && !strings.Contains(readme, " "+sub.Name()) {
			t.Errorf("the README does not name %s", sub.Name())
		}
	}
}
