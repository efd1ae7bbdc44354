package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	handOvers       = 100                    // of each entrant in a round and of each kind, at most
	handOversWithin = 600 * time.Millisecond // or as many as there is time for
	handOversLimit  = 10 * time.Second       // after which one is taken for stuck
	leastHold       = 2 * time.Millisecond   // by then the other one stands in line
)

// HandOver is how long it takes from one owner to the next, of whom there are two: from the call of Release until the
// Acquire of the other, who waits already, has returned.
type HandOver struct {
	Time      time.Duration `json:"time_ns"`       // the median
	RoundTrip time.Duration `json:"round_trip_ns"` // the median of round trips of a script, one before each hand-over, under the same conditions
	Ratio     float64       `json:"round_trips"`   // of the two
}

// handOverTimes are those of one entrant and one kind of holder.
type handOverTimes struct {
	over, roundTrip []time.Duration
	problem         string
}

// summary is nil if there was no hand-over.
func (h handOverTimes) summary() *HandOver {
	if len(h.over) == 0 {
		return nil
	}
	over, roundTrip := median(h.over), median(h.roundTrip)
	return &HandOver{Time: over, RoundTrip: roundTrip, Ratio: float64(over) / float64(roundTrip)}
}

// A holder keeps what it holds for twice a given time, and returns what a round trip took meanwhile.
type holder func(ctx context.Context, client *redis.Client, hold time.Duration) (took time.Duration, err error)

// sleeper does nothing with Redis but one round trip, between two quiet times. So both it and what comes after meet
// processors, threads and sockets that have gone to sleep.
func sleeper(ctx context.Context, client *redis.Client, hold time.Duration) (time.Duration, error) {
	time.Sleep(hold)
	took, err := roundTrip(ctx, client)
	time.Sleep(hold)
	return took, err
}

// worker writes to Redis all the time, as somebody does who holds a lock on what is there.
func worker(ctx context.Context, client *redis.Client, hold time.Duration) (time.Duration, error) {
	for end := time.Now().Add(2 * hold); time.Now().Before(end); {
		if err := client.Set(ctx, name+" value", "0", 0).Err(); err != nil {
			return 0, err
		}
	}
	return roundTrip(ctx, client)
}

// passScript is the least script that hands something over: it changes the owner if it is the one expected.
var passScript = redis.NewScript(`
local owner = redis.call("get", KEYS[1])
if owner and owner ~= ARGV[1] then
	return 0
end
redis.call("set", KEYS[1], ARGV[1])
return 1`)

// roundTrip is that of passScript: what a lock's release takes at least, whoever is next.
func roundTrip(ctx context.Context, client *redis.Client) (time.Duration, error) {
	asked := time.Now()
	err := passScript.Run(ctx, client, []string{name + " passed"}, "floor").Err()
	return time.Since(asked), err
}

// A baton is handed over again and again.
type baton struct {
	stand func()                                           // somebody begins to wait for it
	pass  func(ctx context.Context) (time.Duration, error) // to whom waits, and how long it took
	close func() error
}

// handOver measures up to so many hand-overs. The time of holding is random, so that those who poll meet the release at
// any point of their pause. An error ends it, but the hand-overs before count.
func handOver(ctx context.Context, s *server, open func(context.Context, *server) (*baton, error), hold holder, times *handOverTimes) error {
	ctx, cancel := context.WithTimeout(ctx, handOversLimit)
	defer cancel()
	b, err := open(ctx, s)
	if err != nil {
		return err
	}
	client := s.client(1)
	defer client.Close()
	_, err = roundTrip(ctx, client) // the script is loaded
	runtime.GC()
	end := time.Now().Add(handOversWithin)
	for n := 0; err == nil && n < handOvers && time.Now().Before(end); n++ {
		b.stand()
		var trip, over time.Duration
		if trip, err = hold(ctx, client, leastHold+rand.N(2*pause)); err != nil {
			break
		}
		if over, err = b.pass(ctx); err == nil {
			times.over = append(times.over, over)
			times.roundTrip = append(times.roundTrip, trip)
		}
	}
	return errors.Join(err, b.close())
}

