package eventlog

import "strings"

// Sealed puts the checksums on the lines of a log that was written by hand. A line that does
// not end as an object gets none.
func Sealed(text string) string {
	var s seal
	var sealed strings.Builder
	for line := range strings.Lines(text) {
		body := strings.TrimRight(line, "\r\n")
		end := line[len(body):]
		if body, ok := strings.CutSuffix(body, "}"); ok {
			s.add([]byte(body))
			sum := s.text()
			sealed.WriteString(body + string(sum[:]) + end)
		} else {
			sealed.WriteString(line)
		}
	}
	return sealed.String()
}
