package report_test

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"locktop/sim"
	"locktop/sim/clean"
	"locktop/sim/report"
)

// strange is a run on a server, and with clients, that say a text of any bytes.
func strange(text string) sim.Result {
	r := aLane(func(l *sim.LaneResult) {
		l.Lane.Strategy, l.Lane.Own = text, text
		l.Broke = text
		l.Failed = []string{text, text}
		l.NeverStruck = []sim.Fault{{Kind: sim.FaultKind(text), At: sim.Point(text)}}
		l.Started = sim.LaneInfo{Strategy: text}
		l.ChangeCount, l.Changes = 1, []sim.ChangedSetting{{Change: sim.Change{Setting: sim.ChangeStrategy, Strategy: text}}}
		l.Order = sim.Linearizable
	})
	r.Backend, r.Version = text, text
	return r
}

func TestSpreadsheetsSeeNoFormula(t *testing.T) {
	for _, c := range []struct{ text, cell string }{
		{"=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")"},
		{"+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"},
		{"-2+3", "'-2+3"},
		{"@SUM(1)", "'@SUM(1)"},
		{"\t=1", "'=1"},
		{"\r=1", "'=1"},
		{"＝1", "'＝1"},
		{"-1.5", "-1.5"},
		{"+7", "+7"},
		{"-", "'-"},
		{"7.0.15", "7.0.15"},
	} {
		rows, err := csv.NewReader(strings.NewReader(csvOf(t, strange(c.text)))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for i, name := range rows[0] {
			if name == "redis_version" && rows[1][i] != c.cell {
				t.Errorf("the version %q is in the cell %q, want %q", c.text, rows[1][i], c.cell)
			}
		}
	}
	r := aRun()
	r.Lanes[0].Redis.Sum = -r.Lanes[0].Redis.Sum
	if got := csvOf(t, r); !strings.Contains(got, ",-51.25,") {
		t.Errorf("a negative number is none any more:\n%s", got)
	}
}

// FuzzReports: whatever Redis or a recording says, no report has a byte that acts on a terminal, none has more lines or
// cells than it should, and CSV no formula.
func FuzzReports(f *testing.F) {
	for _, seed := range []string{
		"", "7.0.15", "\x1b]0;owned\a\x1b[2J", "\u009b31mred", "a\u202eb\u2066c", "x\u200by\u2028z", "\xff\xfe\xc3", "a\nlocktop: all is well\r\n",
		"=1+1", "-1", "+1-1", "@x", "\t=1", "a|b`c`<img src=x>*_[x](y)~~&lt;", "</script>", "'\"\\", "- x", "# x", "> x", "1. x",
	} {
		f.Add(seed)
	}
	bars := regexp.MustCompile(`(^|[^\\])(\\\\)*\|`)
	f.Fuzz(func(t *testing.T, text string) {
		r, plain := strange(text), strange("x")
		for _, name := range report.Formats() {
			for _, find := range []func(string) (func(w io.Writer, r sim.Result) error, error){report.Format, report.Scorecard} {
				write, err := find(name)
				if err != nil {
					t.Fatal(err)
				}
				var b, want strings.Builder
				if err := write(&b, r); err != nil {
					t.Fatal(err)
				}
				if err := write(&want, plain); err != nil {
					t.Fatal(err)
				}
				got := b.String()
				if !utf8.ValidString(got) || strings.ContainsFunc(strings.ReplaceAll(got, "\n", ""), clean.Unsafe) {
					t.Fatalf("%s of %q is not clean: %q", name, text, got)
				}
				switch name {
				case "json":
					if !json.Valid([]byte(got)) {
						t.Fatalf("%q is no JSON: %s", text, got)
					}
				case "csv":
					rows, err := csv.NewReader(strings.NewReader(got)).ReadAll()
					if err != nil || len(rows) != 2 || strings.Count(got, "\n") != 2 {
						t.Fatalf("%q makes other rows: %v\n%s", text, err, got)
					}
					for _, cell := range rows[1] {
						if _, err := strconv.ParseFloat(cell, 64); err != nil && strings.IndexAny(cell, "=+-@") == 0 {
							t.Fatalf("%q makes a formula: %s", text, cell)
						}
					}
				case "markdown":
					if strings.Count(got, "\n") != strings.Count(want.String(), "\n") ||
						len(bars.FindAllString(got, -1)) != len(bars.FindAllString(want.String(), -1)) {
						t.Fatalf("%q has other rows or cells:\n%s", text, got)
					}
				case "text": // only what broke the lane goes on, in lines that are indented
					lines := func(s string) int { return len(regexp.MustCompile(`(?m)^(\S|  ?\S|$)`).FindAllString(s, -1)) }
					if text == strings.TrimSpace(text) && text != "" && lines(got) > lines(want.String()) {
						t.Fatalf("%q has a line of its own:\n%s", text, got)
					}
				}
			}
		}
	})
}
