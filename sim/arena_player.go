package sim

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"sync"
	"time"

	"locktop/lock"
)

// player is a client, as the arena sees it.
type player struct {
	*client
	ended    chan struct{} // closed when its update is over
	err      error
	crashed  bool
	began    time.Time       // when its first command was let through; zero before
	vain     map[string]vain // by the text of the command
	waitsFor []string        // the keys on which Redis keeps it waiting
	read     string          // the value that it read last
	watched  map[string]bool // by WATCH → it was written to since

	mu      sync.Mutex   // guards what the goroutines of the client change
	sending *parked      // admitted, and not answered yet
	step    int          // its index in the trace
	trace   maphash.Hash // of all requests and replies
	replies []traced     // not yet in the trace
}

// begin makes a client one that has done nothing yet.
func (p *player) begin(seed maphash.Seed) {
	p.lock, p.quorum, p.wrote = nil, nil, false
	p.random = rand.New(rand.NewPCG(p.lane.seed, uint64(p.number)))
	p.ids = rand.NewPCG(p.lane.seed, uint64(p.number))
	p.door.dead.Store(false)
	p.door.count.Store(0)
	p.announced = p.announced[:0]
	p.ended, p.err = make(chan struct{}), nil
	p.crashed, p.read, p.began = false, "", time.Time{}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sending, p.replies = nil, nil
	p.trace.SetSeed(seed)
	p.vain, p.watched = map[string]vain{}, map[string]bool{}
}

// play makes the client's update.
func (p *player) play(ctx context.Context) {
	defer close(p.ended)
	p.err = guard(func() error {
		p.await(ctx)
		defer p.stopWaits()
		alert := Alert{Number: 1, Latency: latencyOf(p.lane.seed, 1, p.number)}
		p.record(Event{Kind: Received, Alert: alert.Number, Latency: alert.Latency})
		noted := true // nobody races for receipts
		if err := p.once(ctx, alert, &noted); err != nil && !isTooLate(err) {
			return fmt.Errorf("client %d: %w", p.number, err)
		}
		p.record(Event{Kind: Finished})
		return nil
	})
}

// isTooLate tells whether an error is of a try that took too long: its write was refused,
// or too few of its nodes had answered in time.
func isTooLate(err error) bool {
	return errors.Is(err, lock.ErrStale) || errors.Is(err, lock.ErrNoQuorum)
}

// over says whether the client's update has ended, one way or the other.
func (p *player) over() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// settleLock waits until nothing is left of the client's dealings with the lock.
func (p *player) settleLock() {
	p.left.Wait()
	if p.lock != nil {
		p.lock.Settle()
	}
	if p.quorum != nil {
		p.quorum.Settle()
	}
}

// isSending says whether the client has been let through and not been answered yet.
func (p *player) isSending() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sending != nil
}
