package judge

import (
	"math"
	"time"

	"github.com/anishathalye/porcupine"

	"locktop/sim"
)

// mostUpdates bounds a history. A prefix of a linearizable history is linearizable,
// so what is found in it holds; and a picture of more is for nobody.
const mostUpdates = 10_000

// forever is when an operation ends that has no reply.
const forever = math.MaxInt64

// history is what the clients of one lane did, made from its events.
type history struct {
	lane    sim.LaneInfo
	most    int // updates
	clients []client
	updates []porcupine.Operation // that have a reply
	open    []update              // that never will
	seen    map[string]bool       // the values that somebody was told of
	faults  []sim.Event
	last    time.Duration // the time of the last event
	final   string        // the value that the lane read at its end
	ended   bool          // it has done so
	cut     bool          // there were more updates
}

// client is what one client is doing.
type client struct {
	last    time.Duration // of the last event that it recorded: all that it does now comes after
	read    time.Duration // before its last reading was sent
	latency time.Duration // of its alert
	pending *update
}

// An update is one on its way, or without a reply.
type update struct {
	client   int
	latency  time.Duration
	call     time.Duration
	base     string
	wrote    string
	computed bool // by Redis: base and wrote are not known before its reply
}

func newHistory(lane sim.LaneInfo) *history {
	return &history{lane: lane, most: mostUpdates, seen: map[string]bool{}}
}

// apply takes in an event.
func (h *history) apply(e *sim.Event) {
	if h.cut {
		return
	}
	h.last = e.At
	for e.Client >= len(h.clients) {
		h.clients = append(h.clients, client{})
	}
	c := &h.clients[e.Client]
	switch e.Kind {
	case sim.Received:
		c.latency = e.Latency
	case sim.Read:
		c.read = c.last
		h.seen[e.Value] = true
		if e.Client == 0 {
			h.final, h.ended = e.Value, true
		}
	case sim.Written:
		c.pending = &update{client: e.Client, latency: c.latency, call: c.read, base: e.Base, wrote: e.Value}
	case sim.Requested:
		c.pending = &update{client: e.Client, latency: c.latency, call: e.At, computed: true}
	case sim.Acked:
		h.seen[e.Value] = true
		h.replied(c, e.At)
	case sim.Computed:
		h.seen[e.Base] = true
		if c.pending != nil {
			c.pending.base, c.pending.wrote = e.Base, e.Value
			h.replied(c, e.At)
		}
	case sim.Refused:
		c.pending = nil
	case sim.Unknown, sim.Crashed:
		h.abandon(c)
	case sim.Rewound:
		h.seen[e.Value] = true
		h.faults = append(h.faults, *e)
	case sim.Faulted:
		h.faults = append(h.faults, *e)
	}
	switch e.Kind {
	case sim.Faulted, sim.Resumed, sim.Crashed: // which are not for the client to record
	default:
		c.last = e.At
	}
}

// replied ends a client's update.
func (h *history) replied(c *client, at time.Duration) {
	u := c.pending
	if u == nil {
		return
	}
	c.pending = nil
	h.updates = append(h.updates, porcupine.Operation{
		ClientId: h.row(u.client), Input: input{h.lane.Index, record, u}, Call: int64(u.call),
		Output: output{u.base, u.wrote}, Return: int64(at),
	})
	h.cut = len(h.updates) >= h.most
}

// abandon leaves a client's update without a reply.
func (h *history) abandon(c *client) {
	if c.pending != nil {
		h.open = append(h.open, *c.pending)
		c.pending = nil
	}
}

// row is where a client is in the picture: the lane itself is above its clients.
func (h *history) row(client int) int { return h.lane.Index*(h.lane.Clients+1) + client }

// operations returns the history as Porcupine wants it.
func (h *history) operations() []porcupine.Operation {
	for i := range h.clients {
		h.abandon(&h.clients[i])
	}
	all := append([]porcupine.Operation(nil), h.updates...)
	for i := range h.open {
		u := &h.open[i]
		what := input{h.lane.Index, perhaps, u}
		switch {
		case u.computed:
			what.action = compute
		case h.seen[u.wrote]:
			what.action = record
		}
		all = append(all, porcupine.Operation{
			ClientId: h.row(u.client), Input: what, Call: int64(u.call), Output: output{u.base, u.wrote}, Return: forever,
		})
	}
	end := porcupine.Operation{
		ClientId: h.row(0), Input: input{h.lane.Index, stop, nil}, Output: output{},
		Call: int64(h.last) + 1, Return: int64(h.last) + 1,
	}
	if h.ended && !h.cut {
		end.Input, end.Output = input{h.lane.Index, get, nil}, output{base: h.final}
	}
	return append(all, end)
}
