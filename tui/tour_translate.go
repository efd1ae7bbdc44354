package tui

import (
	"regexp"
	"strconv"
	"strings"

	"locktop/sim"
)

// The scenes of a tour are drawn by what draws them elsewhere, in English. A tour in another language has a catalog of these texts:
// each is looked up as it is written, without the blanks around it, and with # for each number, client and strategy in it. In the
// translation, every # stands for the next of them, and #2 for the second. What is not in the catalog stays as it is, as do commands,
// names and keys.
//
// Most texts are translated when they are written into their place, which the English ones have had measured: [tourWords.scenes].
// What is laid out by its own length, as pages of text and footers are, is translated before: [tourWords.pages] and [Frame.say].

// variable is what differs from one text to the next of its kind.
var variable = regexp.MustCompile(`\bc[0-9]+\b|\b(?:` + strings.Join(sim.StrategyNames(), "|") + `)\b|[+\-−]?[0-9]+(?:[.,:][0-9]+)*(?:ms|s|k|M|st|nd|rd|th)?\b|` +
	`\b(?:Two|Three|Four|Five|Six|Seven|Eight|Nine|Ten)\b`)

// slot is where a variable stands in a translation: the next one, or the one of that number.
var slot = regexp.MustCompile(`#[1-9]?`)

// ordinals are numbers as English counts with them.
var ordinals = regexp.MustCompile(`^([0-9]+)(?:st|nd|rd|th)$`)

// inPlace is what a text is in the language of the tour, and no longer than it.
func (w *tourWords) inPlace(text string) string { return w.translate(text, w.scenes) }

// onPages is what a text is in the language of the tour where it may be longer.
func (w *tourWords) onPages(text string) string { return w.translate(text, w.pages, w.scenes) }

// translate looks a text up in some catalogs.
func (w *tourWords) translate(text string, catalogs ...map[string]string) string {
	core := strings.Trim(text, " ")
	if core == "" {
		return text
	}
	at := strings.Index(text, core)
	around := func(translated string) string { return text[:at] + translated + text[at+len(core):] }
	for _, catalog := range catalogs {
		if translated, ok := catalog[core]; ok {
			return around(translated)
		}
	}
	kind := variable.ReplaceAllString(core, "#")
	for _, catalog := range catalogs {
		if translated, ok := catalog[kind]; ok {
			return around(w.fill(translated, variable.FindAllString(core, -1)))
		}
	}
	return text
}

// fill puts variables in their places.
func (w *tourWords) fill(translated string, variables []string) string {
	next := 0
	return slot.ReplaceAllStringFunc(translated, func(at string) string {
		i := next
		if n, err := strconv.Atoi(at[1:]); err == nil {
			i = n - 1
		} else {
			next++
		}
		is := variables[i]
		if number, ok := w.numbers[is]; ok {
			return number
		}
		return ordinals.ReplaceAllString(is, "$1")
	})
}

// say is what a text is in the language of who reads the frame.
func (f *Frame) say(text string) string {
	if f.words == nil {
		return text
	}
	return f.words(text)
}
