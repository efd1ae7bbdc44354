package lock

import (
	"context"
	"errors"
	"fmt"
	"net"
	"reflect"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// The time a node is given to answer, where WithNodeTimeout does not say, is
	// a twentieth of the lease, so that most of it is left when a node is silent,
	// within these bounds.
	leastNodeTimeout = 5 * time.Millisecond
	mostNodeTimeout  = 200 * time.Millisecond

	// The longest pause after a failed attempt starts from the first of these
	// and doubles until it is at the second.
	firstPause = 4 * time.Millisecond
	mostPause  = 128 * time.Millisecond

	// driftShare and driftLeast are how far clocks may run apart in a lease: a
	// hundredth of it, and what Redis's own expiry is imprecise by.
	driftShare = 100
	driftLeast = 2 * time.Millisecond
)

// ErrNoQuorum means that so many of a Quorum's nodes gave no answer in time that
// there is no majority either way. It wraps what went wrong with each of them.
var ErrNoQuorum = errors.New("lock: no majority of the nodes")

// A Quorum is a lock held on the majority of several independent masters, so
// that it outlives the loss of a minority of them: the algorithm is Redlock, as
// described by Salvatore Sanfilippo in "Distributed Locks with Redis". Each
// node has the key that a [Lock] of the same name has there. A Quorum may be
// shared by goroutines.
//
// # What it guarantees
//
// No two leases overlap within their [QuorumLease.Validity], as long as every
// node keeps its keys until they expire, and all clocks run equally fast, to
// within a hundredth of the lease and 2 ms. A node that is down or silent
// counts as one that refuses.
//
// # What it does not
//
//   - A holder that is paused for longer than its validity does not know that
//     somebody else has the lock by now, and may go on to write. There are no
//     fencing tokens to stop it: the nodes have no counter in common that would
//     grow from one majority to the next.
//   - Nodes keep time by their wall clocks. One that jumps ahead, set by hand or
//     by a time server, ends leases early.
//   - A node that restarts without its keys, or fails over to a replica that had
//     not received them yet, grants again what it has granted. Let the node
//     stay away for longer than the longest lease, or have it write every
//     command to disk (appendfsync always).
//   - The network may deliver a request when its sender has given up on it. Such a
//     key is released as soon as the connection tells, or else expires.
//
// Martin Kleppmann ("How to do distributed locking", 2016) concludes that
// Redlock suits neither purpose: too much where a lock only saves work, for
// which a single Redis will do, and not safe enough where correctness depends
// on it, which takes a consensus system, or a resource that checks fencing
// tokens such as those of [WithGuard]. Sanfilippo disagrees ("Is Redlock safe?",
// 2016). Whoever uses it should have read both.
//
// Waiters poll, and are served in no order.
type Quorum struct {
	clients    []redis.UniversalClient
	name       string
	key        string
	signal     string
	lease      time.Duration
	timeout    time.Duration // what a node has to answer in
	need       int           // nodes in a majority
	observer   Observer
	random     random
	settling   signal
	background tasks // requests that have been left behind, and watched leases
}

// A QuorumOption configures a Quorum.
type QuorumOption func(*Quorum) error

// WithQuorumLease limits how long an acquisition lasts unless it is extended. It
// is required: nodes that cannot be reached can be released in no other way. The
// lease is kept in milliseconds, rounded up. [NewQuorum] returns ErrInvalid for one
// of which clock drift, see [QuorumLease.Validity], leaves nothing.
func WithQuorumLease(d time.Duration) QuorumOption {
	return func(q *Quorum) error {
		if err := checkLease(d); err != nil {
			return err
		}
		q.lease = d
		return nil
	}
}

// WithNodeTimeout sets how long a node may take to grant or extend before it
// counts as down, connecting included. The default is a twentieth of the lease,
// but no less than 5 ms and no more than 200 ms. All nodes are asked at once, so
// it matters only when too few answer. [NewQuorum] returns ErrInvalid unless it
// is positive and less than the lease.
func WithNodeTimeout(d time.Duration) QuorumOption {
	return func(q *Quorum) error {
		if d <= 0 {
			return fmt.Errorf("%w: the node timeout %v is not positive", ErrInvalid, d)
		}
		q.timeout = d
		return nil
	}
}

// WithQuorumObserver has o told what the lock does; nil is nobody, the default.
// Every attempt has an owner id of its own.
func WithQuorumObserver(o Observer) QuorumOption {
	return func(q *Quorum) error {
		q.observer = o
		return nil
	}
}

