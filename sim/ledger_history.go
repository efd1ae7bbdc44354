package sim

// A Version is one value that the shared average has had, with what became of it.
// Versions form a tree, as commits do: the parent of one is the version that its
// writer had read.
type Version struct {
	// Update is the write that made it. Its Client is 0 for a value that was not
	// written by the lane.
	Update
	// Head says that it is the value in Redis, Kept that it is that or an ancestor
	// of it: its update is in the average.
	Head, Kept bool
	// Acked says that its client was told that it happened, or that it was seen in
	// Redis later.
	Acked bool
	// Killer is the client whose write took it off the trunk; 0 is unknown, or nobody:
	// Forgotten says that it was Redis itself, which went back in time.
	Killer    int
	Forgotten bool
	// Parent is the place of its parent in the list; -1 if that is older than the
	// list, or there is none.
	Parent int
}

// History returns the latest versions, at most as many as asked for, newest first
// in the order in which their writes were sent.
func (l *Ledger) History(most int) []Version {
	var recent []*version
	for i := len(l.window) - 1; i >= 0 && len(recent) < most; i-- {
		if v := l.window[i]; v.executed {
			recent = append(recent, v)
		}
	}
	place := make(map[*version]int, len(recent))
	for i, v := range recent {
		place[v] = i
	}
	history := make([]Version, len(recent))
	for i, v := range recent {
		h := Version{Update: v.update(), Head: v == l.head, Kept: v.kept, Acked: v.told, Parent: -1}
		if p, ok := place[v.parent]; ok {
			h.Parent = p
		}
		if v.killer != nil && !v.kept {
			h.Killer, h.Forgotten = v.killer.client, v.killer.back
		}
		history[i] = h
	}
	return history
}
