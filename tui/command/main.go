package command

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/redis/go-redis/v9"

	"locktop/sim"
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
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it; a closed terminal may send several, which are no second signal
		ends = append(ends, syscall.SIGHUP)
	}
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, ends...)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		<-signals
		cancel()
		for s := range signals {
			if s != syscall.SIGHUP {
				break
			}
		}
		lastWords(output{os.Stderr, ctx})
		os.Exit(exitInterrupted)
	}()
	return execute(ctx, args, output{os.Stdout, ctx}, output{os.Stderr, ctx})
}

// lastWords says what a second signal, which ends the program at once, leaves in Redis.
func lastWords(stderr io.Writer) {
	text := "locktop: interrupted again: ended at once, without cleaning up"
	if remains := sim.Remains(); remains != "" {
		text += "\n" + remains
	}
	fmt.Fprintln(clean.NewWriter(stderr), text)
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
