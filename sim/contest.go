package sim

import "time"

// A Contest is the part of a run in which all clients compete: from the end of the
// warm-up, when they have made so many updates each on average, to the moment the first of
// them has made its last. Before it connections are opened and the queue fills; after
// it there is less and less competition.
type Contest struct {
	// From is its beginning, For how long it lasted.
	From, For time.Duration
	// Acked and Kept count its updates, Commands is what they took.
	Acked, Kept, Commands int64
}

// tallied is how a lane stood at a moment.
type tallied struct {
	at                    time.Duration
	acked, kept, commands int64
}

func (b *Board) tallied() *tallied {
	t := b.ledger.Totals()
	return &tallied{at: b.now, acked: t.Acked, kept: t.Kept, commands: b.commands}
}

// beginContest ends the warm-up, if it is over: how fairly clients are served counts from
// there on.
func (b *Board) beginContest() {
	if !b.lane.Contest || b.began != nil || b.ledger.Totals().Acked < int64(b.lane.Warmup*b.lane.Clients) {
		return
	}
	b.began = b.tallied()
	b.forgetShares()
}

// endContest is called when a client is done.
func (b *Board) endContest() {
	if b.began != nil && b.ended == nil {
		b.ended = b.tallied()
	}
}

// contest is what there was of it; nil if none was asked for or it has not begun.
func (b *Board) contest() *Contest {
	if b.began == nil {
		if b.lane.Contest {
			return &Contest{}
		}
		return nil
	}
	end := b.ended
	if end == nil {
		end = b.tallied()
	}
	from := b.began
	return &Contest{
		From: from.at, For: end.at - from.at,
		Acked: end.acked - from.acked, Kept: end.kept - from.kept, Commands: end.commands - from.commands,
	}
}
