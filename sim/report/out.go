package report

import (
	"io"
	"strconv"
	"strings"

	"locktop/sim"
	"locktop/sim/clean"
)

// output writes a report without what a text in it, from Redis or from a recording, could do to a terminal.
func output(w io.Writer, text string) error {
	_, err := io.WriteString(w, clean.Text(text))
	return err
}

// inPlace returns the result with texts that keep to their place in a report of lines: Redis and checks take one line, and what
// broke a lane may go on in lines that are indented.
func inPlace(r sim.Result) sim.Result {
	r.Backend, r.Version = oneLine(r.Backend), oneLine(r.Version)
	lanes := make([]sim.LaneResult, len(r.Lanes))
	for i, l := range r.Lanes {
		s := *l.Snapshot
		s.Lane.Strategy, s.Lane.Own = oneLine(s.Lane.Strategy), oneLine(s.Lane.Own)
		s.Broke = indented(s.Broke)
		failed := make([]string, len(l.Failed))
		for j, check := range l.Failed {
			failed[j] = oneLine(check)
		}
		lanes[i] = sim.LaneResult{Snapshot: &s, Failed: failed, Order: l.Order, Repetitions: l.Repetitions}
	}
	r.Lanes = lanes
	return r
}

// indented is a text whose lines, but for the first, cannot be taken for lines of the report.
func indented(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	for i, line := range lines {
		lines[i] = clean.Line(strings.TrimRight(line, "\r"))
	}
	return strings.Join(lines, "\n    ")
}

// oneLine keeps a text from spreading over several lines, and from doing anything but be read.
func oneLine(s string) string { return clean.Line(strings.Join(strings.Fields(s), " ")) }

// csvCell keeps a spreadsheet from taking a text for a formula. A number may begin with a sign.
func csvCell(s string) string {
	if _, err := strconv.ParseFloat(s, 64); err != nil && s != "" && strings.ContainsRune("=+-@\t\r＝＋－＠", []rune(s)[0]) {
		return "'" + s
	}
	return s
}
