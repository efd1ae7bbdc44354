package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/cpuguy83/go-md2man/v2/md2man"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Manual writes the manual page of a program in roff: of its root command and of all
// others, its environment, files and exit codes. It carries no date, so that the same
// program writes the same page.
func Manual(w io.Writer, root *cobra.Command, exitCodes []Item) error {
	m := &manual{}
	m.printf("%% %s 1\n", strings.ToUpper(root.Name()))
	m.section("NAME")
	m.printf("%s - %s\n", root.Name(), literal(root.Short))
	m.section("SYNOPSIS")
	m.printf("**%s** [*flags*]\n\n", root.Name())
	each(root, func(cmd *cobra.Command) { m.printf("**%s** [*flags*]\n\n", cmd.CommandPath()) })
	m.section("DESCRIPTION")
	m.printf("%s\n", literal(root.Long))
	m.section("OPTIONS")
	m.flags(root.Flags())
	m.section("COMMANDS")
	each(root, func(cmd *cobra.Command) {
		m.printf("\n## %s\n\n%s\n\n", cmd.Use, literal(cmd.Short)+".")
		if cmd.Name() != "completion" { // which explains at length what its own help does
			m.printf("%s\n\n", literal(cmd.Long))
		}
		m.flags(cmd.Flags())
	})
	m.section("ENVIRONMENT")
	told := map[string]bool{"help": true, "version": true}
	variables := func(cmd *cobra.Command) {
		eachGroup(cmd.Flags(), func(title string, flags []*pflag.Flag) {
			for _, flag := range flags {
				if !told[flag.Name] && title != otherFlags { // those of completion are cobra's own
					m.item(Variable(flag.Name), "stands in for --"+flag.Name)
				}
				told[flag.Name] = true
			}
		})
	}
	variables(root)
	each(root, variables)
	m.item("NO_COLOR", "draws without colours")
	m.item("XDG_CONFIG_HOME", "where the configuration is looked for, instead of ~/.config")
	m.section("FILES")
	m.item("~/.config/locktop/config.toml", "settings for every run, in TOML: the names of flags, and a table for each command")
	m.printf("\n")
	m.code("theme = \"light\"\nfps = 30\nlanes = [\"none\", \"block\"]\n\n[compare]\nredis = \"spawn\"")
	m.section("EXIT STATUS")
	for _, code := range exitCodes {
		m.item(code.Name, code.Text)
	}
	m.section("EXAMPLES")
	m.code(root.Example)
	each(root, func(cmd *cobra.Command) {
		if cmd.Example != "" {
			m.code(cmd.Example)
		}
	})
	_, err := w.Write(md2man.Render([]byte(m.text.String())))
	return err
}

// each visits the commands that do something, in the order in which help lists them.
func each(root *cobra.Command, visit func(*cobra.Command)) {
	for _, cmd := range root.Commands() {
		if cmd.IsAvailableCommand() && cmd.Name() != "help" {
			visit(cmd)
		}
	}
}

// manual is a page in Markdown.
type manual struct{ text strings.Builder }

func (m *manual) printf(format string, args ...any) { fmt.Fprintf(&m.text, format, args...) }

func (m *manual) section(name string) { m.printf("\n# %s\n\n", name) }

func (m *manual) item(name, text string) { m.printf("**%s**\n: %s\n\n", literal(name), literal(text)) }

// flags writes the flags under the headings of the help.
func (m *manual) flags(fl *pflag.FlagSet) {
	eachGroup(fl, func(title string, flags []*pflag.Flag) {
		m.printf("*%s*\n\n", title)
		for _, flag := range flags {
			m.flag(flag)
		}
	})
}

func (m *manual) flag(flag *pflag.Flag) {
	kind, usage := pflag.UnquoteUsage(flag)
	if kind != "" {
		kind = " *" + literal(kind) + "*"
	}
	switch flag.DefValue {
	case "", "false", "0", "0s", "[]":
	default:
		usage += " (default " + strings.Trim(flag.DefValue, "[]") + ")"
	}
	m.printf("**%s**%s\n: %s\n\n", literal("--"+flag.Name), kind, literal(usage))
}

func (m *manual) code(text string) {
	m.printf("\n```\n%s\n```\n", strings.Trim(text, "\n"))
}

// literal keeps Markdown from reading anything into a text.
func literal(text string) string {
	return strings.NewReplacer("\\", "\\\\", "*", "\\*", "_", "\\_", "`", "\\`", "<", "\\<", "[", "\\[", "]", "\\]", "#", "\\#", "…", "...").Replace(text)
}
