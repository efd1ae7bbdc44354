package sim

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"locktop/sim/nearest"
)

// A Fault is something that is done to a client or to Redis on purpose. What can go
// wrong with a lock goes wrong at certain moments, so a fault waits for one: for a
// client to reach a [Point], for a time, or for nothing.
//
// It is written as [ParseFault] reads it: pause:client=1:at=write:for=900ms.
type Fault struct {
	// Kind is what is done.
	Kind FaultKind
	// Lane is the lane it is done in, from 1; 0 is every lane.
	Lane int
	// Client is the client it is done to, or whose reaching of the point it waits
	// for, from 1; 0 is whichever comes first.
	Client int
	// At is the point it waits for. Without one, a fault of a client strikes with its
	// next command, and one of Redis at once.
	At Point
	// Nth is the how manieth time, from 1, that the point is reached; 0 is 1.
	Nth int
	// After is experiment time that passes before it: from the point on or, without
	// one, from the start of the run.
	After time.Duration
	// For is how long it lasts, or by how much a clock jumps, or how far a replica
	// lags, in experiment time; see [FaultKind].
	For time.Duration
	// Node is which of the lane's Redis servers it is done to, from 1; 0 is all to a
	// client's connections, and the first to restart.
	Node int

	struck *atomic.Bool // it has struck, if anybody wants to know
}

// strikes notes that the fault strikes.
func (f Fault) strikes() {
	if f.struck != nil {
		f.struck.Store(true)
	}
}

// FaultKind is what a fault does.
type FaultKind string

const (
	// Pause stops a client for a time, as a garbage collection does.
	Pause FaultKind = "pause"
	// Crash ends a client: it never sends anything again, and releases nothing.
	Crash FaultKind = "crash"
	// Swallow loses the reply of the client's next command: Redis executes it, and
	// the client never learns that.
	Swallow FaultKind = "swallow"
	// Delay holds the client's next command up on its way to Redis.
	Delay FaultKind = "delay"
	// Cut breaks a client's connections, so that its next command is not executed.
	// With a time, nothing gets through until that has passed.
	Cut FaultKind = "cut"
	// Expire has the lock's lease run out now, on all servers that have it.
	Expire FaultKind = "expire"
	// Jump sets the server's clock forward.
	Jump FaultKind = "jump"
	// Restart kills a server and starts it again, empty. It stays away for as long as
	// the lane says.
	Restart FaultKind = "restart"
	// Failover promotes a replica that has not heard of the last changes: it stops
	// being told when the fault strikes, and takes over after For.
	Failover FaultKind = "failover"
	// Reset frees every lock, whoever holds it, as an application does when it starts
	// to be rid of those that a crash has left behind. See [lock.Lock.Reset].
	Reset FaultKind = "reset"
)

// Point is a moment in a client's update.
type Point string

const (
	AtCommand  Point = "command"  // before any command
	AtTry      Point = "try"      // before a try for the lock
	AtFailed   Point = "failed"   // after a try that failed
	AtWoken    Point = "woken"    // after a waiter has taken a release signal, before it tries again
	AtAcquired Point = "acquired" // after the lock was granted, before the read
	AtRead     Point = "read"     // after the read
	AtWrite    Point = "write"    // after thinking, before the write
	AtRelease  Point = "release"  // before the release
	AtCheck    Point = "check"    // between the check and the deletion of a release that is not atomic
)

var points = []struct {
	point   Point
	explain string
}{
	{AtCommand, "before any command"},
	{AtTry, "before a try for the lock"},
	{AtFailed, "after a try that failed"},
	{AtWoken, "after a waiter has taken a release signal, before it tries again"},
	{AtAcquired, "after the lock was granted, before the read"},
	{AtRead, "after the read"},
	{AtWrite, "after thinking, before the write"},
	{AtRelease, "before the release"},
	{AtCheck, "between the check and the deletion of broken-release"},
}

// Points returns all points, in the order in which an update comes to them.
func Points() []Point {
	all := make([]Point, len(points))
	for i, p := range points {
		all[i] = p.point
	}
	return all
}

// Explain says in one line which moment it is.
func (p Point) Explain() string {
	for _, known := range points {
		if known.point == p {
			return known.explain
		}
	}
	return ""
}

// kindInfo is what there is to say of a kind of faults.
type kindInfo struct {
	kind FaultKind
	// title is one line for the menu, explain one for the list.
	title, explain string
	// client says that it is done to a client, and not to Redis.
	client bool
	// usual is how long it lasts unless told; lasts says that it cannot last 0.
	usual time.Duration
	lasts bool
	// at is where it strikes a client that was picked on the screen.
	at Point
}

