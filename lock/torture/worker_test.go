package torture

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"locktop/lock"
)

// workerEnv, set to a workerConfig, makes the test binary a worker.
const workerEnv = "LOCKTOP_TORTURE_WORKER"

type workerConfig struct {
	Number int
	Locks  string // address of the locks' Redis
	Judge  string // URL of the judge's
	Names  []string
	Lease  time.Duration
}

// A worker is a process with a contender of every mode for every lock. Whatever
// it finds out it tells the judge, for it may be killed at any time.
type worker struct {
	workerConfig
	judge       judge
	client      *redis.Client
	era, faults atomic.Int64 // as last heard
	stop        atomic.Bool
	busy        []atomic.Int64 // since when each contender has been at it, in Unix nanoseconds; 0: it is through
}

// runWorker is the main function of a worker.
func runWorker(config string) error {
	w := &worker{}
	if err := json.Unmarshal([]byte(config), &w.workerConfig); err != nil {
		return err
	}
	go func() { // the parent holds the other end, and takes it with it
		io.Copy(io.Discard, os.Stdin)
		os.Exit(1)
	}()
	contenders := len(w.Names) * len(modes)
	w.client = redis.NewClient(&redis.Options{Addr: w.Locks, PoolSize: 4 * contenders, ReadTimeout: 10 * time.Second})
	var err error
	if w.judge, err = newJudge(w.Judge); err != nil {
		return err
	}
	if err := w.listen(context.Background()); err != nil {
		return err
	}
	w.busy = make([]atomic.Int64, contenders)
	done := make(chan struct{})
	go w.watch(done)
	errs := make(chan error, contenders)
	var settle []func()
	for i := range contenders {
		m, name := modes[i%len(modes)], w.Names[i/len(modes)]
		c, err := m.contender(w.client, w.judge, name, w.Lease)
		if err != nil {
			return err
		}
		settle = append(settle, c.settle)
		go func() { errs <- w.contend(c, &w.busy[i]) }()
	}
	for range contenders {
		err = errors.Join(err, <-errs)
	}
	var settling sync.WaitGroup
	for _, f := range settle {
		settling.Go(f)
	}
	settling.Wait()
	close(done)
	return err
}

// listen hears of the era and the faults.
func (w *worker) listen(ctx context.Context) error {
	era, err := w.judge.number(ctx, eraKey)
	if err != nil {
		return err
	}
	faults, err := w.judge.number(ctx, faultsKey)
	w.era.Store(era)
	w.faults.Store(faults)
	return err
}

// watch ends a worker one of whose contenders hangs in something that its context
// does not end.
func (w *worker) watch(done <-chan struct{}) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
		}
		for i := range w.busy {
			since := w.busy[i].Load()
			if since != 0 && time.Since(time.Unix(0, since)) > hang {
				stacks := make([]byte, 1<<20)
				fmt.Fprintf(os.Stderr, "%s hangs\n%s\n", modes[i%len(modes)].name, stacks[:runtime.Stack(stacks, true)])
				os.Exit(1)
			}
		}
	}
}

// contend acquires and releases until the judge says stop. Its error is the
// judge's only.
func (w *worker) contend(c *contender, busy *atomic.Int64) error {
	defer busy.Store(0)
	for !w.stop.Load() {
		busy.Store(time.Now().UnixNano())
		if err := w.round(c); err != nil {
			return err
		}
	}
	return nil
}

func (w *worker) round(c *contender) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	judging := context.Background()
	began, era := time.Now(), w.era.Load()
	h, err := w.acquire(ctx, c)
	if err != nil {
		return w.judge.accuse(judging, fmt.Sprintf("%s of worker %d waited for %s for %v: %v",
			c.mode, w.Number, c.name, time.Since(began), err))
	}
	v, err := w.judge.enter(judging, c.name, entry{
		id: h.id, until: h.until, era: era, token: h.token(), worker: w.Number, mode: c.mode, waited: time.Since(began),
	})
	if err != nil {
		return err
	}
	w.era.Store(v.era)
	w.faults.Store(v.faults)
	if v.stop {
		w.stop.Store(true)
	}
	if v.in {
		wrote, err := w.inside(judging, c, h, v)
		if err := errors.Join(err, w.judge.leave(judging, c.name, h.id, wrote)); err != nil {
			return err
		}
	}
	return w.release(ctx, c, h, v)
}

