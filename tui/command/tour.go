package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"locktop/sim/cli"
	"locktop/sim/nearest"
	"locktop/tui"
	"locktop/tui/tour"
)

const tourHelp = `A lesson of about ten minutes on the live screen: what a lost update is, why a
lock prevents it, and why a lease can break the lock. You predict, do and see; a
step is done when what it promises has happened.

STEP is the number or the name of the step to begin with; without it, the tour goes
on where you left it. Progress is kept in locktop/tour.json in $XDG_STATE_HOME or
~/.local/state.

With --headless the tour plays itself, without a screen, and reports what every step
promised and what came of it; the exit code is 3 if a promise was not kept.

Lessons are text files. --lessons names a directory with lessons of your own, in
folders named after languages: DIR/en/01-name.md. The documentation of the package
locktop/tui/tour describes their format.`

// taken is a tour that is to be taken.
type taken struct {
	file     string // of the configuration
	shown    shown
	list     bool
	reset    bool
	language string
	dir      string // of other lessons; empty is those of the program
}

// newTour teaches.
func newTour(stdout io.Writer) *cobra.Command {
	var t taken
	cmd := &cobra.Command{
		Use:     "tour [STEP]",
		Short:   "A lesson of ten minutes: lost updates, locks and leases",
		Long:    tourHelp,
		Example: "  locktop tour\n  locktop tour 5\n  locktop tour kill-the-holder --theme light\n  locktop tour --headless",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{fmt.Errorf("tour: want one STEP at most, have %d", len(args))}
			}
			return nil
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, typed string) (steps []string, _ cobra.ShellCompDirective) {
			if lessons, err := t.lessons(cmd.Context()); err == nil && len(args) == 0 {
				for _, l := range lessons {
					if !strings.HasPrefix(l.Name, typed) {
						continue
					}
					steps = append(steps, l.Name+"\t"+l.Title)
				}
			}
			return steps, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error { return t.run(cmd, args, stdout) },
	}
	fl := cmd.Flags()
	fl.SortFlags = false
	fl.StringVar(&t.language, "lang", "", "`LANGUAGE` of the lessons, en or zh; that of LC_ALL, LC_MESSAGES or LANG unless given")
	fl.BoolVar(&t.list, "list", false, "list the steps, and which of them you have taken")
	fl.BoolVar(&t.reset, "reset", false, "forget which steps you have taken")
	fl.BoolVar(&t.shown.headless, "headless", false, "no screen: the tour plays itself and reports, in all languages or that of --lang")
	fl.StringVar(&t.dir, "lessons", "", "take the lessons from this `DIR`")
	cli.Group(fl, "Lessons", "lang", "list", "reset", "headless", "lessons")
	t.shown.output = "text"
	t.shown.addScreen(fl)
	fl.StringVar(&t.file, "config", "", configUsage)
	cli.Group(fl, screenGroup, "config")
	completeWith(cmd, map[string]cobra.CompletionFunc{
		"lang": cli.Values("en\tEnglish", "zh\t中文"), "theme": cli.Values(themes...),
		"lessons": func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
	})
	return cmd
}

// files are where the lessons are.
func (t *taken) files() fs.FS {
	if t.dir == "" {
		return tour.Embedded()
	}
	return os.DirFS(t.dir)
}

// lessons are those in the language that is wanted.
func (t *taken) lessons(ctx context.Context) ([]tour.Lesson, error) {
	files := t.files()
	language, err := t.chosen(files)
	if err != nil {
		return nil, err
	}
	lessons, err := load(ctx, files, language)
	if err != nil {
		return nil, fmt.Errorf("lessons: %w", err)
	}
	return lessons, nil
}

// load reads the lessons in a language, until ctx ends.
func load(ctx context.Context, files fs.FS, language string) ([]tour.Lesson, error) {
	return await(ctx, func() ([]tour.Lesson, error) { return tour.Load(files, language) })
}

