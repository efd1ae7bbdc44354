//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package rescue

import "golang.org/x/sys/unix"

const (
	getSettings = unix.TIOCGETA
	setSettings = unix.TIOCSETA
)
