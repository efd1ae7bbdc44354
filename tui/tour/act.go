package tour

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"locktop/sim"
	"locktop/sim/clock"
	"locktop/sim/explore"
	"locktop/sim/nearest"
)

// An Act is a scene, what the learner is to do in it, and what is to come of it. [Act.Config] and [Act.Exploration] are what it
// is played with.
type Act struct {
	Scene  Scene         `toml:"scene"`
	Answer string        `toml:"answer"`
	Keys   []string      `toml:"keys"`
	Expect []Expectation `toml:"expect"`

	Lanes    []string  `toml:"lanes"`
	Clients  int       `toml:"clients"`
	Expiries int       `toml:"expiries"`
	Crashes  int       `toml:"crashes"`
	Preset   string    `toml:"preset"`
	Alerts   int       `toml:"alerts"`
	Seed     *uint64   `toml:"seed"`
	Work     *duration `toml:"work"`
	Retry    *duration `toml:"retry"`
	Lease    *duration `toml:"lease"`
	Patience *duration `toml:"patience"`
	Speed    *speed    `toml:"speed"`
	Faults   []fault   `toml:"faults"`
	Changes  []change  `toml:"changes"`

	// Stops is when the race halts, in experiment time from its start.
	Stops []duration `toml:"stops"`
}

// What is written as text in a lesson, as it is on the command line.
type (
	duration struct{ time.Duration } // no number, which would be taken for nanoseconds
	speed    clock.Speed
	fault    sim.Fault
	change   sim.Change
)

func (d *duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	d.Duration = v
	return err
}

func (s *speed) UnmarshalText(text []byte) error {
	v, err := clock.ParseSpeed(string(text))
	*s = speed(v)
	return err
}

func (f *fault) UnmarshalText(text []byte) error {
	v, err := sim.ParseFault(string(text))
	*f = fault(v)
	return err
}

func (c *change) UnmarshalText(text []byte) error {
	v, err := sim.ParseChange(string(text))
	*c = change(v)
	return err
}

// Halts returns [Act.Stops] as durations.
func (a Act) Halts() []time.Duration {
	halts := make([]time.Duration, len(a.Stops))
	for i, d := range a.Stops {
		halts[i] = d.Duration
	}
	return halts
}

// lane is that of a scene which has one.
func (a Act) lane() string {
	if len(a.Lanes) == 0 {
		return ""
	}
	return a.Lanes[0]
}

// Config returns the experiment of a race. It is that of the preset or, without one, a demonstration whose clients have their
// next alert at hand at all times, with what the act says otherwise. It is deterministic, for every learner to see the same.
func (a Act) Config() sim.Config {
	c := sim.Defaults()
	c.Backlog, c.Interval, c.LeaseFloor = true, 0, 0
	if p, ok := sim.PresetNamed(a.Preset); ok {
		c = p.Config
	}
	c.Alerts, c.Deterministic = a.Alerts, true
	if len(a.Lanes) > 0 {
		c.Lanes = slices.Clone(a.Lanes)
	}
	if a.Clients > 0 {
		c.Clients = a.Clients
	}
	if a.Seed != nil {
		c.Seed = *a.Seed
	}
	for _, d := range []struct {
		from *duration
		to   *time.Duration
	}{{a.Work, &c.Work}, {a.Retry, &c.Retry}, {a.Lease, &c.Lease}, {a.Patience, &c.Patience}} {
		if d.from != nil {
			*d.to = d.from.Duration
		}
	}
	if a.Speed != nil {
		c.Speed = clock.Speed(*a.Speed)
	}
	for _, f := range a.Faults {
		c.Faults = append(slices.Clip(c.Faults), sim.Fault(f))
	}
	for _, ch := range a.Changes {
		c.Changes = append(slices.Clip(c.Changes), sim.Change(ch))
	}
	return c
}

// Exploration returns what explore and grid search. A grid plays every schedule, so that each can be shown.
func (a Act) Exploration() explore.Options {
	o := explore.Options{ArenaConfig: a.Arena(), Preemptions: -1, Method: explore.States}
	if a.Scene == Grid {
		o.Method = explore.All
	}
	return o
}

