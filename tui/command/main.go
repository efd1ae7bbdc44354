package command

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/redis/go-redis/v9"

	"locktop/sim/called"
	"locktop/sim/clean"
	"locktop/tui/rescue"
)

// Main runs the program with its arguments, of which the first is what it was called by, until
// it is done or a signal ends it, and returns its exit code. It is to be called first in main,
// and once.
func Main(args []string) int {
	rescue.Main()
	if len(args) > 0 {
		called.By(args[0])
		args = args[1:]
	}
	redis.SetLogger(silence{})     // it would write over the screen; errors reach us as values
	signal.Ignore(syscall.SIGPIPE) // a reader that leaves must not keep us from cleaning up
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		ends = append(ends, syscall.SIGHUP)
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP) // of which a closed terminal may send several
	}
	ctx, stop := signal.NotifyContext(context.Background(), ends...)
	context.AfterFunc(ctx, stop) // another signal ends the program at once
	defer stop()
	return execute(ctx, args, output{os.Stdout, ctx}, output{os.Stderr, ctx})
}

// silence is a logger that keeps quiet.
type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}

// execute runs the program and returns its exit code. What it writes is clean, whoever has written it.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	out, errs := clean.NewWriter(stdout), clean.NewWriter(stderr)
	defer errs.Close()
	defer out.Close()
	cmd := newCommand(out, errs)
	cmd.SetArgs(args)
	used, err := cmd.ExecuteContextC(ctx)
	if ctx.Err() != nil {
		err = interruption(err)
	}
	if err != nil {
		fmt.Fprintln(errs, "locktop:", message(err, args))
	}
	code := exitCode(err)
	if code == exitUsage {
		fmt.Fprintf(errs, "Run %s --help for the flags.\n", called.Hint(helpOf(used).CommandPath()))
	}
	return code
}
