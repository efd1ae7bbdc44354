// Package lock is a lock in Redis: one owner at a time, across processes and
// machines, with waiters that are woken by the release instead of polling.
//
// # Wire format
//
// It is that of python-redis-lock 4.x, so that programs in both languages can
// share a lock. A lock called <name> has two keys:
//
//	lock:<name>         string: the owner's id, with a time to live if there is a lease
//	lock-signal:<name>  list: one token after a release that nobody has taken yet, kept for one second
//
// To acquire is SET lock:<name> <id> NX, with PX when there is a lease; while
// that fails, BLPOP on the signal and try again. To release is a script that
// compares the id, leaves one signal and deletes the lock. The scripts are the
// .lua files of this package; each says what its keys, arguments and reply are.
//
// It takes Redis 6.0 or newer: BLPOP is given fractions of a second, which an older
// one refuses (ErrOldServer), and SCAN a TYPE. The tests, torture included, pass on
// Redis 6.0.20, 6.2.16, 7.0.15 and 8.0-m01 and on Valkey 8.0.1.
//
// # Waiting
//
// By default waiters block on the signal, and whoever has blocked longest is woken
// first, but whoever asks at the right moment may get in before. As a pop ends within a
// second, so that nothing is missed for longer, its waiter blocks anew behind the others:
// where holders keep the lock for a second or more it is chance that orders waiters, and
// beside several Python programs that never stop, whose pops last, one may wait for many
// of their turns. [WithPoll] asks again and again instead. Both need nothing but the two
// keys.
//
// [WithFairness] hands the lock over from one to the next. It adds these keys,
// which go with the release that finds nobody waiting, and a channel:
//
//	lock-queue:{lock:<name>}  sorted set: the waiters, by the time they came
//	lock-hubs:{lock:<name>}   hash: when each process with waiters was last heard of
//	lock-grant:<random>       channel: tells one process of the grants to its waiters
//
// (A hash tag that the name has itself is used instead of {lock:<name>}.) To
// acquire is SET NX as above or, if the lock was taken lately, a script that
// takes it or joins the queue. A release takes the first waiter from the queue,
// makes it the owner and tells it, in one script: the lock is not free in
// between, but for the moments of which is told below. A waiter in the same process, on the same client, is told by the one
// who releases instead, when it has the reply. If nobody waits, the lock is
// released with a signal as above. An ACL has to allow PUBLISH, SUBSCRIBE and PUBSUB
// as well, and the channels lock-grant:*.
//
// Among fair waiters, of whatever process, it is first come, first served: by
// the order in which they joined the queue, which is that of Redis. Only where a
// lock is free although somebody waits, for a moment after a lease has run out or
// a turn of the signal, can the plain SET NX of an Acquire get in before them;
// a TryAcquire cannot. The third such moment is left for who only asks, as told below,
// and there a TryAcquire can. A waiter without a living process behind it is passed
// over: when its channel has no subscriber at the node that has the keys, or its process
// has not been heard of for five seconds, whatever became of the connection. A waiter
// who listens at another node gets a message that tells it to ask. No message tells of a
// grant that the script has not made before. Should a dead one be granted it in
// these five seconds it has it for one lease, like any holder that dies, or for
// two seconds if there is none: without a lease a waiter confirms a grant that
// comes from another process, with one more round trip. With a lease a waiter
// wakes up owning the lock; its [Lease] counts from the grant, not from the
// arrival of the message. If much of it has passed by then, it asks for all of
// it first. Nothing is lost with a connection: waiters subscribe anew and ask
// what they have missed, and whoever was dropped from the queue joins again at
// its old place.
//
// What no message tells, the end of a holder's lease or a release by somebody
// who knows of no queue, is noticed by the oldest waiter of each process, who
// asks at the end of that lease and at least four times a second. If the answer
// is that another waiter of its process holds the lock, that one is told.
//
// Waiters of other kinds can use the same lock. Every eighth hand-over in a row
// goes through the signal instead; whoever takes it has 50 ms to take the lock
// before the queue is served again, and if nobody does, the queue is served at
// once. The release of a Lock without fairness serves the queue if there is one.
// Neither kind starves the other, but there is no order between them.
//
// Who only asks, [WithPoll], a TryAcquire in a loop or acquire(blocking=False) in
// Python, leaves no trace when refused. So while a lock is handed over from one to the
// next, a release leaves it free for 13 ms, every 850 ms or, as long as somebody comes,
// every 300 ms, and the first in line has it after that. Beside a busy fair lock who
// asks every 10 ms or oftener so has a turn at least once a second; where holders keep
// it for long, a second and one hold. Several who ask share these moments, and who of them has
// it is chance. Where nobody comes, this is less than 2 % of the time. If the first in
// line dies meanwhile, the others notice that the lock is free as told above.
//
// A Python release tells the queue nothing. Where a process finds that the first in
// line, whosever that is, was passed over, it blocks on the signal as well, beside the
// Python programs, which Redis serves first come, first served; with the signal the
// first in line is served, and those behind it: as many in all as a process has waiting
// on average, up to eight. The pop and what serves them are sent together, so that a
// program that asks without a pause does not get in between. To find out takes three questions, half a second at most; it
// is remembered for five seconds after the last such turn. This takes one more
// connection for each such lock, until half a minute after, for half of the client's
// pool at most, and no hook of the client sees its commands. With a PoolSize of 1, for
// a Ring, or without the right to CLIENT ID and CLIENT UNBLOCK, where each pop ends
// within a second, fair waiters may again have to look at the right moment.
//
// # Contexts
//
// Every call that takes a context returns when that ends, be it cancelled or at its
// deadline, also where Redis does not answer, and then wraps ctx.Err(). One that
// has ended before sends nothing. There are three exceptions: a Redis that freezes
// within a millisecond of its last answer to the same [Lock] or [Guard] holds up a
// call for as long as the client's ReadTimeout, [Load] and [ResetAll] end at the
// client's time-outs, and [Lease.Release] releases although its context has ended
// before, for which it takes a second at most. What was sent stays on its way: see [Lock.Acquire] for what
// becomes of it, and [Lock.Settle] to wait for that.
//
// # What it guarantees
//
// While Redis keeps its data and no lease runs out, no two leases of one name
// overlap. A lock without a lease stays taken until it is released or reset,
// even if its holder has crashed: see [Lock.Reset] and [ResetAll], usually
// called when the application starts.
//
// # What it does not
//
// A lease that runs out while its holder is paused, or slow, lets the next
// owner in: the holder may still believe that it holds the lock, until
// [Lease.Lost] or [Lease.Context] tells, or a call that returns ErrNotHeld. Nor does
// a lock survive a fail-over to a replica that had not yet received it. Where
// either would do harm, let the guarded resource itself refuse stale writes.
//
// # Differences from the Python original
//
//   - Contexts take the place of time-outs: waiting ends with the context's
//     deadline or cancellation, and may outlast the lease.
//   - Leases have a resolution of milliseconds, not seconds.
//   - Every acquisition has an id of its own, kept in its [Lease], unless
//     [WithID] sets one. A Lock may therefore be shared by goroutines.
//   - A waiter without a lease wakes up every second at the latest, where the
//     original would sleep for ever after a signal was lost.
//   - Renewal ([WithRenewal]) stops with the release or the loss, not with garbage
//     collection, and the loss is told by [Lease.Lost].
//
// To share a lock with Python, give both the same name and, as either may be
// the one that crashes, both or neither a lease:
//
//	lock, err := lock.New(client, "reports", lock.WithLease(10*time.Second))
//	lock = redis_lock.Lock(conn, "reports", expire=10)
//
// # Redis Cluster and Ring
//
// The two keys must live on one node, so there a name needs a hash tag: with
// the name "{reports}" they are lock:{reports} and lock-signal:{reports}, and
// both hash by "reports". [New] returns ErrCluster for a name without one. It
// cannot know that a plain client talks to a node of a cluster: there the first
// command that needs both keys, which is the release, returns ErrCluster. The lock is
// read at the master, also by a client that sends its reads to replicas.
//
// There, fair waiters have one subscription for each lock, to the node that has
// its keys, for the scripts count only subscribers of their own node. When a slot
// moves, or a replica takes over, waiters subscribe there as soon as they ask, within
// 250 ms. A release before that takes them for dead: it tells them to ask, and they join
// again at their old places. So it is all the time for a client that shows nothing but
// [redis.UniversalClient] and reads from replicas, for it cannot be asked for the master.
package lock

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	keyPrefix    = defaultPrefix + ":"
	signalPrefix = defaultPrefix + "-signal:"

	// signalTTL is how long a signal waits for a waiter who is between a failed
	// attempt and its BLPOP.
	signalTTL = time.Second
)

