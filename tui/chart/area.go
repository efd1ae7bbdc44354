package chart

import "strings"

// Area is a rectangle of a [Grid] with its own origin. Whatever is drawn outside of it is dropped. It is a small value, to
// be copied; the zero Area is empty and can be drawn to.
type Area struct {
	grid       *Grid
	x, y, w, h int
}

// W returns the width in cells.
func (a Area) W() int { return a.w }

// H returns the height in cells.
func (a Area) H() int { return a.h }

// Sub returns the part of a that begins at x, y and is w × h cells, cut to what lies within a: its W and H are those of the
// visible part. A negative size is empty.
func (a Area) Sub(x, y, w, h int) Area {
	x, w = clip(x, w, a.w)
	y, h = clip(y, h, a.h)
	return Area{grid: a.grid, x: a.x + x, y: a.y + y, w: w, h: h}
}

// clip cuts the stretch of n cells from at to [0, limit).
func clip(at, n, limit int) (int, int) {
	if n <= 0 || at >= limit {
		return 0, 0
	}
	if at < 0 {
		at, n = 0, n+at
	}
	return at, max(min(n, limit-at), 0)
}

// At returns a cell: a blank outside of the area, and rune -1 in the second cell of a wide rune.
func (a Area) At(x, y int) Cell {
	if c := a.cell(x, y); c != nil {
		return *c
	}
	return Cell{}
}

// cell returns nil outside of the area, or of a grid that has become smaller than the area.
func (a Area) cell(x, y int) *Cell {
	if uint(x) >= uint(a.w) || uint(y) >= uint(a.h) || a.x+x >= a.grid.w || a.y+y >= a.grid.h {
		return nil
	}
	return &a.grid.cells[(a.y+y)*a.grid.w+a.x+x]
}

// Set draws one rune; 0 is a blank. A wide rune takes the next cell too, and is a space where that is outside.
func (a Area) Set(x, y int, r rune, ink Ink) {
	if r != 0 {
		var w int
		switch r, w = glyph(r); w {
		case 0:
			r = '?'
		case 2:
			a.setWide(x, y, r, ink)
			return
		}
	}
	a.set(x, y, r, ink)
}

// set draws a rune known to be one cell wide.
func (a Area) set(x, y int, r rune, ink Ink) {
	if uint(x) < uint(a.w) && uint(y) < uint(a.h) {
		a.grid.put(a.x+x, a.y+y, Cell{r, ink})
	}
}

func (a Area) setWide(x, y int, r rune, ink Ink) {
	switch {
	case x >= 0 && x < a.w-1 && uint(y) < uint(a.h):
		a.grid.putWide(a.x+x, a.y+y, Cell{r, ink})
	case x == -1:
		a.set(0, y, ' ', ink)
	default:
		a.set(x, y, ' ', ink)
	}
}

// Text draws s in one row and returns the x after its last cell, at most W for text that begins within the area. Text from
// anywhere is safe: it is clipped, a wide rune is never cut in half but becomes a space at the edge, and a control character
// or the start of an escape sequence becomes '?'.
func (a Area) Text(x, y int, s string, ink Ink) int {
	return a.write(x, y, a.translated(s), ink)
}

// translated is a text as the grid is to have it.
func (a Area) translated(s string) string {
	if a.grid == nil || a.grid.words == nil {
		return s
	}
	return a.grid.words(strings.Clone(s)) // a copy, so that texts nobody translates can stay on the stack
}

// write is Text of what needs no translation.
func (a Area) write(x, y int, s string, ink Ink) int {
	for _, r := range s {
		if x >= a.w {
			break
		}
		switch r, w := glyph(r); w {
		case 1:
			a.set(x, y, r, ink)
			x++
		case 2:
			a.setWide(x, y, r, ink)
			x = min(x+2, a.w)
		}
	}
	return x
}

// TextRight draws s flush with the right edge and returns the x it begins at. Text that is too wide loses its beginning,
// and that x is negative.
func (a Area) TextRight(y int, s string, ink Ink) int {
	s = a.translated(s)
	x := a.w - TextWidth(s)
	a.write(x, y, s, ink)
	return x
}

// Fill draws r in every cell; 0 blanks the area.
func (a Area) Fill(r rune, ink Ink) {
	step := 1
	if r != 0 {
		if _, w := glyph(r); w == 2 {
			step = 2
		}
	}
	for y := range a.h {
		for x := 0; x < a.w; x += step {
			a.Set(x, y, r, ink)
		}
	}
}

// SetInk gives a rectangle of a another ink and leaves its runes.
func (a Area) SetInk(x, y, w, h int, ink Ink) {
	a = a.Sub(x, y, w, h)
	for y := range a.h {
		for x := range a.w {
			if c := a.cell(x, y); c != nil {
				c.Ink = ink
			}
		}
	}
}

// Box draws a border along the area's edge with the title in its upper side, and returns the inside. Where a border does
// not fit, nothing is drawn and the inside is empty.
func (a Area) Box(title string, ink, titleInk Ink, ascii bool) Area {
	if a.w < 2 || a.h < 2 {
		return a.Sub(0, 0, 0, 0)
	}
	across, down, corners := '─', '│', [...]rune{'┌', '┐', '└', '┘'}
	if ascii {
		across, down, corners = '-', '|', [...]rune{'+', '+', '+', '+'}
	}
	right, bottom := a.w-1, a.h-1
	for x := 1; x < right; x++ {
		a.set(x, 0, across, ink)
		a.set(x, bottom, across, ink)
	}
	for y := 1; y < bottom; y++ {
		a.set(0, y, down, ink)
		a.set(right, y, down, ink)
	}
	a.set(0, 0, corners[0], ink)
	a.set(right, 0, corners[1], ink)
	a.set(0, bottom, corners[2], ink)
	a.set(right, bottom, corners[3], ink)

	// Two cells on either side: a corner and a piece of the border.
	if t := a.Sub(2, 0, a.w-4, 1); title != "" && t.w > 2 {
		t.set(0, 0, ' ', ink)
		end := t.Sub(1, 0, t.w-2, 1).Text(0, 0, title, titleInk)
		t.set(end+1, 0, ' ', ink)
	}
	return a.Sub(1, 1, a.w-2, a.h-2)
}

// Bar draws a bar of width cells of which a fraction is full: ██████░░░░, or ######.... with ascii. A fraction below 0 or
// NaN counts as 0, one above 1 as 1.
func Bar(a Area, y, x, width int, fraction float64, full, empty Ink, ascii bool) {
	fullRune, emptyRune := '█', '░'
	if ascii {
		fullRune, emptyRune = '#', '.'
	}
	filled := 0
	switch {
	case fraction >= 1:
		filled = width
	case fraction > 0:
		filled = int(fraction*float64(width) + 0.5)
	}
	from, n := clip(x, width, a.w)
	for at := from; at < from+n; at++ {
		if at-x < filled {
			a.set(at, y, fullRune, full)
		} else {
			a.set(at, y, emptyRune, empty)
		}
	}
}
