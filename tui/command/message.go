package command

import (
	"os"
	"regexp"
	"strconv"
	"strings"

	"locktop/sim/called"
)

// message is an error for people: without secrets, with commands as they are to be typed, and with lines that cannot be
// taken for other messages.
func message(err error, args []string) string {
	text := err.Error()
	for _, given := range append(environment(), args...) {
		for _, s := range secrets(given) {
			text = strings.ReplaceAll(text, s, "://***@")
		}
	}
	text = userinfo.ReplaceAllStringFunc(text, func(found string) string {
		if placeholder.MatchString(found) {
			return found
		}
		return "://***@"
	})
	return called.Hint(strings.ReplaceAll(text, "\n", "\n  "))
}

// userinfo is the part of a URL that holds user and password; placeholder is one that help shows.
var (
	userinfo    = regexp.MustCompile(`://[^\s"]*@`)
	placeholder = regexp.MustCompile(`^://\[?user:password@$`)
)

// secrets are user and password of a URL, wherever on the command line somebody may have put it: as they were given, and as
// messages quote them.
func secrets(given string) []string {
	from, to := strings.Index(given, "://"), strings.LastIndex(given, "@")
	if from < 0 || to < from || placeholder.MatchString(given[from:to+1]) {
		return nil
	}
	quoted := strconv.Quote(given[from : to+1])
	return []string{given[from : to+1], quoted[1 : len(quoted)-1]}
}

// environment are the values of the program's variables.
func environment() (values []string) {
	for _, variable := range os.Environ() {
		if name, value, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "LOCKTOP_") {
			values = append(values, value)
		}
	}
	return values
}
