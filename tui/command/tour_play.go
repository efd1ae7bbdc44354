package command

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"locktop/tui"
	"locktop/tui/tour"
)

// actPatience is how long an act may take that is played without a screen.
const actPatience = time.Minute

// play has the tour play itself, and reports.
func (t *taken) play(cmd *cobra.Command, args []string, stdout io.Writer) error {
	files := t.files()
	languages, err := tour.Languages(files)
	if err != nil {
		return err
	}
	if t.language != "" {
		languages = []string{t.language}
	}
	broken, promises := 0, 0
	for _, language := range languages {
		lessons, err := load(cmd.Context(), files, language)
		if err != nil {
			return usageError{err}
		}
		if len(args) > 0 {
			step, err := stepOf(lessons, args, &tour.Progress{})
			if err != nil {
				return usageError{err}
			}
			lessons = lessons[step : step+1]
		}
		heading := ""
		err = tui.Tour{Lessons: lessons, Language: language}.Play(cmd.Context(), actPatience, func(p tui.Played) {
			if next := fmt.Sprintf("%s %s: %s", language, p.Lesson.Name, p.Lesson.Title); next != heading {
				heading = next
				fmt.Fprintln(stdout, heading)
			}
			for i, e := range p.Lesson.Acts[p.Act].Expect {
				mark := "✓"
				if promises++; !e.Holds(p.Values[i]) {
					mark = "✗"
					broken++
				}
				fmt.Fprintf(stdout, "  %s %d  promised %-22s came out %s\n", mark, p.Act+1, e, p.Values[i])
			}
		})
		if err != nil {
			if cmd.Context().Err() != nil {
				fmt.Fprintf(stdout, "interrupted: of %d promises so far, %d were kept; the other steps were not played\n", promises, promises-broken)
			}
			return err
		}
	}
	if broken > 0 {
		return notCorrect{fmt.Errorf("tour: %d of %d promises were not kept", broken, promises)}
	}
	_, err = fmt.Fprintf(stdout, "all %d promises kept\n", promises)
	return err
}
