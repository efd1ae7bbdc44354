package sim

import (
	"context"
	"strings"

	"github.com/redis/go-redis/v9"
)

// A request is what a client sends at once: one command, or several in a pipeline
// or transaction.
type request struct {
	one  redis.Cmder
	many []redis.Cmder
}

// commands is how many there are.
func (r request) commands() int {
	if r.one != nil {
		return 1
	}
	return len(r.many)
}

// all returns the commands.
func (r request) all() []redis.Cmder {
	if r.one != nil {
		return []redis.Cmder{r.one}
	}
	return r.many
}

// blocks says whether the reply may take a while.
func (r request) blocks() bool { return r.one != nil && r.one.Name() == "blpop" }

// is tells whether two requests are the same one.
func (r request) is(other request) bool {
	if r.one != nil || other.one != nil {
		return r.one == other.one
	}
	return len(r.many) > 0 && len(other.many) > 0 && r.many[0] == other.many[0]
}

// isPrivate tells whether the request changes and sees nothing but the connection.
func (r request) isPrivate() bool { return r.one != nil && r.one.Name() == "unwatch" }

// isStateful tells whether the request changes what the connection's next ones do.
func (r request) isStateful() bool {
	for _, cmd := range r.all() {
		switch cmd.Name() {
		case "watch", "multi", "exec":
			return true
		}
	}
	return false
}

// writes tells whether the request may change anything in Redis.
func (r request) writes() bool {
	for _, cmd := range r.all() {
		switch cmd.Name() {
		case "get", "pttl", "exists", "watch", "multi":
		default:
			return true
		}
	}
	return false
}

// isHandshake tells whether go-redis sends the request by itself, to begin a
// connection in the middle of another command: that one has passed already.
func (r request) isHandshake() bool {
	first := r.one
	if first == nil {
		if len(r.many) == 0 {
			return false
		}
		first = r.many[0]
	}
	switch first.Name() {
	case "hello", "auth", "select", "client":
		return true
	}
	return false
}

// refuse gives every command the error.
func (r request) refuse(err error) {
	for _, cmd := range r.all() {
		cmd.SetErr(err)
	}
}

// String is the request as it is sent, without its replies.
func (r request) String() string {
	var b strings.Builder
	for i, cmd := range r.all() {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(asked(cmd))
	}
	return b.String()
}

// replies is what Redis answered: a value, nil, or an error, which of a single
// command only the one who sent it knows.
func (r request) replies(err error) string {
	if r.one != nil && err != nil {
		return strings.TrimPrefix(err.Error(), "redis: ")
	}
	var b strings.Builder
	for i, cmd := range r.all() {
		if i > 0 {
			b.WriteString("; ")
		}
		// A command's text ends in its reply, whatever type that has.
		b.WriteString(strings.TrimPrefix(cmd.String(), asked(cmd)+": "))
	}
	return b.String()
}

// asked is a command with its arguments.
func asked(cmd redis.Cmder) string {
	return redis.NewCmd(context.Background(), cmd.Args()...).String()
}

// The random ids of locks and of those who hold them are so long, in base64 or
// base32; a waiter in a queue is written as both in a row.
const (
	idLength  = 24
	hubLength = 26
)

// renameIDs replaces whatever may be such an id.
func renameIDs(text string, name func(id string) string) string {
	var b strings.Builder
	copied := 0
	for i := 0; i < len(text); {
		n := 0
		for i+n < len(text) && isBase64(text[i+n]) {
			n++
		}
		switch n {
		case idLength, hubLength:
			b.WriteString(text[copied:i])
			b.WriteString(name(text[i : i+n]))
			copied = i + n
		case hubLength + idLength:
			b.WriteString(text[copied:i])
			b.WriteString(name(text[i : i+hubLength]))
			b.WriteByte(' ')
			b.WriteString(name(text[i+hubLength : i+n]))
			copied = i + n
		}
		i += n + 1
	}
	if copied == 0 {
		return text
	}
	b.WriteString(text[copied:])
	return b.String()
}

func isBase64(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '+' || c == '/'
}
