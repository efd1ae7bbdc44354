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
	for c := 1; c <= clients; c++ {
		var erased int64
		for _, victim := range want.lost {
			if want.killers[victim] == c {
				erased++
			}
		}
		if got := l.Tally(c).Erased; got != erased {
			t.Fatalf("%s: client %d has erased %d of what is lost, brute force says %d", name, c, got, erased)
		}
	}
	if got.Erased != got.Lost {
		t.Fatalf("%s: %d of %d lost updates were erased by somebody", name, got.Erased, got.Lost)
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

// fate is what becomes of a write and of the news of it.
type fate int

const (
	told          fate = iota // executed, and its client is told so
	replyLost                 // executed, but the reply never comes
	requestLost               // not executed, and no reply comes either
	refused                   // not executed, and its client is told so
	cutAfterwards             // executed, and its client is not there any more to say that the reply never came
	cutBefore                 // not executed, likewise
)

// lossy is a history in which writes and replies get lost, and brute force's
// account of it.
type lossy struct {
	events    []Event
	final     string
	updates   int
	counted   map[int]int // by client: updates that were told, or seen in Redis
	kept      map[int]int // of those, in the final value
	unknown   int         // whose fate nobody can know
	settled   int         // of unknown fate at first, and seen in Redis later
	clobbers  int         // by those who were told
	forgotten int         // unknown and executed, but overwritten before anybody saw it
	rewinds   int         // Redis went back to an earlier value

	erasers map[string]int  // of each lost value: the client whose write erased it last, or 0 if Redis went back
	silent  map[string]bool // values of writes that were executed, and whose clients were not told so
}

// claims checks whom the ledger has erase which update: it may not know, but then a
// reply must be missing, and what it says must be true.
func (h *lossy) claims(l *Ledger) (unknown int, err error) {
	for _, v := range l.History(1 << 10) {
		if v.Client == 0 || v.Kept || !v.Acked {
			continue
		}
		by, lost := h.erasers[v.Value.String()]
		switch {
		case !lost:
			return 0, fmt.Errorf("%v is not lost", v.Value)
		case v.Killer == 0 && !v.Forgotten:
			if unknown++; len(h.silent) == 0 && h.rewinds == 0 {
				return 0, fmt.Errorf("who erased %v is said to be unknown, but all have been told, and of one past", v.Value)
			}
		case v.Killer != by:
			return 0, fmt.Errorf("%v is said to be erased by %d, and was by %d", v.Value, v.Killer, by)
		}
	}
	return unknown, nil
}

// playLossy has every client make some updates, one after the other, in a random
// order, with random accidents. With rewinds, Redis now and then goes back to an
// earlier value, as a replica that lags has it, or to none.
func playLossy(rng *rand.Rand, clients, each int, rewinds bool) lossy {
	type write struct {
		client int
		holds  []int // the writes in its value, itself included
		fate   fate
		seen   bool
	}
	var (
		h      = lossy{counted: map[int]int{}, kept: map[int]int{}}
		writes []*write
		texts  []string           // their values
		of     = map[string]int{} // the write that made a value
		value  string
		base   = map[int]string{}
		done   = map[int]int{}
		inGET  = map[int]bool{}
		gone   = map[int]bool{}
		chain  []string // the values that Redis had, and "back" before one that it went back to
	)
	h.erasers, h.silent = map[string]int{}, map[string]bool{}
	add := func(e Event) {
		e.At = time.Duration(len(h.events)+1) * time.Millisecond
		h.events = append(h.events, e)
	}
	see := func(value string) {
		if i, ok := of[value]; ok {
			writes[i].seen = true
		}
	}
	var order script
	for c := 1; c <= clients; c++ {
		for range 2 * each {
			order = append(order, c)
		}
	}
	rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	past := []string{""}
	for _, c := range order {
		if rewinds && rng.IntN(6) == 0 {
			value = past[rng.IntN(len(past))]
			chain = append(chain, "back", value)
			see(value)
			add(Event{Kind: Rewound, Value: value})
			h.rewinds++
		}
		if gone[c] {
			continue
		}
		number := len(writes)
		latency := time.Duration(c)*10*time.Millisecond + 1<<(c*each+done[c]) // no two sets have the same sum
		if !inGET[c] {
			inGET[c], base[c] = true, value
			see(value)
			add(Event{Kind: Received, Client: c, Alert: done[c] + 1, Latency: latency})
			add(Event{Kind: Read, Client: c, Value: value})
			continue
		}
		w := &write{client: c, holds: []int{number}}
		if i, ok := of[base[c]]; ok {
			w.holds = append(slices.Clone(writes[i].holds), number)
		}
		switch n := rng.IntN(20); {
		case n < 11:
			w.fate = told
		case n < 15:
			w.fate = replyLost
		case n < 17:
			w.fate = requestLost
		case n < 18:
			w.fate = refused
		case n < 19:
			w.fate = cutAfterwards
		default:
			w.fate = cutBefore
		}
		average, err := ParseAverage(base[c])
		if err != nil {
			panic(err)
		}
		next := average.Add(latency).String()
		add(Event{Kind: Written, Client: c, Base: base[c], Value: next})
		found := value
		switch w.fate {
		case told, replyLost, cutAfterwards:
			of[next], value = number, next
			past, chain = append(past, value), append(chain, value)
		}
		if w.fate == replyLost || w.fate == cutAfterwards {
			h.silent[next] = true
		}
		switch w.fate {
		case told:
			see(found)
			if found != base[c] {
				h.clobbers++
			}
			add(Event{Kind: Acked, Client: c, Value: found})
		case replyLost, requestLost:
			add(Event{Kind: Unknown, Client: c})
		case refused:
			add(Event{Kind: Refused, Client: c})
		case cutAfterwards, cutBefore:
			gone[c] = true
		}
		writes, texts = append(writes, w), append(texts, next)
		inGET[c] = false
		done[c]++
	}
	h.final, h.updates = value, len(writes)
	see(value) // the lane reads it at its end
	var now []int
	for i, text := range chain {
		w := (*write)(nil)
		if n, ok := of[text]; ok {
			w = writes[n]
		}
		back := i > 0 && chain[i-1] == "back"
		if text == "back" || w != nil && !back && w.fate != told && !w.seen {
			continue // of what nobody ever saw, nobody can tell what came of it
		}
		before := now
		if now = nil; w != nil {
			now = w.holds
		}
		for _, n := range before {
			value := texts[n]
			if h.erasers[value] = 0; !back {
				h.erasers[value] = w.client
			}
		}
		for _, n := range now {
			delete(h.erasers, texts[n])
		}
	}
	var final []int
	if i, ok := of[value]; ok {
		final = writes[i].holds
	}
	for i, w := range writes {
		switch {
		case w.fate == refused:
			h.updates--
			continue
		case w.fate != told && !w.seen:
			h.unknown++
			if w.fate == replyLost || w.fate == cutAfterwards {
				h.forgotten++
			}
			continue
		case w.fate != told:
			h.settled++
		}
		h.counted[w.client]++
		if slices.Contains(final, i) {
			h.kept[w.client]++
		}
	}
	return h
}

// delayRecords moves what clients note of the replies to a later place, as
// goroutines do between a reply and its record; each client keeps its own order.
func delayRecords(rng *rand.Rand, events []Event) []Event {
	events = slices.Clone(events)
	for i := len(events) - 1; i >= 0; i-- {
		e := events[i]
		switch e.Kind {
		case Read, Acked, Unknown, Refused:
			to := i
			for most := min(len(events)-1, i+rng.IntN(10)); to < most && events[to+1].Client != e.Client; to++ {
				events[to] = events[to+1]
			}
			events[to] = e
		}
	}
	return events
}

// TestLedgerSettlesUnknownWrites loses requests and replies at random: the writes
// that turn up in Redis must be counted, the others must not, and brute force
// must come to the same account of every client.
func TestLedgerSettlesUnknownWrites(t *testing.T) {
	settled, never, forgotten := 0, 0, 0
	for seed := range uint64(5000) {
		rng := rand.New(rand.NewPCG(seed, 2))
		clients, each := 2+rng.IntN(5), 1+rng.IntN(3)
		h := playLossy(rng, clients, each, false)
		events := delayRecords(rng, h.events)
		l := fold(events, h.final)
		got := l.Totals()
		if got.Unknown != int64(h.unknown) || got.Acked != int64(h.updates-h.unknown) {
			t.Fatalf("seed %d: %+v, brute force has %d updates, of them %d unknown\n%v", seed, got, h.updates, h.unknown, events)
		}
		if got.Kept+got.Lost != got.Acked || got.Clobbers != int64(h.clobbers) || got.Foreign != 0 || got.Ambiguous != 0 {
			t.Fatalf("seed %d: %+v, brute force counts %d clobbers\n%v", seed, got, h.clobbers, events)
		}
		if head := l.Head(); head.String() != averageOf(h.final).String() || head.Count != got.Kept || head.Sum != got.KeptSum {
			t.Fatalf("seed %d: the head is %v, Redis has %q, %+v", seed, head, h.final, got)
		}
		for c := 1; c <= clients; c++ {
			tally := l.Tally(c)
			if tally.Acked != int64(h.counted[c]) || tally.Kept != int64(h.kept[c]) || tally.Lost != tally.Acked-tally.Kept {
				t.Fatalf("seed %d: client %d: %+v, brute force says %d kept of %d\n%v", seed, c, tally, h.kept[c], h.counted[c], events)
			}
			got.Erased -= tally.Erased
		}
		unknown, err := h.claims(l)
		if err != nil || l.Totals().Erased+int64(unknown) != got.Lost || got.Erased != 0 {
			t.Fatalf("seed %d: of %+v %d have an unknown eraser: %v\n%v", seed, l.Totals(), unknown, err, events)
		}
		settled, never, forgotten = settled+h.settled, never+h.unknown-h.forgotten, forgotten+h.forgotten
	}
	if settled == 0 || never == 0 || forgotten == 0 {
		t.Fatalf("of the writes without a reply %d were seen, %d overwritten unseen and %d not executed: each must occur", settled, forgotten, never)
	}
}

// TestLedgerFollowsRedisBack has Redis lose data: what it goes back to tells what
// is lost, no client did it, and nobody is taken for a stranger.
func TestLedgerFollowsRedisBack(t *testing.T) {
	lost, late := 0, 0
	for seed := range uint64(5000) {
		rng := rand.New(rand.NewPCG(seed, 3))
		clients, each := 2+rng.IntN(5), 1+rng.IntN(3)
		h := playLossy(rng, clients, each, true)
		events := delayRecords(rng, h.events)
		l := fold(events, h.final)
		got := l.Totals()
		if got.Unknown != int64(h.unknown) || got.Acked != int64(h.updates-h.unknown) || got.Kept+got.Lost != got.Acked {
			t.Fatalf("seed %d: %+v, brute force has %d updates, of them %d unknown\n%v", seed, got, h.updates, h.unknown, events)
		}
		if head := l.Head(); head.String() != averageOf(h.final).String() || head.Count != got.Kept || head.Sum != got.KeptSum {
			t.Fatalf("seed %d: the head is %v, Redis has %q, %+v\n%v", seed, head, h.final, got, events)
		}
		if got.Foreign != 0 {
			t.Fatalf("seed %d: %d strangers\n%v", seed, got.Foreign, events)
		}
		for c := 1; c <= clients; c++ {
			if tally := l.Tally(c); tally.Acked != int64(h.counted[c]) || tally.Kept != int64(h.kept[c]) {
				t.Fatalf("seed %d: client %d: %+v, brute force says %d kept of %d\n%v", seed, c, tally, h.kept[c], h.counted[c], events)
			}
			got.Erased -= l.Tally(c).Erased
		}
		byNobody := int64(0)
		for _, loss := range l.Losses(100) {
			if loss.Forgotten {
				lost++
				byNobody++
			}
		}
		unknown, err := h.claims(l)
		if err != nil || l.Totals().Erased != got.Lost-byNobody-int64(unknown) || l.Totals().Forgotten != byNobody || got.Erased != 0 || got.Clobbers != int64(h.clobbers) {
			t.Fatalf("seed %d: of %+v %d were forgotten and %d have an unknown eraser; %d clobbers: %v\n%v", seed, l.Totals(), byNobody, unknown, h.clobbers, err, events)
		}
		if !slices.Equal(events, h.events) {
			late++
		}
	}
	if lost == 0 || late == 0 {
		t.Fatalf("%d losses by Redis itself and %d runs with late records: both must occur", lost, late)
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
