package lock

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	mathrand "math/rand/v2"
	"sync"
	"time"
)

// WithRandom draws owner ids, and pauses that are random, from a source in place
// of an unpredictable one. It is for simulations that can be repeated: locks that
// share a name need sources that differ, or they take each other for themselves.
// The source is used by one goroutine at a time.
func WithRandom(source mathrand.Source) Option {
	return func(l *Lock) error {
		l.random.source = source
		return nil
	}
}

// WithQuorumRandom is [WithRandom] for a Quorum.
func WithQuorumRandom(source mathrand.Source) QuorumOption {
	return func(q *Quorum) error {
		q.random.source = source
		return nil
	}
}

// random is what ids and pauses are drawn from.
type random struct {
	mu     sync.Mutex
	source mathrand.Source // nil: an unpredictable one
}

// bytes fills b.
func (r *random) bytes(b []byte) {
	if r.source == nil {
		rand.Read(b) // never fails
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(b) > 0 {
		var eight [8]byte
		binary.LittleEndian.PutUint64(eight[:], r.source.Uint64())
		b = b[copy(b, eight[:]):]
	}
}

// id returns 144 random bits as text, with a label behind them.
func (r *random) id(behind string) string {
	var b [18]byte
	r.bytes(b[:])
	text := base64.StdEncoding.AppendEncode(make([]byte, 0, idLength+len(behind)), b[:])
	return string(append(text, behind...))
}

// word returns 130 random bits or more as text, of letters and digits only.
func (r *random) word() string {
	if r.source == nil {
		return rand.Text()
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	var b [26]byte
	r.bytes(b[:])
	for i := range b {
		b[i] = alphabet[b[i]%32]
	}
	return string(b[:])
}

// below returns a random duration from 0 up to, but not including, d.
func (r *random) below(d time.Duration) time.Duration {
	if r.source == nil {
		return mathrand.N(d)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.Duration(mathrand.New(r.source).Int64N(int64(d)))
}