var faultKinds = []kindInfo{
	{kind: Pause, client: true, usual: 900 * time.Millisecond, lasts: true, at: AtWrite,
		title: "pause it before its next write", explain: "the client stops for a time, as for a garbage collection"},
	{kind: Crash, client: true, at: AtRead,
		title: "crash it after its next read", explain: "the client ends in mid-air, and releases nothing"},
	{kind: Swallow, client: true, at: AtWrite,
		title: "lose the reply of its next write", explain: "Redis executes the client's next command, and the client never learns that"},
	{kind: Delay, client: true, usual: 300 * time.Millisecond, lasts: true,
		title: "hold up its next command", explain: "the client's next command is held up on its way to Redis"},
	{kind: Cut, client: true, usual: 300 * time.Millisecond,
		title: "cut it off from Redis", explain: "the client's connections break; nothing gets through for a time (for=0s: one command does not)"},
	{kind: Expire,
		title: "have the lease run out now", explain: "the lock's lease runs out at once"},
	{kind: Jump, usual: time.Second, lasts: true,
		title: "set the server's clock forward", explain: "the server's clock jumps ahead, and leases end early"},
	{kind: Restart,
		title: "restart Redis empty", explain: "a server is killed and comes back without data; a lane's setting away=3s keeps it away"},
	{kind: Failover, usual: 200 * time.Millisecond,
		title: "fail over to a replica that lags", explain: "a replica (simulated) stops being told, and takes over after the time"},
	{kind: Reset,
		title: "reset all locks, as at an application's start", explain: "every lock is freed, whoever holds it, as an application does when it starts (reset_all)"},
}

func (k FaultKind) info() (kindInfo, bool) {
	for _, info := range faultKinds {
		if info.kind == k {
			return info, true
		}
	}
	return kindInfo{}, false
}

// FaultKinds returns all kinds of faults.
func FaultKinds() []FaultKind {
	kinds := make([]FaultKind, len(faultKinds))
	for i, info := range faultKinds {
		kinds[i] = info.kind
	}
	return kinds
}

// Title says in one line what the kind does, when picked on the screen.
func (k FaultKind) Title() string {
	info, _ := k.info()
	return info.title
}

// Explain says in one line what the kind does.
func (k FaultKind) Explain() string {
	info, _ := k.info()
	return info.explain
}

// OfClient says that the kind is done to a client, and not to Redis.
func (k FaultKind) OfClient() bool {
	info, _ := k.info()
	return info.client
}

// Usual returns the fault of a kind as it is done to a client that somebody has
// picked, or to Redis: where and for how long it makes its point.
func (k FaultKind) Usual(client int) Fault {
	info, _ := k.info()
	f := Fault{Kind: k, For: info.usual}
	if info.client {
		f.Client, f.At = client, info.at
	}
	return f
}

// ParseFault reads a fault: a kind and, behind colons, client=3, lane=1, at=write,
// nth=2, after=50ms, for=900ms, node=2. A time that is left out is the usual one.
func ParseFault(text string) (Fault, error) {
	s, err := parseSpec(text)
	if err != nil {
		return Fault{}, err
	}
	info, ok := FaultKind(s.name).info()
	if !ok {
		return Fault{}, fmt.Errorf("unknown fault %q%s", s.name, nearest.Hint(s.name, FaultKinds()))
	}
	f := Fault{Kind: info.kind, For: info.usual}
	err = s.apply(map[string]func(string) error{
		"lane":   readCount(&f.Lane, 1, MostLanes),
		"client": readCount(&f.Client, 1, MostClients),
		"nth":    readCount(&f.Nth, 1, 1_000_000_000),
		"node":   readCount(&f.Node, 1, mostNodes),
		"after":  readDuration(&f.After),
		"for":    readDuration(&f.For),
		"at": func(value string) error {
			f.At = Point(value)
			if !slices.Contains(Points(), f.At) {
				return fmt.Errorf("unknown point %q%s", value, nearest.Hint(value, Points()))
			}
			return nil
		},
	})
	return f, errors.Join(err, f.validate())
}

// validate returns an error if the fault makes no sense, wherever it is used.
func (f Fault) validate() error {
	info, ok := f.Kind.info()
	if !ok {
		return fmt.Errorf("unknown fault %q%s", f.Kind, nearest.Hint(string(f.Kind), FaultKinds()))
	}
	switch {
	case f.For >= keyTTL || f.After >= keyTTL:
		return fmt.Errorf("%s: want times of less than %v, for which keys live in Redis", f.Kind, keyTTL)
	case info.lasts && f.For <= 0:
		return fmt.Errorf("%s: for: want a time greater than 0", f.Kind)
	case info.usual == 0 && f.For != 0:
		return fmt.Errorf("%s: it takes no time, so it has no setting for", f.Kind)
	case f.At == "" && f.Nth > 1:
		return fmt.Errorf("%s: nth: there is no point to count, such as at=%s", f.Kind, AtWrite)
	case f.Node > 0 && f.Kind != Cut && f.Kind != Restart:
		return fmt.Errorf("%s: node: only %s and %s are done to one node", f.Kind, Cut, Restart)
	}
	return nil
}

// String returns the fault as [ParseFault] reads it.
func (f Fault) String() string {
	var b strings.Builder
	b.WriteString(string(f.Kind))
	number := func(key string, n int) {
		if n != 0 {
			fmt.Fprintf(&b, ":%s=%d", key, n)
		}
	}
	number("lane", f.Lane)
	number("client", f.Client)
	if f.At != "" {
		fmt.Fprintf(&b, ":at=%s", f.At)
	}
	number("nth", f.Nth)
	if f.After != 0 {
		fmt.Fprintf(&b, ":after=%v", f.After)
	}
	if info, _ := f.Kind.info(); f.For != 0 || info.usual != 0 {
		fmt.Fprintf(&b, ":for=%v", f.For)
	}
	number("node", f.Node)
	return b.String()
}

// joined lists names.
func joined[S ~string](names []S) string {
	words := make([]string, len(names))
	for i, name := range names {
		words[i] = string(name)
	}
	return strings.Join(words, ", ")
}