// chosen is the language that was asked for or, if there is such a one, that of the environment.
func (t *taken) chosen(files fs.FS) (string, error) {
	languages, err := tour.Languages(files)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("lessons: there is no directory %s", t.dir)
	case err != nil:
		return "", fmt.Errorf("lessons: %w", err)
	case t.language == "":
		return localLanguage(languages), nil
	case !slices.Contains(languages, t.language):
		return "", fmt.Errorf("lang: want one of %s, have %q", strings.Join(languages, ", "), t.language)
	}
	return t.language, nil
}

// localLanguage is that of the environment if it is among the languages, and else English.
func localLanguage(languages []string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if locale := os.Getenv(name); locale != "" {
			language, _, _ := strings.Cut(strings.ReplaceAll(locale, ".", "_"), "_")
			if slices.Contains(languages, language) {
				return language
			}
			break
		}
	}
	return tour.English
}

// run checks the flags, and takes or plays the tour.
func (t *taken) run(cmd *cobra.Command, args []string, stdout io.Writer) error {
	settings, err := filled(cmd)
	if err != nil {
		return err
	}
	if err := t.shown.complete(); err != nil {
		return usageError{settings.Blame(err)}
	}
	lessons, err := t.lessons(cmd.Context())
	if err != nil {
		return usageError{settings.Blame(err)}
	}
	if t.shown.headless {
		return t.play(cmd, args, stdout)
	}
	progress, err := await(cmd.Context(), openProgress)
	if err != nil {
		return err
	}
	if t.reset {
		if err := progress.Reset(); err != nil {
			return fmt.Errorf("reset: %w", err)
		}
	}
	if t.list || t.reset && len(args) == 0 {
		return list(stdout, lessons, progress)
	}
	first, err := stepOf(lessons, args, progress)
	if err != nil {
		return usageError{err}
	}
	if !isTerminal(stdout) {
		return needTerminal("tour", "use --headless or --list")
	}
	language, err := t.chosen(t.files())
	if err != nil {
		return err
	}
	err = tui.Tour{Lessons: lessons, Language: language, First: first, Progress: progress}.Take(cmd.Context(), t.shown.options())
	if why := progress.Unsaved(); why != nil {
		fmt.Fprintf(cmd.ErrOrStderr(), "locktop: the steps you have taken are not remembered: %v\n", why)
	}
	return err
}

// openProgress is the progress so far or, where there is no place for it, one that is kept nowhere.
func openProgress() (*tour.Progress, error) {
	path, err := tour.ProgressPath()
	if err != nil {
		return tour.NoProgress(err), nil
	}
	return tour.LoadProgress(path), nil
}

// stepOf is the lesson that is named, by number or name or, without one, that which was looked at last.
func stepOf(lessons []tour.Lesson, args []string, progress *tour.Progress) (int, error) {
	find := func(name string) int {
		return slices.IndexFunc(lessons, func(l tour.Lesson) bool { return l.Name == name })
	}
	if len(args) == 0 {
		return max(find(progress.Last), 0), nil
	}
	if n, err := strconv.Atoi(args[0]); err == nil && 1 <= n && n <= len(lessons) {
		return n - 1, nil
	}
	if i := find(args[0]); i >= 0 {
		return i, nil
	}
	var names []string
	for _, l := range lessons {
		names = append(names, l.Name)
	}
	return 0, fmt.Errorf("tour: there is no step %q%s (or 1 to %d)", args[0], nearest.Hint(args[0], names), len(lessons))
}

// list says which lessons there are.
func list(w io.Writer, lessons []tour.Lesson, progress *tour.Progress) error {
	for i, l := range lessons {
		mark := " "
		if progress.Has(l.Name) {
			mark = "✓"
		}
		if _, err := fmt.Fprintf(w, "%s %d  %-18s %s\n", mark, i+1, l.Name, l.Title); err != nil {
			return err
		}
	}
	return nil
}
