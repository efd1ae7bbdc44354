package sim

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
	"locktop/sim/backend"
)

// plainly writes requests and replies as people would say them: without prefixes of
// keys, times to live, random ids and digests of scripts.
type plainly struct {
	average string
	keys    *strings.Replacer
}

func newPlainly(l *Lane) plainly {
	names := []string{l.average, "average"}
	for _, key := range l.lockKeys {
		kind, _, _ := strings.Cut(key, ":") // lock, lock-signal, lock-queue, …
		if kind != "lock" {
			kind = strings.TrimPrefix(kind, "lock-")
		}
		names = append([]string{key, kind}, names...)
	}
	return plainly{average: l.average, keys: strings.NewReplacer(names...)}
}

// exactAverage is an average with all its decimals.
var exactAverage = regexp.MustCompile(`\b(\d+)\.(\d)\d{5}:(\d+)\b`)

// text shortens whatever is in a text.
func (p plainly) text(s string, owner func(id string) string) string {
	s = p.keys.Replace(s)
	s = serverTime.ReplaceAllStringFunc(s, sinceBegin)
	s = exactAverage.ReplaceAllString(s, "$1.$2:$3")
	return renameIDs(s, owner)
}

// request says what is asked.
func (p plainly) request(r request, owner func(id string) string) string {
	var parts []string
	for _, cmd := range r.all() {
		switch cmd.Name() {
		case "multi", "exec":
			continue // the commands between them tell
		}
		parts = append(parts, p.text(p.command(cmd), owner))
	}
	text := strings.Join(parts, "; ")
	if len(r.many) > 0 && r.many[0].Name() == "multi" {
		return "EXEC " + text
	}
	return text
}

func (p plainly) command(cmd redis.Cmder) string {
	args := make([]string, len(cmd.Args()))
	for i, arg := range cmd.Args() {
		args[i] = fmt.Sprint(arg)
	}
	name := strings.ToUpper(args[0])
	switch {
	case name == "SET" && len(args) > 2:
		text := name + " " + args[1] + " " + args[2]
		if len(args) > 3 && args[1] != p.average {
			text += " " + strings.ToUpper(strings.Join(args[3:], " "))
		}
		return text
	case name == "BLPOP" && len(args) == 3:
		if args[2] == "0" {
			return name + " " + args[1]
		}
		return name + " " + args[1] + " " + strings.TrimSuffix(strings.TrimRight(args[2], "0"), ".") + "s"
	case name == "EVALSHA" && len(args) > 3:
		return p.script(args[1], args[3:])
	}
	return name + " " + strings.Join(args[1:], " ")
}

// script names a script, its key, and those of its arguments that tell something: who
// asks, and what is to be written.
func (p plainly) script(digest string, args []string) string {
	name, key := lock.ScriptName(digest), args[0]
	if digest == addScript.Hash() {
		name = "add.lua"
	}
	parts := []string{name, key}
	for _, arg := range args[1:] {
		switch {
		case arg == p.average:
			parts[1] = arg // rather than its fence
		case exactAverage.MatchString(arg), len(arg) == idLength && renameIDs(arg, func(string) string { return "" }) == "":
			parts = append(parts, arg)
		}
	}
	return strings.Join(parts, " ")
}

// reply says what was answered.
func (p plainly) reply(r request, err error, owner func(id string) string) string {
	if r.one != nil {
		return p.answer(r.one, err, p.text(r.replies(err), owner))
	}
	last := r.many[len(r.many)-1]
	switch {
	case errors.Is(err, redis.TxFailedErr):
		return "nil: the key has changed"
	case last.Name() == "exec" && len(r.many) > 2:
		cmd := r.many[1]
		return p.answer(cmd, cmd.Err(), p.text(request{one: cmd}.replies(cmd.Err()), owner))
	}
	return p.text(r.replies(err), owner)
}

// answer says what the reply to one command means.
func (p plainly) answer(cmd redis.Cmder, err error, text string) string {
	args := cmd.Args()
	switch {
	case cmd.Name() == "set" && fmt.Sprint(args[1]) == p.average:
		if errors.Is(err, redis.Nil) {
			return "OK, was empty"
		}
		return "OK, was " + text
	case cmd.Name() == "evalsha":
		return meaning(lock.ScriptName(fmt.Sprint(args[1])), text)
	case cmd.Name() == "pttl" && strings.HasPrefix(text, "-"):
		return map[string]string{"-2ns": "no such key", "-1ns": "no time to live"}[text]
	}
	return text
}

// meaning says what the reply of one of the lock's scripts means.
func meaning(script, reply string) string {
	switch script + " " + reply {
	case "release.lua 0":
		return "released"
	case "release.lua 1", "handover.lua 1", "extend.lua 1":
		return "not the owner any more"
	case "release.lua 3":
		return "not released: somebody stands in line"
	case "handover.lua 0":
		return "handed over"
	case "handover.lua 5":
		return "left free for a moment"
	case "extend.lua 0":
		return "extended"
	case "raise.lua 0", "guarded_set.lua [0]":
		return "refused: the token is stale"
	case "raise.lua 1":
		return "raised"
	case "guarded_set.lua [1 <nil>]":
		return "OK, was empty"
	}
	if script == "handover.lua" && strings.HasPrefix(reply, "[") { // a table names the next
		if !strings.Contains(reply, " ") {
			return "left free for a moment"
		}
		return "handed over"
	}
	if script == "guarded_set.lua" {
		return "OK, was " + strings.Trim(reply[len("[1 "):], "]")
	}
	return reply
}

// serverTime is a time of an embedded server, in microseconds, by which fencing
// tokens begin to count.
var serverTime = regexp.MustCompile(`\b15778\d{11}\b`)

// sinceBegin counts it from the server's beginning.
func sinceBegin(text string) string {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return text
	}
	return strconv.FormatInt(n-backend.Epoch.UnixMicro(), 10)
}
