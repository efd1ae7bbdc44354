package backend

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// answerWithin is how long a server that may be back has for its answer.
const answerWithin = time.Second

// RunID connects anew and returns by which name the Redis that answers knows itself: another name is another process. It
// is empty where Redis does not tell. An error says that Redis is not there, or cannot be used yet.
func (s *Server) RunID(ctx context.Context) (string, error) {
	opt := s.Options()
	opt.DialTimeout, opt.ReadTimeout, opt.WriteTimeout = answerWithin, answerWithin, answerWithin
	client := redis.NewClient(opt)
	defer client.Close()
	if err := client.Ping(ctx).Err(); err != nil {
		return "", err
	}
	info, err := client.Info(ctx, "server").Result()
	if err != nil && !isReply(err) {
		return "", err
	}
	return infoField(info, "run_id"), nil
}

// FirstRunID is the RunID of the Redis that was there when the server was opened.
func (s *Server) FirstRunID() string { return s.runID }

// Revive starts a spawned server again, empty, if its process has ended. Others it leaves alone.
func (s *Server) Revive(ctx context.Context) error {
	if s.spawned == nil || !s.spawned.died() {
		return nil
	}
	return s.Restart(ctx)
}

// died tells whether the process has ended, or could not be started.
func (p *spawned) died() bool {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	default:
		return false // somebody is at it
	}
	if p.proc == nil {
		return true
	}
	select {
	case <-p.proc.ended:
		return true
	default:
		return false
	}
}

// Redact returns the text of an error without the password of the URL.
func (s *Server) Redact(err error) string {
	if err == nil {
		return ""
	}
	if s.source.url == nil {
		return err.Error()
	}
	return s.source.redact(err)
}

// Remains says how to remove what a run has left at a URL, all of whose keys have a pattern.
func (s *Server) Remains(pattern string) string {
	cli := "redis-cli -u " + s.Label()
	if s.options.Network == "unix" {
		cli = fmt.Sprintf("redis-cli -s %s -n %d", s.options.Addr, s.options.DB)
	}
	return fmt.Sprintf("%s --scan --pattern '%s' | xargs %s unlink", cli, pattern, cli)
}