// lockBaton is the lock of an entrant with two contenders, the first of whom has it.
func lockBaton(e entrant) func(context.Context, *server) (*baton, error) {
	return func(ctx context.Context, s *server) (*baton, error) {
		t, err := e.open(ctx, s, 2)
		if err != nil {
			return nil, err
		}
		release, err := t.lockers[0](ctx)
		if err != nil {
			t.close()
			return nil, err
		}
		type acquired struct {
			release func() error
			at      time.Time
			err     error
		}
		results := make(chan acquired, 1)
		next := 0
		return &baton{
			stand: func() {
				next = 1 - next
				acquire := t.lockers[next]
				go func() {
					release, err := acquire(ctx)
					results <- acquired{release, time.Now(), err}
				}()
			},
			pass: func(ctx context.Context) (time.Duration, error) {
				select {
				case early := <-results:
					return 0, errors.Join(early.err, errors.New("two hold the lock"))
				default:
				}
				asked := time.Now()
				if err := release(); err != nil {
					return 0, err
				}
				select {
				case got := <-results:
					release = got.release
					return got.at.Sub(asked), got.err
				case <-ctx.Done():
					return 0, ctx.Err()
				}
			},
			close: func() error {
				defer t.close()
				if release == nil || ctx.Err() != nil {
					return nil
				}
				return release()
			},
		}, nil
	}
}

// barePing is a baton that nobody takes: a PING and its answer.
func barePing(ctx context.Context, s *server) (*baton, error) {
	client := s.client(1)
	return &baton{
		stand: func() {},
		pass: func(ctx context.Context) (time.Duration, error) {
			asked := time.Now()
			err := client.Ping(ctx).Err()
			return time.Since(asked), err
		},
		close: client.Close,
	}, client.Ping(ctx).Err()
}

// bareScript is what a hand-over within one process takes at least, if a release may end with its context: a goroutine is
// woken that sends the least script and, when it has the reply, wakes the one who waits. There is no queue.
func bareScript(ctx context.Context, s *server) (*baton, error) {
	client := s.client(1)
	type reply struct {
		at  time.Time
		err error
	}
	send, passed, got := make(chan struct{}), make(chan error), make(chan reply, 1)
	go func() {
		for range send {
			_, err := roundTrip(ctx, client)
			passed <- err
		}
		close(passed)
	}()
	return &baton{
		stand: func() {
			go func() {
				err := <-passed
				got <- reply{time.Now(), err}
			}()
		},
		pass: func(ctx context.Context) (time.Duration, error) {
			asked := time.Now()
			send <- struct{}{}
			select {
			case r := <-got:
				return r.at.Sub(asked), r.err
			case <-ctx.Done():
				return 0, ctx.Err()
			}
		},
		close: func() error {
			close(send)
			return client.Close()
		},
	}, client.Ping(ctx).Err()
}

// barePublish is a baton that is no more than a message: from PUBLISH until the subscriber has it.
func barePublish(ctx context.Context, s *server) (*baton, error) {
	client := s.client(1)
	sub := client.Subscribe(ctx, name)
	if _, err := sub.Receive(ctx); err != nil {
		client.Close()
		return nil, err
	}
	got := make(chan time.Time, 1)
	go func() {
		for {
			if _, err := sub.ReceiveMessage(ctx); err != nil {
				return
			}
			got <- time.Now()
		}
	}()
	return &baton{
		stand: func() {},
		pass: func(ctx context.Context) (time.Duration, error) {
			asked := time.Now()
			if err := client.Publish(ctx, name, "").Err(); err != nil {
				return 0, err
			}
			select {
			case at := <-got:
				return at.Sub(asked), nil
			case <-ctx.Done():
				return 0, ctx.Err()
			}
		},
		close: func() error { return errors.Join(sub.Close(), client.Close()) },
	}, nil
}
