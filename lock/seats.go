package lock

import (
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// A seat is the right to block a connection of a client with a pop. There are half as
// many as the client has connections, so that releases and renewals always find one.
// Who finds none free waits for one, first come, first served, and asks for the lock in
// the meantime as often as one whose pops end without a signal.
var seats = struct {
	sync.Mutex
	of map[redis.UniversalClient]*row
}{of: map[redis.UniversalClient]*row{}}

// A row is the seats of one client.
type row struct {
	taken int
	line  []chan struct{} // those who wait; closed when it is their turn
}

// seatsOf returns how many seats a client has.
func seatsOf(client redis.UniversalClient) int {
	if half := spare(client); half > 0 {
		return half
	}
	if readTimeout(client) == 0 {
		return math.MaxInt // it does not tell its options
	}
	return 1
}

// sit takes a seat, for which it waits for d at most. The seat is taken whatever the error.
func (l *Lock) sit(ctx context.Context, d time.Duration) (seated, waited bool, err error) {
	turn := l.queueForSeat()
	if turn == nil {
		return true, false, nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-turn:
		return true, true, nil
	case <-timer.C:
	case <-ctx.Done():
		err = ctx.Err()
	}
	return !l.leaveLine(turn), true, err
}

// queueForSeat takes a free seat and returns nil, or the end of the line for one.
func (l *Lock) queueForSeat() (turn chan struct{}) {
	seats.Lock()
	defer seats.Unlock()
	r := seats.of[l.client]
	if r == nil {
		r = new(row)
		seats.of[l.client] = r
	}
	if r.taken < l.seats {
		r.taken++
		return nil
	}
	turn = make(chan struct{})
	r.line = append(r.line, turn)
	return turn
}

// leaveLine reports whether the caller was still in line: otherwise it has a seat.
func (l *Lock) leaveLine(turn chan struct{}) bool {
	seats.Lock()
	defer seats.Unlock()
	r := seats.of[l.client]
	i := slices.Index(r.line, turn)
	if i < 0 {
		return false
	}
	r.line = slices.Delete(r.line, i, i+1)
	return true
}

// rise gives the seat to the next in line.
func (l *Lock) rise() {
	seats.Lock()
	defer seats.Unlock()
	r := seats.of[l.client]
	if len(r.line) > 0 {
		close(r.line[0])
		r.line = slices.Delete(r.line, 0, 1)
		return
	}
	if r.taken--; r.taken == 0 {
		delete(seats.of, l.client)
	}
}
