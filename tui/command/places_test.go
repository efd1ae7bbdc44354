//go:build unix

package command

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"locktop/sim/eventlog"
)

// TestNoOutputTakesThePlaceOfAFileOfTheRun: an output is no other output, nor an input, by whichever name, forced or not.
func TestNoOutputTakesThePlaceOfAFileOfTheRun(t *testing.T) {
	recording, _ := recorded(t)
	before := contents(t, recording)
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	write(t, at("config.toml"), []byte("alerts = 1\n"))
	write(t, at("old"), []byte("precious"))
	mkdir(t, dir, "sub")
	for link, target := range map[string]string{
		"soft": "old", "dangling": "new", "linked": "sub", "to-config": "config.toml", "to-recording": recording,
	} {
		if err := os.Symlink(target, at(link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(at("old"), at("hard")); err != nil {
		t.Fatal(err)
	}
	names := []string{"config.toml", "old", "sub", "soft", "hard", "dangling", "linked", "to-config", "to-recording"}
	run := []string{"--headless", "--alerts", "1", "--force"}
	for _, c := range []struct {
		name   string
		args   []string
		stdout string
		want   string
	}{
		{"by path", append(run, "--record", at("new"), "--porcupine", at("sub/../new")), "", "porcupine: "},
		{"by a link to what is not there", append(run, "--record", at("new"), "--porcupine", at("dangling")), "", "porcupine: "},
		{"by a link to a directory", append(run, "--record", at("sub/new"), "--porcupine", at("linked/new")), "", "porcupine: "},
		{"by a hard link", append(run, "--record", at("old"), "--porcupine", at("hard")), "", "porcupine: "},
		{"by a symbolic link", append(run, "--record", at("old"), "--porcupine", at("soft")), "", "porcupine: "},
		{"while it is written", append(run, "--record", at("new"), "--porcupine", at("new.part")), "", "until the run is over"},
		{"a recording over the configuration", append(run, "--config", at("config.toml"), "--record", at("config.toml")), "", "is the configuration"},
		{"a recording over the configuration, by a link", append(run, "--config", at("to-config"), "--record", at("config.toml")), "", "is the configuration"},
		{"a picture over the configuration", append(run, "--config", at("config.toml"), "--porcupine", at("config.toml")), "", "is the configuration"},
		{"a recording over the report", append(run, "--record", at("report")), at("report"), "record: "},
		{"a picture over the report", append(run, "--porcupine", at("report")), at("report"), "is the standard output"},
		{"a picture over the recording", []string{"replay", recording, "--force", "--porcupine", at("to-recording")}, "", "is the recording"},
		{"a report over the recording", []string{"replay", recording}, recording, "replay: the standard output is the recording"},
		{"a recording over a link", append(run, "--record", at("soft")), "", "is no regular file"},
		{"a picture over a link", append(run, "--porcupine", at("soft")), "", "is no regular file"},
		{"a picture over a link to nowhere", append(run, "--porcupine", at("dangling")), "", "is no regular file"},
		{"a recording over a directory", append(run, "--record", at("sub")), "", "is a directory"},
		{"a picture over a directory", append(run, "--porcupine", at("sub")), "", "is a directory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out *os.File
			if c.stdout != "" {
				var err error
				if out, err = os.OpenFile(c.stdout, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
					t.Fatal(err)
				}
				defer out.Close()
				if c.stdout != recording {
					defer os.Remove(c.stdout)
				}
			}
			var errs strings.Builder
			code := execute(t.Context(), c.args, out, &errs)
			if code != exitUsage || !strings.Contains(errs.String(), c.want) {
				t.Errorf("exit %d: %s", code, &errs)
			}
		})
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != len(names) {
		t.Errorf("there are %v, want %v: %v", left, names, err)
	}
	if string(contents(t, at("old"))) != "precious" || string(contents(t, at("config.toml"))) != "alerts = 1\n" || string(contents(t, recording)) != string(before) {
		t.Error("a file has changed")
	}
}

// TestOutputsThatFailLeaveWhatWasThere: a directory in which nothing can be made stands for a disk that is full.
func TestOutputsThatFailLeaveWhatWasThere(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may write everywhere")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	write(t, path, []byte("precious"))
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o700)
	for _, flag := range []string{"--record", "--porcupine"} {
		code, _, stderr := locktop(t, "--headless", "--alerts", "1", "--force", flag, path)
		if code != exitFailed || string(contents(t, path)) != "precious" {
			t.Errorf("%s: exit %d: %s", flag, code, stderr)
		}
	}
}

// TestAKilledRunLeavesItsRecording: kill -9 lets the program say nothing, but the next run does.
func TestAKilledRunLeavesItsRecording(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.jsonl")
	part := eventlog.PartName(path)
	run := []string{"--headless", "--alerts", "0", "--speed", "4", "--record", path}
	cmd, _, stderr := process(t, run...)
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		if info, err := os.Stat(part); err == nil && info.Size() > 10_000 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("nothing is written: %s", stderr)
		}
	}
	cmd.Process.Kill()
	_ = cmd.Wait()
	code, stdout, told := locktop(t, "replay", part)
	if code != exitDamaged || !strings.Contains(stdout, "updates acked") || !strings.Contains(told, part) {
		t.Errorf("the replay: exit %d: %s%s", code, told, stdout)
	}
	if _, err := os.Lstat(path); err == nil {
		t.Error("it has the name of one that is whole")
	}
	code, _, told = locktop(t, "--headless", "--alerts", "1", "--record", path)
	if code != exitUsage || !strings.Contains(told, "locktop replay "+part) {
		t.Errorf("the next run: exit %d: %s", code, told)
	}
	code, _, told = locktop(t, "--headless", "--alerts", "1", "--record", path, "--force")
	if _, err := os.Lstat(part); code != exitDone || err == nil {
		t.Errorf("forced: exit %d: %s; the part: %v", code, told, err)
	}
}

// TestAFileThatMayNotGrow stands for a full disk: the part that was written stays, and the message has its name.
func TestAFileThatMayNotGrow(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	path := filepath.Join(t.TempDir(), "run.jsonl")
	part := eventlog.PartName(path)
	cmd := prepared(t)
	const most = "64" // blocks of 512 bytes or of a kilobyte
	args := append([]string{"-c", `trap '' XFSZ; ulimit -f "$0" || exit 77; exec "$@"`, most, cmd.Path}, "--headless", "--alerts", "100", "--record", path)
	limited := exec.Command(sh, args...)
	limited.Env = cmd.Env
	told, _ := limited.CombinedOutput()
	if code := limited.ProcessState.ExitCode(); code == 77 {
		t.Skip("no limit can be set")
	} else if code != exitFailed || !strings.Contains(string(told), "locktop replay "+part) || !strings.Contains(string(told), "updates acked") {
		t.Fatalf("exit %d: %s", code, told)
	}
	if info, err := os.Stat(part); err != nil || info.Size() < 64*512/2 {
		t.Errorf("%v: %v", info, err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it has the name of one that is whole: %v", err)
	}
	if code, stdout, stderr := locktop(t, "replay", part); code != exitDamaged || !strings.Contains(stdout, "updates acked") {
		t.Errorf("the replay: exit %d: %s%s", code, stderr, stdout)
	}
}
