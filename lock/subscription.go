package lock

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// listen returns when Redis has confirmed a subscription, which takes the place of the one
// there was.
func (h *hub) listen() (_ *redis.PubSub, err error) {
	ctx, hangUp := context.WithCancel(h.ctx)
	defer func() {
		if r := recover(); r != nil { // a Ring none of whose shards is up
			err = fmt.Errorf("%v", r)
		}
		if err != nil {
			hangUp()
		}
	}()
	client := h.key.client
	if c, ok := client.(master); ok { // its own Subscribe may choose a replica
		if client, err = c.MasterForKey(ctx, h.key.lock); err != nil {
			return nil, err
		}
	}
	pubsub := client.Subscribe(ctx, grantPrefix+h.name)
	context.AfterFunc(ctx, func() { pubsub.Close() }) // nothing else interrupts a Receive
	if _, err := pubsub.ReceiveTimeout(ctx, max(hubSilence, readTimeout(h.key.client))); err != nil {
		return nil, err
	}
	h.mu.Lock()
	if h.hangUp != nil {
		h.hangUp()
	}
	h.hangUp = hangUp
	h.mu.Unlock()
	h.begin()
	return pubsub, nil
}

// begin takes in that Redis has confirmed a subscription: what was missed before has to
// be asked for.
func (h *hub) begin() {
	h.mu.Lock()
	h.session++
	h.mu.Unlock()
	h.stir("")
	h.quitting.Go(h.quitAll)
}

// current is the session of the hub, which begins when it subscribes.
func (h *hub) current() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.session
}

// counted takes in whether a script that ran in a session found the subscription at its
// node, and reports that the session has not ended since. If not, then the lock lives at
// another node by now: the hub subscribes anew, with growing pauses, for it may be a
// client that cannot tell which.
func (h *hub) counted(session int64, yes bool) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if session != h.session {
		return false
	}
	switch now := time.Now(); {
	case yes:
		h.rest = 0
	case now.After(h.resting):
		h.rest = min(max(2*h.rest, leastPoke), mostRest)
		h.resting = now.Add(h.rest)
		h.hangUp()
	}
	return yes
}

// receive takes in a message of the scripts: a grant to the waiter of a number or,
// where there is nothing but the number, that this waiter was passed over, or with one
// word more, that the lock is left free for a moment, and this waiter's own after that.
func (h *hub) receive(payload string) {
	fields := strings.Fields(payload)
	if len(fields) == 0 {
		return
	}
	number, _ := strconv.ParseUint(fields[0], 10, 64)
	var g handover
	switch len(fields) {
	case 1:
		h.mu.Lock()
		defer h.mu.Unlock()
		if w := h.waiters[number]; w != nil {
			w.stir()
		}
		return
	case 2:
		g.free = true
		g.turn, _ = strconv.Atoi(fields[1])
	case 4:
		g.token, _ = strconv.ParseUint(fields[1], 10, 64)
		g.turn, _ = strconv.Atoi(fields[2])
		g.at, _ = strconv.ParseInt(fields[3], 10, 64)
		g.session = h.current()
	default:
		return
	}
	if !h.deliver(number, g) {
		h.quitting.Go(func() { h.quit(number) })
	}
}
