// Package chart draws text, boxes, bars, line charts and time axes into one grid of terminal cells.
//
// The whole screen is a single [Grid]. Every part of it is drawn into an [Area], a rectangle that clips, so a frame can
// be neither wider nor taller than its window, whatever its size and whatever text comes from outside. [Grid.Paint] turns
// the cells into the string that the terminal gets.
//
// Functions that draw are pure: the same data in the same area give the same cells, from one frame to the next. The
// package knows no colours, only [Ink] numbers that mean what the caller says, and it reads neither clock nor keyboard.
// A Grid and its Areas belong to one goroutine.
package chart

import "unicode/utf8"

// Ink says how a cell is to look. Its meaning is the caller's, who gives a [Pen] for each when painting; 0 is plain.
type Ink uint8

// Pen is what an ink looks like on a terminal: what is written before and after a run of cells, such as SGR sequences.
type Pen struct{ Prefix, Suffix string }

// Cell is one place on the screen. Rune 0 is a blank.
type Cell struct {
	Rune rune
	Ink  Ink
}

// wideTail stands in the second cell of a rune that is two cells wide. Either half never stays without the other.
const wideTail rune = -1

// Grid is a rectangle of cells. Areas cut from it stay safe to use after a Resize, though they may then lie elsewhere
// than meant: cut new ones.
type Grid struct {
	w, h  int
	cells []Cell
	paint []byte
	frame string // what Paint returned last
	words func(string) string
}

// NewGrid returns a blank grid of w × h cells. Negative sizes count as 0.
func NewGrid(w, h int) *Grid {
	g := new(Grid)
	g.Resize(w, h)
	return g
}

// Resize makes the grid w × h cells and blanks it, reusing its memory where that suffices.
func (g *Grid) Resize(w, h int) {
	g.w, g.h = max(w, 0), max(h, 0)
	n := g.w * g.h
	if n > cap(g.cells) {
		g.cells = make([]Cell, n)
		return
	}
	g.cells = g.cells[:n]
	g.Clear()
}

// Translate has f look at every text before it is written, until the next call; nil is nobody. Whoever lays texts out by their
// width is not told, so f had better return none that is wider.
func (g *Grid) Translate(f func(string) string) { g.words = f }

// Clear blanks every cell.
func (g *Grid) Clear() { clear(g.cells) }

// Area returns the whole grid.
func (g *Grid) Area() Area { return Area{grid: g, w: g.w, h: g.h} }

// Paint returns the grid as lines joined by "\n", each exactly as wide as the grid; blanks at the end are kept, so that
// a line always covers what stood there before. Runs of equal ink are wrapped in pens[ink]; an ink without a pen is plain.
// A frame equal to the one before costs no allocation, any other just the string.
func (g *Grid) Paint(pens []Pen) string {
	b := g.paint[:0]
	for y := range g.h {
		if y > 0 {
			b = append(b, '\n')
		}
		row := g.cells[y*g.w : (y+1)*g.w]
		for x := 0; x < len(row); {
			ink := row[x].Ink
			var pen Pen
			if int(ink) < len(pens) {
				pen = pens[ink]
			}
			b = append(b, pen.Prefix...)
			for ; x < len(row) && (row[x].Ink == ink || row[x].Rune == wideTail); x++ {
				switch r := row[x].Rune; r {
				case wideTail:
				case 0:
					b = append(b, ' ')
				default:
					b = utf8.AppendRune(b, r)
				}
			}
			b = append(b, pen.Suffix...)
		}
	}
	g.paint = b
	if g.frame != string(b) {
		g.frame = string(b)
	}
	return g.frame
}

// put writes a cell and blanks the other half of a wide rune it cuts, even where that lies outside of the caller's area.
func (g *Grid) put(x, y int, c Cell) {
	if uint(x) >= uint(g.w) || uint(y) >= uint(g.h) {
		return
	}
	i := y*g.w + x
	if g.cells[i].Rune == wideTail {
		g.cells[i-1].Rune = 0
	}
	if x+1 < g.w && g.cells[i+1].Rune == wideTail {
		g.cells[i+1].Rune = 0
	}
	g.cells[i] = c
}

// putWide writes a rune of two cells, both of which must be within the grid's width.
func (g *Grid) putWide(x, y int, c Cell) {
	if x < 0 || x+1 >= g.w || uint(y) >= uint(g.h) {
		return
	}
	g.put(x, y, Cell{})
	g.put(x+1, y, Cell{})
	i := y*g.w + x
	g.cells[i], g.cells[i+1] = c, Cell{Rune: wideTail, Ink: c.Ink}
}
