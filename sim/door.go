package sim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// A door is the one way from a simulated client to Redis: a hook on each of its
// connections that waits at the lane's gate, counts, and does what faults do to a
// connection. Everything that a client sends passes it, also what the lock library
// sends on its behalf.
type door struct {
	client *client

	// update says that commands belong to an update; others are bookkeeping
	// (connecting, writing receipts) and neither wait nor count.
	update atomic.Bool
	count  atomic.Int64

	dead    atomic.Bool  // the client has crashed
	swallow atomic.Bool  // the next reply is lost
	era     atomic.Int64 // of the lane's link, when the last command was sent
	faulted atomic.Int64 // when something was last done to the client, in Unix nanoseconds; 0 is never

	mu    sync.Mutex
	conns []conn
	cuts  map[int]<-chan struct{} // by node, 0 for all: closed when the cut is over
}

// conn is a connection to one of the lane's servers.
type conn struct {
	net.Conn
	node int
}

// mostConns is how many of its latest connections a door remembers: one to each
// server, and one for messages, that is.
const mostConns = 2 * mostNodes

// errInjected is wrapped by every error that a fault makes.
var errInjected = errors.New("a fault was injected")

var (
	errCrashed   = fmt.Errorf("the client has crashed: %w", errInjected)
	errSwallowed = fmt.Errorf("the reply was lost: %w", errInjected)
	errCut       = fmt.Errorf("the connection was cut: %w", errInjected)
	errGone      = fmt.Errorf("the connection to Redis was down when the run ended: %w", errInjected)
	errAway      = fmt.Errorf("the server is away: %w", errInjected)
)

// taken returns how many commands have passed since the last call.
func (d *door) taken() int { return int(d.count.Swap(0)) }

// hook is the door's hook on the connections to one of the lane's servers, from 1.
type hook struct {
	*door
	node int
}

// pass lets a request through, after all that has to come before, or refuses it.
func (h hook) pass(r request) error {
	gate := &h.client.lane.gate
	if gate.scheduled && !gate.all && r.isPrivate() {
		return nil // in an arena it belongs to the request before
	}
	// In an arena, an update that ends just then may leave the request behind or not:
	// it waits either way.
	if gate.shut.Load() && !r.isPrivate() && !h.dead.Load() && (gate.all || gate.scheduled || h.update.Load()) {
		gate.pass(h.client.number, h.node, r)
	}
	// Whether it is an update's is asked only now: before, an update that is coming to
	// its end may just have left it behind.
	if h.update.Load() && !h.dead.Load() {
		if gate.scheduled {
			h.goes(r)
		} else {
			h.client.reach(AtCommand)
		}
		h.count.Add(int64(r.commands()))
	}
	switch {
	case h.dead.Load():
		return errCrashed
	case h.client.lane.away(h.node):
		return errAway
	case h.isCut():
		return errCut
	}
	return nil
}

// goes is what happens when a scheduler has admitted a request of an update.
func (h hook) goes(r request) {
	if !r.isPrivate() {
		h.client.announce()
	}
	gate, clk := &h.client.lane.gate, h.client.lane.clock
	admitted := clk.Now()
	h.client.reach(AtCommand)
	if gate.all && clk.Now() != admitted {
		gate.pass(h.client.number, h.node, r) // now is a moment that nobody has chosen
	}
}

// isCut tells whether nothing gets through to the node now. A cut without a time
// is over with the first command that it stops.
func (h hook) isCut() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.cuts) == 0 {
		return false
	}
	for _, node := range [...]int{0, h.node} {
		over, ok := h.cuts[node]
		if !ok {
			continue
		}
		if over == nil {
			delete(h.cuts, node)
			return true
		}
		select {
		case <-over:
			delete(h.cuts, node)
		default:
			return true
		}
	}
	return false
}

