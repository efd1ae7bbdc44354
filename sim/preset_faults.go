package sim

import (
	"slices"
	"time"
)

// faulty is a preset's experiment with faults, which it is given as they are
// written. A lane that hangs is soon given up.
func faulty(ill, cured string, clients, alerts int, work, lease time.Duration, faults ...string) Config {
	c := preset(ill, cured, clients, alerts, work, 10*time.Millisecond)
	c.Lease, c.Patience = lease, 2*time.Second
	for _, text := range faults {
		f, err := ParseFault(text)
		if err != nil {
			panic(err)
		}
		c.Faults = append(c.Faults, f)
	}
	return c
}

// spaced has alerts arrive one after the other, each after its latency, in place of
// all at once.
func spaced(c Config, seed uint64, interval time.Duration) Config {
	c.Backlog, c.Interval, c.Seed = false, interval, seed
	return c
}

// loneFirst is a seed by which the first alert reaches client 4 long before the
// other three, which all get it while that is inside.
const loneFirst = 138097

// articlePreset is the story: the average without a lock, and beside it the loop in which
// its clients try for one. The crash and what ends it strike at the same grant, one after
// the other.
var articlePreset = Preset{
	Name:    "article",
	Title:   "the story: an average without a lock, and with one that is tried for in a loop",
	Happens: "Without a lock, late writes erase others. With one, who does not get it asks again at once. Then a client crashes and keeps the lock, which has no lease: nobody gets any further until all locks are reset, as the application does when it starts.",
	Look:    "The lost updates, the flood of tries, the standstill and its end. L shows what the selected client prints.",
	Remedy:  "The lock (spin), and reset_all against what a crash leaves behind. Press X while somebody holds the lock: two are inside, and the holder's release is refused.",
	Config: func() Config {
		c := faulty(none.Name, spinName, 6, 20, 20*time.Millisecond, 0, "crash:lane=2:at=acquired:nth=30", "reset:lane=2:at=acquired:nth=30:after=1500ms")
		c.Retry, c.Patience = 0, 4*time.Second
		return c
	}(),
	holds: func(ill, cured LaneResult) []string {
		return slices.Concat(
			ask(2*ill.Lost > ill.Acked, "none lost %d of %d, want more than half", ill.Lost, ill.Acked),
			ask(cured.Crashed == 1 && cured.Resets == 1 && cured.Reset.Dead, "in the second lane %d crashed, and %d resets freed the lock of c%d", cured.Crashed, cured.Resets, cured.Reset.Holder),
			ask(cured.Finished == cured.Lane.Clients-1, "after the reset %d of %d clients went on to the end", cured.Finished, cured.Lane.Clients-1),
			ask(cured.Lost == 0 && cured.MaxInside == 1, "the second lane lost %d, with at most %d inside", cured.Lost, cured.MaxInside),
			ask(cured.Failures > 5*cured.Acquired, "it failed %d times for %d times that it got the lock", cured.Failures, cured.Acquired))
	},
}

