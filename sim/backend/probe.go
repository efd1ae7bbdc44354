package backend

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	dialWithin  = 2 * time.Second
	probeWithin = 2800 * time.Millisecond // dialling included

	needMajor, needMinor = 6, 2
	needFor              = "SET with GET"
)

// probe finds out in a given time whether Redis can be reached, spoken to and written to, which version it is and how many
// connections it accepts.
func (s Source) probe(ctx context.Context, opt *redis.Options, srv *Server, within time.Duration) (err error) {
	caller := ctx
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	defer func() {
		if err != nil && caller.Err() != nil {
			err = fmt.Errorf("opening Redis at %s: %w", s.url.Addr, caller.Err())
		}
	}()

	// The first connection is not left to go-redis, which logs failures instead of only returning them.
	dial := opt.Dialer
	first, err := dial(ctx, opt.Network, opt.Addr)
	if err != nil {
		return s.unreachable(err)
	}
	hangUp := context.AfterFunc(caller, func() { first.Close() }) // go-redis heeds deadlines, but not cancellation
	defer hangUp()
	taken := false
	opt.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if !taken {
			taken = true
			return first, nil
		}
		return dial(ctx, network, addr)
	}
	client := redis.NewClient(opt)
	defer client.Close()

	if err := client.Ping(ctx).Err(); err != nil {
		return s.unfit(err)
	}
	version, key := "unknown", srv.prefix+"probe"
	info, err := client.Info(ctx, "server").Result()
	if err == nil {
		if v := infoField(info, "redis_version"); v != "" {
			version = v
		}
	} else if !isReply(err) {
		return s.unfit(err)
	}
	if tooOld(version) {
		return s.tooOld(version)
	}
	if v := infoField(info, "valkey_version"); v != "" { // beside the version of Redis that it is compatible with
		version = "valkey " + v
	}
	if srv.most, srv.taken, err = room(ctx, client); err != nil {
		return s.unfit(err)
	}
	err = client.Do(ctx, "SET", key, "1", "PX", 1000, "GET").Err()
	switch {
	case err == nil || errors.Is(err, redis.Nil):
	case isReply(err) && strings.HasPrefix(err.Error(), "ERR syntax error"):
		return s.tooOld(version)
	default:
		return s.unfit(err)
	}
	if err := client.Unlink(ctx, key).Err(); err != nil {
		return s.unfit(err)
	}
	srv.version, srv.runID = version, infoField(info, "run_id")
	return nil
}

func isReply(err error) bool {
	var reply redis.Error
	return errors.As(err, &reply)
}

// infoField finds "name:value" in the reply of INFO.
func infoField(info, name string) string {
	for line := range strings.Lines(info) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// tooOld gives a version that it cannot read the benefit of the doubt.
func tooOld(version string) bool {
	parts := strings.Split(version, ".")
	if len(parts) < 2 {
		return false
	}
	major, err1 := strconv.Atoi(parts[0])
	minor, err2 := strconv.Atoi(parts[1])
	return err1 == nil && err2 == nil && (major < needMajor || major == needMajor && minor < needMinor)
}

func (s Source) tooOld(version string) error {
	return fmt.Errorf("the Redis at %s is too old, version %s: %d.%d or newer is needed, for %s; --redis embedded needs none",
		s.url.Addr, version, needMajor, needMinor, needFor)
}

// unreachable words the failure to connect.
func (s Source) unreachable(err error) error {
	var (
		errno   syscall.Errno
		dialing *net.OpError
		dns     *net.DNSError
		tlsErr  tls.RecordHeaderError
		certErr *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &tlsErr):
		return fmt.Errorf("the server at %s does not speak TLS: try redis:// instead of rediss://", s.url.Addr)
	case errors.As(err, &certErr):
		return fmt.Errorf("the server at %s has a certificate that is not trusted: %s; add ?skip_verify=true to the URL to do without", s.url.Addr, s.redact(err))
	case s.url.TLSConfig != nil && (!errors.As(err, &dialing) || dialing.Op != "dial") && (isHangUp(err) || timedOut(err)):
		return fmt.Errorf("the server at %s does not answer in TLS: if it is a Redis without TLS, use redis:// instead of rediss://", s.url.Addr)
	case errors.As(err, &dns) && dns.IsNotFound:
		return fmt.Errorf("cannot reach Redis at %s: no such host; is the name right? --redis embedded needs none", s.url.Addr)
	case timedOut(err):
		return fmt.Errorf("cannot reach Redis at %s: no answer within %v; are host and port right, and is no firewall in between? --redis embedded needs none", s.url.Addr, dialWithin)
	case errors.As(err, &errno):
		return fmt.Errorf("cannot reach Redis at %s: %w; is it running? --redis embedded needs none", s.url.Addr, errno)
	}
	return fmt.Errorf("cannot reach Redis at %s: %s; --redis embedded needs none", s.url.Addr, s.redact(err))
}

func timedOut(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

// unfit words the failure to work with what answers at the address, if anything does.
func (s Source) unfit(err error) error {
	switch {
	case errors.Is(err, ErrMaxClients):
		return fmt.Errorf("the Redis at %s cannot be used: %w", s.url.Addr, ErrMaxClients)
	case isReply(err):
		return s.refused(err)
	case timedOut(err):
		return fmt.Errorf("the server at %s accepts connections but does not answer: is it Redis, or is it overloaded or stopped? --redis embedded needs none", s.url.Addr)
	case isHangUp(err):
		if s.url.TLSConfig == nil && s.url.Network == "tcp" {
			return fmt.Errorf("the server at %s hangs up: if it wants TLS, use rediss:// instead of redis://", s.url.Addr)
		}
		return fmt.Errorf("the server at %s hangs up: is it Redis?", s.url.Addr)
	}
	return fmt.Errorf("the server at %s does not speak Redis: are host and port right? --redis embedded needs none", s.url.Addr)
}

// refused words an error that Redis itself replied.
func (s Source) refused(err error) error {
	var reply redis.Error
	errors.As(err, &reply)
	code, _, _ := strings.Cut(reply.Error(), " ")
	advice := map[string]string{
		"NOAUTH":     "wants a password: put it into the URL, as in redis://user:password@host",
		"WRONGPASS":  "does not accept this user and password",
		"NOPERM":     "does not let this user do what is needed: it takes all commands on keys that begin with locktop: or lock",
		"DENIED":     "is in protected mode, and answers to its own machine only: give it a password, or use another one",
		"LOADING":    "is still loading its data: try again in a moment",
		"READONLY":   "is a read-only replica: give the address of its primary",
		"MASTERDOWN": "is a replica that has lost its primary: give the address of a primary",
		"MISCONF":    "cannot save to its disk, and so takes no writes: repair that, or use another one",
		"OOM":        "has reached its maxmemory, and takes no writes: raise that, or use another one",
		"MOVED":      "is one node of a cluster, and a cluster is not supported: use a single server",
	}[code]
	switch {
	case advice != "":
	case strings.Contains(reply.Error(), "AUTH"), strings.Contains(reply.Error(), "invalid password"):
		advice = "does not accept this user and password"
	default:
		return fmt.Errorf("the Redis at %s cannot be used: %s", s.url.Addr, s.redact(reply))
	}
	return fmt.Errorf("the Redis at %s %s; --redis embedded needs none", s.url.Addr, advice)
}

// redact returns the text of an error without the password, which a server that does not know HELLO may repeat.
func (s Source) redact(err error) string {
	if s.url.Password == "" {
		return err.Error()
	}
	return strings.ReplaceAll(err.Error(), s.url.Password, "***")
}
