package lock_test

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
)

// Programs that use python-redis-lock and never stop leave fair waiters their
// turns, although their releases tell the queue nothing.
func TestBesideBusyPythonPrograms(t *testing.T) {
	const hold = 10 * time.Millisecond
	for _, test := range []struct {
		name                        string
		pythons, processes, waiters int // waiters of each process
	}{
		{"one waiter beside eight", 8, 1, 1},
		{"four waiters of as many processes beside four", 4, 4, 1},
		{"six waiters of two processes beside four", 4, 2, 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			onRedis(t, func(e *env) {
				turn := e.turns(hold)
				done := make(chan struct{})
				var pythons, fair sync.WaitGroup
				for range test.pythons {
					contend := e.python()
					pythons.Go(func() {
						for {
							select {
							case <-done:
								return
							default:
								turn(contend)
							}
						}
					})
				}
				contenders := test.pythons + test.processes*test.waiters
				waits := make([][]int64, test.processes*test.waiters)
				for i := range test.processes {
					l := e.fair(lock.WithLease(time.Minute)) // on a client of its own, as a process has
					for k := range test.waiters {
						contend := e.contender(l)
						fair.Go(func() {
							for range 15 {
								waits[i*test.waiters+k] = append(waits[i*test.waiters+k], turn(contend))
							}
						})
					}
				}
				fair.Wait()
				close(done)
				pythons.Wait()
				t.Logf("waits in grants: %v", waits)
				e.wantIdle()
				for _, waits := range waits {
					// In the first its process finds out that there are others. Later a turn
					// may be missed now and then: a program that has just released asks at once.
					if longest, most := slices.Max(waits[1:]), int64(10*contenders); longest > most {
						e.missed("somebody waited for %d grants, want %d at most", longest, most)
					}
				}
			})
		})
	}
}

// blocked counts the clients that are blocked.
func (e *env) blocked() int { return strings.Count(e.client.ClientList(e.ctx).Val(), "flags=b") }

// passOver has strangers take the lock from each other, by their ids, until enough.
func (e *env) passOver(enough func() bool) (owner string) {
	e.Helper()
	changed := time.Now().Add(-time.Hour)
	n := 0
	e.eventually("the waiter has been passed over often enough", func() bool {
		if time.Since(changed) > 50*time.Millisecond {
			changed, owner = time.Now(), "stranger "+strconv.Itoa(n)
			n++
			e.client.Set(e.ctx, "lock:average", owner, 0)
		}
		return enough()
	})
	return owner
}

// pops counts the BLPOPs that Redis has done. A scout's do not pass the client's hooks,
// for it has a connection of its own.
func (e *env) pops() int {
	e.Helper()
	_, rest, _ := strings.Cut(e.client.Info(e.ctx, "commandstats").Val(), "cmdstat_blpop:calls=")
	digits, _, _ := strings.Cut(rest, ",")
	n, _ := strconv.Atoi(digits)
	return n + e.blocked()
}

// releaseAsPython releases as python-redis-lock does.
func (e *env) releaseAsPython(owner string) {
	e.Helper()
	if n, err := e.client.Eval(e.ctx, pythonRelease, pythonKeys, owner, 1000).Int(); n != 0 || err != nil {
		e.Fatalf("release: %d, %v", n, err)
	}
}

