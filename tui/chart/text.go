package chart

import (
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"

	"locktop/sim/clean"
)

// widths does not follow the locale: the renderer below us does not either, and a frame must not depend on it.
var widths = runewidth.Condition{StrictEmojiNeutral: true}

// TextWidth returns how many cells [Area.Text] needs for s.
func TextWidth(s string) int {
	n := 0
	for _, r := range s {
		_, w := glyph(r)
		n += w
	}
	return n
}

// glyph returns what is drawn for r and its width in cells: 0 (leave it out), 1 or 2.
//
// One cell holds one rune, and terminals disagree on what joined runes measure. So whatever would act on its neighbours is
// kept off the screen: marks and emoji modifiers are left out; controls, format characters such as a change of writing
// direction, halves of flags and syllables, private and unassigned runes show as '?'.
func glyph(r rune) (rune, int) {
	switch {
	case 0x20 <= r && r < 0x7f, 0x2500 <= r && r < 0x25a0, 0x2800 <= r && r < 0x2900: // ASCII, boxes and blocks, braille
		return r, 1
	case r == utf8.RuneError, // broken UTF-8
		0x1f1e6 <= r && r <= 0x1f1ff,                           // regional indicators
		0x1160 <= r && r <= 0x11ff, 0xd7b0 <= r && r <= 0xd7ff: // Hangul vowels and finals
		return '?', 1
	case unicode.IsMark(r), 0x1f3fb <= r && r <= 0x1f3ff: // skin tones
		return 0, 0
	case clean.Unsafe(r):
		return '?', 1
	}
	if w := widths.RuneWidth(r); w > 0 {
		return r, w
	}
	return '?', 1
}
