package sim

import (
	"context"
	"net"
	"sync/atomic"

	"github.com/redis/go-redis/v9"
)

// A door is the one way from a simulated client to Redis: a hook on its
// connection that waits at the lane's gate and counts. Everything that a
// client sends passes it, also what the lock library sends on its behalf.
type door struct {
	client int
	gate   *gate

	// update says that commands belong to an update; others are bookkeeping
	// (connecting, writing receipts) and neither wait nor count.
	update atomic.Bool
	count  atomic.Int64
}

// taken returns how many commands have passed since the last call.
func (d *door) taken() int { return int(d.count.Swap(0)) }

func (d *door) pass(commands int) {
	if d.update.Load() {
		d.gate.pass(d.client)
		d.count.Add(int64(commands))
	}
}

// DialHook implements [redis.Hook].
func (d *door) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

// ProcessHook implements [redis.Hook].
func (d *door) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		d.pass(1)
		return next(ctx, cmd)
	}
}

// ProcessPipelineHook implements [redis.Hook].
func (d *door) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		d.pass(len(cmds))
		return next(ctx, cmds)
	}
}