// A Lock is a named lock in Redis. It holds no state of its own about who has
// it, and may be shared by goroutines.
type Lock struct {
	client      redis.UniversalClient
	scattered   bool // that is one of several nodes
	name        string
	prefix      string // of all keys
	key, signal string
	id          string        // of every acquisition; empty: a new one each
	label       *string       // nil: that of the process
	behind      string        // the random part of ids: the label and a space
	lease       time.Duration // 0: none
	renew       bool          // extend it automatically
	renewFor    time.Duration // no longer than this after the grant; 0: for as long as it is held
	tokens      string        // key of the token counter; empty: no tokens
	take        []any         // the SET NX, but for the id
	guards      []*Guard
	slice       time.Duration // the longest BLPOP
	seats       int           // how many of the client's connections they may block
	poll        Backoff       // its zero value: wait for the signal
	line        line          // for those who wait in order
	observer    Observer
	random      random
	settling    signal
	wire
}

// An Option configures a Lock.
type Option func(*Lock) error

// WithID sets the owner id of every acquisition, in place of a random one each.
//
// It lets an id outlive the process that took the lock (see [Lock.Adopt]), at a
// price: whoever uses the same id is the same owner. They do not exclude each
// other's releases, and a second acquisition is ErrAlreadyAcquired. [New] returns
// ErrInvalid for an empty id.
func WithID(id string) Option {
	return func(l *Lock) error {
		if id == "" {
			return fmt.Errorf("%w: the id is empty", ErrInvalid)
		}
		l.id = id
		return nil
	}
}

