package tui

import (
	"regexp"
	"strings"

	"locktop/tui/chart"
)

// What is on the screen, in at most three sentences.

// howToRead says in one sentence how to read each of the views.
var howToRead = [viewCount]string{
	RaceView: "Every lane has the same alerts and the same scale: compare how many are inside now, where the curve settles beside the dashed truth, " +
		"and on each client's line what it reads, writes ✗ over another's, or waits for.",
	TimelineView: "Each line is a client and time runs to the right, a cell being as long as is said below: z and Z zoom, ← and → move in time.",
	HistoryView: "Each line is a value that the average has had, the newest on top: ● leads to the value now in Redis, and ✗ is an update that was " +
		"acknowledged and is gone.",
	ClientsView: "Each line is a client, in the order of the marked column: erased is how many of the lost updates, of anybody, its writes took away, " +
		"and its share of the kept ones would be the same for all if the lane were fair; - stands for a p99 of fewer than 100 waits, and for a median of fewer than 10.",
	RunsView: "Each line is a run that has ended, with what came of its lanes; two that are marked are compared number by number, and ≠ stands where " +
		"they differ.",
}

// strategySentences is how many of the three are about the strategy.
const strategySentences = 2

// infoLines explain the focused strategy and the view, in lines of n cells.
func (f *Frame) infoLines(n int) [][]piece {
	s := f.strategy(f.Focus)
	lines := [][]piece{{{strings.ToUpper(s.Name) + "  ", inkTitle}, {cutText(f.say(s.Title), n-len(s.Name)-2), inkTitle}}}
	lines = append(lines, paragraph(firstSentences(f.say(s.Explain), strategySentences), n, inkPlain)...)
	lines = append(lines, nil, []piece{{f.say("THIS VIEW"), inkTitle}})
	return append(lines, paragraph(f.keyText(f.say(howToRead[f.View])), n, inkPlain)...)
}

// sentenceEnd is where a sentence ends, and perhaps another one begins.
var sentenceEnd = regexp.MustCompile(`\. |。`)

// firstSentences cuts a text after some sentences.
func firstSentences(text string, n int) string {
	end := 0
	for range n {
		i := sentenceEnd.FindStringIndex(text[end:])
		if i == nil {
			return text
		}
		end += i[1]
	}
	return strings.TrimSpace(text[:end])
}

func drawInfo(screen chart.Area, f *Frame) {
	drawPage(screen, "WHAT THIS IS", "i", f.infoLines(boxText(screen.W())), f)
}
