package sim

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestLedgerTakesComputedUpdatesInAnyOrder has Redis compute the updates of
// several clients. Their replies are recorded late and out of order, and some
// never come: none is lost, and those without a reply are found in the end.
func TestLedgerTakesComputedUpdatesInAnyOrder(t *testing.T) {
	for seed := range uint64(3000) {
		rng := rand.New(rand.NewPCG(seed, 7))
		clients := 1 + rng.IntN(6)
		l := newLedger(mostVersions, func(*version, int) {})
		var (
			value   Average
			replies = make([]*Event, clients+1) // on their way
			at      time.Duration
			silent  int
		)
		record := func(e Event) {
			at++
			e.At = at
			l.Apply(e)
		}
		updates := 0
		for range 40 {
			c := 1 + rng.IntN(clients)
			if r := replies[c]; r != nil {
				replies[c] = nil
				if silent < mostSilent && rng.IntN(10) == 0 {
					silent++
					record(Event{Client: c, Kind: Unknown})
				} else {
					record(*r)
				}
				continue
			}
			latency := time.Duration(1 + rng.Int64N(1e9))
			record(Event{Client: c, Kind: Received, Alert: 1, Latency: latency})
			record(Event{Client: c, Kind: Requested})
			base := ""
			if value.Count > 0 {
				base = value.String()
			}
			value = value.Add(latency)
			updates++
			replies[c] = &Event{Client: c, Kind: Computed, Base: base, Value: value.String()}
		}
		for _, r := range replies {
			if r != nil {
				record(*r)
			}
		}
		if updates == 0 {
			continue
		}
		record(Event{Kind: Read, Value: value.String()})
		record(Event{Kind: Stopped})
		got := l.Totals()
		if got.Acked != int64(updates) || got.Kept != got.Acked || got.Lost != 0 || got.Unknown != 0 || got.Foreign != 0 || got.Clobbers != 0 {
			t.Fatalf("seed %d: %d updates, %d of them without a reply: %+v", seed, updates, silent, got)
		}
		if got.KeptSum != value.Sum || got.AckedSum != value.Sum || l.Head() != value {
			t.Fatalf("seed %d: the sum is %v, the ledger has %v and %v, head %v", seed, value.Sum, got.KeptSum, got.AckedSum, l.Head())
		}
	}
}

// TestLedgerLeavesComputedUpdatesThatDidNotHappenUnknown: a request that was
// never executed has no reply either.
func TestLedgerLeavesComputedUpdatesThatDidNotHappenUnknown(t *testing.T) {
	l := newLedger(mostVersions, func(*version, int) {})
	first, second := Average{}.Add(3), Average{}.Add(3).Add(5)
	for _, e := range []Event{
		{Client: 1, Kind: Received, Latency: 3}, {Client: 1, Kind: Requested},
		{Client: 2, Kind: Received, Latency: 4}, {Client: 2, Kind: Requested},
		{Client: 3, Kind: Received, Latency: 5}, {Client: 3, Kind: Requested},
		{Client: 1, Kind: Computed, Value: first.String()},
		{Client: 2, Kind: Unknown},
		{Client: 3, Kind: Unknown},
		{Kind: Read, Value: second.String()},
		{Kind: Stopped},
	} {
		l.Apply(e)
	}
	if got := l.Totals(); got.Acked != 2 || got.Kept != 2 || got.Unknown != 1 || got.Foreign != 0 || got.KeptSum != 8 {
		t.Errorf("%+v", got)
	}
}

// TestLedgerNamesStrangersOfComputedUpdates: a value from elsewhere is the base of
// the next update.
func TestLedgerNamesStrangersOfComputedUpdates(t *testing.T) {
	l := newLedger(mostVersions, func(*version, int) {})
	stranger := Average{Sum: 1000, Count: 7}
	for _, e := range []Event{
		{Client: 1, Kind: Received, Latency: 3}, {Client: 1, Kind: Requested},
		{Client: 1, Kind: Computed, Base: stranger.String(), Value: stranger.Add(3).String()},
		{Kind: Read, Value: stranger.Add(3).String()},
		{Kind: Stopped},
	} {
		l.Apply(e)
	}
	if got := l.Totals(); got.Foreign == 0 || got.Acked != 1 {
		t.Errorf("%+v", got)
	}
}
