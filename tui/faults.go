package tui

import (
	"fmt"
	"slices"
	"strings"

	"locktop/sim"
)

// faultOf is what a key of the fault menu does now.
func (f *Frame) faultOf(k keyed) sim.Fault {
	fault := k.fault.Usual(f.Cursor)
	switch {
	case fault.Kind.OfClient() && f.FaultAt != "":
		fault.At = f.FaultAt
	case fault.At == sim.AtRead && f.strategy(f.Focus).Name == "atomic":
		fault.At = "" // it never reads
	}
	if k.node {
		fault.Node = 2
		if 2 < f.node && f.node <= f.laneInfo(f.Focus).Nodes {
			fault.Node = f.node
		}
	}
	return fault
}

// nextPoint returns the point after the chosen one, or before, at which clients of the focused lane can be struck; "" is
// the usual one of each fault.
func (f *Frame) nextPoint(by int) sim.Point {
	choices := []sim.Point{""}
	for _, at := range sim.Points() {
		if f.Config.CheckFault(sim.Fault{Kind: sim.Crash, Lane: f.Focus + 1, At: at}) == nil {
			choices = append(choices, at)
		}
	}
	i := max(slices.Index(choices, f.FaultAt), 0)
	return choices[(i+by+len(choices))%len(choices)]
}

// nextTime says when a fault strikes that waits for a point.
var nextTime = map[sim.Point]string{
	"": "before its next command", sim.AtCommand: "before its next command", sim.AtTry: "before its next try",
	sim.AtFailed: "after its next failed try", sim.AtWoken: "when it is next woken", sim.AtAcquired: "when it next gets the lock",
	sim.AtRead: "after its next read", sim.AtWrite: "before its next write", sim.AtRelease: "before its next release",
	sim.AtCheck: "between the check and the DEL of its next release",
}

// refusal says why a fault cannot be done now; empty if it can.
func (f *Frame) refusal(fault sim.Fault) string {
	info, s := f.laneInfo(f.Focus), f.snapshot(f.Focus)
	if f.Config.Source.Shared() && (fault.Kind == sim.Restart || fault.Kind == sim.Failover) {
		return "this Redis is not locktop's own: use --redis embedded or spawn"
	}
	if err := f.Config.CheckFault(fault); err != nil {
		return strings.TrimPrefix(err.Error(), string(fault.Kind)+": ")
	}
	if fault.Kind == sim.Expire {
		switch {
		case !info.Locks:
			return f.laneName(f.Focus) + " takes no lock"
		case info.Lease == 0:
			return "this lane's lock has no lease"
		case s != nil && s.Acquired > 0 && s.Lease == 0:
			return "at this speed leases do not run"
		}
	}
	switch {
	case s == nil:
		return ""
	case s.Stopped:
		return "this lane is over: r starts again"
	case !fault.Kind.OfClient():
		return ""
	}
	switch f.phaseOf(fault.Client) {
	case sim.Dead:
		return clientName(fault.Client) + " has crashed: choose another, or r starts again"
	case sim.Done:
		return clientName(fault.Client) + " has handled its last alert: r starts again"
	}
	return ""
}

// phaseOf is what a client of the focused lane is doing, as far as it is in sight.
func (f *Frame) phaseOf(client int) sim.Phase {
	if s := f.snapshot(f.Focus); s != nil {
		if i := client - s.First; i >= 0 && i < len(s.Clients) {
			return s.Clients[i].Phase
		}
	}
	return sim.Idle
}

// doneTo says what a fault does to a client, without when.
var doneTo = map[sim.FaultKind]string{
	sim.Pause: "pause it", sim.Crash: "crash it", sim.Swallow: "lose the reply of a command", sim.Delay: "hold up a command",
	sim.Cut: "cut it off from Redis",
}

// faultWords says in the menu what a fault does.
func (f *Frame) faultWords(fault sim.Fault) string {
	words := fault.Kind.Title()
	switch {
	case f.FaultAt == sim.AtCommand && fault.Kind == sim.Swallow:
		words = "lose the reply of its next command"
	case f.FaultAt == sim.AtCommand && fault.Kind == sim.Delay:
		words = "hold up its next command"
	case fault.Kind.OfClient() && f.FaultAt != "":
		words = doneTo[fault.Kind] + " " + nextTime[fault.At]
	case fault.Kind == sim.Crash && fault.At == "":
		words = "crash it before its next command"
	case fault.Kind == sim.Restart && fault.Node > 0:
		words = fmt.Sprintf("restart node %d of %d empty", fault.Node, f.laneInfo(f.Focus).Nodes)
	case fault.Kind == sim.Restart && f.laneInfo(f.Focus).Nodes > 1:
		words = "restart node 1, which has the average, empty"
	case fault.Kind == sim.Failover && f.replicaIsSynced():
		return "fail over to a replica that is told everything"
	}
	switch fault.Kind {
	case sim.Pause, sim.Delay, sim.Cut:
		words += ", for " + shortDuration(fault.For)
	case sim.Jump:
		words += " by " + shortDuration(fault.For)
	case sim.Failover:
		words += " by " + shortDuration(fault.For)
	}
	return words
}

