package tui

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/charmbracelet/x/ansi"
)

// sink is what is written to, in one string a write.
type sink struct {
	mu     sync.Mutex
	writes []string
	err    error
}

func (s *sink) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes = append(s.writes, string(b))
	return len(b), s.err
}

// take returns what was written since it was last called, once all is at rest.
func (s *sink) take() []string {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() { s.writes = nil }()
	return s.writes
}

func TestADisplay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var (
			out    sink
			failed error
		)
		d := newDisplay(&out, func(err error) { failed = err }, nil)
		stop := d.start()
		want := func(why string, want ...string) {
			t.Helper()
			have := out.take()
			if strings.Join(have, "|") != strings.Join(want, "|") || len(have) != len(want) {
				t.Errorf("%s: written %q, want %q", why, have, want)
			}
		}
		fresh := ansi.ResetModeAutoWrap + ansi.EraseEntireScreen

		d.show("a\nb")
		want("nothing is drawn before the alternate screen is there")
		d.Write([]byte(ansi.SetModeAltScreenSaveCursor))
		want("then all of the frame is", ansi.SetModeAltScreenSaveCursor+fresh+"\x1b[1Ha\x1b[2Hb")
		d.show("a\nB")
		want("of another, what is different", "\x1b[2HB")
		d.show("a\nB")
		want("of the same, nothing")
		d.Write([]byte(ansi.CursorHomePosition + " " + ansi.EraseLineRight))
		want("the empty frame of Bubble Tea is left out")
		d.Write([]byte(ansi.EraseEntireScreen))
		want("what may have changed the screen is followed by all of the frame", ansi.EraseEntireScreen+fresh+"\x1b[1Ha\x1b[2HB")
		d.forget()
		want("as is a change of the window", fresh+"\x1b[1Ha\x1b[2HB")
		d.show("a\nB\nc")
		want("or of the height of the frame", fresh+"\x1b[1Ha\x1b[2HB\x1b[3Hc")
		d.Write([]byte(ansi.ResetModeAltScreenSaveCursor))
		d.show("later")
		want("nothing is drawn after that", ansi.SetModeAutoWrap+ansi.ResetModeAltScreenSaveCursor)
		if failed != nil {
			t.Error(failed)
		}

		out.err = errors.New("gone")
		d.Write([]byte(ansi.SetModeAltScreenSaveCursor))
		synctest.Wait()
		if failed != errTerminalGone {
			t.Errorf("a write that fails: %v", failed)
		}
		stop()
		d.show("last")
		out.take()
		d.forget()
		want("nothing is drawn any more")
	})
}
