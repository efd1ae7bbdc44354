package command

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"locktop/lock/redistest"
	"locktop/sim"
)

// TestAReplayIsTheRun: folded again, the recorded events give the same report to the
// byte, and Porcupine the same picture; for every strategy and every preset, on both
// kinds of Redis. No field is excepted.
func TestAReplayIsTheRun(t *testing.T) {
	var runs [][]string
	for names := range slices.Chunk(sim.StrategyNames(), sim.MostLanes) {
		runs = append(runs, []string{"--lanes", strings.Join(names, ","), "--alerts", "6"})
	}
	for _, p := range sim.Presets() {
		runs = append(runs, []string{"--preset", p.Name})
	}
	runs = append(runs, // faults that strike nobody, and one that loses replies
		[]string{"--lanes", "none,spin:lease=1s", "--fault", "crash:at=write:nth=100000", "--fault", "expire:lane=2:at=write:nth=100000"},
		[]string{"--lanes", "none,atomic,block", "--fault", "swallow:at=write:nth=3", "--fault", "cut:at=command:nth=9:for=0s"},
		[]string{"--speed", "4", "--alerts", "3", "--output", "text"},
		[]string{"--speed", "4", "--alerts", "3", "--output", "markdown"},
		[]string{"--speed", "4", "--alerts", "3", "--output", "csv"},
	)
	virtual := [][]string{
		{"--deterministic", "--seed", "5", "--lanes", "none,block", "--alerts", "6"},
		{"--deterministic", "--seed", "5", "--lanes", "none,block", "--alerts", "6", "--output", "csv"},
		{"--deterministic", "--seed", "5", "--lanes", "none,block", "--alerts", "6", "--output", "text"},
		{"--deterministic", "--seed", "5", "--lanes", "spin,fair", "--alerts", "6", "--speed", "16", "--fault", "pause:at=write:for=500ms", "--change", "clients=9:after=100ms"},
	}
	for _, redis := range []string{"embedded", "spawn"} {
		t.Run(redis, func(t *testing.T) {
			if redis == "spawn" {
				redistest.Real(t) // says what is missing where it is
			}
			runs := runs
			if redis == "embedded" {
				runs = slices.Concat(runs, virtual)
			}
			for _, args := range runs {
				if redistest.Instrumented && redis == "embedded" && args[0] == "--preset" {
					continue // which spend their time in the server
				}
				t.Run(strings.Join(args, " "), func(t *testing.T) {
					t.Parallel()
					path := filepath.Join(t.TempDir(), "run.jsonl")
					if !slices.Contains(args, "--output") {
						args = append([]string{"--json"}, args...)
					}
					if redis == "spawn" && !slices.Contains(args, "--speed") && args[0] != "--preset" {
						args = append(args, "--speed", "max") // or it would take its time
					}
					run := append([]string{"--headless", "--redis", redis, "--record", path, "--porcupine", path + ".html"}, args...)
					code, want, stderr := locktop(t, run...)
					if code != exitDone {
						t.Fatalf("exit %d: %s", code, stderr)
					}
					again := []string{"replay", path, "--porcupine", path + "2.html"}
					if i := slices.Index(args, "--output"); i >= 0 {
						again = append(again, args[i], args[i+1])
					} else {
						again = append(again, "--json")
					}
					code, got, stderr := locktop(t, again...)
					if code != exitDone || stderr != "" {
						t.Fatalf("exit %d: %s", code, stderr)
					}
					if got != want {
						t.Errorf("the replay differs:\n%s", difference(want, got))
					}
					if a, b := contents(t, path+".html"), contents(t, path+"2.html"); !bytes.Equal(a, b) {
						t.Error("the pictures differ")
					}
				})
			}
		})
	}
}

// difference shows the lines in which two texts differ.
func difference(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	var lines strings.Builder
	for i := range max(len(a), len(b)) {
		var was, is string
		if i < len(a) {
			was = a[i]
		}
		if i < len(b) {
			is = b[i]
		}
		if was != is {
			fmt.Fprintf(&lines, "line %d: recorded %s, replayed %s\n", i+1, was, is)
		}
	}
	return lines.String()
}

