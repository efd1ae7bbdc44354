package tour

import (
	"errors"
	"io/fs"
	"path"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/charmbracelet/x/ansi"

	"locktop/sim"
	"locktop/sim/clock"
)

// whole is a lesson with nothing wrong.
const whole = `+++
title = "Two acts"

[[act]]
scene = "race"
lanes = ["spin"]
clients = 4
work = "5ms"
retry = "0s"
speed = "1/2"
faults = ["crash:at=acquired"]
expect = ["lost% > 50", "verdict == hung"]

[[act]]
keys = ["s", "s"]
expect = ["strategy == block"]
+++

A paragraph of
two lines.

Another, **stressed** with ` + "`code`" + `.
---
第一行
第二行
---
The end.
`

func TestALesson(t *testing.T) {
	l, err := Read("en/07-two-acts.md", []byte(strings.ReplaceAll(whole, "\n", "\r\n")), nil)
	if err != nil {
		t.Fatal(err)
	}
	if l.Name != "two-acts" || l.Title != "Two acts" || len(l.Acts) != 2 {
		t.Errorf("name %q, title %q, %d acts", l.Name, l.Title, len(l.Acts))
	}
	cfg := l.Acts[0].Config()
	if cfg.Lanes[0] != "spin" || cfg.Clients != 4 || cfg.Work != 5*time.Millisecond || cfg.Retry != 0 || cfg.Speed != clock.Speed(0.5) ||
		len(cfg.Faults) != 1 || cfg.Faults[0].Kind != sim.Crash {
		t.Errorf("the race is %+v", cfg)
	}
	if cfg.Lease != sim.Defaults().Lease {
		t.Errorf("the lease is %v, without having been set", cfg.Lease)
	}
	want := [][]string{{"A paragraph of two lines.", "Another, **stressed** with `code`."}, {"第一行第二行"}, {"The end."}}
	for i, section := range want {
		if strings.Join(l.Text[i], "|") != strings.Join(section, "|") {
			t.Errorf("section %d is %q, want %q", i+1, l.Text[i], section)
		}
	}
}

func TestMistakesAreNamedWithFileAndLine(t *testing.T) {
	for _, c := range []struct {
		name, old, new string // of the text
		line           int
		want           string
	}{
		{"no settings", "+++\ntitle", "title", 1, "want settings first"},
		{"settings without an end", "+++\n\nA par", "\n\nA par", 1, "between two lines of +++"},
		{"no TOML", `title = "Two acts"`, `title = `, 2, ""},
		{"an unknown setting", "clients = 4", "customers = 4", 7, "unknown setting act.customers"},
		{"a number that is text", "clients = 4", `clients = "four"`, 7, ""},
		{"no duration", `work = "5ms"`, `work = "soon"`, 8, `"soon"`},
		{"a duration without a unit", `work = "5ms"`, `work = 5`, 1, "missing unit"},
		{"no key", `keys = ["s", "s"]`, `keys = ["spce"]`, 14, `act 2: keys: want a character or one of space, enter`},
		{"no speed", `speed = "1/2"`, `speed = "fast"`, 10, `"fast" is not a speed`},
		{"no fault", `"crash:at=acquired"`, `"crash:at=lunch"`, 11, "lunch"},
		{"no comparison", `"lost% > 50"`, `"lost% fifty"`, 12, "want a quantity"},
		{"no number", `"lost% > 50"`, `"lost% > many"`, 12, `"many" is none`},
		{"a word that is greater", `"verdict == hung"`, `"verdict > hung"`, 12, "a word"},
		{"no title", `title = "Two acts"`, "", 1, "title: want one"},
		{"no scene", `scene = "race"`, `scene = "opera"`, 4, `want one of explore, grid, race, step, have "opera"`},
		{"a scene that goes on from nothing", `scene = "race"`, "", 4, "want one of explore"},
		{"a strategy there is not", `"spin"`, `"hope"`, 4, "hope"},
		{"what a race cannot be expected to have", `"lost% > 50"`, `"schedules > 50"`, 4, `race knows no "schedules"`},
		{"a verdict there is not", `== hung`, `== hanged`, 4, `not "hanged"`},
		{"settings of a scene that goes on", `keys = ["s", "s"]`, `clients = 3`, 14, "act 2: scene: it goes on"},
		{"stops that go back", `keys = ["s", "s"]`, `stops = ["2s", "1s"]`, 14, "act 2: stops: want times that are later than 2s, have 1s"},
		{"nothing expected", `expect = ["strategy == block"]`, "", 14, "act 2: expect: want"},
		{"too few sections", "---\n第一行", "第一行", 18, "want 3 sections"},
		{"an empty section", "The end.\n", "", 18, "section 3 of the prose is empty"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(whole, c.old, c.new, 1)
			if text == whole {
				t.Fatal("nothing was replaced")
			}
			_, err := Read("en/07-two-acts.md", []byte(text), nil)
			var bad *Error
			if !errors.As(err, &bad) {
				t.Fatalf("the error is %v", err)
			}
			if bad.File != "en/07-two-acts.md" || bad.Line != c.line || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, want line %d and %q", err, c.line, c.want)
			}
		})
	}
	if _, err := Read("en/lesson.md", []byte(whole), nil); err == nil || !strings.Contains(err.Error(), "01-name.md") {
		t.Errorf("without a number in the file's name, the error is %v", err)
	}
}

