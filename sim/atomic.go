package sim

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/redis/go-redis/v9"
)

const atomicScriptName = "atomic"

var atomicScript = Strategy{
	Name:  atomicScriptName,
	Title: "no lock: one script in Redis reads, adds and writes",
	Explain: "The client sends its sample and a script, and Redis does the whole update before it looks at the next command. " +
		"There is no time between reading and writing, so nothing can be lost and nobody waits: one command an update. " +
		"It works where the computation can be sent to the data; thinking happens before.",
	Safe: true, Nodes: 1,
	update: func(ctx context.Context, c *client, a Alert) error {
		if err := c.lane.clock.Sleep(ctx, c.lane.now().work); err != nil {
			return err
		}
		c.reach(AtWrite)
		c.record(Event{Kind: Requested})
		c.wrote = true
		reply, err := addScript.EvalSha(detached, c.redis, []string{c.lane.averageKey()},
			int64(a.Latency), keyTTL.Milliseconds()).StringSlice()
		if err != nil {
			return c.failedWrite(err)
		}
		if len(reply) != 2 {
			return fmt.Errorf("add to %s: unexpected reply %q", c.lane.averageKey(), reply)
		}
		c.record(Event{Kind: Computed, Base: reply[0], Value: reply[1]})
		return nil
	},
}

//go:embed add.lua
var addSource string

// addScript adds a sample to the average, all in Redis.
var addScript = redis.NewScript(addSource)
