//go:build unix

package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestReadsThatWaitObeyTheFirstInterrupt: each of these files is a FIFO that nobody writes to.
func TestReadsThatWaitObeyTheFirstInterrupt(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	lessons := filepath.Join(mkdir(t, dir, "lessons", "en"), "01-wait.md")
	progress := filepath.Join(mkdir(t, dir, "state", "locktop"), "tour.json")
	config := filepath.Join(mkdir(t, dir, "config", "locktop"), "config.toml")
	for _, path := range []string{fifo, lessons, progress, config} {
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	stdin, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	defer func(before *os.File) { os.Stdin = before }(os.Stdin)
	os.Stdin = stdin
	for _, c := range []struct {
		args      []string
		variables map[string]string
	}{
		{args: []string{"replay", fifo}},
		{args: []string{"replay", fifo, "--porcupine", filepath.Join(dir, "picture.html")}},
		{args: []string{"replay", "-"}},
		{args: []string{"--headless", "--config", fifo}},
		{args: []string{"compare", "--config", fifo}},
		{args: []string{"--headless"}, variables: map[string]string{"XDG_CONFIG_HOME": filepath.Join(dir, "config")}},
		{args: []string{"tour", "--lessons", filepath.Join(dir, "lessons")}},
		{args: []string{"tour", "--headless", "--lessons", filepath.Join(dir, "lessons")}},
		{args: []string{"tour", "--list"}, variables: map[string]string{"XDG_STATE_HOME": filepath.Join(dir, "state")}},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			for name, value := range c.variables {
				t.Setenv(name, value)
			}
			ctx, interrupt := context.WithCancel(t.Context())
			time.AfterFunc(50*time.Millisecond, interrupt) // any moment will do: nothing comes
			code, stdout, stderr, ended := ends(ctx, c.args)
			switch {
			case !ended:
				t.Fatal("it waits on")
			case code != exitInterrupted || stderr != "locktop: interrupted\n" || stdout != "":
				t.Errorf("exit %d: %s%s", code, stdout, stderr)
			}
		})
	}
}

// ends runs the program, and leaves it where it is if it waits for ever.
func ends(ctx context.Context, args []string) (code int, stdout, stderr string, ended bool) {
	var out, errs bytes.Buffer
	done := make(chan int, 1)
	go func() { done <- execute(ctx, args, &out, &errs) }()
	select {
	case code := <-done:
		return code, out.String(), errs.String(), true
	case <-time.After(patience):
		return 0, "", "", false
	}
}

// TestAReplayThatIsInterrupted: what had come is reported.
func TestAReplayThatIsInterrupted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.jsonl")
	if code, _, stderr := locktop(t, "--headless", "--alerts", "60", "--record", path); code != exitDone {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	recording := contents(t, path)
	const several = 256 << 10 // which a pipe does not hold: the first of it must have been read when all is written
	if len(recording) < several+1000 {
		t.Fatalf("the recording has only %d bytes", len(recording))
	}
	stdin, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	defer func(before *os.File) { os.Stdin = before }(os.Stdin)
	os.Stdin = stdin
	ctx, interrupt := context.WithCancel(t.Context())
	go func() {
		write.Write(recording[:several])
		interrupt()
	}()
	code, stdout, stderr, ended := ends(ctx, []string{"replay", "-"})
	if !ended || code != exitInterrupted || stderr != "locktop: interrupted\n" || !strings.Contains(stdout, "updates acked") {
		t.Errorf("ended %t, exit %d: %s%s", ended, code, stdout, stderr)
	}
}

// TestInterruptions: what else went wrong is told beside an interruption.
func TestInterruptions(t *testing.T) {
	full := errors.New("the disk is full")
	for _, c := range []struct {
		err  error
		want string
	}{
		{nil, "interrupted"},
		{context.Canceled, "interrupted"},
		{fmt.Errorf("compare spin: %w", context.Canceled), "interrupted"},
		{usageError{fmt.Errorf("config: %w", context.Canceled)}, "interrupted"},
		{full, "interrupted\nthe disk is full"},
		{errors.Join(context.Canceled, full), "interrupted\nthe disk is full"},
		{fmt.Errorf("compare spin: %w", errors.Join(context.Canceled, fmt.Errorf("record: %w", full))), "interrupted\nrecord: the disk is full"},
	} {
		if got := interruption(c.err); got.Error() != c.want || exitCode(got) != exitInterrupted {
			t.Errorf("%v: %q, exit %d; want %q", c.err, got, exitCode(got), c.want)
		}
	}
}