func TestScenesOfAllKinds(t *testing.T) {
	for _, c := range []struct{ act, want string }{
		{"scene = \"grid\"\nlanes = [\"none\"]\nclients = 2\nanswer = \"losing\"\nexpect = [\"losing == 4\"]", ""},
		{"scene = \"grid\"\nlanes = [\"none\"]\nclients = 2\nanswer = \"luck\"\nexpect = [\"losing == 4\"]", `grid knows no "luck"`},
		{"scene = \"race\"\nanswer = \"verdict\"\nexpect = [\"acked > 4\"]", "a number is asked for"},
		{"scene = \"step\"\nlanes = [\"none\", \"spin\"]\nclients = 2\nexpect = [\"over == 1\"]", "lanes: step has one, have 2"},
		{"scene = \"step\"\nlanes = [\"none\"]\nexpect = [\"over == 1\"]", "clients: want 1"},
		{"scene = \"explore\"\nlanes = [\"none\"]\nclients = 2\nspeed = \"2\"\nexpect = [\"losing == 1\"]", "the rest is for races"},
		{"scene = \"explore\"\nlanes = [\"none\"]\nclients = 2\nexpiries = 1\nexpect = [\"losing == 1\"]", "none takes no lock"},
		{"scene = \"step\"\nlanes = [\"none\"]\nclients = 2\nstops = [\"1s\"]\nexpect = [\"over == 1\"]", "the rest is for races"},
		{"scene = \"race\"\nexpiries = 1\nexpect = [\"lost > 1\"]", "a race has faults instead"},
		{"scene = \"race\"\npreset = \"gc-pause\"\nexpect = [\"inside > 1\"]", ""},
		{"scene = \"race\"\npreset = \"tea-pause\"\nexpect = [\"inside > 1\"]", `unknown "tea-pause"`},
	} {
		_, err := Read("en/01-a.md", []byte("+++\ntitle = \"A\"\n[[act]]\n"+c.act+"\n+++\none\n---\ntwo\n"), nil)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\nthe error is %v, want %q", c.act, err, c.want)
		}
	}
}

func TestATranslationMayLeaveOutWhatIsTheSame(t *testing.T) {
	files := fstest.MapFS{
		"en/01-two-acts.md": {Data: []byte(whole)},
		"en/02-more.md":     {Data: []byte(strings.Replace(whole, "Two acts", "More", 1))},
		"de/01-two-acts.md": {Data: []byte("+++\ntitle = \"Zwei Akte\"\n+++\neins\n---\nzwei\n---\ndrei\n")},
	}
	languages, err := Languages(files)
	if err != nil || strings.Join(languages, " ") != "en de" {
		t.Errorf("languages %q, %v", languages, err)
	}
	lessons, err := Load(files, "de")
	if err != nil || len(lessons) != 2 {
		t.Fatalf("%d lessons, %v", len(lessons), err)
	}
	if l := lessons[0]; l.Title != "Zwei Akte" || len(l.Acts) != 2 || l.Text[0][0] != "eins" {
		t.Errorf("the translation is %+v", l)
	}
	if l := lessons[1]; l.Title != "More" {
		t.Errorf("what is not translated is %+v", l)
	}
	for language, want := range map[string]string{"fr": `no lessons in the language "fr"`} {
		if _, err := Load(files, language); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v", language, err)
		}
	}
	if _, err := Load(fstest.MapFS{}, "en"); err == nil || !strings.Contains(err.Error(), "en/01-name.md") {
		t.Errorf("without lessons, the error is %v", err)
	}
	files["de/02-more.md"] = &fstest.MapFile{Data: []byte("nothing")}
	files["en/03-bad.md"] = &fstest.MapFile{Data: []byte("nothing")}
	if _, err := Load(files, "de"); err == nil || !strings.Contains(err.Error(), "de/02-more.md:1") || !strings.Contains(err.Error(), "en/03-bad.md:1") {
		t.Errorf("the error of two bad files is %v", err)
	}
}

