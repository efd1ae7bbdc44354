package chart_test

import (
	"math"
	"strings"
	"testing"

	"locktop/tui/chart"
)

func TestPaint(t *testing.T) {
	g := chart.NewGrid(8, 2)
	a := g.Area()
	a.Text(0, 0, "ok", green)
	a.Text(2, 0, "lost", red)
	a.Text(0, 1, "世", red)
	a.Text(7, 1, "!", 9)
	const frame = "{ok}<lost>  \n<世>     !"
	if got := g.Paint(pens); got != frame {
		t.Errorf("each run of ink is wrapped once, an ink without a pen is plain: got %q, want %q", got, frame)
	}
	if n := testing.AllocsPerRun(10, func() { g.Paint(pens) }); n != 0 {
		t.Errorf("painting an unchanged frame allocates %v times, want 0", n)
	}
	g.Resize(3, 1)
	if got := g.Paint(pens); got != "   " {
		t.Errorf("a resized grid is blank: got %q", got)
	}
	a.Fill('x', red) // an area from before the resize
	if got := g.Paint(nil); got != "xxx" {
		t.Errorf("an area older than a resize is clipped: got %q", got)
	}
	for _, size := range [][2]int{{0, 0}, {0, 3}, {3, 0}, {-1, -1}} {
		g.Resize(size[0], size[1])
		if got, want := g.Paint(nil), strings.Repeat("\n", max(size[1]-1, 0)); got != want {
			t.Errorf("Resize%v: got %q, want %q", size, got, want)
		}
	}
}

