package sim

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"locktop/sim/clock"
	"locktop/sim/nearest"
)

// A Change is a setting that is changed in the middle of a run. A client in the middle
// of an update ends it as it began; one that only waits for the lock begins anew.
//
// It is written as [ParseChange] reads it: strategy=block:lane=1:after=5s.
type Change struct {
	// Setting is what is changed.
	Setting Setting
	// Strategy is the new one, of [ChangeStrategy].
	Strategy string
	// Clients is the new number of clients, of [ChangeClients].
	Clients int
	// Speed is the new one, of [ChangeSpeed].
	Speed clock.Speed
	// Time is the new one, of the other settings.
	Time time.Duration
	// Lane is the lane that is changed, from 1; 0 is every lane, as it is for a
	// setting that lanes share.
	Lane int
	// After is experiment time from the start of the run after which it is done, and
	// Alert the alert, from 1, before whose sending each lane does it. At most one of
	// them is set; with neither it is done at once.
	After time.Duration
	Alert int
}

// Setting is what a change is of.
type Setting string

const (
	// ChangeStrategy gives a lane another strategy, which keeps those of the lane's
	// own settings that it has.
	ChangeStrategy Setting = "strategy"
	// ChangeClients adds clients, who get the alerts that their lane sends from then
	// on, or has the last of them leave: they end the update at hand, and take no other
	// alert, also of those that were sent before.
	ChangeClients Setting = "clients"
	// ChangeWork is of the think time, but in lanes that have their own.
	ChangeWork Setting = "work"
	// ChangeRetry is of the pause after a failed try: of one lane, which then has its
	// own, or of those that have not.
	ChangeRetry Setting = "retry"
	// ChangeLease is of the lock's time to live, from the next grant on: of one lane,
	// which then has its own, or of those that have not. It is meant as it is: a
	// floor does not stretch it any more.
	ChangeLease Setting = "lease"
	// ChangeSpeed is of the experiment's clock, at once. It is for who watches a run,
	// not for its configuration, and leaves no trace in a deterministic one, in which it
	// changes nothing.
	ChangeSpeed Setting = "speed"
)

// Shared tells whether a setting is the same in every lane, so that they can be
// compared.
func (s Setting) Shared() bool {
	return s == ChangeClients || s == ChangeWork || s == ChangeSpeed
}

var settings = []struct {
	setting Setting
	explain string
}{
	{ChangeStrategy, "the lane's strategy; who waits for the lock begins anew"},
	{ChangeClients, "clients in every lane: those who join get the lane's next alerts, those who leave end the update at hand"},
	{ChangeWork, "think time, in every lane without one of its own"},
	{ChangeRetry, "pause after a failed try for the lock"},
	{ChangeLease, "the lock's time to live, from the next grant on; 0s is none"},
}

// Settings returns all that a configuration can change in the middle of a run.
func Settings() []Setting {
	all := make([]Setting, len(settings))
	for i, s := range settings {
		all[i] = s.setting
	}
	return all
}

// Explain says in one line what a change of the setting does.
func (s Setting) Explain() string {
	for _, known := range settings {
		if known.setting == s {
			return known.explain
		}
	}
	return ""
}

// ErrServers is wrapped by the error of a change to a strategy that takes more
// independent servers than the lane was opened with.
var ErrServers = errors.New("the lane was opened with too few Redis servers")

// errOver is of a change that comes too late.
var errOver = errors.New("the run is over")

// errOwn is of a change that makes no difference.
var errOwn = errors.New("no lane takes it: they have their own, or no lock")

// ParseChange reads a change: a setting with its value, and behind colons lane=1,
// after=5s, alert=20.
func ParseChange(text string) (Change, error) {
	s, err := parseSpec(":" + strings.TrimSpace(text))
	if err != nil {
		return Change{}, err
	}
	var c Change
	is := func(setting Setting, read func(string) error) func(string) error {
		return func(value string) error {
			if c.Setting != "" {
				return fmt.Errorf("one change is of one setting, and this is of %s as well", c.Setting)
			}
			c.Setting = setting
			return read(value)
		}
	}
	readers := map[string]func(string) error{
		"strategy": is(ChangeStrategy, func(value string) error { c.Strategy = value; return nil }),
		"clients":  is(ChangeClients, readCount(&c.Clients, 1, MostClients)),
		"speed":    is(ChangeSpeed, func(value string) (err error) { c.Speed, err = clock.ParseSpeed(value); return err }),
		"work":     is(ChangeWork, readDuration(&c.Time)),
		"retry":    is(ChangeRetry, readDuration(&c.Time)),
		"lease":    is(ChangeLease, readDuration(&c.Time)),
		"lane":     readCount(&c.Lane, 1, MostLanes),
		"after":    readDuration(&c.After),
		"alert":    readCount(&c.Alert, 1, 1_000_000_000),
	}
	for _, set := range s.settings {
		if _, near := nearest.To(set.key, slices.Collect(maps.Keys(readers))); !near { // nor is it when or where
			return c, unknownSetting(set.key)
		}
	}
	if err := s.apply(readers); err != nil {
		return c, err
	}
	return c, c.validate()
}

func unknownSetting(name string) error {
	return fmt.Errorf("unknown setting %q%s", name, nearest.Hint(name, Settings()))
}

