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

	"golang.org/x/sys/unix"
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

// hold says whether the screen has the terminal. If not, the signals do what they do to any program.
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

// How long it takes the system at most to stop a process that has asked for it: on a busy machine, there may be a while until
// the thread runs that is to take the signal. It matters only where nothing stops the process at all, which is unlikely if a
// shell is there to look after it.
const (
	stops           = 200 * time.Millisecond
	stopsUnderShell = 10 * time.Second
)

// supervision is what is known of whether somebody looks after stopped processes. The system stops none in a process group
// that nobody outside of it, but in its session, is the parent of (POSIX: an orphaned process group).
type supervision int

const (
	unknown supervision = iota // the parent is in the group, and who its own is cannot be told
	shell
	nobody
)

// supervisor tells who looks after a process that has this parent.
func supervisor(parent int) supervision {
	session, err := unix.Getsid(0)
	if err != nil {
		return unknown
	}
	group := syscall.Getpgrp()
	switch itsGroup, err1 := syscall.Getpgid(parent); {
	case parent == 0:
		return nobody // it is the first process, as in a container
	case err1 != nil || itsGroup == group:
		return unknown
	}
	switch itsSession, err := unix.Getsid(parent); {
	case err != nil:
		return unknown
	case itsSession == session:
		return shell
	case group == syscall.Getpid():
		return nobody
	}
	return unknown // others of the group may have another parent
}

func (s *suspension) Run() error {
	s.screen.take(false)
	defer s.screen.take(true)
	within := stops
	switch supervisor(syscall.Getppid()) {
	case nobody:
		return errNobodyResumes
	case shell:
		within = stopsUnderShell
	}
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
		case <-time.After(within):
		}
	}
	return errNobodyResumes
}

func (*suspension) SetStdin(io.Reader) {}

// SetStdout is given the screen, and not what is under it.
func (s *suspension) SetStdout(screen io.Writer) { s.screen = screen.(taker) }

func (*suspension) SetStderr(io.Writer) {}
