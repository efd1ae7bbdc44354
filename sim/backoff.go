package sim

import (
	"context"
	"time"
)

var backoff = Strategy{
	Name:  "backoff",
	Title: "lock, asked for at random, ever longer intervals",
	Explain: "After each failed try a client pauses for a random time, up to a limit that doubles with every failure (exponential backoff with full jitter). " +
		"Nothing is lost, and the clients do not ask all at once. " +
		"Those who have waited longest ask most rarely, so newcomers overtake them.",
	Locks: true, Critical: true, Safe: true, Nodes: 1,
	update: func(ctx context.Context, c *client, a Alert) error {
		const doublings = 5
		lease, err := c.tryUntilHeld(func(failures int) time.Duration {
			limit := max(c.lane.now().retry, time.Millisecond) << min(failures-1, doublings)
			return time.Duration(c.random.Int64N(int64(limit) + 1))
		})
		if err != nil {
			return err
		}
		return c.holding(ctx, lease, a, c.set)
	},
}
