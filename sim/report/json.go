package report

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"time"

	"locktop/sim"
)

// Version is the version of the JSON report. Keys may be added within a
// version; they are never removed or changed. A figure that was not measured is
// null, and not_measured says why.
const Version = 1

type document struct {
	Version    int        `json:"version"`
	Experiment experiment `json:"experiment"`
	Lanes      []lane     `json:"lanes"`
	ElapsedS   float64    `json:"elapsed_s"`
}

type experiment struct {
	Seed       uint64  `json:"seed"`
	Clients    int     `json:"clients"`
	Servers    int     `json:"servers"`
	Alerts     int     `json:"alerts"`
	IntervalMS float64 `json:"interval_ms"`
	WorkMS     float64 `json:"work_ms"`
	RetryMS    float64 `json:"retry_ms"`
	LeaseMS    float64 `json:"lease_ms"`
	// LeaseSkipped says that there was no lease because nothing was said of one and the speed was max.
	LeaseSkipped bool `json:"lease_skipped,omitempty"`
	// Faults are those that were given, as written.
	Faults []string `json:"faults,omitempty"`
	// Changes are those that were given, as written. The settings are those at the start.
	Changes []string `json:"changes,omitempty"`
	Speed   string   `json:"speed"`
	// Sleepless says that think time, pauses and intervals were skipped, at least for a while.
	Sleepless bool `json:"sleepless,omitempty"`
	// Warmup is how many updates of each client of a comparison were not measured.
	Warmup int `json:"warmup,omitempty"`
	// Deterministic says that the run was in virtual time, which elapsed_s is, too.
	Deterministic bool   `json:"deterministic,omitempty"`
	Backend       string `json:"backend"`
	Redis         string `json:"redis"`
	RedisVersion  string `json:"redis_version"`
}

type lane struct {
	Strategy string `json:"strategy"`
	// Settings are those of the lane's own, as written.
	Settings string   `json:"settings,omitempty"`
	Updates  updates  `json:"updates"`
	Erasers  erasers  `json:"erasers"`
	Average  average  `json:"average"`
	Lock     lock     `json:"lock"`
	WaitMS   wait     `json:"wait_ms"`
	Rate     rate     `json:"rate"`
	Jain     *float64 `json:"jain"`
	// Verdict is that of the last part. Stall says why nothing goes on, if that is so.
	Verdict string `json:"verdict"`
	Stall   string `json:"stall,omitempty"`
	// Parts are what the lane did under each strategy that it had, oldest first. Their
	// updates add up to those of the lane.
	Parts  []part `json:"parts"`
	Faults faults `json:"faults"`
	// FiguresOf are the strategies that all figures but those of the parts are of, if there
	// were several; the verdict is on the last.
	FiguresOf []string `json:"figures_of,omitempty"`
	// Changes are the settings that changed in the course of the run, and StartedAs the
	// lane before; both only where there are any.
	Changes   []changed `json:"changes,omitempty"`
	StartedAs string    `json:"started_as,omitempty"`
	// FailedChecks names the equations of the accounts that do not hold.
	FailedChecks []string `json:"failed_checks"`
	// NotMeasured says of figures that are null why, by their keys, as in wait_ms.p99.
	NotMeasured map[string]string `json:"not_measured,omitempty"`
	// Ranges are of a comparison only: of each measure that is known the least, the middle and the greatest of so
	// many repetitions. The other figures are the middle ones, and counts those of all of them.
	Ranges map[string]spread `json:"ranges,omitempty"`
	// Porcupine is what a second judge says of the history, if one was asked.
	Porcupine string `json:"porcupine,omitempty"`
	// Broke says why the lane could not go on; empty when it did.
	Broke string `json:"broke,omitempty"`
}

type updates struct {
	Acked     int64 `json:"acked"`
	Kept      int64 `json:"kept"`
	Lost      int64 `json:"lost"`
	Unknown   int64 `json:"unknown"`
	Clobbers  int64 `json:"clobbers"`
	Ambiguous int64 `json:"ambiguous"`
	Foreign   int64 `json:"foreign"`
}

// erasers says of the lost updates how many a client's write has erased, and how many
// Redis itself has forgotten; of the others no reply tells who erased them.
type erasers struct {
	Clients int64 `json:"clients"`
	Redis   int64 `json:"redis"`
	Unknown int64 `json:"unknown"`
}

