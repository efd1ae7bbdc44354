package lock_test

import (
	"testing"
	"time"

	"locktop/lock"
)

func TestInspect(t *testing.T) {
	inspect := func(e *env, l *lock.Lock) lock.State {
		e.Helper()
		state, err := l.Inspect(e.ctx)
		if err != nil {
			e.Fatal(err)
		}
		return state
	}
	verify(t, []spec{
		{"a free lock has nothing to tell", func(e *env) {
			state := inspect(e, e.lock("average"))
			if state.Owner != "" || state.TTL != 0 || state.Token != 0 || len(state.Queue) != 0 {
				e.Errorf("%+v", state)
			}
		}},
		{"a lock without a lease or tokens has an owner", func(e *env) {
			lease := e.take(e.lock("average"))
			state := inspect(e, e.lock("average"))
			if state.Owner != lease.ID() || state.TTL != 0 || state.Token != 0 || len(state.Queue) != 0 {
				e.Errorf("%+v", state)
			}
		}},
		{"owner, lease, token and waiters in order, in one command that changes nothing", func(e *env) {
			held := e.take(e.fair(lock.WithFencing(), lock.WithLease(time.Hour)))
			ids := []string{"größer 1\xff", "two", ""}
			began := time.Now()
			first := e.queue(e.ctx, e.fair(lock.WithID(ids[0])))
			time.Sleep(20 * time.Millisecond)
			second := e.queue(e.ctx, e.fair(lock.WithID(ids[1]), lock.WithLease(time.Minute)))
			third := e.queue(e.ctx, e.fair(lock.WithFencing()))
			client := e.dial()
			l := e.lockOn(client, "average")
			sent := commands(client)
			inspect(e, l)
			if got := sent(); got != "evalsha" && got != "evalsha eval" {
				e.Errorf("sent %s", got)
			}
			state := inspect(e, l)
			if state.Owner != held.ID() || state.Token != held.Token() || state.TTL < 50*time.Minute || state.TTL > time.Hour {
				e.Errorf("%+v", state)
			}
			if len(state.Queue) != len(ids) {
				e.missed("%d in the queue: who is silent for five seconds is taken for dead", len(state.Queue))
			}
			for i, w := range state.Queue {
				if ids[i] != "" && w.ID != ids[i] {
					e.Errorf("number %d is %q", i, w.ID)
				}
				if w.Waiting <= 0 || i > 0 && w.Waiting > state.Queue[i-1].Waiting {
					e.Errorf("number %d waits for %v", i, w.Waiting)
				}
				if since := time.Since(began); w.Waiting > since {
					e.Errorf("number %d waits for %v, but the first came %v ago", i, w.Waiting, since)
				}
			}
			if waiting := state.Queue[0].Waiting; waiting < 20*time.Millisecond {
				e.Errorf("the first waits for %v", waiting)
			}
			e.client.Del(e.ctx, "lock:average")
			for i, waiter := range []<-chan grant{first, second, third} {
				lease := e.wantGrant(waiter, time.Now(), time.Second+soon)
				if state := inspect(e, l); state.Owner != lease.ID() || len(state.Queue) != 2-i {
					e.Errorf("after grant %d: %+v", i+1, state)
				}
				e.release(lease)
			}
		}},
		{"a reply that says no is an error", func(e *env) {
			e.client.LPush(e.ctx, "lock:average", "not a string")
			if _, err := e.lock("average").Inspect(e.ctx); !contains(err, "lock: inspect lock:average: ") {
				e.Errorf("got error %v", err)
			}
		}},
	})
}
