package sim

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// unclean are the lanes of this process that may have keys in a Redis that outlives it.
var unclean struct {
	sync.Mutex
	lanes []*Lane
}

// leavesKeys notes that the lane may have keys in Redis from now on, until leftNothing.
func (l *Lane) leavesKeys() {
	if !l.server.Shared() {
		return
	}
	unclean.Lock()
	defer unclean.Unlock()
	unclean.lanes = append(unclean.lanes, l)
}

// leftNothing notes that the lane's keys have been removed.
func (l *Lane) leftNothing() {
	unclean.Lock()
	defer unclean.Unlock()
	unclean.lanes = slices.DeleteFunc(unclean.lanes, func(o *Lane) bool { return o == l })
}

// Remains says which keys stay in Redis if the process ends now, for how long, and how to
// remove them; it is empty if none do. It does not wait for Redis, and may be called at any
// time.
func Remains() string {
	unclean.Lock()
	defer unclean.Unlock()
	var lanes []string
	for _, l := range unclean.lanes {
		lanes = append(lanes, fmt.Sprintf("lane %s: these keys may stay in Redis:\n%s", l.Name(), l.remains()))
	}
	return strings.Join(lanes, "\n")
}

// remains lists the lane's keys, with the command that removes them.
func (l *Lane) remains() string {
	locks := len(l.lockKeys) - 2 // the last two are the token and the fence
	return fmt.Sprintf(`  for %v: %s, and %salert:1 to alert:%d
  for up to %v, or a shorter lease: %s
  for up to a week: %s
once it answers, this removes them:
  %s`, keyTTL, l.averageKey(), l.server.Prefix(), max(l.cluster.hashes.Load(), 1), keyTTL,
		strings.Join(l.lockKeys[:locks], ", "), strings.Join(l.lockKeys[locks:], ", "), l.server.Remains("*"+l.server.Prefix()+"*"))
}

// errHung is what is left to say when Redis did not answer at the end.
func (l *Lane) errHung() error {
	err := fmt.Errorf("lane %s: Redis does not answer: the final value is unknown", l.Name())
	if !l.server.Shared() {
		return err
	}
	return fmt.Errorf("%w. These keys may stay there:\n%s", err, l.remains())
}
