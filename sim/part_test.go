package sim

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestPartsAddUpWhateverChanges: in runs with random changes and faults, the parts agree
// with what the log tells by itself. Nothing of the ledger is used for that: the values
// that lead to the last one are followed back, each with the strategy that its client had.
func TestPartsAddUpWhateverChanges(t *testing.T) {
	changed, strayed, wrong, audited := 0, 0, 0, 0
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 13))
		cfg := randomChanges(rng)
		cfg.Seed = seed
		var events []Event
		e := open(t, cfg)
		e.OnEvent(func(_ int, event Event) { events = append(events, event) })
		if err := e.Run(t.Context()); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		l := e.Result().Lanes[0]
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		where := fmt.Sprintf("seed %d: %v %v %v", seed, cfg.Lanes, cfg.Faults, cfg.Changes)
		var sum Accounts
		for _, p := range l.Parts {
			sum = sum.plus(p.Accounts)
			strayed += int(p.Strayed)
			if p.Verdict == Wrong && p.Acked > 0 {
				wrong++
			}
		}
		if all := l.Accounts(); sum != all {
			t.Fatalf("%s: parts add up to %+v, totals are %+v", where, sum, all)
		}
		if len(l.Parts) > 1 {
			changed++
		}
		if l.Verdict != l.Part().Verdict {
			t.Errorf("%s: the lane is %s, its last part %s", where, l.Verdict, l.Part().Verdict)
		}
		audit, whole := auditParts(cfg.LaneInfo(0).Strategy, events, l.Redis.String())
		if whole {
			audited++
		}
		for i, p := range l.Parts {
			if i >= len(audit) {
				t.Fatalf("%s: %d parts, the log tells of %d", where, len(l.Parts), len(audit))
			}
			a := audit[i]
			if p.Strategy != a.strategy || p.Since != a.since || whole && p.Kept != a.kept || p.Acked < a.acked || p.Acked > a.acked+a.unknown {
				t.Errorf("%s: part %d is %+v, the log tells %+v", where, i, p, a)
			}
		}
		replayed := NewBoard(cfg.LaneInfo(0))
		var halfway *Board
		for i, event := range events {
			replayed.Apply(event)
			if i == len(events)/2 {
				halfway = replayed.clone()
			}
		}
		for _, event := range events[len(events)/2+1:] {
			halfway.Apply(event)
		}
		for name, b := range map[string]*Board{"replayed": replayed, "from a copy": halfway} {
			if got := judged(*b.Snapshot(l.At, View{})).Parts; !reflect.DeepEqual(got, l.Parts) {
				t.Errorf("%s: %s the parts are\n%+v\nthey were\n%+v", where, name, got, l.Parts)
			}
		}
	}
	if changed < 40 || strayed == 0 || wrong < 20 || audited < 40 {
		t.Errorf("%d runs with changes, %d followed back whole, %d updates erased by another part, %d parts that lost: this tests too little", changed, audited, strayed, wrong)
	}
}

// randomChanges is a lane whose strategy changes several times, among other changes and
// faults.
func randomChanges(rng *rand.Rand) Config {
	names := []string{"none", "spin", "block", "fair", "watch", "atomic", "fenced", "none", "broken-release"}
	cfg := deterministic(names[rng.IntN(len(names))])
	cfg.Alerts, cfg.Clients, cfg.Work = 10, 3+rng.IntN(5), time.Duration(rng.IntN(40))*ms
	cfg.Interval, cfg.Lease = time.Duration(rng.IntN(20))*ms, time.Duration(rng.IntN(3))*50*ms
	for range 1 + rng.IntN(4) {
		c := Change{Setting: ChangeStrategy, Strategy: names[rng.IntN(len(names))]}
		switch rng.IntN(6) {
		case 0:
			c = Change{Setting: ChangeClients, Clients: 1 + rng.IntN(8)}
		case 1:
			c = Change{Setting: ChangeWork, Time: time.Duration(rng.IntN(40)) * ms}
		}
		if rng.IntN(2) == 0 {
			c.Alert = 1 + rng.IntN(cfg.Alerts)
		} else {
			c.After = time.Duration(1+rng.IntN(400)) * ms
		}
		cfg.Changes = append(cfg.Changes, c)
	}
	for range rng.IntN(4) {
		f := Fault{Kind: []FaultKind{Pause, Crash, Swallow, Delay, Failover, Restart}[rng.IntN(6)]}
		if f.Kind.OfClient() {
			f.At, f.Nth = []Point{AtRead, AtWrite, AtCommand}[rng.IntN(3)], 1+rng.IntN(8)
		} else {
			f.After = time.Duration(1+rng.IntN(400)) * ms
		}
		if f.Kind != Crash && f.Kind != Swallow && f.Kind != Restart {
			f.For = time.Duration(1+rng.IntN(200)) * ms
		}
		cfg.Faults = append(cfg.Faults, f)
	}
	return cfg.WithFittingFaults()
}

