// Command bench compares the locks of package lock with those of other libraries: bsm/redislock, redsync and
// rueidislock, side by side, in one run, on a redis-server of its own. It is a module of its own, so that whoever uses
// the lock does not get the others with it. From the root of the repository:
//
//	go run -C lock/bench .
//
// It needs redis-server or valkey-server on the PATH, takes some minutes, and wants a machine that does nothing else.
//
// # How to read the table
//
// Uncontended is what a lock costs when nobody else wants it. The floor is a bare SET NX and DEL: two round trips, and
// no care for whose lock is deleted. A ratio of 0.85 is a lock that does 85 of its cycles in the time of 100 of the floor's.
//
// × redislock compares with that lock in the same lap. Of both, what is printed is the median of the ratios of blocks that
// were measured within milliseconds of each other, so it is not the ratio of the times printed. On Linux the processors are
// kept awake meanwhile, by processes that run only where nothing else wants to: else most of a cycle would be the waking of
// processors, of which a lock that does less may need more.
//
// Hand-over is how long the lock belongs to nobody who could use it: from the moment when the holder begins to release
// until the next one, who has been waiting, returns from Acquire. One round trip is what it takes at least: that of a
// script, for a lock must not change its owner without looking who it was. It is measured before each hand-over, under the
// same conditions, straight from one goroutine. There are two: a holder who writes to Redis all the time, and one who
// sleeps, so that threads and processors must be woken up first. As all contenders are in one process, our fair lock
// needs no message; across processes it does.
//
// The floors of a hand-over in the table are a PING; that script sent by a goroutine that was woken to, as a release must
// be that can end with its context, and that wakes the one who waits, which is 1.1 to 1.5 round trips by itself; and a
// message from PUBLISH to its subscriber. What our lock adds to them is its script: to take the first waiter out of the
// queue and make it the owner takes a Redis whose caches have seen other commands meanwhile 35 µs, where the least script
// takes 13. All that does not depend on the network. With round trips of 50 µs, to a Redis on the same machine, it makes
// a hand-over of 2 to 3 of them, as processors are what both wait for. What a hand-over costs in round trips shows where
// these are what one waits for: with a Redis that is 2 ms away, the third column, one of 1.05.
//
// With 16 and 64 contenders the lock is all there is to wait for, and three numbers belong together. Acquisitions per
// second alone say little: the fastest way to make many is to let one contender keep the lock. Jain's index tells: it is
// 1 if all had the lock equally often when the first of them was through with its work, and 1/n if one had had it
// alone. The p99 of the waits is what the unlucky ones feel.
//
// Each lock is in the setting in which it is fair, as far as it has one. The other libraries always use a lease; ours are
// measured with and without. All contenders are goroutines of one process, and share one client unless the name
// says otherwise.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Exit codes.
const (
	exitDone        = 0
	exitFailed      = 1 // also: a lock let two in, or a promise was not kept and -check was given
	exitUsage       = 2
	exitInterrupted = 130
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// execute is the whole program.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, "Usage: go run -C lock/bench . [flags]\n\nCompares Redis locks side by side. Flags:\n\n")
		flags.PrintDefaults()
	}
	rounds := flags.Int("rounds", 5, "how often everything is measured")
	contenders := flags.String("contenders", "16,64", "numbers of contenders, one race for each")
	acquisitions := flags.Int("acquisitions", 200, "what each contender does in a race")
	away := flags.Duration("away", 2*time.Millisecond, "how much longer a round trip takes in one of the hand-overs, as if Redis were on another machine; the system's timers may make it more; 0 leaves it out")
	limit := flags.Duration("limit", 30*time.Second, "how long one race may take; whoever did not finish it twice is not asked again")
	only := flags.String("only", "", "measure only the locks whose names contain one of these texts, separated by commas")
	format := flags.String("format", "text", "text, markdown or json")
	check := flags.Bool("check", false, "list what our locks promise, and exit with 1 if something is not kept")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return exitDone
	case err != nil:
		return exitUsage
	}
	plan := Plan{Rounds: *rounds, Acquisitions: *acquisitions, Limit: *limit, Away: *away}
	all, err := selected(entrants(), *only)
	if err == nil {
		plan.Contenders, err = numbers(*contenders)
	}
	write := map[string]func(io.Writer, *Result) error{"text": writeText, "markdown": writeMarkdown, "json": writeJSON}[*format]
	switch {
	case err != nil:
	case flags.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case *rounds < 1 || *acquisitions < 1 || *limit <= 0 || *away < 0:
		err = errors.New("-rounds, -acquisitions and -limit must be positive, and -away not negative")
	case write == nil:
		err = fmt.Errorf("unknown format %q: use text, markdown or json", *format)
	}
	if err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return exitUsage
	}

	result, err := run(ctx, all, plan, stderr)
	kept := true
	if err == nil {
		err = write(stdout, result)
	}
	if err == nil && *check {
		out := stdout
		if *format == "json" {
			out = stderr
		}
		fmt.Fprintln(out)
		kept, err = writePromises(out, promises(result))
	}
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "bench: interrupted")
		return exitInterrupted
	case err != nil:
		fmt.Fprintln(stderr, "bench:", err)
		return exitFailed
	case !kept || result.overlaps() > 0:
		return exitFailed
	}
	return exitDone
}

// run measures on a server that does not outlive it.
func run(ctx context.Context, all []entrant, plan Plan, progress io.Writer) (*Result, error) {
	s, err := startServer(ctx)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	var far *server
	if plan.Away > 0 {
		d, err := startDetour(s.addr, plan.Away)
		if err != nil {
			return nil, err
		}
		defer d.stop()
		far = &server{addr: d.addr(), version: s.version}
	}
	return measure(ctx, s, far, all, plan, progress)
}

// numbers reads a list of numbers from 2 up.
func numbers(list string) ([]int, error) {
	var all []int
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || n < 2 {
			return nil, fmt.Errorf("-contenders %q is not a list of numbers from 2 up, such as 16,64", list)
		}
		all = append(all, n)
	}
	return all, nil
}

func writeJSON(w io.Writer, r *Result) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}