// cut breaks the connections to a node, 0 for all, and lets nothing through until
// over is closed; nil stops one command.
func (d *door) cut(node int, over <-chan struct{}) {
	d.mu.Lock()
	if d.cuts == nil {
		d.cuts = map[int]<-chan struct{}{}
	}
	d.cuts[node] = over
	d.mu.Unlock()
	d.breakConns(node)
}

// breakConns closes the connections to a node, 0 for all.
func (d *door) breakConns(node int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	kept := d.conns[:0]
	for _, c := range d.conns {
		if node == 0 || c.node == node {
			c.Close()
		} else {
			kept = append(kept, c)
		}
	}
	d.conns = kept
}

// DialHook implements [redis.Hook].
func (h hook) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		switch l := h.client.lane; {
		case h.dead.Load():
			return nil, errCrashed
		case l.gate.all && h.node == 1 && !l.faults.service.runs():
			return nil, errAway // rather than by chance before or after
		}
		c, err := next(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		if len(h.conns) == mostConns {
			h.conns = append(h.conns[:0], h.conns[1:]...)
		}
		h.conns = append(h.conns, conn{c, h.node})
		if h.dead.Load() { // meanwhile
			c.Close()
		}
		return c, nil
	}
}

// ProcessHook implements [redis.Hook].
func (h hook) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		return h.send(request{one: cmd}, func() error { return next(ctx, cmd) })
	}
}

// ProcessPipelineHook implements [redis.Hook].
func (h hook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		return h.send(request{many: cmds}, func() error { return next(ctx, cmds) })
	}
}

// send sends a request by calling next, unless the door keeps it from going, or its
// reply from coming. A request that blocks is sent whether or not the server is in
// service.
func (h hook) send(r request, next func() error) error {
	if r.isHandshake() {
		return next()
	}
	if err := h.pass(r); err != nil {
		r.refuse(err)
		return err
	}
	update := h.update.Load()
	lose := update && h.swallow.CompareAndSwap(true, false)
	var err error
	if r.blocks() {
		h.era.Store(h.client.lane.link.era.Load())
		if err = next(); err == nil {
			h.client.reach(AtWoken)
		}
	} else {
		h.serve()
		if h.client.lane.link.gone.Load() {
			h.served()
			r.refuse(errGone)
			return errGone
		}
		h.era.Store(h.client.lane.link.era.Load())
		// Over a connection that was closed while it was idle nothing was sent: it
		// goes over a new one. Of a socket go-redis notices that beforehand, of an
		// embedded connection it does not.
		if err = next(); errors.Is(err, io.ErrClosedPipe) {
			err = next()
		}
		h.served()
	}
	switch {
	case h.dead.Load():
		err = errCrashed // the client does not live to see the reply
	case lose:
		err = errSwallowed
	default:
		if seen := h.client.seen; seen != nil && update {
			seen(r, err)
		}
		return err
	}
	r.refuse(err)
	return err
}

// serve waits until the server is in service, and keeps it there until served. A
// command that blocks is sent without.
func (h hook) serve() {
	if h.node == 1 {
		h.client.lane.faults.service.enter()
	}
}

func (h hook) served() {
	if h.node == 1 {
		h.client.lane.faults.service.leave()
	}
}

// touch notes that something is being done to the client.
func (d *door) touch() { d.faulted.Store(time.Now().UnixNano()) }

// An adminHook has the lane's own commands, of the alert cluster and of faults, wait
// at the gate as those of its clients do.
type adminHook struct {
	gate *gate
	node int
}

// DialHook implements [redis.Hook].
func (adminHook) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessHook implements [redis.Hook].
func (h adminHook) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		h.pass(request{one: cmd})
		return next(ctx, cmd)
	}
}

// ProcessPipelineHook implements [redis.Hook].
func (h adminHook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		h.pass(request{many: cmds})
		return next(ctx, cmds)
	}
}

func (h adminHook) pass(r request) {
	if !r.isHandshake() {
		h.gate.pass(0, h.node, r)
	}
}
