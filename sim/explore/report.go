package explore

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/dustin/go-humanize"

	"locktop/sim"
	"locktop/sim/called"
)

// reportWidth is how wide the text report may be.
const reportWidth = 96

// WriteText writes the result for people.
func (r *Result) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", r.Options.Lane, r.scenario())
	fmt.Fprintf(&b, "%s\n\n", ansi.Wordwrap(r.counted(), reportWidth, ""))
	fmt.Fprintf(&b, "  %12s  lose updates%s\n", Many(r.Losing), r.losses())
	fmt.Fprintf(&b, "  %12s  let two clients in at once%s\n", Many(r.Overlapping), r.harmless())
	fmt.Fprintf(&b, "  %12s  hang: some client waits for ever\n", Many(r.Hanging))
	fmt.Fprintf(&b, "  %12s  refuse a stale write\n", Many(r.Refusing))
	if text := r.conclusion(); text != "" {
		fmt.Fprintf(&b, "\n%s\n", text)
	}
	if c := r.Counterexample; c != nil {
		p, err := Play(c.Schedule)
		if err != nil {
			return err
		}
		found := " found" // there may be a smaller one
		if r.Smallest {
			found = ""
		}
		fmt.Fprintf(&b, "\nThe smallest counterexample%s has %s, %s, %s and %s; %s:\n\n",
			found, count(c.Schedule.Clients, "client"), count(c.Faults, "fault"), count(c.Preemptions, "preemption"), count(len(c.Schedule.Moves), "step"), c.wrong())
		for _, line := range p.Diagram(reportWidth, Unicode) {
			b.WriteString("  " + line + "\n")
		}
		fmt.Fprintf(&b, "\n%s replay --schedule '%s'\n", called.Name(), c.Schedule)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Result) scenario() string {
	parts := []string{count(r.Options.Clients, "client") + " with one update each"}
	if n := r.Options.Expiries; n > 0 {
		parts = append(parts, "the lease runs out at most "+count(n, "time"))
	}
	if n := r.Options.Crashes; n > 0 {
		parts = append(parts, "at most "+count(n, "crashed client"))
	}
	if n := r.Options.Preemptions; n >= 0 {
		parts = append(parts, "at most "+count(n, "preemption"))
	}
	return strings.Join(parts, ", ")
}

func (r *Result) losses() string {
	var parts []string
	for _, lost := range slices.Sorted(maps.Keys(r.Lost)) {
		parts = append(parts, fmt.Sprintf("%s lose %d", Many(r.Lost[lost]), lost))
	}
	if len(parts) == 0 {
		return ""
	}
	return ": " + strings.Join(parts, ", ")
}

func (r *Result) harmless() string {
	if r.Overlapping > 0 && !r.Options.overlapHarms() {
		return ", which this strategy allows"
	}
	return ""
}

// wrong says what goes wrong.
func (c *Counterexample) wrong() string {
	switch {
	case c.Outcome.Lost > 0:
		return "it loses " + count(int(c.Outcome.Lost), "update")
	case c.Outcome.Hung:
		return "it hangs"
	}
	return "two clients are inside at once"
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return humanize.Comma(int64(n)) + " " + what
}

// Many writes a count, which may be one that did not fit.
func Many(n uint64) string {
	if n > 1<<63-1 {
		return "more than 9e18"
	}
	return humanize.Comma(int64(n))
}

// WriteText writes what was played for people: as a diagram, with what came of it.
func (p Playing) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n\n", p.Schedule.Lane, count(p.Schedule.Clients, "client")+" with one update each")
	for _, line := range p.Diagram(reportWidth, Unicode) {
		b.WriteString("  " + line + "\n")
	}
	fmt.Fprintf(&b, "\n%s\n", p.Sentence())
	if !p.Over {
		fmt.Fprintln(&b, "It could go on.")
	}
	fmt.Fprintf(&b, "\n%s replay --schedule '%s'\n", called.Name(), p.Schedule)
	_, err := io.WriteString(w, b.String())
	return err
}

// playingJSON is the form of [Playing.WriteJSON].
type playingJSON struct {
	Strategy string     `json:"strategy"`
	Clients  int        `json:"clients"`
	Schedule string     `json:"schedule"`
	Over     bool       `json:"over"`
	Acked    int64      `json:"acked"`
	Kept     int64      `json:"kept"`
	Lost     int64      `json:"lost"`
	Unknown  int64      `json:"unknown"`
	Refused  int64      `json:"refused"`
	Overlap  bool       `json:"overlap"`
	Hung     bool       `json:"hung"`
	Outcome  string     `json:"outcome"` // in words
	Steps    []stepJSON `json:"steps"`
}

