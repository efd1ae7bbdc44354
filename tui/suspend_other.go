//go:build !unix

package tui

import (
	"context"
	"io"
)

const canSuspend = false

// suspension is not for this system.
type suspension struct{ ctx context.Context }

func (*suspension) Run() error          { return nil }
func (*suspension) SetStdin(io.Reader)  {}
func (*suspension) SetStdout(io.Writer) {}
func (*suspension) SetStderr(io.Writer) {}

// jobControl is not for this system.
type jobControl struct{}

func controlJob(_, _ func()) jobControl { return jobControl{} }

func (jobControl) hold(bool) {}
func (jobControl) close()    {}
