package tui

import (
	"fmt"
	"math"
	"strconv"
	"testing"

	"github.com/lucasb-eyer/go-colorful"
	"github.com/muesli/termenv"

	"locktop/tui/chart"
)

// vision is how a person sees colours: a matrix on linear RGB. Those without one kind of cones are from Machado, Oliveira
// and Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency", IEEE TVCG 15 (2009), at
// severity 1.0.
type vision [3][3]float64

var visions = map[string]vision{
	"normal":       {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"protanopia":   {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"deuteranopia": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"tritanopia":   {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

// see returns what a colour looks like.
func (v vision) see(c colorful.Color) colorful.Color {
	r, g, b := c.LinearRgb()
	var seen [3]float64
	for i, row := range v {
		seen[i] = row[0]*r + row[1]*g + row[2]*b
	}
	return colorful.LinearRgb(seen[0], seen[1], seen[2]).Clamped()
}

// apart is how different two colours look: CIEDE2000, in its usual unit, of which one is just noticeable.
func (v vision) apart(a, b colorful.Color) float64 {
	return 100 * v.see(a).DistanceCIEDE2000(v.see(b))
}

// contrast is the contrast ratio of WCAG 2.2, from 1 to 21.
func contrast(a, b colorful.Color) float64 {
	luminance := func(c colorful.Color) float64 {
		r, g, b := c.LinearRgb()
		return 0.2126*r + 0.7152*g + 0.0722*b
	}
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// xterm returns a colour of the 256 of xterm. The first 16 are its defaults: every terminal has others.
func xterm(index string) colorful.Color {
	n, err := strconv.Atoi(index)
	if err != nil {
		panic(err)
	}
	rgb := func(r, g, b int) colorful.Color {
		return colorful.Color{R: float64(r) / 255, G: float64(g) / 255, B: float64(b) / 255}
	}
	switch {
	case n < 16:
		c, _ := colorful.Hex([...]string{
			"#000000", "#cd0000", "#00cd00", "#cdcd00", "#0000ee", "#cd00cd", "#00cdcd", "#e5e5e5",
			"#7f7f7f", "#ff0000", "#00ff00", "#ffff00", "#5c5cff", "#ff00ff", "#00ffff", "#ffffff",
		}[n])
		return c
	case n < 232:
		level := func(i int) int { return [...]int{0, 95, 135, 175, 215, 255}[i%6] }
		return rgb(level((n-16)/36), level((n-16)/6), level(n-16))
	}
	grey := 8 + 10*(n-232)
	return rgb(grey, grey, grey)
}

// colour returns that of a look on a terminal with so many colours.
func (l look) colour(profile termenv.Profile) colorful.Color {
	switch profile {
	case termenv.TrueColor:
		c, err := colorful.Hex(l.trueColor)
		if err != nil {
			panic(err)
		}
		return c
	case termenv.ANSI256:
		return xterm(l.ansi256)
	}
	return xterm(l.ansi)
}

// profiles are the terminals with colours.
var profiles = map[termenv.Profile]string{termenv.TrueColor: "true colour", termenv.ANSI256: "256 colours", termenv.ANSI: "16 colours"}

// inkNames are for messages.
var inkNames = map[chart.Ink]string{
	inkDim: "dim", inkName: "name", inkTitle: "title", inkFrame: "frame", inkFocus: "focus", inkLost: "lost", inkKept: "kept",
	inkUndecided: "undecided", inkTruth: "truth", inkRead: "read", inkCompute: "compute", inkWrite: "write", inkWaiting: "waiting",
	inkFailed: "failed", inkHolding: "holding", inkCursor: "cursor", inkState: "state", inkHalted: "halted", inkKey: "key",
	inkNotice: "notice", inkFault: "fault",
}

// toldApart are the inks that mean different things in one place, beside the glyphs that differ as well.
var toldApart = [][2]chart.Ink{
	// verdicts, counters, the graph of versions
	{inkLost, inkKept}, {inkLost, inkUndecided}, {inkKept, inkUndecided}, {inkLost, inkFault}, {inkKept, inkFault},
	{inkLost, inkTitle}, {inkLost, inkDim}, {inkKept, inkDim},
	// signs on a timeline
	{inkLost, inkRead}, {inkLost, inkWrite}, {inkLost, inkHolding}, {inkLost, inkCompute}, {inkWrite, inkCompute}, {inkRead, inkCompute},
	{inkHolding, inkWaiting}, {inkHolding, inkFailed}, {inkHolding, inkWrite}, {inkFailed, inkWaiting}, {inkFailed, inkFault},
	{inkFault, inkWrite}, {inkFault, inkWaiting},
	// curves
	{inkTruth, inkLost}, {inkTruth, inkKept},
	// the header, the footer, and what is selected
	{inkState, inkHalted}, {inkKey, inkDim}, {inkNotice, inkDim}, {inkCursor, inkDim}, {inkFocus, inkFrame},
}

// TestInksAreToldApartByEverybody, whatever colours their eyes and their terminal have. With 16 colours that is up to the
// terminal in the end: less has to do with those of xterm.
func TestInksAreToldApartByEverybody(t *testing.T) {
	least := map[termenv.Profile]float64{termenv.TrueColor: 10, termenv.ANSI256: 10, termenv.ANSI: 6}
	for theme, looks := range themes {
		for profile, terminal := range profiles {
			for _, pair := range toldApart {
				a, b := looks[pair[0]].colour(profile), looks[pair[1]].colour(profile)
				for name, v := range visions {
					if d := v.apart(a, b); d < least[profile] {
						t.Errorf("%s theme, %s, %s: %s and %s are %.1f apart, want %.0f", theme, terminal, name, inkNames[pair[0]], inkNames[pair[1]], d, least[profile])
					}
				}
			}
		}
	}
}

// TestInksStandOutFromTheBackground as WCAG asks for (AA, 4.5:1), but for borders, which only have to be seen. With 16
// colours that is up to the terminal.
func TestInksStandOutFromTheBackground(t *testing.T) {
	backgrounds := map[Theme][]string{Dark: {"#000000", "#1e1e1e"}, Light: {"#ffffff", "#fafafa"}}
	for theme, looks := range themes {
		for _, profile := range []termenv.Profile{termenv.TrueColor, termenv.ANSI256} {
			for ink, name := range inkNames {
				least := 4.5
				if ink == inkFrame {
					least = 2
				}
				for _, hex := range backgrounds[theme] {
					background, _ := colorful.Hex(hex)
					if c := contrast(looks[ink].colour(profile), background); c < least {
						t.Errorf("%s theme, %s: %s on %s has a contrast of %.2f, want %.1f", theme, profiles[profile], name, hex, c, least)
					}
				}
			}
		}
	}
}

// TestTheMeasuresOfColours checks the checks: what they say of colours that are known.
func TestTheMeasuresOfColours(t *testing.T) {
	hex := func(s string) colorful.Color { c, _ := colorful.Hex(s); return c }
	for name, v := range visions {
		for i, row := range v {
			if sum := row[0] + row[1] + row[2]; math.Abs(sum-1) > 1e-5 {
				t.Errorf("%s: white is not white: row %d adds up to %f", name, i, sum)
			}
		}
	}
	red, green := hex("#c04000"), hex("#607000")
	blue, teal := hex("#2060c0"), hex("#007a7a")
	for _, c := range []struct {
		vision     string
		a, b       colorful.Color
		least, max float64
	}{
		{"normal", red, green, 40, 100},
		{"deuteranopia", red, green, 0, 10},
		{"tritanopia", red, green, 30, 100},
		{"normal", blue, teal, 25, 100},
		{"tritanopia", blue, teal, 0, 12},
		{"normal", red, red, 0, 0},
	} {
		if d := visions[c.vision].apart(c.a, c.b); d < c.least || d > c.max {
			t.Errorf("%s: %s and %s are %.1f apart, want %.0f to %.0f", c.vision, c.a.Hex(), c.b.Hex(), d, c.least, c.max)
		}
	}
	for want, c := range map[string]float64{"21.00": contrast(hex("#000000"), hex("#ffffff")), "4.54": contrast(hex("#767676"), hex("#ffffff")), "1.00": contrast(red, red)} {
		if got := fmt.Sprintf("%.2f", c); got != want {
			t.Errorf("a contrast is %s, should be %s", got, want)
		}
	}
	if got := xterm("208").Hex() + xterm("75").Hex() + xterm("245").Hex(); got != "#ff8700#5fafff#8a8a8a" {
		t.Errorf("colours 208, 75 and 245 are %s", got)
	}
	if int(inks) != len(inkNames)+1 {
		t.Errorf("%d of %d inks are tested", len(inkNames), inks-1)
	}
}
