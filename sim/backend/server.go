package backend

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"locktop/sim/clock"
)

const (
	replyWithin = 10 * time.Second // a real Redis that takes longer counts as failed, unless its URL has a read_timeout
	bufferSize  = 1024             // bytes, each for reading and writing; longer messages pass in parts
	unlinkBatch = 500              // keys
)

// Server is the Redis of one lane. Its methods may be called from any goroutine.
type Server struct {
	source   Source
	version  string
	runID    string // of a real one, when it was opened
	most     int    // connections that it accepts; 0 is no limit, or unknown
	taken    int    // how many of them others have
	prefix   string
	options  redis.Options // for a simulated client
	admin    *redis.Client
	embedded *embedded // nil if real
	spawned  *spawned  // nil if not
}

// Open makes sure that Redis is there and fit for use, and returns the server of one lane. For a URL it takes no longer
// than 3 s; an error then names the address, says what to do about it, and holds no password. A spawned server takes some
// ten milliseconds, and fails after 10 s, with its last words in the error. An embedded server keeps its time by clk, which
// must be closed after the server.
//
// Embedded and spawned servers are independent of each other, even those of the same lane; URLs lead to one server.
//
// The caller closes the server. A spawned one is not left behind if the caller cannot, because the process is killed.
func (s Source) Open(ctx context.Context, clk *clock.Clock, runID string, lane int) (*Server, error) {
	srv := &Server{
		source:  s,
		version: embeddedVersion(),
		prefix:  fmt.Sprintf("locktop:%s:%d:", runID, lane),
	}
	real := s // what can be probed, if anything
	if s.program != "" {
		p, err := spawn(ctx, s.program, spawnedConns(s.conns))
		if err != nil {
			return nil, err
		}
		srv.spawned = p
		real.url = &redis.Options{Network: "unix", Addr: p.socket}
	}
	if real.url == nil {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("opening the embedded Redis: %w", err)
		}
		e, err := startEmbedded(clk)
		if err != nil {
			return nil, fmt.Errorf("opening the embedded Redis: %w", err)
		}
		srv.embedded = e
		srv.options = redis.Options{
			Addr:         "embedded",
			Dialer:       e.dial,
			ReadTimeout:  -1, // time limits are those of the experiment clock
			WriteTimeout: -1,
			PoolTimeout:  24 * time.Hour, // a paused client keeps its connection
		}
	} else {
		srv.options = *real.url
		srv.options.DialTimeout = dialWithin
		srv.options.ReadTimeout = cmp.Or(real.url.ReadTimeout, replyWithin)
		srv.options.WriteTimeout = cmp.Or(real.url.WriteTimeout, srv.options.ReadTimeout)
		srv.options.PoolTimeout = 0 // go-redis: a little more than ReadTimeout
	}
	srv.options.PoolSize = 1
	srv.options.PipelinePoolSize = -1 // else pipelines get a connection of their own
	srv.options.MinIdleConns = 0
	srv.options.MaxIdleConns = 0
	srv.options.MaxActiveConns = 0
	srv.options.MaxRetries = -1
	srv.options.DialerRetries = 1
	srv.options.ConnMaxIdleTime = -1
	srv.options.ConnMaxLifetime = 0
	srv.options.ContextTimeoutEnabled = true
	srv.options.Protocol = 2
	srv.options.DisableIdentity = true
	srv.options.ReadBufferSize = bufferSize
	srv.options.WriteBufferSize = bufferSize

	if real.url != nil {
		within := probeWithin
		if srv.spawned != nil { // it has answered already, and nobody has got its address wrong
			within = startWithin
		}
		err := real.probe(ctx, srv.Options(), srv, within)
		if err != nil {
			return nil, errors.Join(err, srv.abandon())
		}
	}
	opt := srv.Options()
	opt.MaxRetries = 0 // go-redis: its own default, which is to retry
	if srv.embedded != nil {
		opt.MinRetryBackoff = -1 // it is there at once, and a random pause would make runs differ
	}
	opt.ReadBufferSize, opt.WriteBufferSize = 0, 0
	srv.admin = redis.NewClient(opt)
	return srv, nil
}

// abandon ends a spawned server that is of no use.
func (s *Server) abandon() error {
	if s.spawned == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), replyWithin)
	defer cancel()
	return s.spawned.close(ctx)
}

// Kind returns "embedded", or "redis" for a real one, spawned or not.
func (s *Server) Kind() string {
	if s.embedded != nil {
		return "embedded"
	}
	return "redis"
}

// Label returns "embedded", "spawn", or the URL without user and password.
func (s *Server) Label() string { return s.source.String() }

// Version returns the version that Redis gives itself, such as "7.0.15", or "unknown" if it keeps that from this user;
// of another server its name and version, as in "valkey 8.1.0" or, if embedded, "miniredis 2.40.0".
func (s *Server) Version() string { return s.version }

// Prefix returns what the name of everything in this lane begins with: "locktop:<run>:<lane>:".
func (s *Server) Prefix() string { return s.prefix }

// FollowsClock tells whether times to live and the time limits of BLPOP run on the experiment clock, so that a pause
// stops leases. A real Redis has its own time.
func (s *Server) FollowsClock() bool { return s.embedded != nil }

// Options returns new options for one simulated client: one connection, which sends each command once and nothing else.
// Whoever needs to see commands or cut connections may add hooks to the client and wrap the Dialer.
//
// An embedded server answers, or blocks, for as long as the experiment wants; only contexts end a wait for it. BLPOP with
// more than one key, and every other blocking command, is served by miniredis as it is: in random order and in real time.
func (s *Server) Options() *redis.Options {
	opt := s.options
	opt.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	if opt.TLSConfig != nil {
		opt.TLSConfig = opt.TLSConfig.Clone()
	}
	if opt.Dialer == nil {
		opt.Dialer = listening(&opt)
	}
	return &opt
}

// Tick brings the time of an embedded server up to the experiment clock. Every command sent over a connection made from
// Options does so by itself; call it before looking at the server by other means. It costs little, and nothing on a real
// server.
func (s *Server) Tick() {
	if s.embedded != nil {
		s.embedded.tick()
	}
}

// Admin returns a client for set-up, clean-up and audits, beside the clients of the experiment. Unlike theirs it retries.
// It belongs to the server.
func (s *Server) Admin() *redis.Client { return s.admin }

// DeleteKeys deletes these keys, and no others. Missing keys are no error.
func (s *Server) DeleteKeys(ctx context.Context, keys ...string) error {
	for batch := range slices.Chunk(keys, unlinkBatch) {
		if err := s.admin.Unlink(ctx, batch...).Err(); err != nil {
			return fmt.Errorf("deleting %d keys of %s: %w", len(batch), s.prefix, err)
		}
	}
	return nil
}

// Close ends an embedded or spawned server, with all its connections and its data; clients blocked in BLPOP get an error.
// Of one at a URL it closes the admin connection only. It returns the context's error if that ends first; a spawned server
// then ends a little later.
func (s *Server) Close(ctx context.Context) error {
	err := s.admin.Close()
	if errors.Is(err, redis.ErrClosed) { // closing twice is closing once
		err = nil
	}
	if s.embedded != nil {
		err = errors.Join(err, s.embedded.close(ctx))
	}
	if s.spawned != nil {
		err = errors.Join(err, s.spawned.close(ctx))
	}
	if err != nil {
		return fmt.Errorf("closing %s: %w", s.Label(), err)
	}
	return nil
}
