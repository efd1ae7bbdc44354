package tui

import (
	"fmt"
	"strings"

	"locktop/sim/explore"
	"locktop/tui/chart"
)

// upshotSigns are what the grid has for each upshot but lost updates, of which it has the number.
var upshotSigns = map[upshot]struct {
	sign  rune
	ink   chart.Ink
	words string
}{
	allKept:       {'✓', inkKept, "keep all"},
	writesRefused: {'-', inkKept, "keep all, and refuse a stale write"},
	twoInside:     {'‖', inkLost, "let two in at once"},
	someHang:      {'H', inkLost, "hang"},
}

// sign is how a upshot looks.
func (f upshot) sign() (rune, chart.Ink) {
	if f > 0 {
		return rune('0' + min(f, 9)), inkLost
	}
	return upshotSigns[f].sign, upshotSigns[f].ink
}

// words say what a upshot is.
func (f upshot) words() string {
	if f > 0 {
		return "lose " + [...]string{"one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}[min(f, 9)-1]
	}
	return upshotSigns[f].words
}

// The least width for the diagram of the selected order beside the grid, and the least rows for it below.
const (
	previewWidth = 100
	leastPreview = 9
)

// ordersPlan is where everything goes in an area.
type ordersPlan struct {
	top, bottom   int  // rows of text
	grid          int  // columns of cells of the terminal that the grid has, the rest being for the preview
	columns, rows int  // of orders
	list          bool // every order is written out in a row of its own
	under         int  // rows for the preview below the grid, where it is not beside it
}

// planOrders shares out an area of w × h cells. Few orders have a row each; more have rows that are all of one length where
// that is possible, so that what they have in common stands one below the other.
func planOrders(w, h int, o *orders) ordersPlan {
	p := ordersPlan{top: 2, bottom: 2, grid: w}
	if h < 10 {
		p.bottom = 1
	}
	if w >= previewWidth {
		p.grid = w / 2
	}
	const border = 2
	p.columns, p.rows = max((p.grid-border-1)/2, 1), max(h-p.top-p.bottom-border, 1)
	if o.counts == nil {
		return p
	}
	if p.list = len(o.cells) <= p.rows; p.list {
		p.columns = 1
	}
	for n := p.columns; n > p.columns/2; n-- {
		if len(o.cells)%n == 0 {
			p.columns = n
			break
		}
	}
	if rows := max((len(o.cells)+p.columns-1)/p.columns, 1); p.grid == w && p.rows-rows >= leastPreview {
		p.rows, p.under = rows, p.rows-rows
	}
	return p
}

// page is how many orders are shown at once.
func (p *ordersPlan) page() int { return p.columns * p.rows }

// drawOrders draws the grid in any area: what comes of all orders, a cell for each, and the selected one.
func drawOrders(a chart.Area, o *orders, f *Frame) {
	p := planOrders(a.W(), a.H(), o)
	text, wrong := o.headline()
	text = f.say(text)
	ink := inkKept
	switch {
	case o.failed != "":
		text, ink = o.failed, inkLost
	case len(o.cells) == 0:
		ink = inkUndecided
	case wrong:
		text, ink = "✗ "+text, inkLost
	case !o.complete(): // which proves nothing
		ink = inkUndecided
	default:
		text = "✓ " + text
	}
	put(a, 0, 0, piece{text, ink})
	put(a, 0, 1, o.legend(a.W(), f)...)
	middle := a.Sub(0, p.top, a.W(), a.H()-p.top-p.bottom)
	left := middle.Sub(0, 0, p.grid, middle.H()-p.under)
	o.drawCells(left.Box(o.gridTitle(&p), inkFocus, inkTitle, f.ASCII), &p)
	s, ok := o.selected()
	if !ok || o.preview.of != o.cursor+1 {
		return
	}
	played := &o.preview.playing
	preview := middle.Sub(p.grid, 0, a.W()-p.grid, middle.H())
	if p.under > 0 {
		preview = middle.Sub(0, middle.H()-p.under, middle.W(), p.under)
	}
	if preview.W() > 0 {
		drawDiagram(preview.Box(fmt.Sprintf("ORDER %d", o.cursor+1), inkFrame, inkTitle, f.ASCII), played, f.marks())
	}
	drawSchedule(a.Sub(0, a.H()-p.bottom, a.W(), 1), s, len(s.Moves))
	if p.bottom > 1 {
		sign, ink := outcomeSign(played)
		a.Text(0, a.H()-1, sign+sentence(played, a.W()-chart.TextWidth(sign), f), ink)
	}
}

// legend says what the signs mean, and how many there are of each.
func (o *orders) legend(room int, f *Frame) []piece {
	var line []piece
	for _, c := range o.upshots() {
		sign, ink := c.upshot.sign()
		next := append(line, piece{string(sign) + " ", ink}, piece{f.say(c.upshot.words()) + " ", inkDim}, piece{explore.Many(c.schedules) + "   ", inkTitle})
		if width(next) > room+3 {
			break
		}
		line = next
	}
	return line
}

// gridTitle says which cells are shown, where these are not all.
func (o *orders) gridTitle(p *ordersPlan) string {
	title := "EVERY ORDER"
	if len(o.cells) > 0 && o.more() {
		title = "THE FIRST " + explore.Many(uint64(len(o.cells))) + " ORDERS"
	}
	if pages := (len(o.cells) + p.page() - 1) / p.page(); pages > 1 {
		title += fmt.Sprintf("   page %d of %d", o.cursor/p.page()+1, pages)
	}
	return title
}

// drawCells draws the page of the grid that the cursor is on. A cell is two wide: the cursor stands before the sign.
func (o *orders) drawCells(a chart.Area, p *ordersPlan) {
	first := o.cursor / p.page() * p.page()
	for i := first; i < min(first+p.page(), len(o.cells)); i++ {
		x, y := (i-first)%p.columns*2, (i-first)/p.columns
		sign, ink := o.upshot(o.cells[i].outcome).sign()
		a.Set(x+1, y, sign, ink)
		if p.list {
			a.Text(x+4, y, o.movesText(i), inkPlain)
		}
		if i == o.cursor {
			a.Set(x, y, '›', inkCursor)
		}
	}
}

// movesText writes the moves of a cell.
func (o *orders) movesText(cell int) string {
	_, moves, _ := strings.Cut(o.schedule(cell).String(), ": ")
	return moves
}