// WithLease limits how long an acquisition lasts unless it is extended. The
// lease is kept in milliseconds, rounded up. 0, the default, is no limit; [New]
// returns ErrInvalid for anything else below a millisecond.
func WithLease(d time.Duration) Option {
	return func(l *Lock) error {
		if err := checkLease(d); err != nil {
			return err
		}
		l.lease = d
		return nil
	}
}

// WithRenewal extends the lease automatically when two thirds of it have passed,
// until it is released or lost; one that [Lease.Extend] has cut to less than a
// third, at once. A renewal without an answer for a tenth of the lease is sent again,
// for it may be the connection that is at fault. A holder that is paused for longer
// than a lease loses it all the same.
//
// With a bound, no renewal makes the lease end later than that after the grant, or the
// adoption: a holder that hangs loses it then, as ErrExpired. [Lease.Extend] may still
// make it last longer. Each renewal is an EventExtend, and each that fails while the lease
// is still held an EventRenewalFailure, to an [Observer].
//
// [New] returns ErrInvalid without [WithLease], for a bound below the lease, and for more
// than one bound.
func WithRenewal(bound ...time.Duration) Option {
	return func(l *Lock) error {
		l.renew = true
		switch {
		case len(bound) > 1:
			return fmt.Errorf("%w: renewal has %d bounds", ErrInvalid, len(bound))
		case len(bound) == 1 && bound[0] <= 0:
			return fmt.Errorf("%w: the bound of renewal %v is not positive", ErrInvalid, bound[0])
		case len(bound) == 1:
			l.renewFor = bound[0]
		}
		return nil
	}
}

