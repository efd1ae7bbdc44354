package redistest

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

const (
	slots = 16384

	// migrateTimeout bounds each MIGRATE, in milliseconds.
	migrateTimeout = 20000

	// electionTimeout is after what time a replica gives up a fail-over that it was told to make.
	electionTimeout = 6 * time.Second
)

// A Cluster is a Redis Cluster on loopback: masters, each with an equal part of the
// hash slots, and perhaps a replica of each.
type Cluster struct {
	// Nodes are clients of one node each: first the masters there were at the start,
	// then their replicas.
	Nodes []*redis.Client
}

// StartCluster starts a Redis Cluster, and returns when all of its nodes know of it.
// Without a redis-server the test is skipped or fails, as with Real.
func StartCluster(t testing.TB, masters int, replicated bool) *Cluster {
	t.Helper()
	c := &Cluster{}
	count := masters
	if replicated {
		count *= 2
	}
	for range count {
		client := redis.NewClient(&redis.Options{
			Addr: StartClusterNode(t).Addr, ReadTimeout: replyTimeout, DisableIdentity: true,
			MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
		})
		t.Cleanup(func() { client.Close() })
		c.Nodes = append(c.Nodes, client)
	}
	ctx := t.Context()
	first := c.Nodes[0]
	for i, node := range c.Nodes {
		must(t, node.Do(ctx, "cluster", "set-config-epoch", i+1).Err())
		if i < masters {
			must(t, node.ClusterAddSlotsRange(ctx, i*slots/masters, (i+1)*slots/masters-1).Err())
		}
		if i > 0 {
			host, port, _ := net.SplitHostPort(node.Options().Addr)
			must(t, first.ClusterMeet(ctx, host, port).Err())
		}
	}
	for i, node := range c.Nodes[masters:] {
		id := c.id(t, c.Nodes[i])
		until(t, func() error { return node.ClusterReplicate(ctx, id).Err() }) // it must have met its master
	}
	for _, node := range c.Nodes {
		until(t, func() error {
			info, err := node.ClusterInfo(ctx).Result()
			if err != nil {
				return err
			}
			for _, want := range []string{"cluster_state:ok", fmt.Sprintf("cluster_slots_ok:%d", slots), fmt.Sprintf("cluster_known_nodes:%d", count)} {
				if !strings.Contains(info, want) {
					return fmt.Errorf("the cluster has no %s: %s", want, info)
				}
			}
			_, err = c.follows(ctx, node)
			return err
		})
	}
	return c
}

// Addrs returns the addresses of all nodes.
func (c *Cluster) Addrs() []string {
	var addrs []string
	for _, node := range c.Nodes {
		addrs = append(addrs, node.Options().Addr)
	}
	return addrs
}

// Master returns the node that serves the slot of a key, once the nodes agree on it.
func (c *Cluster) Master(t testing.TB, key string) (master *redis.Client) {
	t.Helper()
	until(t, func() error {
		owners := map[string]bool{}
		for _, node := range c.Nodes {
			owner, err := c.owner(t.Context(), node, c.slot(t, key))
			if err != nil {
				return err
			}
			owners[owner] = true
			if owner == node.Options().Addr {
				master = node
			}
		}
		if len(owners) != 1 || master == nil {
			return fmt.Errorf("the nodes do not agree on who serves %s: %v", key, owners)
		}
		return nil
	})
	return master
}

// Replica returns a replica of the node that serves the slot of a key, once it is linked
// to it and all nodes know that.
func (c *Cluster) Replica(t testing.TB, key string) (replica *redis.Client) {
	t.Helper()
	ctx, master := t.Context(), c.Master(t, key)
	until(t, func() error {
		replica = nil
		for _, node := range c.Nodes {
			if follows, err := c.follows(ctx, node); err != nil {
				return err
			} else if follows == master.Options().Addr {
				replica = node
			}
		}
		if replica == nil {
			return fmt.Errorf("the node that serves %s has no replica", key)
		}
		for _, node := range c.Nodes {
			//lint:ignore SA1019 the client has no other method for it
			known, err := node.ClusterSlaves(ctx, c.id(t, master)).Result()
			if err != nil {
				return err
			}
			if !strings.Contains(strings.Join(known, ""), c.id(t, replica)) {
				return fmt.Errorf("a node knows no replica for %s: %q", key, known)
			}
		}
		return nil
	})
	return replica
}

