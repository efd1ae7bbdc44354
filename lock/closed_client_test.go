package lock_test

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
)

// A client that is closed answers nobody any more: nothing may go on asking it.
func TestClosedClient(t *testing.T) {
	settles := func(e *env, settle func()) {
		e.Helper()
		settled := make(chan struct{})
		go func() {
			settle()
			close(settled)
		}()
		select {
		case <-settled:
		case <-time.After(time.Minute):
			e.Fatal("Settle hangs")
		}
	}
	verify(t, []spec{
		{"a watched lease without an end is over, as nobody can tell, and Settle returns", func(e *env) {
			client := e.dial()
			l := e.lockOn(client, "average")
			lease := e.take(l)
			lost := lease.Lost()
			client.Close()
			settles(e, l.Settle)
			<-lost
			e.wantErr(lease.Err(), lock.ErrNotHeld)
			e.wantErr(lease.Err(), redis.ErrClosed)
		}},
		{"it is over without Settle as well", func(e *env) {
			client := e.dial()
			lease := e.take(e.lockOn(client, "average"))
			lost := lease.Lost()
			client.Close()
			<-lost
			e.wantErr(lease.Err(), redis.ErrClosed)
		}},
		{"Settle does not wait for leases of an hour, and these last until their end", func(e *env) {
			for _, opts := range [][]lock.Option{nil, {lock.WithRenewal()}} {
				client := e.dial()
				l := e.lockOn(client, "average", append(opts, lock.WithLease(time.Hour))...)
				lease := e.take(l)
				lost := lease.Lost()
				client.Close()
				settles(e, l.Settle)
				select {
				case <-lost:
					e.Errorf("lost: %v", lease.Err())
				default:
				}
				e.client.Del(e.ctx, "lock:average")
			}
		}},
		{"Settle of a Quorum does not wait for them either", func(e *env) {
			client := e.dial()
			q, err := lock.NewQuorum([]redis.UniversalClient{client}, "average", lock.WithQuorumLease(time.Hour), lock.WithNodeTimeout(unhurried))
			if err != nil {
				e.Fatal(err)
			}
			lease, err := q.TryAcquire(e.ctx)
			if err != nil {
				e.Fatal(err)
			}
			lost := lease.Lost()
			client.Close()
			settles(e, q.Settle)
			select {
			case <-lost:
				e.Errorf("lost: %v", lease.Err())
			default:
			}
		}},
		{"Settle leaves a lease alone while its client is open", func(e *env) {
			l := e.lock("average", lock.WithLease(time.Hour))
			lease := e.take(l)
			lost := lease.Lost()
			settled := make(chan struct{})
			go func() {
				l.Settle()
				close(settled)
			}()
			select {
			case <-lost:
				e.Errorf("lost: %v", lease.Err())
			case <-settled:
				e.Error("Settle does not wait for a lease that is watched")
			case <-time.After(50 * time.Millisecond):
			}
			e.release(lease)
			<-settled
		}},
	})
}