// faultPresets are what pauses, crashes and Redis itself do to locks. They strike
// at named points, so that each comes out the same every time.
var faultPresets = []Preset{
	{
		Name:    "gc-pause",
		Title:   "a holder is paused past its lease and does not know",
		Happens: "A client stops for 900 ms just before its write, as a garbage collection may make it. Its lease of 500 ms ends, others get the lock and write. Then it wakes up and writes what it had computed.",
		Look:    "Two inside, the lease that ran out, and the late ✗. (Whoever has read before it puts back what it erased, and erases it in turn.)",
		Remedy:  "A fence raised with the lock refuses the late write (fenced). Renewing the lease would not help: what renews it is paused as well.",
		Config:  faulty("block", "fenced", 6, 6, 50*time.Millisecond, 500*time.Millisecond, "pause:at=write:nth=3:for=900ms"),
		holds: func(ill, cured LaneResult) []string {
			return append(overlapped(ill), ask(cured.Faults > 0, "nobody was paused under the remedy")...)
		},
	},
	{
		Name:    "dead-holder",
		Title:   "a holder crashes, and its lock has no lease",
		Happens: "A client takes the lock and dies. Nobody releases it, and nothing ever will.",
		Look:    "Everybody waits: the verdict says STALLED at once, and then HUNG.",
		Remedy:  "A lease, after which the lock is free again. (Resetting all locks when the application starts helps too, unless others hold some.)",
		Config:  faulty("block:lease=0s", "block:lease=500ms", 6, 4, 20*time.Millisecond, 0, "crash:at=acquired:nth=3"),
		holds: func(ill, cured LaneResult) []string {
			return append(hangs(ill), ask(cured.Crashed == 1, "%d clients have crashed under the remedy, want 1", cured.Crashed)...)
		},
	},
	{
		Name:    "stolen-release",
		Title:   "a release that is not atomic deletes somebody else's lock",
		Happens: "A client reads that the lock is its own, is held up, and deletes it. Meanwhile the lease has ended and the lock is somebody else's, which is now open to the next one as well.",
		Look:    "Two inside right after a release.",
		Remedy:  "Compare and delete in one script, as the lock does (block).",
		Config: faulty("broken-release", "block", 6, 8, 50*time.Millisecond, 300*time.Millisecond,
			"pause:lane=1:at=check:nth=2:for=500ms", "pause:lane=1:at=check:nth=12:for=500ms", "pause:lane=1:at=check:nth=24:for=500ms",
			"pause:lane=2:at=release:nth=2:for=500ms", "pause:lane=2:at=release:nth=12:for=500ms"),
		holds: func(ill, cured LaneResult) []string {
			return append(overlapped(ill), ask(cured.Overlaps == 0, "two were inside at once %d times under the remedy", cured.Overlaps)...)
		},
	},
	{
		Name:    "lost-wakeup",
		Title:   "a waiter throws its own signal away and sleeps on",
		Happens: "A client fails to get the lock, and before it blocks it deletes old signals. The holder's release came in between: the signal that is deleted was the one it will wait for.",
		Look:    "The lock is free, and a client waits for it: HUNG.",
		Remedy:  "A signal stays until it is taken (block).",
		Once:    true,
		Config:  faulty("broken-wakeup", "block", 2, 1, 100*time.Millisecond, 0, "pause:at=failed:for=300ms"),
		holds: func(ill, cured LaneResult) []string {
			return append(hangs(ill), ask(ill.Crashed == 0, "a client has crashed")...)
		},
	},
	{
		Name:    "swallowed-signal",
		Title:   "the waiter that was woken dies before it takes the lock",
		Happens: "A release wakes one waiter, which crashes before it tries for the lock. The signal is gone with it, and the others sleep without a time limit.",
		Look:    "The lock is free, and a client waits for it: HUNG.",
		Remedy:  "Sleep for a limited time, and then try again (block).",
		Once:    true,
		Config:  faulty("broken-wait", "block", 3, 1, 100*time.Millisecond, 0, "crash:at=woken"),
		holds: func(ill, cured LaneResult) []string {
			return append(hangs(ill), ask(cured.Crashed == 1, "%d clients have crashed under the remedy, want 1", cured.Crashed)...)
		},
	},
	{
		Name:    "clock-jump",
		Title:   "the server's clock jumps past the lease",
		Happens: "While a client is inside, the clock of Redis is set forward by more than a lease: the lock is free at once, although hardly any time has passed.",
		Look:    "The lease that is gone in an instant, and two inside.",
		Remedy:  "A fence refuses the write of the first one (fenced). No lease can be trusted further than the clocks that count it.",
		Config:  faulty("spin", "fenced", 6, 6, 100*time.Millisecond, 300*time.Millisecond, "jump:at=read:nth=3:for=400ms"),
		holds: func(ill, cured LaneResult) []string {
			return append(overlapped(ill), ask(cured.Faults == 1, "the clock has jumped %d times under the remedy, want once", cured.Faults)...)
		},
	},
	{
		Name:    "failover",
		Title:   "a replica takes over that has not heard of the lock",
		Happens: "A client holds the lock when the server dies, and the replica that is promoted (simulated) is 200 ms behind: there the lock is free. The next client walks in.",
		Look:    "Two inside. The same happens to values: with --lanes atomic, updates that were acknowledged vanish.",
		Remedy:  "A store that acknowledges nothing before its replicas have it, as those with consensus do (replica=synced). WAIT only narrows the gap, for Redis may promote a replica that did not answer.",
		Config: spaced(faulty("block", "block:replica=synced", 3, 2, 400*time.Millisecond, 2*time.Second,
			"failover:after=1500ms:for=200ms"), 42, 1500*time.Millisecond),
		holds: func(ill, cured LaneResult) []string {
			return append(overlapped(ill), ask(cured.Faults == 1 && cured.Overlaps == 0,
				"under the remedy %d servers took over and two were inside %d times", cured.Faults, cured.Overlaps)...)
		},
	},
	{
		Name:    "redlock-restart",
		Title:   "a node forgets its vote, and there are two majorities",
		Happens: "A client cannot reach the third of three nodes and has the lock on the other two. One of them restarts empty: now it and the third are a majority for somebody else.",
		Look:    "Two inside, on five votes from three nodes.",
		Remedy:  "A node that has restarted stays away for longer than a lease (away=3s), or keeps its data on disk with every write; and a fence.",
		Config: spaced(faulty("redlock:nodes=3", "redlock:nodes=3:away=3s", 4, 2, 400*time.Millisecond, 2*time.Second,
			"cut:client=4:node=3:for=1s", "restart:client=4:at=acquired:node=2"), loneFirst, 2*time.Second),
		holds: func(ill, cured LaneResult) []string {
			return append(overlapped(ill), ask(cured.Faults > 0 && cured.Overlaps == 0,
				"under the remedy %d things were done and two were inside %d times", cured.Faults, cured.Overlaps)...)
		},
	},
}

// overlapped asks for two inside at once, to the cost of an update.
func overlapped(l LaneResult) []string {
	return append(ask(l.MaxInside > 1 || !l.Lane.Critical, "%s never had two inside at once", l.Lane.Name()),
		ask(l.Lost > 0, "%s lost nothing", l.Lane.Name())...)
}

// hangs asks for clients that wait for ever.
func hangs(l LaneResult) []string {
	return append(ask(l.Verdict == Hung, "%s is %s, want hung", l.Lane.Name(), l.Verdict),
		ask(l.WaitingCount > 0, "nobody waits for the lock of %s", l.Lane.Name())...)
}
