package report

import (
	"fmt"
	"io"
	"strings"

	"locktop/sim"
)

// scorecards are the forms of the report of [sim.Compare].
var scorecards = []form{
	{"text", scorecardText},
	{"json", scorecardJSON},
	{"csv", CSV},
	{"markdown", scorecardMarkdown},
}

// Scorecard returns what writes the result of [sim.Compare] in the form with a
// name: text, json, csv or markdown. The error of an unknown one lists those there
// are.
func Scorecard(name string) (func(io.Writer, sim.Result) error, error) {
	return named(scorecards, name)
}

// embeddedSpeeds is what is to be said of figures from the embedded Redis.
const embeddedSpeeds = "These speeds are of the embedded Redis: for figures to rely on, use a real one (--redis spawn)."

// virtualSpeeds is what is to be said of figures in virtual time.
const virtualSpeeds = "These speeds are of virtual time: the same on every machine, and those of no Redis."

// speedsNote is what is to be said of the speeds; empty if they can be relied on, or there
// are none.
func speedsNote(r sim.Result) string {
	switch {
	case sleepless(r):
		return ""
	case r.Config.Deterministic:
		return virtualSpeeds
	case r.Embedded:
		return embeddedSpeeds
	}
	return ""
}

// scorecardRows are the heading and a row for each strategy.
func scorecardRows(r sim.Result) [][]string {
	rows := [][]string{{"strategy", "verdict", "lost", "kept/s", "commands/update", "wait p50 ms", "wait p99 ms", "Jain", "most inside"}}
	for _, l := range r.Lanes {
		inside := "-"
		if l.Lane.Critical {
			inside = fmt.Sprint(l.MaxInside)
		}
		rows = append(rows, []string{
			oneLine(l.Lane.Name()), strings.ToUpper(string(l.Verdict)), Percent(l.Lost, l.Acked) + " %",
			fixed(l.KeptPerSecond(), 0), fixed(l.CommandsPerUpdate(), 1),
			fixed(millis(l.WaitP50), 1), fixed(millis(l.WaitP99), 1), fixed(l.Jain, 2), inside,
		})
	}
	return rows
}

// scorecardSettings is one line on what was measured.
func scorecardSettings(r sim.Result) string {
	c := r.Config
	return fmt.Sprintf("%s, each with the next alert at hand, %s each, work %v, seed %d; every strategy alone on %s (%s)",
		count(c.Clients, "client"), count(c.Alerts, "update"), c.Work, c.Seed, r.Backend, r.Version)
}

func scorecardText(w io.Writer, r sim.Result) error {
	var b strings.Builder
	r = inPlace(r)
	fmt.Fprintf(&b, "locktop compare: %s\n\n", scorecardSettings(r))
	rows := scorecardRows(r)
	for _, row := range rows {
		for i, cell := range row {
			width := 0
			for _, other := range rows {
				width = max(width, len(other[i]))
			}
			if i < 2 {
				fmt.Fprintf(&b, "%-*s  ", width, cell)
			} else {
				fmt.Fprintf(&b, "%*s  ", width, cell)
			}
		}
		b.WriteByte('\n')
	}
	var failed []string
	for _, l := range r.Lanes {
		for _, check := range l.Failed {
			failed = append(failed, fmt.Sprintf("CHECK FAILED: %s: %s\n", l.Lane.Name(), check))
		}
	}
	if len(failed) > 0 {
		b.WriteString("\n" + strings.Join(failed, ""))
	}
	if note := speedsNote(r); note != "" {
		b.WriteString("\n" + note + "\n")
	}
	return output(w, trimLines(b.String()))
}

// trimLines takes the blanks off the ends of the lines.
func trimLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n")
}

func scorecardMarkdown(w io.Writer, r sim.Result) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s.\n\n", markdownText(scorecardSettings(r)))
	rows := scorecardRows(r)
	for _, row := range rows[1:] {
		row[0] = markdownText(row[0])
	}
	writeTable(&b, rows, 2)
	for _, l := range r.Lanes {
		for _, check := range l.Failed {
			fmt.Fprintf(&b, "\nCHECK FAILED: %s: %s\n", markdownText(l.Lane.Name()), markdownText(check))
		}
	}
	if note := speedsNote(r); note != "" {
		b.WriteString("\n" + note + "\n")
	}
	return output(w, b.String())
}

// scorecardJSON is the race's object with strategies in place of lanes.
func scorecardJSON(w io.Writer, r sim.Result) error {
	race := documentOf(r)
	return writeJSON(w, struct {
		Version    int        `json:"version"`
		Experiment experiment `json:"experiment"`
		Strategies []lane     `json:"strategies"`
		ElapsedS   float64    `json:"elapsed_s"`
	}{race.Version, race.Experiment, race.Lanes, race.ElapsedS})
}
