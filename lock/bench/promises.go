package main

import (
	"fmt"
	"io"
)

// What the locks of this repository promise, as far as this program can tell.
const (
	leastRatio       = 0.85 // of the floor's speed, uncontended
	leastJain        = 0.99
	mostOfSignalP99  = 0.5
	mostRoundTrips   = 1.5
	leastRivalsJain  = 0.5 // below it, speed comes from one contender keeping the lock
	uncontendedRival = "redislock"
)

// A promise is kept or not.
type promise struct {
	text     string
	measured string
	kept     bool
}

// promises returns those about which the result says something.
func promises(r *Result) []promise {
	var all []promise
	add := func(kept bool, text, format string, measured ...any) {
		all = append(all, promise{text: text, measured: fmt.Sprintf(format, measured...), kept: kept})
	}
	for _, row := range r.Rows {
		if row.ours != signalled && row.ours != fair {
			continue
		}
		u := row.Uncontended
		if u == nil {
			add(false, row.Lock+", uncontended: work", "it failed")
			continue
		}
		add(u.Ratio >= leastRatio, fmt.Sprintf("%s, uncontended: at least %.2f of the floor", row.Lock, leastRatio), "%.3f", u.Ratio)
		if u.Rival > 0 {
			add(u.Rival > 1, fmt.Sprintf("%s, uncontended: ahead of %s", row.Lock, uncontendedRival), "%.3f times as fast", u.Rival)
		}
	}
	for k, n := range r.Plan.Contenders {
		for _, row := range r.Rows {
			if row.ours != fair {
				continue
			}
			c := row.Contended[k]
			who := fmt.Sprintf("%s, %d contenders: ", row.Lock, n)
			if c.Problem != "" {
				add(false, who+"finish", "%s", c.Problem)
			}
			if !c.finished() {
				continue
			}
			add(c.Jain >= leastJain, fmt.Sprintf("%sJain index at least %.2f", who, leastJain), "%.4f", c.Jain)
			for _, other := range r.Rows {
				o := other.Contended[k]
				switch {
				case !o.finished():
				case other.ours == theirs && o.Jain > leastRivalsJain:
					add(c.Rate > o.Rate, fmt.Sprintf("%sfaster than %s (Jain %.2f)", who, other.Lock, o.Jain),
						"%.0f to %.0f acq/s", c.Rate, o.Rate)
				case other.ours == signalled && other.leased == row.leased:
					add(float64(c.P99) <= mostOfSignalP99*float64(o.P99), fmt.Sprintf("%sp99 at most half of %s's", who, other.Lock),
						"%s to %s ms, %.2f", millis(c.P99), millis(o.P99), float64(c.P99)/float64(o.P99))
				}
			}
		}
	}
	for _, row := range r.Rows {
		if row.ours != fair {
			continue
		}
		// On one machine a round trip is mostly what it takes to wake who waits for it: there the table has the floors beside.
		if h := row.Far; h != nil && row.HandOver != nil {
			add(h.Ratio <= mostRoundTrips, fmt.Sprintf("%s: hand-over in at most %.1f round trips of %v", row.Lock, mostRoundTrips, r.Plan.Away),
				"%.2f, and %.2f on this machine, where a script between two goroutines takes %.2f", h.Ratio, row.HandOver.Ratio, r.bareScript())
		}
	}
	add(r.overlaps() == 0, "nobody is ever inside together with somebody else", "%d overlaps", r.overlaps())
	return all
}

// writePromises writes one line for each, and says whether all are kept.
func writePromises(w io.Writer, all []promise) (kept bool, err error) {
	kept = true
	for _, p := range all {
		word := "kept"
		if !p.kept {
			word, kept = "BROKEN", false
		}
		if _, err := fmt.Fprintf(w, "%-6s  %s: %s\n", word, p.text, p.measured); err != nil {
			return false, err
		}
	}
	return kept, nil
}
