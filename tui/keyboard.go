package tui

import (
	"bytes"
	"io"
	"time"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/term"
)

// Bubble Tea takes the end of a read for the end of a key: an arrow key that arrives in two reads is an escape, which leaves a
// screen, and two letters. Over a slow line, and in a burst of wheel events, reads end anywhere. So a keyboard keeps what has
// begun until the rest is there.

const (
	// escapeWait is how long the rest of a sequence may take. An escape that nothing follows is the key, which so takes effect
	// late by this; nobody notices 0.1 s.
	escapeWait = 100 * time.Millisecond
	// begunWait is the same for a sequence of which more has come than a person types by hand.
	begunWait = time.Second
	// textWait is how long a paste, or a string from the terminal, may pause. One that never ends must not swallow the keys
	// that follow.
	textWait = 200 * time.Millisecond
	// longestSequence bounds what is waited for, in bytes. Mouse events and keys have a tenth of that.
	longestSequence = 128
)

// watchInput calls gone when a terminal has no more keys to give, and gives its keys whole. Other input may well end.
func watchInput(r io.Reader, gone func()) io.Reader {
	if f, ok := r.(terminalFile); ok && term.IsTerminal(f.Fd()) {
		return &keyboard{terminalFile: f, gone: gone, ready: func(d time.Duration) bool { return readable(f.Fd(), d) }}
	}
	return r
}

// A keyboard is a terminal whose reads end where a key ends.
type keyboard struct {
	terminalFile
	gone  func()
	ready func(time.Duration) bool // waits for more to read
}

// Read returns whole keys only. It leaves out replies of the terminal that nobody asked for, what has begun and is never
// completed, and a paste that is unended or does not fit into b. It may return nothing.
func (k *keyboard) Read(b []byte) (int, error) {
	// What completes the last key fits into the other half.
	n, err := k.read(b[:max(len(b)/2, 1)])
	whole := 0
	for whole < n && err == nil {
		size, state := scan(b[whole:n])
		switch {
		case state == keyWhole:
			whole += size
		case state == keyForeign:
			n = whole + copy(b[whole:], b[whole+size:n])
		case state == keyString || state == keyPaste:
			var text, rest []byte
			text, rest, err = k.text(bytes.Clone(b[whole:n]), state)
			if state == keyPaste && whole+len(text)+len(rest) <= len(b) {
				whole += copy(b[whole:], text)
			}
			n = whole + copy(b[whole:], rest)
		case n < len(b) && n-whole < longestSequence && k.ready(patienceFor(state)):
			var more int
			more, err = k.read(b[n : n+1]) // no further than this key goes
			n += more
		case state == keyBegun:
			n = whole
		default:
			whole = n // it was the escape key, or a stray byte
		}
	}
	return n, err
}

func (k *keyboard) read(b []byte) (int, error) {
	n, err := k.terminalFile.Read(b)
	if err != nil {
		k.gone()
	}
	return n, err
}

// text reads the rest of a text that has begun and returns it with what had been read behind it. Of a text without an end
// there is nothing to return.
func (k *keyboard) text(begun []byte, kind keyState) (text, rest []byte, err error) {
	const longest = 1 << 12 // bytes; of a longer one only the end is looked for
	for {
		if end := endOfText(begun, kind); end > 0 {
			return begun[:end], begun[end:], nil
		}
		if len(begun) > longest {
			begun = append(begun[:0], begun[len(begun)-len(ansi.BracketedPasteEnd):]...)
		}
		if err != nil || !k.ready(textWait) {
			return nil, nil, err
		}
		var next [1]byte // reads end with the text
		var n int
		n, err = k.read(next[:])
		begun = append(begun, next[:n]...)
	}
}

// endOfText is where a text ends, or 0.
func endOfText(b []byte, kind keyState) int {
	if kind == keyPaste {
		if i := bytes.Index(b, []byte(ansi.BracketedPasteEnd)); i >= 0 {
			return i + len(ansi.BracketedPasteEnd)
		}
		return 0
	}
	for i := range b {
		if b[i] == ansi.BEL || i > 1 && b[i] == '\\' && b[i-1] == ansi.ESC {
			return i + 1
		}
	}
	return 0
}

// keyState says what the bytes that were read begin with.
type keyState int

const (
	keyWhole   keyState = iota // a key
	keyForeign                 // a reply or a command of the terminal, which is no key
	keyPaste                   // the start of a paste
	keyString                  // the start of a string, which is no key
	keyEscape                  // an escape, which may be a key or the start of a sequence
	keyBegun                   // a part of a sequence
)

func patienceFor(s keyState) time.Duration {
	if s == keyBegun {
		return begunWait
	}
	return escapeWait
}

// scan tells what b, which is not empty, begins with and, if that is whole, its size. The forms of sequences are those of
// ECMA-48, section 5.4, with the keys and mouse events of xterm and the Linux console.
func scan(b []byte) (size int, _ keyState) {
	if b[0] != ansi.ESC {
		if !utf8.FullRune(b) {
			return 0, keyEscape
		}
		_, size := utf8.DecodeRune(b)
		return size, keyWhole
	}
	if len(b) == 1 {
		return 0, keyEscape
	}
	switch b[1] {
	case '[':
		return scanControl(b)
	case 'O':
		if len(b) == 2 {
			return 0, keyEscape
		}
		return 3, keyWhole
	case ']', 'P', 'X', '^', '_':
		if len(b) == 2 {
			return 0, keyEscape // alt and ] are the same
		}
		return 0, keyString
	}
	size, state := scan(b[1:]) // with alt
	if state == keyWhole {
		return 1 + size, keyWhole
	}
	return 0, state
}

// scanControl scans a control sequence.
func scanControl(b []byte) (size int, _ keyState) {
	i := 2
	for i < len(b) && b[i] >= 0x20 && b[i] <= 0x3f {
		i++
	}
	switch {
	case i == len(b) && i == 2:
		return 0, keyEscape // alt and [ are the same
	case i == len(b):
		return 0, keyBegun
	case string(b[:i+1]) == ansi.BracketedPasteStart:
		return i + 1, keyPaste
	case i == 2 && b[i] == 'M':
		return scanLong(b, 6) // a mouse event of X10
	case i == 2 && b[i] == '[':
		return scanLong(b, 4) // a function key of the Linux console
	case b[i] < 0x40 || b[i] > 0x7e:
		return i, keyForeign // it was cut off by something else
	case i > 2 && bytes.IndexByte([]byte("cnyt"), b[i]) >= 0, b[i] == 'R' && i > 2 && !bytes.HasPrefix(b[2:], []byte("1;")):
		return i + 1, keyForeign // a report; but 1; and modifiers before R are F3
	}
	return i + 1, keyWhole
}

func scanLong(b []byte, size int) (int, keyState) {
	if len(b) < size {
		return 0, keyBegun
	}
	return size, keyWhole
}
