package eventlog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"locktop/sim"
	"locktop/sim/clean"
)

// A field is one field of [sim.Event] on its way to JSON and back. The fields are
// found once, so that a new one needs no word here.
type field struct {
	index int
	start string // ,"name":
	wire  int    // its index in wireType
}

var (
	eventType = reflect.TypeFor[sim.Event]()
	kindType  = reflect.TypeFor[sim.Kind]()
	fields    = fieldsOfEvent()
	wireType  = wireTypeOfEvent()
)

func fieldsOfEvent() []field {
	var fields []field
	for i := range eventType.NumField() {
		fields = append(fields, field{index: i, start: `,"` + keyOf(eventType.Field(i)) + `":`, wire: i + 1})
	}
	return fields
}

// wireTypeOfEvent is the type that encoding/json reads a line into: the lane, and
// the fields of an event with other types where JSON says it differently.
func wireTypeOfEvent() reflect.Type {
	wire := []reflect.StructField{{Name: "Lane", Type: reflect.TypeFor[int](), Tag: `json:"lane"`}}
	for i := range eventType.NumField() {
		f := eventType.Field(i)
		f.Tag = reflect.StructTag(`json:"` + keyOf(f) + `"`)
		switch {
		case f.Type == kindType:
			f.Type = reflect.TypeFor[wireKind]()
		case f.Type.Kind() == reflect.String:
			f.Type = reflect.TypeFor[wireText]()
		}
		wire = append(wire, reflect.StructField{Name: f.Name, Type: f.Type, Tag: f.Tag})
	}
	return reflect.StructOf(wire)
}

// keyOf is a field's name in a log: DidThis is did_this, and a time did_this_ns.
func keyOf(f reflect.StructField) string {
	var key strings.Builder
	for i, r := range f.Name {
		if i > 0 && unicode.IsUpper(r) {
			key.WriteByte('_')
		}
		key.WriteRune(unicode.ToLower(r))
	}
	if f.Type == reflect.TypeFor[time.Duration]() {
		key.WriteString("_ns")
	}
	return key.String()
}

// appendEvent appends the line of an event.
func appendEvent(b []byte, lane int, event reflect.Value) []byte {
	b = append(b, `{"lane":`...)
	b = strconv.AppendInt(b, int64(lane)+1, 10)
	for i := range fields {
		f := &fields[i]
		if v := event.Field(f.index); !v.IsZero() {
			b = append(b, f.start...)
			b = appendValue(b, v)
		}
	}
	return append(b, '}', '\n')
}

func appendValue(b []byte, v reflect.Value) []byte {
	switch k := v.Kind(); {
	case v.Type() == kindType:
		return appendText(b, sim.Kind(v.Uint()).String())
	case k == reflect.String:
		return appendText(b, v.String())
	case v.CanInt():
		return strconv.AppendInt(b, v.Int(), 10)
	case v.CanUint():
		return strconv.AppendUint(b, v.Uint(), 10)
	}
	return appendJSON(b, v.Interface())
}

// appendText appends a string. Most are values of the average, which need nothing
// escaped.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			if utf8.ValidString(s) {
				return appendJSON(b, s)
			}
			return appendJSON(b, wireBytes{[]byte(s)})
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

func appendJSON(b []byte, v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // an event holds nothing that JSON can't; tests see to that
	}
	return append(b, clean.Text(string(text))...)
}

// parseEvent reads the line of an event.
func parseEvent(line []byte) (lane int, e sim.Event, err error) {
	wire := reflect.New(wireType)
	if err := decode(line, wire.Interface()); err != nil {
		return 0, sim.Event{}, err
	}
	event := reflect.ValueOf(&e).Elem()
	for i := range fields {
		f := &fields[i]
		to := event.Field(f.index)
		to.Set(wire.Elem().Field(f.wire).Convert(to.Type()))
	}
	if e.Kind == 0 {
		return 0, sim.Event{}, errors.New("the event has no kind")
	}
	return int(wire.Elem().Field(0).Int()) - 1, e, nil
}

// wireKind is a kind, by its name.
type wireKind sim.Kind

func (k *wireKind) UnmarshalText(name []byte) error {
	kind, ok := sim.ParseKind(string(name))
	if !ok {
		return fmt.Errorf("unknown kind of event %q", name)
	}
	*k = wireKind(kind)
	return nil
}

// wireText is a string of any bytes.
type wireText string

// wireBytes is text that is not UTF-8.
type wireBytes struct {
	Base64 []byte `json:"base64"`
}

func (t *wireText) UnmarshalJSON(text []byte) error {
	if text[0] != '{' {
		return json.Unmarshal(text, (*string)(t))
	}
	var raw wireBytes
	err := decode(text, &raw)
	*t = wireText(raw.Base64)
	return err
}

// plain says in words of the log what encoding/json says in words of Go.
func plain(err error) error {
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return errCutOff
	case errors.As(err, &wrong):
		return fmt.Errorf("%s has a %s where it wants a %s", wrong.Field, wrong.Value, wrong.Type.Kind())
	}
	return errors.New(strings.TrimPrefix(err.Error(), "json: "))
}

// errCutOff is of a line that ends before its object does.
var errCutOff = errors.New("the line ends in the middle")
