package torture

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// An action is what a client does to a lock, or what happens to it by itself.
type action string

const (
	acquires action = "acquires" // waiting for it or not
	releases action = "releases"
	expires  action = "expires" // from some time on it may no longer be the owner's: its lease has run out, or it may have been released
)

// An outcome is what the client was told.
type outcome string

const (
	done    outcome = "done"
	refused outcome = "refused" // to acquire: somebody holds it; to release: somebody else does, or nobody
	passed  outcome = "passed"  // to acquire: refused for the sake of those who wait, or as above
	unknown outcome = "unknown" // no reply: it may have happened at once, at any time later, or never
)

const (
	// forever is the time of return of what has none.
	forever = math.MaxInt64

	// uncertain is the state of a lock whose owner may have given it back, by itself
	// or with a request that had no reply. The next can have it, or be refused.
	uncertain = "?"
)

// An input is an action in the name of an owner. Every acquisition has another.
type input struct {
	action action
	owner  string
}

// lockModel is a lock as its users may think of it. Its state is the owner, "" if
// it is free. What is unknown does what it can at the moment at which it happens;
// if it never happens, that moment is after all others. Whoever does not know
// that he was granted the lock does not keep it, so that is uncertain at once.
var lockModel = porcupine.Model{
	Init: func() any { return "" },
	Step: func(state, in, out any) (bool, any) {
		owner, do, said := state.(string), in.(input), out.(outcome)
		switch {
		case do.action == acquires && said == done:
			return owner == "" || owner == uncertain, do.owner
		case do.action == acquires && said == refused:
			return owner != "", owner
		case do.action == acquires && said == unknown && owner == "":
			return true, uncertain
		case do.action == releases && said == done:
			return owner == do.owner, ""
		case do.action == releases && said == refused:
			return owner != do.owner, owner
		case do.action == expires && owner == do.owner:
			return true, uncertain
		}
		return true, owner
	},
	DescribeOperation: func(in, out any) string {
		do := in.(input)
		return fmt.Sprintf("%s %s: %s", do.owner, do.action, out)
	},
}

// event is one line of a history; a return of 0 is forever.
func event(owner string, do action, said outcome, called, returned int64) porcupine.Operation {
	if returned == 0 {
		returned = forever
	}
	return porcupine.Operation{Input: input{do, owner}, Output: said, Call: called, Return: returned}
}

// lines prints a history, one operation in a line.
func lines(history []porcupine.Operation) string {
	var b strings.Builder
	for _, op := range history {
		returned := "-"
		if op.Return != forever {
			returned = time.Duration(op.Return).String()
		}
		fmt.Fprintf(&b, "%12v %12s  client %d  %s\n", time.Duration(op.Call), returned, op.ClientId,
			lockModel.DescribeOperation(op.Input, op.Output))
	}
	return b.String()
}

func TestModel(t *testing.T) {
	for _, test := range []struct {
		sentence string
		legal    bool
		history  []porcupine.Operation
	}{
		{"one after the other", true, []porcupine.Operation{
			event("a", acquires, done, 1, 2), event("a", releases, done, 3, 4),
			event("b", acquires, done, 5, 6), event("b", releases, done, 7, 8),
		}},
		{"two at once", false, []porcupine.Operation{
			event("a", acquires, done, 1, 2), event("b", acquires, done, 3, 4),
			event("a", releases, done, 5, 6), event("b", releases, done, 7, 8),
		}},
		{"a waiter's call begins while another holds it", true, []porcupine.Operation{
			event("a", acquires, done, 1, 2), event("b", acquires, done, 3, 6), event("a", releases, done, 4, 5),
		}},
		{"one grant for two waiters", false, []porcupine.Operation{
			event("a", acquires, done, 1, 2), event("b", acquires, done, 3, 7), event("c", acquires, done, 3, 7),
			event("a", releases, done, 4, 5),
		}},
		{"refused while somebody holds it", true, []porcupine.Operation{
			event("a", acquires, done, 1, 2), event("b", acquires, refused, 3, 4), event("a", releases, done, 5, 6),
		}},
		{"refused though it is free", false, []porcupine.Operation{
			event("a", acquires, done, 1, 2), event("a", releases, done, 3, 4), event("b", acquires, refused, 5, 6),
		}},
		{"refused though it is free, for the sake of those who wait", true, []porcupine.Operation{
			event("a", acquires, done, 1, 2), event("a", releases, done, 3, 4), event("b", acquires, passed, 5, 6),
		}},
		{"a lease runs out, and the next has it", true, []porcupine.Operation{
			event("a", acquires, done, 1, 2), event("a", expires, unknown, 5, 0), event("b", acquires, done, 3, 7),
			event("a", releases, refused, 8, 9),
		}},
		{"the next has it before the lease can have run out", false, []porcupine.Operation{
			event("a", acquires, done, 1, 2), event("a", expires, unknown, 5, 0), event("b", acquires, done, 3, 4),
		}},
		{"a release is refused that had nothing in its way", false, []porcupine.Operation{
			event("a", acquires, done, 1, 2), event("a", releases, refused, 3, 4),
		}},
		{"a release without a reply has happened", true, []porcupine.Operation{
			event("a", acquires, done, 1, 2), event("a", expires, unknown, 3, 0), event("b", acquires, done, 5, 6),
		}},
		{"a release without a reply has not happened yet, and then has", true, []porcupine.Operation{
			event("a", acquires, done, 1, 2), event("a", expires, unknown, 3, 0), event("b", acquires, refused, 5, 6),
			event("c", acquires, done, 7, 8),
		}},
		{"a release happens before it is asked for", false, []porcupine.Operation{
			event("a", acquires, done, 1, 2), event("b", acquires, done, 3, 4), event("a", expires, unknown, 5, 0),
		}},
		{"an acquisition without a reply keeps others out", true, []porcupine.Operation{
			event("a", acquires, unknown, 1, 0), event("b", acquires, refused, 3, 4),
		}},
		{"an acquisition without a reply happens late", true, []porcupine.Operation{
			event("a", acquires, unknown, 1, 0), event("b", acquires, done, 2, 3), event("b", releases, done, 4, 5),
			event("c", acquires, refused, 6, 7), event("d", acquires, done, 8, 9),
		}},
		{"an acquisition without a reply takes the lock from its holder", false, []porcupine.Operation{
			event("a", acquires, done, 1, 2), event("b", acquires, unknown, 3, 0), event("a", releases, refused, 4, 5),
		}},
		{"and from it another does", false, []porcupine.Operation{
			event("a", acquires, done, 1, 2), event("b", acquires, unknown, 3, 0), event("c", acquires, done, 4, 5),
			event("a", releases, done, 6, 7),
		}},
		{"somebody releases what another holds", false, []porcupine.Operation{
			event("a", acquires, done, 1, 2), event("a", expires, unknown, 3, 0), event("b", acquires, done, 4, 5),
			event("a", releases, done, 6, 7),
		}},
	} {
		if legal := porcupine.CheckOperations(lockModel, test.history); legal != test.legal {
			t.Errorf("%s: legal is %v, want %v", test.sentence, legal, test.legal)
		}
	}
}
