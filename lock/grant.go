package lock

import (
	"runtime"
	"strconv"
)

// tell takes in the reply of a script that may grant the lock to a waiter of h.
func (l *Lock) tell(h *hub, reply any, g handover) (plain int) {
	switch r := reply.(type) {
	case int64:
		if r == replyFree {
			h.left(l.key)
			return replyDone
		}
		return int(r)
	case []any:
		number, g, ok := grantOfReply(r, g)
		if !ok || h == nil || number == 0 {
			break
		}
		if h.deliver(number, g) {
			runtime.Gosched() // the new owner's turn, ahead of the old one's leaving
		} else {
			l.background.run(func() { h.quit(number) })
		}
	}
	return replyDone
}

// grantOfReply reads what a script replies that has granted the lock to a waiter of
// the caller's hub, into what the caller knows of it.
func grantOfReply(reply any, g handover) (number uint64, _ handover, ok bool) {
	r, _ := reply.([]any)
	if len(r) == 0 {
		return 0, g, false
	}
	text, _ := r[0].(string)
	number, _ = strconv.ParseUint(text, 10, 64)
	if g.free = len(r) == 1; g.free {
		return number, g, true
	}
	text, _ = r[1].(string)
	g.token, _ = strconv.ParseUint(text, 10, 64)
	if len(r) > 2 {
		turn, _ := r[2].(int64)
		g.turn = int(turn)
	}
	return number, g, true
}