// part is the lane under one of its strategies.
type part struct {
	Strategy string  `json:"strategy"`
	SinceMS  float64 `json:"since_ms"`
	Updates  updates `json:"updates"`
	Verdict  string  `json:"verdict"`
}

// average is null where nothing was added up.
type average struct {
	RedisMS *float64 `json:"redis_ms"`
	TrueMS  *float64 `json:"true_ms"`
}

type lock struct {
	Acquired int64 `json:"acquired"`
	Failures int64 `json:"failures"`
	Retries  int64 `json:"retries"`
	Expired  int64 `json:"expired"`
	// Disowned, Forgotten and Gone count the releases that were refused though the lease
	// had not run out: the lock had been reset, Redis had forgotten it, or it was gone.
	Disowned  int64 `json:"disowned"`
	Forgotten int64 `json:"forgotten"`
	Gone      int64 `json:"gone"`
	// Stale counts the late writes that a fence refused.
	Stale     int64    `json:"stale"`
	MaxInside *float64 `json:"max_inside"`
	Overlaps  *float64 `json:"overlaps"`
}

// faults are what was done on purpose, and what came of it.
type faults struct {
	Injected int64 `json:"injected"`
	Crashed  int   `json:"crashed"`
	Rewound  int   `json:"rewound"`
	Resets   int64 `json:"resets"`
	// Outages counts how often the connection to Redis was lost, and AwayMS is for how
	// long in all.
	Outages int     `json:"outages,omitempty"`
	AwayMS  float64 `json:"away_ms,omitempty"`
	// NeverStruck are those that were given and did not strike, as written.
	NeverStruck []string `json:"never_struck,omitempty"`
}

// spread is a measure over repetitions.
type spread struct {
	Min         float64 `json:"min"`
	Median      float64 `json:"median"`
	Max         float64 `json:"max"`
	Repetitions int     `json:"repetitions"`
}

// changed is a setting as it was changed.
type changed struct {
	AtMS    float64 `json:"at_ms"`
	Setting string  `json:"setting"`
	Value   string  `json:"value"`
}

type wait struct {
	P50 *float64 `json:"p50"`
	P99 *float64 `json:"p99"`
	Max *float64 `json:"max"`
	// Count is how many waits the percentiles are of. StillWaiting is how many clients
	// waited at the end, who are in none of them, and StillWaitingMax for how long.
	Count           int64    `json:"count"`
	StillWaiting    int      `json:"still_waiting"`
	StillWaitingMax *float64 `json:"still_waiting_max,omitempty"`
}

type rate struct {
	KeptPerS          *float64 `json:"kept_per_s"`
	CommandsPerUpdate *float64 `json:"commands_per_update"`
	// OverS is the time that kept_per_s is of.
	OverS *float64 `json:"over_s,omitempty"`
}

// JSON writes the report as one JSON object. Times are in milliseconds of
// experiment time, elapsed_s in seconds of real time,
// or of virtual time if the run was deterministic.
func JSON(w io.Writer, r sim.Result) error {
	return writeJSON(w, documentOf(r))
}

func writeJSON(w io.Writer, object any) error {
	text, err := json.MarshalIndent(object, "", "  ")
	if err != nil {
		return err
	}
	return output(w, string(text)+"\n")
}

func documentOf(r sim.Result) document {
	doc := document{
		Version: Version,
		Experiment: experiment{
			Seed: r.Config.Seed, Clients: r.Config.Clients, Servers: r.Config.Servers, Alerts: r.Config.Alerts,
			IntervalMS: millis(r.Config.Interval), WorkMS: millis(r.Config.Work),
			RetryMS: millis(r.Config.Retry), LeaseMS: millis(r.Config.Lease), LeaseSkipped: leaseSkipped(r), Faults: texts(r.Config.Faults), Changes: texts(r.Config.Changes),
			Speed: speedOf(r.Config).String(), Sleepless: sleepless(r), Warmup: r.Config.Warmup, Deterministic: r.Config.Deterministic, Backend: backendKind(r), Redis: r.Backend, RedisVersion: r.Version,
		},
		ElapsedS: round(r.Elapsed.Seconds()),
	}
	for _, l := range r.Lanes {
		doc.Lanes = append(doc.Lanes, laneOf(l))
	}
	return doc
}

