package lock

import (
	"context"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// Strangers are programs that know of no queue, such as those that use
// python-redis-lock. Their releases leave a signal and tell the queue nothing, and
// whoever blocks on the signal has the lock one round trip later: to ask now and
// then is to find it taken. So where the first in line has been passed over, each
// process with waiters has a scout, who blocks on the signal beside the others,
// which Redis serves first come, first served. When it is the scout's turn, it is
// the turn of the first in line, whichever process that is in.
const (
	// strangersFor is how long after the last sign of strangers there are scouts.
	strangersFor = 5 * time.Second

	// suspectedFor is how long there are scouts after a sign that may be one of
	// somebody else.
	suspectedFor = 100 * time.Millisecond

	// strangersSignal is what python-redis-lock leaves as a signal. A release that
	// goes through the signal although somebody is in line leaves something else.
	strangersSignal = "1"

	// longestScout bounds each wait of a scout for a signal.
	longestScout = 30 * time.Second
)

// scouts are the lines for which this process blocks on the signal, by client.
// They are guarded by hubs.
var scouts = map[redis.UniversalClient]map[string]bool{}

// meet takes in that strangers have had the lock.
func (l *Lock) meet() { l.line.strangers.Store(time.Now().UnixNano()) }

// suspect takes in that strangers may have the lock: a scout looks for one signal.
func (l *Lock) suspect() {
	if !l.beset() {
		l.line.strangers.Store(time.Now().Add(suspectedFor - strangersFor).UnixNano())
	}
}

// beset reports whether strangers have had the lock lately.
func (l *Lock) beset() bool {
	return time.Now().UnixNano()-l.line.strangers.Load() <= int64(strangersFor)
}

// look takes in what the line script says to p: of the holder, of the first in line,
// by their ids, and of strangers. If the first is the same as at p's last question and
// the holder is not, then the holder has not waited in the line. It matters not whose
// the first is: p is the oldest of its process, and perhaps behind a younger one.
func (l *Lock) look(p *place, holder, first string, strangers bool) {
	passed := first != "" && first == p.head && !p.again && holder != "" && holder != p.holder
	if passed || strangers {
		l.meet()
	}
	p.holder, p.head = holder, first
}

// scout sends a scout for the line of h if there should be one and is none. It does
// not block. The caller waits in that line, so the hub is not closed meanwhile.
func (l *Lock) scout(h *hub) {
	if !l.beset() {
		return
	}
	hubs.Lock()
	defer hubs.Unlock()
	lines := scouts[l.client]
	if lines[l.key] || len(lines) >= l.line.scouts {
		return
	}
	if lines == nil {
		lines = map[string]bool{}
		scouts[l.client] = lines
	}
	lines[l.key] = true
	h.scouting.Go(func() { l.scoutOut(h) })
}

// dismissed reports whether the scout for the line of h has to go, and then there is
// none: the next who waits may send another.
func (l *Lock) dismissed(h *hub, failed bool) bool {
	hubs.Lock()
	defer hubs.Unlock()
	if !failed && l.beset() && h.waits(l.key) {
		return false
	}
	lines := scouts[l.client]
	delete(lines, l.key)
	if len(lines) == 0 {
		delete(scouts, l.client)
	}
	return true
}

// scoutOut blocks on the signal as long as somebody waits in the line of h and
// there are strangers. An error ends it: those who wait find out by themselves
// what it is, and send the next scout.
func (l *Lock) scoutOut(h *hub) {
	via, slice, leave := l.outlook(h)
	defer leave()
	conn, own := via.(*redis.Conn)
	strange := false
	for failed := false; !l.dismissed(h, failed); {
		var signal string
		var owed, served bool
		var err error
		if own {
			signal, owed, served, err = l.popClaiming(h, conn, slice, strange)
			strange = signal == strangersSignal
		} else {
			signal, owed, err = l.pop(h.ctx, via, slice)
		}
		failed = owed && !served && !l.claim(h, via, signal) || err != nil
	}
}

// popClaiming is pop with a claim sent behind it, and reports whether that has served the
// line. Redis goes on with what a client has sent as soon as it unblocks the client: so
// no program that asks again and again gets in between. Who is served is told by a
// message, for there is no telling from here when it was; and whose signal it will be is
// not known either, so strange says whose the last one was.
func (l *Lock) popClaiming(h *hub, conn *redis.Conn, timeout time.Duration, strange bool) (signal string, owed, served bool, err error) {
	pop := l.popFor(h.ctx, timeout)
	claim := newCall(h.ctx, "evalsha", claimCall.digest, l.line.args, []any{"", flag(strange), signalMillis, signalEvery, 1})
	conn.Pipelined(h.ctx, func(pipe redis.Pipeliner) error {
		pipe.Process(h.ctx, once{pop}) // only queues it
		return pipe.Process(h.ctx, claim)
	})
	signal, owed, err = popped(pop)
	given, _ := claim.Int()
	served = given == 1
	if served && signal == strangersSignal {
		l.meet()
	}
	return signal, owed, served, err
}

// outlook returns where a scout for the line of h sends its commands, and for how long
// a pop may block. Each begins at the end of Redis's line, so it should be long, which
// needs a connection that can be named, and a right, to end it when the hub is closed.
func (l *Lock) outlook(h *hub) (via processor, slice time.Duration, leave func()) {
	via, slice, leave = l.client, l.slice, func() {}
	var node single
	switch c := l.client.(type) {
	case single:
		node = c
	case master:
		if client, err := c.MasterForKey(h.ctx, l.key); err == nil {
			node = client
		}
	}
	if node == nil {
		return via, slice, leave
	}
	conn := node.WithTimeout(longestScout + max(node.Options().ReadTimeout, maxPop)).Conn()
	id, err := conn.ClientID(h.ctx).Result()
	if err == nil {
		err = node.ClientUnblock(h.ctx, id).Err() // to see whether it may; it does nothing yet
	}
	if err != nil {
		conn.Close()
		return via, slice, leave
	}
	done := make(chan struct{})
	var unblocking sync.WaitGroup
	unblocking.Go(func() {
		select {
		case <-done:
			return
		case <-h.ctx.Done():
		}
		for {
			node.ClientUnblock(context.Background(), id)
			select {
			case <-done:
				return
			case <-time.After(hubRetry): // it came before the pop
			}
		}
	})
	return conn, longestScout, func() {
		close(done)
		unblocking.Wait() // or it would end what the connection does for others
		conn.Close()
	}
}

// claim gives the lock to the first in line for a signal that was taken, and
// reports whether Redis has answered. It goes over the scout's own connection first, for
// the pool may have none left, and a signal that is not claimed is lost. The context of
// a hub ends when nobody waits, and then the signal has to be put back.
func (l *Lock) claim(h *hub, via processor, signal string) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(h.ctx), cleanUp)
	defer cancel()
	strange := signal == strangersSignal
	asked := time.Now()
	args := []any{h.own(), flag(strange), signalMillis, signalEvery, 0}
	cmd, again := claimCall.run(ctx, via, l.line.args, args...)
	if cmd.Err() != nil && via != processor(l.client) { // the connection may be what failed, or the node
		cmd, _ = claimCall.run(ctx, l.client, l.line.args, args...)
		again = true
	}
	reply, err := cmd.Result()
	if err != nil || again {
		h.stir(l.key) // if only the reply was lost, somebody does not know yet
	}
	if err != nil {
		return false
	}
	if strange && reply != int64(0) {
		l.meet()
	}
	if number, g, ok := grantOfReply(reply, handover{after: asked}); ok && !h.deliver(number, g) {
		h.quit(number)
	}
	return true
}

// spare returns how many of a client's connections scouts may occupy: half, so that
// commands always find one. That is none of a pool of one.
func spare(client redis.UniversalClient) int {
	var size, most int
	switch c := client.(type) {
	case interface{ Options() *redis.Options }:
		size, most = c.Options().PoolSize, c.Options().MaxActiveConns
	case interface{ Options() *redis.ClusterOptions }:
		size, most = c.Options().PoolSize, c.Options().MaxActiveConns
	case interface{ Options() *redis.RingOptions }:
		size, most = c.Options().PoolSize, c.Options().MaxActiveConns
	}
	if most > 0 {
		size = min(size, most)
	}
	return size / 2
}
