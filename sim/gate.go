package sim

import (
	"slices"
	"sync"
	"sync/atomic"
)

// A gate stands before every Redis command of one lane. It is open while the
// experiment runs; while it is shut, commands park before it, and a step lets
// one of them through.
type gate struct {
	shut atomic.Bool // read without the lock on the way through

	mu      sync.Mutex
	parked  []*parked
	stepped func() // set while a step waits for a command to arrive
}

// parked is a command that waits at the gate.
type parked struct {
	client int
	passed chan struct{}
}

// pass returns when the client may send its next command.
func (g *gate) pass(client int) {
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
	p := &parked{client: client, passed: make(chan struct{})}
	g.parked = append(g.parked, p)
	g.mu.Unlock()
	<-p.passed
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
	close(g.parked[i].passed)
	g.parked = slices.Delete(g.parked, i, i+1)
	return true
}

// await calls stepped, on the goroutine of the client, for the next command
// that arrives, and lets it through.
func (g *gate) await(stepped func()) {
	g.mu.Lock()
	g.stepped = stepped
	g.mu.Unlock()
}
