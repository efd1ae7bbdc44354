package sim

// ledgerPart is what became of the updates of one part of the lane.
type ledgerPart struct {
	strategy string
	from     int64 // the number of the event with which it began
	Accounts
	strayed int64 // of the lost, those erased by a write of another part
}

// newPart takes in that the lane has another strategy from the next event on.
func (l *Ledger) newPart(strategy string) {
	l.parts = append(l.parts, ledgerPart{strategy: strategy, from: l.applied + 1})
}

// partOf is the part of a client that says it works by the strategy of a lane as
// written: the latest with that strategy as of the event with a number.
func (l *Ledger) partOf(lane string, number int64) int {
	strategy := StrategyOf(lane)
	for i := len(l.parts) - 1; i >= 0; i-- {
		if l.parts[i].from <= number && l.parts[i].strategy == strategy {
			return i
		}
	}
	return len(l.parts) - 1
}

// countUnknown counts writes without a reply, of a part.
func (l *Ledger) countUnknown(part int, n int64) {
	l.totals.Unknown += n
	l.parts[part].Unknown += n
}

// strayed tells whether a version was erased by a write of another part.
func (v *version) strayed() bool { return v.culprit > 0 && v.culpritPart != v.part }

// countStrayed counts a lost version by whose write it is lost.
func (l *Ledger) countStrayed(v *version, n int64) {
	if v.strayed() {
		l.parts[v.part].strayed += n
	}
}

// numberLosses numbers the latest losses, which one write has caused, within their
// parts.
func (l *Ledger) numberLosses(n int) {
	if n == 0 {
		return
	}
	var room [8]int64
	lost := room[:0]
	for i := range l.parts {
		lost = append(lost, l.parts[i].Lost)
	}
	for i := range min(n, len(l.losses)) {
		v := l.losses[len(l.losses)-1-i]
		v.number = lost[v.part]
		lost[v.part]--
	}
}

// settleForgotten has the parts account for updates beyond the window, which are not
// counted one by one when a walk leaves it: which of them are kept is known from the
// depth of the head alone. Those that go, or come back, are the latest of them.
func (l *Ledger) settleForgotten() {
	if !l.forgot {
		return
	}
	excess := l.untold - l.head.depth
	for i := range l.parts {
		excess += l.parts[i].Kept
	}
	if excess == 0 {
		return
	}
	goes := excess > 0
	older := make([]int64, len(l.parts)) // of those that are kept, or lost, but should not be
	for i, p := range l.parts {
		older[i] = p.Lost
		if goes {
			older[i] = p.Kept
		}
	}
	for _, v := range l.window {
		if v.kept == goes && v.told && v.client != 0 {
			older[v.part]--
		}
	}
	for i := len(older) - 1; i >= 0; i-- {
		n := max(older[i], 0)
		if goes {
			n = min(n, excess)
		} else {
			n = -min(n, -excess)
		}
		l.parts[i].Kept -= n
		l.parts[i].Lost += n
		excess -= n
	}
}
