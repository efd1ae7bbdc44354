package chart

import (
	"math"
	"strconv"
)

// LineChart draws lines over a y axis. Its range is given, not found, so that charts side by side can share one; see
// [NiceRange]. Parts of lines outside of the range are cut off.
type LineChart struct {
	Lines    []Line                 // drawn in order, later ones on top
	Min, Max Point                  // the ends of the scale
	YLabel   func(y float64) string // labels of the y axis; nil writes whole numbers
	AxisInk  Ink                    // the axis, its labels, and Empty
	Rules    []float64              // vertical lines at these X, where no line is
	RuleInk  Ink
	ASCII    bool   // no rune outside of ASCII
	Empty    string // written in the middle when there is nothing to draw yet
}

// Line is one curve. Solid lines are drawn in braille dots, or in ASCII as '*' for each column's last point and '.' for
// what joins them. Dashed lines lie below all solid ones and also label the y axis with their last value.
type Line struct {
	Points   []Point // joined in this order; one with a NaN or an infinity leaves a gap
	Ink      Ink
	Dashed   bool
	Label    string // written beside the last point, where it hides least; left out where it would cover another
	LabelInk Ink
}

// last returns the last finite point.
func (l *Line) last() (Point, bool) {
	for i := len(l.Points) - 1; i >= 0; i-- {
		if l.Points[i].finite() {
			return l.Points[i], true
		}
	}
	return Point{}, false
}

const (
	minLabelWidth = 3 // the plot does not move when labels go from one digit to three
	minPlotWidth  = 8 // the axis is left out rather than make the plot narrower
)

// Draw draws the chart over the whole of a.
func (c LineChart) Draw(a Area) {
	a.Fill(0, 0)
	if a.w == 0 || a.h == 0 {
		return
	}
	drawable := c.Min.finite() && c.Max.finite() && c.hasPoints()
	plot := c.drawAxis(a, drawable)
	if !drawable {
		plot.Text(max((plot.w-TextWidth(c.Empty))/2, 0), (plot.h-1)/2, c.Empty, c.AxisInk)
		return
	}
	r := newRaster(plot, c.Min, c.Max, c.ASCII)
	for i := range c.Lines {
		if l := &c.Lines[i]; l.Dashed {
			r.dashed(l.Points, l.Ink)
		}
	}
	for i := range c.Lines {
		if l := &c.Lines[i]; !l.Dashed {
			r.solid(l.Points, l.Ink)
		}
	}
	c.drawRules(&r)
	c.drawLabels(&r)
}

// drawRules draws the vertical lines behind all others.
func (c *LineChart) drawRules(r *raster) {
	rule := '│'
	if c.ASCII {
		rule = '|'
	}
	for _, at := range c.Rules {
		if !finite(at) || at < c.Min.X || at > c.Max.X {
			continue
		}
		x := r.cellX(at)
		for y := range r.plot.h {
			if cell := r.plot.At(x, y); cell.Rune == 0 || cell.Rune == dashRune(c.ASCII) {
				r.plot.set(x, y, rule, c.RuleInk)
			}
		}
	}
}

func (c *LineChart) hasPoints() bool {
	for i := range c.Lines {
		if _, ok := c.Lines[i].last(); ok {
			return true
		}
	}
	return false
}

// drawAxis draws the y axis at the left of a and returns the rest.
func (c *LineChart) drawAxis(a Area, drawable bool) Area {
	type tick struct {
		row   int
		label string
	}
	var room [8]tick
	ticks := room[:0]
	add := func(row int, y float64) {
		for _, t := range ticks {
			if t.row == row {
				return
			}
		}
		ticks = append(ticks, tick{row, c.yLabel(y)})
	}
	if finite(c.Max.Y) && finite(c.Min.Y) {
		add(0, c.Max.Y)
		add(a.h-1, c.Min.Y)
	}
	if drawable {
		r := newRaster(a, c.Min, c.Max, c.ASCII)
		for i := range c.Lines {
			if l := &c.Lines[i]; l.Dashed {
				p, ok := l.last()
				if row, within := r.cellY(p.Y); ok && within {
					add(row, p.Y)
				}
			}
		}
	}
	width := minLabelWidth
	for _, t := range ticks {
		width = max(width, TextWidth(t.label))
	}
	if a.w-width-1 < minPlotWidth {
		return a
	}
	axis := '│'
	if c.ASCII {
		axis = '|'
	}
	for y := range a.h {
		a.set(width, y, axis, c.AxisInk)
	}
	labels := a.Sub(0, 0, width, a.h)
	for _, t := range ticks {
		labels.TextRight(t.row, t.label, c.AxisInk)
	}
	return a.Sub(width+1, 0, a.w, a.h)
}

func (c *LineChart) yLabel(y float64) string {
	if c.YLabel != nil {
		return c.YLabel(y)
	}
	y = math.Round(y)
	if y == 0 {
		y = 0 // without the sign of a negative zero
	}
	return strconv.FormatFloat(y, 'f', 0, 64)
}

// labelReach is how many rows a label may stand away from its line's last point.
const labelReach = 4

// labelPlace is a piece of a row, from x to before end, for the label of a line that ends at value.
type labelPlace struct {
	y, x, end int
	value     float64
}

func (p labelPlace) overlaps(o labelPlace) bool { return p.y == o.y && p.x < o.end && o.x < p.end }

// swaps tells whether p is above o though its value is lower, or the reverse.
func (p labelPlace) swaps(o labelPlace) bool {
	return p.y < o.y && p.value < o.value || p.y > o.y && p.value > o.value
}

// drawLabels writes each line's label where it hides least, near its last point, and in the order of the values.
func (c *LineChart) drawLabels(r *raster) {
	var room [8]labelPlace
	taken := room[:0]
	for i := range c.Lines {
		l := &c.Lines[i]
		last, ok := l.last()
		width := TextWidth(l.Label)
		if !ok || width == 0 || 2*width > r.plot.w {
			continue
		}
		row, _ := r.cellY(last.Y)
		x := min(r.cellX(last.X)+2, r.plot.w-width) // after a blank that sets it off from the line
		var best labelPlace
		bestCost := math.MaxInt
		for d := -labelReach; d <= labelReach; d++ {
			at := labelPlace{row + d, x - 1, x + width, last.Y}
			if at.y < 0 || at.y >= r.plot.h {
				continue
			}
			if cost := labelCost(r, at, l, taken); cost < math.MaxInt {
				// Away from its line a label costs 2 a row, and above is better than below.
				if cost += 2 * max(d, -d); d > 0 {
					cost++
				}
				if cost < bestCost {
					best, bestCost = at, cost
				}
			}
		}
		if bestCost == math.MaxInt {
			continue
		}
		r.plot.set(best.x, best.y, 0, 0)
		r.plot.Text(x, best.y, l.Label, l.LabelInk)
		taken = append(taken, best)
	}
}

// labelCost weighs what a label at a place would spoil: solid lines most, its own dashes not at all, as they tell no more
// than the label does. Covering another label costs math.MaxInt.
func labelCost(r *raster, at labelPlace, l *Line, taken []labelPlace) int {
	cost := 0
	for _, t := range taken {
		if at.overlaps(t) {
			return math.MaxInt
		}
		if at.swaps(t) {
			cost += 5
		}
	}
	for x := at.x; x < at.end; x++ {
		switch cell := r.plot.At(x, at.y); {
		case cell.Rune == 0:
		case cell.Rune != dashRune(r.ascii):
			cost += 10
		case !l.Dashed || cell.Ink != l.Ink:
			cost++
		}
	}
	return cost
}