// WithFencing has every acquisition return a fencing token, which grows with
// every grant of this lock: see [Lease.Token] and [Guard]. The token is taken in
// the same script as the grant. All users of a name should agree on it, for an
// owner without a token does not push out those before. The counter is kept for a
// week after its last use; a new one starts from the server's clock, in
// microseconds, so that tokens grow across that, too.
func WithFencing() Option {
	return func(l *Lock) error {
		l.tokens = l.line.keys[4]
		return nil
	}
}

// WithObserver has o told what the lock does. nil is nobody, the default.
func WithObserver(o Observer) Option {
	return func(l *Lock) error {
		l.observer = o
		return nil
	}
}

// New returns the lock called name. It sends nothing to Redis.
//
// Each waiting Acquire blocks one of the client's connections, up to half of its
// PoolSize, so that releases and renewals find one. Where more goroutines wait at once
// they take turns, and the others may notice a release a second late; not so with
// [WithFairness], where all of them share one connection.
//
// The error, if any, is ErrInvalid, also for a client that == cannot compare, such as
// a struct with a slice, or, where the client is one of a Redis Cluster or a Ring,
// also inside of another type, and the name has no hash tag, ErrCluster.
func New(client redis.UniversalClient, name string, opts ...Option) (*Lock, error) {
	l := &Lock{client: client, name: name, prefix: defaultPrefix}
	l.nameKeys()
	if absent(client) {
		return nil, l.invalid("the client is nil")
	}
	if !reflect.ValueOf(client).Comparable() { // it is a key of maps
		return nil, l.invalid(fmt.Sprintf("a client of type %T cannot be compared: use a pointer to it", client))
	}
	if name == "" {
		return nil, l.invalid("the name is empty")
	}
	for _, opt := range opts {
		if opt == nil {
			return nil, l.invalid("an option is nil")
		}
		if err := opt(l); err != nil {
			return nil, &opError{op: "new", key: l.key, err: err}
		}
	}
	l.scattered = scattered(client)
	if err := checkTag(l.scattered, l.tagHolder()); err != nil {
		return nil, &opError{op: "new", key: l.key, err: err}
	}
	if l.renew && l.lease == 0 {
		return nil, l.invalid("there is no lease to renew")
	}
	if l.renewFor > 0 && l.renewFor < l.lease {
		return nil, l.invalid(fmt.Sprintf("the bound of renewal %v is below the lease %v", l.renewFor, l.lease))
	}
	if l.line.fair && l.poll != (Backoff{}) {
		return nil, l.invalid("a lock that is handed over is not polled for")
	}
	if l.id == "" {
		l.behind = l.suffix()
	} else if l.label != nil && *l.label != "" {
		return nil, l.invalid("an id of its own takes no label")
	}
	l.slice = longestPop(client)
	l.seats = seatsOf(client)
	l.line.scouts = spare(client)
	l.take = []any{"set", l.key, nil, "nx"}
	if l.lease > 0 {
		l.take = append(l.take, "px", millis(l.lease))
	}
	return l, nil
}

func (l *Lock) invalid(why string) error {
	return &opError{op: "new", key: l.key, err: fmt.Errorf("%w: %s", ErrInvalid, why)}
}

// Name returns the name given to New.
func (l *Lock) Name() string { return l.name }

// TryAcquire takes the lock if it is free and returns ErrHeld if it is not. It
// does not wait, except for the answer of Redis; when ctx ends it returns
// ctx.Err() at once. Should the lock be granted later, it is released as with
// [Lock.Acquire].
//
// With [WithID] it returns ErrAlreadyAcquired if that id is the holder.
func (l *Lock) TryAcquire(ctx context.Context) (*Lease, error) {
	try := l.attempt
	if l.line.fair {
		try = l.tryFair
	}
	lease, err := try(ctx, l.newID(), time.Now())
	if err != nil {
		return nil, failure(ctx, "try to acquire", l.key, err)
	}
	return lease, nil
}