// NewQuorum returns the lock called name on independent masters, each with a
// client. It sends nothing to Redis.
//
// There may be any number of nodes, but an even one bears no more failures than
// the odd one below it. The error, if any, is ErrInvalid: there is no client, a
// client is nil or given twice, also as a second client of the same address, or
// there is no lease; or it is ErrCluster as with [New].
func NewQuorum(clients []redis.UniversalClient, name string, opts ...QuorumOption) (*Quorum, error) {
	q := &Quorum{
		clients: append([]redis.UniversalClient(nil), clients...),
		name:    name,
		key:     keyPrefix + name,
		signal:  signalPrefix + name,
		need:    len(clients)/2 + 1,
	}
	if name == "" {
		return nil, q.invalid("the name is empty")
	}
	if why := unfit(clients); why != "" {
		return nil, q.invalid(why)
	}
	for _, client := range clients {
		if err := checkTag(scattered(client), name); err != nil {
			return nil, q.failed("new quorum", err)
		}
	}
	for _, opt := range opts {
		if opt == nil {
			return nil, q.invalid("an option is nil")
		}
		if err := opt(q); err != nil {
			return nil, q.failed("new quorum", err)
		}
	}
	if q.timeout == 0 {
		q.timeout = min(max(q.lease/20, leastNodeTimeout), mostNodeTimeout)
	}
	switch {
	case q.lease == 0:
		return nil, q.invalid("it needs a lease")
	case q.lease <= drift(q.lease):
		return nil, q.invalid(fmt.Sprintf("nothing of the lease %v is left after clock drift", q.lease))
	case q.timeout >= q.lease:
		return nil, q.invalid(fmt.Sprintf("the node timeout %v is not less than the lease %v", q.timeout, q.lease))
	}
	return q, nil
}

// unfit says why the clients cannot be the nodes of a quorum.
func unfit(clients []redis.UniversalClient) (why string) {
	if len(clients) == 0 {
		return "there are no nodes"
	}
	seen, addrs := make(map[any]int), make(map[string]int)
	for i, client := range clients {
		if absent(client) {
			return fmt.Sprintf("the client of node %d is nil", i)
		}
		if reflect.ValueOf(client).Comparable() {
			if first, twice := seen[client]; twice {
				return fmt.Sprintf("nodes %d and %d have the same client", first, i)
			}
			seen[client] = i
		}
		if addr := address(client); addr != "" {
			if first, twice := addrs[addr]; twice {
				return fmt.Sprintf("nodes %d and %d have the same address %s", first, i, addr)
			}
			addrs[addr] = i
		}
	}
	return ""
}

// absent reports whether there is no client, be it a nil of some type of client.
func absent(client redis.UniversalClient) bool {
	v := reflect.ValueOf(client)
	return client == nil || v.Kind() == reflect.Pointer && v.IsNil()
}

// address returns where a client connects to, or "" if it is not a single place.
func address(client redis.UniversalClient) string {
	c, ok := client.(interface{ Options() *redis.Options })
	if !ok {
		return ""
	}
	o := c.Options()
	if o.Network == "unix" {
		return o.Addr
	}
	if _, _, err := net.SplitHostPort(o.Addr); err != nil {
		return "" // a fail-over client, which has a word in its place
	}
	return o.Addr
}

// drift is what a lease of this length loses to clocks that differ.
func drift(lease time.Duration) time.Duration { return lease/driftShare + driftLeast }

func (q *Quorum) failed(op string, err error) error { return &opError{op: op, key: q.key, err: err} }

func (q *Quorum) invalid(why string) error {
	return q.failed("new quorum", fmt.Errorf("%w: %s", ErrInvalid, why))
}

// Name returns the name given to NewQuorum.
func (q *Quorum) Name() string { return q.name }

// TryAcquire asks all nodes at once and takes the lock if a majority grants it,
// without waiting for the rest. It returns ErrHeld if others hold too many
// nodes, and ErrNoQuorum if too few answer.
//
// When it fails, whatever was or may have been granted is released in the
// background: see [Quorum.Settle].
func (q *Quorum) TryAcquire(ctx context.Context) (*QuorumLease, error) {
	lease, err := q.attempt(ctx, time.Now())
	if err != nil {
		return nil, failure(ctx, "try to acquire", q.key, err)
	}
	return lease, nil
}

// Acquire takes the lock, trying again after random pauses until ctx ends; the
// error then wraps ctx.Err(). It returns as soon as ctx ends. It does not wait
// for nodes: if too few answer it returns ErrNoQuorum at once.
func (q *Quorum) Acquire(ctx context.Context) (*QuorumLease, error) {
	since := time.Now()
	for most := firstPause; ; most = min(2*most, mostPause) {
		lease, err := q.attempt(ctx, since)
		if errors.Is(err, ErrHeld) {
			// Random, so that contenders who split the nodes among them do not
			// meet again and again.
			err = q.pause(ctx, time.Millisecond+q.random.below(most), since)
		}
		switch {
		case err != nil:
			return nil, failure(ctx, "acquire", q.key, err)
		case lease != nil:
			return lease, nil
		}
	}
}

