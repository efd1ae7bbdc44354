package sim

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// A gate stands before every Redis command of one lane. It is open while the
// experiment runs; while it is shut, commands park before it, and a step lets
// one of them through.
type gate struct {
	shut atomic.Bool // read without the lock on the way through

	// scheduled says that the gate never opens: somebody decides which command is
	// the next. It is set before the first one comes.
	scheduled bool
	came      chan struct{} // tells the scheduler that a command has come; has room for one

	// all says that every command of the lane waits here, not only those of updates:
	// in virtual time nothing may reach Redis by chance. It is set before the first
	// one comes.
	all bool

	mu      sync.Mutex
	parked  []*parked
	stepped func() // set while a step waits for a command to arrive
}

// parked is a command that waits at the gate.
type parked struct {
	client, node int // client 0 is the lane itself, and its node may be an order: see alone
	request      request
	passed       chan struct{}
}

// pass returns when the client may send its next command, to a node of its lane.
func (g *gate) pass(client, node int, r request) {
	if !g.shut.Load() {
		return
	}
	g.mu.Lock()
	if !g.shut.Load() {
		g.mu.Unlock()
		return
	}
	if stepped := g.stepped; stepped != nil {
		g.stepped = nil
		g.mu.Unlock()
		stepped()
		return
	}
	p := &parked{client: client, node: node, request: r, passed: make(chan struct{})}
	g.parked = append(g.parked, p)
	g.mu.Unlock()
	if g.scheduled {
		tell(g.came)
	}
	<-p.passed
}

// halt returns when the client may try again what failed: not while the experiment is
// paused, as that would fail again and again. To let it go on is a step of its own.
func (g *gate) halt(client int) {
	if !g.scheduled {
		g.pass(client, 0, request{})
	}
}

// close shuts the gate.
func (g *gate) close() {
	g.mu.Lock()
	g.shut.Store(true)
	g.stepped = nil
	g.mu.Unlock()
}

// open lets everybody through.
func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut.Store(false)
	g.stepped = nil
	for _, p := range g.parked {
		close(p.passed)
	}
	g.parked = nil
}

// grant lets one parked command through, of the preferred client if it has
// one there and else the one that has waited longest; false if there is none.
func (g *gate) grant(prefer int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.parked) == 0 {
		return false
	}
	i := max(0, slices.IndexFunc(g.parked, func(p *parked) bool { return p.client == prefer }))
	g.let(i)
	return true
}

// let lets the parked command of an index through; the lock is held.
func (g *gate) let(i int) {
	close(g.parked[i].passed)
	g.parked = slices.Delete(g.parked, i, i+1)
}

// waiting returns the parked commands in an order that does not depend on how the
// goroutines happened to come: by client, then by node, then as they came.
func (g *gate) waiting() []*parked {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := slices.Clone(g.parked)
	slices.SortStableFunc(all, byClient)
	return all
}

// byClient orders parked commands by client, and then by node.
func byClient(a, b *parked) int {
	if a.client != b.client {
		return a.client - b.client
	}
	return a.node - b.node
}

// take returns the parked commands, which the scheduler keeps from now on, in an
// order that does not depend on how they came.
func (g *gate) take() []*parked {
	g.mu.Lock()
	all := g.parked
	g.parked = nil
	g.mu.Unlock()
	slices.SortFunc(all, func(a, b *parked) int {
		if c := byClient(a, b); c != 0 {
			return c
		}
		return strings.Compare(a.request.String(), b.request.String())
	})
	return all
}

// admit lets a parked command through.
func (g *gate) admit(p *parked) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if i := slices.Index(g.parked, p); i >= 0 {
		g.let(i)
	}
}

// await calls stepped, on the goroutine of the client, for the next command
// that arrives, and lets it through.
func (g *gate) await(stepped func()) {
	g.mu.Lock()
	g.stepped = stepped
	g.mu.Unlock()
}
