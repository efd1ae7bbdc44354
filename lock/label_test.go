package lock_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"locktop/lock"
)

func TestLabel(t *testing.T) {
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	process := filepath.Base(os.Args[0]) + "@" + host + ":" + strconv.Itoa(os.Getpid())
	verify(t, []spec{
		{"Inspect shows whose lock it is, and who waits, by default as job, host and process", func(e *env) {
			held := e.take(e.lock("average", lock.WithLease(time.Hour)))
			waiter := e.queue(e.ctx, e.fair(lock.WithLabel("日报 on web-2")))
			state, err := e.lock("average").Inspect(e.ctx)
			e.wantErr(err, nil)
			if state.Owner != held.ID() || state.Label != process {
				e.Errorf("%q is held by %q", state.Owner, state.Label)
			}
			if len(state.Queue) != 1 || state.Queue[0].Label != "日报 on web-2" {
				e.Errorf("the queue is %+v", state.Queue)
			}
			e.release(held)
			lease := e.wantGrant(waiter, time.Now(), time.Minute)
			state, err = e.lock("average").Inspect(e.ctx)
			e.wantErr(err, nil)
			if state.Owner != lease.ID() || state.Label != "日报 on web-2" {
				e.Errorf("%q is held by %q", state.Owner, state.Label)
			}
			e.release(lease)
		}},
		{"it costs no command, and Python releases by the whole id", func(e *env) {
			client := e.dial()
			sent := commands(client)
			lease := e.take(e.lockOn(client, "average", lock.WithLabel("web-1")))
			if sent() != "set" {
				e.Errorf("sent %q", sent())
			}
			id := e.client.Get(e.ctx, "lock:average").Val()
			if id != lease.ID() || !strings.HasSuffix(id, " web-1") {
				e.Errorf("the id is %q", id)
			}
			if n, err := e.client.Eval(e.ctx, pythonRelease, pythonKeys, id, 1000).Int(); n != 0 || err != nil {
				e.Errorf("Python's release: %d, %v", n, err)
			}
		}},
		{"ids differ whatever the label", func(e *env) {
			l := e.lock("average", lock.WithLabel("web-1"))
			first := e.take(l)
			e.release(first)
			second := e.take(l)
			e.release(second)
			if first.ID() == second.ID() {
				e.Errorf("both are %q", first.ID())
			}
		}},
		{"there is none where it is empty, or the ids are the user's or repeatable", func(e *env) {
			for _, opts := range [][]lock.Option{
				{lock.WithLabel("")}, {lock.WithID("me")}, {lock.WithRandom(rand.NewPCG(1, 2))},
				{lock.WithID("a worker called so and so")},
			} {
				lease := e.take(e.lock("average", opts...))
				state, err := e.lock("average").Inspect(e.ctx)
				e.wantErr(err, nil)
				if state.Owner != lease.ID() || state.Label != "" {
					e.Errorf("%q is held by %q", state.Owner, state.Label)
				}
				e.release(lease)
			}
		}},
		{"what cannot be shown is invalid", func(e *env) {
			for _, opts := range [][]lock.Option{
				{lock.WithLabel("two\nlines")}, {lock.WithLabel("\xff")}, {lock.WithLabel(strings.Repeat("x", 129))},
				{lock.WithLabel("web-1"), lock.WithID("me")}, {lock.WithID("me"), lock.WithLabel("web-1")},
			} {
				_, err := lock.New(e.client, "average", opts...)
				e.wantErr(err, lock.ErrInvalid)
			}
		}},
	})
}
