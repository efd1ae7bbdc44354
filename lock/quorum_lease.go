package lock

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// A QuorumLease is one acquisition of a Quorum. It may be used by several
// goroutines.
type QuorumLease struct {
	quorum  *Quorum
	id      string
	ballots []ballot // one for each node

	releasing chan struct{} // has room for one: else one release would take what another does for a loss

	end // by our clock, drift taken off
}

// A ballot is one node's answer to the acquisition. What follows must not overtake
// the request on a slow node, least of all a release that is meant to undo it,
// so it waits for this.
type ballot struct {
	cast    chan struct{} // closed when the request has come to an end
	refused bool          // the node has answered, and it was no grant; read once cast
}

// granted waits for the ballot and reports whether the node has the lease, or may
// have it. It gives up when ctx ends.
func (b *ballot) granted(ctx context.Context) (bool, error) {
	select {
	case <-b.cast:
		return !b.refused, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// ID returns the owner id of this acquisition, the same on every node.
func (s *QuorumLease) ID() string { return s.id }

// Validity returns how much of the lease is left to rely on, by our clock:
// counted from before the nodes were asked, with a hundredth of the lease and
// 2 ms taken off for clock drift. It is 0 when the lease is over. It asks nobody.
func (s *QuorumLease) Validity() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return 0
	}
	return max(time.Until(s.expires), 0)
}

// Err returns nil while the lease is held, as far as this machine can tell:
// ErrReleased after Release, ErrExpired when its validity has run out, or
// ErrNotHeld when the nodes said so. All of them are ErrNotHeld to [errors.Is].
// It asks nobody.
func (s *QuorumLease) Err() error { return s.why() }

// Lost returns a channel that is closed when the lease is over: its validity has
// run out, too few nodes know it any more, or it was released.
// [QuorumLease.Err] tells which. From the first call on the nodes are asked three
// times in a lease, on a goroutine of its own; silent ones do not end it.
func (s *QuorumLease) Lost() <-chan struct{} {
	s.watch()
	return s.ended()
}

// Context returns a copy of ctx that is cancelled when the lease is over, with
// [QuorumLease.Err] as its cause. Like [QuorumLease.Lost] it has the lease
// watched.
func (s *QuorumLease) Context(ctx context.Context) context.Context {
	ctx = s.end.context(ctx)
	s.watch()
	return ctx
}

// Release gives the lock back on every node and returns when a majority has
// confirmed it; the others are released in the background, as far as they can be
// reached, and expire otherwise.
//
// It returns ErrNotHeld if no majority knew the lease any more, and ErrNoQuorum
// if too few nodes answered within a second to tell, or as soon as that is
// certain. When ctx ends meanwhile it returns ctx.Err(), and goes on in the
// background; if ctx has ended before, it releases all the same and takes a second at
// most. Of calls at once each waits for the one before.
func (s *QuorumLease) Release(ctx context.Context) error {
	const op = "release"
	q := s.quorum
	if s.isOver(ErrReleased) {
		return q.failed(op, s.Err())
	}
	if ended(ctx) != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), cleanUp)
		defer cancel()
	}
	select {
	case s.releasing <- struct{}{}:
		defer func() { <-s.releasing }()
	case <-ctx.Done():
		return q.failed(op, ctx.Err())
	}
	if s.isOver(ErrReleased) { // by the one that was under way
		return q.failed(op, s.Err())
	}
	s.leave(1)
	votes, err := q.poll(ctx, cleanUp, func(node int) (bool, error) { return s.free(ctx, node) })
	switch {
	case err != nil:
		return failure(ctx, op, q.key, err)
	case votes.yes >= q.need:
		if s.come(ErrReleased) {
			q.observe(Event{Kind: EventRelease, Owner: s.id, Held: s.held()})
		}
		return nil
	case votes.refused():
		return s.notHeld(op)
	}
	return q.failed(op, votes.noQuorum())
}

// Extend makes the lease end in d from now, be that later or sooner than it
// would have; 0 stands for the duration given to [WithQuorumLease]. d is rounded
// up to a millisecond. It has to succeed on a majority of the nodes and before the
// validity runs out.
//
// It returns ErrNotHeld if the lease is over or too few nodes know it any more,
// ErrNoQuorum if too few answered to tell, and ErrInvalid if d is negative or
// no longer than the clock drift it has to allow for. After ErrNoQuorum the lease
// is held for as long as it would have been, or for d if that is sooner.
func (s *QuorumLease) Extend(ctx context.Context, d time.Duration) error {
	const op = "extend"
	q := s.quorum
	if d == 0 {
		d = q.lease
	}
	if err := checkLease(d); err != nil {
		return q.failed(op, err)
	}
	if d <= drift(d) {
		return q.failed(op, fmt.Errorf("%w: nothing of %v is left after clock drift", ErrInvalid, d))
	}
	if err := s.Err(); err != nil {
		return q.failed(op, err)
	}
	if err := ended(ctx); err != nil {
		return q.failed(op, err)
	}
	until := time.Now().Add(d - drift(d))
	votes, err := q.poll(ctx, q.timeout, func(node int) (bool, error) { return s.prolong(ctx, node, d) })
	if err == nil && votes.refused() {
		return s.notHeld(op)
	}
	extended := err == nil && votes.yes >= q.need
	if err := s.extended(until, extended); err != nil {
		// It ran out while the nodes were asked, and may have been reported as
		// lost. Some of them keep it for d now.
		s.abandon(ctx)
		return q.failed(op, err)
	}
	switch {
	case err != nil:
		return failure(ctx, op, q.key, err)
	case !extended:
		return q.failed(op, votes.noQuorum())
	}
	q.observe(Event{Kind: EventExtend, Owner: s.id, Held: s.held(), Left: time.Until(until)})
	return nil
}

