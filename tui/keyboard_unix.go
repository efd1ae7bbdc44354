//go:build unix

package tui

import (
	"time"

	"golang.org/x/sys/unix"
)

// readable waits until a file has something to read, or its end, and tells whether that came. It asks by select, as poll
// takes no terminals on macOS.
func readable(fd uintptr, within time.Duration) bool {
	if fd >= unix.FD_SETSIZE {
		return false
	}
	for end := time.Now().Add(within); ; {
		var fds unix.FdSet
		fds.Set(int(fd))
		left := unix.NsecToTimeval(max(time.Until(end), 0).Nanoseconds())
		n, err := unix.Select(int(fd)+1, &fds, nil, nil, &left)
		if err != unix.EINTR {
			return err == nil && n > 0
		}
	}
}
