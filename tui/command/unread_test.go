//go:build unix

package command

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"locktop/lock/redistest"
)

// TestOutputThatNobodyReads: a signal ends the program though the pipe that it writes to is full.
func TestOutputThatNobodyReads(t *testing.T) {
	server := redistest.Real(t)
	for _, e := range []struct {
		name string
		args []string
	}{
		{"a report", []string{"--headless", "--alerts", "2", "--redis", server.URL()}},
		{"a list", []string{"faults"}},
		{"orders of commands", []string{"explore", "--strategy", "none", "--output", "json"}},
		{"help", []string{"--help"}},
	} {
		t.Run(e.name, func(t *testing.T) {
			reader, writer, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer reader.Close()
			defer writer.Close()
			fd := int(writer.Fd())
			if err := syscall.SetNonblock(fd, true); err != nil {
				t.Fatal(err)
			}
			for err = nil; err != syscall.EAGAIN; { // fill it up
				if _, err = syscall.Write(fd, make([]byte, 1)); err != nil && err != syscall.EAGAIN {
					t.Fatal(err)
				}
			}
			if err := syscall.SetNonblock(fd, false); err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), program(t), e.args...)
			cmd.Env = append(os.Environ(), "LOCKTOP_BE_THE_PROGRAM=1")
			cmd.Stdout = writer
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				cmd.Wait()
			}()
			select {
			case <-ended:
				t.Fatal("it ends though nobody reads")
			case <-time.After(time.Second):
			}
			if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			select {
			case <-ended:
			case <-time.After(patience):
				cmd.Process.Kill()
				<-ended
				t.Error("it does not end")
			}
			nothingIn(t, server.Client(t))
		})
	}
}
