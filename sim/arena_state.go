package sim

import (
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strings"
	"time"
)

// What two states of an arena are told apart by, and what moves have to do with each
// other.

// anonymous is a command without random ids, of which every try has another one, and
// where it goes.
func anonymous(w *parked) string {
	return fmt.Sprint(w.node, " ", renameIDs(w.request.String(), func(string) string { return "id" }))
}

// A Footprint is what a move may change or see.
type Footprint struct {
	Keys   []string
	Writes bool
	Node   int
	All    bool // everything
}

// Apart says whether two moves of different clients can be made in either order with
// the same consequences.
func (f Footprint) Apart(g Footprint) bool {
	switch {
	case f.All || g.All:
		return false
	case f.Node != g.Node, !f.Writes && !g.Writes:
		return true
	}
	return !slices.ContainsFunc(f.Keys, func(key string) bool { return slices.Contains(g.Keys, key) })
}

// Footprint returns what the move of an index among [Arena.Moves] may change or see.
func (a *Arena) Footprint(i int) Footprint {
	w := (*parked)(nil)
	if i < len(a.commands) {
		w = a.commands[i]
	}
	if w == nil {
		return Footprint{All: true}
	}
	return Footprint{Keys: a.touched(w.request), Writes: w.request.writes(), Node: w.node}
}

// touched are those of the lane's keys that a request names.
func (a *Arena) touched(r request) []string {
	var keys []string
	for _, cmd := range r.all() {
		for _, arg := range cmd.Args()[1:] {
			if s, ok := arg.(string); ok && strings.Contains(s, a.lane.average) && !slices.Contains(keys, s) {
				keys = append(keys, s)
			}
		}
	}
	return keys
}

// state is what one of the lane's servers holds under some keys, but for times to
// live.
func (a *Arena) state(node int, keys []string) string {
	if len(keys) == 0 {
		return ""
	}
	var b strings.Builder
	for _, k := range a.lane.servers()[node-1].State(keys...) {
		b.WriteString(k.Value)
		b.WriteByte(0)
	}
	return b.String()
}

// Signature identifies the state of all that may have an influence on what is still
// to come: two states with the same one have the same future.
func (a *Arena) Signature() uint64 {
	var h maphash.Hash
	h.SetSeed(a.seed)
	write := func(parts ...any) { fmt.Fprintln(&h, parts...) }
	for _, p := range a.players {
		p.mu.Lock()
		sending, trace := p.sending != nil, p.trace.Sum64()
		p.mu.Unlock()
		write(p.number, p.over(), p.crashed, sending, trace, p.watched, a.age(p), len(p.vain))
		if len(p.vain) > 0 {
			write(slices.Sorted(maps.Keys(p.vain))) // whose keys are as they are now
		}
	}
	for _, w := range a.lane.gate.waiting() {
		write(w.client, w.node, a.rename(w.client, w.request.String()))
	}
	for _, server := range a.lane.servers() {
		for _, k := range server.State() {
			write(k.Name, a.rename(0, k.Value), k.TTL)
		}
	}
	expiries, _ := a.faults()
	write(a.line, a.moves, expiries, a.hung, a.lane.recorder.overlapped())
	return h.Sum64()
}

// age is for how long a client has been at its update, for time limits to run; 0 if
// it has sent nothing yet, or is done.
func (a *Arena) age(p *player) time.Duration {
	if p.began.IsZero() || p.over() {
		return 0
	}
	return time.Since(p.began)
}

// rename replaces random ids, which differ from run to run, by names: that of the
// client in whose requests they first came, and which of its ids it is.
func (a *Arena) rename(client int, text string) string {
	a.renaming.Lock()
	defer a.renaming.Unlock()
	return renameIDs(text, func(id string) string {
		name, ok := a.names[id]
		if !ok {
			a.known[client]++
			name = fmt.Sprintf("id%d.%d", client, a.known[client])
			a.names[id] = name
		}
		return name
	})
}
