package sim

import (
	"fmt"
	"strconv"
	"strings"
)

// A Move is one thing that can happen next in an [Arena].
type Move struct {
	Kind MoveKind
	// Client is whose command it is, or who crashes, from 1.
	Client int
	// Node is the server that the command goes to, from 1; 0 where the client's
	// next command goes to only one.
	Node int
}

// MoveKind says what happens.
type MoveKind uint8

const (
	// Send lets a client's next command through, and the client come to the next.
	Send MoveKind = iota + 1
	// Expiry lets time pass until the lock's lease has run out.
	Expiry
	// Kill crashes a client: it never sends anything again.
	Kill
)

// String writes a move as in a schedule: 2 for the next command of client 2, 2/3 for
// that to server 3, e for the end of a lease, x2 for a crash of client 2.
func (m Move) String() string {
	switch m.Kind {
	case Expiry:
		return "e"
	case Kill:
		return "x" + strconv.Itoa(m.Client)
	}
	if m.Node > 0 {
		return fmt.Sprintf("%d/%d", m.Client, m.Node)
	}
	return strconv.Itoa(m.Client)
}

// ParseMove reads what [Move.String] writes.
func ParseMove(s string) (Move, error) {
	if s == "e" {
		return Move{Kind: Expiry}, nil
	}
	m := Move{Kind: Send}
	rest, kill := strings.CutPrefix(s, "x")
	if kill {
		m.Kind = Kill
	}
	client, node, to := strings.Cut(rest, "/")
	var err error
	if m.Client, err = strconv.Atoi(client); err == nil && to && !kill {
		m.Node, err = strconv.Atoi(node)
	}
	if err != nil || m.Client < 1 || (to && (kill || m.Node < 1)) {
		return Move{}, fmt.Errorf("move %q: want 2 (the next command of client 2), 2/3 (that to server 3), e (a lease ends) or x2 (client 2 crashes)", s)
	}
	return m, nil
}
