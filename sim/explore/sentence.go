package explore

import (
	"fmt"
	"slices"
	"strings"

	"locktop/sim"
)

// Sentence says in plain words what has come of what was played, or how it stands.
func (p Playing) Sentence() string {
	o := p.Outcome
	text := fmt.Sprintf("%d of %s acked, %d kept", o.Acked, count(p.Schedule.Clients, "update"), o.Kept)
	var parts []string
	for _, part := range []string{p.lossText(), p.hungText(), p.overlapText(), p.refusedText(), p.unknownText()} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 && p.Over {
		parts = append(parts, "nothing is lost")
	}
	if len(parts) == 0 {
		return text
	}
	return text + ": " + strings.Join(parts, "; ")
}

// Brief is the same in few words.
func (p Playing) Brief() string {
	o := p.Outcome
	text := fmt.Sprintf("%d of %d kept", o.Kept, p.Schedule.Clients)
	for _, e := range p.erasures() {
		if e.by.Client != 0 {
			text += fmt.Sprintf(", c%d erased %s", e.by.Client, e.whose)
		}
	}
	switch {
	case o.Hung:
		text += ", some wait for ever"
	case o.Lost == 0 && p.overlapText() != "":
		text += ", two were inside at once"
	case o.Lost == 0 && o.Refused > 0:
		text += ", a stale write refused"
	}
	return text
}

// erasure is a write, and whose updates it erased.
type erasure struct {
	by    sim.Update
	whose string
}

func (p Playing) erasures() []erasure {
	var all []erasure
	losses := p.Snapshot.Losses
	for i := 0; i < len(losses); {
		by := losses[i].Killer
		var victims []string
		for ; i < len(losses) && losses[i].Killer == by; i++ {
			victims = append(victims, fmt.Sprintf("c%d's", losses[i].Victim.Client))
		}
		slices.Sort(victims)
		all = append(all, erasure{by, and(victims)})
	}
	return all
}

// lossText says who erased whom.
func (p Playing) lossText() string {
	var parts []string
	for _, e := range p.erasures() {
		if e.by.Client == 0 {
			parts = append(parts, e.whose+" sample is gone")
			continue
		}
		parts = append(parts, fmt.Sprintf("c%d wrote what it had computed from n=%d, and erased %s sample", e.by.Client, e.by.Base.Count, e.whose))
	}
	return strings.Join(parts, "; ")
}

// hungText says who waits for ever, and for what, if that can be told.
func (p Playing) hungText() string {
	if !p.Outcome.Hung {
		return ""
	}
	var waiting []string
	dead := map[string]bool{}
	for _, c := range p.Players {
		name := fmt.Sprintf("c%d", c.Number)
		if c.Crashed {
			dead[name] = true
		}
		if !c.Over {
			waiting = append(waiting, name)
		}
	}
	text := and(waiting) + " wait for ever"
	if len(waiting) == 1 {
		text = waiting[0] + " waits for ever"
	}
	for _, k := range p.Held {
		if k.Name == "lock" && dead[k.Value] && k.TTL == 0 {
			return text + ": the lock is that of " + k.Value + ", which has crashed, and has no lease"
		}
	}
	return text
}

// overlapText says that two were inside where that should not be.
func (p Playing) overlapText() string {
	if !p.Outcome.Overlap || !(Options{ArenaConfig: p.Schedule.Arena()}).overlapHarms() {
		return ""
	}
	if p.Outcome.Lost == 0 {
		return "two were inside at once, which does not have to end well"
	}
	return "two were inside at once"
}

func (p Playing) refusedText() string {
	if n := p.Outcome.Refused; n > 0 {
		return count(int(n), "stale write") + " refused"
	}
	return ""
}

func (p Playing) unknownText() string {
	if n := p.Outcome.Unknown; n > 0 && p.Over {
		return count(int(n), "update") + " of which nobody knows"
	}
	return ""
}

// and joins names.
func and(names []string) string {
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}

// Wrong says whether what was played does harm.
func (p Playing) Wrong() bool {
	return wrong(p.Outcome, Options{ArenaConfig: p.Schedule.Arena()}.overlapHarms())
}
