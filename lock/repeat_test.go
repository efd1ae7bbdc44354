package lock_test

import (
	"crypto/sha1"
	"encoding/hex"
	"os"
	"testing"
	"time"

	"locktop/lock"
)

// digest returns by which name a script is run, made of these files.
func digest(t *try, files ...string) string {
	t.Helper()
	h := sha1.New()
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		h.Write(source)
	}
	sum := hex.EncodeToString(h.Sum(nil))
	if name := files[len(files)-1]; lock.ScriptName(sum) != name {
		t.Fatalf("this is not the script %s", name)
	}
	return sum
}

// What go-redis sends again, because the reply was lost with the connection, meets
// what the first has done.
func TestRepeatedScripts(t *testing.T) {
	for _, mode := range []struct {
		sentence  string
		files     []string
		opts      []lock.Option
		handovers int // before the one whose reply is lost
	}{
		{"a release", []string{"release.lua"}, nil, 0},
		{"a release of a lease", []string{"release.lua"}, []lock.Option{lock.WithLease(time.Hour)}, 0},
		{"a fair release that nobody waits for", []string{"release.lua"}, []lock.Option{lock.WithFairness()}, 0},
		{"a hand-over", []string{"grant.lua", "handover.lua"}, []lock.Option{lock.WithFairness()}, 1},
		{"a release in turn with the signal", []string{"release.lua"}, []lock.Option{lock.WithFairness()}, 7},
	} {
		t.Run(mode.sentence+" whose reply was lost is one", func(t *testing.T) {
			verify(t, []spec{{"told once", func(e *env) {
				if err := lock.Load(e.ctx, e.client); err != nil {
					e.Fatal(err)
				}
				client, deafen := e.dialDeafTo(digest(e.try, mode.files...))
				var d diary
				l := e.lockOn(client, "average", append([]lock.Option{lock.WithObserver(&d)}, mode.opts...)...)
				lease := e.take(l)
				for range mode.handovers {
					next := e.queue(e.ctx, l)
					e.release(lease)
					g := <-next
					lease = e.must(g.lease, g.err)
				}
				releases := len(d.of(lock.EventRelease))
				deafen()
				e.wantErr(lease.Release(e.ctx), nil)
				e.wantErr(lease.Err(), lock.ErrReleased)
				e.wantLocked(e.lock("average"), false)
				if n, losses := len(d.of(lock.EventRelease))-releases, len(d.of(lock.EventLoss)); n != 1 || losses != 0 {
					e.Errorf("told of %d releases and %d losses", n, losses)
				}
			}}})
		})
	}

	verify(t, []spec{
		{"a release whose reply was lost is none if the lease has run out", func(e *env) {
			client, deafen := e.dialDeafTo(digest(e.try, "release.lua"))
			lease := e.take(e.lockOn(client, "average", lock.WithLease(30*time.Millisecond)))
			e.eventually("it has run out", func() bool { return lease.Err() != nil && e.client.Exists(e.ctx, "lock:average").Val() == 0 })
			deafen()
			e.wantErr(lease.Release(e.ctx), lock.ErrNotHeld)
		}},
		{"a Set whose reply was lost has written", func(e *env) {
			client, deafen := e.dialDeafTo(digest(e.try, "guarded_set.lua"))
			g, err := lock.NewGuard(client, "resource")
			e.wantErr(err, nil)
			lease := e.take(e.lockOn(client, "average", lock.WithGuard(g)))
			e.wantErr(lock.Load(e.ctx, e.client), nil)
			deafen()
			e.wantErr(g.Set(e.ctx, lease, "value", 0), nil)
			if got := e.client.Get(e.ctx, "resource").Val(); got != "value" {
				e.Errorf("the resource is %q", got)
			}
			e.release(lease)
		}},
		{"a Swap whose reply was lost does not take its own value for the one overwritten", func(e *env) {
			client, deafen := e.dialDeafTo(digest(e.try, "guarded_set.lua"))
			g, err := lock.NewGuard(client, "resource")
			e.wantErr(err, nil)
			lease := e.take(e.lockOn(client, "average", lock.WithGuard(g)))
			e.wantErr(g.Set(e.ctx, lease, "first", 0), nil)
			deafen()
			if old, err := g.Swap(e.ctx, lease, "second", 0); err == nil || old != "" {
				e.Errorf("Swap() = %q, %v", old, err)
			}
			if old, err := g.Swap(e.ctx, lease, "third", 0); old != "second" || err != nil {
				e.Errorf("Swap() = %q, %v", old, err)
			}
			e.release(lease)
		}},
	})
}
