package sim

import (
	"fmt"
	"time"
)

// A Result is what there is to say of a run, at its end or before.
type Result struct {
	// Config is as the run began, but for the speed: what changed in its course is in
	// the lanes' snapshots.
	Config Config
	// Backend is where the Redis of the lanes is, without secrets; Version is
	// what it calls itself.
	Backend, Version string
	// Embedded says that Redis ran inside this program.
	Embedded bool
	// Elapsed is the real time the run took.
	Elapsed time.Duration
	Lanes   []LaneResult
}

// A LaneResult is one lane of a result.
type LaneResult struct {
	*Snapshot
	// Failed lists the checks of the accounts that do not hold; nil when all do.
	Failed []string
	// NeverStruck lists the faults of the configuration for which no client came to
	// their point in time.
	NeverStruck []Fault
}

// Result returns the state of the run as of now. The accounts are checked once
// the run is over.
func (e *Experiment) Result() Result {
	r := Result{Config: e.config, Elapsed: e.Elapsed(), Embedded: e.CanPause()}
	r.Config.Speed = e.clock.Speed()
	r.Backend, r.Version = e.Backend()
	for i, s := range e.Snapshots() {
		lane := LaneResult{Snapshot: s, NeverStruck: e.lanes[i].neverStruck()}
		if s.Final && s.Stopped { // until then the audit goes on
			lane.Failed = append(checkAccounts(s), checkReceipts(s, e.lanes[i].cluster.audited)...)
		}
		switch {
		case len(lane.Failed) > 0:
			s.Verdict = Wrong
		case s.Stopped && !s.Final:
			lane.Failed = []string{"the final value could not be read, so the accounts are unchecked"}
			if s.Verdict == Correct {
				s.Verdict = Undecided
			}
		}
		r.Lanes = append(r.Lanes, lane)
	}
	return r
}

// checkAccounts compares the ledger's three ways of counting.
func checkAccounts(s *Snapshot) (failed []string) {
	refuse := func(format string, args ...any) { failed = append(failed, fmt.Sprintf(format, args...)) }
	if s.Acked != s.Kept+s.Lost {
		refuse("acked = kept + lost does not hold: %d acked, %d kept, %d lost", s.Acked, s.Kept, s.Lost)
	}
	if s.Redis.Count != s.Kept {
		refuse("count = kept does not hold: Redis counts %d, %d updates were kept", s.Redis.Count, s.Kept)
	}
	if s.Redis.Sum != s.KeptSum {
		refuse("sum = Σ latencies of kept does not hold: Redis has %v, the kept updates add up to %v", s.Redis.Sum, s.KeptSum)
	}
	return failed
}

// checkReceipts compares the acked samples with the times of sending and
// receipt in Redis, when every alert has been handled by every client, and Redis has
// forgotten none of it.
func checkReceipts(s *Snapshot, audited Average) (failed []string) {
	complete := s.Lane.Alerts > 0 && s.Finished == s.Lane.Clients && s.Unknown == 0 && s.Broke == "" && s.Rewound == 0
	if !complete || (audited.Count == s.Acked && audited.Sum == s.AckedSum) {
		return nil
	}
	return []string{fmt.Sprintf("Σ(received − sent) in Redis is %v over %d receipts, but the %d acked samples add up to %v",
		audited.Sum, audited.Count, s.Acked, s.AckedSum)}
}
