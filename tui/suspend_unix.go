//go:build unix

package tui

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"
)

const canSuspend = true

// errNobodyResumes: no shell waits for the program, so that nothing would bring it back, and it does not stop.
var errNobodyResumes = errors.New("no shell to return to")

// suspension stops the program, with all of its process group, until it is told to continue. Bubble Tea's own would wait
// for ever where the system does not stop it: as the first process of a container, or in a terminal without a shell.
type suspension struct {
	ctx    context.Context
	screen taker // whose terminal it is
}

// A taker takes the terminal and gives it back.
type taker interface{ take(bool) }

// jobControl lets the signals of job control take effect on the screen while it has the terminal. The one that asks the
// program to stop suspends it as the key does, for the terminal must be given back first. After SIGSTOP, which asks nobody, the
// shell has changed the terminal, and it has to be taken anew.
type jobControl struct {
	signals chan os.Signal
	ended   chan struct{}
}

// controlJob calls suspend and retake when the signals come, until close is called.
func controlJob(suspend, retake func()) *jobControl {
	j := &jobControl{make(chan os.Signal, 4), make(chan struct{})}
	go func() {
		defer close(j.ended)
		for s := range j.signals {
			if s == syscall.SIGTSTP {
				suspend()
			} else {
				retake()
			}
		}
	}()
	return j
}

// hold says whether the screen has the terminal: only then do the signals matter.
func (j *jobControl) hold(terminal bool) {
	if terminal && !signal.Ignored(syscall.SIGTSTP) {
		signal.Notify(j.signals, syscall.SIGTSTP, syscall.SIGCONT)
	} else {
		signal.Stop(j.signals)
	}
}

func (j *jobControl) close() {
	signal.Stop(j.signals)
	close(j.signals)
	<-j.ended
}

// supervised tells whether a shell looks after stopped processes. SIGTSTP stops none in a process group that nobody outside of
// it, but in its session, is the parent of (POSIX: an orphaned process group). A child of ours tries it: here the signal has
// no effect any more, as a Go program that has once asked to be notified of it never stops again.
func supervised() bool {
	child, err := syscall.ForkExec("/bin/sh", []string{"sh", "-c", "kill -TSTP $$"}, &syscall.ProcAttr{Env: os.Environ()})
	if err != nil {
		return false
	}
	var status syscall.WaitStatus
	for {
		_, err := syscall.Wait4(child, &status, syscall.WUNTRACED, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || !status.Stopped() {
			return false
		}
		break
	}
	syscall.Kill(child, syscall.SIGKILL)
	for {
		if _, err := syscall.Wait4(child, nil, 0, nil); err != syscall.EINTR {
			return true
		}
	}
}

func (s *suspension) Run() error {
	s.screen.take(false)
	defer s.screen.take(true)
	if !supervised() {
		return errNobodyResumes
	}
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, syscall.SIGCONT)
	defer signal.Stop(continued)
	if err := syscall.Kill(0, syscall.SIGSTOP); err != nil {
		return err
	}
	select {
	case <-continued:
	case <-s.ctx.Done():
	}
	return nil
}

func (*suspension) SetStdin(io.Reader) {}

// SetStdout is given the screen, and not what is under it.
func (s *suspension) SetStdout(screen io.Writer) { s.screen = screen.(taker) }

func (*suspension) SetStderr(io.Writer) {}
