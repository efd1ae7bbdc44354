package tui

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"locktop/sim"
	"locktop/sim/explore"
)

// The scenes of a tour are drawn by what draws them elsewhere, in English. A tour in another language has a catalog of these texts:
// each is looked up as it is written, without the blanks around it, and with # for each number, client and strategy in it. In the
// translation, every # stands for the next of them, and #2 for the second. What is not in the catalog stays as it is, as do commands,
// names and keys.
//
// A text that is not in the catalog as a whole may be put together of clauses that are: all of them, or it stays as it is.
//
// Most texts are translated when they are written into their place, which the English ones have had measured: [tourWords.scenes].
// What is laid out by its own length, as pages of text and footers are, is translated before: [tourWords.pages] and [Frame.say].

// variable is what differs from one text to the next of its kind.
var variable = regexp.MustCompile(`\bc[0-9]+\b|\b(?:` + strings.Join(longestFirst(sim.StrategyNames()), "|") + `)\b|[+\-−]?[0-9]+(?:[.,:][0-9]+)*(?:ms|s|k|M|st|nd|rd|th)?\b|` +
	`\b(?:Two|Three|Four|Five|Six|Seven|Eight|Nine|Ten)\b`)

// longestFirst has no name come after its beginning.
func longestFirst(names []string) []string {
	slices.SortStableFunc(names, func(a, b string) int { return len(b) - len(a) })
	return names
}

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
	if !strings.Contains(core, " and ") && !joint.MatchString(core) {
		return text
	}
	if translated, ok := w.clauses(listed.ReplaceAllString(core, "#"), listed.FindAllString(core, -1), catalogs); ok {
		return around(translated)
	}
	return text
}

// listed is a variable, or several clients one after the other, whose number differs from one text to the next of its kind.
var listed = regexp.MustCompile(`\bc[0-9]+(?:'s)?(?:, c[0-9]+(?:'s)?)* and c[0-9]+\b|` + variable.String())

// and has the names of a list be joined as in a language without spaces.
var and = strings.NewReplacer("'s", "", ", ", "、", " and ", "和")

// joint is what joins clauses, and joints is what does so in a language without spaces.
var (
	joint  = regexp.MustCompile(`[;:,] `)
	joints = map[string]string{"; ": "；", ": ": "：", ", ": "，"}
)

// clauses translates a text of some kind clause by clause; ok is false if one of them is in no catalog. A clause may hold what joins
// others.
func (w *tourWords) clauses(kind string, variables []string, catalogs []map[string]string) (translated string, ok bool) {
	clause := func(kind string) (string, bool) {
		if kind == "#" {
			return w.fill(kind, variables), true
		}
		for _, catalog := range catalogs {
			if translated, ok := catalog[kind]; ok {
				return w.fill(translated, variables), true
			}
		}
		return "", false
	}
	if translated, ok = clause(kind); ok {
		return translated, true
	}
	for _, at := range joint.FindAllStringIndex(kind, -1) {
		first, ok := clause(kind[:at[0]])
		if !ok {
			continue
		}
		if rest, ok := w.clauses(kind[at[1]:], variables[strings.Count(kind[:at[0]], "#"):], catalogs); ok {
			return first + joints[kind[at[0]:at[1]]] + rest, true
		}
	}
	return "", false
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
		if strings.Contains(is, " and ") {
			return and.Replace(is)
		}
		return ordinals.ReplaceAllString(is, "$1")
	})
}

// say looks texts up that are laid out by their own length; nil if the language of the tour is that of the scenes.
func (m *tourModel) say() func(string) string {
	if m.words.scenes == nil {
		return nil
	}
	return m.words.onPages
}

// marks are the signs of the diagrams of the tour, and their words.
func (m *tourModel) marks() explore.Marks {
	return (&Frame{ASCII: m.opts.ASCII, words: m.say()}).marks()
}

// say is what a text is in the language of who reads the frame.
func (f *Frame) say(text string) string {
	if f.words == nil {
		return text
	}
	return f.words(text)
}
