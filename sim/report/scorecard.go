package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"locktop/sim"
)

// scorecards are the forms of the report of [sim.Compare].
var scorecards = []form{
	{"text", scorecardText},
	{"json", scorecardJSON},
	{"csv", scorecardCSV},
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

// scorecardColumns are the measures of the scorecard, as it writes them.
var scorecardColumns = []shown{
	{sim.KeptRate, "kept/s", "", func(x float64) string { return fixed(x, 0) }},
	{sim.CommandRate, "commands/update", "", oneDecimal},
	{sim.WaitMedian, "wait p50 ms", "", shortWait},
	{sim.WaitTail, "wait p99 ms", "", shortWait},
	{sim.Fairness, "Jain", "", func(x float64) string { return fixed(x, 2) }},
	{sim.MostInside, "most inside", "", func(x float64) string { return fixed(x, 0) }},
}

// shortWait is a wait in milliseconds, of which a short one is not nothing.
func shortWait(x float64) string {
	if x < 0.1 {
		return fixed(x, 3)
	}
	return fixed(x, 1)
}

// scorecardRows are the heading and a row for each strategy.
func scorecardRows(r sim.Result) [][]string {
	heading := []string{"strategy", "verdict", "lost"}
	for _, c := range scorecardColumns {
		heading = append(heading, c.row)
	}
	rows := [][]string{heading}
	for _, l := range r.Lanes {
		row := []string{l.Lane.Name(), strings.ToUpper(string(l.Verdict)), percent(l.Lost, l.Acked)}
		for _, c := range scorecardColumns {
			row = append(row, spreadText(l.Spread(c.measure), c.text))
		}
		rows = append(rows, row)
	}
	return rows
}

// ranged has the ranges in lines of their own, below the figures that they are of, so that the table is not too wide.
func ranged(rows [][]string) [][]string {
	var all [][]string
	for _, row := range rows {
		first, second := slices.Clone(row), make([]string, len(row))
		for i, cell := range row {
			if middle, span, ok := strings.Cut(cell, " ("); ok {
				first[i], second[i] = middle, strings.TrimSuffix(span, ")")
			}
		}
		all = append(all, first)
		if slices.ContainsFunc(second, func(cell string) bool { return cell != "" }) {
			all = append(all, second)
		}
	}
	return all
}

// spreadText is the middle one of some runs and, where they differ, how far they are spread.
func spreadText(s sim.Spread, text func(float64) string) string {
	if !s.Known() {
		return missing
	}
	middle, least, most := text(s.Value), text(s.Min), text(s.Max)
	if least == most {
		return middle
	}
	return fmt.Sprintf("%s (%s..%s)", middle, least, most)
}

// percent is a part of a whole, which is neither nothing nor all unless it is just that.
func percent(part, whole int64) string {
	switch x := 100 * float64(part) / float64(max(whole, 1)); {
	case part == 0:
		return "0 %"
	case x < 0.05:
		return "<0.1 %"
	case part < whole && x >= 99.95:
		return ">99.9 %"
	default:
		return fixed(x, 1) + " %"
	}
}

// scorecardNotes say why measures are missing.
func scorecardNotes(r sim.Result) []string {
	var measures []sim.Measure
	for _, c := range scorecardColumns {
		measures = append(measures, c.measure)
	}
	return notes(r.Lanes, measures...)
}

// scorecardSettings is one line on what was measured.
func scorecardSettings(r sim.Result) string {
	c := r.Config
	each := c.Alerts - c.Warmup
	return fmt.Sprintf("%s, each with the next alert at hand, %s each (%d in all) after %d each to warm up, work %v, seed %d; every strategy alone on %s (%s)",
		count(c.Clients, "client"), count(each, "update"), each*c.Clients, c.Warmup, c.Work, c.Seed, r.Backend, r.Version)
}

// scorecardMeans says what the figures are.
func scorecardMeans(r sim.Result) string {
	least, most := 0, 0
	for i, l := range r.Lanes {
		n := len(l.Repetitions)
		if i == 0 {
			least = n
		}
		least, most = min(least, n), max(most, n)
	}
	runs := count(most, "repetition")
	if least != most {
		runs = fmt.Sprintf("%d or %s", least, runs)
	}
	return "Medians of " + runs + ", with the least..greatest where they differ, of the time in which all clients compete; losses are of all updates."
}

// scorecardCSV is the race's table, whose figures are medians, and how far they are spread.
func scorecardCSV(w io.Writer, r sim.Result) error {
	return writeCSV(w, r, slices.Concat(columns, spreads()))
}

// spreads are columns of the least and the greatest of each measure.
func spreads() []column {
	all := []column{whole("repetitions", func(l sim.LaneResult) int64 { return int64(len(l.Repetitions)) })}
	for _, m := range shownMeasures {
		name := strings.NewReplacer("wait_ms.", "wait_", ".", "_").Replace(m.key)
		all = append(all,
			column{name + "_min", func(_ sim.Result, l sim.LaneResult) string { s := l.Spread(m.measure); return figureText(s, s.Min) }},
			column{name + "_max_of_runs", func(_ sim.Result, l sim.LaneResult) string { s := l.Spread(m.measure); return figureText(s, s.Max) }})
	}
	return append(all,
		setting("warmup", func(c sim.Config) string { return fmt.Sprint(c.Warmup) }))
}

func scorecardText(w io.Writer, r sim.Result) error {
	var b strings.Builder
	r = inPlace(r)
	fmt.Fprintf(&b, "locktop compare: %s\n\n", scorecardSettings(r))
	rows := ranged(scorecardRows(r))
	for _, row := range rows {
		for i, cell := range row {
			width := 0
			for _, other := range rows {
				width = max(width, utf8.RuneCountInString(other[i]))
			}
			if i < 2 {
				fmt.Fprintf(&b, "%-*s  ", width, cell)
			} else {
				fmt.Fprintf(&b, "%*s  ", width, cell)
			}
		}
		b.WriteByte('\n')
	}
	b.WriteString("\n" + scorecardMeans(r) + "\n")
	for _, note := range scorecardNotes(r) {
		b.WriteString(note + "\n")
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
		for i := range row {
			row[i] = markdownText(row[i])
		}
	}
	writeTable(&b, rows, 2)
	fmt.Fprintf(&b, "\n%s\n", markdownText(scorecardMeans(r)))
	for _, note := range scorecardNotes(r) {
		fmt.Fprintf(&b, "\n%s\n", markdownText(note))
	}
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
