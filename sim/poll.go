package sim

import (
	"context"
	"time"
)

var poll = Strategy{
	Name:  "poll",
	Title: "lock, asked for at regular intervals",
	Explain: "A client that does not get the lock asks again after a fixed pause, never sooner than 10 ms. " +
		"Nothing is lost, and the pause keeps the commands few. " +
		"But a lock that is released lies idle until somebody happens to ask, and whoever asks at the right moment wins: the others may starve.",
	Locks: true, Critical: true, Safe: true, Nodes: 1,
	update: func(ctx context.Context, c *client, a Alert) error {
		lease, err := c.tryUntilHeld(func(int) time.Duration { return max(c.lane.now().retry, 10*time.Millisecond) })
		if err != nil {
			return err
		}
		return c.holding(ctx, lease, a, c.set)
	},
}
