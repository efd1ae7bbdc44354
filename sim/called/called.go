// Package called is the name of the program in what people are told to type: the way it was started.
package called

import (
	"regexp"
	"strings"
)

// name is what starts the program.
var name = "locktop"

// By notes what the program was called by, its first argument. It is to be called first in main, and once.
func By(arg0 string) { name = startedAs(arg0) }

// startedAs is what to type to start what was started as arg0.
func startedAs(arg0 string) string {
	switch {
	case byGoRun.MatchString(arg0):
		return "go run ."
	case arg0 == "":
		return "locktop"
	case plainWord.MatchString(arg0):
		return arg0
	}
	return "'" + strings.ReplaceAll(arg0, "'", `'\''`) + "'"
}

// byGoRun is where go run builds, or keeps, its programs; plainWord needs no quotes in a shell.
var byGoRun = regexp.MustCompile(`[/\\]go-build`)
var plainWord = regexp.MustCompile(`^[\w./:+@%-]+$`)

// Name returns what starts the program: locktop, ./locktop, or "go run .".
func Name() string { return name }

// program is the name of the program as it stands in a command; "locktop/tui" and "locktop:" are something else.
var program = regexp.MustCompile(`(^|[^\w./-])locktop($|[^\w./:-])`)

// Hint returns a text with commands as they have to be typed: the text has them with locktop.
func Hint(text string) string {
	if name == "locktop" {
		return text
	}
	return program.ReplaceAllString(text, "${1}"+strings.ReplaceAll(name, "$", "$$")+"${2}")
}