func TestPassedOver(t *testing.T) {
	// Each process with waiters sends a scout, so there may be more than one before anybody looks.
	blocked := func(e *env) func() bool { return func() bool { return e.blocked() > 0 } }
	for _, sp := range []spec{
		{"a waiter who was passed over is served by the signal, the first in line first", func(e *env) {
			e.client.Set(e.ctx, "lock:average", "stranger", 0)
			l, other := e.fair(), e.fair(lock.WithLease(time.Minute))
			first := e.queue(e.ctx, l)
			second, third := e.queue(e.ctx, other), e.queue(e.ctx, l)
			owner := e.passOver(blocked(e))
			e.releaseAsPython(owner)
			e.eventually("it was given away", func() bool { return e.client.LLen(e.ctx, "lock-signal:average").Val() == 0 })
			for _, granted := range []<-chan grant{first, second, third} {
				g := <-granted
				e.release(e.must(g.lease, g.err))
			}
			e.wantIdle()
		}},
		{"a waiter is served by the signal also where it is not the oldest of its process", func(e *env) {
			e.client.Set(e.ctx, "lock:average", "stranger", 0)
			l := e.fair()
			oldest := e.queue(e.ctx, l)
			first := e.queue(e.ctx, l)
			// As when the younger's question was the first to arrive.
			queue := e.client.ZRangeWithScores(e.ctx, queueKey, 0, -1).Val()
			e.client.ZAdd(e.ctx, queueKey, redis.Z{Score: queue[0].Score - 1, Member: queue[1].Member})
			e.releaseAsPython(e.passOver(blocked(e)))
			for _, granted := range []<-chan grant{first, oldest} {
				g := <-granted
				e.release(e.must(g.lease, g.err))
			}
			e.wantIdle()
		}},
		{"processes that have died take no share of the turns", func(e *env) {
			e.client.Set(e.ctx, "lock:average", "stranger", 0)
			l := e.fair()
			waiters := []<-chan grant{e.queue(e.ctx, l), e.queue(e.ctx, l), e.queue(e.ctx, l)}
			owner := e.passOver(blocked(e))
			long := e.client.Time(e.ctx).Val().Add(-time.Minute).UnixMicro()
			e.client.HSet(e.ctx, hubsKey, "dead", long, "dead too", long)
			python := make(chan func() error)
			go func() {
				release, err := e.python()()
				if err != nil {
					e.Error(err)
				}
				python <- release
			}()
			e.eventually("the program blocks on the signal", func() bool { return e.blocked() == 2 })
			e.releaseAsPython(owner)
			for i, granted := range waiters {
				select {
				case g := <-granted:
					e.release(e.must(g.lease, g.err))
				case release := <-python:
					e.Errorf("the program came after %d of them", i)
					release()
					for _, granted := range waiters[i:] {
						g := <-granted
						e.release(e.must(g.lease, g.err))
					}
					return
				}
			}
			if err := (<-python)(); err != nil {
				e.Error(err)
			}
			e.wantIdle()
		}},
		{"a signal that comes when the waiter has left is put back", func(e *env) {
			e.client.Set(e.ctx, "lock:average", "stranger", 0)
			ctx, cancel := context.WithCancel(e.ctx)
			defer cancel()
			granted := e.queue(ctx, e.fair())
			owner := e.passOver(blocked(e))
			cancel()
			e.wantErr((<-granted).err, context.Canceled)
			e.eventually("it is out of the queue", func() bool { return e.client.Exists(e.ctx, queueKey).Val() == 0 })
			e.releaseAsPython(owner)
			e.eventually("the signal is there", func() bool { return e.client.LLen(e.ctx, "lock-signal:average").Val() == 1 })
			e.wantIdle()
		}},
		{"a signal is put back also where the pool has no connection left", func(e *env) {
			e.client.Set(e.ctx, "lock:average", "stranger", 0)
			client := e.server.Client(e.T, func(o *redis.Options) { o.PoolSize, o.ReadTimeout = 2, patience })
			ctx, cancel := context.WithCancel(e.ctx)
			defer cancel()
			granted := e.queue(ctx, e.lockOn(client, "average", lock.WithFairness()))
			owner := e.passOver(blocked(e))
			cancel()
			left := time.Now()
			e.wantErr((<-granted).err, context.Canceled)
			e.eventually("it is out of the queue", func() bool { return e.client.Exists(e.ctx, queueKey).Val() == 0 })
			busy := make(chan error, 1)
			go func() { busy <- client.BLPop(e.ctx, 0, "other").Err() }()
			e.eventually("the other connection is busy", func() bool {
				if e.blocked() == 2 {
					return true
				}
				if time.Since(left) > 10*time.Second { // the scout is called back when nobody has waited for a while
					e.client.LPush(e.ctx, "other", 1)
					e.missed("the scout is back: %v", <-busy)
				}
				return false
			})
			e.releaseAsPython(owner)
			if err := e.client.BLPop(e.ctx, patience, "lock-signal:average").Err(); err != nil {
				e.Errorf("the signal: %v", err)
			}
			e.client.LPush(e.ctx, "other", 1)
			if err := <-busy; err != nil {
				e.Error(err)
			}
		}},
		{"a signal is put back also where the connection it came by breaks", func(e *env) {
			e.client.Set(e.ctx, "lock:average", "stranger", 0)
			e.client.ScriptFlush(e.ctx) // what is lost is that the script has to be sent whole
			client, deafen := e.dialDeafTo(digest(e.try, "grant.lua", "claim.lua"))
			deafen()
			ctx, cancel := context.WithCancel(e.ctx)
			defer cancel()
			granted := e.queue(ctx, e.lockOn(client, "average", lock.WithFairness()))
			owner := e.passOver(blocked(e))
			cancel()
			e.wantErr((<-granted).err, context.Canceled)
			e.eventually("it is out of the queue", func() bool { return e.client.Exists(e.ctx, queueKey).Val() == 0 })
			e.releaseAsPython(owner)
			if err := e.dial().BLPop(e.ctx, patience, "lock-signal:average").Err(); err != nil {
				e.Errorf("the signal: %v", err)
			}
		}},
		{"nobody blocks on the signal any more when the lock is settled", func(e *env) {
			e.client.Set(e.ctx, "lock:average", "stranger", 0)
			ctx, cancel := context.WithCancel(e.ctx)
			defer cancel()
			l := e.fair()
			granted := e.queue(ctx, l)
			e.passOver(blocked(e))
			cancel()
			e.wantErr((<-granted).err, context.Canceled)
			settled := time.Now()
			l.Settle()
			if took := time.Since(settled); took > 10*time.Second {
				e.missed("it took %v", took)
			}
			if n := e.blocked(); n != 0 {
				e.Errorf("%d still block", n)
			}
		}},
		{"a client with one connection keeps it for its commands", func(e *env) {
			e.client.Set(e.ctx, "lock:average", "stranger", 0)
			client := e.server.Client(e.T, func(o *redis.Options) { o.PoolSize, o.PoolTimeout = 1, patience })
			sent, pops := commands(client), e.pops()
			granted := e.queue(e.ctx, e.lockOn(client, "average", lock.WithFairness()))
			owner := e.passOver(func() bool { return strings.Count(sent(), "evalsha") > 8 })
			if n := e.pops() - pops; n != 0 {
				e.Errorf("it has blocked %d times", n)
			}
			e.releaseAsPython(owner)
			g := <-granted
			e.release(e.must(g.lease, g.err))
		}},
		{"where a connection has no right to unblock another, pops are short", func(e *env) {
			e.client.Set(e.ctx, "lock:average", "stranger", 0)
			client := e.dial()
			client.AddHook(&hook{process: func(ctx context.Context, cmd redis.Cmder, next redis.ProcessHook) error {
				if cmd.Name() == "client" && len(cmd.Args()) == 3 && cmd.Args()[1] == "unblock" {
					cmd.SetErr(redis.ErrClosed)
					return redis.ErrClosed
				}
				return next(ctx, cmd)
			}})
			granted := e.queue(e.ctx, e.lockOn(client, "average", lock.WithFairness()))
			owner := e.passOver(blocked(e))
			e.releaseAsPython(owner)
			g := <-granted
			e.release(e.must(g.lease, g.err))
		}},
		{"waiters in line who hand over to each other block on no signal", func(e *env) {
			client := e.dial()
			sent, pops := commands(client), e.pops()
			l := e.lockOn(client, "average", lock.WithFairness(), lock.WithLease(time.Minute))
			held := e.take(l)
			for range 5 {
				granted := e.queue(e.ctx, e.fair())
				next := e.queue(e.ctx, l)
				asked := strings.Count(sent(), "evalsha")
				e.eventually("it has asked twice", func() bool { return strings.Count(sent(), "evalsha") >= asked+2 })
				e.release(held)
				e.release(e.wantGrant(granted, time.Now(), soon))
				held = e.wantGrant(next, time.Now(), soon)
			}
			e.release(held)
			if n := e.pops() - pops; n != 0 {
				e.Errorf("they have blocked %d times", n)
			}
		}},
	} {
		t.Run(sp.sentence, func(t *testing.T) { onRedis(t, sp.test) })
	}
}