// extended takes in that the nodes, or some of them, now end the lease at the
// given time. It returns why it is over, if it is. Unless it was a majority, the
// time counts only if it is earlier: nodes whose answer was lost may have done
// as they were asked.
func (s *QuorumLease) extended(until time.Time, majority bool) error {
	s.mu.Lock()
	now := time.Now()
	if s.err == nil && now.Before(s.expires) && (majority || until.Before(s.expires)) {
		s.move(until)
	}
	over := s.err
	if over == nil && !now.Before(s.expires) {
		over = ErrExpired
	}
	s.mu.Unlock()
	if over == ErrExpired {
		s.expire()
	}
	return over
}

// request asks a node for the lock. It is for the acquisition only.
func (s *QuorumLease) request(ctx context.Context, node int) (granted bool, err error) {
	q, b := s.quorum, &s.ballots[node]
	defer close(b.cast)
	ctx, cancel := context.WithTimeout(ctx, q.timeout)
	defer cancel()
	cmd := redis.NewStatusCmd(ctx, "set", q.key, s.id, "nx", "px", millis(q.lease))
	switch err = q.clients[node].Process(ctx, once{cmd}); {
	case err == nil:
		return true, nil
	case errors.Is(err, redis.Nil):
		b.refused = true
		return false, nil
	case isReply(err):
		b.refused = true
	}
	return false, err
}

// free releases the lock on one node, unless that has never granted it.
func (s *QuorumLease) free(ctx context.Context, node int) (released bool, err error) {
	q := s.quorum
	if granted, err := s.ballots[node].granted(context.WithoutCancel(ctx)); !granted {
		return false, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUp)
	defer cancel()
	keys := []string{q.key, q.signal}
	reply, err := releaseScript.Run(ctx, q.clients[node], keys, s.id, millis(signalTTL)).Int()
	return reply == replyDone, err
}

// prolong extends the lease on one node.
func (s *QuorumLease) prolong(ctx context.Context, node int, d time.Duration) (done bool, err error) {
	q := s.quorum
	ctx, cancel := context.WithTimeout(ctx, q.timeout)
	defer cancel()
	if granted, err := s.ballots[node].granted(ctx); !granted {
		return false, err
	}
	reply, err := extendScript.Run(ctx, q.clients[node], []string{q.key}, s.id, millis(d)).Int()
	return reply == replyDone, err
}

// look asks a node whether it still has the lease.
func (s *QuorumLease) look(node int) (held bool, err error) {
	q := s.quorum
	ctx, cancel := context.WithTimeout(context.Background(), q.timeout)
	defer cancel()
	if granted, err := s.ballots[node].granted(ctx); !granted {
		return false, err
	}
	ms, err := ttlScript.Run(ctx, q.clients[node], []string{q.key}, s.id).Int64()
	return ms != ttlNotHeld, err
}

// abandon releases the lock everywhere, in the background, whatever the nodes
// said or failed to say.
func (s *QuorumLease) abandon(ctx context.Context) {
	for i := range s.ballots {
		s.quorum.background.run(func() { s.free(ctx, i) })
	}
}

// isOver reports whether the lease is over for this reason, or because the nodes
// have said so. One that has run out may still be kept by them.
func (s *QuorumLease) isOver(why error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err == why || s.err == ErrNotHeld
}

// notHeld takes in that no majority knows of the lease.
func (s *QuorumLease) notHeld(op string) error {
	why := s.Err() // it may have run out
	if why == nil {
		why = ErrNotHeld
	}
	s.lose(why)
	return s.quorum.failed(op, why)
}

func (s *QuorumLease) lose(why error) {
	if s.come(why) {
		s.quorum.observe(Event{Kind: EventLoss, Owner: s.id, Err: why, Held: s.held()})
	}
}

// watch has the lease watched, once: by a timer for its end, and by a goroutine
// that asks the nodes.
func (s *QuorumLease) watch() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.expiry != nil || s.err != nil {
		return
	}
	s.expiry = time.AfterFunc(time.Until(s.expires), s.expire)
	settling := s.quorum.settling.next() // before this returns, or a Settle could be missed
	s.quorum.background.run(func() { s.lookOut(settling) })
}

// expire ends the lease if it has run out.
func (s *QuorumLease) expire() {
	s.mu.Lock()
	extended := time.Now().Before(s.expires)
	s.mu.Unlock()
	if !extended {
		s.lose(ErrExpired)
	}
}

// lookOut asks the nodes now and then whether they still have the lease, until
// it is over or the clients are closed, for which it also looks when settling is closed.
func (s *QuorumLease) lookOut(settling <-chan struct{}) {
	q := s.quorum
	ctx := s.end.context(context.Background())
	every := time.NewTicker(max(q.lease/3, leastLook))
	defer every.Stop()
	over := s.ended()
	for {
		select {
		case <-over:
			return
		case <-settling:
			settling = q.settling.next()
		case <-every.C:
		}
		votes, err := q.poll(ctx, q.timeout, s.look)
		if votes.closed() {
			return // the timer of the end remains
		}
		s.mu.Lock()
		lost := err == nil && votes.refused() && s.leaving == 0
		s.mu.Unlock()
		if lost {
			s.lose(ErrNotHeld)
		}
	}
}
