package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// A table has a name in the first cell of each row, and numbers in the others.
type table struct {
	groups []group
	rows   [][]string // each with the name and a cell for every column of every group
}

// A group is columns with a common heading.
type group struct {
	heading string
	columns []string
}

func tableOf(r *Result) table {
	t := table{groups: []group{
		{"", []string{"lock"}},
		{"uncontended", []string{"µs", "× floor", "× redislock"}},
		{"hand-over", []string{"µs", "× script"}},
		{"after quiet", []string{"µs", "× script"}},
	}}
	handOvers := func(near, quiet, far *HandOver) []string {
		cells := append(handOverCells(near), handOverCells(quiet)...)
		if r.Plan.Away > 0 {
			cells = append(cells, handOverCells(far)...)
		}
		return cells
	}
	blanks := 5 + 5*len(r.Plan.Contenders)
	if r.Plan.Away > 0 {
		t.groups = append(t.groups, group{fmt.Sprintf("%v away", r.Plan.Away), []string{"µs", "× script"}})
		blanks += 2
	}
	for _, n := range r.Plan.Contenders {
		t.groups = append(t.groups, group{fmt.Sprintf("%d contenders", n), []string{"acq/s", "Jain", "p50 ms", "p99 ms", "max ms"}})
	}
	t.rows = append(t.rows, append([]string{"floor: SET NX, DEL", micros(r.Floor), "1.00"}, blank(blanks)...))
	for _, f := range r.Floors {
		cells := append([]string{f.What}, blank(3)...)
		cells = append(cells, handOvers(f.HandOver, f.Quiet, f.Far)...)
		t.rows = append(t.rows, append(cells, blank(5*len(r.Plan.Contenders))...))
	}
	for _, row := range r.Rows {
		cells := []string{row.Lock}
		if u := row.Uncontended; u != nil {
			rival := ""
			if u.Rival > 0 {
				rival = fmt.Sprintf("%.2f", u.Rival)
			}
			cells = append(cells, micros(u.Cycle), fmt.Sprintf("%.2f", u.Ratio), rival)
		} else {
			cells = append(cells, "none", "", "")
		}
		cells = append(cells, handOvers(row.HandOver, row.Quiet, row.Far)...)
		for _, c := range row.Contended {
			switch {
			case c.Overlaps > 0:
				cells = append(cells, append([]string{"OVERLAP"}, blank(4)...)...)
			case !c.finished():
				cells = append(cells, append([]string{"none"}, blank(4)...)...)
			default:
				cells = append(cells, fmt.Sprintf("%.0f", c.Rate), fmt.Sprintf("%.3f", c.Jain), millis(c.P50), millis(c.P99), millis(c.Max))
			}
		}
		t.rows = append(t.rows, cells)
	}
	return t
}

func handOverCells(h *HandOver) []string {
	if h == nil {
		return []string{"none", ""}
	}
	return []string{micros(h.Time), fmt.Sprintf("%.2f", h.Ratio)}
}

func blank(n int) []string { return make([]string, n) }

func micros(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d)/float64(time.Microsecond)) }

// millis has three digits that count, or all before the point.
func millis(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	switch {
	case ms >= 100:
		return fmt.Sprintf("%.0f", ms)
	case ms >= 10:
		return fmt.Sprintf("%.1f", ms)
	}
	return fmt.Sprintf("%.2f", ms)
}

// text returns the table for a terminal, without spaces at the ends of lines.
func (t table) text() string {
	var columns []string
	var firsts []int // of each group
	for _, g := range t.groups {
		firsts = append(firsts, len(columns))
		columns = append(columns, g.columns...)
	}
	widths := make([]int, len(columns))
	for _, row := range append([][]string{columns}, t.rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for k, g := range t.groups { // a long heading widens its first column
		width := len(g.columns) - 1
		for i := range g.columns {
			width += widths[firsts[k]+i]
		}
		widths[firsts[k]] += max(0, utf8.RuneCountInString(g.heading)-width)
	}
	var lines []string
	line := func(cells []string) {
		var b strings.Builder
		for i, cell := range cells {
			switch {
			case i == 0:
			case slices.Contains(firsts, i):
				b.WriteString(" │ ")
			default:
				b.WriteString(" ")
			}
			fill := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				b.WriteString(cell + fill)
			} else {
				b.WriteString(fill + cell)
			}
		}
		lines = append(lines, strings.TrimRight(b.String(), " "))
	}
	var head strings.Builder
	for k, g := range t.groups {
		width := len(g.columns) - 1
		for i := range g.columns {
			width += widths[firsts[k]+i]
		}
		if k > 0 {
			head.WriteString(" │ ")
		}
		head.WriteString(g.heading + strings.Repeat(" ", width-utf8.RuneCountInString(g.heading)))
	}
	lines = append(lines, strings.TrimRight(head.String(), " "))
	line(columns)
	for _, row := range t.rows {
		line(row)
	}
	return strings.Join(lines, "\n") + "\n"
}

