package sim

import (
	"testing"
	"time"
)

func TestTheBoardTellsWhatBecameOfTheHolder(t *testing.T) {
	for _, c := range []struct {
		name   string
		lease  time.Duration
		events []Event
		holder int
		phase  Phase
		lostTo FaultKind
	}{
		{"nothing is done to it", 100 * ms, nil, 1, Holding, ""},
		{"it is paused", 100 * ms, []Event{{Client: 1, Kind: Faulted, Text: "pause:for=900ms"}}, 1, Suspended, ""},
		{"it has crashed", 0, []Event{{Client: 1, Kind: Faulted, Text: "crash"}, {Client: 1, Kind: Crashed}}, 1, Dead, ""},
		{"its lease is ended", 100 * ms, []Event{{Kind: Faulted, Text: "expire", Lease: time.Hour}}, 1, Holding, Expire},
		{"the clock jumps past its lease", 100 * ms, []Event{{Kind: Faulted, Text: "jump:for=1s", Lease: time.Second}}, 1, Holding, Jump},
		{"the clock jumps a little", 100 * ms, []Event{{Kind: Faulted, Text: "jump:for=5ms", Lease: 5 * ms}}, 1, Holding, ""},
		{"Redis forgets a lock without a lease", 0, []Event{{Kind: Faulted, Text: "restart", Lease: time.Hour}}, 1, Holding, Restart},
		{"a node restarts that is not alone", 100 * ms, []Event{{Kind: Faulted, Text: "restart:node=2"}}, 1, Holding, ""},
		{"the replica knows the lock", 100 * ms, []Event{{Kind: Faulted, Text: "failover:for=200ms"}}, 1, Holding, ""},
		{"the next one has it", 100 * ms, []Event{{Kind: Faulted, Text: "restart", Lease: time.Hour}, {Client: 2, Kind: Granted, Lease: 100 * ms}},
			2, Holding, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			events := append([]Event{{Client: 1, Kind: Attempted}, {Client: 1, Kind: Granted, Lease: c.lease}}, c.events...)
			s := boardOf(LaneInfo{Critical: true, Locks: true, Clients: 2, Lease: c.lease}, events...).Snapshot(0, View{})
			if s.Holder != c.holder || s.HolderPhase != c.phase || s.LostTo != c.lostTo {
				t.Errorf("holder %d in phase %d, lost to %q; want %d, %d, %q", s.Holder, s.HolderPhase, s.LostTo, c.holder, c.phase, c.lostTo)
			}
		})
	}
}

// A lane without a lock has no key of a lock that could be forgotten.
func TestRedisIsReplacedInLanesWithoutALock(t *testing.T) {
	for _, text := range []string{"restart:after=20ms", "failover:after=20ms:for=20ms"} {
		f, err := ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		cfg := CompareDefaults()
		cfg.Lanes, cfg.Clients, cfg.Alerts, cfg.Faults = []string{"none", "atomic", "watch"}, 2, 50, []Fault{f}
		for _, l := range race(t, cfg).Lanes {
			if l.Rewound != 1 {
				t.Errorf("%s in %s: rewound %d times, want once", text, l.Lane.Name(), l.Rewound)
			}
		}
	}
}
