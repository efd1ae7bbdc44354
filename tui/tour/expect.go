package tour

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Scene is what is beside the text.
type Scene string

// The scenes there are. [Same] is the one of the act before.
const (
	Same    Scene = ""
	Race    Scene = "race"
	Step    Scene = "step"
	Explore Scene = "explore"
	Grid    Scene = "grid"
)

var (
	explored = []string{"schedules", "losing", "overlapping", "hanging", "refusing"}
	stepped  = []string{"moves", "acked", "kept", "lost", "overlap", "over"}
	raced    = []string{
		"acked", "kept", "lost", "lost%", "failures", "commands", "inside", "overlaps", "expired", "crashed", "faults", "resets", "disowned",
		"verdict", "strategy", "clients", "lease", "view",
	}
	known = map[Scene][]string{Race: raced, Step: stepped, Explore: explored, Grid: explored}
)

// Quantities returns what can be expected of a scene: of a race, commands are those for each update, inside is the most clients
// that were at once, lease is in milliseconds, and verdict, strategy and view are words. In step, overlap and over are 0 or 1.
func Quantities(s Scene) []string { return known[s] }

// An Expectation is one thing that is to happen in an act, written as in "lost% > 50".
type Expectation struct {
	Quantity, Op, Want string
}

var expectation = regexp.MustCompile(`^([a-z%]+)\s*(==|!=|<=|>=|<|>)\s*(\S+)$`)

// UnmarshalText reads an expectation.
func (e *Expectation) UnmarshalText(text []byte) error {
	m := expectation.FindStringSubmatch(strings.TrimSpace(string(text)))
	if m == nil {
		return fmt.Errorf("expect: %q: want a quantity, one of == != < <= > >=, and a value, as in lost%% > 50", text)
	}
	*e = Expectation{Quantity: m[1], Op: m[2], Want: m[3]}
	if _, isText := words[e.Quantity]; isText && e.Op != "==" && e.Op != "!=" {
		return fmt.Errorf("expect: %s is a word, which is == or != another", e.Quantity)
	} else if _, err := strconv.ParseFloat(e.Want, 64); !isText && err != nil {
		return fmt.Errorf("expect: %s is a number, and %q is none", e.Quantity, e.Want)
	}
	return nil
}

// words are the quantities that are not numbers, with the values that they can have; nil is any.
var words = map[string][]string{"verdict": {"undecided", "correct", "wrong", "stalled", "hung"}, "strategy": nil, "view": nil}

// String writes an expectation as it is read.
func (e Expectation) String() string { return e.Quantity + " " + e.Op + " " + e.Want }

// A Value is what a quantity is at the moment: a word or, if that is empty, a number.
type Value struct {
	Word   string
	Number float64
}

// Count is the value of a count.
func Count[N ~int | ~int64 | ~uint64](n N) Value { return Value{Number: float64(n)} }

// String writes a value with at most one decimal.
func (v Value) String() string {
	if v.Word != "" {
		return v.Word
	}
	return strings.TrimSuffix(strconv.FormatFloat(v.Number, 'f', 1, 64), ".0")
}

// Value is what is wanted.
func (e Expectation) Value() Value {
	if n, err := strconv.ParseFloat(e.Want, 64); err == nil {
		return Value{Number: n}
	}
	return Value{Word: e.Want}
}

// Holds tells whether a value is as expected.
func (e Expectation) Holds(v Value) bool {
	order := cmp.Compare(v.Word, e.Want)
	if _, isText := words[e.Quantity]; !isText {
		want, err := strconv.ParseFloat(e.Want, 64)
		if err != nil {
			return false
		}
		order = cmp.Compare(v.Number, want)
	}
	switch e.Op {
	case "==":
		return order == 0
	case "!=":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	default:
		return order >= 0
	}
}

// fits returns an error if nothing of the kind can be expected of a scene.
func (e Expectation) fits(s Scene) error {
	if !slices.Contains(known[s], e.Quantity) {
		return fmt.Errorf("expect: %s knows no %q; it has %s", s, e.Quantity, strings.Join(known[s], ", "))
	}
	if can := words[e.Quantity]; can != nil && !slices.Contains(can, e.Want) {
		return fmt.Errorf("expect: %s is one of %s, not %q", e.Quantity, strings.Join(can, ", "), e.Want)
	}
	return nil
}

// scenes are the names of all scenes.
func scenes() string {
	names := make([]string, 0, len(known))
	for _, s := range slices.Sorted(maps.Keys(known)) {
		names = append(names, string(s))
	}
	return strings.Join(names, ", ")
}
