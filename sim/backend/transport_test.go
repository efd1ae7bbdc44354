package backend

import (
	"context"
	"fmt"
	"net"
	"sync"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

type dialer func(context.Context, string, string) (net.Conn, error)

// BenchmarkTransport is what the choice of a transport rests on: GET and SET by turns, over TCP, over net.Pipe and over the
// pipes of this package, to a plain miniredis; and to an embedded server as it is, which keeps the time as well.
func BenchmarkTransport(b *testing.B) {
	for _, transport := range []struct {
		name  string
		start func(*testing.B) dialer
	}{
		{"tcp", func(b *testing.B) dialer {
			m := miniredis.RunT(b)
			return func(context.Context, string, string) (net.Conn, error) { return net.Dial("tcp", m.Addr()) }
		}},
		{"net.Pipe", func(b *testing.B) dialer {
			m := miniredis.RunT(b)
			return func(context.Context, string, string) (net.Conn, error) { return m.Dial() }
		}},
		{"pipe", func(b *testing.B) dialer {
			m := miniredis.RunT(b)
			return func(context.Context, string, string) (net.Conn, error) {
				near, far := newPipe()
				m.Server().ServeConn(far)
				return near, nil
			}
		}},
		{"embedded", func(b *testing.B) dialer { return open(b, "embedded", newClock(b, 1)).Options().Dialer }},
	} {
		for _, clients := range []int{1, 64} {
			b.Run(fmt.Sprintf("%s/clients=%d", transport.name, clients), func(b *testing.B) {
				opt := open(b, "embedded", newClock(b, 1)).Options()
				opt.Dialer = transport.start(b)
				benchmarkClients(b, opt, clients)
			})
		}
	}
}

func benchmarkClients(b *testing.B, opt *redis.Options, clients int) {
	ctx := b.Context()
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range clients {
		each := *opt
		c := redis.NewClient(&each)
		defer c.Close()
		if err := c.Ping(ctx).Err(); err != nil {
			b.Fatal(err)
		}
		wg.Go(func() {
			<-start
			for j := i; j < b.N; j += clients {
				if j%2 == 0 {
					c.Set(ctx, "key", "1", 0)
				} else {
					c.Get(ctx, "key")
				}
			}
		})
	}
	b.ResetTimer()
	close(start)
	wg.Wait()
}
