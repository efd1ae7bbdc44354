package chart

import "math"

// raster draws lines into a plot in dots: 2 × 4 to a cell in braille, 1 × 1 in ASCII. Dot 0, 0 is at the lower left; the
// range's ends fall on the middle of the outermost dots.
type raster struct {
	plot     Area
	min, max Point
	cols     int // dots across
	rows     int // dots upwards
	dotsX    int // dots in a cell
	dotsY    int
	ascii    bool
}

func newRaster(plot Area, lo, hi Point, ascii bool) raster {
	r := raster{plot: plot, min: lo, max: hi, dotsX: 2, dotsY: 4, ascii: ascii}
	if ascii {
		r.dotsX, r.dotsY = 1, 1
	}
	r.cols, r.rows = plot.w*r.dotsX, plot.h*r.dotsY
	return r
}

// dotX and dotY return where a value lies in dots, near enough for what is far outside to have a finite slope.
func (r *raster) dotX(v float64) float64 {
	return near(fraction(v, r.min.X, r.max.X) * float64(r.cols-1))
}
func (r *raster) dotY(v float64) float64 {
	return near(fraction(v, r.min.Y, r.max.Y) * float64(r.rows-1))
}

func near(dots float64) float64 { return min(max(dots, -1e9), 1e9) }

// cellX returns the plot's column for an x; one outside of the range is at the edge.
func (r *raster) cellX(v float64) int { return roundWithin(r.dotX(v), 0, r.cols-1) / r.dotsX }

// cellY returns the plot's row, counted from the top, for a y, and whether that is within the range.
func (r *raster) cellY(v float64) (int, bool) {
	d := r.dotY(v)
	dot := roundWithin(d, -1, r.rows)
	return r.rowOf(roundWithin(d, 0, r.rows-1)), 0 <= dot && dot < r.rows
}

func (r *raster) rowOf(dot int) int { return r.plot.h - 1 - dot/r.dotsY }

// roundWithin keeps a number of any size, or none, within a range before it becomes an int.
func roundWithin(v float64, lo, hi int) int {
	if !(v > float64(lo)) {
		return lo
	}
	if v >= float64(hi) {
		return hi
	}
	return int(math.Floor(v + 0.5))
}

// column is what consecutive points have drawn within one column of dots.
type column struct {
	x, lo, hi, last int
	open            bool
}

// solid joins the points. A point that is not finite leaves a gap.
//
// Consecutive points in one column of dots are gathered and drawn as one upright stroke, which sets the same dots as
// joining them one by one (the M4 aggregation of Jugel, Jerzak, Hackenbroich and Markl, 2014), so the cost of many points
// is that of reading them.
func (r *raster) solid(points []Point, ink Ink) {
	var col column
	var px, py float64
	joined := false
	for _, p := range points {
		if !p.finite() {
			r.stroke(col, ink)
			col.open, joined = false, false
			continue
		}
		x, y := r.dotX(p.X), r.dotY(p.Y)
		dx := roundWithin(x, -1, r.cols)
		dy := roundWithin(y, -1, r.rows) // beyond the range counts as just beyond it
		if col.open && dx == col.x {
			col.lo, col.hi, col.last = min(col.lo, dy), max(col.hi, dy), dy
		} else {
			if joined {
				r.segment(px, py, x, y, ink)
			}
			r.stroke(col, ink)
			col = column{x: dx, lo: dy, hi: dy, last: dy, open: 0 <= dx && dx < r.cols}
		}
		px, py, joined = x, y, true
	}
	r.stroke(col, ink)
}

// stroke draws a gathered column. In ASCII its last value stands out from the line that leads to it.
func (r *raster) stroke(c column, ink Ink) {
	if !c.open {
		return
	}
	for y := max(c.lo, 0); y <= min(c.hi, r.rows-1); y++ {
		r.dot(c.x, y, ink)
	}
	if r.ascii && 0 <= c.last && c.last < r.rows {
		r.plot.set(c.x, r.rowOf(c.last), '*', ink)
	}
}

