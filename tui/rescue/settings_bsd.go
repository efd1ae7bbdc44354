//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package rescue

import "golang.org/x/sys/unix"

const (
	getSettings = unix.TIOCGETA
	setSettings = unix.TIOCSETA
)

// discard drops what was written to a terminal and not read.
func discard(fd int) error { return unix.IoctlSetPointerInt(fd, unix.TIOCFLUSH, 2) } // FWRITE of sys/fcntl.h
