package sim

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"
)

var watch = Strategy{
	Name:  "watch",
	Title: "no lock: WATCH, GET, MULTI, SET, EXEC",
	Explain: "A client has Redis watch the key, reads, computes, and sends its write as a transaction, which Redis refuses if the value has changed meanwhile; then it starts again. " +
		"Nothing is lost and nobody waits for a holder. " +
		"But of all who read the same value only one succeeds, and the others have thought in vain: the more clients, the more tries.",
	Safe: true, Nodes: 1,
	update: func(ctx context.Context, c *client, a Alert) error {
		for {
			done, err := c.takeTurn()
			if err != nil {
				return err
			}
			err = c.optimistic(ctx, a)
			done()
			if !errors.Is(err, redis.TxFailedErr) {
				return err
			}
			c.record(Event{Kind: Failed})
			if err := c.waits.Err(); err != nil {
				return err
			}
		}
	},
}

// optimistic is one try of an update that Redis refuses, with
// [redis.TxFailedErr], if another one came between.
func (c *client) optimistic(ctx context.Context, a Alert) error {
	c.record(Event{Kind: Attempted})
	return c.redis.Watch(detached, func(tx *redis.Tx) error {
		base, err := c.read(tx)
		if err != nil {
			return err
		}
		value, err := c.compute(ctx, base, a)
		if err != nil {
			return err
		}
		return c.write(base, value, func(value string) (string, error) {
			var found *redis.StatusCmd
			_, err := tx.TxPipelined(detached, func(p redis.Pipeliner) error {
				found = p.SetArgs(detached, c.lane.averageKey(), value, setArgs)
				return nil
			})
			if err != nil && !errors.Is(err, redis.Nil) {
				return "", err
			}
			return found.Result()
		})
	}, c.lane.averageKey())
}