func (f *Frame) replicaIsSynced() bool {
	return strings.Contains(f.laneInfo(f.Focus).Own, "replica=synced")
}

// promise says in plain words what a fault will do that has just been asked for.
func (f *Frame) promise(fault sim.Fault) string {
	who, lasts := clientName(fault.Client), shortDuration(fault.For)
	when := nextTime[fault.At]
	switch fault.Kind {
	case sim.Pause:
		return fmt.Sprintf("%s will be paused for %s %s", who, lasts, when)
	case sim.Crash:
		return fmt.Sprintf("%s will crash %s", who, when)
	case sim.Swallow:
		if f.FaultAt == "" {
			return fmt.Sprintf("%s will never get the reply to its next write", who)
		}
		if f.FaultAt == sim.AtCommand {
			return fmt.Sprintf("%s will never get the reply to its next command", who)
		}
		return fmt.Sprintf("%s will lose the reply of a command %s", who, when)
	case sim.Delay:
		if f.FaultAt == "" || f.FaultAt == sim.AtCommand {
			return fmt.Sprintf("%s's next command will be held up for %s", who, lasts)
		}
		return fmt.Sprintf("%s will be held up for %s %s", who, lasts, when)
	case sim.Cut:
		if f.FaultAt == "" {
			return fmt.Sprintf("%s will be cut off from Redis for %s", who, lasts)
		}
		return fmt.Sprintf("%s will be cut off from Redis for %s %s", who, lasts, when)
	case sim.Expire:
		return "the lease runs out now, whoever holds the lock"
	case sim.Jump:
		return fmt.Sprintf("the clock of Redis jumps %s ahead", lasts)
	case sim.Restart:
		return f.serverName(fault) + " restarts, empty"
	case sim.Reset:
		return "all locks are reset, whoever holds one"
	case sim.Failover:
		if f.replicaIsSynced() {
			return fmt.Sprintf("in %s a replica takes over, which is told everything", lasts)
		}
		return fmt.Sprintf("in %s a replica takes over, which is told nothing from now on", lasts)
	}
	return ""
}

func (f *Frame) serverName(fault sim.Fault) string {
	if nodes := f.laneInfo(f.Focus).Nodes; nodes > 1 {
		return fmt.Sprintf("node %d of %d", max(fault.Node, 1), nodes)
	}
	return "Redis"
}

// atPoint says where in its update a client was struck.
var atPoint = map[sim.Point]string{
	sim.AtTry: "before a try", sim.AtFailed: "after a failed try", sim.AtWoken: "when it was woken", sim.AtAcquired: "with the lock",
	sim.AtRead: "after its read", sim.AtWrite: "before its write", sim.AtRelease: "before its release",
	sim.AtCheck: "between the check and the DEL of its release",
}

// struck says what a fault of a lane has done, and where; both empty if that is not to be read.
func struck(e *sim.Event, lane sim.LaneInfo) (what, where string) {
	fault, err := sim.ParseFault(e.Text)
	if err != nil {
		return "", ""
	}
	who, lasted, server := clientName(e.Client), shortDuration(fault.For), "Redis"
	if lane.Nodes > 1 {
		server = fmt.Sprintf("node %d", max(fault.Node, 1))
	}
	if at := atPoint[fault.At]; fault.Kind.OfClient() && at != "" {
		where = " " + at
	}
	switch fault.Kind {
	case sim.Pause:
		what = fmt.Sprintf("%s paused for %s", who, lasted)
	case sim.Crash:
		what = who + " crashed"
	case sim.Swallow:
		what, where = "a reply to "+who+" lost", ""
	case sim.Delay:
		what = fmt.Sprintf("a command of %s held up for %s", who, lasted)
	case sim.Cut:
		what, where = who+" cut off from Redis", ""
		if fault.Node > 0 {
			what = fmt.Sprintf("%s cut off from node %d", who, fault.Node)
		}
		if fault.For > 0 {
			where = " for " + lasted
		}
	case sim.Expire:
		what = "the lease was ended"
	case sim.Jump:
		what = fmt.Sprintf("the clock of Redis jumped %s ahead", lasted)
	case sim.Restart:
		what = server + " restarted, empty"
	case sim.Reset:
		what = "all locks reset"
	case sim.Failover:
		what = "a replica took over"
		if !strings.Contains(lane.Own, "replica=synced") {
			where = ", " + lasted + " behind"
		}
	}
	return what, where
}

// resetFrom says from whom the last reset of a lane took the lock, and what that client makes of it: in many words and in few.
func resetFrom(r sim.LockReset) (long, short string) {
	who := clientName(r.Holder)
	switch {
	case !r.Freed:
		return ": the lock was free", ": the lock was free"
	case r.Holder == 0:
		return ": a client was releasing it", ": it was being released"
	case r.Dead:
		return ": " + who + " had crashed with the lock", ": " + who + " had crashed with it"
	case r.Refused:
		return ": " + who + "'s release was refused, not acquired", ": " + who + "'s release was refused"
	}
	return ": " + who + " believes it still has the lock", ": " + who + " still goes on as holder"
}
