package chart_test

import (
	"strings"
	"testing"

	"locktop/tui/chart"
)

// The inks of the tests, each painted so that a picture shows where it is.
const (
	plain chart.Ink = iota
	red
	green
)

var pens = []chart.Pen{plain: {}, red: {Prefix: "<", Suffix: ">"}, green: {Prefix: "{", Suffix: "}"}}

// picture draws on a new grid and returns it without colours and without the blanks at the ends of lines.
func picture(w, h int, draw func(chart.Area)) string {
	g := chart.NewGrid(w, h)
	draw(g.Area())
	return trim(g.Paint(nil))
}

func trim(frame string) string {
	lines := strings.Split(frame, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// expect compares with a picture that begins and ends with a line break.
func expect(t *testing.T, got, want string) {
	t.Helper()
	want = strings.TrimSuffix(strings.TrimPrefix(want, "\n"), "\n")
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
