package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Measure is a figure of a lane that a run may have been too short, too fast or too
// simple to show.
type Measure int

// Measures of a lane.
const (
	// KeptRate is the updates kept a second.
	KeptRate Measure = iota
	// CommandRate is the Redis commands of an acked update.
	CommandRate
	// WaitMedian, WaitTail and LongestWait are the 50th and the 99th percentile of the
	// waits in milliseconds, and the longest of them, which may not be over.
	WaitMedian
	WaitTail
	LongestWait
	// Fairness is Jain's index.
	Fairness
	// MostInside is the most clients that were between read and write, or held the lock,
	// at once; InsideTwice is how often one came in where another was.
	MostInside
	InsideTwice
	measures
)

// Measures returns all measures.
func Measures() []Measure {
	all := make([]Measure, measures)
	for i := range all {
		all[i] = Measure(i)
	}
	return all
}

// A Figure is the value of a measure, or the reason why there is none.
type Figure struct {
	Value float64
	// Why is empty where there is a value.
	Why string
	// Have is how many of the Thing there are where that is too few, and Enough is how many it takes.
	Have, Enough int64
	Thing        string
}

// Known tells whether there is a value.
func (f Figure) Known() bool { return f.Why == "" }

// What it takes for a figure.
const (
	// EnoughOfMost is how many updates the client that has most must have to say how fairly
	// all are served, and EnoughForRate is how many all of them: with clients served at
	// random the index is 0.95 at 20 updates each.
	EnoughOfMost = 20
	// EnoughForMedian and EnoughForTail are how many waits it takes for a percentile that
	// is not one of a handful, or just the longest.
	EnoughForMedian = 10
	EnoughForTail   = 100
	// EnoughForRate is how many updates it takes for a rate of a comparison, EnoughForPace
	// for one of a race.
	EnoughForRate = 50
	EnoughForPace = 10
)

// Why there may be no figure.
const (
	whySleepless = "at speed max nobody thinks, pauses or waits for the next alert, so this would not be what the settings give: --speed 1 measures it"
	whyNoWait    = "nobody waits: there is no lock, and nothing is tried again"
	whyNoTime    = "no time has passed"
	whyNoUpdate  = "no update was acknowledged"
	whyNobody    = "nobody has got the lock"
	whyAlone     = "one client has nobody to be fair to"
	whyOpen      = "any number may be inside: Redis refuses or does the update by itself"
)

// Figure returns the value of a measure, if the snapshot has it.
func (s *Snapshot) Figure(m Measure) Figure {
	switch m {
	case KeptRate:
		return s.keptRate()
	case CommandRate:
		return s.commandRate()
	case WaitMedian:
		return s.waitFigure(s.WaitP50, s.Waits, EnoughForMedian, 50, s.beyondP50)
	case WaitTail:
		return s.waitFigure(s.WaitP99, s.Waits, EnoughForTail, 99, s.beyondP99)
	case LongestWait:
		return s.waitFigure(max(s.WaitMax, s.LongestOpen), s.Waits+int64(s.OpenWaits), 1, 100, 0)
	case Fairness:
		return s.fairness()
	}
	value := float64(s.MaxInside)
	if m == InsideTwice {
		value = float64(s.Overlaps)
	}
	if !s.Lane.Critical && !s.Started.Critical && value == 0 {
		return Figure{Why: whyOpen}
	}
	return Figure{Value: value}
}

func (s *Snapshot) keptRate() Figure {
	switch c := s.Contest; {
	case s.Sleepless:
		return Figure{Why: whySleepless}
	case c == nil && s.Last <= 0, c != nil && c.For <= 0:
		return Figure{Why: whyNoTime}
	case c != nil && c.Acked < EnoughForRate:
		return tooFew(c.Acked, "update", EnoughForRate)
	case c != nil:
		return Figure{Value: float64(c.Kept) / c.For.Seconds()}
	case s.Acked < EnoughForPace:
		return tooFew(s.Acked, "update", EnoughForPace)
	}
	return Figure{Value: s.KeptPerSecond()}
}

