package sim

import (
	"context"
	"strings"
	"testing"

	"locktop/lock/redistest"
	"locktop/sim/clock"
)

// TestTooManyClientsAreRefusedBeforeTheRun, with what would fit; so are those that a
// change would add. Where CONFIG is refused, INFO tells the limit.
func TestTooManyClientsAreRefusedBeforeTheRun(t *testing.T) {
	server := redistest.Real(t)
	admin := server.Client(t)
	ctx := t.Context()
	if err := admin.ConfigSet(ctx, "maxclients", "60").Err(); err != nil {
		t.Fatal(err)
	}
	cfg := Defaults()
	cfg.Speed, cfg.Lanes, cfg.Alerts = clock.Max, []string{"none", "fair"}, 1
	for _, user := range []string{"default", "guest"} {
		if user == "guest" {
			if err := admin.Do(ctx, "ACL", "SETUSER", "guest", "on", "nopass", "~*", "&*", "+@all", "-config").Err(); err != nil {
				t.Fatal(err)
			}
		}
		url := strings.Replace(unhurried(server), "unix://", "unix://"+user+":x@", 1)
		if user == "default" {
			url = unhurried(server)
		}
		cfg.Source = source(t, url)
		cfg.Clients = 40
		_, err := Open(ctx, cfg)
		if err == nil {
			t.Fatal("40 clients in 2 lanes have their connections, of which there are 60")
		}
		for _, part := range []string{"40 clients in 2 lanes need 84 connections", "accepts 60", "at most 27 clients", "CONFIG SET maxclients 87"} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: no %q in: %v", user, part, err)
			}
		}
		cfg.Clients = 27
		e, err := Open(ctx, cfg)
		if err != nil {
			t.Fatalf("%s: what should fit does not: %v", user, err)
		}
		if err := e.Change(Change{Setting: ChangeClients, Clients: 28}); err == nil || !strings.Contains(err.Error(), "at most 27 clients") {
			t.Errorf("%s: a client too many may join: %v", user, err)
		}
		if err := e.Run(ctx); err != nil {
			t.Error(err)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestClientsShareOneSubscription: a lane of fair clients has a connection for each,
// and one for all.
func TestClientsShareOneSubscription(t *testing.T) {
	server := redistest.Real(t)
	admin := server.Client(t)
	cfg := Defaults()
	cfg.Source, cfg.Speed, cfg.Lease = source(t, unhurried(server)), clock.Max, 0
	cfg.Lanes, cfg.Clients, cfg.Interval = []string{"fair"}, 50, 0
	e, end := racing(t, cfg)
	untilAcked(t, e, 0, 200)
	channels, err := admin.PubSubChannels(context.Background(), "lock-grant:*").Result()
	if err != nil || len(channels) != 1 {
		t.Errorf("subscriptions %v, want one: %v", channels, err)
	}
	info, _ := admin.Info(context.Background(), "clients").Result()
	want := cfg.connections(0) + 1 // and the one that asks
	if n, err := admin.ClientList(context.Background()).Result(); err != nil || strings.Count(n, "\n") > want {
		t.Errorf("more than %d connections: %v\n%s", want, err, info)
	}
	exact(t, "shared", end())
}

// TestTriesDoNotGrowWithTheSquareOfClients at full speed, where nobody pauses between
// two tries.
func TestTriesDoNotGrowWithTheSquareOfClients(t *testing.T) {
	cfg := Defaults()
	cfg.Source, cfg.Speed, cfg.Lease = source(t, "embedded"), clock.Max, 0
	cfg.Lanes, cfg.Clients, cfg.Alerts = []string{"spin", "watch"}, 600, 1
	r := race(t, cfg)
	exact(t, "many", r)
	for _, l := range r.Lanes {
		if n := int64(cfg.Clients); l.Acked != n || l.Attempts > n*n/4 {
			t.Errorf("%s: %d of %d acked with %d tries", l.Lane.Name(), l.Acked, n, l.Attempts)
		}
	}
}

// TestThousandsOfClientsOnAServer: as many as a server has to serve at once, in one lane.
func TestThousandsOfClientsOnAServer(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	cfg := Defaults()
	cfg.Source, cfg.Speed, cfg.Lease = source(t, "spawn"), clock.Max, 0
	cfg.Clients, cfg.Alerts = 5000, 1
	for _, lane := range []string{"block", "fair"} {
		cfg.Lanes = []string{lane}
		r := race(t, cfg)
		exact(t, lane, r)
		if l := r.Lanes[0]; l.Acked != 5000 || l.MaxInside != 1 {
			t.Errorf("%s: %d acked, %d inside", lane, l.Acked, l.MaxInside)
		}
	}
}
