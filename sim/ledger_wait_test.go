package sim

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// mixed is a lane some of whose clients read and write while others have Redis
// compute, as when its strategy has changed, played on a string as Redis would.
type mixed struct {
	rng      *rand.Rand
	value    string
	executed int
	clobbers int
	sum      time.Duration // of all that were executed
	clients  []mixedClient
	record   func(Event)
}

// mixedClient is what one of them is doing.
type mixedClient struct {
	computes bool
	step     int // 0 idle, 1 read, 2 wrote or asked; its reply is on its way from then on
	latency  time.Duration
	base     string
	reply    *Event // executed, and not recorded
	silent   bool   // the reply is never recorded
}

// next lets a client do one thing: have Redis execute its next command, or record the
// reply of the last. stop keeps it from beginning another update.
func (m *mixed) next(client int, stop bool) {
	c := &m.clients[client]
	switch {
	case c.reply != nil:
		e := *c.reply
		c.reply = nil
		if c.silent {
			e = Event{Client: client, Kind: Unknown}
		}
		m.record(e)
		if e.Kind != Read {
			c.step = 0
		}
	case c.step == 0 && !stop:
		c.step, c.computes, c.silent = 1, m.rng.IntN(2) == 0, false
		c.latency = time.Duration(1 + m.rng.Int64N(1e12))
		m.record(Event{Client: client, Kind: Received, Alert: 1, Latency: c.latency})
		if !c.computes {
			c.base = m.value
			c.reply = &Event{Client: client, Kind: Read, Value: c.base}
			return
		}
		m.record(Event{Client: client, Kind: Requested})
	case c.step == 1:
		c.step = 2
		if c.computes {
			c.base = m.value
		}
		value := averageOf(c.base).Add(c.latency).String()
		c.reply = &Event{Client: client, Kind: Computed, Base: c.base, Value: value}
		if !c.computes {
			m.record(Event{Client: client, Kind: Written, Base: c.base, Value: value})
			c.reply = &Event{Client: client, Kind: Acked, Value: m.value}
			if m.value != c.base {
				m.clobbers++
			}
		}
		m.value = value
		m.executed++
		m.sum += c.latency
	}
}

// play makes a number of steps, and then ends what was begun.
func (m *mixed) play(steps int, silent func() bool) {
	for range steps {
		c := 1 + m.rng.IntN(len(m.clients)-1)
		m.next(c, false)
		if m.clients[c].computes && m.clients[c].reply != nil && silent() {
			m.clients[c].silent = true
		}
	}
	for busy := true; busy; {
		busy = false
		for _, c := range m.rng.Perm(len(m.clients) - 1) {
			m.next(c+1, true)
			busy = busy || m.clients[c+1].reply != nil || m.clients[c+1].step > 0
		}
	}
	m.record(Event{Kind: Read, Value: m.value})
	m.record(Event{Kind: Stopped})
}

// TestLedgerTakesComputedUpdatesAmongOthers: who reads a value that Redis computed may
// be recorded before the one for whom it did. Nothing is a stranger's for that, and
// every update is kept or lost as it was.
func TestLedgerTakesComputedUpdatesAmongOthers(t *testing.T) {
	waited := 0
	for seed := range uint64(3000) {
		rng := rand.New(rand.NewPCG(seed, 8))
		l := newLedger(mostVersions, func(*version, int) {})
		m := &mixed{rng: rng, clients: make([]mixedClient, 2+rng.IntN(6))}
		m.record = func(e Event) {
			l.Apply(e)
			waited += len(l.waiters.queue)
		}
		m.play(rng.IntN(120), func() bool { return false })
		got := l.Totals()
		if got.Acked != int64(m.executed) || got.AckedSum != m.sum || got.Unknown != 0 || got.Foreign != 0 || got.Clobbers != int64(m.clobbers) {
			t.Fatalf("seed %d: %d updates of %v, %d clobbers: %+v", seed, m.executed, m.sum, m.clobbers, got)
		}
		if got.Acked != got.Kept+got.Lost || got.Kept != averageOf(m.value).Count || got.KeptSum != averageOf(m.value).Sum {
			t.Fatalf("seed %d: the value is %s: %+v", seed, m.value, got)
		}
		if n := len(l.waiters.queue) + len(l.waiters.on) + len(l.ahead); n > 0 || slices.ContainsFunc(l.seats, func(s seat) bool { return len(s.waits) > 0 }) {
			t.Fatalf("seed %d: something still waits", seed)
		}
	}
	if waited == 0 {
		t.Error("no value was ever met before it was known: this tests nothing")
	}
}

// TestLedgerFindsComputedUpdatesWithoutRepliesAmongOthers: of some updates that Redis
// computed the reply never comes. Those that were overwritten may stay unknown.
func TestLedgerFindsComputedUpdatesWithoutRepliesAmongOthers(t *testing.T) {
	for seed := range uint64(3000) {
		rng := rand.New(rand.NewPCG(seed, 9))
		l := newLedger(mostVersions, func(*version, int) {})
		m := &mixed{rng: rng, clients: make([]mixedClient, 2+rng.IntN(4)), record: l.Apply}
		silent := 0
		m.play(60, func() bool {
			if silent >= 3 || rng.IntN(12) > 0 {
				return false
			}
			silent++
			return true
		})
		got := l.Totals()
		if got.Acked+got.Unknown != int64(m.executed) || got.Foreign != 0 || got.Unknown > int64(silent) {
			t.Fatalf("seed %d: %d updates, %d without a reply: %+v", seed, m.executed, silent, got)
		}
		if got.Acked != got.Kept+got.Lost || got.Kept != averageOf(m.value).Count || got.KeptSum != averageOf(m.value).Sum {
			t.Fatalf("seed %d: the value is %s: %+v", seed, m.value, got)
		}
	}
}

// TestLedgerDoesNotWaitForAStrangersValue: once all who had Redis compute something
// have their replies, a value that none of them made is a stranger's.
func TestLedgerDoesNotWaitForAStrangersValue(t *testing.T) {
	l := newLedger(mostVersions, func(*version, int) {})
	strange := Average{Sum: 1000, Count: 7}
	for _, e := range []Event{
		{Client: 1, Kind: Received, Latency: 3}, {Client: 1, Kind: Requested},
		{Client: 2, Kind: Received, Latency: 4},
		{Client: 2, Kind: Read, Value: strange.String()},
		{Client: 2, Kind: Written, Base: strange.String(), Value: strange.Add(4).String()},
		{Client: 2, Kind: Acked, Value: strange.String()},
		{Client: 3, Kind: Received, Latency: 5}, {Client: 3, Kind: Requested},
	} {
		l.Apply(e)
	}
	if len(l.waiters.queue) != 1 || l.Totals().Acked != 0 {
		t.Fatalf("%d wait, %+v", len(l.waiters.queue), l.Totals())
	}
	l.Apply(Event{Client: 1, Kind: Computed, Value: Average{}.Add(3).String()})
	if got := l.Totals(); len(l.waiters.queue) != 0 || got.Acked != 2 || got.Foreign == 0 {
		t.Errorf("%d wait, %+v", len(l.waiters.queue), got)
	}
}