// WriteJSON writes what was played as one object.
func (p Playing) WriteJSON(w io.Writer) error {
	o := p.Outcome
	return writeJSON(w, playingJSON{
		Strategy: p.Schedule.Lane, Clients: p.Schedule.Clients, Schedule: p.Schedule.String(), Over: p.Over,
		Acked: o.Acked, Kept: o.Kept, Lost: o.Lost, Unknown: o.Unknown, Refused: o.Refused, Overlap: o.Overlap, Hung: o.Hung,
		Outcome: p.Sentence(), Steps: steps(p.Steps),
	})
}

func writeJSON(w io.Writer, object any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(object)
}

// resultJSON is the form of [Result.WriteJSON].
type resultJSON struct {
	Strategy       string              `json:"strategy"`
	Clients        int                 `json:"clients"`
	Expiries       int                 `json:"expiries"`
	Crashes        int                 `json:"crashes"`
	Method         Method              `json:"method"`
	Preemptions    *int                `json:"preemptions"` // null is no bound
	Schedules      countJSON           `json:"schedules"`
	Complete       bool                `json:"complete"` // these are, or stand for, all there are
	Extent         Extent              `json:"extent"`
	Played         int                 `json:"played"`
	Draws          int                 `json:"draws,omitempty"`
	Losing         countJSON           `json:"losing"`
	Lost           map[int64]countJSON `json:"lost"`
	Overlapping    countJSON           `json:"overlapping"`
	Hanging        countJSON           `json:"hanging"`
	Refusing       countJSON           `json:"refusing"`
	Counterexample *counterexampleJSON `json:"counterexample"`
}

// countJSON is a count, or null if it did not fit.
type countJSON uint64

// MarshalJSON implements [json.Marshaler].
func (n countJSON) MarshalJSON() ([]byte, error) {
	if uint64(n) == math.MaxUint64 {
		return []byte("null"), nil
	}
	return strconv.AppendUint(nil, uint64(n), 10), nil
}

type counterexampleJSON struct {
	Schedule    string     `json:"schedule"`
	Smallest    bool       `json:"smallest"` // there is no smaller one
	Clients     int        `json:"clients"`
	Faults      int        `json:"faults"`
	Preemptions int        `json:"preemptions"`
	Lost        int64      `json:"lost"`
	Overlap     bool       `json:"overlap"`
	Hung        bool       `json:"hung"`
	Steps       []stepJSON `json:"steps"`
}

type stepJSON struct {
	Move    string `json:"move"`
	Client  int    `json:"client,omitempty"`
	Command string `json:"command,omitempty"`
	Reply   string `json:"reply,omitempty"`
}

// WriteJSON writes the result as one object.
func (r *Result) WriteJSON(w io.Writer) error {
	o := r.Options
	out := resultJSON{
		Strategy: o.Lane, Clients: o.Clients, Expiries: o.Expiries, Crashes: o.Crashes,
		Method: r.Method, Schedules: countJSON(r.Schedules), Complete: r.Complete, Extent: r.Extent(), Played: r.Played, Draws: r.Draws,
		Losing: countJSON(r.Losing), Lost: map[int64]countJSON{}, Overlapping: countJSON(r.Overlapping),
		Hanging: countJSON(r.Hanging), Refusing: countJSON(r.Refusing),
	}
	for lost, n := range r.Lost {
		out.Lost[lost] = countJSON(n)
	}
	if r.Preemptions >= 0 {
		out.Preemptions = &r.Preemptions
	}
	if c := r.Counterexample; c != nil {
		p, err := Play(c.Schedule)
		if err != nil {
			return err
		}
		out.Counterexample = &counterexampleJSON{
			Schedule: c.Schedule.String(), Smallest: r.Smallest, Clients: c.Schedule.Clients, Faults: c.Faults, Preemptions: c.Preemptions,
			Lost: c.Outcome.Lost, Overlap: c.Outcome.Overlap, Hung: c.Outcome.Hung, Steps: steps(p.Steps),
		}
	}
	return writeJSON(w, out)
}

func steps(played []sim.Step) []stepJSON {
	steps := make([]stepJSON, len(played))
	for i, s := range played {
		steps[i] = stepJSON{Move: s.Move.String(), Client: s.Client, Command: s.Command, Reply: s.Reply}
	}
	return steps
}
