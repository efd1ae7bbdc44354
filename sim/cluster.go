package sim

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/sim/clock"
)

// cluster is the alert cluster of one lane: a publisher sends each alert to
// all servers, and each server pushes it to its own clients after the latency
// drawn for them. Times of sending and of receipt are kept in Redis, one hash
// per alert with a field per client: nobody races for those, so they can be
// audited against the average.
//
// Hashes are numbered, and the number of an audited alert's hash is used again.
// So a run uses a bounded number of keys: the embedded Redis keeps a version of
// every key that it has ever seen.
type cluster struct {
	lane *Lane

	audited Average      // sum and count of the receipts audited so far
	sent    atomic.Int64 // alerts sent so far
	open    []openAlert  // those whose hash is still in Redis, oldest first
	hashes  atomic.Int64 // how many numbers of hashes have been in use
	free    []int        // numbers of hashes that may be used again
}

// openAlert is an alert that has yet to be audited.
type openAlert struct {
	number, hash int
	pushed       int // to how many clients
}

const (
	// receiptsKept is how many alerts at least stay readable in Redis; older
	// ones are audited and deleted, so that endless runs don't fill it.
	receiptsKept = 16
	// mostAhead is how many alerts a client may lag behind before the cluster
	// waits for it; mostQueued bounds the alerts queued in a whole lane.
	mostAhead  = 128
	mostQueued = 1 << 20
)

// newCluster prepares the alert cluster of a lane.
func newCluster(l *Lane) *cluster { return &cluster{lane: l} }

// newInbox makes room for the alerts of one client.
func (cl *cluster) newInbox() chan Alert {
	ahead := min(max(mostQueued/cl.lane.now().config.Clients, 4), mostAhead)
	if cl.lane.info.Alerts > 0 {
		ahead = min(ahead, cl.lane.info.Alerts)
	}
	return make(chan Alert, ahead)
}

// round is an alert on its way to all who are there when it is sent.
type round struct {
	Alert
	to []*client
}

// run sends the alerts and returns when all have been pushed or ctx has ended.
func (cl *cluster) run(ctx context.Context) error {
	feeds := make([]chan round, cl.lane.pushers)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	errs := make([]error, len(feeds))
	var wg sync.WaitGroup
	for s := range feeds {
		feeds[s] = make(chan round, receiptsKept)
		wg.Go(func() {
			errs[s] = guard(func() error { cl.serve(ctx, s, len(feeds), feeds[s]); return nil })
			if errs[s] != nil {
				stop()
			}
		})
	}
	err := cl.publish(ctx, feeds)
	for _, feed := range feeds {
		close(feed)
	}
	wg.Wait()
	cl.lane.seal()
	if ctx.Err() == nil { // else there may be more to come, and nobody to send it
		for _, c := range cl.lane.roster() {
			close(c.inbox)
		}
	}
	return errors.Join(append(errs, err)...)
}

// publish notes the time of sending of each alert and gives it to the servers.
func (cl *cluster) publish(ctx context.Context, feeds []chan round) error {
	l := cl.lane
	for n := 1; l.info.Alerts == 0 || n <= l.info.Alerts; n++ {
		if l.clock.SleepUntil(ctx, sentAt(l.interval, n)) != nil {
			return nil
		}
		l.changeBefore(n)
		sent := l.clock.Now()
		a := Alert{Number: n, Sent: sent, hash: cl.takeHash()}
		if err := cl.noteSent(ctx, a); err != nil {
			return err
		}
		cl.sent.Store(int64(n))
		r := round{a, l.roster()[:l.members.Load()]}
		cl.open = append(cl.open, openAlert{n, a.hash, len(r.to)})
		for _, feed := range feeds {
			select {
			case feed <- r:
			case <-ctx.Done():
				return nil
			}
		}
		if n%receiptsKept == 0 {
			if err := cl.retire(detached, receiptsKept); err != nil {
				return err
			}
		}
	}
	return nil
}

