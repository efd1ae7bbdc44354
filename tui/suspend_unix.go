//go:build unix

package tui

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const canSuspend = true

// errNobodyResumes: no shell waits for the program, so that nothing would bring it back, and it does not stop.
var errNobodyResumes = errors.New("no shell to return to")

// suspension stops the program, with all of its process group, until it is told to continue. Bubble Tea's own would wait
// for ever where the system does not stop it: as the first process of a container, or in a terminal without a shell.
type suspension struct{ ctx context.Context }

// stops is how long it takes the system at most to stop a process that has asked for it.
const stops = 200 * time.Millisecond

func (s suspension) Run() error {
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, syscall.SIGCONT)
	defer signal.Stop(continued)
	if err := syscall.Kill(0, syscall.SIGTSTP); err != nil {
		return err
	}
	for range 2 { // time has passed also while it was stopped, and the signal may come a moment later
		select {
		case <-continued:
			return nil
		case <-s.ctx.Done():
			return nil
		case <-time.After(stops):
		}
	}
	return errNobodyResumes
}

func (suspension) SetStdin(io.Reader)  {}
func (suspension) SetStdout(io.Writer) {}
func (suspension) SetStderr(io.Writer) {}