func (q *Quorum) pause(ctx context.Context, d time.Duration, since time.Time) error {
	q.observe(Event{Kind: EventWait, Waited: time.Since(since)})
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Settle waits until no request that a call has left behind is under way, and no
// lease is watched any more. How long that takes is up to the clients' own
// time-outs, if nodes are silent: a second for each request, and ReadTimeout or
// DialTimeout for one that had been sent. Call it before closing the clients,
// when no Acquire runs and every lease has been released.
//
// If so many clients are closed already that there is no majority, it does not wait for
// leases.
func (q *Quorum) Settle() {
	q.settling.tell()
	q.background.wait()
}

// attempt asks every node once. Each attempt has an id of its own, or the clean-up
// of one could take away what the next was granted.
func (q *Quorum) attempt(ctx context.Context, since time.Time) (*QuorumLease, error) {
	if err := ended(ctx); err != nil {
		return nil, err
	}
	asked := time.Now()
	s := &QuorumLease{
		quorum:  q,
		id:      q.random.word(),
		ballots: make([]ballot, len(q.clients)),

		releasing: make(chan struct{}, 1),
		end:       end{expires: asked.Add(q.lease - drift(q.lease))},
	}
	q.observe(Event{Kind: EventAttempt, Owner: s.id, Waited: asked.Sub(since)})
	for i := range s.ballots {
		s.ballots[i].cast = make(chan struct{})
	}
	votes, err := q.poll(ctx, q.timeout, func(node int) (bool, error) { return s.request(ctx, node) })
	switch {
	case err != nil:
	case votes.yes < q.need && votes.unreachable():
		err = votes.noQuorum()
	case votes.yes < q.need:
		err = ErrHeld
	case s.Validity() == 0:
		err = fmt.Errorf("%w: it took longer than the lease to hear from one", ErrNoQuorum)
	default:
		s.granted = time.Now()
		q.observe(Event{Kind: EventGrant, Owner: s.id, Waited: time.Since(since)})
		return s, nil
	}
	s.abandon(ctx)
	q.observe(Event{Kind: EventFailure, Owner: s.id, Err: err, Waited: time.Since(since)})
	return nil, err
}

func (q *Quorum) observe(e Event) {
	if q.observer != nil {
		e.Name = q.name
		q.observer.Observe(e)
	}
}

// An answer is one node's: yes, no, or why there is none.
type answer struct {
	node int
	yes  bool
	err  error
}

// A tally counts answers.
type tally struct {
	nodes, need int
	yes, no     int
	errs        []error
}

// decided reports whether the answers to come can change nothing.
func (t *tally) decided() bool {
	return t.yes >= t.need || t.nodes-t.no-len(t.errs) < t.need
}

// refused reports whether so many said no that no majority can say yes.
func (t *tally) refused() bool { return t.no > t.nodes-t.need }

// unreachable reports whether so many nodes failed to answer that no majority can.
func (t *tally) unreachable() bool { return len(t.errs) > t.nodes-t.need }

// closed reports whether so many clients are closed that no majority will ever answer.
func (t *tally) closed() bool {
	n := 0
	for _, err := range t.errs {
		if errors.Is(err, redis.ErrClosed) {
			n++
		}
	}
	return n > t.nodes-t.need
}

func (t *tally) noQuorum() error {
	return fmt.Errorf("%w: of %d needed %d agreed, %d refused, %d failed: %w",
		ErrNoQuorum, t.need, t.yes, t.no, len(t.errs), nodeErrors(t.errs))
}

// nodeErrors are those of several nodes, in one line.
type nodeErrors []error

func (e nodeErrors) Error() string {
	texts := make([]string, len(e))
	for i, err := range e {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "; ")
}

func (e nodeErrors) Unwrap() []error { return e }

// poll asks all nodes at once and counts their answers until these decide, or the
// time is up, or ctx ends, which is the error. Requests still under way then are
// left to the background, because go-redis does not interrupt one it has sent.
func (q *Quorum) poll(ctx context.Context, timeout time.Duration, ask func(node int) (bool, error)) (tally, error) {
	answers := make(chan answer, len(q.clients)) // so that nobody has to be there to receive
	for i := range q.clients {
		q.background.run(func() {
			yes, err := ask(i)
			answers <- answer{i, yes, err}
		})
	}
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	votes := tally{nodes: len(q.clients), need: q.need}
	heard := make([]bool, len(q.clients))
	for !votes.decided() {
		select {
		case a := <-answers:
			heard[a.node] = true
			switch {
			case a.err != nil:
				votes.errs = append(votes.errs, q.nodeError(a.node, explain(a.err)))
			case a.yes:
				votes.yes++
			default:
				votes.no++
			}
		case <-timer.C:
			for i := range heard {
				if !heard[i] {
					votes.errs = append(votes.errs, q.nodeError(i, fmt.Errorf("no answer within %v", timeout)))
				}
			}
			return votes, nil
		case <-ctx.Done():
			return votes, ctx.Err()
		}
	}
	return votes, nil
}

// nodeError says which node an error came from.
func (q *Quorum) nodeError(node int, err error) error {
	if addr := address(q.clients[node]); addr != "" {
		return fmt.Errorf("node %d at %s: %w", node, addr, err)
	}
	return fmt.Errorf("node %d: %w", node, err)
}
