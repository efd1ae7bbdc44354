package lock_test

import (
	"testing"
	"time"

	"locktop/lock"
)

func TestFairNeighbours(t *testing.T) {
	verify(t, []spec{
		{"a waiter on the same client is granted the lock without a message", func(e *env) {
			l := e.lockOn(e.dial(), "average", lock.WithFairness(), lock.WithFencing())
			held := e.take(l)
			granted := e.queue(e.ctx, l)
			channels := e.client.PubSubChannels(e.ctx, "lock-grant:*").Val()
			messages := e.dial().Subscribe(e.ctx, channels...)
			defer messages.Close()
			if _, err := messages.Receive(e.ctx); err != nil {
				e.Fatal(err)
			}
			released, token := time.Now(), held.Token()
			e.release(held)
			held = e.wantGrant(granted, released, soon)
			if held.Token() != token+1 {
				e.Errorf("token %d after %d", held.Token(), token)
			}
			if message, err := messages.ReceiveTimeout(e.ctx, 50*time.Millisecond); err == nil {
				e.Errorf("there was a message: %v", message)
			}
			if ttl := e.client.PTTL(e.ctx, "lock:average").Val(); ttl != -1 {
				e.Errorf("a lock without a lease has %v to live", ttl)
			}
			e.release(held)
			e.wantIdle()
		}},
		{"waiters of several clients are served in order all the same", func(e *env) {
			locks := []*lock.Lock{e.fair(), e.fair(lock.WithLease(time.Minute))}
			held := e.take(locks[0])
			var order []<-chan grant
			for i := range 20 {
				order = append(order, e.queue(e.ctx, locks[i/2%2]))
			}
			for i, granted := range order {
				for _, other := range order[i:] {
					if len(other) > 0 {
						e.Fatal("somebody was served before the turn")
					}
				}
				released := time.Now()
				e.release(held)
				held = e.wantGrant(granted, released, soon)
			}
			e.release(held)
			e.wantIdle()
		}},
		{"a waiter who owns the lock and was not told learns it from the oldest of its process", func(e *env) {
			client := e.dial()
			l := e.lockOn(client, "average", lock.WithFairness())
			held := e.take(l)
			first := e.queue(e.ctx, l)
			second := e.queue(e.ctx, e.lockOn(client, "average", lock.WithFairness(), lock.WithID("second")))
			e.client.ZRem(e.ctx, queueKey, e.client.ZRange(e.ctx, queueKey, 1, 1).Val()[0])
			e.client.Set(e.ctx, "lock:average", "second", 0)
			lease := e.wantGrant(second, time.Now(), soon)
			e.wantErr(held.Release(e.ctx), lock.ErrNotHeld)
			released := time.Now()
			e.release(lease)
			e.release(e.wantGrant(first, released, soon))
		}},
	})
}
