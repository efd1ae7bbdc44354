package backend

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// Jump does to keys what it does to them when the server's clock is set forward: their times to live get shorter by d, and
// those that had less left are gone. An embedded server really has its clock set, which all its keys feel.
func (s *Server) Jump(ctx context.Context, d time.Duration, keys ...string) error {
	if s.embedded != nil {
		s.embedded.ahead.Add(d.Milliseconds())
		s.embedded.tick()
		return nil
	}
	for _, key := range keys {
		if err := jumpScript.Run(ctx, s.admin, []string{key}, d.Milliseconds()).Err(); err != nil {
			return fmt.Errorf("setting the clock of %s forward: %w", s.Label(), err)
		}
	}
	return nil
}

// jumpScript shortens a key's time to live, if it has one, by ARGV[1] milliseconds. Redis keeps it as a point in time, so
// this is what a clock that jumps does.
var jumpScript = redis.NewScript(`
local left = redis.call("pttl", KEYS[1])
if left >= 0 then
	redis.call("pexpire", KEYS[1], math.max(left - ARGV[1], 0))
end
return left
`)

// A Copy is what some keys held at one time.
type Copy map[string]copied

// copied is a value of one type, with its time to live; 0 is none.
type copied struct {
	text string
	list []string
	set  []redis.Z
	hash map[string]string
	ttl  time.Duration
}

// Has tells whether there was a key of that name.
func (c Copy) Has(key string) bool {
	_, ok := c[key]
	return ok
}

// Text returns the string that a key held, "" if it was missing or no string.
func (c Copy) Text(key string) string { return c[key].text }

// Copy reads keys, of whatever type a lock has.
func (s *Server) Copy(ctx context.Context, keys ...string) (Copy, error) {
	c := Copy{}
	for _, key := range keys {
		v, err := s.copy(ctx, key)
		if err != nil {
			return nil, fmt.Errorf("copying %s from %s: %w", key, s.Label(), err)
		}
		if v != nil {
			c[key] = *v
		}
	}
	return c, nil
}

func (s *Server) copy(ctx context.Context, key string) (*copied, error) {
	kind, err := s.admin.Type(ctx, key).Result()
	if err != nil {
		return nil, err
	}
	var v copied
	switch kind {
	case "string":
		v.text, err = s.admin.Get(ctx, key).Result()
	case "list":
		v.list, err = s.admin.LRange(ctx, key, 0, -1).Result()
	case "zset":
		v.set, err = s.admin.ZRangeWithScores(ctx, key, 0, -1).Result()
	case "hash":
		v.hash, err = s.admin.HGetAll(ctx, key).Result()
	default:
		return nil, nil
	}
	if err == redis.Nil { // it has run out just now
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	left, err := s.admin.PTTL(ctx, key).Result()
	v.ttl = max(left, 0)
	return &v, err
}

// Load writes the keys of a copy, into a server that has none of them. Their times to live go on from where they were.
func (s *Server) Load(ctx context.Context, c Copy) error {
	for key, v := range c {
		_, err := s.admin.Pipelined(ctx, func(p redis.Pipeliner) error {
			switch {
			case v.list != nil:
				for _, element := range v.list {
					p.RPush(ctx, key, element)
				}
			case v.set != nil:
				p.ZAdd(ctx, key, v.set...)
			case v.hash != nil:
				for field, value := range v.hash {
					p.HSet(ctx, key, field, value)
				}
			default:
				p.Set(ctx, key, v.text, 0)
			}
			if v.ttl > 0 {
				p.PExpire(ctx, key, v.ttl)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("loading %s into %s: %w", key, s.Label(), err)
		}
	}
	return nil
}
