package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"locktop/sim/clock"
)

// A Preset is a failure that can be watched: the settings that bring it about in
// the first lane, its remedy in the second, and what must come of it.
type Preset struct {
	// Name is what --preset calls it, Title one line for the list.
	Name, Title string
	// Happens says what goes wrong, Look where it is seen, Remedy what ends it.
	Happens, Look, Remedy string
	// Config is the experiment.
	Config Config
	// Once says that the number of alerts is part of it, and more would spoil it.
	Once bool

	holds func(ill, cured LaneResult) []string
}

// Check returns nil if a result is what the preset promises, and else an error
// that says what is not.
func (p Preset) Check(r Result) error {
	if len(r.Lanes) != 2 {
		return fmt.Errorf("preset %s: want its two lanes, have %d", p.Name, len(r.Lanes))
	}
	ill, cured := r.Lanes[0], r.Lanes[1]
	failed := p.holds(ill, cured)
	for _, l := range r.Lanes {
		failed = append(failed, l.Failed...)
		if l.Broke != "" {
			failed = append(failed, l.Broke)
		}
	}
	if cured.Verdict != Correct {
		failed = append(failed, fmt.Sprintf("the second lane, %s, is %s", cured.Lane.Name(), cured.Verdict))
	}
	if len(failed) > 0 {
		return fmt.Errorf("preset %s: not what it promises: %s", p.Name, strings.Join(failed, "; "))
	}
	return nil
}

// Presets returns all presets, in the order in which they are taught.
func Presets() []Preset { return presets }

// PresetNamed returns the preset with a name.
func PresetNamed(name string) (Preset, bool) {
	for _, p := range presets {
		if p.Name == name {
			return p, true
		}
	}
	return Preset{}, false
}

// PresetNames returns the names of all presets.
func PresetNames() []string {
	names := make([]string, len(presets))
	for i, p := range presets {
		names[i] = p.Name
	}
	return names
}

// ask collects what does not hold.
func ask(holds bool, format string, args ...any) []string {
	if holds {
		return nil
	}
	return []string{fmt.Sprintf(format, args...)}
}

// preset is the default experiment with other settings. It runs as fast as time
// does, with the next alert always at hand, so that what it shows is how the
// strategies behave under contention.
func preset(ill, cured string, clients, alerts int, work, retry time.Duration) Config {
	c := CompareDefaults()
	c.Lanes = []string{ill, cured}
	c.Clients, c.Alerts, c.Work, c.Retry = clients, alerts, work, retry
	return c
}

// presets are all there are, in the order in which they are taught.
var presets = slices.Concat([]Preset{articlePreset}, contentionPresets, faultPresets)

// contentionPresets need no fault: many clients are enough.
var contentionPresets = []Preset{
	{
		Name:    "lost-update",
		Title:   "without a lock, a late write erases others",
		Happens: "Two clients read the same average, and each writes back its own sum. The later write erases the earlier one, whose client was told OK.",
		Look:    "The ✗ on the timelines, the count of lost updates, and how few updates a second are kept.",
		Remedy:  "Have Redis do the whole update in one script (atomic), or take any lock.",
		Config: func() Config {
			c := preset("none", "atomic", 8, 20, 20*time.Millisecond, 0)
			c.Speed = clock.Speed(4)
			return c
		}(),
		holds: func(ill, cured LaneResult) []string {
			return append(ask(2*ill.Lost > ill.Acked, "none lost %d of %d, want more than half", ill.Lost, ill.Acked),
				ask(cured.Lost == 0, "atomic lost %d", cured.Lost)...)
		},
	},
	{
		Name:    "spin-storm",
		Title:   "trying again at once floods Redis",
		Happens: "Fifteen clients send SET NX again and again while the sixteenth holds the lock. Redis is busy with refusing, and the holder has to queue behind the refused.",
		Look:    "Commands per update.",
		Remedy:  "Sleep until the release signal comes (block).",
		Config:  preset("spin", "block", 16, 10, time.Millisecond, 0),
		holds: func(ill, cured LaneResult) []string {
			return ask(ill.CommandsPerUpdate() > 3*cured.CommandsPerUpdate(),
				"spin takes %.1f commands an update and block %.1f, want three times as many", ill.CommandsPerUpdate(), cured.CommandsPerUpdate())
		},
	},
	{
		Name:    "thundering-herd",
		Title:   "waiters that ask at intervals leave a free lock idle",
		Happens: "Thirty-two clients ask every 50 ms. A lock that is released is free until the next of them happens to ask, and then many ask at once.",
		Look:    "Kept updates a second, and failures in bursts.",
		Remedy:  "A signal wakes one waiter as soon as the lock is free (block).",
		Config:  preset("poll", "block", 32, 8, time.Millisecond, 50*time.Millisecond),
		holds: func(ill, cured LaneResult) []string {
			return append(ask(4*ill.Failures > 5*cured.Failures, "poll failed %d times, block %d times", ill.Failures, cured.Failures),
				ask(ill.KeptPerSecond() < cured.KeptPerSecond(), "poll keeps %.0f updates a second, block %.0f", ill.KeptPerSecond(), cured.KeptPerSecond())...)
		},
	},
	{
		Name:    "starvation",
		Title:   "whoever has waited longest asks most rarely",
		Happens: "With backoff, the pauses of a client that fails grow, and newcomers with short pauses overtake it.",
		Look:    "The fairness index, and the longest wait beside the median.",
		Remedy:  "A queue in Redis serves first come, first served (fair).",
		Config:  preset("backoff", "fair", 16, 8, 3*time.Millisecond, 2*time.Millisecond),
		holds: func(ill, cured LaneResult) []string {
			return append(ask(ill.Jain < cured.Jain-0.05, "the fairness index of backoff is %.2f, of fair %.2f", ill.Jain, cured.Jain),
				ask(cured.Jain > 0.98, "the fairness index of fair is %.2f", cured.Jain)...)
		},
	},
	{
		Name:    "watch-storm",
		Title:   "optimistic transactions abort each other",
		Happens: "Of sixteen clients that watch the same value only one can write; the others have thought in vain and start again.",
		Look:    "Failures, and commands per update.",
		Remedy:  "Have Redis do the whole update in one script (atomic).",
		Config:  preset("watch", "atomic", 16, 15, 2*time.Millisecond, 0),
		holds: func(ill, cured LaneResult) []string {
			return append(ask(ill.Failures > 2*ill.Acked, "%d transactions were aborted for %d that were not", ill.Failures, ill.Acked),
				ask(cured.CommandsPerUpdate() == 1, "atomic takes %.1f commands an update", cured.CommandsPerUpdate())...)
		},
	},
}
