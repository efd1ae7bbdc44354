package command

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"locktop/sim"
)

func TestCompletion(t *testing.T) {
	for _, c := range []struct {
		name, typed string
		want        []string // those offered, all of them
	}{
		{"commands", "co", []string{"compare", "completion"}},
		{"shells", "completion ", []string{"bash", "zsh", "fish", "powershell"}},
		{"strategies", "--lanes fa", []string{"fair"}},
		{"strategies behind others", "--lanes none,s", []string{"none,spin"}},
		{"presets", "--preset lost-", []string{"lost-update", "lost-wakeup"}},
		{"kinds of faults", "--fault c", []string{"crash", "cut"}},
		{"their settings", "--fault crash:n", []string{"crash:nth=", "crash:node="}},
		{"their points", "--fault crash:nth=2:at=a", []string{"crash:nth=2:at=acquired"}},
		{"strategies to change to", "--change strategy=fe", []string{"strategy=fenced", "strategy=fenced-write"}},
		{"settings to change", "--change le", []string{"lease="}},
		{"when to change them", "--change clients=8:a", []string{"clients=8:after=", "clients=8:alert="}},
		{"forms", "--output ", []string{"text", "json", "csv", "markdown"}},
		{"themes", "--theme ", []string{"dark", "light"}},
		{"kinds of Redis", "--redis ", []string{"embedded", "spawn", "redis://", "rediss://", "unix://"}},
		{"speeds", "--speed m", []string{"max"}},
		{"strategies to compare", "compare --strategies al", []string{"all"}},
		{"forms of the scorecard", "compare --output c", []string{"csv"}},
		{"endings of recordings", "replay ", []string{"jsonl", "gz"}},
		{"steps of the tour", "tour k", []string{"kill-the-holder"}},
		{"its languages", "tour --lang ", []string{"en", "zh"}},
		{"strategies to step through", "step --strategy sp", []string{"spin"}},
		{"forms of a recording's report", "replay run.jsonl --output m", []string{"markdown"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := strings.Split("__complete "+c.typed, " ")
			code, stdout, stderr := locktop(t, args...)
			var have []string
			for _, line := range strings.Split(stdout, "\n") {
				if value, _, _ := strings.Cut(line, "\t"); value != "" && value[0] != ':' {
					have = append(have, value)
				}
			}
			if code != exitDone || strings.Join(have, " ") != strings.Join(c.want, " ") {
				t.Errorf("exit %d, %s offers %q, want %q", code, stderr, have, c.want)
			}
		})
	}
}

// TestFaultSettingsAreThoseOffered: a shell offers no setting that there is not.
func TestFaultSettingsAreThoseOffered(t *testing.T) {
	_, settings := faults()
	for _, s := range settings {
		if !strings.Contains(s.Name, "=") {
			t.Errorf("%q is no setting", s.Name)
		}
		if _, err := sim.ParseFault("crash:" + s.Name); err != nil && strings.Contains(err.Error(), "has no setting") {
			t.Error(err)
		}
	}
}

func TestCompletionScripts(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		code, stdout, stderr := locktop(t, "completion", shell)
		if code != exitDone || !strings.Contains(stdout, "__complete") || !strings.Contains(stdout, "locktop") {
			t.Errorf("%s: exit %d: %s", shell, code, stderr)
		}
		if path, err := exec.LookPath(shell); err == nil && shell != "powershell" {
			script := filepath.Join(t.TempDir(), "script")
			if err := os.WriteFile(script, []byte(stdout), 0o666); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.CommandContext(t.Context(), path, "-n", script).CombinedOutput(); err != nil {
				t.Errorf("%s does not like it: %v: %s", shell, err, out)
			}
		}
	}
	for args, want := range map[string]string{
		"completion":        "want one of bash, zsh, fish, powershell",
		"completion tcsh":   `have "tcsh"`,
		"completion bash x": `unexpected argument "x"`,
		"man x":             `unexpected argument "x"`,
	} {
		if code, stdout, stderr := locktop(t, strings.Fields(args)...); code != exitUsage || !strings.Contains(stderr, want) || stdout != "" {
			t.Errorf("%s: exit %d: %s", args, code, stderr)
		}
	}
}
