package lock_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
)

const tokenKey = "lock-token:{lock:average}"

// wantWrongType checks that a script met a key of another type.
func (e *env) wantWrongType(err error) {
	e.Helper()
	if !e.server.IsReal() && contains(err, "WRONGTYPE") {
		return // the embedded one's scripts give errors no code
	}
	e.wantErr(err, lock.ErrWrongType)
}

// What other programs do to the lock's keys costs an error, but no lock.
func TestForeignKeys(t *testing.T) {
	verify(t, []spec{
		{"an acquisition that cannot have a token holds nothing", func(e *env) {
			e.client.HSet(e.ctx, tokenKey, "of", "another type")
			for _, opts := range [][]lock.Option{nil, {lock.WithFairness()}} {
				l := e.lock("average", append(opts, lock.WithFencing())...)
				_, err := l.TryAcquire(e.ctx)
				e.wantWrongType(err)
				_, err = l.Acquire(e.ctx)
				e.wantWrongType(err)
				l.Settle()
				e.wantLocked(l, false)
			}
		}},
		{"an acquisition that cannot raise a fence of another type holds nothing", func(e *env) {
			g := e.guard("resource")
			e.client.HSet(e.ctx, g.Keys()[1], "of", "another type")
			l := e.lock("average", lock.WithGuard(g))
			_, err := l.TryAcquire(e.ctx)
			e.wantWrongType(err)
			l.Settle()
			e.wantLocked(l, false)
		}},
		{"a hand-over that cannot have a token leaves the lock to its holder", func(e *env) {
			l := e.fair(lock.WithFencing())
			held := e.take(l)
			granted := e.queue(e.ctx, l)
			e.client.Del(e.ctx, tokenKey)
			e.client.HSet(e.ctx, tokenKey, "of", "another type")
			e.wantWrongType(held.Release(e.ctx))
			if owner := e.client.Get(e.ctx, "lock:average").Val(); owner != held.ID() {
				e.Errorf("the owner is %q, want %q", owner, held.ID())
			}
			e.client.Del(e.ctx, tokenKey)
			e.release(held)
			// It asked while the counter was of another type, or after.
			if g := <-granted; g.err == nil {
				e.release(g.lease)
			} else {
				e.wantWrongType(g.err)
			}
		}},
		{"what is no waiter in the queue is passed over", func(e *env) {
			l := e.fair()
			held := e.take(l)
			granted := e.queue(e.ctx, l)
			e.client.ZAdd(e.ctx, queueKey, redis.Z{Score: 1, Member: "somebody else's"}, redis.Z{Score: 2, Member: ""})
			released := time.Now()
			e.release(held)
			e.release(e.wantGrant(granted, released, soon))
			e.wantIdle()
		}},
	})
}

// Redis has no clock but that of its machine, which is set now and then.
func TestClockOfRedisSetBack(t *testing.T) {
	ahead := strconv.FormatInt(time.Now().Add(time.Hour).UnixMicro(), 10)
	verify(t, []spec{
		{"waiters are served although the last signal in turn is yet to come", func(e *env) {
			e.take(e.fair())
			granted := e.queue(e.ctx, e.fair())
			e.client.HSet(e.ctx, hubsKey, "", ahead)
			freed := time.Now()
			e.client.Del(e.ctx, "lock:average")
			e.release(e.wantGrant(granted, freed, time.Minute))
		}},
		{"waiters are served although they were last heard of in the future", func(e *env) {
			held := e.take(e.fair())
			granted := e.queue(e.ctx, e.fair())
			for hub := range e.client.HGetAll(e.ctx, hubsKey).Val() {
				e.client.HSet(e.ctx, hubsKey, hub, ahead)
			}
			freed := time.Now()
			e.release(held)
			e.release(e.wantGrant(granted, freed, soon))
		}},
		{"who comes after a clock was set back is behind those who were there", func(e *env) {
			held := e.take(e.fair())
			e.client.ZAdd(e.ctx, queueKey, redis.Z{Score: float64(time.Now().Add(time.Hour).UnixMicro()), Member: "the last"})
			first := e.queue(e.ctx, e.fair())
			e.client.ZRem(e.ctx, queueKey, "the last")
			second := e.queue(e.ctx, e.fair())
			for _, granted := range []<-chan grant{first, second} {
				e.release(held)
				held = e.wantGrant(granted, time.Now(), time.Minute)
			}
			e.release(held)
		}},
	})
}