// segment joins two places given in dots: cut to the plot by Liang and Barsky's method, drawn by Bresenham's.
func (r *raster) segment(x0, y0, x1, y1 float64, ink Ink) {
	dx, dy := x1-x0, y1-y0
	enter, leave := 0.0, 1.0
	for _, edge := range [...]struct{ toward, room float64 }{
		{-dx, x0}, {dx, float64(r.cols-1) - x0},
		{-dy, y0}, {dy, float64(r.rows-1) - y0},
	} {
		switch {
		case edge.toward < 0:
			enter = max(enter, edge.room/edge.toward)
		case edge.toward > 0:
			leave = min(leave, edge.room/edge.toward)
		case edge.room < 0:
			return
		}
	}
	if !(enter <= leave) {
		return
	}
	r.join(
		roundWithin(x0+enter*dx, 0, r.cols-1), roundWithin(y0+enter*dy, 0, r.rows-1),
		roundWithin(x0+leave*dx, 0, r.cols-1), roundWithin(y0+leave*dy, 0, r.rows-1), ink)
}

func (r *raster) join(x0, y0, x1, y1 int, ink Ink) {
	dx, dy, sx, sy := x1-x0, y1-y0, 1, 1
	if dx < 0 {
		dx, sx = -dx, -1
	}
	if dy < 0 {
		dy, sy = -dy, -1
	}
	for e := dx - dy; ; {
		r.dot(x0, y0, ink)
		if x0 == x1 && y0 == y1 {
			return
		}
		if e2 := 2 * e; e2 > -dy {
			e -= dy
			x0 += sx
			if e2 < dx {
				e += dx
				y0 += sy
			}
		} else {
			e += dx
			y0 += sy
		}
	}
}

const brailleBlank = 0x2800

// brailleDot holds the bit of each dot in a braille cell, by row from the top and column.
var brailleDot = [4][2]rune{{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}

// dot adds to the dots that lines below have set in the same cell, but the cell takes the ink of the line on top.
func (r *raster) dot(x, y int, ink Ink) {
	c := r.plot.cell(x/r.dotsX, r.rowOf(y))
	if c == nil {
		return
	}
	c.Ink = ink
	if r.ascii {
		c.Rune = '.'
		return
	}
	if c.Rune&^0xff != brailleBlank {
		c.Rune = brailleBlank
	}
	c.Rune |= brailleDot[3-y%4][x%2]
}

// dashed marks one cell in each column that the line passes, at its height in the column's middle.
func (r *raster) dashed(points []Point, ink Ink) {
	var px, py float64 // in columns, and in dots upwards
	joined := false
	end := func() {
		if c := math.Floor(px + 0.5); joined && c > px {
			r.dash(c, py, ink)
		}
		joined = false
	}
	for _, p := range points {
		if !p.finite() {
			end()
			continue
		}
		x := (r.dotX(p.X) - float64(r.dotsX-1)/2) / float64(r.dotsX)
		y := r.dotY(p.Y)
		if !joined {
			if c := math.Floor(x + 0.5); c <= x {
				r.dash(c, y, ink)
			}
		} else if lo, hi := min(px, x), max(px, x); lo < hi {
			// Columns after lo up to hi, so that neighbouring segments don't mark one twice.
			for c := max(math.Floor(lo)+1, 0); c <= min(hi, float64(r.plot.w-1)); c++ {
				r.dash(c, py+(y-py)*((c-px)/(x-px)), ink)
			}
		}
		px, py, joined = x, y, true
	}
	end()
}

func (r *raster) dash(column, y float64, ink Ink) {
	x := roundWithin(column, -1, r.plot.w)
	if dot := roundWithin(y, -1, r.rows); 0 <= dot && dot < r.rows {
		r.plot.set(x, r.rowOf(dot), dashRune(r.ascii), ink)
	}
}

func dashRune(ascii bool) rune {
	if ascii {
		return '-'
	}
	return '┄'
}
