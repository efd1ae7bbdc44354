package backend

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/alicebob/miniredis/v2/server"
)

// lines are the clients that wait in BLPOP, a line for each key, the longest waiting first.
//
// The lock is held while an element is taken off a list and given away, so that an element goes either to a client that
// is connected and has not timed out, or stays. Locks are taken in the order: lines, miniredis.
type lines struct {
	pop func(key string) (string, error) // as Miniredis.Lpop

	mu      sync.Mutex
	waiting map[string][]*waiter
}

// waiter is one client in one line.
type waiter struct {
	key   string
	conn  *conn
	given chan string // an element; has room for it
}

// popWith changes where elements are taken from.
func (l *lines) popWith(pop func(key string) (string, error)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pop = pop
}

// join puts a client at the end of a line, and serves the line in case that there is something to give. It returns nil if
// the client has hung up, and an error if the key holds no list.
func (l *lines) join(c *conn, key string) (*waiter, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-c.gone:
		return nil, nil
	default:
	}
	w := &waiter{key: key, conn: c, given: make(chan string, 1)}
	c.waiting = w
	l.waiting[key] = append(l.waiting[key], w)
	if err := l.serveLine(key); errors.Is(err, miniredis.ErrWrongType) {
		l.remove(w)
		return nil, err
	}
	return w, nil
}

// leave takes a client out of its line, if it still stands there. From then on it is given nothing.
func (l *lines) leave(w *waiter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.remove(w)
}

// hangUp notes that a client is no longer there.
func (l *lines) hangUp(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-c.gone:
		return
	default:
		close(c.gone)
	}
	if c.waiting != nil {
		l.remove(c.waiting)
	}
}

// serve gives the elements of a list to those who wait for them.
func (l *lines) serve(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.serveLine(key)
}

// serveAll serves every line.
func (l *lines) serveAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for key := range l.waiting {
		l.serveLine(key)
	}
}

// serveLine gives elements to the head of a line until either runs out; the lock is held.
func (l *lines) serveLine(key string) error {
	for len(l.waiting[key]) > 0 {
		element, err := l.pop(key)
		if err != nil {
			return err
		}
		head := l.waiting[key][0]
		l.remove(head)
		head.given <- element
	}
	return nil
}

// remove takes a waiter out of its line, if it still stands there; the lock is held.
func (l *lines) remove(w *waiter) {
	line := l.waiting[w.key]
	i := slices.Index(line, w)
	if i < 0 {
		return
	}
	if line = slices.Delete(line, i, i+1); len(line) == 0 {
		delete(l.waiting, w.key)
	} else {
		l.waiting[w.key] = line
	}
	w.conn.waiting = nil
}

// blpop is BLPOP with one key, first come, first served, its time limit on the experiment clock. In a transaction, where
// it does not block, it is left to miniredis; so it is in a script, where Redis would not let it block, but miniredis does.
//
// As in Redis, an element that was given to a client belongs to that client, even if it hangs up before it has read the
// reply.
func (e *embedded) blpop(peer *server.Peer, args []string) bool {
	found, ok := e.peers.Load(peer)
	if !ok || len(args) != 2 {
		return false
	}
	c := found.(*conn)
	limit, ok := parseTimeout(args[1])
	if !ok || c.inMulti {
		return false
	}
	w, err := e.lines.join(c, args[0])
	if err != nil {
		peer.WriteError(err.Error())
		return true
	}
	if w == nil {
		return true
	}
	var timeout <-chan struct{} // none if the limit is 0
	if limit > 0 {
		due, stop := e.clk.After(limit)
		defer stop()
		timeout = due
	}
	timedOut := false
	select {
	case element := <-w.given:
		replyElement(peer, w.key, element)
		return true
	case <-timeout:
		timedOut = true
	case <-c.gone:
	case <-c.quit:
	}
	e.lines.leave(w)
	select {
	case element := <-w.given: // in the meantime
		replyElement(peer, w.key, element)
	default:
		if timedOut {
			replyNone(peer)
		}
	}
	return true
}

// parseTimeout reads the time limit of a blocking command, in seconds. What Redis refuses is left to miniredis to refuse.
func parseTimeout(s string) (time.Duration, bool) {
	seconds, err := strconv.ParseFloat(s, 64)
	if err != nil || !(seconds >= 0 && seconds < math.MaxInt64/1e9) {
		return 0, false
	}
	return time.Duration(math.Ceil(seconds * 1e9)), true
}

func replyElement(peer *server.Peer, key, element string) {
	peer.Block(func(w *server.Writer) {
		w.WriteLen(2)
		w.WriteBulk(key)
		w.WriteBulk(element)
	})
}

// replyNone writes the null array.
func replyNone(peer *server.Peer) {
	if peer.Resp3 {
		peer.WriteNull()
		return
	}
	peer.WriteLen(-1)
}
