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
type cluster struct {
	lane *Lane

	audited Average      // sum and count of the receipts audited so far
	sent    atomic.Int64 // alerts sent so far
	oldest  int          // the oldest alert whose hash is still in Redis
	pushed  []int        // to how many clients the oldest and those after it were pushed
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
func newCluster(l *Lane) *cluster { return &cluster{lane: l, oldest: 1} }

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
		if err := cl.noteSent(ctx, n, sent); err != nil {
			return err
		}
		cl.sent.Store(int64(n))
		r := round{Alert{Number: n, Sent: sent}, l.roster()[:l.members.Load()]}
		cl.pushed = append(cl.pushed, len(r.to))
		for _, feed := range feeds {
			select {
			case feed <- r:
			case <-ctx.Done():
				return nil
			}
		}
		if n%receiptsKept == 0 {
			if err := cl.retire(detached, n-receiptsKept); err != nil {
				return err
			}
		}
	}
	return nil
}

// noteSent starts an alert's hash. It has a time to live, in case the program
// is killed before it can remove it.
func (cl *cluster) noteSent(ctx context.Context, n int, sent time.Duration) error {
	key := cl.lane.alertKey(n)
	err := cl.lane.admin(ctx, func() error {
		_, err := cl.lane.server.Admin().Pipelined(detached, func(p redis.Pipeliner) error {
			p.HSet(ctx, key, "sent", strconv.FormatInt(int64(sent), 10))
			p.PExpire(ctx, key, keyTTL)
			return nil
		})
		return err
	})
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

// retire audits and deletes the alerts up to number last that every client has
// received: it adds up received − sent as Redis knows them. It works in batches,
// so as not to compete with the clients for Redis.
func (cl *cluster) retire(ctx context.Context, last int) error {
	for cl.oldest <= last {
		batch := make(map[string]*redis.MapStringStringCmd)
		err := cl.lane.admin(ctx, func() error {
			_, err := cl.lane.server.Admin().Pipelined(ctx, func(p redis.Pipeliner) error {
				for n := cl.oldest; n <= min(last, cl.oldest+receiptsKept-1); n++ {
					key := cl.lane.alertKey(n)
					batch[key] = p.HGetAll(ctx, key)
				}
				return nil
			})
			return err
		})
		if err != nil {
			return fmt.Errorf("lane %s: audit receipts: %w", cl.lane.Name(), err)
		}
		var done []string
		for range len(batch) {
			key := cl.lane.alertKey(cl.oldest + len(done))
			times := batch[key].Val()
			if _, ok := times["sent"]; !ok {
				done = append(done, key) // flushed or evicted; the audit will miss it
				continue
			}
			if !cl.received(cl.oldest+len(done), cl.pushed[len(done)], times) {
				break // some client has yet to receive it
			}
			sum, err := sumReceipts(times)
			if err != nil {
				return fmt.Errorf("lane %s: audit %s: %w", cl.lane.Name(), key, err)
			}
			cl.audited.Sum += sum
			cl.audited.Count += int64(len(times) - 1)
			done = append(done, key)
		}
		cl.oldest += len(done)
		cl.pushed = cl.pushed[len(done):]
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
func (cl *cluster) received(alert, clients int, times map[string]string) bool {
	if len(times) > clients {
		return true
	}
	for _, c := range cl.lane.roster()[:clients] {
		if _, ok := times[c.field]; !ok && c.handles(alert) {
			return false
		}
	}
	return true
}

// sumReceipts adds received − sent over the fields of an alert's hash.
func sumReceipts(times map[string]string) (sum time.Duration, err error) {
	sent, err := strconv.ParseInt(times["sent"], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("field sent: %w", err)
	}
	for field, value := range times {
		if !strings.HasPrefix(field, "c") {
			continue
		}
		received, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("field %s: %w", field, err)
		}
		sum += time.Duration(received - sent)
	}
	return sum, nil
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