func TestText(t *testing.T) {
	for _, test := range []struct {
		because string
		x       int
		text    string
		want    string // in six cells filled with dots
		next    int
	}{
		{"text goes where it is put", 1, "abc", ".abc..", 4},
		{"it is clipped at the right", 4, "abc", "....ab", 6},
		{"and at the left", -2, "abc", "c.....", 1},
		{"far away it is not there", math.MaxInt, "abc", "......", math.MaxInt},
		{"nor on the other side", math.MinInt, "abc", "......", math.MinInt + 3},
		{"a wide rune takes two cells", 1, "世a", ".世a..", 4},
		{"at the right edge it is a space, not a half", 3, "a世界", "...a世", 6},
		{"at the right edge it is a space, not a half (odd)", 4, "a世界", "....a ", 6},
		{"at the left edge too", -1, "世a", " a....", 2},
		{"a line break can't break the row", 0, "a\nb\tc", "a?b?c.", 5},
		{"an escape sequence is shown, not obeyed", 0, "\x1b[1m", "?[1m..", 4},
		{"so is a one-byte control sequence", 0, "\u009b1m", "?1m...", 3},
		{"broken UTF-8 shows", 0, "a\xffb", "a?b...", 3},
		{"no text changes the writing direction", 0, "a\u202eb", "a?b...", 3},
		{"marks are left out", 0, "e\u0301a\ufe0f", "ea....", 2},
		{"emoji don't join", 0, "👩\u200d👧", "👩?👧.", 5},
		{"nor do flags", 0, "🇩🇪", "??....", 2},
		{"nor do syllables", 0, "\u1112\u1161\u11ab", "ᄒ??..", 4},
		{"private runes have no known width", 0, "\ue0b0", "?.....", 1},
	} {
		t.Run(test.because, func(t *testing.T) {
			g := chart.NewGrid(6, 1)
			g.Area().Fill('.', plain)
			if next := g.Area().Text(test.x, 0, test.text, plain); next != test.next {
				t.Errorf("next x is %d, want %d", next, test.next)
			}
			if got := g.Paint(nil); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestHalvesOfWideRunes(t *testing.T) {
	for _, test := range []struct {
		because string
		draw    func(a chart.Area)
		want    string
	}{
		{"overwriting the first half blanks the second", func(a chart.Area) { a.Set(0, 0, 'x', plain) }, "x 界"},
		{"overwriting the second half blanks the first", func(a chart.Area) { a.Set(1, 0, 'x', plain) }, " x界"},
		{"a wide rune across two blanks both", func(a chart.Area) { a.Set(1, 0, '中', plain) }, " 中 "},
		{"the halves may lie outside of the area", func(a chart.Area) { a.Sub(1, 0, 2, 1).Fill('.', plain) }, " .. "},
		{"a wide rune needs two cells of its area", func(a chart.Area) { a.Sub(0, 0, 1, 1).Set(0, 0, '中', plain) }, "  界"},
		{"nor does it come in from the left", func(a chart.Area) { a.Sub(2, 0, 2, 1).Set(-1, 0, '中', plain) }, "世  "},
		{"filling with wide runes", func(a chart.Area) { a.Sub(0, 0, 3, 1).Fill('中', plain) }, "中  "},
	} {
		t.Run(test.because, func(t *testing.T) {
			got := chart.NewGrid(4, 1)
			got.Area().Text(0, 0, "世界", plain)
			test.draw(got.Area())
			if p := got.Paint(nil); p != test.want {
				t.Errorf("got %q, want %q", p, test.want)
			}
		})
	}
}

func TestTextRight(t *testing.T) {
	expect(t, picture(8, 3, func(a chart.Area) {
		a.TextRight(0, "LIVE", plain)
		a.TextRight(1, "much too long", plain)
		a.TextRight(2, "世界", plain)
	}), `
    LIVE
too long
    世界
`)
}

func TestSub(t *testing.T) {
	whole := chart.NewGrid(10, 5).Area()
	for _, test := range []struct {
		because    string
		x, y, w, h int
		wantW      int
		wantH      int
	}{
		{"inside", 1, 1, 3, 2, 3, 2},
		{"over the right and lower edge", 8, 4, 5, 5, 2, 1},
		{"over the left and upper edge", -2, -1, 5, 3, 3, 2},
		{"all of it and more", math.MinInt / 2, -9, math.MaxInt, math.MaxInt, 10, 5},
		{"as far as there is", 3, 0, math.MaxInt, math.MaxInt, 7, 5},
		{"beside it", 10, 0, 3, 3, 0, 3},
		{"before it", -5, 0, 5, 3, 0, 3},
		{"negative", 3, 3, -1, math.MinInt, 0, 0},
	} {
		t.Run(test.because, func(t *testing.T) {
			a := whole.Sub(test.x, test.y, test.w, test.h)
			if a.W() != test.wantW || a.H() != test.wantH {
				t.Errorf("got %d × %d, want %d × %d", a.W(), a.H(), test.wantW, test.wantH)
			}
		})
	}
}

func TestSetInk(t *testing.T) {
	g := chart.NewGrid(6, 1)
	g.Area().Text(0, 0, "abcdef", green)
	g.Area().Sub(1, 0, 9, 1).SetInk(1, 0, 2, 1, red)
	if got, want := g.Paint(pens), "{ab}<cd>{ef}"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestBox(t *testing.T) {
	expect(t, picture(36, 4, func(a chart.Area) {
		a.Sub(0, 0, 17, 4).Box("NO LOCK", plain, plain, false).Text(0, 0, "inside now: 3 clients", plain)
		a.Sub(18, 0, 9, 4).Box("LOCK (spin)", plain, plain, true).Fill('.', plain)
		a.Sub(28, 0, 6, 2).Box("a", plain, plain, false)
		a.Sub(28, 2, 2, 2).Box("a", plain, plain, false)
		a.Sub(31, 2, 3, 2).Box("", plain, plain, true)
		a.Sub(35, 0, 1, 4).Box("nothing fits", plain, plain, false).Text(0, 0, "x", plain)
	}), `
┌─ NO LOCK ─────┐ +- LOC -+ ┌────┐
│inside now: 3 c│ |.......| └────┘
│               │ |.......| ┌┐ +-+
└───────────────┘ +-------+ └┘ +-+
`)
}

func TestBar(t *testing.T) {
	row := 0
	expect(t, picture(18, 10, func(a chart.Area) {
		for _, fraction := range []float64{0, 0.04, 0.5, 0.61, 1, 7, -7, math.NaN(), math.Inf(1), math.Inf(-1)} {
			chart.Bar(a, row, 0, 10, fraction, plain, plain, false)
			chart.Bar(a, row, 12, 10, fraction, plain, plain, true)
			row++
		}
	}), `
░░░░░░░░░░  ......
░░░░░░░░░░  ......
█████░░░░░  #####.
██████░░░░  ######
██████████  ######
██████████  ######
░░░░░░░░░░  ......
░░░░░░░░░░  ......
██████████  ######
░░░░░░░░░░  ......
`)
}

func FuzzArea(f *testing.F) {
	f.Add(10, 4, -3, 1, 7, 2, 5, 0, "a世\x1b[31m界\n", '世')
	f.Add(1, 1, 0, 0, 1, 1, -1, 0, "世", '\u0301')
	f.Add(0, 0, math.MaxInt, math.MinInt, math.MaxInt, math.MaxInt, math.MaxInt, math.MinInt, "x", rune(-1))
	f.Fuzz(func(t *testing.T, gridW, gridH, x, y, w, h, textX, textY int, text string, r rune) {
		gridW, gridH = gridW&63, gridH&31
		g := chart.NewGrid(gridW, gridH)
		a := g.Area()
		a.Text(0, gridH/2, strings.Repeat("世", gridW), red)
		sub := a.Sub(x, y, w, h)
		if sub.W() < 0 || sub.W() > gridW || sub.H() < 0 || sub.H() > gridH {
			t.Fatalf("Sub(%d, %d, %d, %d) of %d × %d is %d × %d", x, y, w, h, gridW, gridH, sub.W(), sub.H())
		}
		sub.Fill(r, green)
		inside := sub.Box(text, red, green, r&1 == 0)
		inside.Text(textX, textY, text, red)
		inside.TextRight(textY, text, red)
		sub.Set(textX, textY, r, green)
		sub.SetInk(textX, textY, w, h, red)
		chart.Bar(sub, textY, textX, w, float64(h), red, green, false)
		lines := strings.Split(g.Paint(nil), "\n")
		if want := max(gridH, 1); len(lines) != want {
			t.Fatalf("%d lines, want %d", len(lines), want)
		}
		for _, line := range lines[:gridH] {
			if n := chart.TextWidth(line); n != gridW {
				t.Fatalf("%q is %d cells wide, want %d", line, n, gridW)
			}
			if i := strings.IndexFunc(line, func(r rune) bool { return r < ' ' || 0x7f <= r && r < 0xa0 }); i >= 0 {
				t.Fatalf("%q has a control character", line)
			}
		}
	})
}
