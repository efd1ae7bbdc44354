package tui

import (
	"slices"
	"strings"
	"unicode"

	"locktop/tui/chart"
	"locktop/tui/tour"
)

// drawHelp lays the list of keys, and what the lanes do, over the screen.
func drawHelp(screen chart.Area, f *Frame) {
	title := "KEYS"
	if f.Preset != nil {
		title = "HELP"
	}
	drawPage(screen, title, "?", helpLines(f, screen.W(), screen.H()), f)
}

// helpLines are all that the help has to say, on a screen of w × h cells.
func helpLines(f *Frame, w, h int) [][]piece {
	room := boxText(w)
	var lines [][]piece
	if p := f.Preset; p != nil {
		lines = append(lines, []piece{{"PRESET " + strings.ToUpper(p.Name) + "  ", inkTitle}, {p.Title, inkTitle}})
		lines = append(append(lines, presetLines(p, room)...), nil)
	}
	entries := f.helpEntries(keyMap[:], f.obeyed)
	for i := range entries {
		entries[i].words = f.say(entries[i].words)
	}
	lines = append(lines, entryLines(entries, room, h-len(lines))...)
	for _, text := range explanations(f) {
		lines = append(append(lines, nil), paragraph(text, room, inkDim)...)
	}
	if pages(len(lines), h) == 2 { // or in one, if that is all it takes
		blank := func(line []piece) bool { return line == nil }
		if dense := slices.DeleteFunc(slices.Clone(lines), blank); pages(len(dense), h) == 1 {
			return dense
		}
	}
	return lines
}

// helpEntry is a key, or a key and its counterpart, with what they do.
type helpEntry struct{ keys, words string }

// helpEntries are the keys that are obeyed.
func (f *Frame) helpEntries(keys []keyed, obeyed func(keyed) bool) []helpEntry {
	var entries []helpEntry
	for _, k := range keys {
		switch words := k.Help().Desc; {
		case !obeyed(k):
		case words == "":
			entries[len(entries)-1].keys += "  " + f.keyText(f.nameOf(k))
		default:
			entries = append(entries, helpEntry{f.keyText(f.nameOf(k)), words})
		}
	}
	return entries
}

// entryLines sets entries in lines of room cells: each in one of its own, if there are rows enough.
func entryLines(entries []helpEntry, room, rows int) [][]piece {
	const leastRoom = 68
	if len(entries) > rows || room < leastRoom {
		return flow(entries, room)
	}
	column := 0
	for _, e := range entries {
		column = max(column, chart.TextWidth(e.keys))
	}
	var lines [][]piece
	for _, e := range entries {
		if column+2+chart.TextWidth(e.words) > room {
			e.words = gist(e.words)
		}
		lines = append(lines, []piece{{e.keys + strings.Repeat(" ", column-chart.TextWidth(e.keys)+2), inkKey}, {e.words, inkPlain}})
	}
	return lines
}

// gist is the words of an entry up to the first comma.
func gist(words string) string {
	if end := strings.IndexAny(words, ",，"); end >= 0 {
		return words[:end]
	}
	return words
}

// flow sets entries one behind the other where there is no room for a line each.
func flow(entries []helpEntry, n int) [][]piece {
	var lines [][]piece
	var line []piece
	for _, e := range entries {
		entry := []piece{{strings.ReplaceAll(e.keys, "  ", " ") + " ", inkKey}, {gist(e.words) + "  ", inkPlain}}
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
		s := f.strategy((f.Focus + i) % len(f.Config.Lanes))
		if text := strings.ToUpper(s.Name) + ": " + f.say(s.Explain); s.Name != "" && !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return texts
}

// wrap breaks text into lines of at most n cells. Text in Chinese has no blanks to break it at.
func wrap(text string, n int) []string {
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return tour.Lines(text, n)
	}
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
