package main

import (
	"net"
	"sync"
	"time"
)

// A detour is a way to a server that takes its time, as the network to another machine does.
type detour struct {
	listener net.Listener
	target   string
	delay    time.Duration // each way
	running  sync.WaitGroup

	mu    sync.Mutex
	conns []net.Conn
	over  bool
}

// startDetour makes a round trip to target, by way of the detour's address, last longer by about d. It is good for one
// command after another on each connection; more at once would hold each other up.
func startDetour(target string, d time.Duration) (*detour, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	t := &detour{listener: listener, target: target, delay: d / 2}
	t.running.Go(t.serve)
	return t, nil
}

func (t *detour) addr() string { return t.listener.Addr().String() }

func (t *detour) serve() {
	for {
		near, err := t.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", t.target)
		if err != nil {
			near.Close()
			continue
		}
		if !t.keep(near, far) {
			return
		}
		t.running.Go(func() { t.carry(near, far) })
		t.running.Go(func() { t.carry(far, near) })
	}
}

// keep notes what stop has to close; it closes it itself if that is over.
func (t *detour) keep(conns ...net.Conn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.conns = append(t.conns, conns...)
	if t.over {
		t.closeAll()
	}
	return !t.over
}

// carry ends when either side closes, and closes both.
func (t *detour) carry(from, to net.Conn) {
	defer from.Close()
	defer to.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		time.Sleep(t.delay)
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// stop cuts all connections and waits until nothing of the detour is left.
func (t *detour) stop() {
	t.listener.Close()
	t.mu.Lock()
	t.over = true
	t.closeAll()
	t.mu.Unlock()
	t.running.Wait()
}

func (t *detour) closeAll() {
	for _, conn := range t.conns {
		conn.Close()
	}
}
