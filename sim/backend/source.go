// Package backend is where Redis comes from: a server embedded in this process, one that is spawned for it, or one at a URL.
//
// Each lane opens a [Server] of its own and makes its clients from [Server.Options]. An embedded server keeps its time by
// the experiment clock and serves BLPOP first come, first served, as Redis does. It stands for Redis in what it answers,
// not in how fast: claims on throughput and fairness need a real one.
//
// No other package knows miniredis, and no text that this package makes contains a password.
package backend

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"locktop/sim/nearest"
)

// Source is a place that Redis servers come from. The zero Source is the embedded one.
type Source struct {
	program string         // the path of the server to spawn, if it is spawned
	url     *redis.Options // nil if embedded or spawned
	label   string         // of a URL, without user and password
	conns   int            // for how many connections to spawn a server, if more than usual
}

// For returns a source whose servers, if they are spawned, accept so many connections, as far as the system lets them.
func (s Source) For(conns int) Source {
	s.conns = conns
	return s
}

const accepted = "use embedded, spawn for a private redis-server, redis://[user:password@]host[:port][/db], rediss:// for TLS, or unix:///path/to/socket[?db=number]"

// What may be wrong with a URL. None of it repeats any part of the URL: with a character out of place, a password ends up
// where the host, the port, the database or an option should be.
var (
	errNoURL    = errors.New("unknown Redis source")
	errSyntax   = errors.New("the Redis URL is malformed, perhaps because user or password has a character that a URL cannot hold (%40 is @, %2F is /, %23 is #, %3F is ?, %25 is %)")
	errPort     = errors.New("the port of the Redis URL is not a number from 1 to 65535")
	errDatabase = errors.New("the database of the Redis URL is not a number from 0 up")
	errOption   = errors.New("the Redis URL has an option that go-redis does not know, or cannot read")
	errSocket   = errors.New("the unix URL has no path to a socket after unix://[user:password@]")
)

// Parse reads the value of the --redis flag: "embedded", "spawn", or a redis://, rediss:// or unix:// URL as
// [redis.ParseURL] reads it, though options on pools, retries and time limits have no effect. For "spawn" there must be a
// redis-server or valkey-server on PATH, else the error is [ErrNoServer]. Other errors say what is accepted.
func Parse(flag string) (Source, error) {
	switch flag {
	case "embedded":
		return Source{}, nil
	case "spawn":
		program, err := findProgram()
		return Source{program: program}, err
	}
	s, err := parseURL(flag)
	if meant := meant(flag); errors.Is(err, errNoURL) && meant != "" {
		return Source{}, fmt.Errorf("%w; did you mean %s?", err, meant)
	}
	if err != nil {
		return Source{}, fmt.Errorf("%w: %s", err, accepted)
	}
	return s, nil
}

// Addresses that somebody may have given without their scheme. Neither can hold a password.
var (
	hostAndPort = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9a-fA-F:.]+\]):\d{1,5}(/\d+)?$|^localhost$|^\d+\.\d+\.\d+\.\d+$`)
	socketPath  = regexp.MustCompile(`^/[\w./-]+$`)
)

// meant is what may have been meant by a text that is no source; "" if nobody knows.
func meant(text string) string {
	switch near, ok := nearest.To(text, []string{"embedded", "spawn"}); {
	case hostAndPort.MatchString(text):
		return "redis://" + text
	case socketPath.MatchString(text):
		return "unix://" + text
	case ok:
		return strconv.Quote(near)
	}
	return ""
}

func parseURL(text string) (Source, error) {
	scheme, _, ok := strings.Cut(text, "://")
	if !ok {
		return Source{}, errNoURL
	}
	scheme = strings.ToLower(scheme)
	switch scheme {
	case "redis", "rediss", "unix":
	default:
		return Source{}, errNoURL
	}
	u, err := url.Parse(text)
	if err != nil || strings.Contains(text, "#") {
		return Source{}, errSyntax
	}
	if scheme == "unix" {
		if u.Host != "" || strings.Trim(u.Path, "/") == "" {
			return Source{}, errSocket
		}
	} else {
		if strings.Contains(u.Path+u.RawQuery, "@") {
			return Source{}, errSyntax
		}
		if strings.Contains(u.Hostname(), ":") && !strings.HasPrefix(u.Host, "[") {
			return Source{}, errPort
		}
		if port := u.Port(); port != "" {
			if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
				return Source{}, errPort
			}
		}
		if !isDatabase(strings.Trim(u.Path, "/")) {
			return Source{}, errDatabase
		}
	}
	if !isDatabase(u.Query().Get("db")) {
		return Source{}, errDatabase
	}
	opt, err := redis.ParseURL(text)
	if err != nil {
		return Source{}, errOption
	}
	label := fmt.Sprintf("%s://%s/%d", scheme, opt.Addr, opt.DB)
	if scheme == "unix" {
		label = fmt.Sprintf("unix://%s?db=%d", opt.Addr, opt.DB)
	}
	return Source{url: opt, label: label}, nil
}

// isDatabase accepts the number of a database, or none.
func isDatabase(s string) bool {
	_, err := strconv.ParseUint(s, 10, 31)
	return s == "" || err == nil
}

// Embedded tells whether the servers run in this process.
func (s Source) Embedded() bool { return s.program == "" && s.url == nil }

// String returns "embedded", "spawn", or the URL with its defaults filled in and without user, password and options.
func (s Source) String() string {
	switch {
	case s.program != "":
		return "spawn"
	case s.url == nil:
		return "embedded"
	}
	return s.label
}

// GoString keeps the password out of %#v as well.
func (s Source) GoString() string { return "backend.Source(" + s.String() + ")" }