// Arena returns who plays in every scene but a race.
func (a Act) Arena() sim.ArenaConfig {
	return sim.ArenaConfig{Lane: a.lane(), Clients: a.Clients, Expiries: a.Expiries, Crashes: a.Crashes}
}

// settles tells whether an act says anything of how its scene begins.
func (a Act) settles() bool {
	return len(a.Lanes) > 0 || a.Clients != 0 || a.Expiries != 0 || a.Crashes != 0 || a.Preset != "" || a.Alerts != 0 || a.Seed != nil ||
		a.Work != nil || a.Retry != nil || a.Lease != nil || a.Patience != nil || a.Speed != nil || len(a.Faults) > 0 || len(a.Changes) > 0
}

// ofRace tells whether an act has settings that only races have.
func (a Act) ofRace() bool {
	without := a
	without.Lanes, without.Clients, without.Expiries, without.Crashes = nil, 0, 0, 0
	return without.settles() || len(a.Stops) > 0
}

// KeyNames are the keys of [Act.Keys] that are no characters.
var KeyNames = []string{"space", "enter", "tab", "shift+tab", "esc", "backspace", "left", "right", "up", "down", "home", "end"}

// validate returns an error that says what cannot be played. The scene is that of the act before if it has none of its own.
func (a Act) validate(before Scene) (Scene, error) {
	scene := a.Scene
	var errs []error
	refuse := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	for _, name := range a.Keys {
		if utf8.RuneCountInString(name) != 1 && !slices.Contains(KeyNames, name) {
			refuse("keys: want a character or one of %s, have %q", strings.Join(KeyNames, ", "), name)
		}
	}
	switch {
	case scene == Same && before == Same:
		return scene, fmt.Errorf("scene: want one of %s", scenes())
	case scene == Same:
		if scene = before; scene != Race && len(a.Stops) > 0 {
			refuse("stops: only races have them")
		}
		if a.settles() || a.Answer != "" {
			refuse("scene: it goes on from the act before, so there is nothing to set and to guess")
		}
	case known[scene] == nil:
		return scene, fmt.Errorf("scene: want one of %s, have %q", scenes(), scene)
	default:
		errs = append(errs, a.validateScene())
	}
	if len(a.Expect) == 0 {
		refuse("expect: want what is to come of it, as in lost%% > 50")
	}
	for _, e := range a.Expect {
		errs = append(errs, e.fits(scene))
	}
	if a.Answer != "" {
		if !slices.Contains(known[scene], a.Answer) {
			refuse("answer: %s knows no %q; it has %s", scene, a.Answer, strings.Join(known[scene], ", "))
		} else if _, isWord := words[a.Answer]; isWord {
			refuse("answer: %s is a word, and a number is asked for", a.Answer)
		}
	}
	return scene, errors.Join(errs...)
}

// stopsAfter returns the last stop there has been after this act, if those before it ended with the one that is given, and an
// error unless they follow each other.
func (a Act) stopsAfter(last time.Duration) (time.Duration, error) {
	for _, at := range a.Halts() {
		if at <= last {
			return last, fmt.Errorf("stops: want times that are later than %v, have %v", last, at)
		}
		last = at
	}
	return last, nil
}

// validateScene returns an error if a scene cannot be begun like that.
func (a Act) validateScene() error {
	if a.Scene == Race {
		if _, ok := sim.PresetNamed(a.Preset); a.Preset != "" && !ok {
			return fmt.Errorf("preset: unknown %q%s", a.Preset, nearest.Hint(a.Preset, sim.PresetNames()))
		}
		if a.Expiries > 0 || a.Crashes > 0 {
			return errors.New("expiries, crashes: a race has faults instead")
		}
		return a.Config().Validate()
	}
	if a.ofRace() {
		return fmt.Errorf("%s takes lanes, clients, expiries and crashes; the rest is for races", a.Scene)
	}
	if len(a.Lanes) != 1 {
		return fmt.Errorf("lanes: %s has one, have %d", a.Scene, len(a.Lanes))
	}
	return a.Arena().Validate()
}
