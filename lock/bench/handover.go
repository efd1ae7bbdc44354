package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"time"
)

const (
	handOvers       = 100                  // of each entrant in a round, at most
	handOversWithin = time.Second          // or as many as there is time for
	handOversLimit  = 10 * time.Second     // after which one is taken for stuck
	leastHold       = 2 * time.Millisecond // by then the other one stands in line
	roundTrips      = 2000                 // PINGs without a pause
)

// HandOver is how long it takes from one owner to the next, of whom there are two: from the call of Release until the
// Acquire of the other, who waits already, has returned.
type HandOver struct {
	Time      time.Duration `json:"time_ns"`       // the median
	RoundTrip time.Duration `json:"round_trip_ns"` // the median of PINGs, one before each hand-over, after as long a pause
	Ratio     float64       `json:"round_trips"`   // of the two
}

// handOverTimes are those of one entrant.
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

// handOver has two contenders take turns. A holder holds the lock for a random time, so that those who poll meet the
// release at any point of their pause; then it sends a PING; then it waits as long again, so that the release, too,
// comes after a quiet moment, when processors, threads and sockets have gone to sleep; then it releases. An error ends
// it, but the hand-overs before count.
func handOver(ctx context.Context, s *server, e entrant, times *handOverTimes) error {
	ctx, cancel := context.WithTimeout(ctx, handOversLimit)
	defer cancel()
	t, err := e.open(ctx, s, 2)
	if err != nil {
		return err
	}
	defer t.close()
	client := s.client(1)
	defer client.Close()
	if err := client.Ping(ctx).Err(); err != nil {
		return err
	}
	runtime.GC()

	type acquired struct {
		release func() error
		at      time.Time
		err     error
	}
	results := make(chan acquired, 1)
	release, err := t.lockers[0](ctx)
	if err != nil {
		return err
	}
	end := time.Now().Add(handOversWithin)
	for n := 0; n < handOvers && time.Now().Before(end); n++ {
		go func() {
			release, err := t.lockers[(n+1)%2](ctx)
			results <- acquired{release, time.Now(), err}
		}()
		hold := leastHold + rand.N(2*pause)
		time.Sleep(hold)
		asked := time.Now()
		if err := client.Ping(ctx).Err(); err != nil {
			return err
		}
		roundTrip := time.Since(asked)
		time.Sleep(hold)
		select {
		case early := <-results:
			if early.err != nil {
				return early.err
			}
			return errors.New("two hold the lock")
		default:
		}
		asked = time.Now()
		if err := release(); err != nil {
			return err
		}
		var next acquired
		select {
		case next = <-results:
		case <-ctx.Done():
			next.err = ctx.Err()
		}
		if next.err != nil {
			return next.err
		}
		release = next.release
		times.over = append(times.over, next.at.Sub(asked))
		times.roundTrip = append(times.roundTrip, roundTrip)
	}
	return release()
}

// busyRoundTrip is the median of PINGs one after the other.
func busyRoundTrip(ctx context.Context, s *server) (time.Duration, error) {
	client := s.client(1)
	defer client.Close()
	times := make([]time.Duration, roundTrips)
	for i := range times {
		asked := time.Now()
		if err := client.Ping(ctx).Err(); err != nil {
			return 0, err
		}
		times[i] = time.Since(asked)
	}
	return median(times), nil
}