// acquire tries until it succeeds. Only what cut connections and a server that
// restarts can do may fail.
func (w *worker) acquire(ctx context.Context, c *contender) (hold, error) {
	for {
		began, faults := time.Now(), w.faults.Load()
		h, err := c.acquire(ctx)
		if err == nil {
			return h, nil
		}
		if ctx.Err() != nil {
			return hold{}, err
		}
		judging := context.WithoutCancel(ctx)
		excused, whyNot := w.excused(judging, err, time.Since(began), faults)
		if whyNot != nil {
			return hold{}, whyNot
		}
		if !excused {
			if err := w.judge.accuse(judging, fmt.Sprintf("%s of worker %d failed to acquire %s: %v", c.mode, w.Number, c.name, err)); err != nil {
				return hold{}, err
			}
		}
		if err := w.judge.count(judging, "errors"); err != nil {
			return hold{}, err
		}
		time.Sleep(time.Millisecond + rand.N(10*time.Millisecond))
	}
}

// excused reports whether an acquisition may fail with err after so long.
func (w *worker) excused(ctx context.Context, err error, took time.Duration, faults int64) (bool, error) {
	var reply redis.Error
	switch {
	case errors.Is(err, errUnleased), errors.Is(err, lock.ErrHeld), errors.Is(err, lock.ErrAlreadyAcquired),
		errors.Is(err, lock.ErrInvalid), strings.Contains(err.Error(), "unexpected reply"):
		return false, nil
	case errors.Is(err, lock.ErrNotHeld), errors.Is(err, lock.ErrStale):
		// Redis said so to somebody who had just been granted the lock.
		if took >= w.Lease {
			return true, nil
		}
		undisturbed, err := w.undisturbed(ctx, faults)
		return !undisturbed, err
	case errors.As(err, &reply):
		return errors.Is(err, lock.ErrNotReady) || strings.HasPrefix(reply.Error(), "LOADING"), nil
	}
	return true, nil
}

// undisturbed reports whether nothing was done to the locks' Redis and its
// connections since there were so many faults.
func (w *worker) undisturbed(ctx context.Context, faults int64) (bool, error) {
	now, err := w.judge.number(ctx, faultsKey)
	return now == faults && faults%2 == 0, err
}

// inside is what a holder does. It reports whether a fenced one has written.
func (w *worker) inside(ctx context.Context, c *contender, h hold, v verdict) (wrote bool, err error) {
	if v.stall {
		time.Sleep(time.Until(h.until) + rand.N(w.Lease))
	}
	if c.guard == nil {
		return false, nil
	}
	var highest uint64 // while its lease lasts nobody else has entered
	if !time.Now().Before(h.until) {
		if highest, err = w.judge.highest(ctx, c.name); err != nil {
			return false, err
		}
	}
	token := h.token()
	old, err := c.guard.Swap(ctx, h.lease, strconv.FormatUint(token, 10), 0)
	written, _ := strconv.ParseUint(old, 10, 64)
	says := func(format string, args ...any) error {
		return w.judge.accuse(ctx, fmt.Sprintf("%s of worker %d at %s: ", c.mode, w.Number, c.name)+fmt.Sprintf(format, args...))
	}
	switch stale := errors.Is(err, lock.ErrStale); {
	case stale && time.Now().Before(h.until) && v.sure:
		return false, says("token %d was refused while its lease lasted", token)
	case stale:
		return false, w.judge.count(ctx, "refused")
	case err != nil:
		return false, err
	case written >= token:
		return true, says("token %d wrote over %d", token, written)
	case highest > token:
		return true, says("token %d wrote after %d had entered", token, highest)
	}
	return true, nil
}

// release gives the lock back. A Python program leaves it to its lease when that
// fails.
func (w *worker) release(ctx context.Context, c *contender, h hold, v verdict) error {
	judging := context.WithoutCancel(ctx)
	accuse := func(err error) error {
		return w.judge.accuse(judging, fmt.Sprintf("%s of worker %d released %s: %v", c.mode, w.Number, c.name, err))
	}
	for first := true; ; first = false {
		err := h.release(ctx)
		switch {
		case err == nil:
			if h.lease != nil && h.lease.Err() == nil {
				return accuse(errors.New("and its lease does not know"))
			}
			return nil
		case errors.Is(err, lock.ErrNotHeld):
			if lasted := time.Now().Before(h.until); lasted && first && v.sure {
				undisturbed, whyNot := w.undisturbed(judging, v.faults)
				if whyNot != nil {
					return whyNot
				}
				if undisturbed {
					return accuse(err)
				}
			}
			return w.judge.count(judging, "not held")
		case ctx.Err() != nil:
			return accuse(err)
		case h.lease == nil:
			return nil
		}
		time.Sleep(time.Millisecond + rand.N(10*time.Millisecond))
	}
}