// attempt sends one SET NX. Its error is a bare ErrHeld if the lock is taken.
func (l *Lock) attempt(ctx context.Context, id string, since time.Time) (*Lease, error) {
	if err := ended(ctx); err != nil {
		return nil, err
	}
	asked := time.Now()
	l.observe(Event{Kind: EventAttempt, Owner: id, Waited: asked.Sub(since)})
	got, err := l.grab(ctx, id)
	if err == ErrHeld && l.id != "" {
		err = l.whoHolds(ctx)
	}
	if err != nil {
		l.observe(Event{Kind: EventFailure, Owner: id, Err: err, Waited: time.Since(since)})
		return nil, err
	}
	var expires time.Time
	if l.lease > 0 {
		expires = asked.Add(l.lease)
	}
	if got.raised {
		return l.leased(id, got.token, 0, expires, since), nil
	}
	return l.granted(ctx, id, got.token, 0, expires, since)
}

// leased makes a lease of a grant. turn is for release.
func (l *Lock) leased(id string, token uint64, turn int, expires, since time.Time) *Lease {
	if l.observer != nil {
		l.observe(Event{Kind: EventGrant, Owner: id, Token: token, Waited: time.Since(since)})
	}
	lease := l.newLease(id, token, expires)
	lease.turn = turn
	return lease
}

// granted makes a lease of a grant, and raises the fences.
func (l *Lock) granted(ctx context.Context, id string, token uint64, turn int, expires, since time.Time) (*Lease, error) {
	lease := l.leased(id, token, turn, expires, since)
	for _, g := range l.guards {
		if err := g.Raise(ctx, token); err != nil {
			if ended(ctx) != nil {
				l.background.run(func() { lease.discard(context.WithoutCancel(ctx)) })
				return nil, err
			}
			return nil, errors.Join(err, lease.discard(ctx))
		}
	}
	return lease, nil
}

// grant is what SET NX, or the script in its place, has brought.
type grant struct {
	token  uint64 // 0: none was asked for
	raised bool   // the fences of all guards have been raised to it
}

// grab is send, which the caller leaves when ctx ends. What is granted then is
// released.
func (l *Lock) grab(ctx context.Context, id string) (grant, error) {
	if l.direct(ctx) {
		got, err := l.send(ctx, id)
		l.hear(err)
		return got, err
	}
	got, _, err := command(ctx, &l.wire,
		func() (grant, error) { return l.send(ctx, id) },
		func(_ grant, err error) {
			if err == nil && l.id == "" {
				l.undo(ctx, id, 0)
			}
		})
	return got, err
}

// send sends one SET NX, or the script that takes a token as well.
func (l *Lock) send(ctx context.Context, id string) (got grant, err error) {
	if l.tokens == "" {
		args := slices.Clone(l.take)
		args[2] = id
		err = l.client.Process(ctx, once{redis.NewStatusCmd(ctx, args...)})
	} else {
		got, err = l.grabToken(ctx, id)
	}
	switch {
	case err == nil:
		return got, nil
	case errors.Is(err, redis.Nil):
		return grant{}, ErrHeld
	case isReply(err):
		return grant{}, err
	}
	// Without a reply the lock may be ours. Under a random id nobody else could
	// ever release it, so do that; a custom id's owner can adopt it.
	if l.id == "" {
		l.background.run(func() { l.undo(ctx, id, 0) })
	}
	return grant{}, err
}

// grabToken runs the script, which raises the fences of guards on the same node too.
func (l *Lock) grabToken(ctx context.Context, id string) (grant, error) {
	keys := []any{l.key, l.tokens}
	raises := l.raisesFences()
	if raises {
		for _, g := range l.guards {
			keys = append(keys, g.fence)
		}
	}
	text, err := acquireCall.runOnce(ctx, l.client, keys, id, millis(l.lease), millis(fenceTTL)).Text()
	if err != nil {
		return grant{}, err
	}
	text, stale := strings.CutSuffix(text, " stale")
	token, err := strconv.ParseUint(text, 10, 64)
	return grant{token: token, raised: raises && !stale}, err
}

