package lock_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
)

// long has it be long since the lock was left free for a moment.
func (e *env) long() {
	e.Helper()
	ago := e.client.Time(e.ctx).Val().Add(-time.Minute).UnixMicro()
	if err := e.client.HSet(e.ctx, hubsKey, "-", ago).Err(); err != nil {
		e.Fatal(err)
	}
}

// wantMoment checks that the lock is left free although somebody waits in line.
func (e *env) wantMoment() {
	e.Helper()
	if e.client.HGet(e.ctx, hubsKey, "*").Val() != "" {
		e.Fatal("somebody had the lock before")
	}
	since, _ := e.client.HGet(e.ctx, hubsKey, "-").Int64()
	if ago := e.client.Time(e.ctx).Val().Sub(time.UnixMicro(since)); ago > time.Minute/2 {
		e.Fatalf("the lock was left free %v ago", ago)
	}
}

func TestMoment(t *testing.T) {
	verify(t, []spec{
		{"when it is time a release leaves the lock free, and the first in line has it after that", func(e *env) {
			held := e.take(e.lock("average"))
			granted := e.queue(e.ctx, e.fair(lock.WithLease(time.Minute)))
			second := e.queue(e.ctx, e.fair())
			e.long()
			released := time.Now()
			e.release(held)
			e.wantMoment()
			lease := e.wantGrant(granted, released, soon)
			if len(second) > 0 {
				e.Error("both were served")
			}
			e.release(lease)
			e.release(e.wantGrant(second, released, 2*soon))
			e.wantIdle()
		}},
		{"also where all are of one process", func(e *env) {
			l := e.fair()
			held := e.take(l)
			granted := e.queue(e.ctx, l)
			e.long()
			released := time.Now()
			e.release(held)
			e.wantMoment()
			e.release(e.wantGrant(granted, released, soon))
			e.wantIdle()
		}},
		{"who only asks can have it then, one after the other, and hands it over when that is over", func(e *env) {
			for _, opts := range [][]lock.Option{nil, {lock.WithFairness()}} {
				held := e.take(e.lock("average"))
				granted := e.queue(e.ctx, e.fair())
				asking := []*lock.Lock{e.lock("average", opts...), e.lock("average", opts...)}
				e.long()
				e.release(held)
				for i, l := range asking {
					lease, err := l.TryAcquire(e.ctx)
					if err != nil {
						g := <-granted
						e.release(e.must(g.lease, g.err))
						e.missed("caller %d: %v", i, err)
					}
					e.release(lease)
				}
				e.release(e.wantGrant(granted, time.Now(), soon))
			}
			e.wantIdle()
		}},
		{"who keeps it beyond the moment hands it over", func(e *env) {
			held := e.take(e.lock("average"))
			granted := e.queue(e.ctx, e.fair())
			e.long()
			e.release(held)
			lease, err := e.lock("average").TryAcquire(e.ctx)
			if err != nil {
				g := <-granted
				e.release(e.must(g.lease, g.err))
				e.missed("%v", err)
			}
			time.Sleep(50 * time.Millisecond)
			e.release(lease)
			if owner := e.client.Get(e.ctx, "lock:average").Val(); owner == "" {
				e.Error("the lock is free")
			}
			e.release(e.wantGrant(granted, time.Now(), soon))
			e.wantIdle()
		}},
		{"not long after a moment the lock is handed over", func(e *env) {
			held := e.take(e.lock("average"))
			granted := e.queue(e.ctx, e.fair())
			e.client.HSet(e.ctx, hubsKey, "-", e.client.Time(e.ctx).Val().Add(-100*time.Millisecond*e.slow).UnixMicro())
			asked := time.Now()
			e.release(held)
			owner := e.client.Get(e.ctx, "lock:average").Val()
			e.release(e.wantGrant(granted, asked, soon))
			if owner == "" {
				e.missed("the lock was free") // or it took so long
			}
			e.wantIdle()
		}},
		{"if the first in line leaves in the moment it is the next one's turn", func(e *env) {
			held := e.take(e.lock("average"))
			ctx, cancel := context.WithCancel(e.ctx)
			defer cancel()
			first, second := e.queue(ctx, e.fair()), e.queue(e.ctx, e.fair())
			e.long()
			e.release(held)
			cancel()
			left := time.Now()
			if g := <-first; g.err == nil {
				e.release(g.lease)
			}
			e.release(e.wantGrant(second, left, soon))
			e.wantIdle()
		}},
		{"if the first in line is frozen the next one has it all the same", func(e *env) {
			held := e.take(e.lock("average"))
			sub := e.dial().Subscribe(e.ctx, "lock-grant:frozen")
			defer sub.Close()
			if _, err := sub.Receive(e.ctx); err != nil {
				e.Fatal(err)
			}
			e.client.ZAdd(e.ctx, queueKey, redis.Z{Score: 1, Member: "300 0 1 6 frozensomebody"})
			e.client.HSet(e.ctx, hubsKey, "frozen", strconv.FormatInt(time.Now().Add(time.Hour).UnixMicro(), 10))
			granted := e.queue(e.ctx, e.fair())
			e.long()
			released := time.Now()
			e.release(held)
			e.wantMoment()
			e.release(e.wantGrant(granted, released, 2*time.Second+soon))
		}},
		{"if nobody is there who would take it after that, it is handed over", func(e *env) {
			held := e.take(e.lock("average"))
			e.client.ZAdd(e.ctx, queueKey, redis.Z{Score: 1, Member: "0 0 1 7 no-such-hub"})
			granted := e.queue(e.ctx, e.fair())
			e.long()
			e.release(held)
			if owner := e.client.Get(e.ctx, "lock:average").Val(); owner == "" {
				e.Error("the lock is free")
			}
			e.release(e.wantGrant(granted, time.Now(), soon))
			e.wantIdle()
		}},
		{"a process that knows of none for long leaves the lock free although Redis has forgotten", func(e *env) {
			l := e.fair()
			held := e.take(l)
			for began := time.Now(); ; {
				granted := e.queue(e.ctx, l)
				e.client.HDel(e.ctx, hubsKey, "-")
				e.client.HSet(e.ctx, hubsKey, ".", e.client.Time(e.ctx).Val().UnixMicro()) // as far as others know
				e.release(held)
				had := e.client.HExists(e.ctx, hubsKey, "-").Val()
				held = e.wantGrant(granted, time.Now(), soon)
				if had {
					break
				}
				if time.Since(began) > 20*time.Second {
					e.missed("no moment")
				}
			}
			e.release(held)
			e.wantIdle()
		}},
		{"a clock that was set back does not keep moments away", func(e *env) {
			held := e.take(e.lock("average"))
			granted := e.queue(e.ctx, e.fair())
			e.client.HSet(e.ctx, hubsKey, "-", e.client.Time(e.ctx).Val().Add(time.Hour).UnixMicro())
			e.release(held)
			e.wantMoment()
			e.release(e.wantGrant(granted, time.Now(), soon))
			e.wantIdle()
		}},
	})
}
