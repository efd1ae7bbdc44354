package main

import (
	"os/exec"
	"syscall"
)

// apart keeps the terminal's ctrl-c from cmd, which we stop ourselves, and has the kernel kill it if this process is
// killed.
func apart(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
