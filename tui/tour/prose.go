package tour

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// A Style is how a letter of the prose is to look.
type Style uint8

// The styles there are.
const (
	Plain  Style = iota
	Strong       // **stressed**
	Code         // `a key or a command`
)

// A Letter is a character of the prose.
type Letter struct {
	Rune  rune
	Style Style
	Width int // cells
}

// unspaced tells whether a character belongs to a script without spaces between words.
func unspaced(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || 0x3000 <= r && r < 0x3040 || 0xff00 <= r && r < 0xff61 ||
		strings.ContainsRune("“”‘’…—", r)
}

// spacious is punctuation that brings its own space.
const spacious = "，。、；：？！）》」"

// joint is what joins two lines of a paragraph.
func joint(before, after string) string {
	last, _ := utf8.DecodeLastRuneInString(before)
	first, _ := utf8.DecodeRuneInString(after)
	if unspaced(last) && unspaced(first) || strings.ContainsRune(spacious, last) {
		return ""
	}
	return " "
}

// letters are those of a paragraph, without its marks.
func letters(paragraph string) []Letter {
	var all []Letter
	style := Plain
	for text := paragraph; text != ""; {
		if rest, ok := strings.CutPrefix(text, "**"); ok && style != Code {
			style ^= Strong
			text = rest
			continue
		}
		r, n := utf8.DecodeRuneInString(text)
		text = text[n:]
		if r == '`' {
			style ^= Code
			continue
		}
		all = append(all, Letter{r, style, ansi.StringWidth(string(r))})
	}
	return all
}

// Characters that do not begin a line, and those that do not end one.
const notFirst, notLast = "，。、；：？！）》”’」』,.;:?!)%…", "（《“‘「『("

// Wrap writes a paragraph in lines of at most width cells. Lines break at spaces, and between characters of scripts that have none
// where punctuation allows it; what fits nowhere is cut.
func Wrap(paragraph string, width int) [][]Letter { return wrap(letters(paragraph), width) }

// Lines breaks a text without marks as [Wrap] does a paragraph.
func Lines(text string, width int) []string {
	var unmarked []Letter
	for _, r := range text {
		unmarked = append(unmarked, Letter{r, Plain, ansi.StringWidth(string(r))})
	}
	var lines []string
	for _, line := range wrap(unmarked, width) {
		var b strings.Builder
		for _, l := range line {
			b.WriteRune(l.Rune)
		}
		lines = append(lines, b.String())
	}
	return lines
}

func wrap(rest []Letter, width int) [][]Letter {
	var lines [][]Letter
	for len(rest) > 0 {
		n, cells := 0, 0
		for n < len(rest) && cells+rest[n].Width <= width {
			cells += rest[n].Width
			n++
		}
		n = max(n, 1)
		if n < len(rest) {
			if at := breakBefore(rest, n); at > 0 {
				n = at
			}
		}
		line := rest[:n]
		for len(line) > 0 && line[len(line)-1].Rune == ' ' {
			line = line[:len(line)-1]
		}
		lines = append(lines, line)
		for rest = rest[n:]; len(rest) > 0 && rest[0].Rune == ' '; {
			rest = rest[1:]
		}
	}
	return lines
}

// breakBefore is the last place up to n at which a line may end; 0 is none.
func breakBefore(l []Letter, n int) int {
	for ; n > 0; n-- {
		before, after := l[n-1].Rune, l[n].Rune
		switch {
		case after == ' ':
			return n
		case strings.ContainsRune(notFirst, after) || strings.ContainsRune(notLast, before):
		case before == ' ' || unspaced(before) || unspaced(after):
			return n
		}
	}
	return 0
}
