package emulator

import (
	"strings"
	"testing"

	"github.com/hinshun/vt10x"
)

// TestPiecesMakeAWhole cuts a text at every byte: what is drawn does not depend on how it comes.
func TestPiecesMakeAWhole(t *testing.T) {
	const text = "│ c4 ▴░▴ é 中 \x1b[1m█\x1b[0m│\x1b[?1049l𝄞." // which leaves a screen that it is not on
	want := drawn(t, text)
	if !strings.HasPrefix(want, "│ c4 ▴░▴ é 中 █│𝄞.") {
		t.Fatalf("in one piece it is %q", want)
	}
	for i := range text {
		for j := i; j <= len(text); j++ {
			if have := drawn(t, text[:i], text[i:j], text[j:]); have != want {
				t.Errorf("cut before bytes %d and %d it is %q, want %q", i, j, have, want)
			}
		}
	}
}

// TestWhatIsNoTextHoldsNothingUp: bytes that no character begins with are left out, and those behind them drawn.
func TestWhatIsNoTextHoldsNothingUp(t *testing.T) {
	if have := drawn(t, "a\x80\x80\x80\x80", "\xff", "b"); !strings.HasPrefix(have, "ab") {
		t.Errorf("it is %q", have)
	}
}

func drawn(t *testing.T, pieces ...string) string {
	t.Helper()
	term := New(vt10x.WithSize(40, 1))
	for _, piece := range pieces {
		if n, err := term.Write([]byte(piece)); n != len(piece) || err != nil {
			t.Fatalf("of %q %d bytes are taken: %v", piece, n, err)
		}
	}
	return term.String()
}