// auditedPart is a part as the log tells it.
type auditedPart struct {
	strategy             string
	since                time.Duration
	acked, kept, unknown int64
}

// auditParts follows the values back from the last one. It comes to the first one unless
// Redis has computed a value of which nobody was told.
func auditParts(strategy string, events []Event, last string) (parts []auditedPart, whole bool) {
	parts = []auditedPart{{strategy: strategy}}
	of := map[int]int{} // client → part
	type written struct {
		base string
		part int
	}
	values := map[string]written{}
	for _, e := range events {
		switch {
		case e.Kind == Changed && e.Client == 0:
			if now := StrategyOf(e.Value); now != strategy {
				strategy = now
				parts = append(parts, auditedPart{strategy: now, since: e.At})
			}
		case e.Kind == Changed, e.Kind == Joined:
			for i, p := range parts {
				if p.strategy == StrategyOf(e.Value) {
					of[e.Client] = i
				}
			}
		case e.Kind == Written:
			values[e.Value] = written{e.Base, of[e.Client]}
		case e.Kind == Acked:
			parts[of[e.Client]].acked++
		case e.Kind == Computed:
			parts[of[e.Client]].acked++
			values[e.Value] = written{e.Base, of[e.Client]}
		case e.Kind == Unknown || e.Kind == Crashed:
			parts[of[e.Client]].unknown++
		}
	}
	for last != "" {
		v, ok := values[last]
		if !ok {
			return parts, false
		}
		parts[v.part].kept++
		last = v.base
	}
	return parts, true
}

// TestAVerdictSpeaksOfThePresentPart: what was lost under none is not block's, and a write
// that was under way at the change is still one of none, also when it erases block's.
func TestAVerdictSpeaksOfThePresentPart(t *testing.T) {
	cfg := deterministic("none")
	cfg.Alerts, cfg.Changes = 16, []Change{{Setting: ChangeStrategy, Strategy: "block", Alert: 8}}
	l := race(t, cfg).Lanes[0]
	before, now := l.Parts[0], l.Parts[1]
	if before.Strategy != "none" || before.Verdict != Wrong || before.Lost != l.Lost || before.Overlaps == 0 {
		t.Errorf("before the change: %+v of %+v", before, l.Totals)
	}
	if now.Strategy != "block" || now.Verdict != Correct || l.Verdict != Correct || now.Lost != 0 || now.Acked == 0 || now.Overlaps != 0 || now.MaxInside != 1 {
		t.Errorf("since then: %+v, and the lane is %s", now, l.Verdict)
	}
	for _, loss := range l.Losses {
		if loss.Victim.Part != 0 {
			t.Errorf("a loss of part %d: %+v", loss.Victim.Part, loss)
		}
	}

	for nth := int(before.Acked); nth > 0 && now.Strayed == 0; nth-- { // one of the last writes of none is late
		cfg.Faults = []Fault{{Kind: Delay, At: AtWrite, Nth: nth, For: 500 * ms}}
		l = race(t, cfg).Lanes[0]
		before, now = l.Parts[0], l.Parts[1]
	}
	if now.Verdict != Wrong || l.Verdict != Wrong || now.Lost == 0 || now.Strayed != now.Lost || before.Lost+now.Lost != l.Lost {
		t.Errorf("a write of none came late: before %+v, since %+v", before, now)
	}
	if !slices.ContainsFunc(l.Losses, func(loss Loss) bool {
		return loss.Victim.Part == 1 && loss.Killer.Part == 0 && loss.Number == now.Lost
	}) {
		t.Errorf("no loss is the %d-th of block, by a write of none: %+v", now.Lost, l.Losses)
	}
}

