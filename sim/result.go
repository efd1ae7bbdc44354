package sim

import (
	"fmt"
	"slices"
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
	// Order is what a second judge says of the lane's history; empty if none was asked.
	Order Order
	// Repetitions are the runs of a comparison, of which the snapshot is the sum; nil for
	// a run that was not repeated.
	Repetitions []*Snapshot
}

// An Order is whether one order of a lane's updates explains all that its clients were
// told; see package judge.
type Order string

const (
	// Linearizable: there is such an order.
	Linearizable Order = "linearizable"
	// NotLinearizable: there is none.
	NotLinearizable Order = "not linearizable"
	// OrderUnknown: none was found in the time there was.
	OrderUnknown Order = "unknown"
)

// Result returns the state of the run as of now. The accounts are checked once
// the run is over.
func (e *Experiment) Result() Result {
	r := Result{Config: e.config, Elapsed: e.Elapsed(), Embedded: e.CanPause()}
	r.Config.Speed = e.clock.Speed()
	r.Backend, r.Version = e.Backend()
	return r.WithLanes(e.Snapshots())
}

// WithLanes returns the result with the state of its lanes, and checks the accounts
// of those that are over.
func (r Result) WithLanes(snapshots []*Snapshot) Result {
	r.Lanes = make([]LaneResult, len(snapshots))
	for i, s := range snapshots {
		r.Lanes[i] = judged(*s)
	}
	return r
}

// judged is the result of a lane, as its accounts have it.
func judged(s Snapshot) LaneResult {
	lane := LaneResult{Snapshot: &s}
	s.Parts = slices.Clone(s.Parts)
	if s.Final && s.Stopped { // until then the audit goes on
		lane.Failed = append(checkAccounts(&s), checkReceipts(&s)...)
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
	if n := len(s.Parts); n > 0 {
		s.Parts[n-1].Verdict = s.Verdict
	}
	return lane
}

// checkAccounts compares the ledger's ways of counting.
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
	var parts Accounts
	for _, p := range s.Parts {
		parts = parts.plus(p.Accounts)
		if p.Acked != p.Kept+p.Lost {
			refuse("acked = kept + lost does not hold under %s: %d acked, %d kept, %d lost", p.Strategy, p.Acked, p.Kept, p.Lost)
		}
	}
	if all := s.Accounts(); parts != all {
		refuse("Σ parts = totals does not hold: the parts add up to %+v, the totals are %+v", parts, all)
	}
	return failed
}

// checkReceipts compares the acked samples with the times of sending and
// receipt in Redis, when every alert has been handled by every client, and Redis has
// forgotten none of it. A client that has crashed has noted the receipt of the alert at
// hand, and may have made no update for it, also where it is none of the lane's any more.
func checkReceipts(s *Snapshot) (failed []string) {
	complete := s.Audited && s.Lane.Alerts > 0 && s.Finished == s.Lane.Clients && s.Unknown == 0 && s.Broke == "" && !s.replaced && s.Crashed == 0
	if !complete || s.Receipts == s.True {
		return nil
	}
	return []string{fmt.Sprintf("Σ(received − sent) in Redis is %v over %d receipts, but the %d acked samples add up to %v",
		s.Receipts.Sum, s.Receipts.Count, s.Acked, s.AckedSum)}
}
