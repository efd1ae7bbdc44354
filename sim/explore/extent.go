package explore

import "fmt"

// An Extent says how much of all there is the schedules of a [Result] are. Only All and
// Representatives show that none goes wrong if none of these does.
type Extent string

const (
	// Whole is every schedule there is.
	Whole Extent = "all"
	// Representatives are one schedule for each set of those that differ in the order of
	// unrelated commands only. How many there are in all is not counted.
	Representatives Extent = "representatives"
	// Bounded is every schedule with few enough preemptions; there are others.
	Bounded Extent = "bounded"
	// Sampled are schedules that were drawn at random.
	Sampled Extent = "sampled"
	// Limited are those that were tried before a limit was reached.
	Limited Extent = "limited"
	// Interrupted are those that were tried before the context ended.
	Interrupted Extent = "interrupted"
)

// Extent says how much of all there is these schedules are.
func (r *Result) Extent() Extent {
	switch {
	case r.Complete && r.Method == Sleep:
		return Representatives
	case r.Complete:
		return Whole
	case r.interrupted:
		return Interrupted
	case r.Method == Random:
		return Sampled
	case r.finished:
		return Bounded
	}
	return Limited
}

// counted says what the number of schedules is.
func (r *Result) counted() string {
	n, plays := plural(r.Schedules, "schedule"), plural(uint64(r.Played), "play")
	switch r.Extent() {
	case Whole:
		if r.Method == All {
			return fmt.Sprintf("%s, all there are (%s)", n, plays)
		}
		return fmt.Sprintf("%s, all there are (%s reached every state)", n, plays)
	case Representatives:
		return fmt.Sprintf("%s (%s). Each stands for all that differ from it in the order of unrelated commands only; how many these are was not counted", n, plays)
	case Bounded:
		why := ""
		if r.Options.Preemptions < 0 {
			why = ", for there are too many to try them all"
		}
		return fmt.Sprintf("%s, all with at most %s%s (%s). Those with more were not tried", n, count(r.Preemptions, "preemption"), why, plays)
	case Sampled:
		why := ""
		if r.Options.Method == Auto {
			why = ", for there are too many to try them all"
		}
		return fmt.Sprintf("%s%s. %s", r.drawn(), why, drawnBound)
	}
	until := "before the limit was reached"
	if r.Extent() == Interrupted {
		until = "before the interruption"
	}
	if r.Method == Random {
		return fmt.Sprintf("%s %s. %s", r.drawn(), until, drawnBound)
	}
	return fmt.Sprintf("%s tried %s (%s). There may be others, which were not tried", n, until, plays)
}

// drawn says what came of random draws, of which several can give the same schedule.
func (r *Result) drawn() string {
	return fmt.Sprintf("%s gave %s", plural(uint64(r.Draws), "random draw"), plural(r.Schedules, "different schedule"))
}

// drawnBound says what no number of random draws gives.
var drawnBound = fmt.Sprintf("There may be others, which were not tried: in a draw the priorities of clients change at most %d times, and a schedule that takes more changes is never drawn", Changes)

// conclusion says what it means that nothing was found, where that is less than it may seem.
func (r *Result) conclusion() string {
	if r.Complete || r.Bad() {
		return ""
	}
	return "None of the schedules that were tried goes wrong. That does not show that none does."
}

func plural(n uint64, what string) string {
	if n != 1 {
		what += "s"
	}
	return Many(n) + " " + what
}
