package command

import (
	"context"
	"errors"
	"fmt"

	"locktop/sim/cli"
)

const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitNotCorrect  = 3
	exitDamaged     = 4
	exitInterrupted = 130
)

// exitCodes are what the program tells the one that called it.
var exitCodes = []cli.Item{
	{Name: fmt.Sprint(exitDone), Text: "done"},
	{Name: fmt.Sprint(exitFailed), Text: "failed"},
	{Name: fmt.Sprint(exitUsage), Text: "wrong usage"},
	{Name: fmt.Sprint(exitNotCorrect), Text: "with --check: a lane is not CORRECT, a preset does not do what it promises, or a schedule goes wrong or was not tried; tour --headless: a promise was not kept"},
	{Name: fmt.Sprint(exitDamaged), Text: "replay: the recording is damaged, cut off or none; what could be read of it was reported"},
	{Name: fmt.Sprint(exitInterrupted), Text: "interrupted by a signal"},
}

// usageError is a mistake in the command line, as opposed to a run that failed.
type usageError struct{ error }

// notCorrect is what --check makes of a lane that is not CORRECT.
type notCorrect struct{ error }

// damaged is what is wrong with a recording.
type damaged struct{ error }

func (e usageError) Unwrap() error { return e.error }
func (e notCorrect) Unwrap() error { return e.error }
func (e damaged) Unwrap() error    { return e.error }

// errInterrupted is what an interrupted program says, whichever command it was. The
// command prints what it has and returns its errors, ctx.Err() among them.
var errInterrupted = errors.New("interrupted")

// interruption is errInterrupted together with what else went wrong.
func interruption(err error) error { return errors.Join(errInterrupted, withoutCancel(err)) }

// withoutCancel leaves out of an error what only says that the context ended.
func withoutCancel(err error) error {
	if !errors.Is(err, context.Canceled) {
		return err
	}
	switch e := err.(type) {
	case interface{ Unwrap() []error }:
		var rest []error
		for _, part := range e.Unwrap() {
			rest = append(rest, withoutCancel(part))
		}
		return errors.Join(rest...)
	case interface{ Unwrap() error }:
		return withoutCancel(e.Unwrap())
	}
	return nil
}

// exitCode is what the program tells of an error to the one that called it.
func exitCode(err error) int {
	var (
		usage usageError
		wrong notCorrect
		bad   damaged
	)
	switch {
	case errors.Is(err, errInterrupted):
		return exitInterrupted
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &wrong):
		return exitNotCorrect
	case errors.As(err, &bad):
		return exitDamaged
	case err != nil:
		return exitFailed
	}
	return exitDone
}