func contents(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// recorded makes a recording of a small run, and returns it with its report.
func recorded(t *testing.T) (path, report string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "run.jsonl")
	args := []string{"--headless", "--json", "--lanes", "none,fair", "--alerts", "5", "--record", path}
	code, report, stderr := locktop(t, args...)
	if code != exitDone {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	if code, _, stderr := locktop(t, args...); code != exitUsage || !strings.Contains(stderr, "--force") {
		t.Errorf("a second run over the recording: exit %d, %q", code, stderr)
	}
	if code, _, stderr := locktop(t, append(args, "--force", "--porcupine", path)...); code != exitUsage || !strings.Contains(stderr, "is what --record writes") {
		t.Errorf("a picture over the recording: exit %d, %q", code, stderr)
	}
	return path, report
}

func TestARecordingMayBeCompressed(t *testing.T) {
	path, want := recorded(t)
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	zip.Write(contents(t, path))
	zip.Close()
	for _, name := range []string{"run.jsonl.gz", "no-ending"} {
		file := filepath.Join(t.TempDir(), name)
		write(t, file, packed.Bytes())
		if code, got, stderr := locktop(t, "replay", file, "--json"); code != exitDone || got != want {
			t.Errorf("%s: exit %d: %s%s", name, code, stderr, got)
		}
	}
}

func write(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestARecordingFromStandardInput has the program read a pipe.
func TestARecordingFromStandardInput(t *testing.T) {
	path, want := recorded(t)
	cmd := prepared(t, "replay", "-", "--json")
	cmd.Stdin = bytes.NewReader(contents(t, path))
	if got, err := cmd.Output(); err != nil || string(got) != want {
		t.Errorf("%v: %s", err, got)
	}
}

// TestDamagedRecordings: what can be read is reported, and what is wrong is told.
func TestDamagedRecordings(t *testing.T) {
	path, _ := recorded(t)
	whole := contents(t, path)
	lines := bytes.SplitAfter(whole, []byte("\n"))
	some := bytes.Join(lines[:50], nil)
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	zip.Write(whole)
	zip.Close()
	for _, c := range []struct {
		name    string
		text    []byte
		code    int
		want    string // on stderr
		reports bool
	}{
		{"cut off between two lines", some, exitDamaged, "line 51: the log ends here, before its last line", true},
		{"cut off in a line", some[:len(some)-3], exitDamaged, "line 50: the log ends here", true},
		{"damaged in the middle", bytes.Join([][]byte{some, []byte("?\n"), whole[len(some):]}, nil), exitDamaged, "line 51: ", true},
		{"only its header", lines[0], exitDamaged, "line 2: the log ends here", true},
		{"cut off when compressed", packed.Bytes()[:packed.Len()-20], exitDamaged, "the compressed file ends in the middle", true},
		{"damaged when compressed", append(slices.Clone(packed.Bytes()[:30]), "garbage"...), exitDamaged, "line 1: ", false},
		{"without checksums", regexp.MustCompile(`,"crc":"\w*"`).ReplaceAll(whole, nil), exitDamaged, "line 1: the line has no checksum", false},
		{"with a line without a checksum", bytes.Join([][]byte{some, regexp.MustCompile(`,"crc":"\w*"`).ReplaceAll(lines[50], nil), whole[len(some)+len(lines[50]):]}, nil), exitDamaged, "line 51: the line has no checksum", true},
		{"empty", nil, exitDamaged, "line 1: this is no event log of locktop: it is empty", false},
		{"another file", []byte("package main\n"), exitDamaged, "line 1: this is no event log of locktop", false},
		{"no text", []byte("\x7fELF\xff\xfe\n"), exitDamaged, "line 1: this is no event log of locktop: it is no text", false},
		{"a newer version", bytes.Replace(whole, []byte(`"version":1`), []byte(`"version":9`), 1), exitDamaged, "line 1: the event log is of a newer locktop", false},
		{"of unknown strategies", bytes.Replace(whole, []byte(`"fair"`), []byte(`"rare"`), 1), exitDamaged, `line 1: lanes: unknown strategy "rare"`, false},
	} {
		file := filepath.Join(t.TempDir(), "damaged.jsonl")
		write(t, file, c.text)
		code, stdout, stderr := locktop(t, "replay", file, "--json")
		if code != c.code || !strings.Contains(stderr, c.want) || !strings.Contains(stderr, "replay: "+file+": ") {
			t.Errorf("%s: exit %d: %s, want exit %d: %s", c.name, code, stderr, c.code, c.want)
		}
		if reports := strings.Contains(stdout, `"acked": `); reports != c.reports {
			t.Errorf("%s: the report is %q", c.name, stdout)
		}
	}
}

func TestMistakesInAReplay(t *testing.T) {
	path, _ := recorded(t)
	whole := contents(t, path)
	other, link := filepath.Join(t.TempDir(), "other.html"), filepath.Join(t.TempDir(), "link.html")
	write(t, other, nil)
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{nil, exitUsage, "replay: want one FILE, a run recorded with --record, have 0"},
		{[]string{path, path}, exitUsage, "replay: want one FILE, a run recorded with --record, have 2"},
		{[]string{path, "--lanes", "none"}, exitUsage, "unknown flag --lanes; it is one of locktop, not of locktop replay"},
		{[]string{path, "--output", "xml"}, exitUsage, "output: want one of text, json, csv, markdown"},
		{[]string{path, "--speed", "fast"}, exitUsage, "speed:"},
		{[]string{path, "--theme", "pink"}, exitUsage, "theme: want dark or light"},
		{[]string{path, "--porcupine", other}, exitUsage, "overwrite it with --force"},
		{[]string{path, "--porcupine", path, "--force"}, exitUsage, "is the recording; choose another name"},
		{[]string{path, "--porcupine", link, "--force"}, exitUsage, "is the recording; choose another name"},
		{[]string{path, "--porcupine", filepath.Dir(path), "--force"}, exitUsage, "is a directory; choose another name"},
		{[]string{path, "--porcupine", path + "/in/no/directory.html"}, exitFailed, "porcupine: "},
		{[]string{path, "--schedule", "none@2: 1"}, exitUsage, "unexpected argument"},
		{[]string{"--schedule", "none@2: 1 1 1"}, exitUsage, "schedule: move 3: 1 cannot be made here; there is 2"},
		{[]string{"--schedule", "none@2"}, exitUsage, "want strategy@clients: moves"},
		{[]string{"--schedule", "none@2: 1 z"}, exitUsage, `move "z"`},
		{[]string{"--schedule", "none@2: e"}, exitUsage, "none takes no lock"},
		{[]string{"--schedule", "none@2: 1", "--output", "csv"}, exitUsage, "want text or json for a schedule"},
		{[]string{path + "x"}, exitFailed, "replay: open " + path + "x"},
	} {
		code, stdout, stderr := locktop(t, append([]string{"replay"}, c.args...)...)
		if code != c.code || !strings.Contains(stderr, c.want) || stdout != "" {
			t.Errorf("%q: exit %d, stdout %q, stderr %q", c.args, code, stdout, stderr)
		}
	}
	if !bytes.Equal(contents(t, path), whole) {
		t.Error("the recording has been written to")
	}
}
