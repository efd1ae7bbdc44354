package tour

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"locktop/sim/called"
)

// A Lesson is one step of the tour.
type Lesson struct {
	// Name is what it is known by, in all languages; Title is its heading.
	Name, Title string
	// Acts are played one after the other.
	Acts []Act
	// Text has a section for each act, and one more for what comes after: each of paragraphs.
	Text [][]string
}

// English is the language of which every lesson there is exists.
const English = "en"

//go:embed en zh
var embedded embed.FS

// Embedded are the lessons of the program.
func Embedded() fs.FS { return embedded }

// Languages returns the languages that there are lessons in, English first.
func Languages(files fs.FS) ([]string, error) {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil, err
	}
	languages := []string{English}
	for _, e := range entries {
		if e.IsDir() && e.Name() != English {
			languages = append(languages, e.Name())
		}
	}
	return languages, nil
}

// An Error is what is wrong with a lesson, at a line of its file.
type Error struct {
	File string
	Line int
	Err  error
}

func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %v", e.File, e.Line, e.Err) }

func (e *Error) Unwrap() error { return e.Err }

var fileName = regexp.MustCompile(`^[0-9]+-([a-z0-9]+(?:-[a-z0-9]+)*)\.md$`)

// Load reads all lessons in a language, in the order of their files. A lesson that is not there in the language is in English. The
// errors are of every file that cannot be used, each an [Error].
func Load(files fs.FS, language string) ([]Lesson, error) {
	lessons, errs := []Lesson{}, []error{}
	names, err := fs.Glob(files, English+"/*.md")
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no lessons: want files like %s/01-name.md", English)
	}
	if language != English {
		translated, err := fs.Glob(files, language+"/*.md")
		if err != nil {
			return nil, err
		}
		if len(translated) == 0 {
			return nil, fmt.Errorf("no lessons in the language %q", language)
		}
	}
	for _, name := range names {
		lesson, err := read(files, name, nil)
		if err == nil && language != English {
			theirs, found := read(files, path.Join(language, path.Base(name)), lesson.Acts)
			if found == nil {
				lesson = theirs
			} else if !errors.Is(found, fs.ErrNotExist) {
				err = found
			}
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		lessons = append(lessons, lesson)
	}
	return lessons, errors.Join(errs...)
}

func read(files fs.FS, name string, acts []Act) (Lesson, error) {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return Lesson{}, err
	}
	return Read(name, text, acts)
}

// fence parts the settings from the prose, and rule the sections of that.
const fence, rule = "+++", "---"

// settings are what stands between the fences.
type settings struct {
	Title string `toml:"title"`
	Acts  []Act  `toml:"act"`
}

// Read reads the lesson of a file. If it has no acts, it has those that are given. The error is an [Error].
func Read(file string, text []byte, acts []Act) (Lesson, error) {
	fail := func(line int, format string, args ...any) (Lesson, error) {
		return Lesson{}, &Error{file, line, fmt.Errorf(format, args...)}
	}
	name := fileName.FindStringSubmatch(path.Base(file))
	if name == nil {
		return fail(1, "want a file name like 01-name.md")
	}
	lines := strings.Split(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n")
	end := 1
	for end < len(lines) && strings.TrimSpace(lines[end]) != fence {
		end++
	}
	if strings.TrimSpace(lines[0]) != fence || end == len(lines) {
		return fail(1, "want settings first, between two lines of %s", fence)
	}
	var s settings
	decoder := toml.NewDecoder(bytes.NewBufferString("\n" + strings.Join(lines[1:end], "\n"))) // with the lines where they are
	if err := decoder.DisallowUnknownFields().Decode(&s); err != nil {
		line, what := where(err)
		return fail(line, "%w", what)
	}
	if s.Title == "" {
		return fail(1, "title: want one")
	}
	if len(s.Acts) == 0 {
		s.Acts = acts
	}
	if len(s.Acts) == 0 {
		return fail(1, "act: want one at least, headed by [[act]]")
	}
	scene, stop := Same, time.Duration(0)
	for i, a := range s.Acts {
		var err error
		if scene, err = a.validate(scene); err == nil {
			if a.Scene != Same {
				stop = 0
			}
			stop, err = a.stopsAfter(stop)
		}
		if err != nil {
			return fail(lineOf(lines[:end], i), "act %d: %w", i+1, err)
		}
	}
	l := Lesson{Name: name[1], Title: s.Title, Acts: s.Acts, Text: sections(lines[end+1:])}
	if len(l.Text) != len(l.Acts)+1 {
		return fail(end+2, "want %d sections of prose, parted by lines of %s: one for each act, and a last one; have %d", len(l.Acts)+1, rule, len(l.Text))
	}
	for i, section := range l.Text {
		if len(section) == 0 {
			return fail(end+2, "section %d of the prose is empty", i+1)
		}
	}
	return l, nil
}

// where says at which line settings are wrong, and what is.
func where(err error) (line int, what error) {
	var (
		bad     *toml.DecodeError
		missing *toml.StrictMissingError
	)
	switch {
	case errors.As(err, &missing):
		first := &missing.Errors[0]
		line, _ = first.Position()
		return line, fmt.Errorf("unknown setting %s", strings.Join(first.Key(), "."))
	case errors.As(err, &bad):
		line, _ = bad.Position()
		return line, errors.New(strings.TrimPrefix(bad.Error(), "toml: "))
	}
	return 1, err
}

// lineOf is where an act begins, from 1; in a file without acts, the first line.
func lineOf(lines []string, act int) int {
	for i, line := range lines {
		if strings.HasPrefix(strings.TrimSpace(line), "[[act]]") {
			if act--; act < 0 {
				return i + 1
			}
		}
	}
	return 1
}

// sections are the paragraphs of prose, section by section. The lines of a paragraph are joined: with a space, but not between
// two characters of languages that have none.
func sections(lines []string) [][]string {
	all := [][]string{nil}
	open := false // a paragraph
	for _, line := range lines {
		last := &all[len(all)-1]
		switch line = strings.TrimSpace(line); {
		case line == rule:
			all, open = append(all, nil), false
		case line == "":
			open = false
		case !open:
			*last, open = append(*last, line), true
		default:
			p := &(*last)[len(*last)-1]
			*p += joint(*p, line) + line
		}
	}
	for _, paragraphs := range all {
		for i, p := range paragraphs {
			paragraphs[i] = typed.ReplaceAllStringFunc(p, called.Hint)
		}
	}
	return all
}

// typed is a command that the reader is to type.
var typed = regexp.MustCompile("`locktop[^`]*`")
