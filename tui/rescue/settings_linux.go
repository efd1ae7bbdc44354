package rescue

import (
	"errors"

	"golang.org/x/sys/unix"
)

const (
	getSettings = unix.TCGETS
	setSettings = unix.TCSETS
)

// discard drops what was written to a terminal and not read. Linux does not wake who waits to write more, but when output that
// was stopped goes on.
func discard(fd int) error {
	const off, on = 0, 1 // TCOOFF and TCOON of asm-generic/termbits.h
	return errors.Join(
		unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCOFLUSH),
		unix.IoctlSetInt(fd, unix.TCXONC, off),
		unix.IoctlSetInt(fd, unix.TCXONC, on),
	)
}