func (s *Snapshot) commandRate() Figure {
	switch c := s.Contest; {
	case c != nil && c.Acked < EnoughForRate:
		return tooFew(c.Acked, "update", EnoughForRate)
	case c != nil:
		return Figure{Value: float64(c.Commands) / float64(c.Acked)}
	case s.Acked == 0:
		return Figure{Why: whyNoUpdate}
	case s.Sleepless && s.Attempts > 0: // and how often somebody tries depends on how long others think
		return Figure{Why: whySleepless}
	case s.Acked < EnoughForPace:
		return tooFew(s.Acked, "update", EnoughForPace)
	}
	return Figure{Value: s.CommandsPerUpdate()}
}

func (s *Snapshot) fairness() Figure {
	switch {
	case s.Lane.Clients == 1:
		return Figure{Why: whyAlone}
	case s.Acked == 0:
		return Figure{Why: whyNoUpdate}
	case s.Sleepless:
		return Figure{Why: whySleepless}
	case s.JainUpdates < EnoughForRate:
		return tooFew(s.JainUpdates, "update", EnoughForRate)
	case s.JainMost < EnoughOfMost:
		return tooFew(s.JainMost, "update of the client that has most", EnoughOfMost)
	}
	return Figure{Value: s.Jain}
}

// Starved tells whether half of the clients that compete, or more, wait and have waited longer
// than 99 % of the waits that ended. Those were of the few that get the lock again and again:
// no percentile of them says how long a client waits.
func (s *Snapshot) Starved() bool { return s.beyondP99 > 0 && 2*s.beyondP99 >= s.competing }

// waitFigure is a percentile of a number of waits, of which it takes enough. Beyond it are
// clients that have waited longer and wait on: too many of them, and it is unknown.
func (s *Snapshot) waitFigure(value time.Duration, waits, enough int64, percentile, beyond int) Figure {
	switch {
	case s.Sleepless:
		return Figure{Why: whySleepless}
	case !s.Lane.Locks && !s.Started.Locks && s.Attempts == 0:
		return Figure{Why: whyNoWait}
	case waits == 0:
		return Figure{Why: whyNobody}
	case waits < enough:
		return tooFew(waits, "wait", enough)
	case int64(beyond)*100 > (waits+int64(beyond))*int64(100-percentile):
		return Figure{Why: fmt.Sprintf("%d clients have waited longer, and wait on", beyond)}
	case percentile < 100 && s.Starved():
		return Figure{Why: fmt.Sprintf("%d of %d clients have waited longer than 99 %% of the waits that ended, and wait on", s.beyondP99, s.competing)}
	}
	return Figure{Value: float64(value) / float64(time.Millisecond)}
}

// tooFew says that there are too few things to tell.
func tooFew(n int64, thing string, enough int64) Figure {
	word, of, _ := strings.Cut(thing, " ")
	things := strings.TrimSpace(word + "s " + of)
	said := things
	if n == 1 {
		said = thing
	}
	return Figure{Why: fmt.Sprintf("too few to tell: %d %s, and it takes %d", n, said, enough), Have: n, Enough: enough, Thing: things}
}

// A Spread is a measure over repetitions: the middle one, the least and the greatest.
type Spread struct {
	Figure
	Min, Max float64
	// Runs is how many repetitions there are.
	Runs int
}

// Spread returns a measure of the lane over its repetitions, of which an ordinary run
// is the only one. It is known if it is in all of them.
func (l LaneResult) Spread(m Measure) Spread {
	var values []float64
	for _, s := range l.repetitions() {
		f := s.Figure(m)
		if !f.Known() {
			return Spread{Figure: f, Runs: len(l.Repetitions)}
		}
		values = append(values, f.Value)
	}
	slices.Sort(values)
	n := len(values)
	return Spread{Figure: Figure{Value: (values[(n-1)/2] + values[n/2]) / 2}, Min: values[0], Max: values[n-1], Runs: n}
}

// repetitions are the runs that the result is of.
func (l LaneResult) repetitions() []*Snapshot {
	if len(l.Repetitions) == 0 {
		return []*Snapshot{l.Snapshot}
	}
	return l.Repetitions
}
