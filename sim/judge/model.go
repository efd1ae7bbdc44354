package judge

import (
	"fmt"
	"html"
	"strconv"
	"time"

	"github.com/anishathalye/porcupine"

	"locktop/sim"
	"locktop/sim/clean"
)

// An action is what an operation does.
type action uint8

const (
	record  action = iota // an update that has happened
	perhaps               // one that has happened, or not, and nobody was told of it
	compute               // one that Redis was to compute, and nobody was told
	get                   // the lane's reading of the final value
	stop                  // the end of a history without one
)

// An input is an action of a client, in a lane.
type input struct {
	lane   int
	action action
	update *update // nil for what is the lane's own
}

// An output is what an update read and wrote, or in base the final value.
type output struct{ base, wrote string }

// A state is the average in Redis, as it is written there. After the end nothing
// can be seen any more.
type state struct {
	value string
	over  bool
}

// modelOf is the model of the average in several lanes, each for itself.
func modelOf(lanes []sim.LaneInfo) porcupine.Model {
	return porcupine.Model{
		Partition: func(all []porcupine.Operation) [][]porcupine.Operation {
			parts := make([][]porcupine.Operation, len(lanes))
			for _, o := range all {
				lane := o.Input.(input).lane
				parts[lane] = append(parts[lane], o)
			}
			return parts
		},
		Init: func() any { return state{} },
		Step: func(now, in, out any) (bool, any) {
			return step(now.(state), in.(input), out.(output))
		},
		DescribeOperation: func(in, out any) string {
			i := in.(input)
			return clean.Line(lanes[i.lane].Name()) + describe(i, out.(output))
		},
		// the picture has this as HTML, and all else as text
		DescribeState: func(now any) string { return html.EscapeString(quoted(now.(state).value)) },
	}
}

// step does an operation, or says that it cannot be done in a state.
func step(now state, in input, out output) (bool, state) {
	switch in.action {
	case record:
		return !now.over && now.value == out.base, state{value: out.wrote}
	case perhaps:
		return now.over, now
	case compute:
		if !now.over {
			value, err := sim.ParseAverage(now.value)
			return err == nil, state{value: value.Add(in.update.latency).String()}
		}
		return true, now
	case get:
		return now.value == out.base, state{value: now.value, over: true}
	default:
		return true, state{value: now.value, over: true}
	}
}

// describe says in the picture what an operation is, behind the name of its lane.
func describe(in input, out output) string {
	switch in.action {
	case get:
		return ": get() = " + quoted(out.base)
	case stop:
		return ": the history ends here"
	}
	u := in.update
	text := fmt.Sprintf(" c%d: record(%v)", u.client, u.latency.Round(time.Microsecond))
	if !u.computed || in.action == record {
		text += fmt.Sprintf(" = (%s, %s)", quoted(out.base), quoted(out.wrote))
	}
	if in.action == perhaps || in.action == compute {
		text += ", no reply"
	}
	return text
}

// quoted is a value as it stands in Redis; the empty one is that of a missing key.
func quoted(value string) string { return clean.Line(strconv.Quote(value)) }
