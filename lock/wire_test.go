package lock_test

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
)

// What python-redis-lock 4.x sends: acquire is SET NX EX and BLPOP with whole
// seconds, release is a script of these commands.
const pythonRelease = `
	if redis.call("get", KEYS[1]) ~= ARGV[1] then return 1 end
	redis.call("del", KEYS[2])
	redis.call("lpush", KEYS[2], 1)
	redis.call("pexpire", KEYS[2], ARGV[2])
	redis.call("del", KEYS[1])
	return 0`

var pythonKeys = []string{"lock:average", "lock-signal:average"}

func TestSharedWithPython(t *testing.T) {
	const id = "cHl0aG9uLXJlZGlzLWxvY2sh"
	verify(t, []spec{
		{"a Python holder keeps a Go waiter out and wakes it", func(e *env) {
			if err := e.client.Do(e.ctx, "set", "lock:average", id, "ex", 60, "nx").Err(); err != nil {
				e.Fatal(err)
			}
			l := e.lock("average")
			if owner, err := l.OwnerID(e.ctx); owner != id || err != nil {
				e.Errorf("OwnerID() = %q, %v, want %q", owner, err, id)
			}
			granted := e.acquireBySignal("average")
			released := time.Now()
			if n, err := e.client.Eval(e.ctx, pythonRelease, pythonKeys, id, 1000).Int(); n != 0 || err != nil {
				e.Fatalf("release: %d, %v", n, err)
			}
			e.wantWoken(granted, released)
		}},
		{"a Go holder keeps a Python waiter out and wakes it", func(e *env) {
			lease := e.take(e.lock("average", lock.WithLease(time.Minute)))
			set := func() error {
				return e.client.Do(e.ctx, "set", "lock:average", id, "ex", 60, "nx").Err()
			}
			e.wantErr(set(), redis.Nil)
			signal := make(chan error, 1)
			go func() { signal <- e.client.Do(e.ctx, "blpop", "lock-signal:average", 4).Err() }()
			e.release(lease)
			switch err := <-signal; err {
			case nil:
			case redis.Nil:
				e.missed("no signal: it is kept for a second")
			default:
				e.Fatal(err)
			}
			if err := set(); err != nil {
				e.Fatal(err)
			}
			_, err := e.lock("average").TryAcquire(e.ctx)
			e.wantErr(err, lock.ErrHeld)
		}},
		{"a Python owner's id adopted in Go releases for Python", func(e *env) {
			e.client.Do(e.ctx, "set", "lock:average", id, "nx")
			lease, err := e.lock("average", lock.WithID(id)).Adopt(e.ctx)
			if err != nil {
				e.Fatal(err)
			}
			e.release(lease)
			if n, err := e.client.Eval(e.ctx, pythonRelease, pythonKeys, id, 1000).Int(); n != 1 || err != nil {
				e.Errorf("Python's release: %d, %v, want 1, not acquired", n, err)
			}
		}},
	})
}
