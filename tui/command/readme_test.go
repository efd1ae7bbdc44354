//go:build unix

package command

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"locktop/lock/redistest"
)

// readmeBlocks returns the indented lines of the READMEs that are commands, block by block, without their comments.
func readmeBlocks(t *testing.T) [][]string {
	t.Helper()
	var text strings.Builder
	for _, path := range readmes {
		text.WriteString(readme(t, path) + "\n")
	}
	var blocks [][]string
	var block []string
	fenced := false
	for line := range strings.Lines(text.String()) {
		fenced = fenced != strings.HasPrefix(line, "```")
		command, indented := strings.CutPrefix(strings.TrimRight(line, "\n"), "    ")
		if indented && !fenced && isCommand(command) {
			command, _, _ = strings.Cut(command, "  #")
			block = append(block, strings.TrimSpace(command))
			continue
		}
		if len(block) > 0 {
			blocks, block = append(blocks, block), nil
		}
	}
	return blocks
}

// isCommand tells commands from the drawings and lists that are indented, too.
func isCommand(line string) bool {
	return regexp.MustCompile(`\bgo (run|test) |^(source|gzip|locktop|vhs/record)\b`).MatchString(line)
}

// elsewhere are commands that other tests, or the gate, run: they take minutes, or what a machine need not have.
var elsewhere = []string{
	"go test ./...",
	"go run -C lock/bench .",
	"go test ./lock/torture -run TestTorture -timeout 60m",
	"go test -run",
	"PATH=", // tests on another Redis
	"vhs/record",
	"locktop man | man -l -", // TestTheManualPage
}

// onScreen are commands that are of no use without a terminal.
var onScreen = regexp.MustCompile(`locktop (step|tour)\b|--grid`)

// TestTheReadmesCommands runs every command of the READMEs, those of a block one after the other in the same directory.
func TestTheReadmesCommands(t *testing.T) {
	if redistest.Instrumented {
		t.Skip("they are meant for a program at full speed")
	}
	server := redistest.Real(t)
	bin := t.TempDir()
	script := "#!/bin/sh\nLOCKTOP_BE_THE_PROGRAM=1 exec '" + program(t) + "' \"$@\"\n"
	if err := os.WriteFile(filepath.Join(bin, "locktop"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, block := range readmeBlocks(t) {
		block = slices.DeleteFunc(block, func(command string) bool {
			return slices.ContainsFunc(elsewhere, func(begin string) bool { return strings.HasPrefix(command, begin) })
		})
		if len(block) == 0 {
			continue
		}
		ran += len(block)
		t.Run(block[0], func(t *testing.T) {
			t.Parallel() // most wait
			dir := t.TempDir()
			for _, command := range block {
				command = strings.ReplaceAll(command, "go run .", "locktop")
				command = strings.ReplaceAll(command, "locktop compare", "locktop compare --updates 100")
				command = strings.ReplaceAll(command, "redis://localhost:6379", server.URL())
				t.Run(command, func(t *testing.T) { runCommand(t, bin, dir, command) })
			}
		})
	}
	if ran < 20 {
		t.Errorf("only %d commands were found", ran)
	}
}

// runCommand runs a command of the README in a directory, with the programs of another one.
func runCommand(t *testing.T, bin, dir, command string) {
	t.Helper()
	own := []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "XDG_STATE_HOME=" + dir}
	if onScreen.MatchString(command) && !strings.Contains(command, "--headless") {
		c := newConsole(t)
		c.env = own
		c.start(true, "/bin/sh", "-c", command)
		c.shows("q quit")
		c.types("q")
		c.ends(exitDone)
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", command)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), own...)
	out, err := cmd.CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		redistest.Missing(t, "there is no bash")
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