func laneOf(l sim.LaneResult) lane {
	failed := l.Failed
	if failed == nil {
		failed = []string{}
	}
	return lane{
		Strategy: l.Lane.Strategy, Settings: l.Lane.Own,
		Updates: updates(l.Accounts()),
		Erasers: erasers{Clients: l.Erased, Redis: l.Forgotten, Unknown: l.EraserUnknown()},
		Average: average{RedisMS: meanOf(l.Redis), TrueMS: meanOf(l.True)},
		Lock: lock{
			Acquired: l.Acquired, Failures: l.Failures, Retries: l.Retries, Expired: l.Expired, Disowned: l.Disowned, Forgotten: l.LocksForgotten, Gone: l.LocksGone, Stale: l.Stale,
			MaxInside: figure(l, sim.MostInside), Overlaps: figure(l, sim.InsideTwice),
		},
		WaitMS:       waitOf(l),
		Rate:         rateOf(l),
		Jain:         figure(l, sim.Fairness),
		NotMeasured:  notMeasured(l),
		Ranges:       rangesOf(l),
		Verdict:      string(l.Verdict),
		Stall:        Stall(l.Snapshot),
		Parts:        partsOf(l),
		Faults:       faults{Injected: l.Faults, Crashed: l.Crashed, Rewound: l.Rewound, Resets: l.Resets, Outages: l.Outages, AwayMS: millis(l.Away), NeverStruck: texts(l.NeverStruck)},
		FiguresOf:    mixed(l),
		Changes:      changesOf(l),
		StartedAs:    startedAs(l),
		FailedChecks: failed,
		Porcupine:    string(l.Order),
		Broke:        l.Broke,
	}
}

func partsOf(l sim.LaneResult) []part {
	parts := make([]part, len(l.Parts))
	for i, p := range l.Parts {
		parts[i] = part{Strategy: p.Strategy, SinceMS: millis(p.Since), Updates: updates(p.Accounts), Verdict: string(p.Verdict)}
	}
	return parts
}

func rangesOf(l sim.LaneResult) map[string]spread {
	if len(l.Repetitions) == 0 {
		return nil
	}
	ranges := map[string]spread{}
	for _, m := range shownMeasures {
		if s := l.Spread(m.measure); s.Known() {
			ranges[m.key] = spread{Min: round(s.Min), Median: round(s.Value), Max: round(s.Max), Repetitions: s.Runs}
		}
	}
	return ranges
}

func waitOf(l sim.LaneResult) wait {
	w := wait{
		P50: figure(l, sim.WaitMedian), P99: figure(l, sim.WaitTail), Max: figure(l, sim.LongestWait),
		Count: l.Waits, StillWaiting: l.OpenWaits,
	}
	if l.OpenWaits > 0 && !l.Sleepless {
		longest := millis(l.LongestOpen)
		w.StillWaitingMax = &longest
	}
	return w
}

func rateOf(l sim.LaneResult) rate {
	r := rate{KeptPerS: figure(l, sim.KeptRate), CommandsPerUpdate: figure(l, sim.CommandRate)}
	if !l.Sleepless {
		over := round(l.Last.Seconds())
		r.OverS = &over
	}
	return r
}

func meanOf(a sim.Average) *float64 {
	if a.Count == 0 {
		return nil
	}
	mean := round(a.Mean())
	return &mean
}

func texts[S fmt.Stringer](all []S) []string {
	var texts []string
	for _, s := range all {
		texts = append(texts, s.String())
	}
	return texts
}

func changesOf(l sim.LaneResult) []changed {
	var all []changed
	for _, c := range l.Changes {
		all = append(all, changed{AtMS: millis(c.At), Setting: string(c.Setting), Value: c.Value()})
	}
	return all
}

// startedAs is the lane as it began, if it has changed since.
func startedAs(l sim.LaneResult) string {
	if l.ChangeCount == 0 {
		return ""
	}
	return l.Started.Name()
}

func backendKind(r sim.Result) string {
	if r.Embedded {
		return "embedded"
	}
	return "redis"
}

func millis(d time.Duration) float64 { return round(float64(d) / float64(time.Millisecond)) }

// round keeps six decimals, which is more than any of the figures means.
func round(x float64) float64 { return math.Round(x*1e6) / 1e6 }
