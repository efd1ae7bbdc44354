package report

import (
	"fmt"
	"io"
	"strings"

	"locktop/sim"
)

// form is one way to write a result.
type form struct {
	name  string
	write func(io.Writer, sim.Result) error
}

// formats are the forms of the report, in the order in which they are listed.
var formats = []form{
	{"text", Text},
	{"json", JSON},
	{"csv", CSV},
	{"markdown", Markdown},
}

// Formats returns the names of the forms of the report.
func Formats() []string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

// Format returns what writes the report in the form with a name. The error of an
// unknown one lists those there are.
func Format(name string) (func(io.Writer, sim.Result) error, error) {
	return named(formats, name)
}

func named(forms []form, name string) (func(io.Writer, sim.Result) error, error) {
	for _, f := range forms {
		if f.name == name {
			return f.write, nil
		}
	}
	return nil, fmt.Errorf("want one of %s, have %q", strings.Join(Formats(), ", "), name)
}
