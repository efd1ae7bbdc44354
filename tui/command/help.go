package command

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"locktop/sim/called"
	"locktop/sim/cli"
	"locktop/sim/nearest"
	"locktop/sim/report"
)

// newHelp explains a command, or a word: a strategy, a preset, a fault, a flag.
func newHelp(stdout io.Writer) *cobra.Command {
	return &cobra.Command{
		Use: "help [WORD]", Short: "Explain a command, a strategy, a preset, a fault or a flag",
		Example: "  locktop help compare\n  locktop help block\n  locktop help failover\n  locktop help --lease",
		// so that help --lease is about the flag; help has none of its own
		DisableFlagParsing: true,
		ValidArgsFunction: func(cmd *cobra.Command, args []string, typed string) (words []string, _ cobra.ShellCompDirective) {
			if len(args) == 0 {
				words = slices.DeleteFunc(topics(cmd.Root()), func(word string) bool { return !strings.HasPrefix(word, typed) })
			}
			return words, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := explain(cmd.Root(), args, cli.WidthOf(behind(stdout)))
			if err != nil {
				return usageError{err}
			}
			_, err = fmt.Fprint(stdout, text)
			return err
		},
	}
}

// helpOf is the command whose help is of use after a mistake with one.
func helpOf(cmd *cobra.Command) *cobra.Command {
	if cmd.Name() == "help" {
		return cmd.Root()
	}
	return cmd
}

// explain says all there is to say about words: of a command, or of anything that has a name.
func explain(root *cobra.Command, words []string, width int) (string, error) {
	if len(words) == 0 {
		return cli.Help(root, width), nil
	}
	if words[0] == "--help" || words[0] == "-h" {
		help, _, err := root.Find([]string{"help"})
		return cli.Help(help, width), err
	}
	if cmd, rest, err := root.Find(words); err == nil && cmd != root && len(rest) == 0 {
		return cli.Help(cmd, width), nil
	}
	word := strings.TrimLeft(strings.Join(words, " "), "-")
	var found []string
	if text := report.Explain(word, width); text != "" {
		found = append(found, called.Hint(text))
	}
	found = append(found, flagTexts(root, word, width)...)
	if len(found) > 0 {
		return strings.Join(found, "\n"), nil
	}
	return "", fmt.Errorf("help: nothing is called %q%s", word, nearestTopic(root, word))
}

// nearestTopic says what a word may have been meant to be. All there are would be too many to list.
func nearestTopic(root *cobra.Command, word string) string {
	if near, ok := nearest.To(word, topics(root)); ok {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return "; locktop help lists the commands, and locktop strategies, presets, faults and changes the other words"
}

// flagTexts are on the flags of a name, command by command, each text once.
func flagTexts(root *cobra.Command, name string, width int) (texts []string) {
	for _, cmd := range append([]*cobra.Command{root}, root.Commands()...) {
		flag := cmd.Flags().Lookup(name)
		if flag == nil || flag.Name == "help" || flag.Name == "version" {
			continue
		}
		if text := cli.FlagHelp(flag, width); !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return texts
}

// topics are all words that help knows.
func topics(root *cobra.Command) (words []string) {
	for _, cmd := range root.Commands() {
		words = append(words, cmd.Name())
	}
	words = append(words, report.Topics()...)
	for _, cmd := range append([]*cobra.Command{root}, root.Commands()...) {
		cmd.Flags().VisitAll(func(flag *pflag.Flag) {
			if !slices.Contains(words, flag.Name) {
				words = append(words, flag.Name)
			}
		})
	}
	return words
}
