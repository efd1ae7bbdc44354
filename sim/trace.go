package sim

import (
	"slices"
	"strings"
	"time"
)

// A Step is a move that was made in an [Arena], and what came of it.
type Step struct {
	Move
	// Command is what was sent, and Reply the answer to it, as people would write
	// them. The reply is "" as long as there is none.
	Command, Reply string
	// Waits says that Redis kept the client waiting, Woken which clients it
	// answered that it had kept waiting before.
	Waits bool
	Woken []int
	// Events are what the clients saw and did, in this step, in the order of their
	// numbers.
	Events []Event
}

// Trace has the arena keep what is done from the next start on: see [Arena.Steps].
func (a *Arena) Trace(on bool) { a.traced = on }

// Steps returns the moves made since the start, with what came of them. It is nil
// unless the arena keeps a trace.
func (a *Arena) Steps() []Step { return a.steps }

// Player is what a client of an arena is about to do.
type Player struct {
	Number int
	// Next is its next command, "" if it waits or has ended; Sends says whether that
	// can be sent now, and not only after something has changed.
	Next  string
	Sends bool
	// Read is the value that it read last, as people would write it; "" is none.
	Read string
	// Inside says that it is between "acquired" and "release" or, without a lock,
	// between its read and its write.
	Inside bool
	// Waits says that Redis keeps it waiting, Over that its update has ended, Crashed
	// that it did so by a crash.
	Waits, Over, Crashed bool
}

// Players returns what all clients are about to do.
func (a *Arena) Players() []Player {
	players := make([]Player, len(a.players))
	inside := a.lane.recorder.Snapshot(View{}).Inside
	for i, p := range a.players {
		players[i] = Player{Number: p.number, Read: a.plainly.text(p.read, a.ownerFor(p.number)), Waits: slices.Contains(a.line, p.number), Over: p.over(), Crashed: p.crashed}
		players[i].Inside = slices.Contains(inside, p.number) && !p.over()
	}
	for _, w := range a.lane.gate.waiting() {
		v := &players[w.client-1]
		if text := a.plainly.request(w.request, a.ownerFor(w.client)); v.Next == "" {
			v.Next = text
		} else {
			v.Next += "; " + text
		}
	}
	for _, m := range a.moves {
		if m.Kind == Send {
			players[m.Client-1].Sends = true
		}
	}
	return players
}

// Held is what Redis holds under one of the lane's keys, as people would write it.
type Held struct {
	// Name is what the key is for: average, lock, signal, …
	Name, Value string
	// TTL is its time to live; 0 is none.
	TTL time.Duration
	// Node is the server that holds it, from 1, where there are several; else 0.
	Node int
}

// Held returns what Redis holds now of the average and the lock, in the order of the
// servers. A key that is not there is left out.
func (a *Arena) Held() []Held {
	var held []Held
	names := append([]string{a.lane.averageKey()}, a.lane.lockKeys...)
	for i, server := range a.lane.servers() {
		for _, k := range server.State(names...) {
			if k.Value == "" {
				continue
			}
			h := Held{Name: a.plainly.keys.Replace(k.Name), Value: a.plainly.text(k.Value, a.ownerFor(0)), TTL: k.TTL}
			if len(a.lane.nodes) > 0 {
				h.Node = i + 1
			}
			held = append(held, h)
		}
	}
	return held
}

// ownerFor names the client that a random id belongs to; a new one belongs to the
// client in whose request it is.
func (a *Arena) ownerFor(client int) func(id string) string {
	return func(id string) string {
		name := a.rename(client, id) // id2.1 for the first of client 2
		number, _, _ := strings.Cut(strings.TrimPrefix(name, "id"), ".")
		return "c" + number
	}
}

// traced is the reply to the command of a step, by its index.
type traced struct {
	step  int
	reply string
}

// traceSend begins the trace of a command, and returns its index.
func (a *Arena) traceSend(p *player, w *parked) (step int) {
	if a.traced {
		a.steps = append(a.steps, Step{Move: a.made[len(a.made)-1], Command: a.plainly.request(w.request, a.ownerFor(p.number))})
	}
	return len(a.steps) - 1
}

// traceRest completes the trace of the last move.
func (a *Arena) traceRest(before []int) {
	if !a.traced {
		return
	}
	if len(a.steps) < len(a.made) {
		a.steps = append(a.steps, Step{Move: a.made[len(a.made)-1]})
	}
	for _, p := range a.players {
		p.mu.Lock()
		for _, t := range p.replies {
			a.steps[t.step].Reply = t.reply
		}
		p.replies = p.replies[:0]
		p.mu.Unlock()
	}
	s := &a.steps[len(a.steps)-1]
	for _, number := range before {
		if !slices.Contains(a.line, number) && number != s.Client {
			s.Woken = append(s.Woken, number)
		}
	}
	s.Waits = s.Kind == Send && slices.Contains(a.line, s.Client)
	a.lane.recorder.Fold()
	s.Events = slices.Clone(a.events)
	slices.SortStableFunc(s.Events, func(x, y Event) int { return x.Client - y.Client })
	a.events = a.events[:0]
}
