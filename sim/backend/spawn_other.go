//go:build !unix

package backend

import "os/exec"

// detach does nothing where there are no sessions, nor a shell to start a server with.
func detach(*exec.Cmd) {}
