package tui

import (
	"io"
	"os"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/term"
	"github.com/muesli/termenv"

	"locktop/tui/chart"
)

// Theme says what the terminal's background is.
type Theme string

// The themes there are.
const (
	Dark  Theme = "dark"
	Light Theme = "light"
)

// The inks of the screen, named by what they mean. Wrong is orange, right is blue and what was done on purpose is a reddish
// purple, which people of every colour vision tell apart; no ink is ever the only sign of anything.
const (
	inkPlain     chart.Ink = iota
	inkDim                 // axes, idle clients, explanations
	inkName                // the program's name
	inkTitle               // headings
	inkFrame               // borders and the like, which tell nothing
	inkFocus               // border and title of the focused lane
	inkLost                // wrong, lost, overlapping
	inkKept                // correct, alone inside
	inkUndecided           // nothing to judge yet
	inkTruth               // the true average
	inkRead
	inkCompute
	inkWrite
	inkWaiting
	inkFailed
	inkHolding
	inkCursor // the selected client
	inkState  // the running state in the header
	inkHalted // the same when it stands still
	inkKey    // a key in the footer
	inkNotice
	inkFault // what was done on purpose
	inks     // how many there are
)

// look is one ink in one theme: a colour for terminals with 16 million, 256 and 16 colours.
type look struct {
	trueColor, ansi256, ansi string
	bold                     bool
}

var themes = map[Theme][inks]look{
	Dark: {
		inkDim:       {"#7f8690", "245", "8", false},
		inkName:      {"#ffffff", "231", "15", true},
		inkTitle:     {"#e4e8ee", "254", "15", true},
		inkFrame:     {"#565d68", "240", "8", false},
		inkFocus:     {"#c8d0da", "252", "15", true},
		inkLost:      {"#ff9f1c", "214", "11", true},
		inkKept:      {"#5ab4f0", "75", "14", true},
		inkUndecided: {"#aab2bd", "249", "7", false},
		inkTruth:     {"#d7dce3", "253", "7", false},
		inkRead:      {"#d7dce3", "253", "7", false},
		inkCompute:   {"#7f8690", "245", "8", false},
		inkWrite:     {"#ffffff", "231", "15", true},
		inkWaiting:   {"#8a8a8a", "245", "8", false},
		inkFailed:    {"#c9b458", "179", "3", false},
		inkHolding:   {"#5ab4f0", "75", "14", false},
		inkCursor:    {"#ffffff", "231", "15", true},
		inkState:     {"#5ab4f0", "75", "14", true},
		inkHalted:    {"#ff9f1c", "214", "11", true},
		inkKey:       {"#ffffff", "231", "15", true},
		inkNotice:    {"#ff9f1c", "214", "11", true},
		inkFault:     {"#d75faf", "169", "13", true},
	},
	Light: {
		inkDim:       {"#6a717b", "242", "8", false},
		inkName:      {"#000000", "16", "0", true},
		inkTitle:     {"#1b1f24", "234", "0", true},
		inkFrame:     {"#98a0ab", "247", "7", false},
		inkFocus:     {"#2f363e", "236", "0", true},
		inkLost:      {"#b34a00", "130", "1", true},
		inkKept:      {"#005f9e", "25", "4", true},
		inkUndecided: {"#59616b", "241", "8", false},
		inkTruth:     {"#3a424b", "237", "0", false},
		inkRead:      {"#3a424b", "237", "0", false},
		inkCompute:   {"#6a717b", "242", "8", false},
		inkWrite:     {"#000000", "16", "0", true},
		inkWaiting:   {"#6c737d", "242", "8", false},
		inkFailed:    {"#7d6608", "94", "3", false},
		inkHolding:   {"#005f9e", "25", "4", false},
		inkCursor:    {"#000000", "16", "0", true},
		inkState:     {"#005f9e", "25", "4", true},
		inkHalted:    {"#b34a00", "130", "1", true},
		inkKey:       {"#000000", "16", "0", true},
		inkNotice:    {"#b34a00", "130", "1", true},
		inkFault:     {"#87005f", "89", "5", true},
	},
}

// newOutput is a terminal with the colours that it has.
func newOutput(w io.Writer) *termenv.Output {
	f, ok := w.(terminalFile)
	return termenv.NewOutput(w, termenv.WithProfile(profile(ok && term.IsTerminal(f.Fd()))))
}

// profile is how many colours a terminal has, by what the environment says of it. That CI is set says nothing of a terminal, and
// of those that termenv does not know, most have 16.
func profile(isTerminal bool) termenv.Profile {
	o := termenv.NewOutput(io.Discard, termenv.WithTTY(isTerminal), termenv.WithProfile(termenv.Ascii))
	p := o.EnvColorProfile()
	switch name := os.Getenv("TERM"); {
	case p == termenv.TrueColor && remote():
		p = termenv.ANSI256 // which takes half the bytes
	case p != termenv.Ascii || !isTerminal || o.EnvNoColor():
	case name == "" || name == "dumb" || name == "unknown" || strings.HasPrefix(name, "vt"):
	default:
		p = termenv.ANSI
	}
	return p
}

// Pens returns what the inks of [Draw] look like on a terminal with the given colours, for [chart.Grid.Paint]. Without
// colours ([termenv.Ascii], which is what NO_COLOR asks for) every pen is empty.
func Pens(theme Theme, profile termenv.Profile) []chart.Pen {
	renderer := lipgloss.NewRenderer(nil, termenv.WithProfile(profile))
	renderer.SetColorProfile(profile)
	looks, ok := themes[theme]
	if !ok {
		looks = themes[Dark]
	}
	pens := make([]chart.Pen, inks)
	for ink, l := range looks {
		if l.trueColor == "" {
			continue
		}
		style := renderer.NewStyle().Bold(l.bold).
			Foreground(lipgloss.CompleteColor{TrueColor: l.trueColor, ANSI256: l.ansi256, ANSI: l.ansi})
		const marker = "x"
		pens[ink].Prefix, pens[ink].Suffix, _ = strings.Cut(style.Render(marker), marker)
	}
	return pens
}
