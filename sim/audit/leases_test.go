package audit_test

import (
	"time"

	"locktop/sim"
)

// A hold is a lock that a client was granted, from the grant to the next one.
type hold struct {
	until   time.Duration // the end of its lease; 0 is never
	kept    time.Duration // up to when it certainly was not released; 0 is up to the end of the log
	sent    bool          // its release is on its way, or done
	dead    bool          // its holder has crashed
	reset   bool          // a reset took it
	forgot  bool          // Redis lost it
	counted bool          // its lease has run out, while it was kept
}

// ranOut tells whether the lease ended by a time up to which the lock was kept.
func (h *hold) ranOut(by time.Duration) bool {
	if h.kept > 0 {
		by = min(by, h.kept)
	}
	return !h.reset && !h.forgot && h.until > 0 && h.until <= by
}

// endsOf counts how locks ended, by the holds that the log tells of.
func endsOf(events []sim.Event) sim.LockEnds {
	var ends sim.LockEnds
	holds := map[int]*hold{}
	down := false
	close := func(h *hold, by time.Duration) {
		if h.ranOut(by) && !h.counted {
			h.counted = true
			ends.Expired++
			if h.dead {
				ends.Orphaned++
			}
		}
	}
	for _, e := range events {
		for _, h := range holds {
			if h.kept == 0 {
				close(h, e.At)
			}
		}
		h := holds[e.Client]
		fault, err := sim.ParseFault(e.Text)
		switch {
		case e.Kind == sim.Granted:
			holds[e.Client] = &hold{}
			if e.Lease > 0 {
				holds[e.Client].until = e.At + e.Lease
			}
		case e.Kind == sim.Disconnected, e.Kind == sim.Reconnected:
			down = e.Kind == sim.Disconnected
		case e.Kind == sim.Rewound && down:
			for _, h := range holds {
				h.forgot = h.forgot || !h.dead && !h.counted && (h.until == 0 || h.until > e.At)
			}
		case e.Kind == sim.Faulted && err == nil && e.Lease > 0:
			gone := fault.Kind == sim.Reset || fault.Kind == sim.Restart || fault.Kind == sim.Failover
			for _, h := range holds {
				switch before := h.until == 0 || h.until > e.At; {
				case h.reset || h.forgot:
				case gone && before && fault.Kind == sim.Reset:
					h.reset = true
				case gone && before:
					h.forgot = true
				case !gone && h.until > 0:
					h.until = max(h.until-e.Lease, 1)
				}
			}
		}
		if h == nil {
			continue
		}
		stopped := err == nil && (fault.Kind == sim.Pause || fault.Kind == sim.Crash) && (fault.At == sim.AtRelease || fault.At == sim.AtCheck)
		switch {
		case e.Kind == sim.Released:
			h.sent, h.kept = true, e.At
		case e.Kind == sim.Faulted && h.sent && stopped && !h.counted:
			h.kept = 0
		case e.Kind == sim.Resumed && h.sent:
			h.kept = e.At
		case e.Kind == sim.Crashed:
			h.dead = true
		case e.Kind == sim.Received:
			delete(holds, e.Client)
		case e.Kind == sim.Expired:
			switch {
			case h.counted:
			case h.reset:
				ends.Disowned++
			case h.forgot:
				ends.LocksForgotten++
			case h.until > 0 && h.until <= e.At:
				ends.Expired++
			default:
				ends.LocksGone++
			}
			delete(holds, e.Client)
		}
	}
	return ends
}

// forgetting counts the steps by which Redis itself took updates off the value.
func forgetting(steps []step, bases map[string]string) int {
	n, value := 0, ""
	for _, st := range steps {
		left := map[string]bool{}
		for v := st.value; v != ""; v = bases[v] {
			left[v] = true
		}
		for v := value; st.write == nil && v != ""; v = bases[v] {
			if !left[v] {
				n++
				break
			}
		}
		value = st.value
	}
	return n
}
