package sim

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// script is a schedule of unlocked clients: each number is a client's next
// command, first its GET and then its SET.
type script []int

// orders lists every order of the commands of n clients with two commands each.
func orders(n int) []script {
	var all []script
	left := make([]int, n+1)
	for c := 1; c <= n; c++ {
		left[c] = 2
	}
	var extend func(s script)
	extend = func(s script) {
		if len(s) == 2*n {
			all = append(all, slices.Clone(s))
			return
		}
		for c := 1; c <= n; c++ {
			if left[c] > 0 {
				left[c]--
				extend(append(s, c))
				left[c]++
			}
		}
	}
	extend(nil)
	return all
}

// truth is brute force: every value carries the set of updates in it.
type truth struct {
	final    string
	lost     []int // clients whose update is not in the final value
	killers  map[int]int
	clobbers int
}

// play runs a schedule on a string, as Redis would, and returns the events of
// the clients in the order they happened and what brute force says of them.
func play(s script, latency func(client int) time.Duration) ([]Event, truth) {
	var (
		value   string
		in      = map[string][]int{"": nil}
		base    = map[int]string{}
		hasGet  = map[int]bool{}
		events  []Event
		written []int
		t       = truth{killers: map[int]int{}}
		now     time.Duration
	)
	add := func(e Event) {
		now += time.Millisecond
		e.At = now
		events = append(events, e)
	}
	for _, c := range s {
		if !hasGet[c] {
			hasGet[c] = true
			base[c] = value
			add(Event{Kind: Received, Client: c, Alert: 1, Latency: latency(c)})
			add(Event{Kind: Read, Client: c, Value: value})
			continue
		}
		avg, err := ParseAverage(base[c])
		if err != nil {
			panic(err)
		}
		next := avg.Add(latency(c)).String()
		add(Event{Kind: Written, Client: c, Base: base[c], Value: next})
		add(Event{Kind: Acked, Client: c, Base: base[c], Value: value})
		if value != base[c] {
			t.clobbers++
		}
		in[next] = append(slices.Clone(in[base[c]]), c)
		value = next
		written = append(written, c)
		for _, w := range written {
			if slices.Contains(in[value], w) {
				delete(t.killers, w)
			} else if _, dead := t.killers[w]; !dead {
				t.killers[w] = c
			}
		}
	}
	for _, w := range written {
		if !slices.Contains(in[value], w) {
			t.lost = append(t.lost, w)
		}
	}
	slices.Sort(t.lost)
	t.final = value
	return events, t
}

// fold applies the events, and what a lane does at its end: read the value.
func fold(events []Event, final string) *Ledger {
	l := newLedger(1<<10, func(*version, int) {})
	for _, e := range events {
		l.Apply(e)
	}
	l.Apply(Event{Kind: Read, Value: final})
	l.Apply(Event{Kind: Stopped})
	return l
}

// agree checks a ledger against brute force.
func agree(t *testing.T, name string, l *Ledger, clients int, want truth) {
	t.Helper()
	got := l.Totals()
	if got.Acked != int64(clients) || got.Lost != int64(len(want.lost)) || got.Kept != got.Acked-got.Lost {
		t.Fatalf("%s: %+v, brute force lost %v of %d", name, got, want.lost, clients)
	}
	if got.Clobbers != int64(want.clobbers) {
		t.Fatalf("%s: %d clobbers, want %d", name, got.Clobbers, want.clobbers)
	}
	if head := l.Head(); head.Count != got.Kept || head.Sum != got.KeptSum {
		t.Fatalf("%s: head %+v does not hold the %d kept updates of %v", name, head, got.Kept, got.KeptSum)
	}
	var kept, lost int64
	for c := 1; c <= clients; c++ {
		kept, lost = kept+l.Tally(c).Kept, lost+l.Tally(c).Lost
		if gone := slices.Contains(want.lost, c); gone != (l.Tally(c).Lost == 1) {
			t.Fatalf("%s: client %d: %+v, brute force says lost: %v", name, c, l.Tally(c), gone)
		}
	}
	if kept != got.Kept || lost != got.Lost {
		t.Fatalf("%s: clients kept %d and lost %d, the tree says %+v", name, kept, lost, got)
	}
	for victim, killer := range want.killers {
		v := lastLossOf(l, victim)
		if v.Killer.Client != killer {
			t.Fatalf("%s: client %d erased by %d, brute force says by %d", name, victim, v.Killer.Client, killer)
		}
	}
}

