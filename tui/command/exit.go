package command

import (
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
	{Name: fmt.Sprint(exitNotCorrect), Text: "with --check: a lane is not CORRECT, a preset does not do what it promises, or a schedule goes wrong; tour --headless: a promise was not kept"},
	{Name: fmt.Sprint(exitDamaged), Text: "replay: the recording is damaged, cut off or none; what could be read of it was reported"},
	{Name: fmt.Sprint(exitInterrupted), Text: "interrupted by a signal"},
}

// usageError is a mistake in the command line, as opposed to a run that failed.
type usageError struct{ error }

// notCorrect is what --check makes of a lane that is not CORRECT.
type notCorrect struct{ error }

// damaged is what is wrong with a recording.
type damaged struct{ error }