// Move moves the slot of a key, with all that is in it, to another master, as redis-cli
// does, while clients go on.
func (c *Cluster) Move(t testing.TB, key string) {
	t.Helper()
	ctx, slot, from := t.Context(), c.slot(t, key), c.Master(t, key)
	var masters []*redis.Client
	var to *redis.Client
	for _, node := range c.Nodes {
		if master, err := c.follows(ctx, node); master != "" || err != nil {
			continue
		}
		masters = append(masters, node)
		if node != from {
			to = node
		}
	}
	source, target := c.id(t, from), c.id(t, to)
	must(t, to.Do(ctx, "cluster", "setslot", slot, "importing", source).Err())
	must(t, from.Do(ctx, "cluster", "setslot", slot, "migrating", target).Err())
	host, port, _ := net.SplitHostPort(to.Options().Addr)
	for {
		keys, err := from.ClusterGetKeysInSlot(ctx, slot, 100).Result()
		must(t, err)
		if len(keys) == 0 {
			break
		}
		migrate := []any{"migrate", host, port, "", 0, migrateTimeout, "keys"}
		for _, key := range keys {
			migrate = append(migrate, key)
		}
		must(t, from.Do(ctx, migrate...).Err()) // NOKEY, that they have expired, is no error
	}
	slices.SortFunc(masters, func(a, b *redis.Client) int { // the new owner is told first, then the old one
		rank := map[*redis.Client]int{to: -2, from: -1}
		return rank[a] - rank[b]
	})
	for _, node := range masters {
		must(t, node.Do(ctx, "cluster", "setslot", slot, "node", target).Err())
	}
}

// FailOver makes a replica of the node that serves the slot of a key the master in its
// place, without a loss. Once elected, a node is not elected again for a minute.
func (c *Cluster) FailOver(t testing.TB, key string) {
	t.Helper()
	ctx, replica := t.Context(), c.Replica(t, key)
	var asked time.Time
	until(t, func() error {
		if master, err := c.follows(ctx, replica); master == "" && err == nil {
			return nil
		}
		if time.Since(asked) > electionTimeout {
			must(t, replica.ClusterFailover(ctx).Err())
			asked = time.Now()
		}
		return fmt.Errorf("the replica was not elected")
	})
}

func (c *Cluster) id(t testing.TB, node *redis.Client) string {
	t.Helper()
	id, err := node.Do(t.Context(), "cluster", "myid").Text()
	must(t, err)
	return id
}

func (c *Cluster) slot(t testing.TB, key string) int {
	t.Helper()
	slot, err := c.Nodes[0].ClusterKeySlot(t.Context(), key).Result()
	must(t, err)
	return int(slot)
}

// owner returns the address of who serves a slot, as a node sees it.
func (c *Cluster) owner(ctx context.Context, node *redis.Client, slot int) (addr string, err error) {
	//lint:ignore SA1019 CLUSTER SHARDS is of Redis 7, and this is for older ones too
	ranges, err := node.ClusterSlots(ctx).Result()
	for _, r := range ranges {
		if r.Start <= slot && slot <= r.End && len(r.Nodes) > 0 {
			return r.Nodes[0].Addr, nil
		}
	}
	if err == nil {
		err = fmt.Errorf("slot %d is served by nobody", slot)
	}
	return "", err
}

// follows returns the address of the master of a node, once that is linked to it; "" for
// a master.
func (c *Cluster) follows(ctx context.Context, node *redis.Client) (master string, err error) {
	role, err := node.Do(ctx, "role").Slice()
	if err != nil || role[0] == "master" {
		return "", err
	}
	if role[3] != "connected" {
		return "", fmt.Errorf("the replica is not linked: %v", role)
	}
	return net.JoinHostPort(role[1].(string), fmt.Sprint(role[2])), nil
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// until tries f until it succeeds.
func until(t testing.TB, f func() error) {
	t.Helper()
	var err error
	for began := time.Now(); time.Since(began) < startTimeout; time.Sleep(10 * time.Millisecond) {
		if err = f(); err == nil {
			return
		}
	}
	t.Fatal(err)
}