// takeHash returns the number of a hash that no alert uses.
func (cl *cluster) takeHash() int {
	if last := len(cl.free) - 1; last >= 0 {
		hash := cl.free[last]
		cl.free = cl.free[:last]
		return hash
	}
	return int(cl.hashes.Add(1))
}

// noteSent starts an alert's hash. It has a time to live, in case the program
// is killed before it can remove it.
func (cl *cluster) noteSent(ctx context.Context, a Alert) error {
	key := cl.lane.alertKey(a.hash)
	err := cl.lane.admin(ctx, func() error {
		_, err := cl.lane.server.Admin().Pipelined(detached, func(p redis.Pipeliner) error {
			p.HSet(ctx, key, "sent", stamp(a.Number, a.Sent))
			p.PExpire(ctx, key, keyTTL)
			return nil
		})
		return err
	})
	if ctx.Err() != nil && (errors.Is(err, redis.ErrClosed) || isOutage(err)) {
		return nil // at the end, by a Redis that hangs or is away: the lane says so, if it is still
	}
	if err != nil {
		return fmt.Errorf("lane %s: note alert in %s: %w", cl.lane.Name(), key, err)
	}
	return nil
}

// serve pushes alerts to the clients of one server, each when its latency has
// passed, or at once at full speed. Alerts may overtake each other on the way.
func (cl *cluster) serve(ctx context.Context, server, servers int, feed <-chan round) {
	var due pushes
	take := func(r round, ok bool) bool {
		if !ok {
			feed = nil
			return true
		}
		for i := server; i < len(r.to); i += servers {
			a, c := r.Alert, r.to[i]
			a.Latency = latencyOf(cl.lane.seed, a.Number, c.number)
			p := push{at: a.Sent + a.Latency, client: c, alert: a}
			if cl.lane.clock.Speed() != clock.Max && !cl.lane.backlog {
				heap.Push(&due, p)
			} else if !cl.deliver(ctx, p) {
				return false
			}
		}
		return true
	}
	for feed != nil || len(due) > 0 {
		next, stop := cl.arrival(due)
		select {
		case <-ctx.Done():
			stop()
			return
		case r, ok := <-feed:
			stop()
			if !take(r, ok) {
				return
			}
		case <-next:
			select {
			case r, ok := <-feed: // it may have been overtaken by one that is due
				if !take(r, ok) {
					return
				}
				continue
			default:
			}
			if !cl.deliver(ctx, heap.Pop(&due).(push)) {
				return
			}
		}
	}
}

// arrival is the time of the next push.
func (cl *cluster) arrival(due pushes) (next <-chan struct{}, stop func()) {
	if len(due) == 0 {
		return nil, func() {}
	}
	return cl.lane.clock.After(due[0].at - cl.lane.clock.Now())
}

// deliver puts an alert into a client's inbox. One that has crashed gets none, and is waited for by nobody.
func (cl *cluster) deliver(ctx context.Context, p push) bool {
	select {
	case p.client.inbox <- p.alert:
		return true
	case <-p.client.ended:
		return true
	default: // the inbox is full
	}
	select {
	case p.client.inbox <- p.alert:
	case <-p.client.ended:
	case <-ctx.Done():
		return false
	}
	cl.lane.alone(deliverOrder + (p.client.number-1)%cl.lane.pushers) // so that whoever has waited for this has come, too
	return true
}

