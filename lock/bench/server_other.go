//go:build !linux

package main

import (
	"errors"
	"os/exec"
)

// apart does nothing where the system is not known to have such services.
func apart(*exec.Cmd) {}

// giveWay is not known of such systems either.
func giveWay(int) error { return errors.ErrUnsupported }
