package sim

import (
	"context"
	"time"
)

const spinName = "spin"

var spin = Strategy{
	Name:  spinName,
	Title: "lock, tried in a loop without blocking",
	Explain: "A client tries to create the lock's key with SET NX and, when somebody else has it, pauses and tries again. " +
		"Only the holder reads and writes, so nothing is lost. " +
		"The price is the failed tries: each costs a command, and nobody is sure of getting a turn.",
	Locks: true, Critical: true, Safe: true, Nodes: 1,
	update: func(ctx context.Context, c *client, a Alert) error {
		lease, err := c.tryUntilHeld(func(int) time.Duration { return c.lane.now().retry })
		if err != nil {
			return err
		}
		return c.holding(ctx, lease, a, c.set)
	},
}
