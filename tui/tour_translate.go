package tui

import (
	"regexp"
	"strings"

	"locktop/sim"
)

// The scenes of a tour are drawn by what draws them elsewhere, in English. A tour in another language has a catalog of these texts:
// each is looked up as it is written, without the blanks around it, and with # for each number, client and strategy in it. In the
// translation, every # stands for the next of them. What is not in the catalog stays as it is, as do commands, names and keys.

// variable is what differs from one text to the next of its kind.
var variable = regexp.MustCompile(`\bc[0-9]+\b|\b(?:` + strings.Join(sim.StrategyNames(), "|") + `)\b|[+\-−]?[0-9]+(?:[.,:][0-9]+)*(?:ms|s|k|M|st|nd|rd|th)?\b`)

// translate is what a scene's text is in the language of the tour.
func (m *tourModel) translate(text string) string {
	if m.words.scenes == nil {
		return text
	}
	core := strings.Trim(text, " ")
	if core == "" {
		return text
	}
	translated, ok := m.words.scenes[core]
	if !ok {
		if translated, ok = m.words.scenes[variable.ReplaceAllString(core, "#")]; !ok {
			return text
		}
		for _, is := range variable.FindAllString(core, -1) {
			translated = strings.Replace(translated, "#", ordinals.ReplaceAllString(is, "$1"), 1)
		}
	}
	at := strings.Index(text, core)
	return text[:at] + translated + text[at+len(core):]
}

// ordinals are numbers as English counts with them.
var ordinals = regexp.MustCompile(`^([0-9]+)(?:st|nd|rd|th)$`)
