package lock

import (
	"context"
	"strconv"
	"time"
)

// A State is what Redis knew about a lock at one moment.
type State struct {
	Owner string        // id of the holder, with its label; empty: the lock is free
	Label string        // who that is, as WithLabel says; empty: unknown
	TTL   time.Duration // what is left of the lease; 0: it is free, or has none
	Token uint64        // the newest fencing token; 0: there was none, or not for a week
	Queue []Waiter      // those who wait for a fair lock, the first in line first
}

// A Waiter waits for a fair lock. Waiters in other modes leave no trace in Redis.
type Waiter struct {
	ID      string        // the owner id it will have, with its label
	Label   string        // who that is, as WithLabel says; empty: unknown
	Waiting time.Duration // since it joined the queue, by the clock of Redis
}

// Inspect returns the state of the lock. It is one round trip that changes
// nothing, for people and monitors: the answer may be outdated when it arrives.
// When ctx ends it returns ctx.Err() at once.
func (l *Lock) Inspect(ctx context.Context) (State, error) {
	reply, err := read(ctx, &l.wire, func() ([]any, error) {
		return inspectScript.Run(ctx, l.client, []string{l.key, l.line.keys[2], l.line.keys[4]}).Slice()
	})
	if err != nil {
		return State{}, failure(ctx, "inspect", l.key, err)
	}
	state := State{Owner: reply[0].(string)}
	state.Label = labelOf(state.Owner)
	if ttl := reply[1].(int64); ttl >= 0 {
		// Less than a millisecond is something too, and 0 is taken.
		state.TTL = max(fromMillis(ttl), time.Microsecond)
	}
	state.Token, _ = strconv.ParseUint(reply[2].(string), 10, 64)
	now, _ := strconv.ParseInt(reply[3].(string), 10, 64)
	queue := reply[4].([]any)
	for i := 0; i+1 < len(queue); i += 2 {
		came, _ := strconv.ParseFloat(queue[i+1].(string), 64)
		waiting := time.Duration(now-int64(came)) * time.Microsecond
		id := entryID(queue[i].(string))
		state.Queue = append(state.Queue, Waiter{ID: id, Label: labelOf(id), Waiting: max(waiting, 0)})
	}
	return state, nil
}
