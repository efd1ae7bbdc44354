package lock

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// fenceTTL is how long a token counter and a fence outlive their last use. A
// holder that was paused for longer than this may write after all.
const fenceTTL = 7 * 24 * time.Hour

// A Guard protects a string in Redis from the writes of stale holders: those
// whose lease ran out while they were paused, and who do not know yet. It keeps
// a fence, the highest fencing token seen, and refuses writes with older ones.
//
// The fence must be raised when the lock is acquired and before the resource is
// read, which [WithGuard] sees to: checking tokens on writes only lets a stale
// holder write between the read and the write of the next one. The idea is Martin
// Kleppmann's, "How to do distributed locking", 2016.
//
// A resource outside of Redis needs a fence of its own, by the same rule.
//
// Its calls end with their context, as those of a Lock do; what was sent by then
// may still take effect.
type Guard struct {
	client     redis.UniversalClient
	key, fence string
	wire
}

// NewGuard returns a guard of the string at key. It sends nothing to Redis. The
// fence is kept beside the key, on the same node of a cluster. It returns ErrInvalid
// without a client or a key.
func NewGuard(client redis.UniversalClient, key string) (*Guard, error) {
	if absent(client) || key == "" {
		return nil, &opError{op: "guard", key: key, err: fmt.Errorf("%w: it takes a client and a key", ErrInvalid)}
	}
	return &Guard{client: client, key: key, fence: fenceKey(key)}, nil
}

// fenceKey returns the key of a resource's fence, which no other resource has.
func fenceKey(key string) string {
	if bare := strings.Trim(key, "{}"); key == "{"+bare+"}" && !strings.ContainsAny(bare, "{}") {
		return "lock-fence-tag:" + key // for what besides makes of it is the fence of bare
	}
	return besides("lock-fence:", key)
}

// WithGuard has tokens handed out, as [WithFencing] does, and raises the fence of
// g with each of them before the acquisition returns: whoever held the lock
// before can no longer write. It may be given several times. If all guards have
// the lock's own client, and that is a plain one, the script that takes the lock
// raises their fences as well; otherwise, and for what a fair lock hands over, each
// costs one more round trip. A fence that cannot be raised makes the acquisition
// fail, with ErrStale if it is higher already. [New] returns ErrInvalid for nil.
func WithGuard(g *Guard) Option {
	return func(l *Lock) error {
		if g == nil {
			return fmt.Errorf("%w: the guard is nil", ErrInvalid)
		}
		l.guards = append(l.guards, g)
		return WithFencing()(l)
	}
}

// Raise refuses writes with tokens older than token from now on. It returns
// ErrStale if the fence is higher already. Like Set and Swap it takes one round
// trip; when ctx ends it returns ctx.Err() at once, and may have been done or not.
func (g *Guard) Raise(ctx context.Context, token uint64) error {
	const op = "raise the fence of"
	if err := ended(ctx); err != nil {
		return &opError{op: op, key: g.key, err: err}
	}
	done, err := read(ctx, &g.wire, func() (int, error) {
		return raiseScript.Run(ctx, g.client, []string{g.fence}, decimal(token), millis(fenceTTL)).Int()
	})
	return g.judge(ctx, op, done == 1, err)
}

// Set writes a value with the token of a lease, for the given time or, if that
// is 0, for good; the time is kept in milliseconds, rounded up. It returns ErrStale,
// and writes nothing, if the lock has been granted to somebody else since, and
// ErrInvalid for nil or a lease without a token, or a negative time. It blocks as Raise does.
func (g *Guard) Set(ctx context.Context, lease *Lease, value string, expiration time.Duration) error {
	_, err := g.write(ctx, lease, value, expiration, func(keys []any, args ...any) *redis.Cmd {
		cmd, _ := guardedSetCall.run(ctx, g.client, keys, args...)
		return cmd
	})
	return err
}

// Swap is [Guard.Set] that also returns the value it overwrote, "" if there was
// none, with the same errors. When the reply is lost with the connection it returns
// that error, and has written or not: go-redis does not send it again, for then it
// would overwrite its own value.
func (g *Guard) Swap(ctx context.Context, lease *Lease, value string, expiration time.Duration) (old string, err error) {
	return g.write(ctx, lease, value, expiration, func(keys []any, args ...any) *redis.Cmd {
		return guardedSetCall.runOnce(ctx, g.client, keys, args...)
	})
}

func (g *Guard) write(ctx context.Context, lease *Lease, value string, expiration time.Duration,
	send func(keys []any, args ...any) *redis.Cmd) (old string, err error) {
	const op = "write"
	if lease == nil || lease.token == 0 {
		return "", &opError{op: op, key: g.key, err: fmt.Errorf("%w: the lease has no token", ErrInvalid)}
	}
	if expiration < 0 {
		return "", &opError{op: op, key: g.key, err: fmt.Errorf("%w: the time %v is negative", ErrInvalid, expiration)}
	}
	if err := ended(ctx); err != nil {
		return "", &opError{op: op, key: g.key, err: err}
	}
	reply, err := read(ctx, &g.wire, func() ([]any, error) {
		return send([]any{g.fence, g.key}, decimal(lease.token), millis(fenceTTL), value, millis(expiration)).Slice()
	})
	done := len(reply) > 0 && reply[0] == int64(1)
	if err := g.judge(ctx, op, done, err); err != nil {
		return "", err
	}
	if len(reply) > 1 {
		old, _ = reply[1].(string)
	}
	return old, nil
}

// Settle waits until nothing is left of calls whose context ended before the
// answer of Redis came. Call it before closing the client, when no call runs.
func (g *Guard) Settle() { g.settle() }

// judge is the error of a script that does nothing for a token that is too old.
func (g *Guard) judge(ctx context.Context, op string, done bool, err error) error {
	switch {
	case err != nil:
		return failure(ctx, op, g.key, err)
	case !done:
		return &opError{op: op, key: g.key, err: ErrStale}
	}
	return nil
}

func decimal(token uint64) string { return strconv.FormatUint(token, 10) }

// tagged reports whether a key has a hash tag.
func tagged(key string) bool {
	open := strings.IndexByte(key, '{')
	return open >= 0 && strings.IndexByte(key[open+1:], '}') > 0
}

// besides returns a key that a cluster keeps on the node of another: one with
// that key's hash tag or, if it has none, with the whole key as its hash tag.
func besides(prefix, key string) string {
	if tagged(key) || strings.ContainsAny(key, "{}") {
		return prefix + key // with braces but no tag, none can stand for it: use it on a single node only
	}
	return prefix + "{" + key + "}"
}
