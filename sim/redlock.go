package sim

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
)

var redlock = Strategy{
	Name:  "redlock",
	Title: "lock on the majority of several Redis servers",
	Explain: "A client asks several independent servers at once, five unless told, and has the lock when most of them grant it, so that the others may fail. " +
		"It costs many commands, and waiters try again after random pauses, in no order. " +
		"Its safety rests on clocks and on servers that do not forget: one that restarts empty can give away a lock that is held.",
	Locks: true, Critical: true, Safe: true, Nodes: 5,
	update: func(ctx context.Context, c *client, a Alert) error {
		lease, err := c.quorum.Acquire(c.waits)
		if err != nil {
			return err
		}
		return c.holding(ctx, lease, a, c.set)
	},
}

// nodeTimeout is how long a node of a quorum may take to answer, in real time.
const nodeTimeout = time.Second

// newQuorum returns the lock over all the lane's servers.
func (c *client) newQuorum(lease time.Duration) (*lock.Quorum, error) {
	if lease == 0 {
		// Nodes that cannot be reached are released in no other way; and the average must
		// outlive the lock that guards it.
		lease = keyTTL / 2
	}
	nodes := []redis.UniversalClient{c.redis}
	for _, node := range c.nodes {
		nodes = append(nodes, node)
	}
	opts := []lock.QuorumOption{
		lock.WithQuorumLease(lease), lock.WithNodeTimeout(min(nodeTimeout, lease/2)), lock.WithQuorumObserver(c),
	}
	if c.ids != nil {
		opts = append(opts, lock.WithQuorumRandom(c.ids))
	}
	return lock.NewQuorum(nodes, c.lane.lockName(), opts...)
}
