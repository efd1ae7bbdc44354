package command

import (
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"locktop/sim/cli"
)

func TestTheManualPage(t *testing.T) {
	code, page, stderr := locktop(t, "man")
	if code != exitDone {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	for _, section := range []string{"NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "COMMANDS", "ENVIRONMENT", "FILES", "EXIT STATUS", "EXAMPLES"} {
		if !strings.Contains(page, "\n.SH "+section+"\n") {
			t.Errorf("no section %s", section)
		}
	}
	plain := strings.NewReplacer("\\-", "-", "\\&", "", "\\_", "_").Replace(page)
	cmd := newCommand(io.Discard, io.Discard)
	known := func(f *pflag.Flag) {
		if !strings.Contains(plain, "--"+f.Name) || !strings.Contains(plain, cli.Variable(f.Name)) && f.Name != "help" {
			t.Errorf("nothing on --%s", f.Name)
		}
	}
	cmd.Flags().VisitAll(known)
	for _, sub := range cmd.Commands() {
		if sub.Name() != "help" && !strings.Contains(plain, "locktop "+sub.Name()) {
			t.Errorf("nothing on %s", sub.Name())
		}
		if sub.Name() == "compare" || sub.Name() == "replay" {
			sub.Flags().VisitAll(known)
		}
		sub.Flags().VisitAll(func(f *pflag.Flag) {
			if !strings.Contains(plain, "--"+f.Name) {
				t.Errorf("%s: nothing on --%s", sub.Name(), f.Name)
			}
		})
	}
	for _, code := range exitCodes {
		if !strings.Contains(plain, code.Text) {
			t.Errorf("nothing on exit code %s", code.Name)
		}
	}
	if groff, err := exec.LookPath("groff"); err == nil {
		check := exec.CommandContext(t.Context(), groff, "-man", "-ww", "-z")
		check.Stdin = strings.NewReader(page)
		if out, err := check.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("groff: %v: %s", err, out)
		}
	}
}
