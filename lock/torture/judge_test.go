package torture

import (
	"context"
	_ "embed" // for the scripts
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

var (
	//go:embed enter.lua
	enterSource string
	//go:embed leave.lua
	leaveSource string

	enterScript = redis.NewScript(enterSource)
	leaveScript = redis.NewScript(leaveSource)
)

// The judge's keys. Those of a lock have its name behind them.
const (
	insideKey      = "inside:"
	highestKey     = "highest:"
	resourceKey    = "resource:" // what the holders with a token write to
	tallyKey       = "tally"
	accusationsKey = "accusations"
	stallsKey      = "stalls"
	eraKey         = "era"    // odd while the lock's Redis is emptied
	faultsKey      = "faults" // odd while something is done to it or to its connections
	stopKey        = "stop"
)

// The judge is a Redis of its own, to which nothing ever happens. Everybody tells
// it when he enters and leaves the section that a lock protects, and it knows
// nothing of locks. Whoever is killed inside counts as inside until his lease
// must have run out. It also is the resource that fenced holders write to.
type judge struct{ client *redis.Client }

// newJudge returns a client that gives up on no command and repeats none.
func newJudge(url string) (judge, error) {
	o, err := redis.ParseURL(url)
	if err != nil {
		return judge{}, err
	}
	o.MaxRetries, o.DialerRetries = -1, 1
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = hang, hang, hang, hang
	o.PoolSize = 64
	return judge{redis.NewClient(o)}, nil
}

// A verdict is what the judge says to who enters.
type verdict struct {
	in          bool // its lease has not run out
	sure        bool // the lock was granted by the Redis that is there now
	stall       bool // it is to stay for longer than its lease
	era, faults int64
	stop        bool
}

// An entry is what somebody who enters tells.
type entry struct {
	id     string
	until  time.Time // its lease does not end before
	era    int64
	token  uint64
	worker int
	mode   string
	waited time.Duration
}

func (j judge) enter(ctx context.Context, name string, e entry) (verdict, error) {
	r, err := enterScript.Run(ctx, j.client,
		[]string{insideKey + name, highestKey + name, tallyKey, accusationsKey, stallsKey},
		e.id, e.until.UnixMicro(), e.era, e.token, e.worker, e.mode, e.waited.Microseconds()).Int64Slice()
	if err != nil {
		return verdict{}, fmt.Errorf("judge: %w", err)
	}
	return verdict{in: r[0] == 1, sure: r[1] == 1, stall: r[2] == 1, era: r[3], faults: r[4], stop: r[5] == 1}, nil
}

func (j judge) leave(ctx context.Context, name, id string, wrote bool) error {
	return leaveScript.Run(ctx, j.client, []string{insideKey + name, tallyKey}, id, wrote).Err()
}

// highest returns the highest token that has entered: with it the fence had been
// raised.
func (j judge) highest(ctx context.Context, name string) (uint64, error) {
	n, err := j.client.Get(ctx, highestKey+name).Uint64()
	if errors.Is(err, redis.Nil) {
		err = nil
	}
	return n, err
}

func (j judge) accuse(ctx context.Context, text string) error {
	return j.client.RPush(ctx, accusationsKey, text).Err()
}

func (j judge) count(ctx context.Context, what string) error {
	return j.client.HIncrBy(ctx, tallyKey, what, 1).Err()
}

func (j judge) number(ctx context.Context, key string) (int64, error) {
	n, err := j.client.Get(ctx, key).Int64()
	if errors.Is(err, redis.Nil) {
		err = nil
	}
	return n, err
}

// A tally is what the judge has counted.
type tally map[string]string

func (j judge) tally(ctx context.Context) (tally, error) {
	return j.client.HGetAll(ctx, tallyKey).Result()
}

func (t tally) count(what string) int {
	n, _ := strconv.Atoi(t[what])
	return n
}

// String is one line for each mode, and one for whatever else was counted.
func (t tally) String() string {
	var b strings.Builder
	for _, m := range modes {
		longest, _ := strconv.Atoi(t["longest "+m.name])
		fmt.Fprintf(&b, "%9d acquisitions, longest wait %8v: %s\n", t.count("grants "+m.name),
			(time.Duration(longest) * time.Microsecond).Round(time.Millisecond), m.name)
	}
	for _, what := range []string{"late", "overtaken", "written", "refused", "not held", "errors"} {
		fmt.Fprintf(&b, "%9d %s\n", t.count(what), what)
	}
	return b.String()
}
