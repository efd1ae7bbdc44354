package torture

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A proxy passes connections on to a server, and can cut all of them at once.
type proxy struct {
	addr            string
	network, target string

	mu    sync.Mutex
	links map[*link]bool
}

// A link is one connection through the proxy.
type link struct {
	client, server net.Conn
	deaf           atomic.Bool // the server's replies are lost
}

func startProxy(t *testing.T, network, target string) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{addr: listener.Addr().String(), network: network, target: target, links: map[*link]bool{}}
	var passing sync.WaitGroup
	passing.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			passing.Go(func() { p.pass(client) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		p.cut(0)
		passing.Wait()
	})
	return p
}

func (p *proxy) pass(client net.Conn) {
	defer client.Close()
	server, err := net.Dial(p.network, p.target)
	if err != nil {
		return
	}
	defer server.Close()
	l := &link{client: client, server: server}
	p.mu.Lock()
	p.links[l] = true
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		delete(p.links, l)
		p.mu.Unlock()
	}()
	// The end of one direction is that of the other.
	var replies sync.WaitGroup
	replies.Go(func() {
		defer client.Close()
		forward(client, server, &l.deaf)
	})
	forward(server, client, new(atomic.Bool))
	server.Close()
	replies.Wait()
}

func forward(to, from net.Conn, deaf *atomic.Bool) {
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		if deaf.Load() {
			continue
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// cut closes all connections, after having lost all replies for a while: the
// commands are carried out, and nobody gets to know.
func (p *proxy) cut(deafFor time.Duration) (cut int) {
	p.mu.Lock()
	links := make([]*link, 0, len(p.links))
	for l := range p.links {
		links = append(links, l)
		l.deaf.Store(deafFor > 0)
	}
	p.mu.Unlock()
	time.Sleep(deafFor)
	for _, l := range links {
		l.client.Close()
		l.server.Close()
	}
	return len(links)
}