// raisesFences tells whether one script can take the lock and raise the fences of all
// guards: only where there is but one node.
func (l *Lock) raisesFences() bool {
	if l.scattered || len(l.guards) == 0 {
		return false
	}
	return !slices.ContainsFunc(l.guards, func(g *Guard) bool { return g.client != l.client })
}

// whoHolds tells ErrAlreadyAcquired from ErrHeld for a custom id.
func (l *Lock) whoHolds(ctx context.Context) error {
	switch owner, err := l.owner(ctx); {
	case err != nil:
		return err
	case owner == l.id:
		return ErrAlreadyAcquired
	}
	return ErrHeld
}

// Adopt returns the lease that the id of [WithID] holds already: taken by
// another process, by this one before it was restarted, or by a call whose
// reply was lost. It returns ErrNotHeld if that id is not the holder, and
// ErrInvalid without [WithID]. It takes one round trip; when ctx ends it returns
// ctx.Err() at once.
func (l *Lock) Adopt(ctx context.Context) (*Lease, error) {
	const op = "adopt"
	if l.id == "" {
		return nil, &opError{op: op, key: l.key, err: fmt.Errorf("%w: the lock has no id of its own", ErrInvalid)}
	}
	asked := time.Now()
	ms, err := read(ctx, &l.wire, func() (int64, error) {
		return ttlScript.Run(ctx, l.client, []string{l.key}, l.id).Int64()
	})
	switch {
	case err != nil:
		return nil, failure(ctx, op, l.key, err)
	case ms == ttlNotHeld:
		return nil, failure(ctx, op, l.key, ErrNotHeld)
	case ms == ttlNone:
		return l.newLease(l.id, 0, time.Time{}), nil
	}
	return l.newLease(l.id, 0, asked.Add(fromMillis(ms))), nil
}

// Locked reports whether anybody holds the lock, as of one round trip; when ctx
// ends it returns ctx.Err() at once.
func (l *Lock) Locked(ctx context.Context) (bool, error) {
	n, err := read(ctx, &l.wire, func() (int64, error) { return l.query(ctx, "exists").Int64() })
	if err != nil {
		return false, failure(ctx, "inspect", l.key, err)
	}
	return n > 0, nil
}

// OwnerID returns the id of whoever holds the lock, or "" if it is free. It blocks
// as Locked does.
func (l *Lock) OwnerID(ctx context.Context) (string, error) {
	owner, err := l.owner(ctx)
	if err != nil {
		return "", failure(ctx, "inspect", l.key, err)
	}
	return owner, nil
}

func (l *Lock) owner(ctx context.Context) (string, error) {
	owner, err := read(ctx, &l.wire, func() (string, error) { return l.query(ctx, "get").Text() })
	if errors.Is(err, redis.Nil) {
		return "", nil
	}
	return owner, err
}

// newID returns the owner id of one acquisition.
func (l *Lock) newID() string {
	if l.id != "" {
		return l.id
	}
	return l.random.id(l.behind)
}

func checkLease(d time.Duration) error {
	switch {
	case d < 0:
		return fmt.Errorf("%w: the lease %v is negative", ErrInvalid, d)
	case 0 < d && d < time.Millisecond:
		return fmt.Errorf("%w: the lease %v is below a millisecond", ErrInvalid, d)
	}
	return nil
}

// fromMillis is a time as Redis tells it, which knows longer ones than a Duration.
func fromMillis(ms int64) time.Duration {
	return time.Duration(min(ms, int64(math.MaxInt64/time.Millisecond))) * time.Millisecond
}

// millis rounds up, because a lease must not end before its holder expects.
func millis(d time.Duration) int64 {
	ms := d.Milliseconds()
	if d%time.Millisecond > 0 {
		ms++
	}
	return ms
}