// retire audits and deletes the alerts that every client has received, oldest
// first, but for the latest few: it adds up received − sent as Redis knows them. It
// works in batches, so as not to compete with the clients for Redis.
func (cl *cluster) retire(ctx context.Context, latest int) error {
	for len(cl.open) > latest {
		batch := cl.open[:min(len(cl.open)-latest, receiptsKept)]
		replies := make([]*redis.MapStringStringCmd, len(batch))
		err := cl.lane.admin(ctx, func() error {
			_, err := cl.lane.server.Admin().Pipelined(ctx, func(p redis.Pipeliner) error {
				for i, a := range batch {
					replies[i] = p.HGetAll(ctx, cl.lane.alertKey(a.hash))
				}
				return nil
			})
			return err
		})
		if err != nil {
			return fmt.Errorf("lane %s: audit receipts: %w", cl.lane.Name(), err)
		}
		var done []string
		for i, a := range batch {
			key, times := cl.lane.alertKey(a.hash), replies[i].Val()
			if _, ok := times["sent"]; !ok {
				// It was flushed or evicted: the audit misses it, and as receipts may
				// still come, no other alert uses the hash.
				done = append(done, key)
				continue
			}
			receipts, sum, err := receiptsOf(a.number, times)
			if err != nil {
				return fmt.Errorf("lane %s: audit %s: %w", cl.lane.Name(), key, err)
			}
			if !cl.received(a, receipts) {
				break // some client has yet to receive it
			}
			cl.audited.Sum += sum
			cl.audited.Count += int64(len(receipts))
			cl.free = append(cl.free, a.hash)
			done = append(done, key)
		}
		cl.open = cl.open[len(done):]
		if err := cl.lane.admin(ctx, func() error { return cl.lane.server.DeleteKeys(ctx, done...) }); err != nil {
			return err
		}
		if len(done) < len(batch) {
			return nil
		}
	}
	return nil
}

// received tells whether an alert has been received by all of the clients it was
// pushed to, but for those that have left or crashed.
func (cl *cluster) received(a openAlert, receipts map[string]bool) bool {
	if len(receipts) >= a.pushed {
		return true
	}
	for _, c := range cl.lane.roster()[:a.pushed] {
		if !receipts[c.field] && c.handles(a.number) {
			return false
		}
	}
	return true
}

// stamp writes a time of an alert as it stands in the alert's hash.
func stamp(alert int, at time.Duration) string { return fmt.Sprintf("%d %d", alert, int64(at)) }

// readStamp reads a time, and says of which alert it is.
func readStamp(text string) (alert int, at time.Duration, err error) {
	number, nanoseconds, _ := strings.Cut(text, " ")
	if alert, err = strconv.Atoi(number); err != nil {
		return 0, 0, err
	}
	n, err := strconv.ParseInt(nanoseconds, 10, 64)
	return alert, time.Duration(n), err
}

// receiptsOf returns who has received an alert, and the sum of received − sent, from
// its hash. The receipt of another alert was on its way when its client crashed, and
// has come after the hash was given to this one.
func receiptsOf(alert int, times map[string]string) (receipts map[string]bool, sum time.Duration, err error) {
	_, sent, err := readStamp(times["sent"])
	if err != nil {
		return nil, 0, fmt.Errorf("field sent: %w", err)
	}
	receipts = make(map[string]bool, len(times)-1)
	for field, value := range times {
		if !strings.HasPrefix(field, "c") {
			continue
		}
		of, received, err := readStamp(value)
		if err != nil {
			return nil, 0, fmt.Errorf("field %s: %w", field, err)
		}
		if of == alert {
			receipts[field] = true
			sum += received - sent
		}
	}
	return receipts, sum, nil
}

// push is an alert on its way to a client.
type push struct {
	at     time.Duration
	client *client
	alert  Alert
}

// pushes is a heap of pushes by time of arrival.
type pushes []push

func (p pushes) Len() int           { return len(p) }
func (p pushes) Less(i, j int) bool { return p[i].at < p[j].at }
func (p pushes) Swap(i, j int)      { p[i], p[j] = p[j], p[i] }
func (p *pushes) Push(x any)        { *p = append(*p, x.(push)) }
func (p *pushes) Pop() any {
	old := *p
	x := old[len(old)-1]
	*p = old[:len(old)-1]
	return x
}
