package judge

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"

	"locktop/sim"
	"locktop/sim/clean"
)

// A Judge keeps the histories of the lanes of an experiment. A history is bounded:
// what comes after its first 10,000 updates is not judged.
type Judge struct {
	histories []*history
}

// New returns a judge of lanes before their first event.
func New(lanes []sim.LaneInfo) *Judge {
	j := &Judge{}
	for _, lane := range lanes {
		j.histories = append(j.histories, newHistory(lane))
	}
	return j
}

// Record takes in an event of a lane, which counts from 0. It may be called for
// several lanes at once, but for each from one goroutine at a time.
func (j *Judge) Record(lane int, e sim.Event) { j.histories[lane].apply(&e) }

// Orders judges each lane, in at most limit of real time for each; after that it is
// [sim.OrderUnknown]. No event may be recorded any more.
func (j *Judge) Orders(limit time.Duration) []sim.Order {
	orders := make([]sim.Order, len(j.histories))
	model := modelOf(j.lanes())
	model.Partition = nil // it is one lane
	for i, h := range j.histories {
		switch porcupine.CheckOperationsTimeout(model, h.operations(), limit) {
		case porcupine.Ok:
			orders[i] = sim.Linearizable
		case porcupine.Illegal:
			orders[i] = sim.NotLinearizable
		default:
			orders[i] = sim.OrderUnknown
		}
	}
	return orders
}

func (j *Judge) lanes() []sim.LaneInfo {
	lanes := make([]sim.LaneInfo, len(j.histories))
	for i, h := range j.histories {
		lanes[i] = h.lane
	}
	return lanes
}

// Draw writes Porcupine's picture of all lanes, an HTML page, with the verdicts that
// [Judge.Orders] has come to. It takes at most limit to look for an order to draw.
func (j *Judge) Draw(w io.Writer, orders []sim.Order, limit time.Duration) error {
	var all []porcupine.Operation
	var notes []porcupine.Annotation
	for i, h := range j.histories {
		all = append(all, h.operations()...)
		notes = append(notes, h.notes(orders[i])...)
	}
	model := modelOf(j.lanes())
	_, info := porcupine.CheckOperationsVerbose(model, all, limit)
	for _, partial := range info.PartialLinearizations() { // they come in no order: the same run, the same picture
		slices.SortFunc(partial, func(a, b []int) int { return cmp.Or(len(b)-len(a), slices.Compare(a, b)) })
	}
	info.AddAnnotations(notes)
	return porcupine.Visualize(model, info, w)
}

// notes name the lane in the picture, whose rows have numbers only, and tell what was
// done to it on purpose.
func (h *history) notes(order sim.Order) []porcupine.Annotation {
	name := fmt.Sprintf("lane %d, %s", h.lane.Index+1, clean.Line(h.lane.Name()))
	about := fmt.Sprintf("row %d is the lane's own, rows %d to %d are its clients, c1 to c%d", h.row(0), h.row(1), h.row(h.lane.Clients), h.lane.Clients)
	if h.cut {
		about += fmt.Sprintf("; of its updates, the first %d are judged", h.most)
	}
	notes := []porcupine.Annotation{{
		Tag: name, Start: 0, End: int64(h.last) + 1, Description: string(order), Details: about,
		BackgroundColor: colours[order],
	}}
	for _, e := range h.faults {
		text := clean.Line(e.Text)
		if e.Kind == sim.Rewound {
			text = "Redis went back to " + quoted(e.Value)
		}
		notes = append(notes, porcupine.Annotation{Tag: name + ": faults", Start: int64(e.At), Description: text})
	}
	return notes
}

// colours are those of the verdicts in the picture.
var colours = map[sim.Order]string{
	sim.Linearizable: "#c8e6c9", sim.NotLinearizable: "#ffcdd2", sim.OrderUnknown: "#fff9c4",
}
