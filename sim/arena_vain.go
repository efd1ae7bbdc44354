package sim

import (
	"slices"
	"time"
)

// A vain command is one that a client has sent and that changed nothing. The same
// command is not let through again before something has happened that could give it
// another reply, or have its client ask something else:
//
//   - a key that the command touches has changed. It need not have another value now: a
//     key that was made and deleted in between has changed twice. Whether that is a new
//     answer is for the client to judge;
//   - the client has changed something itself, or was given an element that it waited for.
//
// So it is forgotten as soon as one of the two happens, and states need not count changes.
//
// Of a quorum no command is in vain. Its waiters pause before they ask again, until time
// has passed; and a command that were held back meanwhile would count as one without an
// answer.
type vain struct {
	node  int
	keys  []string
	state string // of the keys, when it was sent
}

// inVain is how many commands, for each client and server, may lead to nothing before
// all that is sent counts as in vain: some locks ask again and again.
const inVain = 8

// noteSent keeps account of what a command has changed: it was sent when its keys had
// the state before.
func (a *Arena) noteSent(p *player, w *parked, keys []string, before string) {
	after := a.state(w.node, keys)
	changed := after != before
	for _, number := range a.line {
		if q := a.players[number-1]; !q.isSending() { // it was served: what it waited for was made, and is gone
			clear(q.vain)
			a.forget(w.node, q.waitsFor)
			changed = true
		}
	}
	if changed {
		a.noteWatched(keys)
		a.forgetChanged()
	}
	switch {
	case p.isSending(): // Redis keeps it waiting
		a.line = append(a.line, p.number)
		p.waitsFor = keys
	case changed || w.request.isStateful():
		clear(p.vain)
	case len(a.lane.nodes) == 0:
		p.vain[anonymous(w)] = vain{w.node, keys, after}
	}
	p.noteWatch(w.request, keys)
}

// forget has the commands sent again that touch one of the keys.
func (a *Arena) forget(node int, keys []string) {
	for _, p := range a.players {
		for text, v := range p.vain {
			if v.node == node && slices.ContainsFunc(v.keys, func(key string) bool { return slices.Contains(keys, key) }) {
				delete(p.vain, text)
			}
		}
	}
}

// forgetChanged has the commands sent again of whose keys one holds something else now. It
// is called when a command has changed something, and when time has passed.
func (a *Arena) forgetChanged() {
	a.compared = time.Now()
	for _, p := range a.players {
		for text, v := range p.vain {
			if a.state(v.node, v.keys) != v.state {
				delete(p.vain, text)
			}
		}
	}
}

// noteWatched keeps account of what only the server knows of connections: that keys which
// they watch have been written to since.
func (a *Arena) noteWatched(keys []string) {
	for _, p := range a.players {
		for _, key := range keys {
			if _, ok := p.watched[key]; ok {
				p.watched[key] = true
			}
		}
	}
}

// noteWatch keeps account of which keys the client's connection watches.
func (p *player) noteWatch(r request, keys []string) {
	for _, cmd := range r.all() {
		switch cmd.Name() {
		case "watch":
			for _, key := range keys {
				p.watched[key] = false
			}
		case "exec":
			clear(p.watched)
		}
	}
}

// overcomeVain ends a schedule in which all that is sent has led to nothing for long
// enough, unless a lock has a lease: then its end is waited for, as if all had asked until
// then. It reports whether time has passed.
func (a *Arena) overcomeVain() bool {
	if len(a.made)-a.progress <= inVain*len(a.players)*len(a.lane.servers()) {
		return false
	}
	ttl := a.untilExpiry()
	if ttl == 0 {
		a.hang()
		return false
	}
	time.Sleep(ttl)
	a.progress = len(a.made)
	return true
}

// hang ends a schedule in which nobody gets any further.
func (a *Arena) hang() {
	a.hung = true
	a.moves, a.commands = a.moves[:0], a.commands[:0]
}
