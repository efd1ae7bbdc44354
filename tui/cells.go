package tui

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// cell is one place in a line that was painted: the sequence of its [chart.Pen], and what stands there. The second cell of a
// wide character is empty.
type cell struct{ style, text string }

// cells takes a painted line apart: runs of characters, each between a sequence that sets a style and one that resets it.
func cells(line string) []cell {
	all := make([]cell, 0, len(line))
	style := ""
	for line != "" {
		if strings.HasPrefix(line, "\x1b[") {
			if end := strings.IndexByte(line, 'm'); end > 0 {
				if style = line[:end+1]; style == ansi.ResetStyle || style == "\x1b[0m" {
					style = ""
				}
				line = line[end+1:]
				continue
			}
		}
		_, n := utf8.DecodeRuneInString(line)
		all = append(all, cell{style, line[:n]})
		if ansi.StringWidth(line[:n]) == 2 {
			all = append(all, cell{style, ""})
		}
		line = line[n:]
	}
	return all
}

// nearby is how many cells that have not changed are written all the same, as moving the cursor beyond them takes as much.
const nearby = 6

// rewrite writes what turns a line on the screen, whose row counts from 1, into another.
func rewrite(out io.Writer, row int, before, after string) {
	was, is := cells(before), cells(after)
	if len(was) != len(is) {
		fmt.Fprintf(out, "\x1b[%dH%s", row, after)
		return
	}
	for at := 0; at < len(is); at++ {
		if was[at] == is[at] {
			continue
		}
		first, last := at, at
		for next := at + 1; next < len(is) && next <= last+nearby; next++ {
			if was[next] != is[next] {
				last = next
			}
		}
		for first > 0 && is[first].text == "" { // the whole of a wide character
			first--
		}
		writeCells(out, row, first, is[first:last+1])
		at = last
	}
}

// writeCells writes cells from a column on, which counts from 0.
func writeCells(out io.Writer, row, column int, run []cell) {
	if column == 0 {
		fmt.Fprintf(out, "\x1b[%dH", row)
	} else {
		fmt.Fprintf(out, "\x1b[%d;%dH", row, column+1)
	}
	style := ""
	for _, c := range run {
		if c.style != style && c.text != " " { // a blank has no colour: pens are for letters
			if c.style == "" || bold(style) && !bold(c.style) {
				io.WriteString(out, ansi.ResetStyle)
			}
			io.WriteString(out, c.style)
			style = c.style
		}
		io.WriteString(out, c.text)
	}
	if style != "" {
		io.WriteString(out, ansi.ResetStyle)
	}
}

// bold tells whether a style is more than a colour, which the next colour replaces.
func bold(style string) bool { return strings.HasPrefix(style, "\x1b[1;") }
