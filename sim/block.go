package sim

import "context"

var block = Strategy{
	Name:  "block",
	Title: "lock, waited for by its release signal",
	Explain: "A client that does not get the lock blocks on a list (BLPOP) until the release puts a token there, and only then tries again. " +
		"Nothing is lost, and waiting costs hardly any commands. " +
		"Whoever was woken may still find the lock taken by somebody who came just then.",
	Locks: true, Critical: true, Safe: true, Signalled: true, Nodes: 1,
	update: func(ctx context.Context, c *client, a Alert) error {
		lease, err := c.lock.Acquire(c.waits)
		if err != nil {
			return err
		}
		return c.holding(ctx, lease, a, c.set)
	},
}
