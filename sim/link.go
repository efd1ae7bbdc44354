package sim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
)

// A link is that of a lane to its first server, where that is a real one. When it
// breaks, commands wait as they do while a fault replaces the server; the lane tries
// to connect again, with growing pauses, and then takes in what Redis has forgotten.
type link struct {
	down  bool         // guarded by faults.mu
	gone  atomic.Bool  // it has not come back before the end of the run, and nothing passes any more
	era   atomic.Int64 // how often it has come back
	runID string       // of the Redis that was there last; its own goroutine's, and at the end settle's
	lost  bool         // Disconnected is recorded, and Reconnected is not; the same
}

const (
	// firstPause and longestPause bound the pauses between two tries to connect.
	firstPause   = 50 * time.Millisecond
	longestPause = 2 * time.Second
)

// outagePatience is how long a run without a screen waits for Redis to come back. It
// is a variable for the tests.
var outagePatience = time.Minute

// errOutage is wrapped by the error of a lane whose Redis stayed away.
var errOutage = errors.New("the connection to Redis did not come back")

// offline tells whether an error says that the link is down, and then has the lane
// wait for it to come back. era is that of the link when the command was sent: an
// error may come late.
func (l *Lane) offline(err error, era int64) bool {
	if l.server.FollowsClock() || !isOutage(err) {
		return false
	}
	l.faults.mu.Lock()
	defer l.faults.mu.Unlock()
	ctx := l.faults.ctx
	switch {
	case ctx == nil:
		return false // nobody waits any more
	case ctx.Err() != nil, l.link.down, era < l.link.era.Load():
		return true
	}
	l.link.down = true
	l.faults.doing.Go(func() {
		if err := guard(func() error { return l.reconnect(ctx, err) }); err != nil {
			l.failed(err)
			l.stop()
		}
	})
	return true
}

// isOutage tells whether an error is that of a connection, or of a Redis that cannot
// be used for now.
func isOutage(err error) bool {
	if errors.Is(err, lock.ErrNoQuorum) {
		return false // of several servers, which are to fail
	}
	var answer redis.Error
	if errors.As(err, &answer) {
		switch code, _, _ := strings.Cut(answer.Error(), " "); code {
		case "LOADING", "BUSY", "NOAUTH", "WRONGPASS", "MASTERDOWN", "READONLY":
			return true
		}
		// Of those who have not given a password, Redis refuses long commands in words of its own.
		return strings.Contains(answer.Error(), "unauthenticated") || strings.Contains(answer.Error(), "max number of clients") || errors.Is(err, redis.ErrPoolTimeout)
	}
	var (
		network net.Error
		errno   syscall.Errno
	)
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, os.ErrDeadlineExceeded) ||
		errors.As(err, &network) || errors.As(err, &errno) || errors.Is(err, redis.ErrPoolTimeout)
}

// reconnect waits until Redis is back, and records what it has forgotten.
func (l *Lane) reconnect(ctx context.Context, cause error) error {
	up := func() {
		l.faults.mu.Lock()
		defer l.faults.mu.Unlock()
		l.link.down = false
	}
	select {
	case l.faults.turn <- struct{}{}:
		defer func() { <-l.faults.turn }()
	case <-ctx.Done():
		return nil
	}
	l.faults.service.halt()
	defer l.faults.service.resume()
	defer up()
	l.recorder.Record(Event{Kind: Disconnected, Text: l.server.Redact(cause)})
	l.link.lost = true
	runID, err := l.awaitRedis(ctx, cause)
	if err == nil && ctx.Err() == nil {
		l.faults.service.drain() // who was frozen with Redis has its reply, or an error
		err = l.goOn(ctx, runID)
	}
	switch {
	case ctx.Err() != nil: // settle sees to it, and no command may come before
		l.link.gone.Store(true)
		return nil
	case err != nil:
		l.link.gone.Store(true)
		return err
	}
	l.link.era.Add(1)
	return nil
}

// goOn records that Redis is back, and what it has forgotten. A command of the lane's own
// may still fail, over a connection that is gone, or because go-redis remembers for a
// second that it could not connect.
func (l *Lane) goOn(ctx context.Context, runID string) error {
	for try := 0; ; try++ {
		err := l.takeStock(ctx, runID)
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if try == 10 {
			return fmt.Errorf("lane %s: Redis is back, but does not serve: %w", l.Name(), err)
		}
		sleep(ctx, firstPause<<min(try, 5))
	}
	l.link.lost = false
	l.recorder.Record(Event{Kind: Reconnected})
	return nil
}

// findAgain is for the end of a run that ended while Redis was away: it may have come
// back since, and have forgotten something.
func (l *Lane) findAgain(ctx context.Context) error {
	if !l.link.lost {
		return nil
	}
	runID, err := l.server.RunID(ctx)
	if err != nil {
		return err
	}
	return l.goOn(ctx, runID)
}

// awaitRedis returns when Redis answers again, or ctx has ended. A spawned server that
// has died is started anew.
func (l *Lane) awaitRedis(ctx context.Context, cause error) (runID string, err error) {
	since, pause := time.Now(), firstPause
	for {
		err := l.server.Revive(ctx)
		if err == nil {
			if runID, err = l.server.RunID(ctx); err == nil {
				return runID, nil
			}
		}
		if ctx.Err() != nil {
			return "", nil
		}
		if away := time.Since(since); l.giveUp && away >= outagePatience {
			return "", fmt.Errorf("lane %s: %w within %v after %s: %s",
				l.Name(), errOutage, outagePatience, l.server.Redact(cause), l.server.Redact(err))
		}
		sleep(ctx, pause/2+rand.N(pause)) // so that not all come at once
		pause = min(2*pause, longestPause)
	}
}

// takeStock makes ready a Redis that is back, and records what it holds if it is not
// the one that was there before.
func (l *Lane) takeStock(ctx context.Context, runID string) error {
	admin := l.server.Admin()
	if err := admin.Ping(ctx).Err(); err != nil {
		return err
	}
	if runID != "" && runID == l.link.runID {
		return nil // only the connections were gone
	}
	if err := lock.Load(ctx, admin); err != nil {
		return err
	}
	if err := addScript.Load(ctx, admin).Err(); err != nil {
		return err
	}
	value, err := admin.Get(ctx, l.averageKey()).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return err
	}
	l.link.runID = runID
	l.recorder.Record(Event{Kind: Rewound, Value: value})
	return nil
}

// sleep waits for a real time, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
