package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheTourWithoutAScreen(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	t.Setenv("LC_ALL", "")
	t.Setenv("LC_MESSAGES", "")
	t.Setenv("LANG", "zh_CN.UTF-8")
	lessons := t.TempDir()
	write(t, filepath.Join(mkdir(t, lessons, "en"), "01-wrong.md"),
		[]byte("+++\ntitle = \"Wrong\"\n[[act]]\nscene = \"grid\"\nlanes = [\"none\"]\nclients = 0\nexpect = [\"losing == 5\"]\n+++\none\n---\ntwo\n"))
	for _, c := range []struct {
		name, args string
		code       int
		want       string // in what is printed, or in the message
	}{
		{"one step in all languages", "tour 1 --headless", exitDone, "zh predict: 先猜一猜\n  ✓ 1  promised schedules == 6"},
		{"one step by name, in one", "tour break-it --headless --lang en", exitDone, "✓ 2  promised kept == 2"},
		{"all steps, in the language of the environment", "tour --list", exitDone, "  6  kill-the-holder    杀掉持锁者"},
		{"or in the one that is asked for", "tour --list --lang en", exitDone, "  6  kill-the-holder    Kill the holder"},
		{"a step there is not", "tour 9 --headless", exitUsage, `there is no step "9"; known are predict, break-it`},
		{"two steps", "tour 1 2", exitUsage, "want one STEP at most, have 2"},
		{"a language there is not", "tour --list --lang tlh", exitUsage, `want one of en, zh, have "tlh"`},
		{"no terminal", "tour 1", exitUsage, "use --headless or --list"},
		{"lessons with a mistake", "tour --list --lessons " + lessons, exitUsage, "en/01-wrong.md:3: act 1: clients: want 1 to 9, have 0"},
		{"no lessons", "tour --list --lessons " + t.TempDir(), exitUsage, "no lessons"},
		{"no theme", "tour --list --theme beige", exitUsage, "want dark or light"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, stdout, stderr := locktop(t, strings.Fields(c.args)...)
			if code != c.code || !strings.Contains(stdout+stderr, c.want) {
				t.Errorf("exit %d, want %d and %q; it prints\n%s%s", code, c.code, c.want, stdout, stderr)
			}
		})
	}
}

// TestTheTourIsTheSameForEverybody: its numbers can be talked about.
func TestTheTourIsTheSameForEverybody(t *testing.T) {
	code, first, stderr := locktop(t, "tour", "--headless", "--lang", "en")
	if code != exitDone {
		t.Fatalf("exit %d:\n%s%s", code, first, stderr)
	}
	if _, second, _ := locktop(t, "tour", "--headless", "--lang", "en"); second != first {
		t.Errorf("once it is\n%s\nand then\n%s", first, second)
	}
}

// TestLessonsOfATeacher: whoever promises too much is told.
func TestLessonsOfATeacher(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(mkdir(t, dir, "en"), "01-right.md"),
		[]byte("+++\ntitle = \"Right\"\n[[act]]\nscene = \"grid\"\nlanes = [\"none\"]\nclients = 2\nexpect = [\"losing == 4\"]\n+++\none\n---\ntwo\n"))
	if code, stdout, stderr := locktop(t, "tour", "--headless", "--lessons", dir); code != exitDone || !strings.Contains(stdout, "en right: Right\n") {
		t.Errorf("exit %d:\n%s%s", code, stdout, stderr)
	}
	write(t, filepath.Join(dir, "en", "02-wrong.md"),
		[]byte("+++\ntitle = \"Wrong\"\n[[act]]\nscene = \"grid\"\nlanes = [\"none\"]\nclients = 2\nexpect = [\"losing == 5\"]\n+++\none\n---\ntwo\n"))
	code, stdout, stderr := locktop(t, "tour", "--headless", "--lessons", dir)
	if code != exitNotCorrect || !strings.Contains(stdout, "✗ 1  promised losing == 5") || !strings.Contains(stderr, "1 of 2 promises were not kept") {
		t.Errorf("exit %d:\n%s%s", code, stdout, stderr)
	}
}

func mkdir(t *testing.T, parts ...string) string {
	t.Helper()
	dir := filepath.Join(parts...)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}