func lastLossOf(l *Ledger, client int) (last Loss) {
	for _, loss := range l.Losses(recentLosses) {
		if loss.Victim.Client == client {
			last = loss
		}
	}
	return last
}

// distinct gives every client another latency.
func distinct(client int) time.Duration {
	return time.Duration(client)*10*time.Millisecond + time.Duration(1<<client)*time.Nanosecond
}

func TestLedgerAgreesWithBruteForceOnEveryOrder(t *testing.T) {
	for _, want := range []struct {
		clients, orders, losing int
		lose                    map[int]int
		differ                  int // orders in which clobbers and losses differ
	}{
		{clients: 1, orders: 1, lose: map[int]int{0: 1}},
		{clients: 2, orders: 6, losing: 4, lose: map[int]int{0: 2, 1: 4}},
		{clients: 3, orders: 90, losing: 84, lose: map[int]int{0: 6, 1: 36, 2: 48}, differ: 24},
		{clients: 4, orders: 2520, losing: 2496, differ: -1},
	} {
		lose, losing, differ := map[int]int{}, 0, 0
		all := orders(want.clients)
		for _, s := range all {
			events, truth := play(s, distinct)
			agree(t, fmt.Sprint(s), fold(events, truth.final), want.clients, truth)
			lose[len(truth.lost)]++
			if len(truth.lost) > 0 {
				losing++
			}
			if truth.clobbers != len(truth.lost) {
				differ++
			}
		}
		if len(all) != want.orders || losing != want.losing {
			t.Errorf("%d clients: %d of %d orders lose, want %d of %d", want.clients, losing, len(all), want.losing, want.orders)
		}
		for n, count := range want.lose {
			if lose[n] != count {
				t.Errorf("%d clients: %d orders lose %d, want %d", want.clients, lose[n], n, count)
			}
		}
		if want.differ >= 0 && differ != want.differ {
			t.Errorf("%d clients: clobbers and losses differ in %d orders, want %d", want.clients, differ, want.differ)
		}
	}
}

// TestLedgerTakesRepliesInAnyOrder delays every reply by a random number of
// events, as goroutines do between a reply and its record.
func TestLedgerTakesRepliesInAnyOrder(t *testing.T) {
	for seed := range uint64(3000) {
		rng := rand.New(rand.NewPCG(seed, 1))
		clients := 2 + rng.IntN(6)
		events, truth := play(shuffled(rng, clients), distinct)
		l := fold(delayReplies(rng, events), truth.final)
		agree(t, fmt.Sprint("seed ", seed), l, clients, truth)
	}
}

func shuffled(rng *rand.Rand, clients int) script {
	var s script
	for c := 1; c <= clients; c++ {
		s = append(s, c, c)
	}
	rng.Shuffle(len(s), func(i, j int) { s[i], s[j] = s[j], s[i] })
	return s
}

// delayReplies moves Acked events to a later place, the last event of each
// client being its reply.
func delayReplies(rng *rand.Rand, events []Event) []Event {
	events = slices.Clone(events)
	for i := len(events) - 1; i >= 0; i-- {
		if e := events[i]; e.Kind == Acked {
			to := min(len(events)-1, i+rng.IntN(10))
			copy(events[i:to], events[i+1:to+1])
			events[to] = e
		}
	}
	return events
}

// TestLedgerSettlesUnknownWrites drops replies at random: the writes that turn
// up in the tree must be counted, and the equation must hold in every case.
func TestLedgerSettlesUnknownWrites(t *testing.T) {
	settled := 0
	for seed := range uint64(5000) {
		rng := rand.New(rand.NewPCG(seed, 2))
		clients := 2 + rng.IntN(6)
		events, truth := play(shuffled(rng, clients), distinct)
		dropped := map[int]bool{}
		for i, e := range events {
			if e.Kind == Acked && rng.IntN(3) == 0 {
				events[i].Kind, events[i].Value, events[i].Base = Unknown, "", ""
				dropped[e.Client] = true
			}
		}
		l := fold(delayReplies(rng, events), truth.final)
		got := l.Totals()
		if got.Acked+got.Unknown != int64(clients) || got.Kept+got.Lost != got.Acked {
			t.Fatalf("seed %d: %+v of %d clients", seed, got, clients)
		}
		for c := 1; c <= clients; c++ {
			tally := l.Tally(c)
			if !dropped[c] && tally.Acked != 1 {
				t.Fatalf("seed %d: client %d was told, but is not counted", seed, c)
			}
			if tally.Acked == 0 {
				continue
			}
			if dropped[c] {
				settled++
			}
			if gone := slices.Contains(truth.lost, c); gone != (tally.Lost == 1) {
				t.Fatalf("seed %d: client %d: %+v, brute force says lost: %v\n%v", seed, c, tally, gone, events)
			}
		}
	}
	if settled == 0 {
		t.Fatal("no unknown write was ever settled")
	}
}

