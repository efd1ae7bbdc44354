package tui

import (
	"io"
	"testing"
	"time"
)

// script is a terminal that gives bytes in pieces. Between two of them keys are still to come, unless there is a pause.
type script struct {
	terminalFile
	pieces []string // "" is a pause that is longer than any wait
}

func (s *script) Read(b []byte) (int, error) {
	for len(s.pieces) > 0 && s.pieces[0] == "" {
		s.pieces = s.pieces[1:]
	}
	if len(s.pieces) == 0 {
		return 0, io.EOF
	}
	n := copy(b, s.pieces[0])
	if s.pieces[0] = s.pieces[0][n:]; s.pieces[0] == "" {
		s.pieces = s.pieces[1:]
	}
	return n, nil
}

func (s *script) ready(time.Duration) bool { return len(s.pieces) > 0 && s.pieces[0] != "" }

// reads returns what each read of a keyboard gives that is not empty, up to the end of the script.
func (s *script) reads(t *testing.T) (reads []string) {
	t.Helper()
	ended := false
	k := &keyboard{terminalFile: s, gone: func() { ended = true }, ready: s.ready}
	for range 10_000 {
		buf := make([]byte, 256) // as Bubble Tea has it
		n, err := k.Read(buf)
		if n > 0 {
			reads = append(reads, string(buf[:n]))
		}
		if err != nil {
			if !ended {
				t.Error("gone is not called")
			}
			return reads
		}
	}
	t.Fatal("the keyboard does not come to an end")
	return nil
}

func TestKeyboardReadsWholeKeys(t *testing.T) {
	for _, e := range []struct {
		name   string
		pieces []string
		want   []string
	}{
		{"keys as they come", []string{"a", "", "bc"}, []string{"a", "bc"}},
		{"an escape, and nothing behind it", []string{"\x1b", "", "[C"}, []string{"\x1b", "[C"}},
		{"an arrow key behind its escape", []string{"\x1b", "[C"}, []string{"\x1b[C"}},
		{"an arrow key in three reads", []string{"\x1b", "[", "C", "", "q"}, []string{"\x1b[C", "q"}},
		{"a key behind a cut sequence", []string{"a\x1b[1;5", "Cb"}, []string{"a\x1b[1;5C", "b"}},
		{"F1 in two reads", []string{"\x1bO", "P"}, []string{"\x1bOP"}},
		{"alt and a bracket", []string{"\x1b[", "", "q"}, []string{"\x1b[", "q"}},
		{"a wheel event in two reads", []string{"\x1b[<64;10", ";12M\x1b[<65;10;12M"}, []string{"\x1b[<64;10;12M", "\x1b[<65;10;12M"}},
		{"a sequence that never ends", []string{"a\x1b[<64;1", "", "q"}, []string{"a", "q"}},
		{"a sequence cut by an escape", []string{"\x1b[<64;1\x1b[Cq"}, []string{"\x1b[Cq"}},
		{"a character in two reads", []string{"\xe4\xb8", "\xad"}, []string{"中"}},
		{"a stray byte", []string{"\xe4", "", "q"}, []string{"\xe4", "q"}},
		{"a paste in pieces", []string{"\x1b[200~q", "q\x1b[20", "1~x"}, []string{"\x1b[200~qq\x1b[201~", "x"}},
		{"a paste and keys", []string{"a\x1b[200~q\x1b[201~b"}, []string{"a\x1b[200~q\x1b[201~b"}},
		{"a paste without an end", []string{"\x1b[200~xx", "", "q"}, []string{"q"}},
		{"an empty paste", []string{"\x1b[200~\x1b[201~q"}, []string{"\x1b[200~\x1b[201~q"}},
		{"an end without a paste", []string{"\x1b[201~q"}, []string{"\x1b[201~q"}},
		{"the colour of the background", []string{"\x1b]11;rgb:0000/", "0000/0000\x1b\\q"}, []string{"q"}},
		{"the same, ended by BEL", []string{"\x1b]11;rgb:0/0/0\aq"}, []string{"q"}},
		{"a string without an end", []string{"\x1b]11;rgb", "", "q"}, []string{"q"}},
		{"where the cursor is", []string{"\x1b[12;40Rq"}, []string{"q"}},
		{"what the terminal is", []string{"\x1b[?62;4cq"}, []string{"q"}},
		{"F3 with shift", []string{"\x1b[1;2R"}, []string{"\x1b[1;2R"}},
		{"a function key of the Linux console", []string{"\x1b[[", "A"}, []string{"\x1b[[A"}},
	} {
		t.Run(e.name, func(t *testing.T) {
			have := (&script{pieces: e.pieces}).reads(t)
			if len(have) != len(e.want) {
				t.Fatalf("reads %q, want %q", have, e.want)
			}
			for i := range have {
				if have[i] != e.want[i] {
					t.Errorf("read %d is %q, want %q", i, have[i], e.want[i])
				}
			}
		})
	}
}

// TestKeyboardNeverCutsWheelEvents gives a burst of wheel events that is longer than any read.
func TestKeyboardNeverCutsWheelEvents(t *testing.T) {
	const event = "\x1b[<64;100;40M"
	burst := ""
	for range 200 {
		burst += event
	}
	all := 0
	for _, read := range (&script{pieces: []string{burst}}).reads(t) {
		if len(read)%len(event) != 0 {
			t.Fatalf("a read of %d bytes ends inside an event: %q", len(read), read)
		}
		all += len(read)
	}
	if all != len(burst) {
		t.Errorf("%d bytes of %d", all, len(burst))
	}
}

// TestKeyboardDropsALongPaste: what is too long for a read is no key, and the next one is.
func TestKeyboardDropsALongPaste(t *testing.T) {
	paste := "\x1b[200~"
	for range 10_000 {
		paste += "q"
	}
	have := (&script{pieces: []string{paste, "\x1b[201~", "x"}}).reads(t)
	if len(have) != 1 || have[0] != "x" {
		t.Errorf("reads %q, want x", have)
	}
}

func FuzzKeyboard(f *testing.F) {
	f.Add([]byte("\x1b[200~\x1b]\x1b[<1M\xe4"), uint8(3))
	f.Fuzz(func(t *testing.T, keys []byte, piece uint8) {
		var pieces []string
		for size := int(piece)%32 + 1; len(keys) > 0; {
			size = min(size, len(keys))
			pieces = append(pieces, string(keys[:size]))
			keys = keys[size:]
		}
		pieces = append(pieces, "", "q")
		have := (&script{pieces: pieces}).reads(t)
		if len(have) == 0 || have[len(have)-1] != "q" {
			t.Errorf("of %q it reads %q: the last key is lost", pieces, have)
		}
	})
}
