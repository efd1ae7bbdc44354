package audit_test

import (
	"time"

	"locktop/sim"
)

// An eraser is who took an update off the value.
type eraser int

const (
	nobody  eraser = -1 // it is not lost
	itself  eraser = -2 // Redis went back
	unknown eraser = 0  // nobody can know
	// Clients count from 1.
)

// An update is which alert a client has added to the value.
type update struct{ client, alert int }

// An account is what the log says became of the updates.
type account struct {
	acked, kept, lost, unknown, clobbers int64
	ackedSum, keptSum                    time.Duration
	redis                                string
	erasers                              map[update]eraser // of every known update
	clients                              map[int]*sim.Tally
	gaps                                 bool                      // a reply is missing, or Redis went back
	cautious                             int64                     // erasers that the program says are unknown, and the log tells
	explained                            bool                      // some order explains the log
	whole                                bool                      // all orders were looked at
	rewound                              struct{ least, most int } // how often Redis forgot updates
}

// accountOf computes it.
func accountOf(s *story) *account {
	a := &account{erasers: map[update]eraser{}, clients: map[int]*sim.Tally{}}
	bases, samples, made := map[string]string{}, map[string]time.Duration{}, map[string]update{}
	a.gaps = len(s.rewinds) > 0
	for _, w := range s.writes {
		a.gaps = a.gaps || w.replied == never
		if a.clients[w.client] == nil {
			a.clients[w.client] = &sim.Tally{}
		}
		if !w.known() {
			a.unknown++
			continue
		}
		a.acked++
		a.ackedSum += w.latency
		a.clients[w.client].Acked++
		if w.told && w.found != w.base {
			a.clobbers++
		}
		bases[w.value], samples[w.value], made[w.value] = w.base, w.latency, update{w.client, w.alert}
	}
	orders, whole := s.orders()
	a.whole, a.explained = whole, len(orders) > 0
	for i, steps := range orders {
		n := forgetting(steps, bases)
		if a.rewound.most = max(a.rewound.most, n); i == 0 || n < a.rewound.least {
			a.rewound.least = n
		}
		a.redis = ""
		if n := len(steps); n > 0 {
			a.redis = steps[n-1].value
		}
		for value, by := range erasers(steps, bases) {
			if before, ok := a.erasers[made[value]]; i > 0 && ok && before != by {
				by = unknown
			}
			a.erasers[made[value]] = by
		}
	}
	for value := a.redis; value != ""; value = bases[value] {
		a.kept++
		a.keptSum += samples[value]
	}
	a.lost = a.acked - a.kept
	for _, w := range s.writes {
		if by, ok := a.erasers[update{w.client, w.alert}]; ok && by == nobody && w.known() {
			a.clients[w.client].Kept++
		} else if w.known() {
			a.clients[w.client].Lost++
			if by > 0 && a.clients[int(by)] != nil {
				a.clients[int(by)].Erased++
			}
		}
	}
	return a
}

// erasers follows the chain: whoever is an ancestor of the value before a step and not
// of that after it was erased there. One that comes back may be erased again.
func erasers(steps []step, bases map[string]string) map[string]eraser {
	by := map[string]eraser{}
	value := ""
	for _, st := range steps {
		now := map[string]bool{}
		for v := st.value; v != ""; v = bases[v] {
			now[v] = true
		}
		for v := value; v != ""; v = bases[v] {
			switch {
			case now[v]:
			case st.write == nil:
				by[v] = itself
			case st.gap:
				by[v] = unknown
			default:
				by[v] = eraser(st.write.client)
			}
		}
		for v := range now {
			by[v] = nobody
		}
		value = st.value
	}
	return by
}
