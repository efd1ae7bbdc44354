// Package clean makes text that is not ours harmless on its way out: to a terminal, into a report, a file, a message or the
// clipboard. Redis, recordings, lessons, file names and flags may hold any bytes.
//
// What would act on a terminal, or on the text around it, is written as JSON writes it in a string: \u001b. So it can be
// read, takes as many cells as it has characters, and leaves JSON what it was.
package clean

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// invisible are runes that take no cell, or act on their neighbours, though Unicode calls them letters or marks.
var invisible = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x034f, Hi: 0x034f, Stride: 1}, // grapheme joiner
		{Lo: 0x115f, Hi: 0x1160, Stride: 1}, // Hangul fillers
		{Lo: 0x180b, Hi: 0x180f, Stride: 1}, // Mongolian variation selectors
		{Lo: 0x3164, Hi: 0x3164, Stride: 1},
		{Lo: 0xfe00, Hi: 0xfe0f, Stride: 1}, // variation selectors
		{Lo: 0xffa0, Hi: 0xffa0, Stride: 1},
	},
	R32: []unicode.Range32{{Lo: 0xe0100, Hi: 0xe01ef, Stride: 1}},
}

// Unsafe tells whether a rune does something other than be shown: control characters, changes of writing direction, what has
// no width, separators of lines, and what Unicode does not define.
func Unsafe(r rune) bool {
	if 0x20 <= r && r < 0x7f {
		return false
	}
	return !unicode.IsGraphic(r) || unicode.Is(invisible, r)
}

// Text escapes what is unsafe in a text of several lines: ends of lines and tabs stay.
func Text(s string) string { return escape(s, "\n\t") }

// Line escapes what is unsafe in a text that is to be one line.
func Line(s string) string { return escape(s, "") }

func escape(s, kept string) string {
	bad := func(r rune) bool { return r == utf8.RuneError || Unsafe(r) && !strings.ContainsRune(kept, r) }
	at := strings.IndexFunc(s, bad)
	if at < 0 {
		return s
	}
	var b strings.Builder
	b.WriteString(s[:at])
	for len(s) > at {
		r, n := utf8.DecodeRuneInString(s[at:])
		switch {
		case r == utf8.RuneError && n > 1: // somebody else has cleaned already
			b.WriteRune(r)
		case !bad(r):
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		at += n
	}
	return b.String()
}

// Writer passes on [Text] of what is written to it. Close it to have the end of broken UTF-8 written.
type Writer struct {
	mu   sync.Mutex
	out  io.Writer
	held []byte // the beginning of a rune
}

// NewWriter returns a Writer to another one.
func NewWriter(out io.Writer) *Writer { return &Writer{out: out} }

// Unwrap returns the writer behind it, for what is to act on a terminal.
func (w *Writer) Unwrap() io.Writer { return w.out }

func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := append(w.held, p...)
	whole := len(all)
	for i := 1; i < utf8.UTFMax && i <= len(all); i++ {
		if tail := all[len(all)-i:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				whole -= i
			}
			break
		}
	}
	text := Text(string(all[:whole]))
	w.held = append([]byte(nil), all[whole:]...)
	if _, err := io.WriteString(w.out, text); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Close writes what is held back. It does not close the writer behind it.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err := io.WriteString(w.out, Text(string(w.held)))
	w.held = nil
	return err
}
