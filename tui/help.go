package tui

import (
	"slices"
	"strings"

	"locktop/sim"
	"locktop/tui/chart"
)

// drawHelp lays the list of keys, and what the lanes do, over the screen.
func drawHelp(screen chart.Area, f *Frame) {
	const margin = 2
	wide := min(screen.W(), 92)
	entries := helpEntries(f)
	column := 0
	for _, e := range entries {
		column = max(column, chart.TextWidth(e.keys))
	}
	var lines [][]piece
	if len(entries) <= screen.H()-2 && wide >= 72 {
		for _, e := range entries {
			if column+2+chart.TextWidth(e.words) > wide-2-margin {
				e.words, _, _ = strings.Cut(e.words, ",")
			}
			lines = append(lines, []piece{{e.keys + strings.Repeat(" ", column-chart.TextWidth(e.keys)+2), inkKey}, {e.words, inkPlain}})
		}
	} else {
		lines = flow(entries, wide-2-margin)
	}
	for _, text := range explanations(f) {
		lines = append(lines, nil)
		for _, line := range wrap(text, wide-2-margin) {
			lines = append(lines, []piece{{line, inkDim}})
		}
	}
	high := min(len(lines)+2, screen.H()-1)
	box := screen.Sub((screen.W()-wide)/2, (screen.H()-high)/2, wide, high)
	box.Fill(' ', inkPlain)
	in := box.Box("KEYS   ? or esc closes this", inkFocus, inkTitle, f.ASCII)
	in = in.Sub(margin/2, 0, in.W()-margin, in.H())
	for y, line := range lines {
		put(in, 0, y, line...)
	}
}

// helpEntry is a key, or a key and its counterpart, with what they do.
type helpEntry struct{ keys, words string }

func helpEntries(f *Frame) []helpEntry {
	var entries []helpEntry
	for _, k := range keyMap {
		switch help := k.Help(); {
		case !f.offers(k.command):
		case help.Desc == "":
			entries[len(entries)-1].keys += "  " + help.Key
		default:
			entries = append(entries, helpEntry{help.Key, help.Desc})
		}
	}
	return entries
}

// flow sets entries one behind the other where there is no room for a line each.
func flow(entries []helpEntry, n int) [][]piece {
	var lines [][]piece
	var line []piece
	for _, e := range entries {
		entry := []piece{{strings.ReplaceAll(e.keys, "  ", " ") + " ", inkKey}, {strings.Split(e.words, ",")[0] + "  ", inkPlain}}
		if len(line) > 0 && width(line)+width(entry)-2 > n {
			lines, line = append(lines, line), nil
		}
		line = append(line, entry...)
	}
	return append(lines, line)
}

// explanations tell what the lanes do, in the words of their strategies, the focused lane's first.
func explanations(f *Frame) []string {
	var texts []string
	for i := range f.Config.Lanes {
		s, ok := sim.StrategyNamed(f.Config.Lanes[(f.Focus+i)%len(f.Config.Lanes)])
		if text := strings.ToUpper(s.Name) + ": " + s.Explain; ok && !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return texts
}

// wrap breaks text into lines of at most n cells.
func wrap(text string, n int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && chart.TextWidth(line)+1+chart.TextWidth(word) > n {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
