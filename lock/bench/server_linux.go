package main

import (
	"os/exec"
	"syscall"
	"unsafe"
)

// apart keeps the terminal's ctrl-c from cmd, which we stop ourselves, and has the kernel kill it if this process is
// killed.
func apart(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// giveWay has the kernel run a process only where nothing else wants to run. See sched(7): SCHED_IDLE.
func giveWay(pid int) error {
	const schedIdle = 5
	var priority int32 // of a sched_param; it has to be 0
	_, _, errno := syscall.Syscall(syscall.SYS_SCHED_SETSCHEDULER, uintptr(pid), schedIdle, uintptr(unsafe.Pointer(&priority)))
	if errno != 0 {
		return errno
	}
	return nil
}