// TestOnlyAnotherStrategyBeginsAPart, no other setting.
func TestOnlyAnotherStrategyBeginsAPart(t *testing.T) {
	cfg := deterministic("spin")
	for _, text := range []string{"clients=8:alert=2", "work=5ms:alert=3", "lease=1s:alert=4", "retry=1ms:alert=5", "strategy=spin:alert=6"} {
		c, err := ParseChange(text)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Changes = append(cfg.Changes, c)
	}
	if l := race(t, cfg).Lanes[0]; len(l.Parts) != 1 || l.ChangeCount != 4 {
		t.Errorf("%d changes, parts %+v", l.ChangeCount, l.Parts)
	}
}

// TestPartsAddUpBeyondTheWindow: a stale write erases, of both parts, more than the ledger
// remembers; and then a write brings what it erased back.
func TestPartsAddUpBeyondTheWindow(t *testing.T) {
	const limit = 32
	l := newLedger(limit, func(*version, int) {})
	l.parts[0].strategy = "none"
	value := ""
	update := func(client int, base string, alert int) string {
		average, _ := ParseAverage(base)
		next := average.Add(time.Duration(alert) * time.Microsecond).String()
		l.Apply(Event{Client: client, Kind: Received, Latency: time.Duration(alert) * time.Microsecond})
		l.Apply(Event{Client: client, Kind: Written, Base: base, Value: next})
		l.Apply(Event{Client: client, Kind: Acked, Value: value})
		return next
	}
	check := func(when string, lost ...int64) {
		t.Helper()
		var sum Accounts
		for i, p := range l.parts {
			sum = sum.plus(p.Accounts)
			if p.Lost != lost[i] || p.Acked != p.Kept+p.Lost {
				t.Errorf("%s: part %d is %+v, want %d lost", when, i, p, lost[i])
			}
		}
		if all := l.Totals().Accounts(); sum != all {
			t.Errorf("%s: parts add up to %+v, totals are %+v", when, sum, all)
		}
	}
	var stale string
	for i := range 400 {
		if i == 250 {
			l.newPart("spin")
			l.Apply(Event{Client: 1, Kind: Changed, Value: "spin"})
		}
		if i == 100 {
			stale = value
			l.Apply(Event{Client: 2, Kind: Read, Value: stale})
		}
		value = update(1, value, i+1)
	}
	check("before", 0, 0)
	first := value
	value = update(2, stale, 1000)
	check("after a stale write", 150, 150)
	for i := range 10 {
		value = update(1, value, 2000+i)
	}
	check("afterwards", 150, 150)
	value = update(3, first, 3000) // by somebody who had read before
	check("it is back", 1, 10)
}

// TestPartsThatDoNotAddUpFailACheck, which the reports print.
func TestPartsThatDoNotAddUpFailACheck(t *testing.T) {
	good := Accounts{Acked: 3, Kept: 2, Lost: 1}
	for want, parts := range map[string][]Part{
		"":                               {{Strategy: "none", Accounts: good}, {Strategy: "spin", Accounts: Accounts{Acked: 4, Kept: 4}}},
		"Σ parts = totals does not hold": {{Strategy: "none", Accounts: good}, {Strategy: "spin", Accounts: Accounts{Acked: 3, Kept: 3}}},
		"acked = kept + lost does not hold under spin: ": {{Strategy: "none", Accounts: good}, {Strategy: "spin", Accounts: Accounts{Acked: 4, Kept: 3}}},
	} {
		s := Snapshot{Final: true, Stopped: true, Totals: Totals{Acked: 7, Kept: 6, Lost: 1}, Redis: Average{Count: 6}, Parts: parts}
		l := judged(s)
		if failed := fmt.Sprint(l.Failed); want == "" && l.Failed != nil || !strings.Contains(failed, want) {
			t.Errorf("%+v: %v, want %q", parts, l.Failed, want)
		}
		if l.Verdict != l.Part().Verdict || want != "" && l.Verdict != Wrong {
			t.Errorf("%+v: the lane is %s, its part %s", parts, l.Verdict, l.Part().Verdict)
		}
	}
}
