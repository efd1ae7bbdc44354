package lock

import (
	"fmt"
	"strings"
)

// defaultPrefix is that of python-redis-lock.
const defaultPrefix = "lock"

// WithPrefix has the names of all keys of the lock begin with a prefix in place of "lock":
// with "app:lock" they are app:lock:<name>, app:lock-signal:<name> and so on, see
// [Lock.Keys]. Locks with different prefixes have nothing to do with each other, and
// python-redis-lock knows no other than the default, nor does [ResetAll]. On a Redis
// Cluster the hash tag may be in the prefix. An ACL needs ~<prefix>:* and ~<prefix>-* in
// place of ~lock:* and ~lock-*; channels and the fences of guards keep their names. [New]
// returns ErrInvalid for an empty prefix.
func WithPrefix(prefix string) Option {
	return func(l *Lock) error {
		if prefix == "" {
			return fmt.Errorf("%w: the prefix is empty", ErrInvalid)
		}
		l.prefix = prefix
		l.nameKeys()
		return nil
	}
}

// nameKeys names the lock's keys.
func (l *Lock) nameKeys() {
	l.key, l.signal = l.prefix+":"+l.name, l.prefix+"-signal:"+l.name
	l.line.keys = []string{l.key, l.signal}
	for _, what := range []string{"queue", "hubs", "token"} {
		l.line.keys = append(l.line.keys, besides(l.prefix+"-"+what+":", l.key))
	}
	l.line.args = nil
	for _, key := range l.line.keys {
		l.line.args = append(l.line.args, key)
	}
	if l.tokens != "" {
		l.tokens = l.line.keys[4]
	}
}

// tagHolder returns the part of the lock's keys that has to have a hash tag on a cluster:
// one that spanned the prefix and the name would differ from key to key.
func (l *Lock) tagHolder() string {
	if strings.Contains(l.prefix, "{") {
		return l.prefix
	}
	return l.name
}
