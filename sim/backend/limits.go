package backend

import (
	"context"
	"strconv"

	"github.com/redis/go-redis/v9"
)

const (
	usualConns = 10_000 // what a server accepts unless told
	spareConns = 100    // what a spawned one accepts beyond those that are needed
	spareFiles = 32     // what a server opens beside connections
	ownFiles   = 100    // what this process opens beside connections
)

// room asks how many connections a server accepts, and how many others have; 0 where it does not say.
func room(ctx context.Context, client *redis.Client) (most, taken int, err error) {
	config, err := client.ConfigGet(ctx, "maxclients").Result()
	if err == nil {
		most, _ = strconv.Atoi(config["maxclients"])
	} else if !isReply(err) {
		return 0, 0, err
	}
	info, err := client.Info(ctx, "clients").Result()
	switch {
	case err != nil && !isReply(err):
		return 0, 0, err
	case err != nil:
		return most, 0, nil
	}
	if most == 0 {
		most, _ = strconv.Atoi(infoField(info, "maxclients"))
	}
	taken, _ = strconv.Atoi(infoField(info, "connected_clients"))
	return most, max(taken-1, 0), nil // but this one
}

// Shared tells whether all lanes, and others, have the same server: one at a URL.
func (s *Server) Shared() bool { return s.embedded == nil && s.spawned == nil }

// Room returns how many connections the server accepts, and how many of them others had when it was opened; most is 0 where
// there is no limit, or none that it tells.
func (s *Server) Room() (most, taken int) { return s.most, s.taken }

// OpenFiles returns how many connections this process can have at once, as the system limits its open files; 0 is no limit.
func OpenFiles() int {
	if limit := fileLimit(); limit > 0 {
		return max(limit-ownFiles, 1)
	}
	return 0
}

// spawnedConns is for how many connections to start a server that needs some, within the files that it may open.
func spawnedConns(need int) int {
	conns := max(need+spareConns, usualConns)
	if limit := hardFileLimit(); limit > 0 {
		conns = min(conns, limit-spareFiles)
	}
	return conns
}
