package backend

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Key is what an embedded server holds under a name.
type Key struct {
	Name string
	// Value is the whole value in one text: equal texts, equal values. "" is none.
	Value string
	// TTL is its time to live; 0 is none.
	TTL time.Duration
}

// State returns the keys of an embedded server in the order of their names: those
// asked for, which may be missing, or all there are. It sends no command. A real
// server has no state that could be read at one moment: of that it is nil.
func (s *Server) State(names ...string) []Key {
	if s.embedded == nil {
		return nil
	}
	e := s.embedded
	e.tick()
	if names == nil {
		names = e.m.Keys() // sorted
	}
	keys := make([]Key, 0, len(names))
	for _, name := range names {
		keys = append(keys, Key{Name: name, Value: e.value(name), TTL: max(e.m.TTL(name), 0)})
	}
	return keys
}

// value writes a value as one text.
func (e *embedded) value(name string) string {
	switch e.m.Type(name) {
	case "string":
		v, _ := e.m.Get(name)
		return v
	case "list":
		v, _ := e.m.List(name)
		return strings.Join(v, "\n")
	case "hash":
		fields, _ := e.m.HKeys(name)
		slices.Sort(fields)
		for i, field := range fields {
			fields[i] = field + " " + e.m.HGet(name, field)
		}
		return strings.Join(fields, "\n")
	case "zset":
		scores, _ := e.m.SortedSet(name)
		members := make([]string, 0, len(scores))
		for member, score := range scores {
			members = append(members, strconv.FormatFloat(score, 'f', -1, 64)+" "+member)
		}
		slices.Sort(members)
		return strings.Join(members, "\n")
	}
	return ""
}

// Begin empties an embedded server, but for its scripts, and has its clock begin
// anew, so that whatever comes next is as if it had just been opened. It sends no
// command, and does nothing to a real server.
func (s *Server) Begin() {
	e := s.embedded
	if e == nil {
		return
	}
	e.m.FlushAll()
	e.ticking.Lock()
	defer e.ticking.Unlock()
	e.ahead.Store(-e.clk.Now().Milliseconds())
	e.ticked.Store(0)
	e.m.SetTime(Epoch)
}
