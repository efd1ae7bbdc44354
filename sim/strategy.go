package sim

import (
	"context"

	"locktop/lock"
)

// A Strategy is one way for a client to add a sample to the average. Each is
// a file of its own that reads like the recipe it teaches.
type Strategy struct {
	// Name is what --lanes calls it.
	Name string
	// Title is one line for lists and headings.
	Title string
	// Explain is a short paragraph for the learner.
	Explain string
	// Locks says whether clients take a lock.
	Locks bool
	// Critical says that what a client does from its read to its write is a
	// critical section, in which no two should be at once. Where Redis checks or
	// computes the update itself, any number may be.
	Critical bool
	// Safe says that no update is lost as long as nothing fails.
	Safe bool
	// Fenced says that late writes are refused, so that overlaps lose nothing.
	Fenced bool
	// Broken says that it is wrong on purpose, to be watched beside its remedy.
	Broken bool
	// Signalled says that its waiters block on the release signal.
	Signalled bool
	// Nodes is how many independent Redis servers it takes.
	Nodes int

	// options are those of the client's lock beside its lease; nil is none.
	options func(c *client) []lock.Option
	// update adds the alert's latency to the average.
	update func(ctx context.Context, c *client, a Alert) error
}

// strategies are all there are, in the order in which they are taught.
var strategies []Strategy

// Only here, for what a client records may be that its lane has another strategy, which
// is looked up among all: as a value that would be a cycle.
func init() {
	strategies = []Strategy{
		none, spin, poll, backoff, block, fair, watch, atomicScript, redlock, fenced, fencedWrite,
		brokenRelease, brokenWakeup, brokenWait,
	}
}

// Strategies returns all strategies, those that are wrong on purpose last.
func Strategies() []Strategy { return strategies }

// StrategyNames returns the names of all strategies.
func StrategyNames() []string {
	names := make([]string, len(strategies))
	for i, s := range strategies {
		names[i] = s.Name
	}
	return names
}

// StrategyNamed returns the strategy with a name.
func StrategyNamed(name string) (Strategy, bool) {
	for _, s := range strategies {
		if s.Name == name {
			return s, true
		}
	}
	return Strategy{}, false
}

// comesTo tells whether clients of the strategy ever come to a point.
func (s Strategy) comesTo(at Point) bool {
	switch at {
	case AtTry, AtFailed, AtAcquired, AtRelease:
		return s.Locks
	case AtWoken:
		return s.Signalled
	case AtCheck:
		return s.Name == brokenReleaseName
	case AtRead:
		return s.Name != atomicScriptName
	}
	return true
}
