package audit_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"locktop/sim"
)

// A write is one update as its client told of it.
type write struct {
	client, alert int
	latency       time.Duration

	value, base string
	found       string // what it overwrote, if that is told
	told        bool   // its reply came, and tells what it overwrote
	blind       bool   // Redis computed it, and its reply never came: only its latency is known
	refused     bool
	seen        bool // somebody found its value in Redis

	sent, replied time.Duration // replied is the end of time if the reply never came
	seenAt        time.Duration // when somebody found it at the latest
	before        int           // how often Redis had gone back when its reply was recorded
}

// known tells whether the write is certain to have happened.
func (w *write) known() bool { return w.told || w.seen }

// A rewind is Redis going back, to a value and at a time.
type rewind struct {
	value string
	at    time.Duration
}

// A story is what a log says of the shared value: which writes there were, and which
// values were met there.
type story struct {
	writes  []*write
	rewinds []rewind
	final   string
	read    bool // the final value was
}

const never = time.Duration(1<<63 - 1)

// storyOf reads a log.
func storyOf(events []sim.Event) *story {
	s := &story{}
	type state struct {
		alert   int
		latency time.Duration
		pending *write
	}
	clients := map[int]*state{}
	met := map[string]time.Duration{} // when a value was first known to be in Redis
	meet := func(value string, at time.Duration) {
		if before, ok := met[value]; !ok || at < before {
			met[value] = at
		}
	}
	for _, e := range events {
		c := clients[e.Client]
		if c == nil {
			c = &state{}
			clients[e.Client] = c
		}
		switch e.Kind {
		case sim.Received:
			c.alert, c.latency = e.Alert, e.Latency
		case sim.Read:
			meet(e.Value, e.At)
			if e.Client == 0 {
				s.final, s.read = e.Value, true
			}
		case sim.Rewound:
			meet(e.Value, e.At)
			s.rewinds = append(s.rewinds, rewind{e.Value, e.At})
		case sim.Written, sim.Requested:
			c.pending = &write{client: e.Client, alert: c.alert, latency: c.latency, value: e.Value, base: e.Base,
				blind: e.Kind == sim.Requested, sent: e.At, replied: never, seenAt: never}
			s.writes = append(s.writes, c.pending)
		case sim.Acked, sim.Computed:
			w := c.pending
			w.told, w.replied, w.before = true, e.At, len(s.rewinds)
			if w.found = e.Value; e.Kind == sim.Computed {
				w.blind, w.found, w.base, w.value = false, e.Base, e.Base, e.Value
			}
			meet(w.found, e.At)
			c.pending = nil
		case sim.Refused:
			if c.pending != nil {
				c.pending.refused = true
				c.pending = nil
			}
		case sim.Unknown, sim.Crashed:
			c.pending = nil
		}
	}
	s.writes = slices.DeleteFunc(s.writes, func(w *write) bool { return w.refused })
	s.recognise(met)
	return s
}

// recognise finds the writes whose values were met, also those that Redis computed
// without a reply: they explain values that are nobody else's.
func (s *story) recognise(met map[string]time.Duration) {
	for again := true; again; {
		again = false
		values := map[string]bool{"": true}
		for _, w := range s.writes {
			if !w.blind {
				values[w.value] = true
			}
		}
		for value, at := range met {
			if values[value] {
				continue
			}
			if chain := s.explain(value, values, nil); chain != nil {
				for _, w := range chain {
					w.blind, w.told, w.replied, w.seenAt, w.before = false, true, at, at, len(s.rewinds)
					values[w.value] = true
					if _, ok := met[w.found]; !ok || met[w.found] > at {
						met[w.found] = at
					}
				}
				again = true
				break
			}
		}
	}
	for _, w := range s.writes {
		if at, ok := met[w.value]; ok && !w.blind {
			w.seen, w.seenAt = true, at
		}
	}
}

// explain returns the writes without replies that made a value from one that is known,
// the last one first, and says of each what it found. In which order several came is
// not known, and makes no difference to who erased what: none of them erases anything.
func (s *story) explain(value string, known map[string]bool, used []*write) []*write {
	for _, w := range s.writes {
		if !w.blind || slices.Contains(used, w) {
			continue
		}
		base, ok := minus(value, w.latency)
		if !ok {
			continue
		}
		if chain := append(used, w); known[base] || len(chain) < 6 && s.explain(base, known, chain) != nil {
			w.value, w.base, w.found = value, base, base
			if known[base] {
				return chain
			}
			return s.explain(base, known, chain)
		}
	}
	return nil
}

// minus takes a sample off a value; the empty string is that of no samples.
func minus(value string, latency time.Duration) (string, bool) {
	sum, count, _ := strings.Cut(value, ":")
	n, err := strconv.Atoi(count)
	whole, fraction, _ := strings.Cut(sum, ".")
	ns, err2 := strconv.ParseInt(whole+fraction, 10, 64)
	ns -= int64(latency)
	switch {
	case err != nil || err2 != nil || n < 1 || ns < 0:
		return "", false
	case n == 1:
		return "", ns == 0
	}
	return fmt.Sprintf("%d.%06d:%d", ns/1e6, ns%1e6, n-1), true
}
