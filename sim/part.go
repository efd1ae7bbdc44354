package sim

import "time"

// A Part is what a lane did under one strategy. A lane has one part, and another one
// for each change of its strategy; changes of other settings begin none.
//
// An update belongs to the part whose strategy its client followed when the update was
// acknowledged. Clients change over between two updates, so an update that was under
// way at the change is still one of the part before.
type Part struct {
	// Strategy is the one that the lane had, Since when it began to have it.
	Strategy string
	Since    time.Duration
	Accounts
	// Strayed counts the lost updates that a write of another part has erased.
	Strayed int64
	// MaxInside is how many clients of the part were inside at once at most. Overlaps,
	// Guarded, Stale and LockEnds count as they do in a [Snapshot], but clients of this part only.
	MaxInside                int
	Overlaps, Guarded, Stale int64
	LockEnds
	// Rewound is how often Redis went back and forgot acknowledged updates during the part.
	Rewound int
	// Verdict judges the updates of the part. A part that is over is stalled or hung if
	// it was when it ended.
	Verdict Verdict
}

// Accounts count updates as [Totals] do, and add up to those over all parts.
type Accounts struct {
	Acked, Kept, Lost, Unknown, Clobbers, Ambiguous, Foreign int64
}

// Accounts are the totals that parts have, too.
func (t Totals) Accounts() Accounts {
	return Accounts{t.Acked, t.Kept, t.Lost, t.Unknown, t.Clobbers, t.Ambiguous, t.Foreign}
}

func (a Accounts) plus(b Accounts) Accounts {
	return Accounts{
		a.Acked + b.Acked, a.Kept + b.Kept, a.Lost + b.Lost, a.Unknown + b.Unknown,
		a.Clobbers + b.Clobbers, a.Ambiguous + b.Ambiguous, a.Foreign + b.Foreign,
	}
}

// Part is the part that the lane is in. Where there has been no other, it is the whole
// lane.
func (s *Snapshot) Part() Part {
	if n := len(s.Parts); n > 1 {
		return s.Parts[n-1]
	}
	return Part{
		Strategy: s.Lane.Strategy, Accounts: s.Accounts(), Verdict: s.Verdict,
		MaxInside: s.MaxInside, Overlaps: s.Overlaps, Guarded: s.Guarded, Stale: s.Stale, LockEnds: s.LockEnds, Rewound: s.Rewound,
	}
}

// Before are the parts before that in which there was an update, oldest first.
func (s *Snapshot) Before() []Part {
	var before []Part
	for _, p := range s.Parts[:max(len(s.Parts)-1, 0)] {
		if p.Acked+p.Unknown > 0 {
			before = append(before, p)
		}
	}
	return before
}

// boardPart is what a board keeps of a part, beside the ledger's accounts.
type boardPart struct {
	strategy                 string
	since                    time.Duration
	inside, maxInside        int
	overlaps, guarded, stale int64
	ends                     LockEnds
	rewound                  int
	contested                bool    // two updates have been under way at once
	ended                    Verdict // Stalled or Hung if it was that when it ended
}

// nextPart begins another part if the lane has another strategy than before.
func (b *Board) nextPart(strategy string, at time.Duration) {
	if b.parts[len(b.parts)-1].strategy == strategy {
		return
	}
	b.parts = append(b.parts, boardPart{strategy: strategy, since: at})
	b.ledger.newPart(strategy)
}

// partsOf are all parts with what became of their updates. The verdict of the last one
// is the lane's.
func (b *Board) partsOf(stood Verdict) []Part {
	parts := make([]Part, len(b.parts))
	for i, p := range b.parts {
		counts := b.ledger.parts[i]
		parts[i] = Part{
			Strategy: p.strategy, Since: p.since, Accounts: counts.Accounts, Strayed: counts.strayed,
			MaxInside: p.maxInside, Overlaps: p.overlaps, Guarded: p.guarded, Stale: p.stale, LockEnds: p.ends, Rewound: p.rewound,
		}
		ended := p.ended
		if i == len(parts)-1 {
			ended = stood
		}
		parts[i].Verdict = p.verdict(counts.Accounts, ended, b.broke == "" || i < len(parts)-1)
	}
	return parts
}

// verdict judges a part by its updates alone: overlaps that lost nothing were luck. One
// that broke has not shown that it is correct.
func (p *boardPart) verdict(a Accounts, stood Verdict, whole bool) Verdict {
	switch {
	case a.Lost > 0 || a.Foreign > 0:
		return Wrong
	case stood != "":
		return stood
	case p.contested && a.Acked > 1 && whole:
		return Correct
	default:
		return Undecided
	}
}
