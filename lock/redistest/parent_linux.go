package redistest

import (
	"os/exec"
	"syscall"
)

// dieWithParent has the kernel kill cmd if this process is killed.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
