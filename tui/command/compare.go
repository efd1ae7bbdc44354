package command

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"locktop/sim"
	"locktop/sim/backend"
	"locktop/sim/cli"
	"locktop/sim/clock"
	"locktop/sim/report"
)

const compareHelp = `Races the strategies one after the other, each alone on the same Redis, and
prints a scorecard: what was lost, how many updates a second were kept, what they
cost in commands, and how long and how fairly clients waited.

Every client has its next alert at hand at all times. Speeds are worth quoting
from a real Redis only: --redis spawn starts a private one. With --deterministic
the scorecard is the same in every run.

Figures are medians with their range over some repetitions, of the time in which all
clients compete: after a warm-up, until the first of them is done. What was too little
to tell has a dash and a note. After an interrupt the scorecard is of what was done.`

// compared are the strategies that are to be measured.
type compared struct {
	config     sim.Config
	strategies []string
	updates    int // of each strategy, over all clients
	warmup     int // and before them
	repeat     int
	redis      string
	output     string
	json       bool
	file       string // of the configuration
}

// newCompare measures the strategies one by one.
func newCompare(stdout, stderr io.Writer) *cobra.Command {
	c := compared{config: sim.CompareDefaults()}
	cmd := &cobra.Command{
		Use:     "compare",
		Short:   "Race every strategy alone and print a scorecard",
		Long:    compareHelp,
		Example: "  locktop compare --redis spawn\n  locktop compare --strategies none,spin,block,fair --clients 32 --output markdown",
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return c.run(cmd, stdout, stderr) },
	}
	s, fl := &c.config, cmd.Flags()
	fl.SortFlags = false
	fl.StringSliceVar(&c.strategies, "strategies", []string{"all"}, "all, or some, as in none,spin,block (locktop strategies)")
	fl.IntVar(&s.Clients, "clients", s.Clients, "clients")
	fl.IntVar(&c.updates, "updates", s.Clients*s.Alerts, "updates of each strategy that are measured in a repetition, over all clients; each client has as many, so it is rounded up")
	fl.DurationVar(&s.Work, "work", s.Work, "think time between a client's read and its write")
	fl.DurationVar(&s.Retry, "retry", s.Retry, "pause after a failed try; poll and backoff have their own")
	fl.DurationVar(&s.Lease, "lease", s.Lease, "the lock's time to live; 0 is none")
	fl.IntVar(&c.warmup, "warmup", 10*s.Clients, "updates before those, which are not measured, over all clients")
	fl.IntVar(&c.repeat, "repeat", 3, "repetitions of all strategies, whose medians and ranges are told")
	fl.Uint64Var(&s.Seed, "seed", s.Seed, "seed of the samples")
	fl.BoolVar(&s.Deterministic, "deterministic", false, "in virtual time: the same flags, the same scorecard")
	fl.StringVar(&c.redis, "redis", "embedded", redisUsage)
	cli.Group(fl, "Race", "strategies", "clients", "updates", "warmup", "repeat", "work", "retry", "lease", "seed", "deterministic", "redis")
	fl.StringVar(&c.output, "output", "text", "form of the scorecard: "+strings.Join(report.Formats(), ", "))
	fl.BoolVar(&c.json, "json", false, "short for --output json")
	fl.StringVar(&c.file, "config", "", configUsage)
	cli.Group(fl, outputGroup, "output json", "config")
	completeWith(cmd, map[string]cobra.CompletionFunc{
		"strategies": cli.Lists(append(strategies(), "all\tall that the Redis has the servers for")...),
		"redis":      cli.Values(redisKinds...),
		"output":     cli.Values(report.Formats()...),
	})
	return cmd
}

// run checks the flags, measures, and prints the scorecard of those strategies that it got to.
func (c *compared) run(cmd *cobra.Command, stdout, stderr io.Writer) error {
	settings, err := filled(cmd)
	if err != nil {
		return err
	}
	write, names, err := c.complete()
	if err != nil {
		return usageError{settings.Blame(err)}
	}
	if all := (c.config.Alerts - c.config.Warmup) * c.config.Clients; all != c.updates {
		fmt.Fprintf(stderr, "locktop: --updates %d is rounded up to %d, as many for each of %d clients\n", c.updates, all, c.config.Clients)
	}
	bar := report.Bar{Out: behind(stderr), Live: isTerminal(stderr), Strategies: names, Rounds: c.repeat, Updates: c.config.Alerts * c.config.Clients}
	result, err := sim.Compare(cmd.Context(), c.config, names, c.repeat, bar.Show)
	bar.End()
	if len(result.Lanes) > 0 {
		err = errors.Join(err, write(stdout, result))
	}
	return err
}

// complete parses what the flags left as text, and finds the strategies and what writes the scorecard.
func (c *compared) complete() (write func(io.Writer, sim.Result) error, names []string, err error) {
	if c.json {
		c.output = "json"
	}
	if write, err = report.Scorecard(c.output); err != nil {
		return nil, nil, fmt.Errorf("output: %w", err)
	}
	if c.config.Source, err = backend.Parse(c.redis); err != nil {
		return nil, nil, fmt.Errorf("redis: %w", err)
	}
	if names, err = c.config.Comparable(c.strategies); err != nil {
		return nil, nil, err
	}
	if c.updates < 1 {
		return nil, nil, fmt.Errorf("updates: want 1 or more, have %d", c.updates)
	}
	if c.warmup < 0 {
		return nil, nil, fmt.Errorf("warmup: want 0 or more, have %d", c.warmup)
	}
	if c.repeat < 1 {
		return nil, nil, fmt.Errorf("repeat: want 1 or more, have %d", c.repeat)
	}
	each := func(updates int) int { return (updates + c.config.Clients - 1) / max(c.config.Clients, 1) }
	c.config.Lanes, c.config.Warmup = names[:1], each(c.warmup)
	c.config.Alerts = each(c.updates) + c.config.Warmup
	if c.config.Deterministic {
		c.config.Speed = clock.Max // virtual time is not waited for
	}
	return write, names, c.config.Validate()
}
