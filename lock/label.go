package lock

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

const (
	// idLength is how many characters of an id are random; what follows is its label.
	idLength = 24

	// mostLabel is how long a label may be, in bytes.
	mostLabel = 128
)

// WithLabel says who acquires the lock, for people: [Lock.Inspect] shows the label of the
// holder and of those who wait in line. The default is job@host:pid, the name of the
// program, that of the machine and the number of the process; "" is none, and so is the
// default together with [WithRandom].
//
// It stands behind the random part of the id, after a space, in the same key: nothing
// more is sent, and programs that know of no labels take it for a part of the id. [New]
// returns ErrInvalid for a label of more than 128 bytes or with characters that cannot be
// printed, and together with [WithID] unless it is "": people see that id then.
func WithLabel(label string) Option {
	return func(l *Lock) error {
		if len(label) > mostLabel || !utf8.ValidString(label) || strings.ContainsFunc(label, unprintable) {
			return fmt.Errorf("%w: the label %.*q is longer than %d bytes or cannot be printed", ErrInvalid, mostLabel, label, mostLabel)
		}
		l.label = &label
		return nil
	}
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) }

// suffix returns what stands behind the random part of the lock's ids.
func (l *Lock) suffix() string {
	label := ""
	switch {
	case l.label != nil:
		label = *l.label
	case l.random.source == nil:
		label = defaultLabel()
	}
	if label == "" {
		return ""
	}
	return " " + label
}

// defaultLabel is that of this process.
var defaultLabel = sync.OnceValue(func() string {
	printable := func(s string) string {
		s = strings.Map(func(r rune) rune {
			if r > unicode.MaxASCII || unprintable(r) {
				return '?'
			}
			return r
		}, s)
		return s[:min(len(s), mostLabel/3)]
	}
	host, _ := os.Hostname()
	return printable(filepath.Base(os.Args[0])) + "@" + printable(cmp.Or(host, "?")) + ":" + strconv.Itoa(os.Getpid())
})

// labelOf returns the label of an id, or "" if it has none.
func labelOf(id string) string {
	if len(id) <= idLength || id[idLength] != ' ' {
		return ""
	}
	if _, err := base64.StdEncoding.DecodeString(id[:idLength]); err != nil {
		return ""
	}
	return id[idLength+1:]
}
