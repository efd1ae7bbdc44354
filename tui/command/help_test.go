package command

import (
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"locktop/sim/cli"
	"locktop/sim/report"
)

// Help fits on two screens of 80×24, and begins with examples.
const (
	helpWidth = 80
	helpLines = 2 * 24
)

// everyCommand visits the program and all of its commands.
func everyCommand(visit func(*cobra.Command)) {
	var each func(*cobra.Command)
	each = func(cmd *cobra.Command) {
		visit(cmd)
		for _, sub := range cmd.Commands() {
			each(sub)
		}
	}
	each(newCommand(io.Discard, io.Discard))
}

func TestHelpFitsItsScreens(t *testing.T) {
	everyCommand(func(cmd *cobra.Command) {
		args := append(strings.Fields(cmd.CommandPath())[1:], "--help")
		code, help, stderr := locktop(t, args...)
		if code != exitDone || stderr != "" {
			t.Errorf("%v: exit %d: %s", args, code, stderr)
		}
		if n := strings.Count(help, "\n"); n > helpLines {
			t.Errorf("%v: %d lines, want at most %d:\n%s", args, n, helpLines, help)
		}
		for line := range strings.Lines(help) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > helpWidth {
				t.Errorf("%v: a line of %d cells: %s", args, n, line)
			}
		}
		if strings.Contains(help, "=true") || strings.Contains(help, "=false") {
			t.Errorf("%v: noise on switches:\n%s", args, help)
		}
		first := strings.Index(help, "Examples:")
		if cmd.Example == "" {
			first = strings.Index(help, "Usage:")
		}
		for _, heading := range []string{"\nCommands:\n", "\nRace:\n", "\nOutput:\n", "\nScreen:\n"} {
			if at := strings.Index(help, heading); first < 0 || at >= 0 && at < first {
				t.Errorf("%v: examples do not come first:\n%s", args, help)
			}
		}
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if f.Name != "help" && f.Name != "version" && !strings.Contains(help, "--"+f.Name) {
				t.Errorf("%v: nothing on --%s", args, f.Name)
			}
			if f.Name != "help" && f.Name != "version" && f.Name != "no-descriptions" && f.Annotations["locktop_group"] == nil {
				t.Errorf("%v: --%s is in no group", args, f.Name)
			}
		})
	})
}

func TestHelpKeepsToNarrowTerminals(t *testing.T) {
	everyCommand(func(cmd *cobra.Command) {
		for _, width := range []int{40, 60, 100} {
			for line := range strings.Lines(cli.Help(cmd, width)) {
				words := strings.Fields(line)
				if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width && len(words) > 1 && !strings.HasPrefix(line, "\t") {
					t.Errorf("%s at %d cells: a line of %d: %s", cmd.Name(), width, n, line)
				}
			}
		}
	})
}

func TestManualPageKeepsTheGroups(t *testing.T) {
	_, page, _ := locktop(t, "man")
	for _, title := range []string{"Race", "Course", "Output", "Screen", "Search", "Lessons"} {
		if !strings.Contains(page, "\\fI"+title+"\\fP") {
			t.Errorf("no heading %s", title)
		}
	}
}

func TestHelpExplainsWords(t *testing.T) {
	for _, word := range append(report.Topics(), "lanes", "--redis", "compare", "completion bash", "failover") {
		code, text, stderr := locktop(t, append([]string{"help"}, strings.Fields(word)...)...)
		if code != exitDone || stderr != "" || !strings.Contains(text, strings.TrimPrefix(word, "--")) || strings.Contains(text, "Examples:\n  locktop\n") {
			t.Errorf("help %s: exit %d: %s%s", word, code, text, stderr)
		}
	}
	_, text, _ := locktop(t, "help", "failover")
	if !strings.Contains(text, "failover, a preset: ") || !strings.Contains(text, "failover, a fault: ") {
		t.Errorf("failover is two things:\n%s", text)
	}
	_, root, _ := locktop(t, "help")
	if _, help, _ := locktop(t, "--help"); root != help {
		t.Error("help and --help differ")
	}
}

func TestVersion(t *testing.T) {
	code, one, _ := locktop(t, "version")
	if _, other, _ := locktop(t, "--version"); code != exitDone || one != other || !strings.HasPrefix(one, "locktop ") || !strings.Contains(one, "go1.") {
		t.Errorf("exit %d: version says %q, --version %q", code, one, other)
	}
}