// validate returns an error if the change makes no sense, wherever it is used.
func (c Change) validate() error {
	refuse := func(format string, args ...any) error {
		return fmt.Errorf("%s: %w", c.Setting, fmt.Errorf(format, args...))
	}
	switch {
	case c.Setting == "":
		return fmt.Errorf("want a setting, one of %s", joined(Settings()))
	case c.Setting != ChangeSpeed && !slices.Contains(Settings(), c.Setting):
		return unknownSetting(string(c.Setting))
	case c.Lane < 0 || c.Lane > MostLanes:
		return refuse("lane: want 1 to %d, have %d", MostLanes, c.Lane)
	case c.Lane != 0 && c.Setting.Shared():
		return refuse("lane: it is the same in every lane, so that they can be compared")
	case c.Time < 0 || c.After < 0:
		return refuse("want durations of 0 or more")
	case c.After > 0 && c.Alert > 0:
		return refuse("want after or alert, not both")
	}
	switch c.Setting {
	case ChangeSpeed:
		if c.After > 0 || c.Alert > 0 {
			return refuse("it changes at once")
		}
	case ChangeStrategy:
		if _, ok := StrategyNamed(c.Strategy); !ok {
			return refuse("unknown strategy %q%s", c.Strategy, nearest.Hint(c.Strategy, StrategyNames()))
		}
	case ChangeClients:
		if c.Clients < 1 || c.Clients > MostClients {
			return refuse("want 1 to %d, have %d", MostClients, c.Clients)
		}
	case ChangeLease:
		if err := checkLease(c.Time); err != nil {
			return refuse("%w", err)
		}
	}
	return nil
}

// Value is the new value as it is written.
func (c Change) Value() string {
	switch c.Setting {
	case ChangeStrategy:
		return c.Strategy
	case ChangeClients:
		return fmt.Sprint(c.Clients)
	case ChangeSpeed:
		return c.Speed.String()
	}
	return c.Time.String()
}

// String returns the change as [ParseChange] reads it.
func (c Change) String() string {
	text := fmt.Sprintf("%s=%s", c.Setting, c.Value())
	if c.Lane != 0 {
		text += fmt.Sprintf(":lane=%d", c.Lane)
	}
	if c.After != 0 {
		text += fmt.Sprintf(":after=%v", c.After)
	}
	if c.Alert != 0 {
		text += fmt.Sprintf(":alert=%d", c.Alert)
	}
	return text
}

// With returns the configuration after a change, whenever that is to be. The error
// says why there can be none: it wraps [ErrServers] if only another run could have it.
func (c Config) With(change Change) (Config, error) {
	if err := change.validate(); err != nil {
		return c, err
	}
	if change.Lane > len(c.Lanes) {
		return c, fmt.Errorf("%s: lane: there are only %d", change.Setting, len(c.Lanes))
	}
	next := c
	next.Lanes = slices.Clone(c.Lanes)
	switch {
	case change.Setting == ChangeClients:
		next.Clients = change.Clients
	case change.Setting == ChangeSpeed:
		next.Speed = change.Speed
	case change.Setting == ChangeWork:
		next.Work = change.Time
	case change.Setting == ChangeRetry && change.Lane == 0:
		next.Retry = change.Time
	case change.Setting == ChangeLease && change.Lane == 0:
		next.Lease, next.LeaseFloor = change.Time, 0
	default:
		for i, lane := range c.Lanes {
			switch {
			case change.Lane != 0 && change.Lane != i+1:
			case change.Setting == ChangeStrategy:
				next.Lanes[i] = c.withStrategy(i, change.Strategy)
			default:
				next.Lanes[i] = withOwn(lane, string(change.Setting), change.Value())
			}
		}
	}
	for i := range next.Lanes {
		if _, err := next.lane(i); err != nil {
			return c, err
		}
	}
	return next, nil
}

// checkChanges returns an error for each change of the configuration that cannot be
// done after those before it.
func (c Config) checkChanges() error {
	var errs []error
	next := c
	for _, change := range c.Changes {
		if change.Setting == ChangeSpeed {
			errs = append(errs, errors.New("change: speed: that of a run is set with --speed, and changed on the screen"))
			continue
		}
		after, err := next.With(change)
		if err != nil {
			errs = append(errs, fmt.Errorf("change: %w", err))
			continue
		}
		next = after
		for i := range c.Lanes {
			opened, err := c.lane(i)
			if err == nil {
				err = next.checkServers(i, opened.nodes)
			}
			errs = append(errs, err)
		}
		if c.Alerts > 0 && change.Alert > c.Alerts {
			errs = append(errs, fmt.Errorf("change: %s: alert: there are only %d", change.Setting, c.Alerts))
		}
	}
	return errors.Join(errs...)
}

// checkServers refuses a lane that takes more servers than it was opened with.
func (c Config) checkServers(lane, opened int) error {
	l, err := c.lane(lane)
	if err == nil && l.nodes > opened {
		return fmt.Errorf("change: %s takes %d independent servers: %w, so it has to begin as %s",
			l.strategy.Name, l.nodes, ErrServers, l.strategy.Name)
	}
	return err
}

// mostClients is how many clients there will be at most.
func (c Config) mostClients() int {
	most := c.Clients
	for _, change := range c.Changes {
		most = max(most, change.Clients)
	}
	return most
}

// differs tells whether a lane is another one in a configuration after a change.
func (c Config) differs(next Config, lane int) bool {
	a, errA := c.lane(lane)
	b, errB := next.lane(lane)
	return errA != nil || errB != nil || c.Clients != next.Clients || c.Speed != next.Speed && !c.Deterministic || a.strategy.Name != b.strategy.Name ||
		a.work != b.work || a.retry != b.retry || a.lease != b.lease && b.strategy.Locks
}
