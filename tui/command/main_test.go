package command

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/tui/rescue"
)

// beforehand is what the test binary does first when it stands in for the program; nil is nothing.
var beforehand func()

// TestMain lets the test binary stand in for the program, so that signals and
// exit codes are those of a process.
func TestMain(m *testing.M) {
	rescue.Main()
	if os.Getenv("LOCKTOP_BE_THE_PROGRAM") == "1" {
		os.Unsetenv("LOCKTOP_BE_THE_PROGRAM")
		if beforehand != nil {
			beforehand()
		}
		os.Exit(Main(append([]string{"locktop"}, os.Args[1:]...)))
	}
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "LOCKTOP_") && name != "LOCKTOP_TEST_REDIS" {
			os.Unsetenv(name)
		}
	}
	redis.SetLogger(silence{})
	heedHangups()
	nowhere, err := os.MkdirTemp("", "locktop")
	if err != nil {
		panic(err)
	}
	os.Setenv("XDG_CONFIG_HOME", nowhere) // the tests are not to depend on the user's own
	code := m.Run()
	os.RemoveAll(nowhere)
	os.Exit(code)
}

// heedHangups has the programs that the tests start not ignore what ends a
// terminal, as they would if the tests themselves were started with nohup.
func heedHangups() {
	if signal.Ignored(syscall.SIGHUP) {
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	}
}

// patience is how long a test waits for what must come, before it fails: no
// test takes it when all is well, on however busy a machine.
const patience = 5 * time.Minute

// locktop runs the program in this process.
func locktop(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = execute(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

// prepared is the program as a process of its own, yet to be started.
func prepared(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Env = append(os.Environ(), "LOCKTOP_BE_THE_PROGRAM=1")
	return cmd
}

// process starts the program as a process of its own.
func process(t *testing.T, args ...string) (cmd *exec.Cmd, stdout, stderr *bytes.Buffer) {
	t.Helper()
	cmd = prepared(t, args...)
	stdout, stderr = new(bytes.Buffer), new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, stdout, stderr
}
