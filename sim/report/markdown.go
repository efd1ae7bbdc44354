package report

import (
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"

	"locktop/sim"
)

// Markdown writes the report as a table in GitHub's Markdown with one row per
// lane, under a line on the settings and above a sentence on each lane.
func Markdown(w io.Writer, r sim.Result) error {
	var b strings.Builder
	c := r.Config
	fmt.Fprintf(&b, "%s of %s, %s, seed %d, %s, %s; on %s (%s), %s.\n\n",
		count(c.Clients, "client"), count(c.Servers, "server"), alerts(c.Alerts), c.Seed, workText(r), leaseText(r),
		markdownText(r.Backend), markdownText(r.Version), paceText(r))

	rows := [][]string{{
		"Lane", "Verdict", "Acked", "Kept", "Lost", "Average in Redis", "True average",
		"Most inside", "Overlaps", "Failures", "Wait p50", "Wait p99", "Still waiting", "Kept per second", "Commands per update", "Jain",
	}}
	for _, l := range r.Lanes {
		rows = append(rows, []string{
			markdownText(markedName(l)), strings.ToUpper(string(l.Verdict)),
			fmt.Sprint(l.Acked), fmt.Sprint(l.Kept), fmt.Sprint(l.Lost),
			averageText(l.Redis), averageText(l.True),
			cell(l, sim.MostInside), cell(l, sim.InsideTwice), triedCount(l, l.Failures),
			cell(l, sim.WaitMedian), cell(l, sim.WaitTail), stillWaiting(l),
			cell(l, sim.KeptRate), cell(l, sim.CommandRate), cell(l, sim.Fairness),
		})
	}
	writeTable(&b, rows, 2)

	b.WriteByte('\n')
	for _, l := range r.Lanes {
		fmt.Fprintf(&b, "- **%s**: %s\n", markdownText(l.Lane.Name()), markdownText(Sentence(l)))
		if l.Outages > 0 {
			fmt.Fprintf(&b, "  - %s\n", markdownText(outagesText(l)))
		}
		if l.ChangeCount > 0 {
			fmt.Fprintf(&b, "  - %s\n", markdownText(changesText(l)))
		}
		for _, line := range partLines(l) {
			fmt.Fprintf(&b, "  - %s\n", markdownText(line))
		}
		if l.Order != "" {
			fmt.Fprintf(&b, "  - %s\n", markdownText(orderSentence(l.Order)))
		}
		for _, check := range l.Failed {
			fmt.Fprintf(&b, "  - CHECK FAILED: %s\n", markdownText(check))
		}
	}
	for _, note := range mixedNotes(r) {
		fmt.Fprintf(&b, "- %s\n", markdownText(note))
	}
	if note := trueNote(r); note != "" {
		fmt.Fprintf(&b, "- %s\n", markdownText(note))
	}
	for _, note := range notes(r.Lanes, sim.MostInside, sim.InsideTwice, sim.WaitMedian, sim.WaitTail, sim.KeptRate, sim.CommandRate, sim.Fairness) {
		fmt.Fprintf(&b, "- %s\n", markdownText(note))
	}
	if note := speedsNote(r); note != "" {
		b.WriteString("\n" + note + "\n")
	}
	return output(w, b.String())
}

// writeTable writes rows of cells, the first one as the heading, all as wide as
// the widest of their column. The first columns hold text, the others numbers.
func writeTable(b *strings.Builder, rows [][]string, texts int) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell), len("--:"))
		}
	}
	for n, row := range rows {
		for i, cell := range row {
			if i < texts {
				fmt.Fprintf(b, "| %-*s ", widths[i], cell)
			} else {
				fmt.Fprintf(b, "| %*s ", widths[i], cell)
			}
		}
		b.WriteString("|\n")
		if n > 0 {
			continue
		}
		for i, width := range widths {
			if i < texts {
				fmt.Fprintf(b, "| %s ", strings.Repeat("-", width))
			} else {
				fmt.Fprintf(b, "| %s: ", strings.Repeat("-", width-1))
			}
		}
		b.WriteString("|\n")
	}
}

// markdownEscapes are the characters that mean something in a table or a line.
var markdownEscapes = strings.NewReplacer(`\`, `\\`, "|", `\|`, "`", "\\`", "*", `\*`, "_", `\_`, "~", `\~`, "<", `\<`, ">", `\>`,
	"[", `\[`, "]", `\]`, "&", `\&`, "!", `\!`, "#", `\#`, "@", `\@`)

// markdownText is a text on one line, to be read as it is.
func markdownText(s string) string { return markdownEscapes.Replace(oneLine(s)) }

// fixed is a number with so many decimals, or a dash for what is none.
func fixed(x float64, decimals int) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return "–"
	}
	return fmt.Sprintf("%.*f", decimals, x)
}
