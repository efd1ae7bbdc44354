package command

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"locktop/lock/redistest"
)

func TestPasswordsInTheWrongPlaceAreNotRepeated(t *testing.T) {
	for _, args := range [][]string{
		{"redis://user:geheim@localhost"}, {"-redis=redis://:geheim@localhost"}, {"--headless=redis://:geheim@localhost"},
		{"--speed", "redis://:geheim@localhost"}, {"--lanes", "redis://:geheim@localhost"}, {"--theme", "redis://:geheim@localhost", "--headless"},
	} {
		code, stdout, stderr := locktop(t, args...)
		if code != exitUsage || strings.Contains(stdout+stderr, "geheim") {
			t.Errorf("%s: exit %d: %s%s", args, code, stdout, stderr)
		}
	}
}

func TestARedisThatIsNotThere(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // accepts and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	const closed = "127.0.0.1:1" // nobody listens there, nor is it given for the asking
	for _, addr := range []string{closed, silent.Addr().String()} {
		var took []time.Duration
		for began := time.Now(); ; { // a delay may come from a machine that has other things to do, its absence only from the program
			started := time.Now()
			code, stdout, stderr := locktop(t, "--headless", "--redis", "redis://user:geheim@"+addr)
			took = append(took, time.Since(started))
			if code != exitFailed || !strings.Contains(stderr, addr) || strings.Contains(stdout+stderr, "geheim") || stdout != "" {
				t.Fatalf("%s: exit %d: %s%s", addr, code, stdout, stderr)
			}
			if strings.Count(stderr, "\n") != 1 {
				t.Errorf("%s: more than one line: %s", addr, stderr)
			}
			if took[len(took)-1] < 3500*time.Millisecond {
				break
			}
			if time.Since(began) > patience {
				t.Fatalf("%s: took %v to give up", addr, took)
			}
		}
	}
}

func TestAnInterruptedRunReportsAndCleansUp(t *testing.T) {
	server := redistest.Real(t)
	admin := server.Client(t)
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		cmd, stdout, stderr := process(t, "--headless", "--alerts", "0", "--json", "--redis", server.URL(), "--lanes", "none,spin,block")
		for deadline := time.Now().Add(patience); admin.DBSize(t.Context()).Val() < 10; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%v: the run has not begun: %s", sig, stderr)
			}
		}
		if err := cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
			t.Errorf("%v: exit %d: %s", sig, code, stderr)
		}
		if !json.Valid(stdout.Bytes()) || stdout.Len() == 0 {
			t.Errorf("%v: no report on stdout: %q", sig, stdout)
		}
		if left := admin.Keys(t.Context(), "*").Val(); len(left) > 0 {
			t.Errorf("%v: left behind: %v", sig, left)
		}
	}
}

// TestARedisThatDiesInMidRun: the error is the program's own, once and in full,
// without what the Redis library writes about it.
func TestARedisThatDiesInMidRun(t *testing.T) {
	t.Parallel()
	server := redistest.Real(t)
	admin := server.Client(t)
	cmd, stdout, stderr := process(t, "--headless", "--alerts", "0", "--json", "--redis", server.URL(), "--lanes", "none,spin,block")
	for deadline := time.Now().Add(patience); admin.DBSize(t.Context()).Val() < 10; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the run has not begun: %s", stderr)
		}
	}
	admin.ShutdownNoSave(t.Context())
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitFailed {
		t.Errorf("exit %d: %s", code, stderr)
	}
	if n := strings.Count(stderr.String(), "locktop: lane"); n != 1 {
		t.Errorf("%d errors of the program, want one: %s", n, stderr)
	}
	if strings.Contains(stderr.String(), "redis: ") || strings.Contains(stderr.String(), ".go:") {
		t.Errorf("the library talks over the program: %s", stderr)
	}
	if !json.Valid(stdout.Bytes()) {
		t.Errorf("no report on stdout: %q", stdout)
	}
}

func TestARunThatNobodyListensToEnds(t *testing.T) {
	server := redistest.Real(t)
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, "--headless", "--alerts", "0", "--redis", server.URL())
	cmd.Env = append(os.Environ(), "LOCKTOP_BE_THE_PROGRAM=1")
	cmd.Stdout, cmd.Stderr = write, write
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close()
	read.Close()
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitFailed {
		t.Errorf("exit %d", code)
	}
	if left := server.Client(t).Keys(t.Context(), "*").Val(); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
