package command

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"syscall"

	"github.com/redis/go-redis/v9"

	"locktop/tui/rescue"
)

// Main runs the program with the arguments behind its name, until it is done or a signal
// ends it, and returns its exit code. It is to be called first in main, and once.
func Main(args []string) int {
	rescue.Main()
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
	return execute(ctx, args, os.Stdout, os.Stderr)
}

// silence is a logger that keeps quiet.
type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}

// secret is the part of a URL that holds user and password, wherever on the
// command line somebody may have put it.
var secret = regexp.MustCompile(`://[^\s"]*@`)

// execute runs the program and returns its exit code.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	cmd := newCommand(stdout, stderr)
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(ctx)
	if ctx.Err() != nil {
		err = interruption(err)
	}
	if err != nil {
		fmt.Fprintln(stderr, "locktop:", secret.ReplaceAllString(err.Error(), "://***@"))
	}
	code := exitCode(err)
	if code == exitUsage {
		fmt.Fprintln(stderr, "Run locktop --help for the flags.")
	}
	return code
}
