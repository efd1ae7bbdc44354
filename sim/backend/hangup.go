package backend

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

// ErrMaxClients is the error of a connection to a Redis that has as many as it takes.
var ErrMaxClients = errors.New("it has reached its maxclients, and takes no more connections: raise that, end other clients, or race fewer (--clients)")

// listenFor is how long a server has to say why it hangs up, which it does at once.
const listenFor = time.Second

// listening is what connects to a Redis at a URL. A Redis with too many clients says so and hangs up, without reading what it
// was sent; on the way that becomes a broken pipe, and what it said is lost. So a connection that ends before it has given
// anything asks again, and only listens.
func listening(opt *redis.Options) func(ctx context.Context, network, addr string) (net.Conn, error) {
	dial := opt.NewDialer()
	if opt.TLSConfig != nil { // it has to talk first
		return dial
	}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &firstWords{Conn: conn, network: network, addr: addr}, nil
	}
}

// firstWords is a connection that has not yet given anything.
type firstWords struct {
	net.Conn
	network, addr string
	heard         atomic.Bool
}

func (c *firstWords) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 && !c.heard.Swap(true) && tooMany(string(b[:n])) {
		return 0, ErrMaxClients // go-redis would not tell
	}
	return n, c.explain(err)
}

func (c *firstWords) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	return n, c.explain(err)
}

func (c *firstWords) explain(err error) error {
	if c.heard.Load() || !isHangUp(err) {
		return err
	}
	if reason := reasonToHangUp(c.network, c.addr); reason != nil {
		return reason
	}
	return err
}

// SyscallConn lets go-redis look for what nobody has asked for.
func (c *firstWords) SyscallConn() (syscall.RawConn, error) {
	if s, ok := c.Conn.(syscall.Conn); ok {
		return s.SyscallConn()
	}
	return nil, errors.ErrUnsupported
}

func isHangUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// reasonToHangUp returns what a server says to a new connection; nil if it is not that there are too many.
func reasonToHangUp(network, addr string) error {
	conn, err := net.DialTimeout(network, addr, listenFor)
	if err != nil {
		return nil
	}
	defer conn.Close()
	if conn.SetReadDeadline(time.Now().Add(listenFor)) != nil {
		return nil
	}
	said, _ := bufio.NewReader(io.LimitReader(conn, bufferSize)).ReadString('\n')
	if tooMany(said) {
		return ErrMaxClients
	}
	return nil
}

// tooMany tells what Redis and Valkey say when they have too many clients.
func tooMany(said string) bool { return strings.HasPrefix(said, "-ERR max number of clients") }
