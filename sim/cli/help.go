package cli

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"locktop/sim/called"
)

// groupKey is the annotation of a flag that names its group, alsoKey that of one whose line in the help is the line before.
const groupKey, alsoKey = "locktop_group", "locktop_also"

// Group puts flags under a heading of the help and the manual page, line by line. Flags in one text share a line: they are
// closely related, and the usage of the first speaks of them all.
func Group(fl *pflag.FlagSet, title string, lines ...string) {
	for _, line := range lines {
		for i, name := range strings.Fields(line) {
			note(fl, name, groupKey, title)
			if i > 0 {
				note(fl, name, alsoKey, "")
			}
		}
	}
}

func note(fl *pflag.FlagSet, name, key, value string) {
	if err := fl.SetAnnotation(name, key, []string{value}); err != nil {
		panic(err) // there is no such flag
	}
}

// otherFlags is the heading of flags without a group.
const otherFlags = "Other"

// groupOf is the heading of a flag. Help and version are told elsewhere.
func groupOf(flag *pflag.Flag) string {
	if title := flag.Annotations[groupKey]; len(title) > 0 {
		return title[0]
	}
	return otherFlags
}

// eachGroup visits the flags of a command, group by group, in the order in which they were added.
func eachGroup(fl *pflag.FlagSet, visit func(title string, flags []*pflag.Flag)) {
	var titles []string
	groups := map[string][]*pflag.Flag{}
	fl.VisitAll(func(flag *pflag.Flag) {
		title := groupOf(flag)
		if flag.Hidden || title == otherFlags && (flag.Name == "help" || flag.Name == "version") {
			return
		}
		if groups[title] == nil {
			titles = append(titles, title)
		}
		groups[title] = append(groups[title], flag)
	})
	for _, title := range titles {
		visit(title, groups[title])
	}
}

const (
	pipedWidth = 80 // of help that nobody sees on a terminal
	leastWidth = 40
	mostWidth  = 100
)

// WidthOf is how wide help for a writer may be: as wide as its terminal.
func WidthOf(w io.Writer) int {
	if f, ok := w.(interface{ Fd() uintptr }); ok {
		if width, _, err := term.GetSize(f.Fd()); err == nil && width > 0 {
			return min(max(width, leastWidth), mostWidth)
		}
	}
	return pipedWidth
}

// Help is what a command says of itself: what it is, examples, commands and flags, in lines of at most width cells. Only
// the beginning of its description is told; the manual page has all.
func Help(cmd *cobra.Command, width int) string {
	h := help{width: width}
	about, _, more := strings.Cut(cmd.Long, "\n\n")
	switch {
	case cmd.Long == "":
		about = cmd.Short + "."
	case cmd.Example == "" && more: // then it is in there
		for line := range strings.Lines(cmd.Long) {
			h.row(line[:len(line)-len(strings.TrimLeft(line, " \t"))], "", line)
		}
		about = ""
	}
	h.paragraph(about)
	if cmd.Example != "" {
		h.heading("Examples:")
		for line := range strings.Lines(cmd.Example) {
			h.row("  ", "", strings.TrimSpace(line))
		}
	} else {
		h.heading("Usage:")
		h.row("  ", "", "locktop "+strings.TrimPrefix(cmd.UseLine(), cmd.Root().Name()+" "))
	}
	if cmd.HasAvailableSubCommands() {
		h.heading("Commands:")
		h.commands(cmd)
	}
	flags := 0
	eachGroup(cmd.Flags(), func(title string, all []*pflag.Flag) {
		if flags++; flags == 1 {
			h.b.WriteByte('\n')
		}
		h.b.WriteString(title + ":\n")
		h.flags(all)
	})
	return h.b.String()
}

// help is a text in the making.
type help struct {
	b     strings.Builder
	width int
}

func (h *help) heading(text string) { h.b.WriteString("\n" + text + "\n") }

func (h *help) paragraph(text string) {
	if text == "" {
		return
	}
	for _, line := range Wrap(called.Hint(text), h.width) {
		h.b.WriteString(line + "\n")
	}
}

// row is a name and what there is to say of it, in a column of its own.
func (h *help) row(indent, name, text string) {
	column := 0
	if name != "" {
		column = nameColumn
	}
	text = called.Hint(text)
	lines := Wrap(text, h.width-len(indent)-column)
	if column == 0 && len(lines) > 1 {
		lines = Wrap(text, h.width-len(furtherLine))
	}
	if utf8.RuneCountInString(name) >= column && name != "" {
		h.b.WriteString(indent + name + "\n")
		name = ""
	}
	for i, line := range lines {
		if i > 0 {
			name = ""
			if column == 0 {
				indent = furtherLine
			}
		}
		h.b.WriteString(strings.TrimRight(fmt.Sprintf("%s%-*s%s", indent, column, name, line), " ") + "\n")
	}
}

// furtherLine is what an example goes on behind.
const furtherLine = "      "

// nameColumn is the width of the names of flags and commands, which stand beside what there is to say of them.
const nameColumn = 23

// commands lists those with a group one by one, and joins those of the others.
func (h *help) commands(parent *cobra.Command) {
	joined := map[string][]string{}
	var order []string
	for _, cmd := range parent.Commands() {
		if !cmd.IsAvailableCommand() && cmd.Name() != "help" {
			continue
		}
		if cmd.Annotations[groupKey] == "" {
			h.row("  ", cmd.Name(), cmd.Short)
			continue
		}
		text := cmd.Annotations[groupKey]
		if joined[text] == nil {
			order = append(order, text)
		}
		joined[text] = append(joined[text], cmd.Name())
	}
	for _, text := range order {
		h.row("  ", "", strings.Join(joined[text], ", ")+": "+text)
	}
}

// Together has commands share a line of the help.
func Together(text string, commands ...*cobra.Command) {
	for _, cmd := range commands {
		if cmd.Annotations == nil {
			cmd.Annotations = map[string]string{}
		}
		cmd.Annotations[groupKey] = text
	}
}

func (h *help) flags(all []*pflag.Flag) {
	for i := 0; i < len(all); i++ {
		names := flagName(all[i])
		_, usage := pflag.UnquoteUsage(all[i])
		for ; i+1 < len(all) && all[i+1].Annotations[alsoKey] != nil; i++ {
			names += ", " + flagName(all[i+1])
		}
		h.row("  ", names, usage)
	}
}

// flagName is a flag with its default, or what it takes.
func flagName(flag *pflag.Flag) string {
	name := "--" + flag.Name
	if flag.Value.Type() == "bool" {
		return name
	}
	kind, _ := pflag.UnquoteUsage(flag)
	switch value := strings.Trim(flag.DefValue, "[]"); value {
	case "":
		return name + " " + kind
	case "0s":
		return name + " 0"
	default:
		return name + " " + value
	}
}

// FlagHelp is all there is to say of a flag, in lines of at most width cells.
func FlagHelp(flag *pflag.Flag, width int) string {
	h := help{width: width}
	_, usage := pflag.UnquoteUsage(flag)
	h.row("", flagName(flag), usage)
	h.row("", Variable(flag.Name), "the variable of the environment that stands in for it")
	return h.b.String()
}

// Wrap breaks a text into lines of at most width cells; a word that is longer keeps a line to itself.
func Wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	return append(lines, line)
}