// markdown returns the table for a page.
func (t table) markdown() string {
	var b strings.Builder
	var columns, rule []string
	for _, g := range t.groups {
		for i, column := range g.columns {
			if i == 0 && g.heading != "" {
				column = g.heading + ": " + column
			}
			columns = append(columns, column)
			rule = append(rule, "--:")
		}
	}
	rule[0] = "---"
	for _, row := range append([][]string{columns, rule}, t.rows...) {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
	}
	return b.String()
}

// legend says what the columns are, how the locks were set, and what has no numbers.
func legend(r *Result) []string {
	kept := ""
	if r.Awake {
		kept = " Processors were kept awake meanwhile."
	}
	lines := []string{
		fmt.Sprintf("All from one run of %d rounds, on a redis-server of its own, over loopback TCP. Medians, but for max.", r.Plan.Rounds),
		"uncontended: an acquire and a release; × floor is the floor's time in the blocks before and after, divided by it,",
		"  and × redislock is the time of redislock in the same lap: above 1 is faster." + kept,
		"hand-over: from the call of Release to the return of the other's Acquire, who waits already, with two contenders; the",
		"  holder writes to Redis until it releases. × script is relative to a round trip just before: of a script that reads",
		"  and writes one key, without which no lock changes its owner.",
		"after quiet: the same, but the holder sleeps for 2 to 4 ms before the release, and also before that script.",
		"floors: no locks, but a PING; the script, sent by a goroutine that was woken to, and that wakes the one who waits; and",
		"  a message from PUBLISH until the subscriber has it.",
		fmt.Sprintf("contenders: each acquires %d times and releases at once. Jain's index is that of their acquisitions when the first", r.Plan.Acquisitions),
		"  of them is through; p50, p99 and max are the waits for the lock.",
		"All locks but rueidislock share one go-redis client, with its defaults and a connection for each contender.",
	}
	if r.Plan.Away > 0 {
		lines = append(lines, fmt.Sprintf("%v away: a hand-over like the first, by a detour that makes each round trip longer by at least so much.", r.Plan.Away))
	}
	for _, row := range r.Rows {
		lines = append(lines, fmt.Sprintf("%s: %s", row.Lock, row.Setting))
	}
	for _, row := range r.Rows {
		for _, problem := range row.Problems {
			lines = append(lines, fmt.Sprintf("PROBLEM: %s, %s", row.Lock, problem))
		}
		for _, c := range row.Contended {
			if c.Overlaps > 0 {
				lines = append(lines, fmt.Sprintf("OVERLAP: %s with %d contenders let somebody in beside a holder, %d times", row.Lock, c.Contenders, c.Overlaps))
			}
		}
	}
	return lines
}

// writeText writes all of the result for a terminal.
func writeText(w io.Writer, r *Result) error {
	_, err := fmt.Fprintf(w, "%s\n\n%s\n%s\n", strings.Join(r.Host.lines(), "\n"), tableOf(r).text(), strings.Join(legend(r), "\n"))
	return err
}

// writeMarkdown writes all of the result for a page.
func writeMarkdown(w io.Writer, r *Result) error {
	_, err := fmt.Fprintf(w, "%s\n\n%s\n", strings.Join(r.Host.lines(), "\n"), tableOf(r).markdown())
	for _, line := range legend(r) {
		if err == nil && !strings.HasPrefix(line, " ") {
			_, err = io.WriteString(w, "- ")
		}
		if err == nil {
			_, err = fmt.Fprintln(w, line)
		}
	}
	return err
}
