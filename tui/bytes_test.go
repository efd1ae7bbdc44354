package tui

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"locktop/sim"
	"locktop/sim/clean"
)

// FuzzScreen: whatever Redis, a recording or a file name says, every view and overlay is clean, and as wide as its window.
func FuzzScreen(f *testing.F) {
	for _, seed := range []string{"", "plain", "\x1b[2J\x1b]0;title\a", "\u009b31m", "a\u202eb", "x\u200by\u2028z\ufeff", "\xff\xfe", "锁锁锁", "é́́", "\n\r\t", "\U000e0041", "❤\ufe0f"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		frame := twoLanes(6)
		frame.Backend, frame.Notice = text, text
		for i, s := range frame.Snapshots {
			own := *s
			own.Broke, own.Lane.Own = text, text
			own.Fault.Text, own.Fault.Kind = text, sim.Faulted
			frame.Snapshots[i] = &own
		}
		for _, replay := range []*Replay{nil, {Name: text, Damage: text}} {
			for view := range View(viewCount) {
				for over := NoOverlay; over <= Info; over++ {
					frame.Replay, frame.View, frame.Over = replay, view, over
					for _, notice := range []string{"", text} {
						frame.Notice = notice
						for line := range strings.SplitSeq(painted(frame, 80, 24, nil), "\n") {
							if !utf8.ValidString(line) || strings.ContainsFunc(line, clean.Unsafe) {
								t.Fatalf("%q: not clean: %q", text, line)
							}
							if w := ansi.StringWidth(line); w != 80 {
								t.Fatalf("%q: a line of %d cells: %q", text, w, line)
							}
						}
					}
				}
			}
		}
	})
}
