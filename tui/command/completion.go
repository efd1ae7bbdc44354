package command

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"locktop/sim"
	"locktop/sim/cli"
	"locktop/tui"
)

// requireShell adds cobra's commands for completion, and has them refuse what they
// do not understand.
func requireShell(cmd *cobra.Command) {
	cmd.InitDefaultCompletionCmd()
	completion, _, err := cmd.Find([]string{"completion"})
	if err != nil {
		panic(err)
	}
	completion.Short = "Print the completion script for a shell"
	var shells []string
	for _, sub := range completion.Commands() {
		sub.Args = noArguments
		shells = append(shells, sub.Name())
	}
	completion.Args = cobra.ArbitraryArgs
	completion.RunE = func(_ *cobra.Command, args []string) error {
		return usageError{fmt.Errorf("completion: want one of %s, have %q", strings.Join(shells, ", "), strings.Join(args, " "))}
	}
}

// completeWith has a shell complete the values of flags.
func completeWith(cmd *cobra.Command, flags map[string]cobra.CompletionFunc) {
	for name, f := range flags {
		if err := cmd.RegisterFlagCompletionFunc(name, f); err != nil {
			panic(err) // there is no such flag
		}
	}
}

// What a shell offers for some flags. Of redisKinds, those that end in / are how a
// value begins.
var (
	redisKinds = []string{"embedded", "spawn", "redis://", "rediss://", "unix://"}
	speeds     = []string{"1/16", "1/4", "1", "4", "16", "max"}
	themes     = []string{string(tui.Dark), string(tui.Light)}
)

// strategies, presets and faults are what a shell offers, with a line on each.
func strategies() (all []string) {
	for _, s := range sim.Strategies() {
		if !s.Broken {
			all = append(all, s.Name+"\t"+s.Title)
		}
	}
	return all
}

func presets() (all []string) {
	for _, p := range sim.Presets() {
		all = append(all, p.Name+"\t"+p.Title)
	}
	return all
}

func faults() (kinds []string, settings []cli.Item) {
	for _, k := range sim.FaultKinds() {
		kinds = append(kinds, string(k)+"\t"+k.Explain())
	}
	for _, p := range sim.Points() {
		settings = append(settings, cli.Item{Name: "at=" + string(p), Text: p.Explain()})
	}
	for _, name := range []string{"client=", "lane=", "nth=", "after=", "for=", "node="} {
		settings = append(settings, cli.Item{Name: name})
	}
	return kinds, settings
}

func changes() (all []string, settings []cli.Item) {
	for _, s := range sim.Settings() {
		if s != sim.ChangeStrategy {
			all = append(all, string(s)+"=\t"+s.Explain())
			continue
		}
		for _, strategy := range sim.Strategies() {
			if !strategy.Broken {
				all = append(all, string(s)+"="+strategy.Name+"\t"+strategy.Title)
			}
		}
	}
	for _, name := range []string{"lane=", "after=", "alert="} {
		settings = append(settings, cli.Item{Name: name})
	}
	return all, settings
}
