package sim

import "slices"

// A Loss is one update that is no longer in the value, with its eraser.
type Loss struct {
	// Victim is the update that vanished, Killer the write after which it was no
	// longer an ancestor of the value: the last one, if it has come back meanwhile.
	// The Killer's client is 0 if that is unknown: the reply which would tell has
	// never come, the value was a stranger's, or the write is no longer remembered.
	Victim, Killer Update
	// Forgotten says that it was no write: Redis itself went back in time, and the
	// Killer is nobody, with the value to which it went back.
	Forgotten bool
	// Number is how many updates of the victim's part were lost when this one was: it
	// was the Number-th.
	Number int64
}

// recentLosses is how many losses the ledger can still explain.
const recentLosses = 256

// Losses returns the most recent losses that were not undone, oldest first and
// at most as many as asked for.
func (l *Ledger) Losses(most int) []Loss {
	var losses []Loss
	for i := len(l.losses) - 1; i >= 0 && len(losses) < most; i-- {
		v := l.losses[i]
		if v.kept || (i < len(l.losses)-1 && slices.Contains(l.losses[i+1:], v)) {
			continue // a stale writer has brought it back, perhaps to be lost again
		}
		loss := Loss{Victim: v.update(), Number: v.number}
		if v.killer != nil {
			loss.Killer, loss.Forgotten = v.killer.update(), v.killer.back
		}
		losses = append(losses, loss)
	}
	slices.Reverse(losses)
	return losses
}

// addLoss appends to the recent losses.
func (l *Ledger) addLoss(v *version) {
	if len(l.losses) >= 2*recentLosses {
		keep := copy(l.losses, l.losses[len(l.losses)-recentLosses:])
		clear(l.losses[keep:])
		l.losses = l.losses[:keep]
	}
	v.number = l.parts[v.part].Lost
	l.everLost++
	l.losses = append(l.losses, v)
}
