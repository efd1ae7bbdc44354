package sim

import (
	"context"

	"locktop/lock"
)

var fair = Strategy{
	Name:  "fair",
	Title: "lock, handed over first come, first served",
	Explain: "Clients that do not get the lock stand in line in Redis, and a release makes the first in line the holder and tells it so. " +
		"The lock is not free in between, but for a moment about once a second for those who only ask, so nobody barges in, and everybody waits about as long. " +
		"It costs one script to join the line and one to hand over.",
	Locks: true, Critical: true, Safe: true, Nodes: 1,
	options: func(c *client) []lock.Option {
		opts := []lock.Option{lock.WithFairness()}
		if c.lane.subscriber != nil {
			opts = append(opts, lock.WithSubscriber(c.lane.subscriber))
		}
		return opts
	},
	update: func(ctx context.Context, c *client, a Alert) error {
		lease, err := c.lock.Acquire(c.waits)
		if err != nil {
			return err
		}
		return c.holding(ctx, lease, a, c.set)
	},
}
