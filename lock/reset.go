package lock

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/redis/go-redis/v9"
)

// scanCount is how many keys one SCAN looks at, so that none takes long.
const scanCount = 1000

// Reset frees the lock, whoever holds it, and wakes a waiter. It is meant for
// locks left behind by a crash: a holder that is alive finds out only when it asks
// for something, or by [Lease.Lost] when its lease is next looked at. It takes one round trip; when ctx ends before the answer
// it returns ctx.Err() at once, and the lock may have been reset or not.
func (l *Lock) Reset(ctx context.Context) error {
	_, err := read(ctx, &l.wire, func() (any, error) {
		return nil, resetScript.Run(ctx, l.client, []string{l.key, l.signal}, millis(signalTTL)).Err()
	})
	if err != nil {
		return failure(ctx, "reset", l.key, err)
	}
	return nil
}

// ResetAll resets every lock whose name begins with prefix, "" being all, and
// returns how many were held. Characters that are special in patterns stand for
// themselves.
//
// It looks at strings only and one portion of the keys at a time, on every
// master of a cluster and every shard of a ring. Locks taken while it runs may
// or may not be reset. A string that some other program keeps under "lock:" is
// indistinguishable from a lock: give the locks of one application a common
// prefix. After an error, which names the key it met, the locks counted have been
// reset. A client of a cluster or a ring inside of a type that shows nothing but
// [redis.UniversalClient] is ErrCluster, for its nodes cannot be told.
//
// It blocks for one round trip for every thousand keys and one for each lock. If
// Redis does not answer it ends at the client's time-outs, not with ctx.
func ResetAll(ctx context.Context, client redis.UniversalClient, prefix string) (int, error) {
	if absent(client) {
		return 0, &opError{op: "reset all", key: keyPrefix + prefix, err: fmt.Errorf("%w: the client is nil", ErrInvalid)}
	}
	var freed atomic.Int64
	scan := func(ctx context.Context, node redis.Cmdable) error {
		keys := node.ScanType(ctx, 0, keyPrefix+escapeGlob(prefix)+"*", scanCount, "string").Iterator()
		for keys.Next(ctx) {
			name := strings.TrimPrefix(keys.Val(), keyPrefix)
			n, err := resetScript.Run(ctx, client, []string{keys.Val(), signalPrefix + name}, millis(signalTTL)).Int64()
			if err != nil {
				return failure(ctx, "reset", keys.Val(), err)
			}
			freed.Add(n)
		}
		if err := keys.Err(); err != nil {
			return failure(ctx, "reset all", keyPrefix+prefix, err)
		}
		return nil
	}
	scanNode := func(ctx context.Context, node *redis.Client) error { return scan(ctx, node) }
	var err error
	switch c := client.(type) {
	case interface { // *redis.ClusterClient
		ForEachMaster(context.Context, func(context.Context, *redis.Client) error) error
	}:
		err = c.ForEachMaster(ctx, scanNode)
	case interface { // *redis.Ring
		ForEachShard(context.Context, func(context.Context, *redis.Client) error) error
	}:
		err = c.ForEachShard(ctx, scanNode)
	default:
		if scattered(client) {
			return 0, &opError{op: "reset all", key: keyPrefix + prefix, err: fmt.Errorf("%w: the client does not show its nodes: "+
				"embed a *redis.ClusterClient or *redis.Ring in it, not an interface", ErrCluster)}
		}
		err = scan(ctx, client)
	}
	return int(freed.Load()), err
}

// escapeGlob makes the characters special in Redis patterns stand for themselves.
func escapeGlob(s string) string {
	return globEscaper.Replace(s)
}

var globEscaper = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`)