// TestTheLessonsOfTheProgram: all are in all languages, and the translations play what the originals do.
func TestTheLessonsOfTheProgram(t *testing.T) {
	english, err := Load(Embedded(), English)
	if err != nil {
		t.Fatal(err)
	}
	languages, err := Languages(Embedded())
	if err != nil {
		t.Fatal(err)
	}
	originals, err := fs.Glob(Embedded(), English+"/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range languages[1:] {
		for _, original := range originals {
			if _, err := fs.Stat(Embedded(), path.Join(language, path.Base(original))); err != nil {
				t.Error(err)
			}
		}
		theirs, err := Load(Embedded(), language)
		if err != nil {
			t.Fatal(err)
		}
		for i, l := range theirs {
			if l.Title == english[i].Title {
				t.Errorf("%s: %s is not translated", language, l.Name)
			}
			for s := range l.Text {
				if len(l.Text[s]) != len(english[i].Text[s]) {
					t.Errorf("%s: section %d of %s has %d paragraphs, in English %d", language, s+1, l.Name, len(l.Text[s]), len(english[i].Text[s]))
				}
			}
		}
	}
}

func TestExpectations(t *testing.T) {
	for _, c := range []struct {
		text  string
		value Value
		holds bool
	}{
		{"lost == 4", Count(4), true},
		{"lost == 4", Count(5), false},
		{"lost!=4", Count(5), true},
		{"lost% > 50", Value{Number: 50}, false},
		{"lost% >= 50", Value{Number: 50}, true},
		{"commands < 12", Value{Number: 11.9}, true},
		{"commands <= 12", Value{Number: 12.1}, false},
		{"verdict == hung", Value{Word: "hung"}, true},
		{"verdict != hung", Value{Word: "hung"}, false},
	} {
		var e Expectation
		if err := e.UnmarshalText([]byte(c.text)); err != nil {
			t.Fatal(err)
		}
		if e.Holds(c.value) != c.holds {
			t.Errorf("%s of %v holds: %v", c.text, c.value, !c.holds)
		}
	}
}

func TestProseIsWrapped(t *testing.T) {
	for _, c := range []struct {
		name, text string
		width      int
		want       []string
	}{
		{"at spaces", "one two three", 7, []string{"one two", "three"}},
		{"without its marks", "**one** `two` three", 7, []string{"one two", "three"}},
		{"a word that fits nowhere", "incomprehensible", 6, []string{"incomp", "rehens", "ible"}},
		{"between characters of two cells", "客户端读出", 5, []string{"客户", "端读", "出"}},
		{"but not before punctuation", "客户端，读", 6, []string{"客户", "端，读"}},
		{"nor behind an opening bracket", "客户（端）", 6, []string{"客户", "（端）"}},
		{"between two scripts", "发送SET再读", 6, []string{"发送", "SET再", "读"}},
		{"no cell for anything", "客", 1, []string{"客"}},
	} {
		var have []string
		for _, line := range Wrap(c.text, c.width) {
			var b strings.Builder
			for _, l := range line {
				b.WriteRune(l.Rune)
			}
			have = append(have, b.String())
			if ansi.StringWidth(b.String()) > max(c.width, 2) {
				t.Errorf("%s: %q is too wide", c.name, b.String())
			}
		}
		if strings.Join(have, "|") != strings.Join(c.want, "|") {
			t.Errorf("%s: %q, want %q", c.name, have, c.want)
		}
	}
	if line := Wrap("a **b** `c`", 9)[0]; line[0].Style != Plain || line[2].Style != Strong || line[4].Style != Code {
		t.Errorf("the styles are %v", line)
	}
}