func TestLedgerForgetsOldVersionsButNoTotals(t *testing.T) {
	const limit, writes = 64, 5000
	l := newLedger(limit, func(*version, int) {})
	value := ""
	write := func(c int, base string) {
		avg, _ := ParseAverage(base)
		next := avg.Add(time.Duration(len(l.window)+1) * time.Microsecond).String()
		l.Apply(Event{Kind: Written, Client: c, Base: base, Value: next})
		l.Apply(Event{Kind: Acked, Client: c, Base: base, Value: value})
		value = next
	}
	l.Apply(Event{Kind: Received, Client: 2, Latency: time.Microsecond})
	write(2, "")
	stale := value
	l.Apply(Event{Kind: Read, Client: 2, Value: stale})
	for range writes {
		l.Apply(Event{Kind: Read, Client: 1, Value: value})
		write(1, value)
	}
	if n := len(l.known); n > 2*limit+2 {
		t.Fatalf("%d versions in memory, the window holds %d", n, limit)
	}
	if got := l.Totals(); got.Lost != 0 || got.Kept != writes+1 {
		t.Fatalf("before the stale write: %+v", got)
	}
	write(2, stale) // a client that slept through all of it
	if got := l.Totals(); got.Acked != writes+2 || got.Kept != 2 || got.Lost != writes {
		t.Fatalf("after the stale write: %+v", got)
	}
	if n := len(l.losses); n == 0 || n > 2*recentLosses {
		t.Fatalf("%d losses in memory", n)
	}
}

func TestLedgerExplainsOnlyTheLatestOfManyLosses(t *testing.T) {
	const writes = 3 * recentLosses
	l := newLedger(4*writes, func(*version, int) {})
	value, avg := "", Average{}
	for i := range writes {
		avg = avg.Add(time.Duration(i + 1))
		l.Apply(Event{Kind: Received, Client: 1, Alert: i, Latency: time.Duration(i + 1)})
		l.Apply(Event{Kind: Written, Client: 1, Base: value, Value: avg.String()})
		l.Apply(Event{Kind: Acked, Client: 1, Value: value})
		value = avg.String()
	}
	l.Apply(Event{Kind: Received, Client: 2, Latency: time.Hour})
	l.Apply(Event{Kind: Written, Client: 2, Value: Average{}.Add(time.Hour).String()})
	l.Apply(Event{Kind: Acked, Client: 2, Value: value})
	if got := l.Totals(); got.Lost != writes || got.Kept != 1 || l.Tally(2).Erased != writes {
		t.Fatalf("%+v, the eraser has %+v", got, l.Tally(2))
	}
	losses := l.Losses(10)
	if last := losses[len(losses)-1]; len(losses) != 10 || len(l.losses) > 2*recentLosses || last.Number != writes || last.Killer.Client != 2 {
		t.Fatalf("%d losses in memory, the last is %+v", len(losses), last)
	}
}

func TestLedgerNoticesStrangers(t *testing.T) {
	for name, c := range map[string]struct {
		found      string
		lost, kept int64
	}{
		"a stranger overwrote the value": {found: "5.000000:1", lost: 1, kept: 1},
		"the key vanished":               {found: "", lost: 0, kept: 2},
	} {
		l := newLedger(16, func(*version, int) {})
		l.Apply(Event{Kind: Received, Client: 1, Latency: time.Millisecond})
		l.Apply(Event{Kind: Written, Client: 1, Value: "1.000000:1"})
		l.Apply(Event{Kind: Acked, Client: 1})
		base := "1.000000:1"
		if c.found != "" {
			base = c.found
		}
		l.Apply(Event{Kind: Received, Client: 2, Latency: time.Millisecond})
		l.Apply(Event{Kind: Read, Client: 2, Value: base})
		avg, _ := ParseAverage(base)
		l.Apply(Event{Kind: Written, Client: 2, Base: base, Value: avg.Add(time.Millisecond).String()})
		l.Apply(Event{Kind: Acked, Client: 2, Base: base, Value: c.found})
		if got := l.Totals(); got.Foreign != 1 || got.Lost != c.lost || got.Kept != c.kept {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
