package clean_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"locktop/sim/clean"
)

func TestUnsafeTextIsEscaped(t *testing.T) {
	for _, c := range []struct{ text, line, lines string }{
		{"plain, ünïcode, 锁", "plain, ünïcode, 锁", "plain, ünïcode, 锁"},
		{"\x1b[2J\a\b\x7f", `\u001b[2J\u0007\u0008\u007f`, `\u001b[2J\u0007\u0008\u007f`},
		{"C1 \u009b31m \u0085", `C1 \u009b31m \u0085`, `C1 \u009b31m \u0085`},
		{"two\nlines\ta\rb", `two\nlines\ta\rb`, "two\nlines\ta" + `\rb`},
		{"abc\u202egnp.exe\u2066", `abc\u202egnp.exe\u2066`, `abc\u202egnp.exe\u2066`},
		{"a\u200bb\u200dc\ufeffd\u2060", `a\u200bb\u200dc\ufeffd\u2060`, `a\u200bb\u200dc\ufeffd\u2060`},
		{"a\u2028b\u2029c", `a\u2028b\u2029c`, `a\u2028b\u2029c`},
		{"❤\ufe0f \u3164", `❤\ufe0f \u3164`, `❤\ufe0f \u3164`},
		{"tag \U000e0041", `tag \udb40\udc41`, `tag \udb40\udc41`},
		{"cut \xe2\x82", `cut \ufffd\ufffd`, `cut \ufffd\ufffd`},
		{"\xff\xfe", `\ufffd\ufffd`, `\ufffd\ufffd`},
		{"cleaned by others: \ufffd", "cleaned by others: \ufffd", "cleaned by others: \ufffd"},
	} {
		if got := clean.Line(c.text); got != c.line {
			t.Errorf("Line(%q) is %q, want %q", c.text, got, c.line)
		}
		if got := clean.Text(c.text); got != c.lines {
			t.Errorf("Text(%q) is %q, want %q", c.text, got, c.lines)
		}
	}
}

// FuzzText: whatever comes in, nothing unsafe comes out, cleaning twice is cleaning once, JSON means what it meant, and a
// Writer says the same however its text is cut.
func FuzzText(f *testing.F) {
	for _, seed := range []string{"", "plain", "\x1b]0;title\a", "\u009b2J", "a\u202eb", "\xe2\x82", "\xf0\x9f", "é\ufeff\n\t\r", "\U000e0041"} {
		f.Add([]byte(seed), 3)
	}
	f.Fuzz(func(t *testing.T, raw []byte, cut int) {
		s := string(raw)
		line, text := clean.Line(s), clean.Text(s)
		for _, out := range []string{line, strings.NewReplacer("\n", "", "\t", "").Replace(text)} {
			if !utf8.ValidString(out) || strings.ContainsFunc(out, clean.Unsafe) {
				t.Fatalf("%q comes out as %q", s, out)
			}
		}
		if clean.Line(line) != line || clean.Text(text) != text {
			t.Fatalf("%q is cleaned otherwise the second time", s)
		}
		before, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var meant, means string
		if json.Unmarshal(before, &meant) != nil || json.Unmarshal([]byte(clean.Text(string(before))), &means) != nil || means != meant {
			t.Fatalf("JSON of %q means %q", meant, means)
		}
		cut = min(max(cut, 0), len(raw))
		var b bytes.Buffer
		w := clean.NewWriter(&b)
		w.Write(raw[:cut])
		w.Write(raw[cut:])
		w.Close()
		if b.String() != text {
			t.Fatalf("%q, written in two, comes out as %q, want %q", s, b.String(), text)
		}
	})
}
