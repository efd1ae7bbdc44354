//go:build unix

package backend

import (
	"os/exec"
	"syscall"
)

// detach gives a process a session of its own, where no signal from this one's terminal or process group reaches it.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
