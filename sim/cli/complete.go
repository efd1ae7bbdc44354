package cli

import (
	"strings"

	"github.com/spf13/cobra"
)

// Item is a name and what there is to say of it.
type Item struct{ Name, Text string }

// Values completes a flag with one of some values. A description may follow each
// after a tab. A value that ends in one of "/:=" is a beginning.
func Values(values ...string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		return complete("", typed, values)
	}
}

// Lists completes a flag with a list of values that commas separate.
func Lists(values ...string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		at := strings.LastIndex(typed, ",") + 1
		found, directive := complete(typed[:at], typed[at:], values)
		return found, directive | cobra.ShellCompDirectiveNoSpace
	}
}

// Parts completes a flag whose value is a kind and settings behind colons. A setting
// that ends in = takes values that are not known here.
func Parts(kinds []string, settings []Item) cobra.CompletionFunc {
	var offered []string
	for _, s := range settings {
		offered = append(offered, s.Name+"\t"+s.Text)
	}
	return func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		at := strings.LastIndex(typed, ":") + 1
		values := kinds
		if at > 0 {
			values = offered
		}
		found, directive := complete(typed[:at], typed[at:], values)
		return found, directive | cobra.ShellCompDirectiveNoSpace
	}
}

// complete returns the values that begin as what was typed does, with what comes
// before them.
func complete(before, typed string, values []string) ([]string, cobra.ShellCompDirective) {
	directive := cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	var found []string
	for _, v := range values {
		if !strings.HasPrefix(v, typed) {
			continue
		}
		found = append(found, before+v)
		if value, _, _ := strings.Cut(v, "\t"); strings.ContainsAny(value[len(value)-1:], "/:=") {
			directive |= cobra.ShellCompDirectiveNoSpace
		}
	}
	return found, directive
}
