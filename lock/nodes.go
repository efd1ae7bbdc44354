package lock

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

// scattered reports whether a client keeps its keys on several nodes, as the clients of
// a cluster and a ring do, also where they are part of another type.
func scattered(client redis.UniversalClient) (several bool) {
	switch client.(type) {
	case interface{ Options() *redis.Options }:
		return false
	case interface{ Options() *redis.ClusterOptions }, interface{ Options() *redis.RingOptions }:
		return true
	}
	// A type that shows the methods of [redis.UniversalClient] only. To watch no key sends
	// nothing: a client of one node calls the function, those of several look for its node.
	defer func() {
		if recover() != nil { // there is no client in it
			several = false
		}
	}()
	one := false
	client.Watch(context.Background(), func(*redis.Tx) error {
		one = true
		return nil
	})
	return !one
}

// A single is a client of one node, also inside of another type.
type single interface {
	Options() *redis.Options
	WithTimeout(time.Duration) *redis.Client
	ClientUnblock(ctx context.Context, id int64) *redis.IntCmd
}

// A master is a client of a cluster, which knows the node that has a key.
type master interface {
	MasterForKey(ctx context.Context, key string) (*redis.Client, error)
}

// query sends a command that reads the lock and takes nothing but its key. A client of
// several nodes may be set to send reads to replicas, which lag behind the master.
func (l *Lock) query(ctx context.Context, command string) *redis.Cmd {
	if l.scattered {
		return readScript.Run(ctx, l.client, []string{l.key}, command)
	}
	return l.client.Do(ctx, command, l.key)
}
