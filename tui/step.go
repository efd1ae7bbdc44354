package tui

import (
	"fmt"

	"locktop/sim"
)

// replyText says in words what the last reply of a lane told its client.
func replyText(s *sim.Snapshot) string {
	e := &s.Reply
	who := clientName(e.Client)
	count := func(value string) string {
		average, err := sim.ParseAverage(value)
		if err != nil {
			return value
		}
		return fmt.Sprintf("n=%d", average.Count)
	}
	switch e.Kind {
	case sim.Read:
		if e.Value == "" {
			return who + ": GET, there is no value yet"
		}
		return fmt.Sprintf("%s: GET, it read %s", who, count(e.Value))
	case sim.Acked:
		if loss, ok := lossBy(s, e); ok {
			return fmt.Sprintf("%s: SET n=%d, and %s's update is lost", who, loss.Killer.Value.Count, clientName(loss.Victim.Client))
		}
		return who + ": SET, it was told OK"
	case sim.Granted:
		return who + ": SET NX, it has the lock"
	case sim.Failed:
		if s.Holder != 0 {
			return fmt.Sprintf("%s: SET NX, but %s has the lock", who, clientName(s.Holder))
		}
		return who + ": SET NX, but the lock is held"
	case sim.Expired:
		switch s.LastRefusal {
		case sim.WasReset:
			return who + ": release, but it is not acquired, for all locks were reset"
		case sim.WasForgotten:
			return who + ": release, but Redis had forgotten the lock"
		case sim.WasGone:
			return who + ": release, but the lock was gone though no lease had ended"
		}
		return who + ": release, but its lease had run out"
	case sim.Unknown:
		return who + ": SET, and no reply came"
	}
	return ""
}

// lossBy returns the update that a write has erased, if there is one.
func lossBy(s *sim.Snapshot, acked *sim.Event) (sim.Loss, bool) {
	for i := len(s.Losses) - 1; i >= 0; i-- {
		if l := s.Losses[i]; l.Killer.Client == acked.Client && l.Killer.AckedAt == acked.At {
			return l, true
		}
	}
	return sim.Loss{}, false
}
